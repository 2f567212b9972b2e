//! The tables of a class file (JVMS chapter 4).

use crate::lens::Complaint;
use crate::lens::bytes::{size_be, slice, u16_be};

/// An entry of the constant pool.
#[derive(Clone, Copy, Debug, Default)]
pub(super) enum Entry {
    #[default]
    None,
    /// Where its bytes are.
    Utf8(u32, u16),
    Int(i32),
    Class(u16),
    String(u16),
    /// A field or method: class, name and type.
    Member(u16, u16),
    NameAndType(u16, u16),
    /// A call site: bootstrap method, name and type.
    Dynamic(u16, u16),
    Other,
}

/// A field or method.
#[derive(Clone, Debug, Default)]
pub(super) struct Member<'a> {
    pub(super) name: &'a [u8],
    pub(super) descriptor: &'a [u8],
    pub(super) is_static: bool,
    /// Entry of its `ConstantValue`.
    pub(super) constant: u16,
    /// Bytecode and its local variables.
    pub(super) code: &'a [u8],
    pub(super) handlers: &'a [u8],
    pub(super) annotations: Vec<&'a [u8]>,
}

/// A class file.
pub(super) struct Class<'a> {
    pub(super) pool: Vec<Entry>,
    pub(super) data: &'a [u8],
    /// Index of its own name.
    pub(super) this: u16,
    pub(super) fields: Vec<Member<'a>>,
    pub(super) methods: Vec<Member<'a>>,
    pub(super) annotations: Vec<&'a [u8]>,
    /// The arguments of each bootstrap method, two bytes each.
    pub(super) bootstraps: Vec<&'a [u8]>,
}

struct Reader<'a> {
    data: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn u8(&mut self) -> Option<u8> {
        let byte = *self.data.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn u16(&mut self) -> Option<u16> {
        let n = u16_be(self.data, self.at)?;
        self.at += 2;
        Some(n)
    }

    fn u32(&mut self) -> Option<usize> {
        let n = size_be(self.data, self.at)?;
        self.at += 4;
        Some(n)
    }

    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let bytes = slice(self.data, self.at, len)?;
        self.at += len;
        Some(bytes)
    }
}

impl<'a> Class<'a> {
    /// Reads as much as there is.
    pub(super) fn read(data: &'a [u8], complaint: &mut Complaint) -> Self {
        let mut class = Class {
            pool: Vec::new(),
            data,
            this: 0,
            fields: Vec::new(),
            methods: Vec::new(),
            annotations: Vec::new(),
            bootstraps: Vec::new(),
        };
        let mut reader = Reader { data, at: 8 };
        if class.read_all(&mut reader).is_none() {
            complaint.note(reader.at as u64, || "the tables of the class do not fit the file".into());
        }
        class
    }

    fn read_all(&mut self, r: &mut Reader<'a>) -> Option<()> {
        self.read_pool(r)?;
        r.u16()?;
        self.this = r.u16()?;
        r.u16()?;
        let interfaces = r.u16()?;
        r.take(usize::from(interfaces) * 2)?;
        for is_method in [false, true] {
            for _ in 0..r.u16()? {
                let member = self.read_member(r)?;
                if is_method { self.methods.push(member) } else { self.fields.push(member) }
            }
        }
        for _ in 0..r.u16()? {
            let (name, mut body) = self.attribute(r)?;
            match name {
                b"RuntimeVisibleAnnotations" | b"RuntimeInvisibleAnnotations" => {
                    self.annotations.push(body.data)
                }
                b"BootstrapMethods" => {
                    for _ in 0..body.u16()? {
                        body.u16()?;
                        let count = body.u16()?;
                        self.bootstraps.push(body.take(usize::from(count) * 2)?);
                    }
                }
                _ => {}
            }
        }
        Some(())
    }

    fn read_pool(&mut self, r: &mut Reader<'a>) -> Option<()> {
        let count = r.u16()?;
        self.pool.reserve(usize::from(count).min(r.data.len() / 3));
        self.pool.push(Entry::None);
        while self.pool.len() < usize::from(count) {
            let entry = match r.u8()? {
                1 => {
                    let len = r.u16()?;
                    let at = u32::try_from(r.at).ok()?;
                    r.take(usize::from(len))?;
                    Entry::Utf8(at, len)
                }
                3 => Entry::Int(i32::from_be_bytes(*r.take(4)?.first_chunk()?)),
                4 => {
                    r.take(4)?;
                    Entry::Other
                }
                5 | 6 => {
                    r.take(8)?;
                    self.pool.push(Entry::Other);
                    Entry::None
                }
                7 => Entry::Class(r.u16()?),
                8 => Entry::String(r.u16()?),
                9..=11 => Entry::Member(r.u16()?, r.u16()?),
                12 => Entry::NameAndType(r.u16()?, r.u16()?),
                15 => {
                    r.take(3)?;
                    Entry::Other
                }
                17 | 18 => Entry::Dynamic(r.u16()?, r.u16()?),
                16 | 19 | 20 => {
                    r.u16()?;
                    Entry::Other
                }
                _ => return None,
            };
            self.pool.push(entry);
        }
        Some(())
    }

    fn attribute(&self, r: &mut Reader<'a>) -> Option<(&'a [u8], Reader<'a>)> {
        let name = r.u16()?;
        let len = r.u32()?;
        Some((self.text(name), Reader { data: r.take(len)?, at: 0 }))
    }

    fn read_member(&self, r: &mut Reader<'a>) -> Option<Member<'a>> {
        let access = r.u16()?;
        let mut member = Member {
            name: self.text(r.u16()?),
            descriptor: self.text(r.u16()?),
            is_static: access & 8 != 0,
            ..Member::default()
        };
        for _ in 0..r.u16()? {
            let (name, mut body) = self.attribute(r)?;
            match name {
                b"ConstantValue" => member.constant = body.u16()?,
                b"Code" => {
                    body.u32()?;
                    let len = body.u32()?;
                    member.code = body.take(len)?;
                    let handlers = body.u16()?;
                    member.handlers = body.take(usize::from(handlers) * 8)?;
                }
                b"RuntimeVisibleAnnotations" | b"RuntimeInvisibleAnnotations" | b"AnnotationDefault" => {
                    member.annotations.push(body.data);
                }
                _ => {}
            }
        }
        Some(member)
    }

    pub(super) fn entry(&self, index: u16) -> Entry {
        self.pool.get(usize::from(index)).copied().unwrap_or_default()
    }

    /// The bytes of a string entry of the pool.
    pub(super) fn text(&self, index: u16) -> &'a [u8] {
        match self.entry(index) {
            Entry::Utf8(at, len) => slice(self.data, at as usize, usize::from(len)).unwrap_or_default(),
            _ => &[],
        }
    }

    /// Where the bytes of a string entry are.
    pub(super) fn offset(&self, index: u16) -> u64 {
        match self.entry(index) {
            Entry::Utf8(at, _) => u64::from(at),
            _ => 0,
        }
    }

    /// All strings, with their index and offset.
    pub(super) fn utf8(&self) -> impl Iterator<Item = (u16, (usize, &'a [u8]))> {
        self.pool.iter().zip(0u16..).filter_map(|(entry, index)| match entry {
            Entry::Utf8(at, _) => Some((index, (*at as usize, self.text(index)))),
            _ => None,
        })
    }

    /// Where the string of a pool entry is, and its bytes.
    pub(super) fn utf8_at(&self, index: u16) -> Option<(usize, &'a [u8])> {
        match self.pool.get(usize::from(index))? {
            Entry::Utf8(at, _) => Some((*at as usize, self.text(index))),
            _ => None,
        }
    }

    /// The name of a class entry: `com/shop/Aws`, or a descriptor for arrays.
    pub(super) fn class_name(&self, index: u16) -> &'a [u8] {
        match self.entry(index) {
            Entry::Class(name) => self.text(name),
            _ => &[],
        }
    }

    /// Class, name and descriptor of a field or method.
    pub(super) fn member(&self, index: u16) -> Option<(&'a [u8], &'a [u8], &'a [u8])> {
        let (class, name_type) = match self.entry(index) {
            Entry::Member(class, name_type) => (self.class_name(class), name_type),
            Entry::Dynamic(_, name_type) => (&[][..], name_type),
            _ => return None,
        };
        match self.entry(name_type) {
            Entry::NameAndType(name, descriptor) => Some((class, self.text(name), self.text(descriptor))),
            _ => None,
        }
    }

    /// Whether some method may put a string together out of others.
    pub(super) fn joins(&self) -> bool {
        self.utf8().any(|(_, (_, s))| {
            matches!(
                s,
                b"java/lang/StringBuilder"
                    | b"java/lang/StringBuffer"
                    | b"makeConcatWithConstants"
                    | b"makeConcat"
                    | b"concat"
                    | b"join"
                    | b"format"
                    | b"formatted"
                    | b"replace"
            )
        })
    }

    /// Whether a method with this code may put a string together: a cheap look that says yes too often,
    /// so that most methods need not be run. `joins` is what [`Class::joins`] says.
    pub(super) fn may_join(code: &[u8], joins: bool) -> bool {
        // bipush, sipush, ldc, ldc_w: two constants at least.
        let pushes = || code.iter().filter(|b| matches!(b, 0x10..=0x13)).take(2).count() == 2;
        // newarray of bytes or characters, and bastore or castore.
        let fills = || code.iter().filter(|b| matches!(b, 0x54 | 0x55)).take(8).count() == 8;
        joins && pushes()
            || memchr::memchr_iter(0xbc, code).any(|at| matches!(code.get(at + 1), Some(5 | 8))) && fills()
    }
}
