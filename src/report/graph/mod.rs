//! The blast radius as a picture: principal → groups → policies, principal → roles → dangerous actions and
//! what a way up goes through, of all verified AWS keys of a report.
//!
//! [`model`] merges and bounds, [`layout`] places, [`svg`] and [`text`] write. Nothing here knows IAM: it
//! draws what [`Assessment::graph`](crate::verify::aws::iam::Assessment) says.

mod layout;
mod model;
mod svg;
#[cfg(test)]
mod tests;
mod text;
mod width;

use crate::finding::Finding;
use std::io;
use std::path::Path;

/// Nodes of a picture that is a file of its own.
const MAX_NODES: usize = 200;

/// The rules of the picture, for pages that hold it; a file of its own brings them along.
pub(super) const CSS: &str = include_str!("graph.css");

/// How a graph is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A picture.
    Svg,
    /// Graphviz.
    Dot,
    /// Mermaid.
    Mermaid,
}

impl Kind {
    /// The kind that an ending asks for.
    pub fn of_path(path: &Path) -> Result<Kind, String> {
        let ending = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
        match ending.as_str() {
            "svg" => Ok(Kind::Svg),
            "dot" | "gv" => Ok(Kind::Dot),
            "mmd" | "mermaid" => Ok(Kind::Mermaid),
            _ => Err("--graph: the ending tells the kind; use .svg, .dot or .mmd".into()),
        }
    }
}

/// Draws what the verified keys of `findings` reach.
pub fn draw(findings: &[Finding], kind: Kind) -> String {
    let picture = model::Picture::of(findings, MAX_NODES);
    match kind {
        Kind::Svg => {
            let mut out = Vec::new();
            // Writing to memory does not fail.
            let _ = svg::document(&picture, &mut out);
            String::from_utf8_lossy(&out).into_owned()
        }
        Kind::Dot => text::dot(&picture),
        Kind::Mermaid => text::mermaid(&picture),
    }
}

/// Writes the picture of one finding into a page that has [`CSS`]; nothing when there is none.
pub(super) fn inline(
    finding: &Finding,
    most: usize,
    out: &mut super::markup::Markup<'_>,
) -> io::Result<bool> {
    let picture = model::Picture::of([finding], most);
    if picture.nodes.len() < 2 {
        return Ok(false);
    }
    svg::inline(&picture, out)?;
    Ok(true)
}
