//! STUB while the evaluator is being written in /tmp/iam; replaced before anything lands.
#![allow(missing_docs)]
use std::collections::BTreeMap;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    #[default]
    Unknown,
    None,
    Read,
    Write,
    Destructive,
    Escalation,
    Admin,
    Root,
}
impl Level {
    pub fn name(self) -> &'static str {
        match self {
            Level::Unknown => "unknown",
            Level::None => "none",
            Level::Read => "read",
            Level::Write => "write",
            Level::Destructive => "destructive",
            Level::Escalation => "escalation",
            Level::Admin => "admin",
            Level::Root => "root",
        }
    }
}
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dangerous {
    pub group: String,
    pub condition: String,
    pub requirements: Vec<String>,
    pub actions: Vec<String>,
    pub resources: Vec<String>,
    pub via: Option<String>,
}
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RoleReached {
    pub arn: String,
    pub path: Vec<String>,
    pub requirements: Vec<String>,
    pub condition: Option<String>,
    pub level: Level,
}
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Escalation {
    pub id: String,
    pub actions: String,
    pub potential: bool,
    pub target: Option<String>,
    pub gained: String,
    pub requirements: Vec<String>,
}
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Node {
    pub id: String,
    pub kind: String,
    pub label: String,
}
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Edge {
    pub from: String,
    pub to: String,
    pub label: String,
}
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Graph {
    pub nodes: Vec<Node>,
    pub edges: Vec<Edge>,
}
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Assessment {
    pub principal: String,
    pub level: Level,
    pub level_if: BTreeMap<String, Level>,
    pub dangerous: Vec<Dangerous>,
    pub roles: Vec<RoleReached>,
    pub escalations: Vec<Escalation>,
    pub owner: Option<String>,
    pub environment: Option<String>,
    pub criticality: Option<String>,
    pub tags: BTreeMap<String, String>,
    pub notes: Vec<String>,
    pub graph: Graph,
}
#[derive(Debug)]
pub struct Account;
