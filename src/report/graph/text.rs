//! The picture for Graphviz and Mermaid. Boxes are called `n0`, `n1` …; names are only in labels, quoted.

use super::model::Picture;
use crate::verify::aws::iam::NodeKind;
use std::fmt::Write as _;

/// Graphviz. It reads `\` and HTML's `&…;` in labels, so both are escaped.
pub(super) fn dot(picture: &Picture) -> String {
    let mut out = String::from(
        "digraph keysift {\n  rankdir=LR;\n  node [shape=box, style=\"rounded,filled\", fontname=\"Helvetica\", \
         fontsize=11];\n  edge [fontname=\"Helvetica\", fontsize=9];\n",
    );
    for (i, node) in picture.nodes.iter().enumerate() {
        let (fill, line) = colours(node.kind);
        let line = if node.is_dangerous { "#c62d24" } else { line };
        let caption =
            if node.caption.is_empty() { String::new() } else { format!("{}\\n", dot_text(&node.caption)) };
        let _ = writeln!(
            out,
            "  n{i} [label=\"{caption}{}\", tooltip=\"{}\", fillcolor=\"{fill}\", color=\"{line}\"];",
            dot_text(&node.label),
            dot_text(&node.full)
        );
    }
    for edge in &picture.edges {
        let style = if edge.is_dashed { "dashed" } else { "solid" };
        let _ = writeln!(
            out,
            "  n{} -> n{} [label=\"{}\", style={style}];",
            edge.from,
            edge.to,
            dot_text(&edge.label)
        );
    }
    out.push_str("}\n");
    out
}

fn dot_text(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// Mermaid. What is neither letter nor digit nor plain punctuation is written as its number.
pub(super) fn mermaid(picture: &Picture) -> String {
    let mut out = String::from("flowchart LR\n");
    for (i, node) in picture.nodes.iter().enumerate() {
        let caption = if node.caption.is_empty() { String::new() } else { format!("{}: ", node.caption) };
        let _ = writeln!(out, "  n{i}[\"{}\"]", mermaid_text(&format!("{caption}{}", node.label)));
    }
    for edge in &picture.edges {
        let arrow = if edge.is_dashed { "-.->" } else { "-->" };
        let label = if edge.label.is_empty() {
            String::new()
        } else {
            format!("|\"{}\"|", mermaid_text(&edge.label))
        };
        let _ = writeln!(out, "  n{} {arrow}{label} n{}", edge.from, edge.to);
    }
    for (name, kinds) in [
        ("principal", &[NodeKind::Principal][..]),
        ("dangerous", &[NodeKind::Dangerous, NodeKind::Target]),
        ("role", &[NodeKind::Role]),
        ("group", &[NodeKind::Group]),
        ("policy", &[NodeKind::Policy, NodeKind::Boundary, NodeKind::More]),
    ] {
        let of_kind: Vec<String> = picture
            .nodes
            .iter()
            .enumerate()
            .filter(|(_, node)| kinds.contains(&node.kind))
            .map(|(i, _)| format!("n{i}"))
            .collect();
        if !of_kind.is_empty() {
            let (fill, line) = colours(kinds[0]);
            let _ = writeln!(out, "  classDef {name} fill:{fill},stroke:{line},color:#1c2024");
            let _ = writeln!(out, "  class {} {name}", of_kind.join(","));
        }
    }
    out
}

fn mermaid_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            ' ' | '-' | '_' | '.' | ',' | ':' | '/' | '+' | '=' | '@' | '·' | '…' => out.push(c),
            c if c.is_alphanumeric() => out.push(c),
            c => {
                let _ = write!(out, "#{};", u32::from(c));
            }
        }
    }
    out
}

/// Fill and line.
fn colours(kind: NodeKind) -> (&'static str, &'static str) {
    match kind {
        NodeKind::Principal => ("#dce8ff", "#2f62c9"),
        NodeKind::Role => ("#efe6fd", "#7a4fc4"),
        NodeKind::Group => ("#e2f3ea", "#2a8058"),
        NodeKind::Dangerous | NodeKind::Target => ("#fde3e1", "#c62d24"),
        NodeKind::Policy | NodeKind::Boundary | NodeKind::More => ("#f3f5f7", "#aab2bc"),
    }
}
