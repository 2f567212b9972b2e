//! Markup that cannot forget to escape: HTML and SVG are written by [`markup!`], whose parts are either
//! literals of this program or values in braces, and every value is escaped twice over: what could steer
//! a reader (control, bidirectional and invisible characters) as on a terminal, then what HTML and XML
//! read as markup, in text and in quoted attributes alike.
//!
//! A template engine gives the same promise. Weighed was askama 0.16: some ten crates at build time, for
//! pages whose every second line is a condition or a loop, and a page in memory or a struct for each part
//! where this streams.

use crate::address::escape_into;
use std::fmt::{Display, Write as _};
use std::io::{self, Write};

/// Writes literals as they are and values escaped.
pub(super) struct Markup<'o> {
    out: &'o mut dyn Write,
    value: String,
    safe: String,
}

/// Writes parts in order: literals are markup, `{values}` are escaped. Ends the function on an error.
macro_rules! markup {
    ($to:expr, $($part:tt)*) => {{ $( $crate::report::markup::part!($to, $part); )* }};
}

macro_rules! part {
    ($to:expr, $text:literal) => {
        $to.literal($text)?
    };
    ($to:expr, { $value:expr }) => {
        $to.value(&$value)?
    };
}

pub(super) use {markup, part};

impl<'o> Markup<'o> {
    /// Writes to `out`.
    pub(super) fn new(out: &'o mut dyn Write) -> Self {
        Markup { out, value: String::new(), safe: String::new() }
    }

    /// Markup that is written in this program.
    pub(super) fn literal(&mut self, markup: &'static str) -> io::Result<()> {
        self.out.write_all(markup.as_bytes())
    }

    /// A value, escaped.
    pub(super) fn value(&mut self, value: &dyn Display) -> io::Result<()> {
        self.value.clear();
        // Only a value's own Display can fail, and none of ours does.
        let _ = write!(self.value, "{value}");
        self.safe.clear();
        let _ = escape_into(&mut self.safe, self.value.as_bytes());
        let mut rest = self.safe.as_str();
        while let Some(at) = rest.find(['&', '<', '>', '"', '\'']) {
            self.out.write_all(&rest.as_bytes()[..at])?;
            let entity = match rest.as_bytes()[at] {
                b'&' => "&amp;",
                b'<' => "&lt;",
                b'>' => "&gt;",
                b'"' => "&quot;",
                _ => "&#39;",
            };
            self.out.write_all(entity.as_bytes())?;
            rest = &rest[at + 1..];
        }
        self.out.write_all(rest.as_bytes())
    }

    /// Text of several lines, escaped line by line.
    pub(super) fn lines(&mut self, text: &str) -> io::Result<()> {
        for (n, line) in text.lines().enumerate() {
            if n > 0 {
                self.literal("\n")?;
            }
            self.value(&line)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_stay_and_values_are_escaped() {
        let mut out = Vec::new();
        let write = |out: &mut Vec<u8>| -> io::Result<()> {
            let mut page = Markup::new(out);
            markup!(page, "<a title=\"" {"\"'<&>\u{202e}\n"} "\">" {1.5} "</a>");
            page.lines("a<\nb\r\x1b")
        };
        write(&mut out).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "<a title=\"&quot;&#39;&lt;&amp;&gt;\\u{202e}\\u{000a}\">1.5</a>a&lt;\nb\\u{000d}\\u{001b}"
        );
    }
}
