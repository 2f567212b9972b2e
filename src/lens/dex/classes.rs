//! The classes of a DEX file: which fields and methods each defines, and where their code is.

use super::super::Complaint;
use super::body::Code;
use super::leb::Cursor;
use super::tables::Dex;

/// A method with code.
#[derive(Clone, Copy)]
pub(super) struct Method {
    /// Which class definition it belongs to.
    pub(super) class: u32,
    /// Its index in the method table.
    pub(super) id: u32,
    /// The offset of its code item.
    pub(super) code: u32,
}

/// All classes, read once a file, when the first question about code comes.
pub(super) struct Classes {
    /// The methods that have code, in order of their classes.
    pub(super) methods: Vec<Method>,
    /// (class definition, offset of its first static field in [`Classes::static_fields`]).
    statics: Vec<(u32, u32)>,
    /// Indices of the static fields of the classes that give some of them initial values.
    static_fields: Vec<u32>,
    /// Methods from here on are not swept: their code adds up to more than the file can hold.
    swept: usize,
}

impl Classes {
    /// Reads the class data of all classes. The work is bounded by the size of the file: class
    /// data that several classes share is read for each until the file is used up.
    pub(super) fn read(dex: &Dex<'_>, complaint: &mut Complaint) -> Classes {
        // Each member takes two bytes or more.
        let mut budget = dex.data.len() / 2;
        let mut classes =
            Classes { methods: Vec::new(), statics: Vec::new(), static_fields: Vec::new(), swept: 0 };
        classes.methods.reserve(dex.methods.len().min(budget / 8));
        for (index, number) in (0..dex.classes.len()).zip(0u32..) {
            let Some(class) = dex.class(index).filter(|class| class.data != 0) else { continue };
            let whole = classes.members(dex, number, class.data, class.static_values != 0, &mut budget);
            if budget == 0 {
                complaint.note(dex.blob_offset(class.data), || {
                    format!("class data overlaps: classes from {index} on are left out")
                });
                break;
            }
            if whole.is_none() {
                complaint
                    .note(dex.blob_offset(class.data), || format!("the data of class {index} is cut off"));
            }
        }
        classes.bound_code(dex, complaint);
        classes
    }

    fn members(
        &mut self,
        dex: &Dex<'_>,
        class: u32,
        at: usize,
        has_values: bool,
        budget: &mut usize,
    ) -> Option<()> {
        let mut cursor = Cursor::new(dex.data, at);
        let mut counts = [0u32; 4];
        for count in &mut counts {
            *count = cursor.uleb()?;
        }
        let [static_fields, instance_fields, direct, virtuals] = counts;
        let mut spend = || {
            *budget = budget.saturating_sub(1);
            (*budget > 0).then_some(())
        };
        if has_values {
            self.statics.push((class, self.static_fields.len() as u32));
        }
        let mut field = 0u32;
        for _ in 0..static_fields {
            spend()?;
            field = field.wrapping_add(cursor.uleb()?);
            cursor.uleb()?;
            if has_values {
                self.static_fields.push(field);
            }
        }
        for _ in 0..instance_fields {
            spend()?;
            cursor.uleb()?;
            cursor.uleb()?;
        }
        for count in [direct, virtuals] {
            let mut id = 0u32;
            for _ in 0..count {
                spend()?;
                id = id.wrapping_add(cursor.uleb()?);
                cursor.uleb()?;
                let code = cursor.uleb()?;
                if code != 0 {
                    self.methods.push(Method { class, id, code });
                }
            }
        }
        Some(())
    }

    /// Adds up the code of the methods: many methods may name one code item, and a sweep over
    /// all of them must not take more than a few times the file.
    fn bound_code(&mut self, dex: &Dex<'_>, complaint: &mut Complaint) {
        let mut budget = dex.data.len().saturating_mul(4);
        self.swept = self.methods.len();
        for (n, method) in self.methods.iter().enumerate() {
            let offset = method.code as usize;
            let Some(code) = Code::new(dex.data, offset) else {
                complaint.note(dex.blob_offset(offset), || {
                    format!("the code of method {} points past the end", method.id)
                });
                continue;
            };
            if !code.is_whole(offset) {
                complaint
                    .note(dex.blob_offset(offset), || format!("the code of method {} is cut off", method.id));
            }
            let Some(left) = budget.checked_sub(code.insns.len() + 16) else {
                complaint.note(dex.blob_offset(offset), || {
                    format!("code overlaps: methods from {} on are left out", method.id)
                });
                self.swept = n;
                break;
            };
            budget = left;
        }
    }

    /// The methods with their code, in order, each with its place in that order.
    pub(super) fn bodies<'a>(&self, dex: &Dex<'a>) -> impl Iterator<Item = (u32, Method, Code<'a>)> {
        let data = dex.data;
        (0u32..)
            .zip(self.methods.iter().take(self.swept))
            .filter_map(move |(n, method)| Some((n, *method, Code::new(data, method.code as usize)?)))
    }

    /// One of [`Classes::bodies`].
    pub(super) fn body<'a>(&self, dex: &Dex<'a>, number: u32) -> Option<(Method, Code<'a>)> {
        let method = *self.methods.get(number as usize).filter(|_| (number as usize) < self.swept)?;
        Some((method, Code::new(dex.data, method.code as usize)?))
    }

    /// The classes with initial values: the class definition and its static fields, in order.
    pub(super) fn statics(&self) -> impl Iterator<Item = (u32, &[u32])> {
        let ends =
            self.statics.iter().skip(1).map(|&(_, start)| start as usize).chain([self.static_fields.len()]);
        self.statics.iter().zip(ends).map(|(&(class, start), end)| {
            (class, self.static_fields.get(start as usize..end).unwrap_or_default())
        })
    }
}
