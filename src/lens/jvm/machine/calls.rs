//! Calls: of methods that make strings, and of all others.

use super::super::class::Entry;
use super::super::ops;
use super::{Invoke, MAX_PIECES, Machine, Piece, Value, Watch, What};
use crate::lens::bytes::u16_be;

impl Machine<'_, '_> {
    /// Takes the arguments of a call from the stack, in their order; and how many slots its answer takes.
    fn arguments(&mut self, descriptor: &[u8]) -> (Vec<Value>, u8) {
        let mut slots = std::mem::take(&mut self.slots);
        let (size, _) = ops::slots(descriptor, &mut slots);
        let mut arguments: Vec<Value> = Vec::with_capacity(slots.len());
        for size in slots.iter().rev() {
            let value = self.pop();
            if *size == 2 {
                self.pop();
            }
            arguments.push(if *size == 2 { Value::Unknown } else { value });
        }
        arguments.reverse();
        self.slots = slots;
        (arguments, size)
    }

    pub(super) fn invoke<W: Watch>(&mut self, pc: u32, op: u8, index: u16, watch: &mut W) {
        let Some((class, name, descriptor)) = self.class.member(index) else {
            self.stack.clear();
            return;
        };
        let (arguments, size) = self.arguments(descriptor);
        let receiver = if op == 184 { Value::Unknown } else { self.pop() };
        let answer = self.strings_call(class, name, descriptor, receiver, &arguments);
        let answer = match answer {
            Some(answer) => answer,
            None => {
                for &argument in &arguments {
                    self.escape(argument);
                }
                let call = Invoke {
                    method: index,
                    is_static: op == 184,
                    receiver,
                    arguments: &arguments,
                    class,
                    name,
                    descriptor,
                };
                watch.call(self, pc, &call);
                // A call on an object that answers with its own type: most likely itself.
                let is_fluent = op != 184
                    && descriptor
                        .strip_suffix(b";")
                        .is_some_and(|d| d.strip_suffix(class).is_some_and(|before| before.ends_with(b")L")));
                if is_fluent && receiver != Value::Unknown { receiver } else { Value::Answer(index, pc) }
            }
        };
        match size {
            0 => {}
            1 => self.push(answer),
            _ => self.shift(0, 2),
        }
    }

    /// Calls that make strings; `None` if this is another.
    fn strings_call(
        &mut self,
        class: &[u8],
        name: &[u8],
        descriptor: &[u8],
        receiver: Value,
        arguments: &[Value],
    ) -> Option<Value> {
        let first = arguments.first().copied().unwrap_or_default();
        let kind = descriptor.get(1).copied().unwrap_or_default();
        match (class, name) {
            (b"java/lang/StringBuilder" | b"java/lang/StringBuffer", _) => Some(match name {
                b"<init>" => {
                    if kind == b'L' {
                        self.append(receiver, first, kind);
                    }
                    Value::Unknown
                }
                b"append" => {
                    if arguments.len() == 1 {
                        self.append(receiver, first, kind);
                    } else {
                        self.append(receiver, Value::Unknown, kind);
                    }
                    receiver
                }
                b"toString" => match receiver {
                    Value::Made(id)
                        if self.objects.get(id as usize).is_some_and(|o| o.what == What::Builder) =>
                    {
                        self.text_of(id)
                    }
                    _ => Value::Unknown,
                },
                b"reverse" => {
                    let mut text = self.known(receiver);
                    if let Some(text) = &mut text {
                        text.reverse();
                    }
                    let pieces = text.map_or(vec![Piece::Gap], |t| t.into_iter().map(Piece::Char).collect());
                    if let Some(object) = self.object(receiver) {
                        object.pieces = pieces;
                    }
                    receiver
                }
                b"insert" | b"replace" | b"deleteCharAt" | b"delete" | b"setCharAt" | b"setLength" => {
                    if let Some(object) = self.object(receiver) {
                        object.pieces = vec![Piece::Gap];
                    }
                    receiver
                }
                _ => Value::Unknown,
            }),
            (b"java/lang/String", b"<init>") => {
                let pieces = self.pieces(first, kind);
                let text = self.text(pieces);
                // The object on the stack and in variables becomes the string.
                if let (Value::Made(_), true) = (receiver, text != Value::Unknown) {
                    self.stack
                        .iter_mut()
                        .chain(&mut self.locals)
                        .filter(|v| **v == receiver)
                        .for_each(|v| *v = text);
                }
                Some(Value::Unknown)
            }
            (b"java/lang/String", b"concat") => {
                let mut pieces = self.pieces(receiver, b'L');
                pieces.append(&mut self.pieces(first, b'L'));
                Some(self.text(pieces))
            }
            (b"java/lang/String", b"join" | b"format" | b"formatted" | b"replace" | b"substring") => {
                self.string_made(name, receiver, arguments)
            }
            (b"java/lang/String", b"valueOf" | b"copyValueOf") if arguments.len() == 1 => Some(match first {
                Value::Made(id) if self.objects.get(id as usize).is_some_and(|o| o.what == What::Chars) => {
                    self.text_of(id)
                }
                Value::Int(_) => Value::Unknown,
                other => other,
            }),
            (
                b"java/lang/String",
                b"intern" | b"trim" | b"toString" | b"strip" | b"toCharArray" | b"getBytes" | b"stripIndent",
            )
            | (b"java/lang/CharSequence", b"toString") => Some(receiver),
            (b"java/util/Objects", b"requireNonNull") => Some(first),
            (b"java/util/Base64$Decoder", b"decode") => Some(first),
            _ => None,
        }
    }

    /// What methods of strings make of strings that are known; `None`: nothing is known of it.
    fn string_made(&mut self, name: &[u8], receiver: Value, arguments: &[Value]) -> Option<Value> {
        let first = arguments.first().copied().unwrap_or_default();
        let second = arguments.get(1).copied().unwrap_or_default();
        let elements = |machine: &mut Self, array: Value| {
            machine.object(array).filter(|o| o.what == What::Array).map(|o| o.elements.clone())
        };
        match name {
            b"join" => {
                let between = self.known(first)?;
                let mut pieces = Vec::new();
                for (n, element) in elements(self, second)?.into_iter().enumerate() {
                    if n > 0 {
                        pieces.extend(between.iter().map(|c| Piece::Char(*c)));
                    }
                    pieces.append(&mut self.pieces(element, b'L'));
                    if pieces.len() > MAX_PIECES {
                        return None;
                    }
                }
                Some(self.text(pieces))
            }
            b"format" | b"formatted" => {
                let (format, array) = if name == b"format" { (first, second) } else { (receiver, first) };
                let format = self.known(format)?;
                let mut elements = elements(self, array)?.into_iter();
                let (mut pieces, mut rest) = (Vec::new(), format.into_iter());
                while let Some(c) = rest.next() {
                    if c != u16::from(b'%') {
                        pieces.push(Piece::Char(c));
                        continue;
                    }
                    match rest.next().and_then(|c| u8::try_from(c).ok()) {
                        Some(b's' | b'd' | b'c') => {
                            let element = elements.next().unwrap_or_default();
                            pieces.append(&mut self.pieces(element, b'L'));
                        }
                        Some(b'%') => pieces.push(Piece::Char(u16::from(b'%'))),
                        // Widths and positions: what follows is not known.
                        _ => return None,
                    }
                    if pieces.len() > MAX_PIECES {
                        return None;
                    }
                }
                self.budget = self.budget.saturating_add(pieces.len());
                Some(self.text(pieces))
            }
            b"replace" => {
                let side = |machine: &mut Self, value| match value {
                    Value::Int(c) => Some(vec![u16::try_from(c).ok()?]),
                    other => machine.known(other),
                };
                let (text, from, to) = (self.known(receiver)?, side(self, first)?, side(self, second)?);
                let (mut made, mut at) = (Vec::new(), 0);
                while let Some(c) = text.get(at) {
                    if !from.is_empty() && text[at..].starts_with(&from) {
                        made.extend_from_slice(&to);
                        at += from.len();
                    } else {
                        made.push(*c);
                        at += 1;
                    }
                    if made.len() > MAX_PIECES {
                        return None;
                    }
                }
                Some(self.computed(made))
            }
            b"substring" => {
                let text = self.known(receiver)?;
                let index = |value| match value {
                    Value::Int(n) => usize::try_from(n).ok(),
                    _ => None,
                };
                let to = if arguments.len() > 1 { index(second)? } else { text.len() };
                let part = text.get(index(first)?..to)?.to_vec();
                Some(self.computed(part))
            }
            _ => None,
        }
    }

    /// A call site: string concatenation (JEP 280), or a lambda.
    pub(super) fn dynamic(&mut self, index: u16) {
        let class = self.class;
        let Some((_, name, descriptor)) = class.member(index) else {
            self.stack.clear();
            return;
        };
        let (arguments, size) = self.arguments(descriptor);
        let mut answer = Value::Unknown;
        if name == b"makeConcatWithConstants"
            && let Entry::Dynamic(bootstrap, _) = class.entry(index)
            && let Some(constants) = class.bootstraps.get(usize::from(bootstrap))
            && let Some(Entry::String(recipe)) = u16_be(constants, 0).map(|i| class.entry(i))
        {
            answer = self.concat(recipe, constants, descriptor, &arguments);
        } else if name == b"makeConcat" {
            let mut pieces = Vec::new();
            for &argument in &arguments {
                pieces.append(&mut self.pieces(argument, b'L'));
            }
            answer = self.text(pieces);
        }
        match size {
            0 => {}
            1 => self.push(answer),
            _ => self.shift(0, 2),
        }
    }

    fn concat(&mut self, recipe: u16, constants: &[u8], descriptor: &[u8], arguments: &[Value]) -> Value {
        let text = self.class.text(recipe);
        if text.len() > MAX_PIECES * 16 {
            return Value::Unknown;
        }
        let Some(left) = self.budget.checked_sub(text.len() / 16) else { return Value::Unknown };
        self.budget = left;
        let (mut pieces, mut next, mut constant) = (Vec::new(), 0, 2);
        // Kinds of the arguments: good enough where all are one character long, else text.
        let kinds: Vec<u8> = descriptor.iter().skip(1).take_while(|b| **b != b')').copied().collect();
        let simple = kinds.len() == arguments.len();
        for &b in text {
            match b {
                1 => {
                    let value = arguments.get(next).copied().unwrap_or_default();
                    let kind = if simple { kinds.get(next).copied().unwrap_or(b'L') } else { b'L' };
                    pieces.append(&mut self.pieces(value, kind));
                    next += 1;
                }
                2 => {
                    let piece = match u16_be(constants, constant).map(|i| self.class.entry(i)) {
                        Some(Entry::String(utf8)) => Piece::Str(utf8),
                        _ => Piece::Gap,
                    };
                    pieces.push(piece);
                    constant += 2;
                }
                b => pieces.push(Piece::Char(u16::from(b))),
            }
            if pieces.len() >= MAX_PIECES {
                return Value::Unknown;
            }
        }
        // The literal parts stand in the recipe: say so by its entry.
        self.budget = self.budget.saturating_add(pieces.len());
        let text = self.text(pieces);
        if let Value::Text(n) = text {
            self.rendered.insert(n, usize::from(recipe));
        }
        text
    }
}
