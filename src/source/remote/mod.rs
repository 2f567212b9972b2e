//! What lies elsewhere: a file by its address, a package of a registry by its name, a bucket. Nothing is fetched but what
//! the user named; what is found inside is never followed.

pub mod fetch;
pub mod registry;
pub mod s3;
pub mod url;

use fetch::{Fetcher, Problem};
use registry::{Check, Package};
use url::Url;

/// Something to fetch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remote {
    /// One file.
    Url(Url),
    /// The files of a release of a package.
    Package(Package),
}

/// A file to fetch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// As reports name it.
    pub name: String,
    /// Where it is.
    pub url: Url,
    /// What the registry says of its bytes.
    pub check: Option<Check>,
}

impl Remote {
    /// What an argument names, if it is no path; an error says what is wrong with it. `env` tells variables of the
    /// environment.
    pub fn parse(text: &str, env: &dyn Fn(&str) -> Option<String>) -> Option<Result<Remote, String>> {
        let (scheme, _) = text.split_once(':')?;
        if matches!(scheme.to_ascii_lowercase().as_str(), "http" | "https") && text.contains("://") {
            return Some(Url::parse(text).map(Remote::Url));
        }
        Package::parse(text, env).map(|package| package.map(Remote::Package))
    }

    /// As reports name it.
    pub fn shown(&self) -> String {
        match self {
            Remote::Url(url) => url.to_string(),
            Remote::Package(package) => package.to_string(),
        }
    }

    /// The files it has.
    pub fn files(&self, fetcher: &Fetcher) -> Result<Vec<File>, Problem> {
        match self {
            Remote::Url(url) => Ok(vec![File { name: url.to_string(), url: url.clone(), check: None }]),
            Remote::Package(package) => package.files(fetcher),
        }
    }
}
