//! The end of an ORC file: its columns and stripes, in protocol buffers (`orc_proto.proto`).

use crate::container::protobuf::{Fields, Value};
use crate::lens::bytes::uleb;

/// What the last bytes say.
#[derive(Default)]
pub(super) struct Script {
    pub footer: usize,
    pub metadata: usize,
    pub codec: u64,
    pub block: usize,
}

pub(super) fn script(data: &[u8]) -> Script {
    let mut script = Script { block: 256 << 10, ..Script::default() };
    for (field, value) in Fields::new(data) {
        match field {
            1 => script.footer = value.size(),
            2 => script.codec = value.number(),
            3 => script.block = value.size(),
            5 => script.metadata = value.size(),
            _ => {}
        }
    }
    script
}

/// A stripe: rows that stand together.
#[derive(Clone, Copy, Default)]
pub(super) struct Stripe {
    pub start: usize,
    pub index: usize,
    pub data: usize,
    pub footer: usize,
}

/// A column or a part of one.
#[derive(Default)]
pub(super) struct Kind {
    pub kind: u64,
    pub parts: Vec<usize>,
    pub names: Vec<Vec<u8>>,
}

#[derive(Default)]
pub(super) struct Footer {
    pub stripes: Vec<Stripe>,
    pub kinds: Vec<Kind>,
    pub is_encrypted: bool,
}

pub(super) fn footer(data: &[u8]) -> Footer {
    let mut footer = Footer::default();
    for (field, value) in Fields::new(data) {
        match (field, value) {
            (3, Value::Bytes(stripe)) => {
                let mut own = Stripe::default();
                for (field, value) in Fields::new(stripe) {
                    match field {
                        1 => own.start = value.size(),
                        2 => own.index = value.size(),
                        3 => own.data = value.size(),
                        4 => own.footer = value.size(),
                        _ => {}
                    }
                }
                footer.stripes.push(own);
            }
            (4, Value::Bytes(kind)) => {
                let mut own = Kind::default();
                for (field, value) in Fields::new(kind) {
                    match (field, value) {
                        (1, value) => own.kind = value.number(),
                        (2, Value::Number(part)) => own.parts.push(part as usize),
                        (2, Value::Bytes(parts)) => {
                            let mut at = 0;
                            while let Some(part) = uleb(parts, &mut at) {
                                own.parts.push(part as usize);
                            }
                        }
                        (3, Value::Bytes(name)) => own.names.push(name.to_vec()),
                        _ => {}
                    }
                }
                footer.kinds.push(own);
            }
            (10, Value::Bytes(_)) => footer.is_encrypted = true,
            _ => {}
        }
    }
    footer
}

/// A stream of a stripe.
pub(super) struct Stream {
    pub kind: u64,
    pub column: usize,
    pub start: usize,
    pub len: usize,
}

/// Streams, and for each column how it is written and how many values its dictionary has.
pub(super) fn stripe_footer(data: &[u8], mut at: usize) -> (Vec<Stream>, Vec<(u64, u64)>) {
    let (mut streams, mut encodings) = (Vec::new(), Vec::new());
    for (field, value) in Fields::new(data) {
        match (field, value) {
            (1, Value::Bytes(stream)) => {
                let mut own = Stream { kind: 0, column: 0, start: at, len: 0 };
                for (field, value) in Fields::new(stream) {
                    match field {
                        1 => own.kind = value.number(),
                        2 => own.column = value.size(),
                        3 => own.len = value.size(),
                        _ => {}
                    }
                }
                at = at.saturating_add(own.len);
                streams.push(own);
            }
            (2, Value::Bytes(encoding)) => {
                let mut own = (0, 0);
                for (field, value) in Fields::new(encoding) {
                    match field {
                        1 => own.0 = value.number(),
                        2 => own.1 = value.number(),
                        _ => {}
                    }
                }
                encodings.push(own);
            }
            _ => {}
        }
    }
    (streams, encodings)
}
