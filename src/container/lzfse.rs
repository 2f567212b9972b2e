//! LZFSE and LZVN, the compression of Apple's systems: blocks with a head each, literals and copies by tables of finite state
//! entropy, or, of small data, by bytes (LZVN).
//!
//! By the format of Apple's own tool; the tests hold it against what that writes. Its first version, which no tool writes, is
//! not read.

mod fse;
mod lzvn;

use super::budget::Budget;
use super::inflate::{Inflated, OVER_BUDGET};
use crate::lens::bytes::{size_le, slice};

pub use lzvn::expand as lzvn;

/// More does not come out of one block of LZFSE; the tool writes less.
const MOST: usize = 64 << 20;

/// Whether such a stream begins here: with a block of a size that can be.
pub(super) fn begins(data: &[u8]) -> bool {
    let Some(head) = data.first_chunk::<12>() else { return false };
    let size = size_le(head, 4).unwrap_or(0);
    match &head[..4] {
        b"bvx2" => {
            size > 0 && size <= MOST && size_le(data, 24).is_some_and(|len| (32..=2048).contains(&len))
        }
        b"bvxn" => {
            size > 0 && size <= MOST && size_le(head, 8).is_some_and(|len| len > 0 && len <= data.len())
        }
        b"bvx-" => size > 0 && size <= data.len(),
        _ => false,
    }
}

/// Expands one stream behind what is in `out`.
pub(super) fn expand(input: &[u8], out: &mut Vec<u8>, budget: &Budget) -> Inflated {
    let (start, mut at) = (out.len(), 0);
    loop {
        let Some(magic) = slice(input, at, 4) else { return Inflated::Truncated };
        if magic == b"bvx$" {
            return Inflated::Whole(at + 4);
        }
        let Some(size) = size_le(input, at + 4) else { return Inflated::Truncated };
        if size > MOST {
            return Inflated::Broken(at);
        }
        if (out.len() + size) as u64 > budget.limits.entry_bytes {
            return Inflated::Cut(format!(
                "the entry expands to more than {} bytes",
                budget.limits.entry_bytes
            ));
        }
        let all = (out.len() + size - start) as u64;
        if budget.limits.is_bomb(all, input.len() as u64) {
            return Inflated::Cut(format!(
                "the entry expands more than {}-fold: a bomb",
                budget.limits.ratio
            ));
        }
        if !budget.take(size as u64) {
            budget.spend();
            return Inflated::Cut(OVER_BUDGET.into());
        }
        let end = out.len() + size;
        let rest = &input[at..];
        let went = match magic {
            b"bvx-" => slice(rest, 8, size).map(|bytes| {
                out.extend_from_slice(bytes);
                8 + size
            }),
            b"bvxn" => size_le(rest, 8).and_then(|len| {
                let went = lzvn(slice(rest, 12, len)?, start, end, out);
                went.map(|()| 12 + len)
            }),
            b"bvx2" => fse::block(rest, start, end, out),
            _ => None,
        };
        match went {
            Some(len) if out.len() == end => at += len,
            _ => return Inflated::Broken(at),
        }
    }
}

/// Appends a copy of what is `back` bytes before the end.
fn copy(back: usize, len: usize, start: usize, end: usize, out: &mut Vec<u8>) -> Option<()> {
    (back > 0 && back <= out.len() - start && len <= end - out.len()).then_some(())?;
    for _ in 0..len {
        out.push(out[out.len() - back]);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    fn seed(name: &str) -> Vec<u8> {
        std::fs::read(format!("{}/testdata/seeds/lzfse/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
    }

    fn budget() -> Budget {
        Budget::new(&Limits::default(), 1 << 20)
    }

    /// `testdata/volumes/seeds.sh` has the recipe.
    #[test]
    fn what_the_tool_writes() {
        let lines: String = (1..=900).map(|n| format!("line {n} of a text\n")).collect();
        for (name, want) in [("text", lines.as_bytes()), ("short", &lines.as_bytes()[..500])] {
            let (packed, mut out) = (seed(name), b"before".to_vec());
            assert!(begins(&packed));
            assert_eq!(expand(&packed, &mut out, &budget()), Inflated::Whole(packed.len()), "{name}");
            assert!(out == [b"before", want].concat(), "{name}");
            for cut in 0..packed.len() {
                let went = expand(&packed[..cut], &mut Vec::new(), &budget());
                assert!(matches!(went, Inflated::Truncated | Inflated::Broken(_)), "{name} {cut}: {went:?}");
            }
        }
    }

    #[test]
    fn sizes_that_lie_cost_nothing() {
        let mut bomb = Vec::new();
        for _ in 0..2000 {
            bomb.extend(b"bvxn\0\0\0\x02\x08\0\0\0\xe1a\xff\xff\xff\xff\x06\0");
        }
        let mut out = Vec::new();
        assert!(matches!(expand(&bomb, &mut out, &budget()), Inflated::Broken(0)));
        assert!(out.len() < 1 << 10);
    }
}
