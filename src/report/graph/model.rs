//! What is drawn: the graphs of all keys in one, in words, and no more nodes than can be read.

use crate::address::escape;
use crate::finding::Finding;
use crate::report::{common, words};
use crate::verify::aws::iam::{Assessment, Edge, Kind, Level, NodeKind};
use crate::verify::verification::Verification;
use std::collections::BTreeMap;

/// A box.
#[derive(Clone, Debug)]
pub(super) struct Box {
    /// What it stands for.
    pub kind: NodeKind,
    /// Small, above the name: `role · admin`.
    pub caption: String,
    /// Its name, escaped, not shortened.
    pub label: String,
    /// All that is known of it, for who points at it.
    pub full: String,
    /// Whether it is drawn in red.
    pub is_dangerous: bool,
}

/// An arrow.
#[derive(Clone, Debug)]
pub(super) struct Arrow {
    pub from: usize,
    pub to: usize,
    /// What it waits for, or how.
    pub label: String,
    /// Whether it waits for something, or may not be there.
    pub is_dashed: bool,
}

/// Boxes and arrows.
#[derive(Clone, Debug, Default)]
pub(super) struct Picture {
    pub nodes: Vec<Box>,
    pub edges: Vec<Arrow>,
}

impl Picture {
    /// What the keys of `findings` reach, in at most about `most` boxes.
    pub(super) fn of<'f>(findings: impl IntoIterator<Item = &'f Finding>, most: usize) -> Picture {
        let mut drawn = Drawn::default();
        for finding in findings {
            if let Some(v) = &finding.verification
                && let Some(assessment) = &v.assessment
            {
                drawn.add(v, assessment);
            }
        }
        let mut picture = drawn.picture;
        picture.edges.retain(|e| e.from != e.to);
        picture.collapse(most);
        picture
    }

    /// Folds leaves of one kind under one parent into `and 37 more policies`, as many as it takes; if that
    /// is not enough, leaves out what comes last.
    fn collapse(&mut self, most: usize) {
        // The ninth policy that leads nowhere tells no more than the eighth.
        self.fold(8, &[NodeKind::Policy, NodeKind::Target]);
        let all = [NodeKind::Policy, NodeKind::Target, NodeKind::Role, NodeKind::Group, NodeKind::Boundary];
        for keep in [12, 6, 3, 1, 0] {
            if self.nodes.len() <= most {
                return;
            }
            self.fold(keep, &all);
        }
        if self.nodes.len() > most {
            let gone = self.nodes.len() - most.max(2) + 1;
            let stays: Vec<bool> = (0..self.nodes.len()).map(|i| i + gone < self.nodes.len()).collect();
            self.retain(&stays);
            let to = self.nodes.len();
            self.nodes.push(more(gone, "boxes"));
            self.edges.push(Arrow { from: 0, to, label: String::new(), is_dashed: false });
        }
    }

    fn fold(&mut self, keep: usize, kinds: &[NodeKind]) {
        let mut parents: Vec<Vec<usize>> = vec![Vec::new(); self.nodes.len()];
        let mut is_leaf = vec![true; self.nodes.len()];
        for edge in &self.edges {
            is_leaf[edge.from] = false;
            parents[edge.to].push(edge.from);
        }
        let mut families: BTreeMap<(usize, NodeKind), Vec<usize>> = BTreeMap::new();
        for (i, node) in self.nodes.iter().enumerate() {
            let foldable = kinds.contains(&node.kind);
            if let [parent] = parents[i][..]
                && is_leaf[i]
                && foldable
            {
                families.entry((parent, node.kind)).or_default().push(i);
            }
        }
        let mut stays = vec![true; self.nodes.len()];
        let mut folded = Vec::new();
        for ((parent, kind), members) in families {
            // One box for one box is no gain.
            if members.len() > keep + 1 {
                let count = members.len() - keep;
                members[keep..].iter().for_each(|&i| stays[i] = false);
                folded.push((parent, more(count, words::kinds(kind))));
            }
        }
        for (parent, node) in folded {
            let to = self.nodes.len();
            self.nodes.push(node);
            stays.push(true);
            self.edges.push(Arrow { from: parent, to, label: String::new(), is_dashed: false });
        }
        self.retain(&stays);
    }

    fn retain(&mut self, stays: &[bool]) {
        let mut next = 0;
        let places: Vec<Option<usize>> = stays
            .iter()
            .map(|&stays| {
                next += usize::from(stays);
                stays.then(|| next - 1)
            })
            .collect();
        let mut at = 0..;
        self.nodes.retain(|_| at.next().is_some_and(|i| stays[i]));
        self.edges.retain_mut(|edge| match (places[edge.from], places[edge.to]) {
            (Some(from), Some(to)) => {
                (edge.from, edge.to) = (from, to);
                true
            }
            _ => false,
        });
    }
}

fn rank(kind: NodeKind) -> u8 {
    match kind {
        NodeKind::Principal => 2,
        NodeKind::Role => 1,
        _ => 0,
    }
}

fn more(count: usize, what: &str) -> Box {
    let label = format!("and {} more {what}", common::thousands(count as u64));
    Box { kind: NodeKind::More, caption: String::new(), full: label.clone(), label, is_dangerous: false }
}

#[derive(Default)]
struct Drawn {
    picture: Picture,
    known: BTreeMap<String, usize>,
    /// Ways that arrows stand for: between the same boxes only one is drawn.
    arrows: BTreeMap<(usize, usize), Bundle>,
}

struct Bundle {
    at: usize,
    ways: Vec<String>,
    condition: Kind,
    potential: bool,
}

impl Drawn {
    fn add(&mut self, v: &Verification, a: &Assessment) {
        // Some ids are unique in their own graph only.
        let id = |id: &str| {
            if id.starts_with("arn:") {
                id.to_owned()
            } else if id.starts_with("dangerous:") || id.starts_with("group:") {
                format!("{}|{id}", a.account_id)
            } else {
                format!("{}|{id}", a.principal)
            }
        };
        for node in &a.graph.nodes {
            let made = named(v, a, node.kind, &node.id, &node.label);
            self.node(id(&node.id), made);
        }
        for edge in &a.graph.edges {
            if let (Some(&from), Some(&to)) = (self.known.get(&id(&edge.from)), self.known.get(&id(&edge.to)))
            {
                self.edge(from, to, edge);
            }
        }
        self.raises_itself(a);
    }

    fn node(&mut self, id: String, made: Box) -> usize {
        let next = self.picture.nodes.len();
        let at = *self.known.entry(id).or_insert(next);
        match self.picture.nodes.get_mut(at) {
            None => self.picture.nodes.push(made),
            // What one key goes through another may enter, and a third may be.
            Some(known) if rank(made.kind) > rank(known.kind) => {
                let is_dangerous = made.is_dangerous || known.is_dangerous;
                *known = Box { is_dangerous, ..made };
            }
            Some(_) => {}
        }
        at
    }

    fn edge(&mut self, from: usize, to: usize, edge: &Edge) {
        let next = self.picture.edges.len();
        let bundle = self.arrows.entry((from, to)).or_insert_with(|| Bundle {
            at: next,
            ways: Vec::new(),
            condition: edge.condition,
            potential: edge.potential,
        });
        bundle.condition = bundle.condition.min(edge.condition);
        bundle.potential &= edge.potential;
        let way = way(edge);
        if !way.is_empty() && !bundle.ways.contains(&way) {
            bundle.ways.push(way);
        }
        let mut label = match bundle.ways.len() {
            0..=2 => bundle.ways.join(", "),
            n => format!("{n} ways"),
        };
        for more in [words::short_condition(bundle.condition), if bundle.potential { "perhaps" } else { "" }]
        {
            if !more.is_empty() {
                label.push_str(if label.is_empty() { "" } else { " · " });
                label.push_str(more);
            }
        }
        let is_dashed = bundle.potential || bundle.condition > Kind::Resource;
        let arrow = Arrow { from, to, label, is_dashed };
        if bundle.at == next {
            self.picture.edges.push(arrow);
        } else {
            self.picture.edges[bundle.at] = arrow;
        }
    }

    /// A way up that goes through the principal itself has no target to draw: one box says so.
    fn raises_itself(&mut self, a: &Assessment) {
        let mut ways: BTreeMap<&str, Vec<&crate::verify::aws::iam::Escalation>> = BTreeMap::new();
        for way in &a.escalations {
            let from = way.via.as_deref().unwrap_or(&a.principal);
            if !way.potential && way.targets.iter().all(|target| target == from) {
                ways.entry(from).or_default().push(way);
            }
        }
        for (from, ways) in ways {
            let Some(&at) = self.known.get(from) else { continue };
            let names: Vec<&str> = ways.iter().map(|w| w.actions.as_str()).collect();
            let made = Box {
                kind: NodeKind::Target,
                caption: "way up".into(),
                label: "more rights for itself".into(),
                full: escape(format!("raises itself by {}", names.join(", ")).as_bytes()),
                is_dangerous: true,
            };
            let to = self.node(format!("{from}|itself"), made);
            let condition = ways.iter().map(|w| w.condition).min().unwrap_or(Kind::Unconditional);
            for way in ways {
                let (from, label) = (String::new(), way.id.clone());
                let edge = Edge { to: from.clone(), from, label, condition, potential: false };
                self.edge(at, to, &edge);
            }
        }
    }
}

/// What to write at an arrow beside what it waits for; what the boxes say already is not said again.
fn way(edge: &Edge) -> String {
    match edge.label.as_str() {
        "has" | "member of" => String::new(),
        "sts:AssumeRole" => "assume role".into(),
        word if word == edge.condition.word() => String::new(),
        other => escape(other.as_bytes()),
    }
}

fn named(v: &Verification, a: &Assessment, kind: NodeKind, id: &str, label: &str) -> Box {
    let mut label = escape(words::name(label).as_bytes());
    let mut full = escape(words::name(id).as_bytes());
    let mut caption = words::kind(kind).to_owned();
    let mut is_dangerous = false;
    match kind {
        NodeKind::Principal => {
            caption = format!("{} key · {}", v.verdict.name(), a.level.word());
            is_dangerous = a.level >= Level::Destructive;
        }
        NodeKind::Role => {
            if let Some(role) = a.roles.iter().find(|r| r.arn == id) {
                if role.level != Level::Unknown {
                    caption = format!("role · {}", role.level.word());
                }
                is_dangerous = role.level >= Level::Escalation;
            }
        }
        NodeKind::Dangerous => {
            if let Some(group) = a.dangerous.iter().find(|d| id.strip_prefix("dangerous:") == Some(&d.group))
            {
                full = escape(group.actions.join(", ").as_bytes());
                let count = common::plural(group.actions.len() as u64, "action", "actions");
                caption = format!("dangerous · {count}");
            }
            label = escape(words::group(&label).as_bytes());
            is_dangerous = true;
        }
        NodeKind::Target => is_dangerous = true,
        NodeKind::More => {
            full = format!("{label} that were not drawn");
            label = format!("and {label}");
        }
        NodeKind::Group | NodeKind::Policy | NodeKind::Boundary => {}
    }
    Box { kind, caption, label, full, is_dangerous }
}
