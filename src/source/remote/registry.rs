//! Packages of registries: npm, PyPI, crates.io, Maven Central. A name and a version become files and the
//! checksums that the registry gives for them, by its public interface.

use super::File;
use super::fetch::{Fetcher, Problem};
use super::url::Url;
use crate::triage::checksum::base64_decode;
use serde_json::Value;
use sha1::Digest;
use std::fmt;

/// A registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Registry {
    Npm,
    Pypi,
    Crates,
    Maven,
}

/// Word before the name, registry, and where it is: variable of the environment and address.
type Known = (&'static str, Registry, (&'static str, &'static str));

const REGISTRIES: [Known; 4] = [
    ("npm", Registry::Npm, ("KEYSIFT_NPM_REGISTRY", "https://registry.npmjs.org")),
    ("pypi", Registry::Pypi, ("KEYSIFT_PYPI_REGISTRY", "https://pypi.org")),
    ("crates", Registry::Crates, ("KEYSIFT_CRATES_REGISTRY", "https://static.crates.io")),
    ("maven", Registry::Maven, ("KEYSIFT_MAVEN_REGISTRY", "https://repo1.maven.org/maven2")),
];
/// The index of crates.io tells versions and checksums.
const CRATES_INDEX: (&str, &str) = ("KEYSIFT_CRATES_INDEX", "https://index.crates.io");

/// A package by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    registry: Registry,
    /// `left-pad`, `@scope/name`, `org.example:library`.
    name: String,
    /// `None` for the latest.
    version: Option<String>,
    base: Url,
    index: Url,
}

/// A checksum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Check {
    /// SHA-1: older packages have no other.
    Sha1(Vec<u8>),
    /// SHA-256.
    Sha256(Vec<u8>),
    /// SHA-512.
    Sha512(Vec<u8>),
}

impl Check {
    /// Whether bytes have this checksum.
    pub fn holds(&self, bytes: &[u8]) -> bool {
        match self {
            Check::Sha1(sum) => sha1::Sha1::digest(bytes)[..] == sum[..],
            Check::Sha256(sum) => sha2::Sha256::digest(bytes)[..] == sum[..],
            Check::Sha512(sum) => sha2::Sha512::digest(bytes)[..] == sum[..],
        }
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        match self {
            Check::Sha1(_) => "SHA-1",
            Check::Sha256(_) => "SHA-256",
            Check::Sha512(_) => "SHA-512",
        }
    }
}

impl fmt::Display for Package {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, self.version.as_deref())
    }
}

impl Package {
    /// The package that an argument names, where it begins like one.
    pub fn parse(text: &str, env: &dyn Fn(&str) -> Option<String>) -> Option<Result<Package, String>> {
        let (word, rest) = text.split_once(':')?;
        let &(_, registry, base) = REGISTRIES.iter().find(|(name, ..)| *name == word)?;
        Some(Self::read(registry, rest, base, env))
    }

    fn read(
        registry: Registry,
        text: &str,
        base: (&str, &str),
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Package, String> {
        let address = |(variable, usual): (&str, &str)| match env(variable).filter(|v| !v.is_empty()) {
            Some(own) => Url::parse(&own).map_err(|what| format!("{variable}: {what}")),
            None => Url::parse(usual),
        };
        let (base, index) = (address(base)?, address(CRATES_INDEX)?);
        let (name, version) = match registry {
            // The first @ of a name is that of its scope.
            Registry::Npm => match text.get(1..).and_then(|rest| rest.rfind('@')) {
                Some(at) => (&text[..=at], Some(&text[at + 2..])),
                None => (text, None),
            },
            Registry::Crates => split(text, "@"),
            Registry::Pypi => split(text, "=="),
            Registry::Maven => match text.match_indices(':').nth(1) {
                Some((at, _)) => (&text[..at], Some(&text[at + 1..])),
                None => (text, None),
            },
        };
        let is_part = |part: &str, more: &[u8]| {
            let is_fine = |b: u8| b.is_ascii_alphanumeric() || b"-._".contains(&b) || more.contains(&b);
            !part.is_empty() && part.bytes().all(is_fine) && part.bytes().any(|b| b != b'.')
        };
        let is_name = match registry {
            Registry::Npm => match name.strip_prefix('@') {
                Some(scoped) => {
                    scoped.split('/').count() == 2 && scoped.split('/').all(|part| is_part(part, b"~"))
                }
                None => is_part(name, b"~"),
            },
            Registry::Maven => name.split(':').count() == 2 && name.split(':').all(|part| is_part(part, b"")),
            Registry::Pypi | Registry::Crates => is_part(name, b""),
        };
        if !is_name || !version.is_none_or(|version| is_part(version, b"+!~")) {
            return Err(format!(
                "{} is meant",
                match registry {
                    Registry::Npm => "npm:NAME[@VERSION]",
                    Registry::Pypi => "pypi:NAME[==VERSION]",
                    Registry::Crates => "crates:NAME[@VERSION]",
                    Registry::Maven => "maven:GROUP:ARTIFACT[:VERSION]",
                }
            ));
        }
        Ok(Package { registry, name: name.to_owned(), version: version.map(str::to_owned), base, index })
    }

    fn write(&self, f: &mut impl fmt::Write, version: Option<&str>) -> fmt::Result {
        let word = REGISTRIES.iter().find(|(_, r, _)| *r == self.registry).map_or("", |(word, ..)| word);
        write!(f, "{word}:{}", self.name)?;
        let separator = match self.registry {
            Registry::Npm | Registry::Crates => "@",
            Registry::Pypi => "==",
            Registry::Maven => ":",
        };
        version.map_or(Ok(()), |version| write!(f, "{separator}{version}"))
    }

    /// The files of the release.
    pub fn files(&self, fetcher: &Fetcher) -> Result<Vec<File>, Problem> {
        let files = match self.registry {
            Registry::Npm => self.npm(fetcher),
            Registry::Pypi => self.pypi(fetcher),
            Registry::Crates => self.crates(fetcher),
            Registry::Maven => self.maven(fetcher),
        }?;
        match files.iter().find(|file| self.base.is_https() && !file.url.is_https()) {
            Some(file) => Err(Problem::unreadable(format!("{} is offered over plain http only", file.name))),
            None if files.is_empty() => Err(Problem::unreadable("this release has no files")),
            None => Ok(files),
        }
    }

    /// A file, named by package, version and its own name.
    fn file(&self, version: &str, url: Url, check: Option<Check>) -> File {
        let mut name = String::new();
        // Writing to a string cannot fail.
        let _ = self.write(&mut name, Some(version));
        File { name: format!("{name}/{}", url.file_name()), url, check }
    }

    fn unknown(&self, base: &Url) -> Problem {
        Problem::unreadable(format!("{} knows no such package or version", base.host()))
    }

    fn json(&self, fetcher: &Fetcher, path: &str) -> Result<Value, Problem> {
        self.known(fetcher, path)?.ok_or_else(|| self.unknown(&self.base))
    }

    fn known(&self, fetcher: &Fetcher, path: &str) -> Result<Option<Value>, Problem> {
        let Some(answer) = fetcher.answer(&self.base.below(path))? else { return Ok(None) };
        serde_json::from_slice(&answer).map(Some).map_err(|_| {
            Problem::unreadable(format!("{} answered something else than JSON", self.base.host()))
        })
    }

    fn missing(&self, what: &str) -> Problem {
        Problem::unreadable(format!("{} gave no {what}", self.base.host()))
    }

    fn npm(&self, fetcher: &Fetcher) -> Result<Vec<File>, Problem> {
        let version = self.version.as_deref().unwrap_or("latest");
        let of = self.json(fetcher, &format!("{}/{version}", self.name.replace('/', "%2f")))?;
        let dist = &of["dist"];
        let url = address(&dist["tarball"]).ok_or_else(|| self.missing("address of the package"))?;
        // Several digests may stand there, the last one without a known name.
        let sha512 = dist["integrity"]
            .as_str()
            .and_then(|all| all.split_whitespace().find_map(|one| one.strip_prefix("sha512-")));
        let check = match sha512 {
            Some(sum) => Some(Check::Sha512(base64_decode(sum.as_bytes()))),
            None => dist["shasum"].as_str().and_then(unhex).map(Check::Sha1),
        };
        let check = check.ok_or_else(|| self.missing("checksum"))?;
        // A tag, as `latest`, stands for a version.
        let version = of["version"].as_str().filter(|v| is_plain(v)).unwrap_or(version);
        Ok(vec![self.file(version, url, Some(check))])
    }

    fn pypi(&self, fetcher: &Fetcher) -> Result<Vec<File>, Problem> {
        let path = match &self.version {
            Some(version) => format!("pypi/{}/{version}/json", self.name),
            None => format!("pypi/{}/json", self.name),
        };
        // Mirrors often have no more than the simple interface.
        let Some(of) = self.known(fetcher, &path)? else { return self.simple(fetcher) };
        let version = self.version.as_deref().or(of["info"]["version"].as_str().filter(|v| is_plain(v)));
        let version = version.ok_or_else(|| self.missing("version"))?;
        let files = of["urls"].as_array().ok_or_else(|| self.missing("list of files"))?;
        let file = |file: &Value| {
            let url = address(&file["url"]).ok_or_else(|| self.missing("address of a file"))?;
            let sum = file["digests"]["sha256"].as_str().and_then(unhex);
            let sum = sum.ok_or_else(|| self.missing("checksum"))?;
            Ok(self.file(version, url, Some(Check::Sha256(sum))))
        };
        files.iter().map(file).collect()
    }

    /// The files of a release by the simple interface (PEP 691), which lists those of all releases.
    fn simple(&self, fetcher: &Fetcher) -> Result<Vec<File>, Problem> {
        let path = format!("simple/{}/", self.name);
        let of = self.json(fetcher, &path)?;
        let files = of["files"].as_array().ok_or_else(|| self.missing("list of files"))?;
        let files = files.iter().filter_map(|file| Some((file, version_in(file["filename"].as_str()?)?)));
        let files: Vec<(&Value, &str)> = files.collect();
        let is_yanked = |file: &Value| !matches!(file["yanked"], Value::Null | Value::Bool(false));
        let latest = || {
            let all = files.iter().filter(|(file, version)| !is_yanked(file) && is_plain(version));
            all.map(|(_, version)| *version).max_by_key(|version| python_order(version))
        };
        let version = self.version.as_deref().or_else(latest).ok_or_else(|| self.unknown(&self.base))?;
        let here = self.base.below(&path);
        let file = |&(file, _): &(&Value, &str)| {
            let url = file["url"].as_str().and_then(|url| here.join(url).ok());
            let url = url.ok_or_else(|| self.missing("address of a file"))?;
            let sum = file["hashes"]["sha256"].as_str().and_then(unhex);
            let sum = sum.ok_or_else(|| self.missing("checksum"))?;
            Ok(self.file(version, url, Some(Check::Sha256(sum))))
        };
        let of_version = files.iter().filter(|(_, of)| same_version(of, version));
        let files = of_version.map(file).collect::<Result<Vec<_>, _>>()?;
        if files.is_empty() { Err(self.unknown(&self.base)) } else { Ok(files) }
    }

    fn crates(&self, fetcher: &Fetcher) -> Result<Vec<File>, Problem> {
        let lower = self.name.to_ascii_lowercase();
        let path = match lower.len() {
            1 => format!("1/{lower}"),
            2 => format!("2/{lower}"),
            3 => format!("3/{}/{lower}", &lower[..1]),
            _ => format!("{}/{}/{lower}", &lower[..2], &lower[2..4]),
        };
        let index = fetcher.answer(&self.index.below(&path))?.ok_or_else(|| self.unknown(&self.index))?;
        let lines =
            index.split(|&b| b == b'\n').filter_map(|line| serde_json::from_slice::<Value>(line).ok());
        let is_wanted = |line: &Value| match (&self.version, line["vers"].as_str()) {
            (Some(wanted), Some(version)) => wanted == version,
            (None, Some(_)) => line["yanked"] != true,
            (_, None) => false,
        };
        let line =
            lines.filter(is_wanted).max_by_key(|line| order(line["vers"].as_str().unwrap_or_default()));
        let line = line.ok_or_else(|| self.unknown(&self.index))?;
        let sum = line["cksum"].as_str().and_then(unhex).ok_or_else(|| self.missing("checksum"))?;
        let version = line["vers"].as_str().filter(|v| is_plain(v)).ok_or_else(|| self.missing("version"))?;
        // As its author wrote it.
        let name = line["name"].as_str().filter(|name| name.eq_ignore_ascii_case(&self.name));
        let name = name.unwrap_or(&self.name);
        let url = self.base.below(&format!("crates/{name}/{name}-{version}.crate"));
        Ok(vec![self.file(version, url, Some(Check::Sha256(sum)))])
    }

    fn maven(&self, fetcher: &Fetcher) -> Result<Vec<File>, Problem> {
        let (group, artifact) = self.name.split_once(':').unwrap_or_default();
        let folder = self.base.below(&format!("{}/{artifact}", group.replace('.', "/")));
        let version = match &self.version {
            Some(version) => version.clone(),
            None => {
                let answer = fetcher.answer(&folder.below("maven-metadata.xml"))?;
                let answer = answer.ok_or_else(|| self.unknown(&self.base))?;
                let text = String::from_utf8_lossy(&answer);
                let version = between(&text, "release").or(between(&text, "latest"));
                version.filter(|v| is_plain(v)).ok_or_else(|| self.missing("version"))?.to_owned()
            }
        };
        let of = |ending: &str| -> Result<Option<File>, Problem> {
            let path = format!("{version}/{artifact}-{version}{ending}");
            for (name, check) in [("sha256", Check::Sha256 as fn(Vec<u8>) -> Check), ("sha1", Check::Sha1)] {
                let Some(sum) = fetcher.answer(&folder.below(&format!("{path}.{name}")))? else { continue };
                // Some write the name of the file behind it.
                let sum = String::from_utf8_lossy(&sum).split_whitespace().next().and_then(unhex);
                let sum = sum.ok_or_else(|| self.missing("checksum"))?;
                return Ok(Some(self.file(&version, folder.below(&path), Some(check(sum)))));
            }
            Ok(None)
        };
        let mut files = Vec::new();
        for ending in [".jar", ".aar", ".war"] {
            files.extend(of(ending)?);
            if !files.is_empty() {
                break;
            }
        }
        files.extend(of("-sources.jar")?);
        if files.is_empty() { Err(self.unknown(&self.base)) } else { Ok(files) }
    }
}

fn split<'t>(text: &'t str, separator: &str) -> (&'t str, Option<&'t str>) {
    text.split_once(separator).map_or((text, None), |(name, version)| (name, Some(version)))
}

/// A version that can stand in a name or an address as it is.
fn is_plain(version: &str) -> bool {
    version.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._+!~".contains(&b))
        && version.bytes().any(|b| b != b'.')
}

fn address(value: &Value) -> Option<Url> {
    Url::parse(value.as_str()?).ok()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let is_sum = matches!(digits.len(), 40 | 64) && digits.iter().all(u8::is_ascii_hexdigit);
    is_sum.then(|| digits.chunks(2).map(pair).collect())?
}

/// What stands in the first element of this name.
fn between<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    rest.split_once(&format!("</{name}>")).map(|(inner, _)| inner.trim())
}

/// The order of versions for what is the latest: releases before all that come before a release.
fn order(version: &str) -> (bool, Vec<u64>) {
    let version = version.split('+').next().unwrap_or_default();
    let (numbers, before) = split(version, "-");
    (before.is_none(), numbers.split('.').map(|n| n.parse().unwrap_or(0)).collect())
}

/// The version in the name of a file of PyPI.
fn version_in(file: &str) -> Option<&str> {
    if let Some(stem) = file.strip_suffix(".whl").or(file.strip_suffix(".egg")) {
        return stem.split('-').nth(1);
    }
    let endings = [".tar.gz", ".zip", ".tar.bz2", ".tgz", ".tar.xz"];
    let stem = endings.iter().find_map(|ending| file.strip_suffix(ending))?;
    stem.rsplit_once('-').map(|(_, version)| version)
}

/// Whether two versions of PyPI are one, as `1.0` and `1.0.0` are.
fn same_version(a: &str, b: &str) -> bool {
    let plain = |version: &str| {
        let lower = version.to_ascii_lowercase();
        let mut rest = lower.trim_start_matches('v');
        while let Some(shorter) = rest.strip_suffix(".0") {
            rest = shorter;
        }
        rest.to_owned()
    };
    plain(a) == plain(b)
}

/// The order of versions of PyPI for what is the latest.
fn python_order(version: &str) -> (bool, Vec<u64>) {
    let (version, post) = split(version, ".post");
    let mut numbers: Vec<u64> = version.split('.').map(|n| n.parse().unwrap_or(0)).collect();
    let is_release = version.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    numbers.resize(8, 0);
    numbers.push(post.map_or(0, |n| n.parse::<u64>().unwrap_or(0).saturating_add(1)));
    (is_release, numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Package, String> {
        Package::parse(text, &|_| None).unwrap()
    }

    #[test]
    fn names_and_versions() {
        for (text, name, version) in [
            ("npm:left-pad@1.3.0", "left-pad", Some("1.3.0")),
            ("npm:@scope/name@2.0.0-rc.1", "@scope/name", Some("2.0.0-rc.1")),
            ("npm:@scope/name", "@scope/name", None),
            ("pypi:requests==2.32.0", "requests", Some("2.32.0")),
            ("pypi:zope.interface", "zope.interface", None),
            ("crates:serde@1.0.200", "serde", Some("1.0.200")),
            ("maven:org.example:lib:1.0", "org.example:lib", Some("1.0")),
            ("maven:org.example:lib", "org.example:lib", None),
        ] {
            let package = parsed(text).unwrap();
            assert_eq!((package.name.as_str(), package.version.as_deref()), (name, version));
            assert_eq!(package.to_string(), text);
        }
        for wrong in [
            "npm:",
            "npm:@scope",
            "npm:a/b",
            "npm:@a/b/c",
            "npm:..",
            "npm:a@",
            "npm:a@1/2",
            "pypi:../x",
            "pypi:a==",
            "pypi:a?x",
            "crates:a b",
            "crates:é",
            "maven:a",
            "maven:a:..",
            "maven:a:b:1:2",
            "npm:é@1",
            "crates:a%2f",
        ] {
            assert!(parsed(wrong).is_err(), "{wrong}");
        }
        assert!(Package::parse("C:/file", &|_| None).is_none() && Package::parse("npm", &|_| None).is_none());
        let env = |name: &str| (name == "KEYSIFT_NPM_REGISTRY").then(|| "ftp://x".to_owned());
        assert!(Package::parse("npm:a", &env).unwrap().unwrap_err().contains("KEYSIFT_NPM_REGISTRY"));
    }

    #[test]
    fn the_latest_is_a_release() {
        let mut versions = ["1.10.0", "2.0.0-rc.1", "1.9.9", "1.10.0-beta", "0.1.0+x"];
        versions.sort_by_key(|v| order(v));
        assert_eq!(versions.last(), Some(&"1.10.0"));
        let mut versions = ["2.1.post1", "3.0rc1", "2.1", "2.0.9", "2.1.0.post2", "10.0.dev0"];
        versions.sort_by_key(|v| python_order(v));
        assert_eq!(versions[5], "2.1.0.post2");
        assert!(same_version("2.32.0", "2.32") && !same_version("2.32.1", "2.32"));
        for (file, version) in [
            ("zope.interface-5.0-cp38-cp38-win32.whl", Some("5.0")),
            ("my-pkg-1.2.3.tar.gz", Some("1.2.3")),
            ("old-1.0-py2.7.egg", Some("1.0")),
            ("old-1.0.win32.exe", None),
        ] {
            assert_eq!(version_in(file), version, "{file}");
        }
        assert_eq!(between("<a><release> 1.2 </release></a>", "release"), Some("1.2"));
    }
}
