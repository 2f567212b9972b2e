//! Limits against hostile input. What a limit cuts is in the ledger.

/// Bounds on what one artifact can make keysift do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Containers within containers.
    pub depth: u32,
    /// Bytes that come out of all the containers of one artifact together.
    pub expanded_bytes: u64,
    /// Bytes that come out of one entry.
    pub entry_bytes: u64,
    /// Expanded bytes for each compressed byte of one entry, once more than
    /// [`Limits::RATIO_FREE_BYTES`] came out.
    pub ratio: u64,
    /// Entries of one container.
    pub entries: u64,
    /// Bytes of one text that was decoded from another (base64, hex …), and of the tables a lens
    /// keeps for one blob.
    pub decoded_bytes: u64,
    /// Encodings within encodings.
    pub decode_depth: u32,
    /// Hits in one text.
    pub hits: usize,
    /// Whether streams and archives are looked for anywhere in data (see [`crate::container::carve`]).
    pub carve: bool,
}

impl Limits {
    /// An entry may expand to this much whatever its ratio.
    pub const RATIO_FREE_BYTES: u64 = 64 << 20;
    /// An artifact may expand to this much whatever its ratio.
    pub const ARTIFACT_FREE_BYTES: u64 = 1 << 30;

    /// Bytes that came out of containers and are in memory at a time: one entry of the largest size, and a quarter of that
    /// for what is inside it and beside it.
    pub fn held_bytes(&self) -> u64 {
        self.entry_bytes.saturating_add(self.entry_bytes / 4)
    }

    /// Whether so many bytes are too much to come out of `packed` ones.
    pub fn is_bomb(&self, expanded: u64, packed: u64) -> bool {
        expanded > Limits::RATIO_FREE_BYTES && expanded > packed.saturating_mul(self.ratio)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            depth: 8,
            expanded_bytes: 32 << 30,
            entry_bytes: 512 << 20,
            ratio: 250,
            entries: 1_000_000,
            decoded_bytes: 64 << 20,
            decode_depth: 4,
            hits: 200_000,
            carve: false,
        }
    }
}
