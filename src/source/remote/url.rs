//! Addresses of the web, as far as fetching a file needs them.

use std::fmt;

/// An absolute `http` or `https` address.
#[derive(Clone, PartialEq, Eq)]
pub struct Url {
    is_https: bool,
    /// `user:password`, as it stands in the address.
    user: Option<String>,
    /// Host and port.
    host: String,
    /// Path and query, from the slash.
    rest: String,
}

impl Url {
    /// Reads an address; an error says in words what is wrong, without what could be a secret.
    pub fn parse(text: &str) -> Result<Url, String> {
        let (scheme, rest) = text.split_once("://").ok_or("no address with http:// or https://")?;
        let is_https = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            _ => return Err("only http and https are fetched".into()),
        };
        if !rest.bytes().all(|b| b.is_ascii_graphic()) {
            return Err("an address is printable ASCII; write other characters as %xx".into());
        }
        let rest = rest.split('#').next().unwrap_or_default();
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at(end);
        let (user, host) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(user.to_owned()), host),
            None => (None, authority),
        };
        if host.is_empty() || host.starts_with(':') {
            return Err("no host in the address".into());
        }
        let rest = if rest.starts_with('/') { rest.to_owned() } else { format!("/{rest}") };
        Ok(Url { is_https, user, host: host.to_ascii_lowercase(), rest })
    }

    /// What a `Location` of an answer from here means. Who may know the password there is not known.
    pub fn join(&self, location: &str) -> Result<Url, String> {
        let scheme = if self.is_https { "https" } else { "http" };
        let path = self.rest.split('?').next().unwrap_or_default();
        let head = location.split(['/', '?', '#']).next().unwrap_or_default();
        let mut url = if head.contains(':') {
            Url::parse(location)?
        } else if let Some(rest) = location.strip_prefix("//") {
            Url::parse(&format!("{scheme}://{rest}"))?
        } else if location.starts_with('/') {
            Url::parse(&format!("{scheme}://{}{location}", self.host))?
        } else if location.starts_with(['?', '#']) {
            Url::parse(&format!("{scheme}://{}{path}{location}", self.host))?
        } else {
            let folder = path.rfind('/').map_or("/", |at| &path[..=at]);
            let mut url = Url::parse(&format!("{scheme}://{}{folder}{location}", self.host))?;
            url.rest = without_dots(&url.rest);
            url
        };
        let is_same = url.is_https == self.is_https && url.host == self.host;
        url.user = self.user.clone().filter(|_| is_same);
        Ok(url)
    }

    /// An address below this one.
    pub fn below(&self, path: &str) -> Url {
        let rest = format!("{}/{path}", self.rest.trim_end_matches('/'));
        Url { rest, ..self.clone() }
    }

    /// Whether what is sent and answered is encrypted.
    pub fn is_https(&self) -> bool {
        self.is_https
    }

    /// Host and port.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// User and password, with `%xx` undone.
    pub fn user(&self) -> Option<Vec<u8>> {
        let user = self.user.as_ref()?;
        // What is no escape is what it is.
        Some(crate::address::unpack(user).map_or_else(|| user.as_bytes().into(), Vec::from))
    }

    /// The address to ask for, without user and password.
    pub fn asked(&self) -> String {
        format!("{}://{}{}", if self.is_https { "https" } else { "http" }, self.host, self.rest)
    }

    /// The last part of the path.
    pub fn file_name(&self) -> &str {
        let path = self.rest.split('?').next().unwrap_or_default();
        path.rsplit('/').next().unwrap_or_default()
    }

    /// Whether the host is, by its name, this machine or one of a private network.
    pub fn is_inside(&self) -> bool {
        use std::net::IpAddr;
        let name = match self.host.strip_prefix('[') {
            Some(rest) => rest.split(']').next().unwrap_or(rest),
            None => self.host.split(':').next().unwrap_or(&self.host),
        };
        let ip = match name.parse::<IpAddr>() {
            // A number or a digit with dots is an address of version 4 to most resolvers.
            Err(_) if name.bytes().all(|b| b.is_ascii_digit() || b == b'.') => return true,
            Err(_) if name.starts_with("0x") => return true,
            Err(_) => return name == "localhost" || name.ends_with(".localhost"),
            Ok(IpAddr::V6(ip)) => ip.to_ipv4_mapped().map_or(IpAddr::V6(ip), IpAddr::V4),
            Ok(ip) => ip,
        };
        match ip {
            IpAddr::V4(ip) => {
                ip.is_loopback() || ip.is_private() || ip.is_link_local() || ip.is_unspecified()
            }
            IpAddr::V6(ip) => {
                let first = ip.segments()[0];
                ip.is_loopback()
                    || ip.is_unspecified()
                    || first & 0xffc0 == 0xfe80
                    || first & 0xfe00 == 0xfc00
            }
        }
    }
}

/// A path and query with `.` and `..` undone.
fn without_dots(rest: &str) -> String {
    let (path, query) = rest.split_at(rest.find('?').unwrap_or(rest.len()));
    let mut parts: Vec<&str> = Vec::new();
    let mut all = path.split('/').skip(1).peekable();
    while let Some(part) = all.next() {
        match part {
            "." | ".." => {
                if part == ".." {
                    parts.pop();
                }
                if all.peek().is_none() {
                    parts.push("");
                }
            }
            part => parts.push(part),
        }
    }
    format!("/{}{query}", parts.join("/"))
}

/// Without user, password and query: those hold secrets.
impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.rest.split('?').next().unwrap_or_default();
        write!(f, "{}://{}{path}", if self.is_https { "https" } else { "http" }, self.host)
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_what_is_secret() {
        let url = Url::parse("HTTPS://me:p%40ss@Host.example:8443/a/app.apk?token=hidden#part").unwrap();
        assert_eq!(format!("{url} {url:?}"), ["https://host.example:8443/a/app.apk"; 2].join(" "));
        assert_eq!(url.asked(), "https://host.example:8443/a/app.apk?token=hidden");
        assert_eq!((url.user().unwrap(), url.file_name()), (b"me:p@ss".to_vec(), "app.apk"));
        assert_eq!(Url::parse("http://h?x").unwrap().asked(), "http://h/?x");
        for wrong in [
            "",
            "ftp://h/x",
            "file:///etc/passwd",
            "https://",
            "https://:80/",
            "https://u@/",
            "https://h/a b",
        ] {
            assert!(Url::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn locations_are_joined_and_take_the_password_to_no_other_host() {
        let url = Url::parse("https://u:p@h/a/b?q").unwrap();
        for (location, asked, has_user) in [
            ("c?x=http://y", "https://h/a/c?x=http://y", true),
            ("../c/./d/..?x=../y", "https://h/c/?x=../y", true),
            ("../../../c", "https://h/c", true),
            ("/c", "https://h/c", true),
            ("?z", "https://h/a/b?z", true),
            ("//other/c", "https://other/c", false),
            ("https://h/c", "https://h/c", true),
            ("http://h/c", "http://h/c", false),
            ("https://h:444/c", "https://h:444/c", false),
            ("https://v:w@other/c", "https://other/c", false),
        ] {
            let to = url.join(location).unwrap();
            assert_eq!((to.asked().as_str(), to.user().is_some()), (asked, has_user), "{location}");
        }
        for wrong in ["file:///etc/passwd", "ftp://h/x", "javascript:alert(1)"] {
            assert!(url.join(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn inside_is_told_by_the_name() {
        for (host, is_inside) in [
            ("127.0.0.1:80", true),
            ("169.254.169.254", true),
            ("10.1.2.3", true),
            ("2130706433", true),
            ("0x7f000001", true),
            ("[::1]:8", true),
            ("[::ffff:127.0.0.1]", true),
            ("[fd00::1]", true),
            ("localhost", true),
            ("example.com", false),
            ("1.1.1.1", false),
            ("[2606:4700::1]", false),
        ] {
            assert_eq!(Url::parse(&format!("http://{host}/")).unwrap().is_inside(), is_inside, "{host}");
        }
    }
}
