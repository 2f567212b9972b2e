//! The commits of a repository in order, and what each says of itself.

use crate::finding::Revision;
use crate::net::clock;
use crate::source::git::object::{self, Commit};
use crate::source::git::oid::Oid;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

/// What is known of one commit.
pub(super) struct Node {
    pub id: Oid,
    pub commit: Commit,
    /// Only where authors are asked for.
    pub author: Option<String>,
}

/// Reads a commit; `None` where it is damaged.
pub(super) fn node(id: Oid, bytes: &[u8], authors: bool) -> Option<Node> {
    let commit = object::commit(bytes)?;
    let author =
        if authors { object::author(bytes).map(|(who, _)| crate::address::escape(who)) } else { None };
    Some(Node { id, commit, author })
}

/// Commits, parents before children; of two that do not know each other the older first.
#[derive(Default)]
pub(super) struct Graph {
    nodes: Vec<Node>,
    by_id: HashMap<Oid, u32>,
}

impl Graph {
    pub fn new(mut nodes: Vec<Node>) -> Graph {
        nodes.sort_unstable_by_key(|n| (n.commit.date, n.id));
        nodes.dedup_by_key(|n| n.id);
        let at: HashMap<Oid, u32> = nodes.iter().enumerate().map(|(i, n)| (n.id, i as u32)).collect();
        let mut children: Vec<Vec<u32>> = vec![Vec::new(); nodes.len()];
        let mut waiting: Vec<u32> = vec![0; nodes.len()];
        for (i, node) in nodes.iter().enumerate() {
            for parent in node.commit.parents.iter().filter_map(|p| at.get(p)) {
                children[*parent as usize].push(i as u32);
                waiting[i] += 1;
            }
        }
        // Sorted by date already: the number of a commit is its rank among those that are ready.
        let mut ready: BinaryHeap<Reverse<u32>> =
            (0..nodes.len() as u32).filter(|&i| waiting[i as usize] == 0).map(Reverse).collect();
        let mut rank = vec![u32::MAX; nodes.len()];
        let mut next = 0;
        while let Some(Reverse(i)) = ready.pop() {
            rank[i as usize] = next;
            next += 1;
            for &child in &children[i as usize] {
                waiting[child as usize] -= 1;
                if waiting[child as usize] == 0 {
                    ready.push(Reverse(child));
                }
            }
        }
        let mut order: Vec<(u32, Node)> = rank.into_iter().zip(nodes).collect();
        order.sort_by_key(|(rank, _)| *rank);
        let nodes: Vec<Node> = order.into_iter().map(|(_, n)| n).collect();
        let by_id = nodes.iter().enumerate().map(|(i, n)| (n.id, i as u32)).collect();
        Graph { nodes, by_id }
    }

    /// In order.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The place of a commit in the order.
    pub fn place(&self, id: &Oid) -> Option<u32> {
        self.by_id.get(id).copied()
    }

    /// The commit at a place, as findings name it.
    pub fn revision(&self, place: u32) -> Option<Revision> {
        let node = self.nodes.get(place as usize)?;
        Some(Revision {
            commit: node.id.to_string(),
            date: clock::rfc3339(u64::try_from(node.commit.date).unwrap_or(0)),
            author: node.author.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parents_come_first_whatever_the_clocks_said() {
        let id = |n: u8| Oid::new(&[n; 20]);
        let node = |n: u8, parents: &[u8], date| Node {
            id: id(n),
            commit: Commit { tree: id(0), parents: parents.iter().map(|&p| id(p)).collect(), date },
            author: None,
        };
        // 3 is dated before its parent 2; 9 is not here; 4 and 5 are each other's parents.
        let nodes = vec![
            node(3, &[2], 5),
            node(1, &[9], 10),
            node(2, &[1], 20),
            node(6, &[], 15),
            node(4, &[5], 1),
            node(5, &[4], 2),
        ];
        let graph = Graph::new(nodes);
        let order: Vec<u8> = graph.nodes().iter().map(|n| n.id.as_bytes()[0]).collect();
        assert_eq!(order, [1, 6, 2, 3, 4, 5]);
        assert_eq!((graph.place(&id(2)), graph.place(&id(9))), (Some(2), None));
    }
}
