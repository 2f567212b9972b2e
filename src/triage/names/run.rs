//! Identifiers, split into words.

/// A word or a match: bytes of [`Run::text`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) from: usize,
    pub(super) to: usize,
}

impl Span {
    pub(super) fn within(self, other: Span) -> bool {
        other.from <= self.from && self.to <= other.to
    }

    pub(super) fn len(self) -> usize {
        self.to - self.from
    }
}

/// The words of a key, joined without joiners.
pub(super) struct Run {
    pub(super) text: String,
    pub(super) words: Vec<Span>,
    /// Where the last part of a path begins, in `text`.
    pub(super) part: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Upper,
    Lower,
    Digit,
    /// Letters of scripts without case.
    Other,
    Joiner,
}

pub(super) fn kind_of(c: char) -> Kind {
    if c.is_numeric() {
        Kind::Digit
    } else if c.is_uppercase() {
        Kind::Upper
    } else if c.is_lowercase() {
        Kind::Lower
    } else if c.is_alphabetic() {
        Kind::Other
    } else {
        Kind::Joiner
    }
}

/// The same of a byte of ASCII.
pub(super) static KINDS: [Kind; 128] = {
    let mut kinds = [Kind::Joiner; 128];
    let mut b = 0;
    while b < 128 {
        kinds[b] = match b as u8 {
            b'0'..=b'9' => Kind::Digit,
            b'A'..=b'Z' => Kind::Upper,
            b'a'..=b'z' => Kind::Lower,
            _ => Kind::Joiner,
        };
        b += 1;
    }
    kinds
};

impl Run {
    pub(super) fn split(key: &str) -> Run {
        if let Some(run) = Run::of_plain_words(key) {
            return run;
        }
        let ascii = |b: u8| (char::from(b), KINDS[usize::from(b & 127)], char::from(b.to_ascii_lowercase()));
        if key.is_ascii() {
            // Nearly all: Unicode's tables take ten times as long.
            return Run::of(key.len(), key.bytes().map(ascii), |text, _, lower| text.push(lower));
        }
        let any = key.chars().map(|c| (c, kind_of(c), c));
        Run::of(key.len(), any, |text, c, _| text.extend(c.to_lowercase()))
    }

    /// Words in lower case and what only joins them, as most names and the rows of the table are.
    pub(super) fn of_plain_words(key: &str) -> Option<Run> {
        let is_joiner = |c: char| matches!(c, '_' | '-' | ' ');
        if !key.bytes().all(|b| b.is_ascii_lowercase() || is_joiner(char::from(b))) {
            return None;
        }
        let mut run = Run { text: String::with_capacity(key.len()), words: Vec::with_capacity(4), part: 0 };
        let mut from = 0;
        for c in key.bytes().map(char::from) {
            if is_joiner(c) { run.close(&mut from) } else { run.text.push(c) }
        }
        run.close(&mut from);
        Some(run)
    }

    /// `chars` gives each character, its kind, and, for `push`, the same in lower case.
    pub(super) fn of(
        len: usize,
        chars: impl Iterator<Item = (char, Kind, char)>,
        push: impl Fn(&mut String, char, char),
    ) -> Run {
        let mut run = Run { text: String::with_capacity(len + 8), words: Vec::with_capacity(8), part: 0 };
        let (mut from, mut last, mut new_part) = (0, Kind::Joiner, true);
        let mut chars = chars.peekable();
        while let Some((c, kind, lower)) = chars.next() {
            let next = chars.peek().map_or(Kind::Joiner, |(_, kind, _)| *kind);
            let border = match (last, kind) {
                (Kind::Upper, Kind::Lower) => false,
                // The last capital of several belongs to what follows: XML Http.
                (Kind::Upper, Kind::Upper) => next == Kind::Lower && run.text.len() > from,
                (a, b) => a != b,
            };
            if border {
                run.close(&mut from);
            }
            if kind == Kind::Joiner {
                new_part |= matches!(c, '.' | '/' | ':' | '[' | ']' | '>');
            } else {
                if std::mem::take(&mut new_part) {
                    run.part = run.text.len();
                }
                push(&mut run.text, c, lower);
            }
            last = kind;
        }
        run.close(&mut from);
        run
    }

    fn close(&mut self, from: &mut usize) {
        if self.text.len() > *from {
            self.words.push(Span { from: *from, to: self.text.len() });
            *from = self.text.len();
        }
    }
}
