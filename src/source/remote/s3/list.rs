//! ListObjectsV2, page by page.

use super::connection::{Connection, Refusal};
use super::{Object, xml};
use crate::address::unpack;
use crate::net::aws::sigv4::form;

/// A list that is being read.
pub struct Listing<'c> {
    connection: &'c Connection,
    prefix: &'c str,
    next: Next,
}

enum Next {
    First,
    Token(String),
    Over,
}

/// What a page says.
#[derive(Debug, Default)]
struct Page {
    objects: Vec<Object>,
    /// Of the next page, where there is one.
    token: Option<String>,
}

impl<'c> Listing<'c> {
    /// A list of the keys that begin with `prefix`.
    pub fn new(connection: &'c Connection, prefix: &'c str) -> Self {
        Listing { connection, prefix, next: Next::First }
    }

    /// The next page; `None` behind the last.
    pub fn page(&mut self) -> Option<Result<Vec<Object>, Refusal>> {
        let token = match &self.next {
            Next::First => None,
            Next::Token(token) => Some(token.clone()),
            Next::Over => return None,
        };
        let mut parameters = vec![("list-type", "2"), ("encoding-type", "url"), ("prefix", self.prefix)];
        parameters.extend(token.iter().map(|token| ("continuation-token", token.as_str())));
        let page = self.connection.ask(&form(&parameters), read);
        Some(page.and_then(|page| {
            self.next = match page.token {
                // It would go on for ever.
                Some(next) if Some(&next) == token.as_ref() => {
                    return Err(Refusal::words("the list goes round in circles"));
                }
                Some(next) => Next::Token(next),
                None => Next::Over,
            };
            Ok(page.objects)
        }))
    }
}

/// Reads a page; `None` for what is none.
fn read(answer: &[u8]) -> Option<Page> {
    let mut page = Page::default();
    let mut object = Object::default();
    let (mut is_list, mut is_encoded, mut is_more) = (false, false, false);
    xml::each(answer, |names, text| {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        match names[..] {
            ["ListBucketResult"] => is_list = true,
            ["ListBucketResult", "EncodingType"] => is_encoded = text == "url",
            ["ListBucketResult", "IsTruncated"] => is_more = text.trim() == "true",
            ["ListBucketResult", "NextContinuationToken"] => page.token = Some(text),
            ["ListBucketResult", "Contents"] => page.objects.push(std::mem::take(&mut object)),
            ["ListBucketResult", "Contents", "Key"] => object.key = text.into_bytes(),
            ["ListBucketResult", "Contents", "Size"] => object.size = text.trim().parse().ok(),
            ["ListBucketResult", "Contents", "ETag"] => object.etag = text.trim_matches('"').to_owned(),
            ["ListBucketResult", "Contents", "LastModified"] => object.modified = text,
            ["ListBucketResult", "Contents", "StorageClass"] => object.class = text,
            _ => {}
        }
    })?;
    if is_encoded {
        for object in &mut page.objects {
            // A blank is written as a plus, and a plus as %2B.
            let text = String::from_utf8_lossy(&object.key).replace('+', " ");
            object.key = unpack(&text)?.into_vec();
        }
    }
    page.token = page.token.filter(|_| is_more);
    // One that says there is more, and not where, would end too early without a word.
    (is_list && is_more == page.token.is_some()).then_some(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "<ListBucketResult><IsTruncated>true</IsTruncated><EncodingType>url</EncodingType>\
        <Contents><Key>a+b%2Bc%2F%C3%BC</Key><Size>5</Size><ETag>&quot;e-2&quot;</ETag><LastModified>t</LastModified>\
        <StorageClass>GLACIER</StorageClass><Owner><ID>x</ID></Owner></Contents><Contents><Key>d/</Key><Size>0</Size></Contents>\
        <NextContinuationToken>tok</NextContinuationToken></ListBucketResult>";

    #[test]
    fn a_page_is_read() {
        let page = read(PAGE.as_bytes()).unwrap();
        let object = Object {
            key: "a b+c/ü".into(),
            size: Some(5),
            etag: "e-2".into(),
            modified: "t".into(),
            class: "GLACIER".into(),
        };
        assert_eq!((&page.objects[0], page.token.as_deref()), (&object, Some("tok")));
        assert!(page.objects[1].is_folder() && !page.objects[0].is_folder());
        // Without an encoding, a key is what it is.
        let plain = PAGE.replace("<EncodingType>url</EncodingType>", "");
        assert_eq!(read(plain.as_bytes()).unwrap().objects[0].key, b"a+b%2Bc%2F%C3%BC");
    }

    #[test]
    fn what_is_no_page_is_none() {
        let no_token = PAGE.replace("NextContinuationToken", "Other");
        for wrong in
            ["<html><body>log in</body></html>", "", &PAGE[..200], &no_token, &PAGE.replace("%2B", "%zz")]
        {
            assert!(read(wrong.as_bytes()).is_none(), "{wrong}");
        }
        let last = no_token.replace("true", "false");
        assert!(read(last.as_bytes()).unwrap().token.is_none());
    }
}
