//! Code as compilers make it, byte by byte.

use super::super::sieve::text_moves;
use super::*;
use crate::lens::sieve;

fn built(arch: Arch, code: &[u8], constants: &[u8]) -> Vec<(usize, String)> {
    let mut file = code.to_vec();
    file.resize(file.len().next_multiple_of(0x100), 0);
    let at = file.len() as u64;
    file.extend_from_slice(constants);
    let mut image = Image::new(&file, arch, true, false);
    image.add(0x1000, 0, code.len() as u64, Kind::Code, ".text");
    image.add(0x1000 + at, at, constants.len() as u64, Kind::Constants, ".rodata");
    image.finish();
    let mut found = Vec::new();
    strings(&image, &mut |at, text| found.push((at, String::from_utf8_lossy(text).into_owned())));
    found
}

#[test]
fn bytes_words_and_vectors_on_intel() {
    // mov byte [rsp+i], c
    let text = b"built-by-bytes";
    let mut code: Vec<u8> =
        text.iter().enumerate().flat_map(|(i, &c)| [0xc6, 0x44, 0x24, i as u8, c]).collect();
    code.push(0xc3);
    assert_eq!(built(Arch::X64, &code, b""), [(0, "built-by-bytes".into())]);

    // movabs rax, …; mov [rdi], rax; lea rsi, [rdi+8]; movabs rax, …; mov [rsi], rax.
    let mut code = vec![0x48, 0xb8];
    code.extend_from_slice(b"two-regi");
    code.extend_from_slice(&[0x48, 0x89, 0x07, 0x48, 0x8d, 0x77, 0x08, 0x48, 0xb8]);
    code.extend_from_slice(b"sters-at");
    code.extend_from_slice(&[0x48, 0x89, 0x06, 0xc3]);
    assert_eq!(built(Arch::X64, &code, b""), [(10, "two-registers-at".into())]);

    // movups xmm0, [rip+…]; movups [rax+0x10], xmm0; the half before; a tail of four bytes.
    let mut code = vec![0x0f, 0x10, 0x05];
    code.extend_from_slice(&(0x100u32 + 16 - 7).to_le_bytes());
    code.extend_from_slice(&[0x0f, 0x11, 0x40, 0x10, 0x0f, 0x10, 0x05]);
    code.extend_from_slice(&(0x100u32 - 18).to_le_bytes());
    code.extend_from_slice(&[0x0f, 0x11, 0x00, 0xc7, 0x40, 0x20]);
    code.extend_from_slice(b"tail\xc3");
    let found = built(Arch::X64, &code, b"a string that is copied by halvesand others");
    assert_eq!(found, [(14 + 4, "a string that is copied by halvetail".into())]);
}

/// Whatever is an anchor, the sieve lets through.
#[test]
fn anchors_are_seen_by_the_sieve() {
    const OFTEN: &[u8] = b"\x48\x49\xb8\xbf\xc7\xc6\x0f\x10\x28\x6f\x05\x44\x24\x84\x41texts and more ";
    let mut state = 5u32;
    let mut next = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state >> 8
    };
    let code: Vec<u8> = (0..100_000)
        .map(|_| if next() & 7 == 0 { next() as u8 } else { OFTEN[next() as usize % OFTEN.len()] })
        .collect();
    let mut image = Image::new(&code, Arch::X64, true, false);
    image.add(0x1000, 0, 50_000, Kind::Code, ".text");
    // Displacements lead nearly nowhere but here: all of it is constants too.
    image.add(0, 0, code.len() as u64, Kind::Constants, ".rodata");
    image.finish();
    let sweep = Sweep { image: &image, code: &code, base: 0x1000, functions: &[], state: State::default() };
    let anchors: Vec<usize> = (0..code.len())
        .filter(|&at| matches!(code[at], 0xb8..=0xbf | 0xc7 | 0xc6 | 0x0f) && sweep.is_anchor(at))
        .collect();
    assert!(anchors.len() > 100);
    let mut seen = Vec::new();
    sieve::for_each(&code, text_moves, &mut |at| {
        seen.push(intel::behind_prefix(&code, at));
        true
    });
    assert!(anchors.iter().all(|at| seen.binary_search(at).is_ok()));
}

#[test]
fn one_register_for_two_buffers() {
    // movabs rcx, …; mov [rax], rcx (twice, for 16 bytes); call; the same again, no clash of bytes.
    let mut code = Vec::new();
    for (n, half) in [b"aaaaaaaa", b"bbbbbbbb", b"cccccccc", b"dddddddd"].iter().enumerate() {
        code.extend_from_slice(&[0x48, 0xb9]);
        code.extend_from_slice(*half);
        code.extend_from_slice(&[0x48, 0x89, 0x48, 8 * n as u8]);
        if n == 1 {
            code.extend_from_slice(&[0xe8, 0, 0, 0, 0]);
        }
    }
    code.push(0xc3);
    let found: Vec<String> = built(Arch::X64, &code, b"").into_iter().map(|f| f.1).collect();
    assert_eq!(found, ["aaaaaaaabbbbbbbb", "ccccccccdddddddd"]);
}

#[test]
fn halves_of_words_on_arm() {
    // movz and movk of x0, then str x0, [sp, #n].
    let mut code = Vec::new();
    for (n, word) in [b"stack-st", b"ring-arm"].iter().enumerate() {
        for (i, half) in word.chunks_exact(2).enumerate() {
            let imm = u32::from(u16::from_le_bytes([half[0], half[1]]));
            let opcode: u32 = if i == 0 { 0xd280_0000 } else { 0xf280_0000 };
            code.extend_from_slice(&(opcode | (i as u32) << 21 | imm << 5).to_le_bytes());
        }
        code.extend_from_slice(&(0xf900_03e0 | (n as u32) << 10).to_le_bytes());
    }
    code.extend_from_slice(&0xd65f_03c0u32.to_le_bytes());
    assert_eq!(built(Arch::Arm64, &code, b""), [(16, "stack-string-arm".into())]);
}
