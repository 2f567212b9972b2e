//! STUB: the blast radius as a picture.
use crate::finding::Finding;
use std::path::Path;

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
pub fn draw(_findings: &[Finding], _kind: Kind) -> String {
    String::new()
}
