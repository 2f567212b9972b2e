use super::*;
use crate::address::Address;
use crate::blob::Site;
use crate::finding::Secret;
use crate::pattern::PatternId;
use proptest::prelude::*;

/// A value at an offset of blob 1, on a line, with sites of a name and scopes.
fn seen(offset: u64, line: u32, sites: &[(&str, &[(ScopeClass, u64)])]) -> Sighting {
    Sighting {
        confidence: None,
        others: Vec::new(),
        pattern: PatternId(0),
        value: Secret::new(offset.to_string().as_bytes()),
        id: None,
        secret: None,
        near: false,
        loose: false,
        named: None,
        for_show: false,
        in_comment: false,
        open: crate::pattern::conditions::Open::default(),
        kind: TextKind::Plain,
        address: Address::named("x"),
        blob: 1,
        range: (offset, offset + 20),
        place: offset,
        position: Some((line, 1)),
        lines: vec![(1, line)],
        encodings: Vec::new(),
        layer: None,
        around: None,
        sites: sites
            .iter()
            .map(|(key, scopes)| Site {
                name: (*key).to_owned(),
                key: (!key.is_empty()).then(|| (*key).to_owned()),
                role: None,
                scopes: scopes
                    .iter()
                    .map(|&(class, id)| Scope {
                        class,
                        id: ScopeId::InText(1, id),
                        order: Some(offset),
                        label: format!("scope {id}"),
                    })
                    .collect(),
            })
            .collect(),
    }
}

/// A value in one scope, out of a sorted pool: nothing else is known of it.
fn pooled(key: &str, class: ScopeClass, id: u64) -> Sighting {
    Sighting {
        kind: TextKind::Pool,
        position: None,
        lines: Vec::new(),
        ..seen(0, 1, &[(key, &[(class, id)])])
    }
}

fn paired(lefts: &[Sighting], rights: &[Sighting]) -> Pairing {
    fn values(side: &[Sighting]) -> Vec<Value<'_>> {
        side.iter().map(|s| Value { sightings: vec![s], named: true }).collect()
    }
    pair(&values(lefts), &values(rights))
}

fn joined(pairing: &Pairing) -> Vec<(usize, usize, Level)> {
    let mut all: Vec<_> = pairing.joined.iter().map(|j| (j.left, j.right, j.level)).collect();
    all.sort();
    all
}

fn candidates(pairing: &Pairing, left: usize) -> Vec<usize> {
    pairing.ambiguous.get(&left).map_or_else(Vec::new, |c| c.iter().map(|j| j.right).collect())
}

#[test]
fn every_scope_joins_at_its_level() {
    for (class, level) in [
        (ScopeClass::Call, Level::Call),
        (ScopeClass::Object, Level::Object),
        (ScopeClass::Method, Level::Method),
        (ScopeClass::Type, Level::Type),
        (ScopeClass::Parent, Level::Parent),
        (ScopeClass::Package, Level::Package),
    ] {
        let pairing = paired(&[pooled("", class, 7)], &[pooled("", class, 7)]);
        assert_eq!(joined(&pairing), [(0, 0, level)]);
    }
    let at = |offset, line| seen(offset, line, &[]);
    assert_eq!(joined(&paired(&[at(0, 1)], &[at(50, 1)])), [(0, 0, Level::Line)]);
    assert_eq!(joined(&paired(&[at(0, 1)], &[at(50, 2)])), [(0, 0, Level::Near)]);
    assert_eq!(joined(&paired(&[at(0, 1)], &[at(9000, 90)])), [(0, 0, Level::File)]);
    let elsewhere = Sighting { blob: 2, lines: vec![(2, 1)], ..at(0, 1) };
    assert_eq!(joined(&paired(&[at(0, 1)], &[elsewhere])), [(0, 0, Level::Artifact)]);
}

#[test]
fn stronger_evidence_takes_its_ends_first() {
    // The secret on the id's line is taken by the id of its own call.
    let lefts = [seen(0, 1, &[]), seen(500, 9, &[("", &[(ScopeClass::Call, 3)])])];
    let rights = [seen(40, 1, &[("", &[(ScopeClass::Call, 3)])])];
    assert_eq!(joined(&paired(&lefts, &rights)), [(1, 0, Level::Call)]);
}

#[test]
fn names_tell_pairs_of_one_scope_apart() {
    let of = |key: &str| pooled(key, ScopeClass::Type, 1);
    let pairing =
        paired(&[of("PROD_ACCESS_KEY_ID"), of("devAccessKey")], &[of("DEV_SECRET"), of("prodSecretKey")]);
    assert_eq!(joined(&pairing), [(0, 1, Level::Type), (1, 0, Level::Type)]);
    assert!(pairing.joined[0].evidence.contains("named alike"), "{}", pairing.joined[0].evidence);
}

#[test]
fn what_remains_when_the_others_have_names() {
    let of = |key: &str| pooled(key, ScopeClass::Type, 1);
    let pairing = paired(&[of("prodKey"), of("first")], &[of("prodSecret"), of("second")]);
    assert_eq!(joined(&pairing), [(0, 0, Level::Type), (1, 1, Level::Type)]);
}

#[test]
fn names_that_differ_are_at_odds() {
    let pairing =
        paired(&[pooled("PROD_KEY", ScopeClass::Type, 1)], &[pooled("STAGING_SECRET", ScopeClass::Type, 1)]);
    // Only as a last resort, as the only two in the artifact.
    assert!(joined(&pairing).iter().all(|j| j.2 == Level::Artifact));
}

#[test]
fn names_in_one_file_reach_over_any_distance() {
    let lefts = [seen(0, 1, &[("PROD_KEY", &[])]), seen(40, 2, &[("DEV_KEY", &[])])];
    let rights = [seen(9000, 90, &[("DEV_SECRET", &[])]), seen(9050, 91, &[("PROD_SECRET", &[])])];
    assert_eq!(joined(&paired(&lefts, &rights)), [(0, 1, Level::File), (1, 0, Level::File)]);
    let nameless = [seen(9000, 90, &[("SECRET", &[])]), seen(9050, 91, &[("OTHER", &[])])];
    assert_eq!(joined(&paired(&lefts, &nameless)), []);
}

#[test]
fn in_turn_joins_and_groups_stay_ambiguous() {
    let at = |offset: u64| seen(offset, 1 + offset as u32 / 50, &[]);
    let pairing = paired(&[at(0), at(200)], &[at(100), at(300)]);
    assert_eq!(joined(&pairing), [(0, 0, Level::Near), (1, 1, Level::Near)]);
    let pairing = paired(&[at(0), at(100)], &[at(200), at(300)]);
    assert_eq!(joined(&pairing), []);
    // The closest first.
    assert_eq!((candidates(&pairing, 0), candidates(&pairing, 1)), (vec![0, 1], vec![0, 1]));
}

#[test]
fn records_join_beside_what_is_none() {
    let at = |offset: u64| seen(offset, 1 + offset as u32 / 16, &[]);
    // id, checksum, secret; then two records of id and secret.
    let pairing = paired(&[at(0), at(103), at(171)], &[at(21), at(62), at(127), at(195)]);
    assert_eq!(joined(&pairing), [(1, 2, Level::Near), (2, 3, Level::Near)]);
    // In a row without padding, one too many: either end may be the decoy.
    assert_eq!(joined(&paired(&[at(41), at(103)], &[at(0), at(62), at(124)])), []);
    // Each id with its checksum, and the secrets behind.
    let pairing = paired(&[at(0), at(62)], &[at(21), at(83), at(124), at(165)]);
    assert_eq!(joined(&pairing), []);
}

#[test]
fn mutual_neighbours_join_and_the_far_one_stays_alone() {
    let at = |offset: u64| seen(offset, 1 + offset as u32 / 50, &[]);
    let pairing = paired(&[at(0), at(800)], &[at(850)]);
    assert_eq!(joined(&pairing), [(1, 0, Level::Near)]);
}

#[test]
fn ten_thousand_of_each_stay_bounded() {
    let lefts: Vec<Sighting> = (0..10_000).map(|i| seen(i * 50, i as u32, &[])).collect();
    let rights: Vec<Sighting> = (0..10_000).map(|i| seen(500_000 + i * 50, 10_000 + i as u32, &[])).collect();
    let pairing = paired(&lefts, &rights);
    let kept: usize = pairing.ambiguous.values().map(Vec::len).sum();
    assert!(pairing.joined.len() <= MAX_BUCKET && kept <= MAX_BUCKET * MAX_CANDIDATES, "{kept}");
}

proptest! {
    #[test]
    fn the_order_of_the_input_does_not_matter(
        places in proptest::collection::vec((0u64..40, 0u64..3, 0usize..4), 2..12),
        turn in 0usize..12,
    ) {
        let names = ["", "prodKey", "devSecret", "prodSecret"];
        let all: Vec<Sighting> = places
            .iter()
            .enumerate()
            .map(|(i, &(offset, scope, name))| {
                let scopes = [(ScopeClass::Object, scope)];
                seen(offset * 300 + i as u64, offset as u32, &[(names[name], &scopes)])
            })
            .collect();
        let (lefts, rights) = all.split_at(all.len() / 2);
        let by_value = |lefts: &[Sighting], rights: &[Sighting]| {
            let pairing = paired(lefts, rights);
            let mut pairs: Vec<_> = pairing
                .joined
                .iter()
                .map(|j| (lefts[j.left].value.clone(), rights[j.right].value.clone(), j.level))
                .collect();
            pairs.sort();
            let mut ids: Vec<_> = pairs.iter().map(|p| p.0.clone()).collect();
            ids.dedup();
            assert_eq!(ids.len(), pairs.len(), "no id is in two pairs");
            pairs
        };
        let mut turned = (lefts.to_vec(), rights.to_vec());
        turned.0.rotate_left(turn % lefts.len());
        turned.1.rotate_left(turn % rights.len());
        prop_assert_eq!(by_value(lefts, rights), by_value(&turned.0, &turned.1));
    }
}

#[test]
fn records_with_a_decoy_pair_in_step() {
    let table = |offset| seen(offset, 1, &[("", &[(ScopeClass::Object, 7)])]);
    // id, secret, decoy, id, secret: nothing else is 16 behind each id.
    let ids = [table(16), table(64)];
    let secrets = [table(32), table(48), table(80)];
    let found = paired(&ids, &secrets);
    let pairs: Vec<_> = found.joined.iter().map(|j| (j.left, j.right)).collect();
    assert_eq!(pairs, [(0, 0), (1, 2)]);
    // With a decoy behind each secret there are two readings, and no guess.
    let secrets = [table(32), table(48), table(80), table(96)];
    assert!(paired(&ids, &secrets).joined.is_empty());
}

#[test]
fn a_checksum_beside_the_id_is_not_its_secret() {
    let of = |offset, key: &str| seen(offset, 1, &[(key, &[(ScopeClass::Object, 7)])]);
    let ids = [of(0, "k")];
    let found = paired(&ids, &[of(30, "h"), of(90, "secret_key")]);
    let pairs: Vec<_> = found.joined.iter().map(|j| (j.left, j.right)).collect();
    assert_eq!(pairs, [(0, 1)]);
}
