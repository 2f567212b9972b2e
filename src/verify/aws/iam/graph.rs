//! The blast radius as nodes and edges, bounded and in a stable order.

use super::actor::{Actor, Boundary, Origin};
use super::assess::Assessment;
use super::requirement::Kind;
use serde::Serialize;
use std::collections::BTreeMap;

/// What a node stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NodeKind {
    /// The principal.
    Principal,
    /// A group.
    Group,
    /// A policy.
    Policy,
    /// The permissions boundary.
    Boundary,
    /// A role that is reached.
    Role,
    /// A group of dangerous actions.
    Dangerous,
    /// Something an escalation goes through.
    Target,
    /// What did not fit.
    More,
}

/// A node.
#[derive(Debug, Clone, Serialize)]
pub struct Node {
    /// Unique in the graph.
    pub id: String,
    /// Its kind.
    pub kind: NodeKind,
    /// What to write on it.
    pub label: String,
}

/// An edge.
#[derive(Debug, Clone, Serialize)]
pub struct Edge {
    /// From this node.
    pub from: String,
    /// To that one.
    pub to: String,
    /// What to write on it.
    pub label: String,
    /// What it waits for.
    pub condition: Kind,
    /// Whether it is only potential.
    pub potential: bool,
}

/// The graph.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Graph {
    /// Nodes, the principal first.
    pub nodes: Vec<Node>,
    /// Edges.
    pub edges: Vec<Edge>,
}

struct Builder {
    graph: Graph,
    seen: BTreeMap<String, usize>,
    most: usize,
    left_out: usize,
}

impl Builder {
    fn node(&mut self, kind: NodeKind, id: &str, label: &str) -> bool {
        if self.seen.contains_key(id) {
            return true;
        }
        if self.graph.nodes.len() + 1 >= self.most {
            self.left_out += 1;
            return false;
        }
        self.seen.insert(id.to_owned(), self.graph.nodes.len());
        self.graph.nodes.push(Node { id: id.to_owned(), kind, label: label.to_owned() });
        true
    }

    fn edge(&mut self, from: &str, to: &str, label: &str, condition: Kind, potential: bool) {
        self.graph.edges.push(Edge {
            from: from.to_owned(),
            to: to.to_owned(),
            label: label.to_owned(),
            condition,
            potential,
        });
    }
}

/// Draws an assessment.
pub fn draw(actor: &Actor, assessment: &Assessment, most: usize) -> Graph {
    let mut b = Builder { graph: Graph::default(), seen: BTreeMap::new(), most: most.max(2), left_out: 0 };
    let me = assessment.principal.as_str();
    b.node(NodeKind::Principal, me, last(me));
    for group in &assessment.dangerous {
        let id = format!("dangerous:{}", group.group);
        let from = group.via.as_deref().unwrap_or(me);
        if b.node(NodeKind::Dangerous, &id, &group.group) {
            b.edge(from, &id, group.condition.word(), group.condition, false);
        }
    }
    for role in &assessment.roles {
        if b.node(NodeKind::Role, &role.arn, last(&role.arn)) {
            let before = role.path.iter().rev().nth(1).map_or(me, String::as_str);
            b.edge(before, &role.arn, "sts:AssumeRole", role.condition, role.potential);
        }
    }
    for escalation in &assessment.escalations {
        let from = escalation.via.as_deref().unwrap_or(me);
        for target in escalation.targets.iter().take(3) {
            if target != from && b.node(NodeKind::Target, target, last(target)) {
                b.edge(from, target, &escalation.id, escalation.condition, escalation.potential);
            }
        }
    }
    for source in &actor.sources {
        let (from, id) = match &source.origin {
            Origin::Inline => (me.to_owned(), format!("inline:{}", source.name)),
            Origin::Attached(arn) => (me.to_owned(), arn.clone()),
            Origin::GroupInline(group) => {
                (format!("group:{group}"), format!("inline:{group}/{}", source.name))
            }
            Origin::GroupAttached(group, arn) => (format!("group:{group}"), arn.clone()),
        };
        if let Some(group) = from.strip_prefix("group:")
            && !b.seen.contains_key(&from)
        {
            if !b.node(NodeKind::Group, &from, group) {
                continue;
            }
            b.edge(me, &from, "member of", Kind::Unconditional, false);
        }
        if b.node(NodeKind::Policy, &id, &source.name) {
            b.edge(&from, &id, "has", Kind::Unconditional, false);
        }
    }
    if !matches!(actor.boundary, Boundary::None)
        && let Some(arn) = &actor.boundary_arn
        && b.node(NodeKind::Boundary, &format!("boundary:{arn}"), last(arn))
    {
        b.edge(me, &format!("boundary:{arn}"), "capped by", Kind::Unconditional, false);
    }
    if b.left_out > 0 {
        let label = format!("{} more", b.left_out);
        b.graph.nodes.push(Node { id: "more".to_owned(), kind: NodeKind::More, label: label.clone() });
        b.edge(me, "more", &label, Kind::Unconditional, false);
    }
    let known: std::collections::BTreeSet<&str> = b.graph.nodes.iter().map(|n| n.id.as_str()).collect();
    let edges =
        b.graph.edges.iter().filter(|e| known.contains(e.from.as_str()) && known.contains(e.to.as_str()));
    let edges = edges.cloned().collect();
    Graph { nodes: b.graph.nodes, edges }
}

fn last(arn: &str) -> &str {
    arn.splitn(6, ':').nth(5).unwrap_or(arn)
}
