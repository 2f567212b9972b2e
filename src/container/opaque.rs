//! Data that nothing opens and that look like chance: packed or encrypted in a way that is not known. No secret can be seen in them, and
//! the ledger has to say so.
//!
//! Pictures, sound and films look the same, and so do keys and signatures; they are known by their first bytes.

use super::Problem;
use crate::ledger::Reason;
use crate::lens::bytes::{size_be, u32_be};
use crate::look::Look;
use crate::vector::{count, vectored};

/// Less than this does not tell.
const LEAST: usize = 256;
/// Bytes that are counted together, and how many such blocks are looked at, spread over the data.
const BLOCK: usize = 4096;
const BLOCKS: usize = 16;

/// What is packed is a little less even than chance.
const EVEN: u64 = 5;

/// What the ledger should say of data that nothing has opened, if they look packed or encrypted.
pub fn told(data: &[u8], look: &Look) -> Option<Problem> {
    (look.is_binary() && data.len() >= LEAST && is_dense(data) && !is_known(data)).then(|| {
        let detail = "looks packed or encrypted, in a way that is not known; searched as raw bytes only";
        Problem::new(Reason::Unsupported, detail).of_bytes(data.len() as u64)
    })
}

/// Whether half of the blocks, or more, look like chance.
fn is_dense(data: &[u8]) -> bool {
    let count = (data.len() / BLOCK).clamp(1, BLOCKS);
    let block = |n: usize| {
        // The first and the last are among them.
        let at = if count == 1 { 0 } else { (data.len() - BLOCK) / (count - 1) * n };
        &data[at..data.len().min(at + BLOCK)]
    };
    let dense = (0..count).filter(|n| looks_like_chance(block(*n), EVEN)).count();
    dense * 2 >= count
}

/// Whether all values of a byte are about as frequent: how often two bytes are the same, against what chance gives, in quarters.
pub(super) fn looks_like_chance(block: &[u8], quarters: u64) -> bool {
    let is_chance = |same: u64| {
        let len = block.len() as u64;
        same * 256 * 4 <= len * (len - 1) * quarters
    };
    // Nearly all data have so many zeros that nothing else has to be counted.
    let zeros = zeros(block);
    if !is_chance(zeros * zeros.saturating_sub(1)) {
        return false;
    }
    let mut counts = [0u32; 256];
    for b in block {
        counts[usize::from(*b)] += 1;
    }
    is_chance(counts.iter().map(|n| u64::from(*n) * u64::from(n.saturating_sub(1))).sum())
}

vectored! {
    fn zeros(block: &[u8]) -> u64 {
        count(block, |b| u8::from(b == 0)) as u64
    }
}

/// Bytes near the beginning of what has no text in its packed parts, and where they stand.
#[rustfmt::skip]
const MEDIA: &[(usize, &[u8])] = &[
    // Sound.
    (0, b"ID3"), (0, b"OggS"), (0, b"fLaC"), (0, b"caff"), (0, b"MAC "), (0, b"wvpk"), (0, b"MPCK"), (0, b"TTA1"), (0, b"#!AMR"),
    // Films.
    (0, b"FLV\x01"), (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11"), (0, b"\0\0\x01\xba"), (0, b"\0\0\x01\xb3"), (0, b"\x1a\x45\xdf\xa3"),
    (4, b"ftyp"), (4, b"mdat"), (4, b"moov"), (4, b"wide"), (4, b"free"), (4, b"styp"), (4, b"moof"), (4, b"sidx"), (0, b"BIK"), (0, b"KB2"), (0, b".RMF"), (0, b"DKIF"),
    (0, b"\0\0\0\x01\x67"), (0, b"\0\0\0\x01\x40"),
    // Pictures and textures.
    (0, b"RIFF"), (0, b"RIFX"), (0, b"FORM"), (0, b"\xff\xd8\xff"), (0, b"\x89PNG"), (0, b"GIF8"), (0, b"II*\0"), (0, b"MM\0*"),
    (0, b"II\xbc\x01"), (0, b"II+\0"), (0, b"MM\0+"), (0, b"8BPS"), (0, b"\0\0\0\x0cjP  "), (0, b"\0\0\0\x0cJXL "), (0, b"\xff\x4f\xff\x51"), (0, b"\xff\x0a"),
    (0, b"BPG\xfb"), (0, b"AT&TFORM"), (0, b"v/1\x01"), (0, b"DDS "), (0, b"\xabKTX"), (0, b"PVR\x03"), (0, b"\x13\xab\xa1\x5c"), (0, b"sB"),
    (0, b"\0\0\x01\0"), (0, b"\0\0\x02\0"), (0, b"icns"), (0, b"qoif"), (0, b"BM"), (0, b"PKM "), (0, b"CRND"),
    // Models, and fonts whose outlines are under a cipher that is none.
    (0, b"DRACO"), (0, b"GGUF"), (6, b"%!PS-AdobeFont"), (6, b"%!FontType1"),
    // Checksums of git.
    (0, b"MIDX"), (0, b"CGPH"), (0, b"BITM"), (0, b"RIDX"),
];

/// Whether the data are known to look so without being packed text: media, keys, signatures, indexes of checksums.
fn is_known(data: &[u8]) -> bool {
    let is_media = |(at, bytes): &(usize, &[u8])| data.get(*at..).is_some_and(|rest| rest.starts_with(bytes));
    MEDIA.iter().any(is_media)
        || is_sound_frames(data)
        || is_transport_stream(data)
        || is_key(data)
        || is_object_file(data)
}

/// Objects for the linker hold tables of ciphers and checksums; only whole programs are packed.
fn is_object_file(data: &[u8]) -> bool {
    const RELOCATABLE: [u8; 2] = [1, 0];
    data.starts_with(b"\x7fELF") && data.get(16..18).is_some_and(|kind| kind == RELOCATABLE || kind == [0, 1])
}

/// Frames of MPEG audio (MP3, AAC): two in a row.
fn is_sound_frames(data: &[u8]) -> bool {
    let begins = |at: usize| matches!(data.get(at..), Some([0xff, 0xe2..=0xff, ..]));
    begins(0) && (24..8 << 10).any(|at| begins(at) && data[at + 1] == data[1])
}

/// Packets of 188 bytes (with a time before each, 192), each with a mark.
fn is_transport_stream(data: &[u8]) -> bool {
    [(0, 188), (4, 192)].iter().any(|(at, size)| (0..4).all(|n| data.get(at + n * size) == Some(&0x47)))
}

/// Keys, certificates and signatures: DER as long as the data, packets of OpenPGP, hashes of packs of git.
fn is_key(data: &[u8]) -> bool {
    match data {
        [0x30, 0x82, high, low, ..] => usize::from(*high) << 8 | usize::from(*low) == data.len() - 4,
        // Public keys and signatures, whose version stands behind the length.
        [0x98 | 0x88, _, 3..=6, ..] | [0x99 | 0x89, _, _, 3..=6, ..] => true,
        [0xc6 | 0xc2, _, 3..=6, ..] | [0xc6 | 0xc2, 192..224, _, 3..=6, ..] => true,
        [0xff, b't', b'O', b'c', ..] => u32_be(data, 4) == Some(2),
        // Keys and signatures of SSH.
        [0, 0, 0, 7..=32, b's' | b'e', ..] => {
            size_be(data, 0).is_some_and(|len| data[4..].get(..len).is_some_and(|name| name.is_ascii()))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(len: usize) -> Vec<u8> {
        let mut state = 7u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        };
        (0..len).map(|_| next()).collect()
    }

    fn is_told(data: &[u8]) -> bool {
        told(data, &Look::at(data)).is_some()
    }

    #[test]
    fn chance_is_told_and_what_has_an_order_is_not() {
        for len in [256, 300, 4095, 4096, 4097, 10_000, 200_000] {
            assert!(is_told(&noise(len)), "{len}");
            let halves: Vec<u8> = noise(len).iter().map(|b| b & 0x7f).collect();
            assert!(!is_told(&halves), "{len}");
        }
        assert!(!is_told(&noise(255)));
        let mostly_zeros = [vec![0; 100_000], noise(20_000)].concat();
        assert!(!is_told(&mostly_zeros));
        let mostly_noise = [vec![0; 20_000], noise(100_000)].concat();
        assert!(is_told(&mostly_noise));
    }

    #[test]
    fn media_and_keys_look_so_too() {
        let behind = |head: &[u8]| [head, &noise(4000)].concat();
        for head in [
            &b"ID3\x04"[..],
            b"\0\0\0\x18ftypmp42",
            b"RIFF\0\0\0\0WEBP",
            b"\x30\x82\x0f\xa0",
            b"\x99\x01\x0d\x04",
        ] {
            assert!(!is_told(&behind(head)), "{head:?}");
        }
        let frames: Vec<u8> =
            noise(4176).chunks(417).flat_map(|body| [&[0xff, 0xfb, 0x90, 0][..], body].concat()).collect();
        assert!(!is_told(&frames));
        let packets: Vec<u8> =
            noise(1870).chunks(187).flat_map(|body| [&[0x47][..], body].concat()).collect();
        assert!(!is_told(&packets));
    }
}
