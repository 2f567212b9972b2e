//! Structured text: key paths and enclosing objects for values in JSON, YAML, TOML, INI, .env,
//! properties, XML, SQL and CSV. Parsed once a text, and only where the engine hit something.

use std::ops::Range;

mod assignment;
mod brackets;
mod csv;
mod files;
#[cfg(test)]
mod hostile;
mod image;
mod ini;
mod json;
mod names;
mod openstep;
mod path;
mod seek;
mod source;
mod sql;
#[cfg(test)]
mod testing;
mod tree;
mod xml;
mod yaml;

/// Where a value stands in a structured text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Printed, in the terms of the format: JSON pointer `/aws/accessKeyId`, `[default] aws_secret_access_key`.
    pub path: String,
    /// What the author calls the value: the last name of the path (`accessKeyId`), the name that a
    /// sibling gives (`{"name": "SECRET", "value": …}`) or that stands inside (`SECRET=…` in a list).
    pub key: Option<String>,
    /// The objects, sections or elements that hold the value, innermost first.
    pub objects: Vec<Object>,
    /// The whole value in the text, without quotes.
    pub value: Range<usize>,
}

/// An object, section or element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// Offset of its start; tells objects of one text apart.
    pub start: usize,
    /// As it reads after "in": `object /aws`, `section [default]`.
    pub label: String,
}

/// A syntax of structured text.
pub trait Syntax: Send + Sync {
    /// `json`.
    fn name(&self) -> &'static str;
    /// Whether to try: by first bytes, with the file name as a hint.
    fn reads(&self, text: &[u8], file_name: &[u8]) -> bool;
    /// The places of the values that hold the first byte of each span (rising). One pass over the
    /// text, tolerant of damage: `None` where no place is known.
    fn locate(&self, text: &[u8], spans: &[Range<usize>]) -> Vec<Option<Place>>;
}

/// The syntaxes, most specific first; the first that reads a text is used.
#[rustfmt::skip]
pub static SYNTAXES: &[&dyn Syntax] = &[
    &image::ImageConfig,
    &openstep::OpenStep,
    &json::Json,
    &xml::Xml,
    &sql::Sql,
    &csv::Csv,
    &ini::Ini,
    &yaml::Yaml,
    &source::Source,
];
