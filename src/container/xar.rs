//! xar: packages of macOS (`.pkg`), extensions of Safari. The table of contents is XML under zlib; files stand behind it, each
//! packed by itself.

use super::budget::Budget;
use super::inflate::{Inflated, inflate};
use super::piece::Taken;
use super::stream::{BZIP2, LZMA, Stream, XZ};
use super::{Container, Contents, Member, Opened, Problem};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::lens::bytes::{u16_be, u64_be};
use crate::limits::Limits;
use quick_xml::Reader;
use quick_xml::events::Event;

/// Opens xar archives.
pub struct Xar;

/// Largest table of contents that is read, in bytes.
const MOST_TABLE: u64 = 64 << 20;

impl Container for Xar {
    fn name(&self) -> &'static str {
        "xar"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        blob.bytes.starts_with(b"xar!") && u16_be(blob.bytes, 4).is_some_and(|n| (28..=512).contains(&n))
    }

    fn open<'b>(&self, blob: &Blob<'b>, limits: &Limits) -> Opened<'b> {
        let data = blob.bytes;
        let mut opened = Opened::default();
        let files = list(data, limits, &mut opened.problems).unwrap_or_else(|| {
            let detail = "xar: no table of contents; searched as raw bytes";
            opened.problems.push(Problem::new(Reason::Damaged, detail).of_bytes(data.len() as u64));
            Vec::new()
        });
        let wanted = files.iter().enumerate().map(|(n, file)| (file.start..file.end, n)).collect();
        let (taken, refused) = Taken::new(wanted);
        if refused > 0 {
            let detail =
                format!("{refused} files have their data in common with others; it was searched once");
            opened.problems.push(Problem::new(Reason::Duplicate, detail).of_bytes(0));
        }
        opened.gaps = taken.gaps(data.len());
        let mut files: Vec<Option<File>> = files.into_iter().map(Some).collect();
        for (n, range) in taken.indexes() {
            if let Some(file) = files[n].take() {
                let missing = file.length.saturating_sub(range.len() as u64);
                opened.members.push(Box::new(Entry { file, input: &data[range], missing }));
            }
        }
        opened
    }
}

#[derive(Default)]
struct File {
    name: String,
    start: usize,
    end: usize,
    offset: Option<u64>,
    length: u64,
    size: u64,
    style: String,
}

fn list(data: &[u8], limits: &Limits, problems: &mut Vec<Problem>) -> Option<Vec<File>> {
    let header = usize::from(u16_be(data, 4)?);
    let packed = usize::try_from(u64_be(data, 8)?).ok()?;
    let heap = header.checked_add(packed)?;
    let table = data.get(header..heap.min(data.len()))?;
    let own = Limits { entry_bytes: MOST_TABLE.min(limits.entry_bytes), ..limits.clone() };
    let mut xml = Vec::new();
    match inflate(table.get(2..)?, &mut xml, 0, &Budget::new(&own, data.len() as u64)) {
        Inflated::Whole(_) => {}
        other => problems.extend(other.problem(table.len())),
    }
    let xml = String::from_utf8_lossy(&xml);
    let mut reader = Reader::from_str(&xml);
    let mut files = Vec::new();
    // Files within files: those are folders.
    let mut open: Vec<File> = Vec::new();
    let mut path: Vec<String> = Vec::new();
    let mut text = String::new();
    loop {
        match reader.read_event() {
            Ok(Event::Start(tag)) => {
                text.clear();
                path.push(tag.name().as_ref().to_owned());
                if tag.name().as_ref() == "file" {
                    if open.len() > 256 {
                        break;
                    }
                    open.push(File::default());
                }
            }
            Ok(Event::Empty(tag)) => {
                let is_in_data = path.last().is_some_and(|p| p == "data");
                if tag.name().as_ref() == "encoding" && is_in_data {
                    style(&tag, &mut open);
                }
            }
            Ok(Event::Text(part)) => text.push_str(&part),
            Ok(Event::GeneralRef(name)) => text.push(match name.as_ref() {
                "amp" => '&',
                "lt" => '<',
                "gt" => '>',
                "quot" => '"',
                "apos" => '\'',
                _ => '_',
            }),
            Ok(Event::End(tag)) => {
                path.pop();
                let parent = path.last().map_or("", String::as_str);
                let number = || text.trim().parse::<u64>().ok();
                let Some(file) = open.last_mut() else { continue };
                match (parent, tag.name().as_ref()) {
                    ("file", "name") => file.name = text.trim().to_owned(),
                    ("data", "offset") => file.offset = number(),
                    ("data", "length") => file.length = number().unwrap_or(0),
                    ("data", "size") => file.size = number().unwrap_or(0),
                    (_, "file") => {
                        let names: Vec<&str> = open.iter().map(|file| file.name.as_str()).collect();
                        // Long names in deep folders are how a small table grows large.
                        let is_usual = names.iter().map(|name| name.len()).sum::<usize>() < 4096;
                        let name = if is_usual { names.join("/") } else { format!("file {}", files.len()) };
                        let Some(mut file) = open.pop() else { break };
                        let place = |n: u64| usize::try_from(n).unwrap_or(usize::MAX).min(data.len());
                        if let Some(offset) = file.offset
                            && file.length > 0
                        {
                            if files.len() as u64 >= limits.entries {
                                let detail = format!("more than {} members", limits.entries);
                                problems.push(Problem::new(Reason::Limit, detail));
                                break;
                            }
                            file.name = name;
                            file.start = place((heap as u64).saturating_add(offset));
                            file.end = place((file.start as u64).saturating_add(file.length));
                            files.push(file);
                        }
                    }
                    _ => {}
                }
            }
            Ok(Event::Eof) => break,
            Ok(_) => {}
            Err(_) => {
                let detail = "xar: the table of contents is broken";
                problems.push(Problem::new(Reason::Damaged, detail).of_bytes(0));
                break;
            }
        }
    }
    Some(files)
}

fn style(tag: &quick_xml::events::BytesStart<'_>, open: &mut [File]) {
    let value = tag.attributes().flatten().find(|a| a.key.as_ref() == "style");
    if let (Some(file), Some(value)) = (open.last_mut(), value) {
        file.style = value.value.into_owned();
    }
}

struct Entry<'b> {
    file: File,
    input: &'b [u8],
    missing: u64,
}

impl Member for Entry<'_> {
    fn name(&self) -> &[u8] {
        self.file.name.as_bytes()
    }

    fn size_hint(&self) -> u64 {
        self.file.size
    }

    fn read<'s>(&'s self, buffer: &'s mut Vec<u8>, budget: &Budget) -> Contents<'s> {
        let whole = |format: &Stream, buffer: &mut Vec<u8>| format.expand(self.input, buffer, budget);
        let mut problem = match self.file.style.rsplit('/').next().unwrap_or_default() {
            "x-gzip" => {
                // zlib in spite of the name; gzip is seen too.
                let skip = if self.input.starts_with(b"\x1f\x8b") { 10 } else { 2 };
                let input = self.input.get(skip..).unwrap_or_default();
                inflate(input, buffer, self.file.size, budget).problem(input.len())
            }
            "x-bzip2" => whole(&BZIP2, buffer),
            "x-xz" => whole(&XZ, buffer),
            "x-lzma" if self.input.starts_with(b"\xfd7zXZ") => whole(&XZ, buffer),
            "x-lzma" => whole(&LZMA, buffer),
            // Stored, or packed by something that says so itself.
            _ => return Contents { bytes: self.input, problem: self.cut() },
        };
        problem = self.cut().or(problem);
        Contents { bytes: buffer, problem }
    }
}

impl Entry<'_> {
    fn cut(&self) -> Option<Problem> {
        (self.missing > 0).then(|| {
            let detail = format!("xar: the archive ends {} bytes before the file does", self.missing);
            Problem::new(Reason::Damaged, detail).of_bytes(self.missing.min(1 << 60))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::zlib;
    use super::*;
    use crate::address::Address;

    #[test]
    fn files_in_folders_packed_and_stored() {
        let packed = zlib(b"packed file");
        let table = format!(
            "<?xml version=\"1.0\"?><xar><toc><checksum style=\"sha1\"><offset>0</offset><size>20</size></checksum>\
             <file id=\"1\"><name>a&amp;b</name><type>directory</type>\
             <file id=\"2\"><name>c</name><data><length>{}</length><offset>6</offset><size>11</size>\
             <encoding style=\"application/x-gzip\"/></data></file></file>\
             <file id=\"3\"><data><length>6</length><offset>0</offset><size>6</size>\
             <encoding style=\"application/octet-stream\"/></data><name>d</name></file></toc></xar>",
            packed.len()
        );
        let toc = zlib(table.as_bytes());
        let mut data = b"xar!\0\x1c\0\x01".to_vec();
        data.extend((toc.len() as u64).to_be_bytes());
        data.extend((table.len() as u64).to_be_bytes());
        data.extend([0, 0, 0, 1]);
        data.extend(&toc);
        data.extend(b"stored");
        data.extend(&packed);
        let blob = Blob { address: Address::named("x.pkg"), bytes: &data };
        assert!(Xar.reads(&blob));
        let opened = Xar.open(&blob, &Limits::default());
        assert_eq!(opened.problems, []);
        let budget = Budget::new(&Limits::default(), data.len() as u64);
        let mut read = Vec::new();
        for member in &opened.members {
            let mut buffer = Vec::new();
            let contents = member.read(&mut buffer, &budget);
            assert_eq!(contents.problem, None);
            read.push((String::from_utf8_lossy(member.name()).into_owned(), contents.bytes.to_vec()));
        }
        assert_eq!(read, [("a&b/c".into(), b"packed file".to_vec()), ("d".into(), b"stored".to_vec())]);
        let cut = Blob { bytes: &data[..data.len() - 4], ..blob };
        let opened = Xar.open(&cut, &Limits::default());
        assert!(opened.members[0].read(&mut Vec::new(), &budget).problem.is_some());
    }
}
