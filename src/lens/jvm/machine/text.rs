//! Strings that a method puts together: of which pieces, and what is known of them.

use super::{Joined, MAX_PIECES, MIN_JOINED, Machine, Piece, Value, What};

impl Machine<'_, '_> {
    /// A builder goes where it cannot be followed.
    pub(super) fn escape(&mut self, value: Value) {
        if let Value::Made(id) = value
            && self.objects.get(id as usize).is_some_and(|o| match o.what {
                What::Builder => !o.pieces.is_empty(),
                What::Chars => o.pieces.len() >= MIN_JOINED,
                _ => false,
            })
        {
            self.text_of(id);
        }
    }

    /// What an object of characters says, as a text of its own.
    pub(super) fn text_of(&mut self, id: u32) -> Value {
        let Some(object) = self.objects.get_mut(id as usize) else { return Value::Unknown };
        if let Some(text) = object.text
            && object.what == What::Chars
        {
            return Value::Text(text);
        }
        let pieces = if object.what == What::Builder {
            object.pieces.clone()
        } else {
            std::mem::take(&mut object.pieces)
        };
        let text = self.text(pieces);
        if let (Value::Text(text), Some(object)) = (text, self.objects.get_mut(id as usize)) {
            object.text = Some(text);
        }
        text
    }

    pub(super) fn text(&mut self, pieces: Vec<Piece>) -> Value {
        let Some(left) = self.budget.checked_sub(pieces.len()) else { return Value::Unknown };
        if let [Piece::Str(utf8)] = pieces[..] {
            return Value::Str(utf8);
        }
        self.budget = left;
        self.strings.push(pieces);
        self.made_at.push(self.now);
        Value::Text((self.strings.len() - 1) as u32)
    }

    pub(super) fn pieces(&mut self, value: Value, kind: u8) -> Vec<Piece> {
        match value {
            Value::Str(utf8) => vec![Piece::Str(utf8)],
            Value::Int(n) if kind == b'C' => vec![Piece::Char(n as u16)],
            Value::Int(n) if matches!(kind, b'I' | b'S' | b'B') => vec![Piece::Int(n)],
            Value::Text(n) => self.copied(n),
            Value::Made(id) => match self.text_of(id) {
                Value::Text(n) => self.copied(n),
                Value::Str(utf8) => vec![Piece::Str(utf8)],
                _ => vec![Piece::Gap],
            },
            _ => vec![Piece::Gap],
        }
    }

    pub(super) fn copied(&mut self, text: u32) -> Vec<Piece> {
        let Some(pieces) = self.strings.get(text as usize) else { return vec![Piece::Gap] };
        match self.budget.checked_sub(pieces.len()) {
            Some(left) if pieces.len() < MAX_PIECES => {
                self.budget = left;
                pieces.clone()
            }
            _ => vec![Piece::Gap],
        }
    }

    pub(super) fn append(&mut self, builder: Value, value: Value, kind: u8) {
        let mut more = self.pieces(value, kind);
        if let Some(object) = self.object(builder).filter(|o| o.what == What::Builder)
            && object.pieces.len() + more.len() < MAX_PIECES
        {
            object.pieces.append(&mut more);
        }
    }

    /// The characters of a string that is known as a whole.
    pub(super) fn known(&mut self, value: Value) -> Option<Vec<u16>> {
        // A builder is looked at, and goes on.
        let pieces = match value {
            Value::Made(id) => {
                self.objects.get(id as usize).filter(|o| o.what == What::Builder)?.pieces.clone()
            }
            other => self.pieces(other, b'L'),
        };
        let mut text = Vec::new();
        for piece in pieces {
            match piece {
                Piece::Gap => return None,
                Piece::Str(utf8) => {
                    let bytes = self.class.text(utf8);
                    if !bytes.is_ascii() {
                        return None;
                    }
                    text.extend(bytes.iter().map(|b| u16::from(*b)));
                }
                Piece::Char(c) => text.push(c),
                Piece::Int(n) => text.extend(n.to_string().bytes().map(u16::from)),
            }
            if text.len() > MAX_PIECES {
                return None;
            }
        }
        self.budget = self.budget.checked_sub(text.len() / 16)?;
        Some(text)
    }

    /// A string of characters that were computed.
    pub(super) fn computed(&mut self, text: Vec<u16>) -> Value {
        self.budget = self.budget.saturating_add(text.len());
        self.text(text.into_iter().map(Piece::Char).collect())
    }

    /// The entries that a text is made of.
    pub(in crate::lens::jvm) fn parts(&self, text: u32) -> Vec<u16> {
        let pieces = self.strings.get(text as usize).map_or(&[][..], Vec::as_slice);
        let recipe = self.rendered.get(&text).and_then(|r| u16::try_from(*r).ok());
        let strings = pieces.iter().filter_map(|p| match p {
            Piece::Str(utf8) => Some(*utf8),
            _ => None,
        });
        recipe.into_iter().chain(strings).collect()
    }

    /// The strings that the method put together, cut where something is not known.
    pub(in crate::lens::jvm) fn texts(&self) -> Vec<(u32, Joined)> {
        let mut all = Vec::new();
        for (n, pieces) in self.strings.iter().enumerate() {
            let id = n as u32;
            let made_at = self.made_at.get(n).copied().unwrap_or_default();
            let at = self.parts(id).first().map_or(made_at, |first| self.class.offset(*first));
            for run in pieces.split(|p| matches!(p, Piece::Gap)) {
                if run.len() < 2 {
                    continue;
                }
                let mut bytes = Vec::new();
                for piece in run {
                    match piece {
                        Piece::Gap => {}
                        Piece::Str(utf8) => bytes.extend_from_slice(self.class.text(*utf8)),
                        Piece::Char(c) if *c < 0x80 => bytes.push(*c as u8),
                        Piece::Char(c) => bytes.extend(
                            char::from_u32(u32::from(*c))
                                .unwrap_or('\u{fffd}')
                                .encode_utf8(&mut [0; 4])
                                .as_bytes(),
                        ),
                        Piece::Int(n) => bytes.extend(n.to_string().as_bytes()),
                    }
                    if bytes.len() > 1 << 16 {
                        break;
                    }
                }
                if bytes.len() >= MIN_JOINED {
                    all.push((id, Joined { bytes, at }));
                }
            }
        }
        all
    }
}
