//! Entries of the cache of Chrome and whatever is built on it (Electron, WebView), in its simple form: the address, the body as it came
//! over the network, and the headers behind it. Only they say that it is packed by Brotli.

use super::embedded::One;
use super::piece::Piece;
use super::{Container, Member, Opened, stream};
use crate::blob::Blob;
use crate::lens::bytes::{size_le, slice};
use crate::limits::Limits;
use memchr::memmem;
use std::ops::Range;

/// Opens such entries.
pub struct ChromeCache;

const MAGIC: &[u8] = b"\x30\x5c\x72\xa7\x1b\x6d\xfb\xfc";
const END: &[u8] = b"\xd8\x41\x0d\x97\x45\x6f\xfa\xf4";
const HEAD: usize = 24;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Encoding {
    Brotli,
    /// What its beginning tells.
    Other,
}

impl Container for ChromeCache {
    fn name(&self) -> &'static str {
        "chrome-cache"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        body(blob.bytes).is_some()
    }

    fn open<'b>(&self, blob: &Blob<'b>, _: &Limits) -> Opened<'b> {
        let mut opened = Opened::default();
        let Some((range, encoding)) = body(blob.bytes) else { return opened };
        let (name, bytes) = (b"body".to_vec(), &blob.bytes[range.clone()]);
        opened.members.push(match encoding {
            Encoding::Brotli => {
                Box::new(One { name, bytes, stream: &stream::BROTLI }) as Box<dyn Member + 'b>
            }
            Encoding::Other => Box::new(Piece { name, bytes, missing: 0 }),
        });
        opened.gaps.extend([0..range.start, range.end..blob.bytes.len()]);
        opened
    }
}

/// Where the body stands that is packed, and how.
fn body(data: &[u8]) -> Option<(Range<usize>, Encoding)> {
    data.starts_with(MAGIC).then_some(())?;
    let start = HEAD.checked_add(size_le(data, 12)?)?;
    slice(data, HEAD, start - HEAD)?;
    let len = memmem::find(&data[start..], END)?;
    let headers = &data[start + len..];
    let value = headers.windows(17).position(|w| w.eq_ignore_ascii_case(b"content-encoding:"))? + 17;
    let value = headers[value..].trim_ascii_start();
    let encoding = match value {
        [b'b' | b'B', b'r' | b'R', ..] => Encoding::Brotli,
        _ => Encoding::Other,
    };
    (len > 0).then_some((start..start + len, encoding))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_headers_say() {
        let entry = |encoding: &[u8]| {
            let head = [MAGIC, &5u32.to_le_bytes(), &7u32.to_le_bytes(), &[0; 8], b"1/0/url"].concat();
            let end = [END, &[0; 16], b"HTTP/1.1 200\0", encoding, b"\0\0", END, &[0; 16]].concat();
            [&head[..], b"packed", &end].concat()
        };
        assert_eq!(body(&entry(b"Content-Encoding: br")), Some((31..37, Encoding::Brotli)));
        assert_eq!(body(&entry(b"content-encoding:gzip")), Some((31..37, Encoding::Other)));
        assert_eq!(body(&entry(b"content-type:text/html")), None);
        assert_eq!(body(&entry(b"")[..40]), None);
    }
}
