//! Buckets of S3 and of what speaks its protocol: listed and read by signed requests of our own.
//!
//! Two calls are all it takes (ListObjectsV2, GetObject). They go over the signer and the client that
//! verification has; the crate `object_store` would bring tokio and reqwest for them.

mod connection;
mod list;
mod object;
mod site;
mod xml;

use super::fetch::{Bounds, Problem};
use crate::source::read::Bytes;
use connection::{Connection, Refusal};
use list::Listing;
use std::fmt;

/// What an argument `s3://…` names: all objects whose keys begin alike, or one version of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    bucket: String,
    /// Of keys; the whole key, where a version is named.
    prefix: String,
    version: Option<String>,
}

/// How the store is spoken to, as far as the command line says.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `--endpoint-url`.
    pub endpoint: Option<String>,
    /// `--region`.
    pub region: Option<String>,
    /// `--profile`.
    pub profile: Option<String>,
    /// `--no-sign-request`: the bucket is public, and nobody is told who asks.
    pub unsigned: bool,
    /// Certificates to trust instead of those that hold for everything fetched, in PEM.
    pub ca_bundle: Option<Vec<u8>>,
    /// Variables of the environment.
    pub env: fn(&str) -> Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            endpoint: None,
            region: None,
            profile: None,
            unsigned: false,
            ca_bundle: None,
            env: |name| std::env::var(name).ok(),
        }
    }
}

impl Settings {
    /// Refuses what is wrong on its face, before anything is scanned.
    pub fn check(&self) -> Result<(), String> {
        site::Site::new(self, None).map(|_| ())
    }
}

impl Place {
    /// The place that an argument names, where it begins like one.
    pub fn parse(text: &str) -> Option<Result<Place, String>> {
        let (scheme, rest) = text.split_once("://")?;
        scheme.eq_ignore_ascii_case("s3").then(|| Self::read(rest))
    }

    fn read(text: &str) -> Result<Place, String> {
        let (bucket, key) = text.split_once('/').unwrap_or((text, ""));
        if bucket.starts_with("arn:") {
            return Err("access points are named by their alias, not by their ARN".into());
        }
        let is_fine = |b: u8| b.is_ascii_alphanumeric() || b"-._".contains(&b);
        if !(3..=255).contains(&bucket.len()) || !bucket.bytes().all(is_fine) || bucket.contains("..") {
            return Err("s3://BUCKET[/PREFIX] is meant".into());
        }
        let (prefix, version) = match key.rsplit_once("?versionId=") {
            Some((key, version)) if !key.is_empty() && !version.is_empty() => (key, Some(version.to_owned())),
            Some(_) => return Err("s3://BUCKET/KEY?versionId=ID is meant".into()),
            None => (key, None),
        };
        Ok(Place { bucket: bucket.to_owned(), prefix: prefix.to_owned(), version })
    }

    /// As reports name an object of it.
    pub fn name_of(&self, object: &Object) -> Vec<u8> {
        let version = self.version.iter().flat_map(|version| ["?versionId=", version]);
        let parts = [b"s3://", self.bucket.as_bytes(), b"/", &object.key];
        [parts.concat(), version.collect::<String>().into_bytes()].concat()
    }

    /// How many bytes at the start of the name of an object the user named: folders below are the owner's.
    pub fn named(&self, object: &Object) -> usize {
        let bucket = "s3://".len() + self.bucket.len();
        if object.key == self.prefix.as_bytes() {
            return self.name_of(object).len();
        }
        bucket + self.prefix.rfind('/').map_or(0, |at| at + 1)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}", self.bucket)?;
        if !self.prefix.is_empty() {
            write!(f, "/{}", self.prefix)?;
        }
        self.version.as_ref().map_or(Ok(()), |version| write!(f, "?versionId={version}"))
    }
}

/// An object, as a list of its bucket tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Object {
    /// Its name: UTF-8 in S3, any bytes elsewhere.
    pub key: Vec<u8>,
    /// Bytes; `None` where no list told.
    pub size: Option<u64>,
    /// What changes with its content, without quotes.
    pub etag: String,
    /// When it was written.
    pub modified: String,
    /// `STANDARD`, `GLACIER` …; may be empty.
    pub class: String,
}

impl Object {
    /// Whether it stands for a folder in consoles, and for nothing else.
    pub fn is_folder(&self) -> bool {
        self.size == Some(0) && self.key.ends_with(b"/")
    }
}

/// An object's content.
pub struct Content<'b> {
    /// All of it.
    pub bytes: Bytes<'b>,
    /// Whether it is what the list told of.
    pub is_as_listed: bool,
}

/// A place that is spoken to.
pub struct Store<'p> {
    place: &'p Place,
    connection: Connection,
    bounds: Bounds,
}

impl<'p> Store<'p> {
    /// Looks for credentials; nothing is asked of the store yet.
    pub fn open(place: &'p Place, settings: &Settings, bounds: &Bounds) -> Result<Self, Problem> {
        let connection = Connection::new(&place.bucket, settings, bounds).map_err(Problem::unreadable)?;
        Ok(Store { place, connection, bounds: bounds.clone() })
    }

    /// What tells this store from others in which a bucket has the same name.
    pub fn host(&self) -> String {
        self.connection.host()
    }

    /// Its objects, a page of the list at a time in memory.
    pub fn objects(&self) -> Objects<'_> {
        let start = match self.place.version {
            // A list tells the current version only.
            Some(_) => State::Done(Some(self.alone())),
            None => State::Listing(Listing::new(&self.connection, &self.place.prefix)),
        };
        Objects { store: self, state: start, page: Vec::new().into_iter(), count: 0 }
    }

    /// The object that has the prefix for its key.
    fn alone(&self) -> Object {
        Object { key: self.place.prefix.clone().into_bytes(), ..Object::default() }
    }

    /// Reads an object: into `buffer`, or spooled where it is large.
    pub fn read<'b>(&self, object: &Object, buffer: &'b mut Vec<u8>) -> Result<Content<'b>, Problem> {
        object::read(&self.connection, object, self.place.version.as_deref(), &self.bounds, buffer)
    }
}

/// See [`Store::objects`].
pub struct Objects<'s> {
    store: &'s Store<'s>,
    state: State<'s>,
    page: std::vec::IntoIter<Object>,
    count: u64,
}

enum State<'s> {
    Listing(Listing<'s>),
    /// One more at most.
    Done(Option<Object>),
}

impl Iterator for Objects<'_> {
    type Item = Result<Object, Problem>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(object) = self.page.next() {
                self.count += 1;
                return Some(Ok(object));
            }
            let page = match &mut self.state {
                State::Done(last) => return last.take().map(Ok),
                State::Listing(listing) => listing.page(),
            };
            match page {
                Some(Ok(page)) => self.page = page.into_iter(),
                Some(Err(refusal)) => {
                    self.state = State::Done(None);
                    let key = &self.store.place.prefix;
                    // Who may read an object may not always list its bucket.
                    if refusal.status == 403 && self.count == 0 && !key.is_empty() && !key.ends_with('/') {
                        let alone = self.store.alone();
                        if self.store.connection.has(&alone) {
                            return Some(Ok(alone));
                        }
                    }
                    return Some(Err(self.broken(&refusal)));
                }
                None => {
                    self.state = State::Done(None);
                    let nothing = match self.store.place.prefix.as_str() {
                        "" => "the bucket has no objects",
                        _ => "no object has a key that begins so",
                    };
                    return (self.count == 0).then(|| Err(Problem::unreadable(nothing)));
                }
            }
        }
    }
}

impl Objects<'_> {
    fn broken(&self, refusal: &Refusal) -> Problem {
        match self.count {
            0 => Problem::unreadable(format!("cannot be listed: {refusal}")),
            n => Problem::unreadable(format!("its list broke off after {n} objects: {refusal}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_as_they_are_shown() {
        for (text, bucket, prefix, version) in [
            ("s3://bucket", "bucket", "", None),
            ("s3://my.bucket/a b/ü+%41", "my.bucket", "a b/ü+%41", None),
            ("s3://bucket//x", "bucket", "/x", None),
            ("s3://bucket/a?b", "bucket", "a?b", None),
            ("s3://bucket/a?versionId=x.Y_1", "bucket", "a", Some("x.Y_1")),
        ] {
            let place = Place::parse(text).unwrap().unwrap();
            assert_eq!((place.bucket.as_str(), place.prefix.as_str()), (bucket, prefix));
            assert_eq!((place.version.as_deref(), place.to_string().as_str()), (version, text));
        }
        for wrong in ["s3://", "s3:///x", "s3://ab", "s3://a b c", "s3://é-é-é", "s3://a..b", "s3://u@host/x"]
        {
            assert!(Place::parse(wrong).unwrap().is_err(), "{wrong}");
        }
        assert!(Place::parse("s3://bucket/?versionId=x").unwrap().is_err());
        assert!(Place::parse("s3:bucket").is_none() && Place::parse("https://bucket/x").is_none());
    }

    #[test]
    fn what_the_user_named_of_an_object_is_known() {
        let named = |text: &str, key: &str| {
            let place = Place::parse(text).unwrap().unwrap();
            let object = Object { key: key.into(), ..Object::default() };
            let name = String::from_utf8(place.name_of(&object)).unwrap();
            name[place.named(&object)..].to_owned()
        };
        assert_eq!(named("s3://bucket", "test/a"), "/test/a");
        assert_eq!(named("s3://bucket/test/", "test/a"), "/a");
        assert_eq!(named("s3://bucket/test/a", "test/abc/d"), "/abc/d");
        assert_eq!(named("s3://bucket/test/a", "test/a"), "");
    }
}
