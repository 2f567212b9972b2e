//! Dangerous actions: which groups a principal can use, and what each waits for.

use super::engine::View;
use super::requirement::{Kind, Needs};
use serde::Serialize;
use std::collections::BTreeMap;

static TEXT: &str = include_str!("data/dangerous.tsv");

/// A row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// The group.
    pub group: &'static str,
    /// The action.
    pub action: &'static str,
}

/// All rows.
pub fn actions() -> impl Iterator<Item = Row> {
    TEXT.lines().skip(1).filter_map(|line| {
        let mut fields = line.split('\t');
        let (group, action) = (fields.next()?, fields.next()?);
        Some(Row { group, action })
    })
}

/// A group of dangerous actions that is allowed, under its weakest condition.
#[derive(Debug, Clone, Serialize)]
pub struct Dangerous {
    /// The group.
    pub group: String,
    /// The weakest condition that applies.
    pub condition: Kind,
    /// That condition in words, resources included.
    pub requirements: Vec<String>,
    /// Actions allowed under that condition.
    pub actions: Vec<String>,
    /// Actions of the group that wait for more.
    pub more: Vec<String>,
    /// Resources, where only some are covered.
    pub resources: Vec<String>,
    /// The role through which it is reached, when not by the key's own policies.
    pub via: Option<String>,
}

/// How a principal is reached, for what it can do.
pub struct Through<'v, 'e, 'a> {
    /// The principal.
    pub view: &'v View<'e, 'a>,
    /// The role's ARN, or `None` for the key itself.
    pub via: Option<&'v str>,
    /// What reaching it waits for.
    pub needs: Needs,
    /// That, in words.
    pub words: &'v [String],
}

/// The groups that these principals can use.
pub fn groups(principals: &[Through<'_, '_, '_>]) -> Vec<Dangerous> {
    let mut found: BTreeMap<&str, Dangerous> = BTreeMap::new();
    for through in principals {
        for row in actions() {
            if !through.view.may_name(row.action) {
                continue;
            }
            let ways = through.view.ways(row.action);
            let Some((way, condition)) = ways
                .0
                .iter()
                .map(|way| (way, way.needs.with(through.needs).kind(way.limited)))
                .min_by_key(|(_, condition)| *condition)
            else {
                continue;
            };
            let entry = found.entry(row.group).or_insert_with(|| Dangerous {
                group: row.group.to_owned(),
                condition,
                requirements: Vec::new(),
                actions: Vec::new(),
                more: Vec::new(),
                resources: Vec::new(),
                via: through.via.map(str::to_owned),
            });
            let action = row.action.to_owned();
            if condition < entry.condition {
                let before = std::mem::take(&mut entry.actions);
                entry.more.extend(before);
                entry.requirements.clear();
                entry.resources.clear();
                entry.condition = condition;
                entry.via = through.via.map(str::to_owned);
            } else if condition > entry.condition {
                push(&mut entry.more, action, 40);
                continue;
            }
            push(&mut entry.actions, action, 40);
            for requirement in &way.requirements {
                push(&mut entry.requirements, requirement.words.clone(), 8);
            }
            for words in through.words {
                push(&mut entry.requirements, words.clone(), 8);
            }
            if way.limited {
                for way in ways.0.iter().filter(|w| w.needs == way.needs) {
                    push(&mut entry.resources, way.resource.clone(), 8);
                }
            }
        }
    }
    for entry in found.values_mut() {
        let actions = std::mem::take(&mut entry.more);
        entry.more = actions.into_iter().filter(|a| !entry.actions.contains(a)).collect();
        entry.more.sort();
        entry.more.dedup();
    }
    found.into_values().collect()
}

fn push(list: &mut Vec<String>, item: String, most: usize) {
    if list.len() < most && !list.contains(&item) {
        list.push(item);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_listed_by_aws() {
        assert_eq!(actions().count(), 118);
        for row in actions() {
            assert!(super::super::catalogue::action(row.action).is_some(), "{}", row.action);
        }
    }
}
