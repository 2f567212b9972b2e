//! Where a bucket is: the endpoint and region that AWS's own tools would take, and the form of addresses.
//!
//! AWS SDKs and Tools Reference Guide, "Service-specific endpoints"; Amazon S3 User Guide, "Virtual hosting of
//! buckets".

use super::Settings;
use crate::net::aws::endpoint::{Partition, is_region};
use crate::net::aws::profile::{Profile, Profiles};
use crate::source::remote::url::Url;

/// See the module.
#[derive(Debug)]
pub struct Site {
    /// Of a store that was named; `None` for AWS itself.
    base: Option<Url>,
    /// Where the bucket is taken to be until the store says otherwise.
    pub region: String,
    /// `path`, `virtual`, or as it fits.
    style: Option<String>,
}

impl Site {
    /// What command line, environment and profile say, in this order.
    pub fn new(settings: &Settings, profiles: Option<&Profiles>) -> Result<Site, String> {
        let var = |name: &str| (settings.env)(name).filter(|value| !value.is_empty());
        let name = settings.profile.clone().or_else(|| var("AWS_PROFILE")).unwrap_or("default".into());
        let profile = profiles.and_then(|profiles| profiles.get(&name));
        let get = |key: &str| profile.and_then(|profile: &Profile| profile.get(key)).map(str::to_owned);
        let region = settings.region.clone().or_else(|| var("AWS_REGION"));
        let region = region.or_else(|| var("AWS_DEFAULT_REGION")).or_else(|| get("region"));
        let region = region.unwrap_or_else(|| "us-east-1".into());
        if !is_region(&region) {
            return Err(format!("{:?} is no AWS region", crate::address::escape(region.as_bytes())));
        }
        let is_true = |value: Option<String>| value.is_some_and(|v| v.eq_ignore_ascii_case("true"));
        let is_ignored = is_true(
            var("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS").or_else(|| get("ignore_configured_endpoint_urls")),
        );
        let own = || {
            let services = profiles?.services(profile?.get("services")?)?;
            Some(("the profile's services", services.get("s3.endpoint_url")?.to_owned()))
        };
        let from = |variable: &'static str| var(variable).map(|url| (variable, url));
        let configured = || {
            from("AWS_ENDPOINT_URL_S3")
                .or_else(|| from("AWS_ENDPOINT_URL"))
                .or_else(own)
                .or_else(|| get("s3.endpoint_url").map(|url| ("the profile's s3.endpoint_url", url)))
                .or_else(|| get("endpoint_url").map(|url| ("the profile's endpoint_url", url)))
        };
        let named = match &settings.endpoint {
            Some(url) => Some(("--endpoint-url", url.clone())),
            None if is_ignored => None,
            None => configured(),
        };
        let base = named.map(|(name, url)| {
            let url = Url::parse(&url).map_err(|what| format!("{name}: {what}"))?;
            let is_plain = url.user().is_none() && !url.asked().contains('?');
            is_plain.then_some(url).ok_or_else(|| format!("{name}: use https://HOST[:PORT]"))
        });
        Ok(Site { base: base.transpose()?, region, style: get("s3.addressing_style") })
    }

    /// Scheme, host and path of a bucket in a region, without a slash at the end.
    pub fn bucket(&self, bucket: &str, region: &str) -> String {
        let (scheme, host, path) = match &self.base {
            Some(url) => {
                let asked = url.asked();
                let path = asked.splitn(4, '/').nth(3).unwrap_or_default().trim_end_matches('/').to_owned();
                (if url.is_https() { "https" } else { "http" }, url.host().to_owned(), path)
            }
            None => {
                let domain = Partition::of_region(region).domain();
                ("https", format!("s3.{region}.{domain}"), String::new())
            }
        };
        let path = if path.is_empty() { path } else { format!("/{path}") };
        let is_virtual = match self.style.as_deref() {
            Some("virtual") => true,
            Some("path") => false,
            // A certificate speaks for one label; names in capitals are of before DNS mattered.
            _ => self.base.is_none() && is_label(bucket),
        };
        if is_virtual {
            format!("{scheme}://{bucket}.{host}{path}")
        } else {
            format!("{scheme}://{host}{path}/{bucket}")
        }
    }

    /// Whether a bucket may be asked for in `region` instead: what a store says may not lead to another part of
    /// AWS.
    pub fn may_be_in(&self, region: &str) -> bool {
        is_region(region)
            && (self.base.is_some() || Partition::of_region(region) == Partition::of_region(&self.region))
    }

    /// Host of the store.
    pub fn host(&self) -> String {
        match &self.base {
            Some(url) => url.host().to_owned(),
            None => Partition::of_region(&self.region).domain().to_owned(),
        }
    }
}

fn is_label(name: &str) -> bool {
    let is_fine = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    name.len() <= 63 && name.bytes().all(is_fine) && !name.starts_with('-') && !name.ends_with('-')
}

/// A key as it stands in the path of an address, and is signed.
pub fn encoded(key: &[u8]) -> String {
    let mut out = String::with_capacity(key.len());
    for &b in key {
        if b.is_ascii_alphanumeric() || b"-._~/".contains(&b) {
            out.push(char::from(b));
        } else {
            out.push_str(&format!("%{b:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bare() -> Settings {
        Settings { env: |_| None, ..Settings::default() }
    }

    #[test]
    fn addresses_are_those_of_aws() {
        let site = Site::new(&bare(), None).unwrap();
        for (bucket, region, address) in [
            ("my-bucket", "eu-west-1", "https://my-bucket.s3.eu-west-1.amazonaws.com"),
            ("my.bucket", "us-east-1", "https://s3.us-east-1.amazonaws.com/my.bucket"),
            ("My_Bucket", "us-east-1", "https://s3.us-east-1.amazonaws.com/My_Bucket"),
            ("bucket", "cn-north-1", "https://bucket.s3.cn-north-1.amazonaws.com.cn"),
        ] {
            assert_eq!(site.bucket(bucket, region), address);
        }
        assert!(site.may_be_in("eu-west-1"));
        for wrong in ["cn-north-1", "evil.example/", "", "eu-west-1@evil"] {
            assert!(!site.may_be_in(wrong), "{wrong}");
        }
    }

    #[test]
    fn a_store_of_ones_own_has_buckets_in_its_path() {
        let at = |endpoint: &str| Site::new(&Settings { endpoint: Some(endpoint.into()), ..bare() }, None);
        assert_eq!(at("http://minio:9000").unwrap().bucket("b-1", "x"), "http://minio:9000/b-1");
        assert_eq!(at("https://h/store/").unwrap().bucket("b-1", "x"), "https://h/store/b-1");
        assert_eq!(at("https://h/store/").unwrap().host(), "h");
        for wrong in ["minio:9000", "ftp://h", "https://u:p@h", "https://h?x", "https://h/é"] {
            let error = at(wrong).unwrap_err();
            assert!(error.starts_with("--endpoint-url: ") && !error.contains("u:p"), "{error}");
        }
    }

    #[test]
    fn the_profile_says_what_nobody_else_says() {
        let config = "[default]\nregion = eu-north-1\nservices = own\ns3 =\n  addressing_style = virtual\n\
                      [services own]\ns3 =\n  endpoint_url = https://oss.example\n";
        let profiles = Profiles::parse("", config);
        let site = Site::new(&bare(), Some(&profiles)).unwrap();
        assert_eq!((site.region.as_str(), site.host().as_str()), ("eu-north-1", "oss.example"));
        assert_eq!(site.bucket("b-1", "x"), "https://b-1.oss.example");
        let env = |name: &str| (name == "AWS_ENDPOINT_URL_S3").then(|| "https://other".to_owned());
        let site = Site::new(&Settings { env, ..Settings::default() }, Some(&profiles)).unwrap();
        assert_eq!(site.host(), "other");
        let region = Some("no region".into());
        assert!(Site::new(&Settings { region, ..bare() }, None).is_err());
    }

    #[test]
    fn keys_are_encoded_byte_by_byte() {
        assert_eq!(encoded("/a b+c//ü?%".as_bytes()), "/a%20b%2Bc//%C3%BC%3F%25");
    }
}
