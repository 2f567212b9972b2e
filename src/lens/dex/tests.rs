//! The lens as a whole, on `testdata/dex/scenes.dex` and on files that are made to hurt.

use super::testing::{CodeFile, PoolFile, texts};
use super::*;
use crate::address::Address;
use crate::blob::{ScopeClass, ScopeId, TextOffset};
use crate::finding::Role;

static SCENES: &[u8] = include_bytes!("../../../testdata/dex/scenes.dex");

/// The sites of one string; panics if the file has no such string.
fn sites(string: &str) -> Vec<Site> {
    let mut found = None;
    texts(SCENES, &Limits::default(), &mut |text| {
        let mut at = 0;
        for candidate in text.bytes.split(|&b| b == 0) {
            if candidate == string.as_bytes() {
                let span = at..at + candidate.len();
                found = Some(text.sites.resolve(text.bytes, std::slice::from_ref(&span)).remove(0));
            }
            at += candidate.len() + 1;
        }
    })
    .unwrap();
    found.unwrap_or_else(|| panic!("no string {string}"))
}

fn names(string: &str) -> Vec<String> {
    sites(string).into_iter().map(|site| site.name).collect()
}

/// The only site, as `name [key] scope, scope`, without the package every scene is in.
fn site(string: &str) -> String {
    let sites = sites(string);
    assert_eq!(sites.len(), 1, "{string}: {sites:?}");
    let labels: Vec<&str> = sites[0]
        .scopes
        .iter()
        .filter(|scope| scope.class != ScopeClass::Package)
        .map(|scope| scope.label.as_str())
        .collect();
    let key = sites[0].key.as_deref().unwrap_or("-");
    format!("{} [{key}] {}", sites[0].name, labels.join(", ")).replace("com.example.scenes.", "")
}

fn call_id(string: &str) -> ScopeId {
    let scope = sites(string).remove(0).scopes.into_iter().find(|s| s.class == ScopeClass::Call);
    scope.unwrap_or_else(|| panic!("no call scope for {string}")).id
}

#[test]
fn fields_are_named() {
    assert_eq!(site("initial-secret"), "Statics.INITIAL_SECRET [INITIAL_SECRET] class Statics");
    assert_eq!(site("late-value"), "Statics.LATE [LATE] initialiser of Statics, class Statics");
    let first = "Statics.PARTS [PARTS] array in Statics.<clinit>(), initialiser of Statics, class Statics";
    assert_eq!(site("array-first"), first);
    assert_eq!(call_id("array-first"), call_id("array-second"));
    assert_eq!(site("nul: :astral:\u{1f600}:half:\u{fffd}:end"), "Noted.ODD [ODD] class Noted");
    let package = sites("initial-secret").remove(0).scopes.pop().unwrap();
    assert_eq!(package.id, ScopeId::Named("package com.example.scenes".into()));
    assert_eq!((package.class, package.order), (ScopeClass::Package, None));
}

#[test]
fn what_goes_through_fields_and_methods_is_followed_once() {
    let through = |string| {
        let sites = sites(string);
        assert_eq!(sites[1].name, "com.example.scenes.Calls.indirect()");
        (sites.len(), sites[1].role, sites[1].scopes[0].clone())
    };
    let (id, secret) = (through("initial-id"), through("returned-value"));
    assert_eq!((id.0, id.1), (2, Some(Role::Id)));
    assert_eq!((secret.0, secret.1), (2, Some(Role::Secret)));
    assert_eq!((&id.2.id, id.2.order, secret.2.order), (&secret.2.id, Some(0), Some(1)));
    assert_eq!(
        names("instance-value"),
        ["com.example.scenes.Statics.own", "com.example.scenes.Statics.getOwn()"]
    );
}

#[test]
fn known_constructors_tell_roles() {
    for (string, role, order) in [
        ("known-id", Role::Id, 0),
        ("known-secret", Role::Secret, 1),
        ("range-id", Role::Id, 0),
        ("range-secret", Role::Secret, 1),
        ("range-token", Role::Token, 2),
    ] {
        let site = sites(string).remove(0);
        assert_eq!((site.role, site.scopes[0].order), (Some(role), Some(order)), "{string}");
    }
    assert_eq!(call_id("range-id"), call_id("range-token"));
    assert_ne!(call_id("range-id"), call_id("known-id"));
    assert_eq!(
        site("known-secret"),
        "Calls.known() [-] call to com.amazonaws.auth.BasicAWSCredentials.<init>() in Calls.known(), \
         method Calls.known(), class Calls"
    );
}

#[test]
fn arguments_count_parameters_and_survive_branches() {
    let login = sites("branched-id").remove(1).scopes.remove(0);
    let secret = sites("branched-secret").remove(0).scopes.remove(0);
    assert_eq!((login.id, login.order), (secret.id, Some(0)));
    assert_eq!(secret.order, Some(2), "a long is one parameter in two registers");
    assert_eq!(names("tried-value"), ["com.example.scenes.Calls.caught()"; 2]);
    assert!(site("payload-value").contains("call to Calls.log()"));
    assert!(site("loop-steady").contains("call to Calls.log()"));
    assert_eq!(site("loop-before"), "Calls.loop() [-] method Calls.loop(), class Calls");
    assert_eq!(site("compared-value"), "Statics.compare() [-] method Statics.compare(), class Statics");
    assert!(site("bytes-value").contains("SecretKeySpec.<init>()"));
}

#[test]
fn properties_of_one_object_belong_together() {
    assert_eq!(
        site("set-secret"),
        "Calls.setters() [secretKey] Options in Calls.setters(), method Calls.setters(), class Calls"
    );
    assert_eq!(call_id("set-id"), call_id("set-secret"));
    assert_ne!(call_id("set-id"), call_id("other-secret"));
    assert!(site("built-id").contains("[keyId]"));
    assert_eq!(call_id("built-id"), call_id("built-secret"));
    assert_eq!(call_id("filled-first"), call_id("filled-second"));
}

#[test]
fn entries_of_one_map_belong_together() {
    assert_eq!(site("map-id"), "Maps.two() [accessKey] map in Maps.two(), method Maps.two(), class Maps");
    for (one, other) in [
        ("map-id", "map-secret"),
        ("pair-id", "pair-secret"),
        ("of-id", "of-secret"),
        ("shared-a", "shared-b"),
        ("system-id", "system-secret"),
    ] {
        assert_eq!(call_id(one), call_id(other), "{one}, {other}");
    }
    assert_ne!(call_id("map-id"), call_id("map-other"));
    assert!(site("pair-secret").contains("[secret]"));
    assert!(site("of-secret").contains("[of-secret-name]"));
    assert!(site("bundle-value").starts_with("Maps.bundle() [token] Bundle in"));
    assert!(site("header-value").contains("[Authorization] Builder in"));
}

#[test]
fn a_hit_that_is_the_name_of_another_shares_its_call() {
    let mut ids = Vec::new();
    texts(SCENES, &Limits::default(), &mut |text| {
        if text.encoding.is_none() {
            let at = |string: &[u8]| memchr::memmem::find(text.bytes, string).unwrap();
            let (id, secret) = (at(b"\0entry-id\0") + 1, at(b"\0entry-secret\0") + 1);
            let sites = text.sites.resolve(text.bytes, &[id..id + 8, secret..secret + 12]);
            ids.extend(sites.into_iter().map(|mut sites| sites.remove(0).scopes.remove(0)));
        }
    })
    .unwrap();
    assert_eq!(ids[0].id, ids[1].id);
    assert_eq!((ids[0].order, ids[1].order), (Some(0), Some(1)));
}

#[test]
fn annotations_name_their_elements() {
    assert_eq!(site("class-note"), "Noted [password] annotation @Config on Noted, class Noted");
    assert!(site("class-note-list").starts_with("Noted [list]"));
    assert!(site("class-note-deep").starts_with("Noted [deep]"));
    assert!(site("field-note").starts_with("Noted.noted [value] annotation @Config on Noted.noted"));
    assert!(site("method-note").starts_with("Noted.call() [value] annotation @Headers on Noted.call()"));
    assert!(site("parameter-note").starts_with("Noted.call() [value]"));
    assert_eq!(call_id("class-note"), call_id("class-note-deep"));
}

#[test]
fn joined_strings_are_a_text_of_their_own() {
    let mut joined = Vec::new();
    texts(SCENES, &Limits::default(), &mut |text| {
        if text.encoding == Some(Encoding::Assembled) {
            let strings = text.bytes.split(|&b| b == 0).filter(|s| !s.is_empty());
            joined.extend(strings.map(|s| String::from_utf8(s.to_vec()).unwrap()));
        }
    })
    .unwrap();
    joined.sort();
    assert_eq!(
        joined,
        [
            "Bearer header-value",
            "Builder-first-half-second-123true",
            "Concat-first-Concat-second-Concat-third",
            "Gap-after-Gap-end-1",
            "Handed-first-é-Handed-second",
        ]
    );
    assert_eq!(
        site("Builder-first-half-second-123true"),
        "Joins.joined [joined] method Joins.builder(), class Joins"
    );
    assert_eq!(
        site("Concat-first-Concat-second-Concat-third"),
        "Joins.concat() [concat] method Joins.concat(), class Joins"
    );
    assert!(site("Handed-first-é-Handed-second").starts_with("Joins.handed() [name] Joins in"));
    assert!(site("Bearer header-value").contains("[Authorization]"));
}

#[test]
fn every_character_leads_back_to_its_bytes() {
    texts(SCENES, &Limits::default(), &mut |text| {
        for (at, &byte) in text.bytes.iter().enumerate() {
            let outer = text.blob_offset(TextOffset(at)).0 as usize;
            let piece_of_code =
                text.encoding.is_some() && (byte.is_ascii_digit() || b"-true".contains(&byte));
            if byte != 0 && byte.is_ascii() && byte != b' ' && !piece_of_code {
                assert_eq!(SCENES[outer], byte, "offset {at} of {:?}", text.encoding);
            }
        }
    })
    .unwrap();
}

#[test]
fn pools_are_split_at_the_limit_and_nothing_is_lost() {
    let whole = |limits: &Limits| {
        let mut out = Vec::new();
        let mut count = 0;
        let result = texts(SCENES, limits, &mut |text| {
            if text.encoding.is_none() {
                assert!(text.bytes.len() as u64 <= limits.decoded_bytes);
                out.extend_from_slice(text.bytes);
                count += 1;
            }
        });
        (out, count, result)
    };
    let (all, one, _) = whole(&Limits::default());
    let (again, many, result) = whole(&Limits { decoded_bytes: 500, ..Limits::default() });
    assert_eq!((one, all == again, result), (1, true, Ok(())));
    assert!(many > 5);
    let (_, _, result) = whole(&Limits { decoded_bytes: 20, ..Limits::default() });
    assert!(result.unwrap_err().what.contains("above the limit"));
}

#[test]
fn containers_hold_several_files() {
    let first = PoolFile { version: b"041", header_offset: 0, strings: &[b"in-first"] }.build();
    let second = PoolFile { version: b"041", header_offset: first.len(), strings: &[b"in-second"] };
    let blob = [first.clone(), second.build()].concat();
    let mut strings = Vec::new();
    texts(&blob, &Limits::default(), &mut |text| {
        strings.push((text.bytes.to_vec(), text.blob_offset(TextOffset(0)).0 as usize));
    })
    .unwrap();
    assert_eq!(strings.len(), 2);
    assert_eq!(strings[1].0, b"in-second\0");
    assert_eq!(blob.get(strings[1].1..strings[1].1 + 9), Some(&b"in-second"[..]));
}

#[test]
fn what_is_not_dex_is_left_alone() {
    let reads = |bytes: &[u8]| DexLens.reads(&Blob { address: Address::named("x"), bytes });
    assert!(reads(SCENES) && reads(b"dex\n041\0"));
    for other in [&b"dex\n034\0"[..], b"dex\n0x5\0", b"dey\n035\0", b"dex\n035", b""] {
        assert!(!reads(other));
    }
}

#[test]
fn damage_is_told_and_what_can_be_read_is_read() {
    let with = |at: usize, value: u32| {
        let mut bytes = SCENES.to_vec();
        bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
        let mut pool = 0;
        let result = texts(&bytes, &Limits::default(), &mut |text| pool = pool.max(text.bytes.len()));
        (result.map_err(|damage| damage.to_string()), pool > 1000)
    };
    assert_eq!(with(0x08, 1), (Ok(()), true), "checksum");
    assert_eq!(with(0x0c, 1), (Ok(()), true), "signature");
    assert_eq!(with(0x20, 0x70), (Ok(()), true), "file size too small");
    assert_eq!(with(0x24, 9), (Ok(()), true), "header size");
    let big = with(0x20, 1 << 20);
    assert_eq!((big.0.is_err(), big.1), (true, true), "file size too large");
    let (reversed, read) = with(0x28, 0x7856_3412);
    assert_eq!((reversed, read), (Err("DEX: big-endian files are not supported at offset 40".into()), false));
    let (types, read) = with(0x40, 1 << 30);
    assert!(types.unwrap_err().contains("type ids") && read);
    let (strings, _) = with(0x3c, 1 << 30);
    assert!(strings.unwrap_err().contains("string ids"));
}

#[test]
fn overlapping_strings_do_not_multiply() {
    let long = vec![b'x'; 100_000];
    let mut file = PoolFile { version: b"035", header_offset: 0, strings: &[&long] }.build();
    // 20,000 ids that all name the one string.
    let at = file.len() as u32;
    let id = file[0x70..0x74].to_vec();
    file.extend(id.repeat(20_000));
    file[0x38..0x3c].copy_from_slice(&20_000u32.to_le_bytes());
    file[0x3c..0x40].copy_from_slice(&at.to_le_bytes());
    let mut total = 0;
    let result = texts(&file, &Limits::default(), &mut |text| total += text.bytes.len());
    assert!(result.unwrap_err().what.contains("strings overlap"));
    assert!(total <= 4 * file.len(), "{total}");
}

#[test]
fn shared_code_and_class_data_do_not_multiply() {
    let method =
        [&CodeFile::BUILDER[..], &CodeFile::APPEND.repeat(3), &CodeFile::TO_STRING, &[0x11, 1]].concat();
    let once = CodeFile { code: method.clone(), classes: 1, methods: 1 }.build();
    let mut joined = 0;
    let mut count = |text: &Text<'_>| {
        if text.encoding.is_some() {
            assert!(text.bytes.starts_with(b"Piece-1-Piece-1-Piece-1-\0"));
            joined += 1;
        }
    };
    texts(&once, &Limits::default(), &mut count).unwrap();
    assert_eq!(joined, 1);
    let long = method.repeat(1000);
    for (classes, methods, what) in [(5000, 2000, "overlap"), (1, 20_000, "code overlaps")] {
        let file = CodeFile { code: long.clone(), classes, methods }.build();
        let result = texts(&file, &Limits::default(), &mut |text| {
            let at = memchr::memmem::find(text.bytes, b"Piece-1-").unwrap();
            let sites = text.sites.resolve(text.bytes, std::slice::from_ref(&(at..at + 8)));
            assert!(sites[0].len() <= 64);
        });
        assert!(result.unwrap_err().what.contains(what));
    }
}

/// Code that would take quadratic time if every instruction were allowed to do all it asks for.
/// Nothing to compare with: it must end soon.
#[test]
fn hostile_code_ends() {
    let builder = CodeFile::BUILDER.to_vec();
    let n = 100_000;
    let bodies = [
        // Appending for ever; ready after each piece; joining a string to itself.
        CodeFile::APPEND.repeat(n),
        [CodeFile::APPEND.as_slice(), &CodeFile::TO_STRING].concat().repeat(n),
        [0x6e, 0x20, 2, 0, 0x11, 0, 0x0c, 1].repeat(n),
        // if-eqz over one instruction, goto to the next, goto to the beginning.
        [0x38, 0, 3, 0, 0, 0].repeat(n),
        [0x28, 1].repeat(n),
        [0x38, 0, 0x00, 0x80].repeat(n),
        // A switch over a payload that all share, as many cases as there can be.
        {
            let switches = 2000u32;
            let mut code = Vec::new();
            for at in 0..switches {
                code.extend([0x2b, 0]);
                code.extend(((switches - at) * 3).to_le_bytes());
            }
            code.extend([0, 1, 0xff, 0xff, 0, 0, 0, 0]);
            code.extend(7u32.to_le_bytes().repeat(0xffff));
            code
        },
        // Every string is loaded and passed on.
        [0x1a, 1, 10, 0, 0x6e, 0x20, 4, 0, 0x10, 0].repeat(n),
    ];
    for body in bodies {
        let file = CodeFile { code: [builder.clone(), body].concat(), classes: 1, methods: 1 }.build();
        exercise(&file);
    }
}

#[test]
fn every_prefix_is_read_as_far_as_it_goes() {
    for end in 0..SCENES.len() {
        exercise(&SCENES[..end]);
    }
}

#[test]
fn mutations_never_panic() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as usize % below
    };
    for _ in 0..10_000 {
        let mut bytes = SCENES.to_vec();
        for _ in 0..=random(8) {
            // Half of them in the header and the tables, where they do most.
            let end = if random(2) == 0 { 0x870 } else { bytes.len() };
            let at = random(end);
            bytes[at] = match random(4) {
                0 => 0,
                1 => 0xff,
                2 => bytes[at].wrapping_add(1),
                _ => random(256) as u8,
            };
        }
        exercise(&bytes);
    }
}

/// Everything that can be asked of a file, for a few of its strings.
fn exercise(bytes: &[u8]) {
    let _ = texts(bytes, &Limits::default(), &mut |text| {
        let mut at = 0;
        let mut spans = Vec::new();
        for (n, string) in text.bytes.split(|&b| b == 0).enumerate() {
            if n % 5 == bytes.len() % 5 || text.encoding.is_some() {
                spans.push(at..at + string.len());
            }
            at += string.len() + 1;
        }
        assert_eq!(text.sites.resolve(text.bytes, &spans).len(), spans.len());
        assert!(text.blob_offset(TextOffset(text.bytes.len().saturating_sub(1))).0 <= bytes.len() as u64);
    });
}
