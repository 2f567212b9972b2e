//! Pictures of 1 to 500 boxes: nothing overlaps, nothing sticks out, names do no harm.

use super::model::Picture;
use super::{Kind, draw, layout};
use crate::report::fixture::{drawn, live};
use std::time::{Duration, Instant};

#[test]
fn boxes_do_not_overlap_and_stay_inside() {
    for count in [1, 2, 50, 200, 500] {
        let finding = drawn(count);
        let start = Instant::now();
        let picture = Picture::of([&finding], super::MAX_NODES);
        assert!(picture.nodes.len() <= super::MAX_NODES, "{count}: {}", picture.nodes.len());
        assert!(picture.nodes.len() >= count.min(20), "{count}: {}", picture.nodes.len());
        let laid = layout::of(&picture);
        for (i, a) in laid.places.iter().enumerate() {
            assert!(
                a.x >= 0.0 && a.y >= 0.0 && a.x + a.width <= laid.width && a.y + a.height <= laid.height,
                "{count}: {a:?}"
            );
            for b in &laid.places[i + 1..] {
                let apart = a.x + a.width < b.x
                    || b.x + b.width < a.x
                    || a.y + a.height < b.y
                    || b.y + b.height < a.y;
                assert!(apart, "{count}: {a:?} {b:?}");
            }
        }
        for route in &laid.routes {
            for (x, y) in route.curves.iter().flatten().chain([&route.end]) {
                assert!(
                    (0.0..=laid.width).contains(x) && (0.0..=laid.height).contains(y),
                    "{count}: {x} {y}"
                );
            }
        }
        // Measured: a few milliseconds, unoptimised.
        assert!(start.elapsed() < Duration::from_secs(5), "{count}: {:?}", start.elapsed());
        for kind in [Kind::Svg, Kind::Dot, Kind::Mermaid] {
            let text = draw(std::slice::from_ref(&finding), kind);
            assert!(!text.contains(['\u{202e}', '\x1b']) && !text.contains("<script"), "{kind:?}");
            assert_eq!(text, draw(std::slice::from_ref(&finding), kind));
        }
    }
}

fn real() -> crate::finding::Finding {
    let mut finding = drawn(1);
    finding.verification = Some(Box::new(live(4)));
    finding
}

#[test]
fn snapshots() {
    for (name, kind) in [("svg", Kind::Svg), ("dot", Kind::Dot), ("mmd", Kind::Mermaid)] {
        insta::assert_snapshot!(format!("graph_{name}"), draw(&[real()], kind));
    }
}

/// Nothing but `draw`'s own syntax stands outside of quotes, and no quote within.
#[test]
fn labels_cannot_leave_their_quotes() {
    let dot = draw(&[real(), drawn(60)], Kind::Dot);
    for line in dot.lines().skip(4) {
        let mut bare = String::new();
        let mut chars = line.chars();
        let mut quoted = false;
        while let Some(c) = chars.next() {
            match c {
                '\\' if quoted => drop(chars.next()),
                '"' => quoted = !quoted,
                c if !quoted => bare.push(c),
                _ => {}
            }
        }
        assert!(!quoted, "{line}");
        let plain = |c: char| c.is_ascii_alphanumeric() || " []=,;->}".contains(c);
        assert!(bare.chars().all(plain), "{line}: {bare}");
    }
    let mermaid = draw(&[real(), drawn(60)], Kind::Mermaid);
    for line in mermaid.lines().skip(1).filter(|l| !l.starts_with("  classDef")) {
        let parts: Vec<&str> = line.split('"').collect();
        assert!(parts.len() == 1 || parts.len() == 3, "{line}");
        if let [_, label, _] = parts[..] {
            assert!(
                !label.contains(['<', '>', '`', '|', '[', ']', '{', '}', '(', ')', '&', '\\', '\'']),
                "{label}"
            );
        }
    }
}

#[test]
fn many_policies_become_one_box() {
    let mut finding = drawn(1);
    finding.verification = Some(Box::new(live(150)));
    let picture = Picture::of([&finding], 60);
    assert!(picture.nodes.len() <= 60);
    let folded = picture.nodes.iter().find(|n| n.label.starts_with("and ")).unwrap();
    assert!(folded.label.ends_with(" more policies"), "{}", folded.label);
    // What matters is still there.
    for kind in ["dangerous", "role", "way up"] {
        assert!(picture.nodes.iter().any(|n| n.caption.starts_with(kind)), "{kind}");
    }
}

#[test]
fn no_verified_key_is_no_picture() {
    assert!(draw(&[], Kind::Svg).contains("no verified key"));
    assert!(draw(&[], Kind::Dot).ends_with("}\n"));
    assert_eq!(draw(&[], Kind::Mermaid), "flowchart LR\n");
}
