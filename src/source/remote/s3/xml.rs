//! The XML that S3 answers: the text of each element, with the names of those around it.

use quick_xml::events::Event;

/// Elements within elements that are read.
const MAX_DEPTH: usize = 16;

/// Calls `take` with the names of an element and of those around it, outermost first, and its text, when it ends.
/// `None` for what is no whole XML.
pub fn each(bytes: &[u8], mut take: impl FnMut(&[String], String)) -> Option<()> {
    let text = std::str::from_utf8(bytes).ok()?;
    let mut reader = quick_xml::Reader::from_str(text);
    let (mut open, mut texts): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    let add = |texts: &mut Vec<String>, more: &str| {
        if let Some(text) = texts.last_mut() {
            text.push_str(more);
        }
    };
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) => {
                if open.len() >= MAX_DEPTH {
                    return None;
                }
                open.push(start.local_name().as_ref().to_string());
                texts.push(String::new());
            }
            Event::Empty(start) => {
                open.push(start.local_name().as_ref().to_string());
                take(&open, String::new());
                open.pop();
                if open.is_empty() {
                    return Some(());
                }
            }
            Event::Text(text) => add(&mut texts, &text),
            Event::CData(text) => add(&mut texts, &text),
            Event::GeneralRef(reference) => {
                let text = match reference.resolve_char_ref().ok()? {
                    Some(c) => c.to_string(),
                    None => quick_xml::escape::resolve_xml_entity(&reference)?.to_string(),
                };
                add(&mut texts, &text);
            }
            Event::End(_) => {
                take(&open, texts.pop()?);
                open.pop();
                if open.is_empty() {
                    return Some(());
                }
            }
            Event::Eof => return None,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_come_with_their_parents() {
        let mut all = Vec::new();
        let xml = b"<?xml version='1.0'?><R xmlns='u'><A><K>a&amp;b&#x41;</K><E/></A></R>";
        each(xml, |names, text| all.push(format!("{}={text}", names.join("/")))).unwrap();
        assert_eq!(all, ["R/A/K=a&bA", "R/A/E=", "R/A=", "R="]);
        for wrong in [&b""[..], b"<R><A></R>", b"<R>", b"\xff", &b"<a>".repeat(100_000)] {
            assert!(each(wrong, |_, _| {}).is_none());
        }
    }
}
