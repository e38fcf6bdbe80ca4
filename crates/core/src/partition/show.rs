//! Partitions made readable. Counts are counted each time, in one pass over the partitions that are not missing.

use std::ops::Bound;

use highwater_format::fact::CoverageStatus;

use super::name::{Divided, Place, check_count, key_at, product};
use super::{claim, rows};
use crate::answer::{
    Answer, Dimension, PartitionClaim, PartitionCounts, PartitionKeyView, PartitionKeys, PartitionView,
    Partitioning, Partitionings, Partitions,
};
use crate::command::{DescribePartitions, ListPartitionKeys, ListPartitions};
use crate::coverage::Line;
use crate::decide::{Context, Decided, Stop};
use crate::error::Error;
use crate::order::sorted;
use crate::row::{PartitionClaimRow, PartitionRow};
use crate::state::State;
use crate::{limits, names, page};

pub(crate) fn describe(context: &Context<'_>, command: &DescribePartitions) -> Result<Decided, Stop> {
    let state = context.state;
    if let Some(node) = &command.node {
        names::check_name("the name of the node", node)?;
        let nodes = Divided::of(state, node).iter().map(|it| partitioning(state, it)).collect();
        return Decided::answer(Answer::Partitionings(Partitionings { nodes, next: None }));
    }
    let from = command.cursor.as_deref().unwrap_or_default();
    let range = (Bound::Included(from), Bound::Unbounded);
    let mut names = state.partitionings.range::<str, _>(range).map(|(_, row)| row.node.as_str());
    let divided = names.by_ref().take(page::limit(command.limit)).filter_map(|it| Divided::of(state, it));
    let nodes = divided.map(|it| partitioning(state, &it)).collect();
    let next = names.next().map(str::to_owned);
    Decided::answer(Answer::Partitionings(Partitionings { nodes, next }))
}

fn partitioning(state: &State, divided: &Divided<'_>) -> Partitioning {
    let keys = divided.key_counts();
    let dimensions = divided.row.dimensions.iter().zip(&keys);
    Partitioning {
        node: divided.row.node.clone(),
        dimensions: dimensions
            .map(|(it, keys)| Dimension { name: it.name.clone(), dynamic: it.dynamic, keys: *keys })
            .collect(),
        counts: counts(state, &divided.row.node, product(&keys)),
        version: divided.row.version,
        at_ms: divided.row.at_ms,
    }
}

fn counts(state: &State, node: &str, total: u64) -> PartitionCounts {
    let mut counts = PartitionCounts { total, ..PartitionCounts::default() };
    rows(state, node).for_each(|row| count(&mut counts, row));
    counts.claimed = claim::of_node(state, node).count() as u64;
    finish(counts)
}

fn count(counts: &mut PartitionCounts, row: &PartitionRow) {
    match row.status {
        CoverageStatus::Done => counts.done += 1,
        CoverageStatus::Failed => counts.failed += 1,
        CoverageStatus::Stale => counts.stale += 1,
        CoverageStatus::Missing => {}
    }
    counts.rows = counts.rows.saturating_add(row.rows.unwrap_or(0));
}

fn finish(counts: PartitionCounts) -> PartitionCounts {
    let known = counts.done + counts.failed + counts.stale;
    PartitionCounts { missing: counts.total.saturating_sub(known), ..counts }
}

pub(crate) fn list(context: &Context<'_>, command: &ListPartitions) -> Result<Decided, Stop> {
    let state = context.state;
    let divided = Divided::find(state, &command.node)?;
    let wants = |view: &PartitionView| {
        (command.statuses.is_empty() || command.statuses.contains(&view.status))
            && view.partition.starts_with(&command.prefix)
    };
    if !command.partitions.is_empty() {
        check_count("partitions", command.partitions.len())?;
        let mut partitions = Vec::with_capacity(command.partitions.len());
        for name in &command.partitions {
            divided.check(name)?;
            let line = Line::new(&command.node, Some(name));
            partitions.extend(Some(view(state, line.name(), name)).filter(&wants));
        }
        return Decided::answer(Answer::Partitions(Partitions { partitions, next: None }));
    }
    let from = command.cursor.as_deref().map(numbers).transpose()?.unwrap_or_default();
    let limit = page::limit(command.limit);
    let (mut partitions, mut next, mut looks) = (Vec::new(), None, 0);
    divided.walk(&from, &command.prefix, &mut |place| {
        if partitions.len() == limit || looks == limits::PARTITIONS_LOOKED_AT {
            next = Some(cursor(place));
            return false;
        }
        looks += 1;
        let status = state.partitions.get(place.key).map_or(CoverageStatus::Missing, |row| row.status);
        if command.statuses.is_empty() || command.statuses.contains(&status) {
            partitions.push(view(state, place.key, place.name));
        }
        true
    });
    Decided::answer(Answer::Partitions(Partitions { partitions, next }))
}

/// Where the next page begins: the numbers of the keys, which stay when other keys go or change their names.
fn cursor(place: &Place<'_>) -> String {
    let numbers: Vec<String> = place.numbers.iter().map(u64::to_string).collect();
    numbers.join(".")
}

fn numbers(cursor: &str) -> Result<Vec<u64>, Error> {
    let numbers: Result<Vec<u64>, _> = cursor.split('.').map(str::parse).collect();
    numbers.map_err(|_| {
        Error::invalid(format!("the cursor `{cursor}` is none of a list of partitions; begin without one"))
    })
}

fn view(state: &State, key: &str, name: &str) -> PartitionView {
    let claim = state.partition_claims.get(key).map(|row: &PartitionClaimRow| PartitionClaim {
        run: row.run.clone(),
        attempt: row.attempt,
        token: row.token,
        at_ms: row.at_ms,
    });
    let Some(row) = state.partitions.get(key) else {
        return PartitionView { partition: name.to_owned(), claim, ..PartitionView::default() };
    };
    PartitionView {
        partition: name.to_owned(),
        status: row.status,
        rows: row.rows,
        fingerprint: row.fingerprint.clone(),
        run: row.run.clone(),
        attempt: row.attempt,
        version: Some(row.version),
        at_ms: Some(row.at_ms),
        reason: row.reason.clone(),
        actor: row.actor.clone(),
        claim,
    }
}

pub(crate) fn list_keys(context: &Context<'_>, command: &ListPartitionKeys) -> Result<Decided, Stop> {
    let state = context.state;
    let divided = Divided::find(state, &command.node)?;
    let place = divided.dimension(&command.dimension)?;
    let mut all = divided.keys(place, command.cursor.unwrap_or(0));
    let page: Vec<&str> = all.by_ref().take(page::limit(command.limit)).map(|row| row.key.as_str()).collect();
    let next = all.next().map(|row| row.number);
    let mut others = divided.key_counts();
    others.remove(place);
    let total = product(&others);
    let places = sorted(page.iter().enumerate().map(|(at, key)| (*key, at)).collect(), Ord::cmp);
    let mut counts = vec![PartitionCounts { total, ..PartitionCounts::default() }; page.len()];
    let place_of = |partition: &str| {
        let found = places.binary_search_by(|(key, _)| (*key).cmp(key_at(partition, place)));
        found.ok().map(|at| places[at].1)
    };
    for row in rows(state, &command.node) {
        if let Some(at) = place_of(&row.partition) {
            count(&mut counts[at], row);
        }
    }
    for row in claim::of_node(state, &command.node) {
        if let Some(at) = place_of(&row.partition) {
            counts[at].claimed += 1;
        }
    }
    let view = |(key, counts): (&&str, PartitionCounts)| PartitionKeyView {
        key: (*key).to_owned(),
        counts: finish(counts),
    };
    let keys = page.iter().zip(counts).map(view).collect();
    Decided::answer(Answer::PartitionKeys(PartitionKeys { keys, next }))
}
