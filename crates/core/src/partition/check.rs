//! Partitions measured against their own rules.

use highwater_format::fact::CoverageStatus;

use super::Dimension;
use super::name::Divided;
use crate::attempt::{self, AttemptStatus};
use crate::coverage::Line;
use crate::limits;
use crate::state::State;
use crate::validate::Found;

/// Keys are found by their names, every partition has its keys, and each claim is that of an attempt that runs.
pub(crate) fn check(found: &mut Found, state: &State) {
    for (_, row) in state.partition_keys.iter() {
        let place = || format!("key `{}` of dimension `{}` of node `{}`", row.key, row.dimension, row.node);
        let dimension = Dimension::of(&row.node, &row.dimension);
        let number = state.partition_key_numbers.get(&dimension.named(&row.key));
        found.rule(number == Some(&row.number), place, "it is not found by its name");
        let entry = state
            .partitionings
            .get(row.node.as_str())
            .and_then(|it| it.dimensions.iter().find(|entry| entry.name == row.dimension));
        found.rule(entry.is_some_and(|entry| row.number < entry.next), place, "it is that of no dimension");
    }
    let (keys, numbers) = (state.partition_keys.len(), state.partition_key_numbers.len());
    found.rule(keys == numbers, || "the keys of partitions".to_owned(), "there are more names than keys");
    for (_, row) in state.partitionings.iter() {
        let place = || format!("the dimensions of node `{}`", row.node);
        let bound = 1..=limits::PARTITION_DIMENSIONS;
        found.rule(bound.contains(&row.dimensions.len()), place, "there are too few or too many");
    }
    let is_one = |node: &str, partition: &str| {
        Divided::of(state, node).is_some_and(|it| it.numbers(partition).is_some())
    };
    for (key, row) in state.partitions.iter() {
        let line = Line::new(&row.node, Some(&row.partition));
        let place = || line.words();
        found.rule(**key == *line.name(), place, "it does not stand under its name");
        found.rule(row.status != CoverageStatus::Missing, place, "what is missing has no row");
        found.rule(is_one(&row.node, &row.partition), place, "it has a status, and there are no such keys");
    }
    for (_, row) in state.partition_claims.iter() {
        let line = Line::new(&row.node, Some(&row.partition));
        let place = || format!("the claim on {}", line.words());
        found.rule(is_one(&row.node, &row.partition), place, "there are no such keys");
        let node = state.nodes.get(&(row.run.clone(), row.node.to_string()));
        let runs = node
            .and_then(|node| attempt::last(state, node))
            .is_some_and(|last| last.status == AttemptStatus::Running && last.token == row.token);
        found.rule(runs, place, "it is that of an attempt that is not running under its token");
    }
}
