//! Encoded values: initial values of static fields, and annotations.

use super::leb::Cursor;

/// Arrays and annotations within each other; real ones have two or three levels.
const MAX_DEPTH: u32 = 16;

const STRING: u8 = 0x17;
const ARRAY: u8 = 0x1c;
const ANNOTATION: u8 = 0x1d;
const NULL: u8 = 0x1e;
const BOOLEAN: u8 = 0x1f;

/// A walk over encoded values that tells of every string in them.
pub(super) struct Walk<'a, 'f> {
    cursor: Cursor<'a>,
    /// Bounds the values of all walks over one file.
    budget: &'f mut usize,
}

/// A string in an encoded value.
pub(super) struct Found {
    /// Which value of the outermost array, or which element of the outermost annotation.
    pub(super) position: u32,
    /// The index of the name of the innermost annotation element it belongs to.
    pub(super) element: Option<u32>,
    /// The index of the string.
    pub(super) string: u32,
}

#[derive(Clone, Copy)]
struct Place {
    position: u32,
    element: Option<u32>,
    depth: u32,
}

impl<'a, 'f> Walk<'a, 'f> {
    pub(super) fn new(data: &'a [u8], at: usize, budget: &'f mut usize) -> Self {
        Walk { cursor: Cursor::new(data, at), budget }
    }

    /// The strings of an `encoded_array`: `position` counts its values.
    pub(super) fn array(&mut self, found: &mut dyn FnMut(Found)) -> Option<()> {
        for position in 0..self.cursor.uleb()? {
            self.value(Place { position, element: None, depth: 0 }, found)?;
        }
        Some(())
    }

    /// The strings of an `encoded_annotation`; gives the index of its type.
    pub(super) fn annotation(&mut self, found: &mut dyn FnMut(Found)) -> Option<u32> {
        let class = self.cursor.uleb()?;
        self.elements(Place { position: 0, element: None, depth: 0 }, found)?;
        Some(class)
    }

    fn elements(&mut self, place: Place, found: &mut dyn FnMut(Found)) -> Option<()> {
        for n in 0..self.cursor.uleb()? {
            let element = Some(self.cursor.uleb()?);
            let position = if place.depth == 0 { n } else { place.position };
            self.value(Place { position, element, ..place }, found)?;
        }
        Some(())
    }

    fn value(&mut self, place: Place, found: &mut dyn FnMut(Found)) -> Option<()> {
        *self.budget = self.budget.checked_sub(1)?;
        let head = self.cursor.u8()?;
        let (kind, arg) = (head & 0x1f, usize::from(head >> 5));
        match kind {
            ARRAY | ANNOTATION if place.depth >= MAX_DEPTH => None,
            ARRAY => {
                for _ in 0..self.cursor.uleb()? {
                    self.value(Place { depth: place.depth + 1, ..place }, found)?;
                }
                Some(())
            }
            ANNOTATION => {
                self.cursor.uleb()?;
                self.elements(Place { depth: place.depth + 1, ..place }, found)
            }
            NULL | BOOLEAN => Some(()),
            _ => {
                let value = self.cursor.number(arg + 1)?;
                if kind == STRING {
                    let string = u32::try_from(value).ok()?;
                    found(Found { position: place.position, element: place.element, string });
                }
                Some(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(bytes: &[u8]) -> (Vec<(u32, Option<u32>, u32)>, bool) {
        let mut out = Vec::new();
        let mut budget = 1000;
        let whole = Walk::new(bytes, 0, &mut budget)
            .array(&mut |f| out.push((f.position, f.element, f.string)))
            .is_some();
        (out, whole)
    }

    #[test]
    fn strings_in_arrays_and_annotations() {
        // An int, a string of a two-byte index, null, true, an array of two strings, an
        // annotation of type 9 with the element 5.
        let bytes =
            [6, 0x04, 7, 0x37, 0x02, 0x01, 0x1e, 0x3f, 0x1c, 2, 0x17, 3, 0x17, 4, 0x1d, 9, 1, 5, 0x17, 8];
        let expected = vec![(1, None, 0x102), (4, None, 3), (4, None, 4), (5, Some(5), 8)];
        assert_eq!(strings(&bytes), (expected, true));
    }

    #[test]
    fn nesting_and_counts_are_bounded() {
        assert!(!strings(&[1].iter().chain(&[0x1c, 1].repeat(5000)).copied().collect::<Vec<_>>()).1);
        assert!(
            !strings(
                &[0xff, 0xff, 0xff, 0xff, 0x0f].iter().chain(&[0x1e; 5000]).copied().collect::<Vec<_>>()
            )
            .1
        );
        for end in 0..20 {
            strings(&[0x37; 20][..end]);
        }
    }
}
