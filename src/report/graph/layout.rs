//! Where boxes and arrows go: columns from left to right, as Sugiyama's method has it.
//!
//! Each box stands in the column of its longest path from the left, arrows over several columns get a
//! place in each; the order within a column follows the mean of the neighbours (barycentre), swept to and
//! fro while crossings get fewer. Heights are then the least squares of "beside my neighbours" under "not
//! on my column's others", which pool-adjacent-violators solves exactly. All is bounded by the number of
//! boxes, which [`super::model`] bounds.

use super::model::{Arrow, Picture};
use super::width;

/// Size of a box's name, its caption, and an arrow's label.
pub(super) const NAME: f64 = 13.0;
pub(super) const CAPTION: f64 = 10.0;
pub(super) const LABEL: f64 = 11.0;
/// Between the lines of a name.
pub(super) const LINE: f64 = 16.0;
/// Between box and text.
pub(super) const PAD: f64 = 9.0;
const MARGIN: f64 = 16.0;
const ROOM: f64 = 210.0;
const LEAST_WIDTH: f64 = 90.0;
const GAP: f64 = 12.0;
/// Between arrows that end at one box.
const PORT: f64 = 15.0;
const SWEEPS: usize = 8;

/// A box with its place.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
    /// Its name in lines.
    pub lines: Vec<String>,
    pub caption: String,
}

/// An arrow with its way: the points that it goes through, a straight line between the second of a pair and
/// the first of the next, and a curve within a pair.
#[derive(Clone, Debug)]
pub(super) struct Route {
    pub curves: Vec<[(f64, f64); 2]>,
    /// Where it ends: the tip of the arrow is there, or at the first curve's start when it goes back.
    pub end: (f64, f64),
    pub goes_back: bool,
    pub label: String,
}

/// The whole, from 0, 0.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub width: f64,
    pub height: f64,
    pub places: Vec<Place>,
    pub routes: Vec<Route>,
}

/// What stands in a column.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Slot {
    Node(usize),
    /// An arrow that passes.
    Pass(usize),
}

struct Columns {
    slots: Vec<Slot>,
    height: Vec<f64>,
    /// Slots by column, from the top.
    order: Vec<Vec<usize>>,
    /// Neighbours to the left and to the right.
    left: Vec<Vec<usize>>,
    right: Vec<Vec<usize>>,
    /// Slots that an arrow goes through, in order.
    chains: Vec<Vec<usize>>,
    goes_back: Vec<bool>,
}

/// Places `picture`.
pub(super) fn of(picture: &Picture) -> Layout {
    let mut places: Vec<Place> = picture.nodes.iter().map(measured).collect();
    for (i, place) in places.iter_mut().enumerate() {
        let ends = picture.edges.iter().filter(|e| e.to == i).count();
        place.height = place.height.max(ends as f64 * PORT + 4.0);
    }
    let mut columns = Columns::of(picture, &places);
    columns.reduce_crossings();
    let tops = columns.tops();
    placed(picture, &columns, &tops, places)
}

fn measured(node: &super::model::Box) -> Place {
    let lines = width::lines(&node.label, NAME, ROOM);
    let caption = width::fitted(&node.caption, CAPTION, ROOM);
    let names = lines.iter().map(|line| width::of(line, NAME)).fold(0.0, f64::max);
    let width = (names.max(width::of(&caption, CAPTION)) + 2.0 * PAD).max(LEAST_WIDTH).ceil();
    let captions = if caption.is_empty() { 0.0 } else { CAPTION + 4.0 };
    let height = lines.len() as f64 * LINE + captions + 10.0;
    Place { x: 0.0, y: 0.0, width, height, lines, caption }
}

/// Which arrows go back, so that the others make no cycle: those that a walk finds to lead to a box that it
/// stands on.
fn back_edges(count: usize, edges: &[Arrow]) -> Vec<bool> {
    let mut out = vec![Vec::new(); count];
    edges.iter().enumerate().for_each(|(e, edge)| out[edge.from].push(e));
    let mut state = vec![0u8; count];
    let mut back = vec![false; edges.len()];
    for start in 0..count {
        if state[start] != 0 {
            continue;
        }
        state[start] = 1;
        let mut stack = vec![(start, 0)];
        while let Some((node, next)) = stack.last_mut() {
            let Some(&e) = out[*node].get(*next) else {
                state[*node] = 2;
                stack.pop();
                continue;
            };
            *next += 1;
            let to = edges[e].to;
            match state[to] {
                0 => {
                    state[to] = 1;
                    stack.push((to, 0));
                }
                1 => back[e] = true,
                _ => {}
            }
        }
    }
    back
}

/// The column of each box: its longest path from the left.
fn longest_paths(count: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    let mut waits = vec![0usize; count];
    let mut out = vec![Vec::new(); count];
    for &(from, to) in edges {
        waits[to] += 1;
        out[from].push(to);
    }
    let mut column = vec![0; count];
    let mut ready: Vec<usize> = (0..count).filter(|&i| waits[i] == 0).collect();
    while let Some(node) = ready.pop() {
        for &to in &out[node] {
            column[to] = column[to].max(column[node] + 1);
            waits[to] -= 1;
            if waits[to] == 0 {
                ready.push(to);
            }
        }
    }
    column
}

impl Columns {
    fn of(picture: &Picture, places: &[Place]) -> Columns {
        let count = places.len();
        let goes_back = back_edges(count, &picture.edges);
        let forward =
            |(edge, back): (&Arrow, &bool)| if *back { (edge.to, edge.from) } else { (edge.from, edge.to) };
        let edges: Vec<(usize, usize)> = picture.edges.iter().zip(&goes_back).map(forward).collect();
        let column = longest_paths(count, &edges);

        let mut slots: Vec<Slot> = (0..count).map(Slot::Node).collect();
        let mut height: Vec<f64> = places.iter().map(|p| p.height).collect();
        let mut order = vec![Vec::new(); column.iter().max().map_or(0, |m| m + 1)];
        // What is worst stands in the middle of the page of old; here on top.
        let mut by_kind: Vec<usize> = (0..count).collect();
        by_kind.sort_by_key(|&i| (!picture.nodes[i].is_dangerous, rank(picture, i), i));
        by_kind.iter().for_each(|&i| order[column[i]].push(i));

        let mut chains = Vec::with_capacity(edges.len());
        for (e, &(from, to)) in edges.iter().enumerate() {
            let mut chain = vec![from];
            for passed in order.iter_mut().take(column[to]).skip(column[from] + 1) {
                chain.push(slots.len());
                passed.push(slots.len());
                slots.push(Slot::Pass(e));
                height.push(LABEL);
            }
            chain.push(to);
            chains.push(chain);
        }
        let (mut left, mut right) = (vec![Vec::new(); slots.len()], vec![Vec::new(); slots.len()]);
        for chain in &chains {
            for pair in chain.windows(2) {
                right[pair[0]].push(pair[1]);
                left[pair[1]].push(pair[0]);
            }
        }
        Columns { slots, height, order, left, right, chains, goes_back }
    }

    fn reduce_crossings(&mut self) {
        let mut best = (self.crossings(), self.order.clone());
        for sweep in 0..SWEEPS {
            let count = self.order.len();
            let columns: Vec<usize> = if sweep % 2 == 0 {
                (1..count).collect()
            } else {
                (0..count.saturating_sub(1)).rev().collect()
            };
            for column in columns {
                let (beside, neighbours) =
                    if sweep % 2 == 0 { (column - 1, &self.left) } else { (column + 1, &self.right) };
                let mut at = vec![0.0; self.slots.len()];
                self.order[beside].iter().enumerate().for_each(|(i, &slot)| at[slot] = i as f64);
                let mean = |slot: usize, own: usize| match neighbours[slot].len() {
                    0 => own as f64,
                    n => neighbours[slot].iter().map(|&s| at[s]).sum::<f64>() / n as f64,
                };
                let mut keyed: Vec<(f64, usize)> = self.order[column]
                    .iter()
                    .enumerate()
                    .map(|(own, &slot)| (mean(slot, own), slot))
                    .collect();
                keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
                self.order[column] = keyed.into_iter().map(|(_, slot)| slot).collect();
            }
            let crossings = self.crossings();
            if crossings < best.0 {
                best = (crossings, self.order.clone());
            }
        }
        self.order = best.1;
    }

    /// Pairs of arrows that cross, counted between each two columns by insertion into a sorted list.
    fn crossings(&self) -> usize {
        let mut at = vec![0usize; self.slots.len()];
        for column in &self.order {
            column.iter().enumerate().for_each(|(i, &slot)| at[slot] = i);
        }
        let mut crossings = 0;
        for column in &self.order {
            let mut seen: Vec<usize> = Vec::new();
            for &slot in column {
                let mut ends: Vec<usize> = self.right[slot].iter().map(|&to| at[to]).collect();
                ends.sort_unstable();
                crossings +=
                    ends.iter().map(|&end| seen.len() - seen.partition_point(|&s| s <= end)).sum::<usize>();
                for end in ends {
                    seen.insert(seen.partition_point(|&s| s <= end), end);
                }
            }
        }
        crossings
    }

    /// The top of each slot.
    fn tops(&self) -> Vec<f64> {
        let mut top = vec![0.0; self.slots.len()];
        for column in &self.order {
            let mut y = 0.0;
            for &slot in column {
                top[slot] = y;
                y += self.height[slot] + GAP;
            }
        }
        let count = self.order.len();
        let sweeps = [(1..count).collect::<Vec<_>>(), (0..count).rev().collect(), (1..count).collect()];
        for (n, sweep) in sweeps.iter().enumerate() {
            let neighbours = if n == 1 { &self.right } else { &self.left };
            for &column in sweep {
                let wanted = |&slot: &usize| {
                    let near = &neighbours[slot];
                    if near.is_empty() {
                        return top[slot];
                    }
                    let middle: f64 = near.iter().map(|&s| top[s] + self.height[s] / 2.0).sum();
                    middle / near.len() as f64 - self.height[slot] / 2.0
                };
                let wanted: Vec<f64> = self.order[column].iter().map(wanted).collect();
                let heights: Vec<f64> = self.order[column].iter().map(|&s| self.height[s] + GAP).collect();
                for (&slot, y) in self.order[column].iter().zip(apart(&wanted, &heights)) {
                    top[slot] = y;
                }
            }
        }
        let least = top.iter().copied().fold(f64::INFINITY, f64::min);
        top.iter().map(|y| (y - least + MARGIN).round()).collect()
    }
}

/// The positions nearest to `wanted` that keep their order and their heights (pool adjacent violators).
fn apart(wanted: &[f64], heights: &[f64]) -> Vec<f64> {
    let mut before = Vec::with_capacity(wanted.len());
    let mut sum = 0.0;
    for height in heights {
        before.push(sum);
        sum += height;
    }
    // Blocks that move as one: mean and length.
    let mut blocks: Vec<(f64, usize)> = Vec::new();
    for (want, before) in wanted.iter().zip(&before) {
        let mut block = (want - before, 1);
        while let Some(&(mean, count)) = blocks.last() {
            if mean <= block.0 {
                break;
            }
            blocks.pop();
            let all = count + block.1;
            block = ((mean * count as f64 + block.0 * block.1 as f64) / all as f64, all);
        }
        blocks.push(block);
    }
    let starts = blocks.iter().flat_map(|&(mean, count)| std::iter::repeat_n(mean, count));
    starts.zip(&before).map(|(mean, before)| mean + before).collect()
}

fn rank(picture: &Picture, node: usize) -> u8 {
    use crate::verify::aws::iam::NodeKind;
    match picture.nodes[node].kind {
        NodeKind::Principal => 0,
        NodeKind::Dangerous => 1,
        NodeKind::Target => 2,
        NodeKind::Role => 3,
        NodeKind::Group => 4,
        NodeKind::Policy => 5,
        NodeKind::Boundary => 6,
        NodeKind::More => 7,
    }
}

fn placed(picture: &Picture, columns: &Columns, tops: &[f64], mut places: Vec<Place>) -> Layout {
    // Columns: as wide as their widest box; before each, room for curves and for labels at their ends.
    let labels: Vec<String> =
        picture.edges.iter().map(|e| width::fitted(&e.label, LABEL, ROOM - 20.0)).collect();
    let label_width = |e: usize| if labels[e].is_empty() { 0.0 } else { width::of(&labels[e], LABEL) + 6.0 };
    let mut x = MARGIN;
    let mut lefts = Vec::with_capacity(columns.order.len());
    let mut straight = Vec::with_capacity(columns.order.len());
    for (n, column) in columns.order.iter().enumerate() {
        let nodes =
            column.iter().filter_map(|&s| if let Slot::Node(i) = columns.slots[s] { Some(i) } else { None });
        let widest = nodes.clone().map(|i| places[i].width).fold(0.0, f64::max);
        let ends = (0..picture.edges.len())
            .filter(|&e| columns.chains[e].last().is_some_and(|to| column.contains(to)));
        let text = ends.map(label_width).fold(0.0, f64::max);
        if n > 0 {
            let fan = (column.len() as f64 * 2.0).min(90.0);
            x += 54.0 + fan + text;
        }
        lefts.push((x, widest));
        straight.push(text + 12.0);
        for i in nodes {
            places[i].x = x;
            places[i].y = tops[i];
            places[i].width = widest;
        }
        x += widest;
    }
    let mut column_of = vec![0; columns.slots.len()];
    for (n, column) in columns.order.iter().enumerate() {
        column.iter().for_each(|&slot| column_of[slot] = n);
    }

    // Arrows that end at one box come in from the top in the order of where they come from.
    let mut ends: Vec<Vec<usize>> = vec![Vec::new(); places.len()];
    for (e, chain) in columns.chains.iter().enumerate() {
        if let Some(&to) = chain.last() {
            ends[to].push(e);
        }
    }
    let middle = |slot: usize| tops[slot] + columns.height[slot] / 2.0;
    let mut port = vec![0.0; picture.edges.len()];
    for (to, mut edges) in ends.into_iter().enumerate() {
        let before = |e: usize| columns.chains[e].iter().rev().nth(1).map_or(0.0, |&slot| middle(slot));
        edges.sort_by(|&a, &b| before(a).total_cmp(&before(b)).then(a.cmp(&b)));
        let count = edges.len() as f64;
        for (n, e) in edges.into_iter().enumerate() {
            port[e] = middle(to) + (n as f64 - (count - 1.0) / 2.0) * PORT;
        }
    }

    let mut routes = Vec::with_capacity(picture.edges.len());
    for (e, chain) in columns.chains.iter().enumerate() {
        let mut curves = Vec::with_capacity(chain.len());
        let mut at =
            chain.first().map_or((0.0, 0.0), |&from| (places[from].x + places[from].width, middle(from)));
        for &slot in chain.iter().skip(1) {
            let (left, wide) = lefts[column_of[slot]];
            let y = if let Slot::Node(_) = columns.slots[slot] { port[e] } else { middle(slot) };
            curves.push([at, (left - straight[column_of[slot]], y)]);
            at = if let Slot::Node(_) = columns.slots[slot] { (left, y) } else { (left + wide, y) };
        }
        routes.push(Route { curves, end: at, goes_back: columns.goes_back[e], label: labels[e].clone() });
    }
    let bottom = (0..tops.len()).map(|s| tops[s] + columns.height[s]).fold(0.0, f64::max);
    Layout { width: x + MARGIN, height: bottom + MARGIN, places, routes }
}
