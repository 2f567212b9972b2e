//! The picture as SVG: in a page, or as a file of its own that brings its rules along. No ids, no
//! references, no style attributes: several fit in one page, under a policy that forbids all else.

use super::layout::{self, CAPTION, LINE, Layout, PAD, Place, Route};
use super::model::Picture;
use super::width;
use crate::report::markup::{Markup, markup};
use crate::verify::aws::iam::NodeKind;
use std::io;

/// A file.
pub(super) fn document(picture: &Picture, out: &mut dyn io::Write) -> io::Result<()> {
    let mut to = Markup::new(out);
    markup!(to, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    svg(picture, true, &mut to)?;
    to.literal("\n")
}

/// A part of a page.
pub(super) fn inline(picture: &Picture, to: &mut Markup<'_>) -> io::Result<()> {
    svg(picture, false, to)
}

fn svg(picture: &Picture, is_file: bool, to: &mut Markup<'_>) -> io::Result<()> {
    let layout = layout::of(picture);
    let legend = Legend::of(picture, layout.width.max(420.0));
    let width = layout.width.max(legend.width);
    let height = layout.height + legend.height;
    markup!(to, "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"graph\" role=\"img\" aria-label=\""
        {summary(picture)} "\" viewBox=\"0 0 " {width} " " {height} "\" width=\"" {width} "\" height=\"" {height} "\">\n");
    if is_file {
        markup!(to, "<title>" {summary(picture)} "</title>\n<style>");
        to.literal(super::CSS)?;
        to.literal("</style>\n")?;
    }
    markup!(to, "<rect class=\"paper\" width=\"" {width} "\" height=\"" {height} "\"/>\n");
    for (edge, route) in picture.edges.iter().zip(&layout.routes) {
        let mut class = String::new();
        if matches!(picture.nodes[edge.to].kind, NodeKind::Dangerous | NodeKind::Target) {
            class.push_str(" to-red");
        }
        arrow(&class, edge.is_dashed, route, to)?;
    }
    for (edge, route) in picture.edges.iter().zip(&layout.routes) {
        if !route.label.is_empty() {
            let (x, y) = (route.end.0 - 12.0, route.end.1 - 3.5);
            markup!(to, "<g><title>" {picture.nodes[edge.from].label} " → " {picture.nodes[edge.to].label} ": " {edge.label}
                "</title><text class=\"label\" text-anchor=\"end\" x=\"" {x} "\" y=\"" {y} "\">" {route.label} "</text></g>\n");
        }
    }
    for (node, place) in picture.nodes.iter().zip(&layout.places) {
        let red = if node.is_dangerous { " red" } else { "" };
        markup!(to, "<g class=\"" {class(node.kind)} {red} "\"><title>" {node.label} ": " {node.full} "</title>");
        boxed(place, to)?;
        markup!(to, "</g>\n");
    }
    legend.write(&layout, to)?;
    to.literal("</svg>")
}

fn summary(picture: &Picture) -> String {
    let keys: Vec<&str> = picture
        .nodes
        .iter()
        .filter(|n| n.kind == NodeKind::Principal)
        .map(|n| n.label.as_str())
        .take(5)
        .collect();
    let count = |kind: NodeKind| picture.nodes.iter().filter(|n| n.kind == kind).count();
    format!(
        "What {} can reach: {} dangerous groups, {} roles, {} targets of ways up",
        if keys.is_empty() { "no verified key".into() } else { keys.join(", ") },
        count(NodeKind::Dangerous),
        count(NodeKind::Role),
        count(NodeKind::Target)
    )
}

fn class(kind: NodeKind) -> &'static str {
    match kind {
        NodeKind::Principal => "principal",
        NodeKind::Group => "group",
        NodeKind::Policy => "policy",
        NodeKind::Boundary => "boundary",
        NodeKind::Role => "role",
        NodeKind::Dangerous => "dangerous",
        NodeKind::Target => "target",
        NodeKind::More => "more",
    }
}

fn boxed(place: &Place, to: &mut Markup<'_>) -> io::Result<()> {
    let Place { x, y, width, height, lines, caption } = place;
    markup!(to, "<rect class=\"box\" x=\"" {x} "\" y=\"" {y} "\" width=\"" {width} "\" height=\"" {height} "\" rx=\"5\"/>");
    let captions = if caption.is_empty() { 0.0 } else { CAPTION + 4.0 };
    let inner = lines.len() as f64 * LINE + captions;
    let mut base = y + (height - inner) / 2.0;
    let x = x + PAD;
    if !caption.is_empty() {
        base += captions;
        markup!(to, "<text class=\"caption\" x=\"" {x} "\" y=\"" {base - 3.0} "\">" {caption} "</text>");
    }
    for line in lines {
        base += LINE;
        markup!(to, "<text class=\"name\" x=\"" {x} "\" y=\"" {base - 4.0} "\">" {line} "</text>");
    }
    Ok(())
}

fn arrow(class: &str, is_dashed: bool, route: &Route, to: &mut Markup<'_>) -> io::Result<()> {
    let dashed = if is_dashed { " dashed" } else { "" };
    markup!(to, "<path class=\"arrow" {class} {dashed} "\" d=\"");
    for (n, [(x1, y1), (x2, y2)]) in route.curves.iter().enumerate() {
        let verb = if n == 0 { "M" } else { "L" };
        let middle = (x1 + x2) / 2.0;
        markup!(to, {verb} {x1} " " {y1} "C" {middle} " " {y1} " " {middle} " " {y2} " " {x2} " " {y2});
    }
    let (x, y) = route.end;
    markup!(to, "L" {x} " " {y} "\"/>");
    let ((x, y), back) = match (route.goes_back, route.curves.first()) {
        (true, Some([start, _])) => (*start, 8.0),
        _ => ((x, y), -8.0),
    };
    let x2 = x + back;
    markup!(to, "<path class=\"tip" {class} "\" d=\"M" {x} " " {y} "L" {x2} " " {y - 4.0} "L" {x2} " " {y + 4.0} "Z\"/>\n");
    Ok(())
}

/// What the colours mean, in rows.
struct Legend {
    items: Vec<(&'static str, &'static str, f64, f64)>,
    width: f64,
    height: f64,
}

impl Legend {
    fn of(picture: &Picture, room: f64) -> Legend {
        let has = |kind: NodeKind| picture.nodes.iter().any(|n| n.kind == kind);
        let dashed = picture.edges.iter().any(|e| e.is_dashed);
        let entries = [
            (has(NodeKind::Principal), "principal", "leaked key"),
            (has(NodeKind::Dangerous), "dangerous", "dangerous actions"),
            (has(NodeKind::Target), "target", "way up"),
            (has(NodeKind::Role), "role", "role it reaches"),
            (has(NodeKind::Group), "group", "group"),
            (has(NodeKind::Policy) || has(NodeKind::Boundary), "policy", "policy"),
            (dashed, "dashed", "only under a condition, or not certain"),
        ];
        let (mut x, mut y, mut width) = (16.0, 0.0, 0.0f64);
        let mut items = Vec::new();
        for (_, class, text) in entries.into_iter().filter(|(is_there, ..)| *is_there) {
            let wide = 24.0 + width::of(text, layout::LABEL) + 18.0;
            if x + wide > room && x > 16.0 {
                (x, y) = (16.0, y + 20.0);
            }
            items.push((class, text, x, y));
            x += wide;
            width = width.max(x);
        }
        let height = if items.is_empty() { 0.0 } else { y + 30.0 };
        Legend { items, width, height }
    }

    fn write(&self, layout: &Layout, to: &mut Markup<'_>) -> io::Result<()> {
        for (class, text, x, y) in &self.items {
            let y = layout.height + y;
            if *class == "dashed" {
                markup!(to, "<path class=\"arrow dashed\" d=\"M" {x} " " {y + 7.0} "L" {x + 18.0} " " {y + 7.0} "\"/>");
            } else {
                markup!(to, "<g class=\"" {class} "\"><rect class=\"box\" x=\"" {x} "\" y=\"" {y}
                    "\" width=\"16\" height=\"14\" rx=\"3\"/></g>");
            }
            markup!(to, "<text class=\"label\" x=\"" {x + 24.0} "\" y=\"" {y + 11.0} "\">" {text} "</text>\n");
        }
        Ok(())
    }
}
