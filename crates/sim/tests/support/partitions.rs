//! What is asked about partitions. Their names are those under which coverage is asked about too, so that the two meet.

use highwater_core::command::*;
use highwater_core::coverage::STATUSES;
use highwater_format::fact::{AddedDimension, KeyRename, PartitionDimension, PartitionMark};

use super::choices::{name, reason};

/// Mostly a partition that there may be.
fn partition(luck: u8) -> String {
    match luck % 7 {
        0 | 1 => format!("{}|t{}", name("p", luck), luck & 1),
        _ => format!("p{}", luck % 4),
    }
}

fn fingerprint(luck: u8) -> Option<String> {
    (luck & 6 == 6).then(|| if luck == 6 { String::new() } else { name("c", luck & 1) })
}

/// What a worker asks for that asks for no intervals; and now and then one that does.
pub(crate) fn wanted(d: u8, e: u8) -> Option<PartitionsWanted> {
    let wanted = PartitionsWanted {
        partitions: (0..e % 3 / 2).map(|at| partition(e.wrapping_add(at))).collect(),
        prefix: if e & 48 == 48 { "p1".to_owned() } else { String::new() },
        fingerprint: fingerprint(e >> 1),
        restate: e & 24 == 24,
        limit: u32::from(e % 4),
    };
    (d & 3 == 0 && e & 1 == 1 || d == 255).then_some(wanted)
}

/// What an attempt says of partitions.
pub(crate) fn outcomes(d: u8, e: u8) -> Vec<PartitionOutcome> {
    let outcome = |luck: u8| PartitionOutcome {
        partition: partition(luck),
        failed: luck & 8 == 8,
        rows: (luck & 1 == 1).then_some(u64::from(luck)),
        fingerprint: fingerprint(luck),
    };
    let count = if d & 12 == 12 { 1 + e % 2 } else { 0 };
    (0..count).map(|at| outcome(e.wrapping_add(at * 5))).collect()
}

pub(crate) fn command(which: u8, node: String, (c, d, e): (u8, u8, u8), actor: Option<String>) -> Command {
    let reason = reason(e);
    match which {
        0 => {
            let keys = (d % 2..2 + d % 3).map(|key| format!("p{key}"));
            let mut dimensions = vec![match c {
                0 => PartitionDimension::of("key", keys),
                _ => PartitionDimension::dynamic("key"),
            }];
            if d > 240 {
                dimensions.push(PartitionDimension::of("tenant", ["t0", "t1"]));
            }
            Command::DeclarePartitions(DeclarePartitions {
                node,
                dimensions: if d < 10 { Vec::new() } else { dimensions },
            })
        }
        1..=3 => {
            let (add, remove) = match d & 3 {
                3 => (Vec::new(), vec![format!("p{}", e % 4)]),
                _ => (vec![format!("p{}", e % 4), format!("p{}", d % 4)], Vec::new()),
            };
            let dimension = if e.is_multiple_of(31) { "tenant" } else { "key" }.to_owned();
            let forget = d & 8 == 8;
            let reason = if d & 16 == 16 { String::new() } else { reason };
            let command = ChangePartitionKeys { node, dimension, add, remove, forget, reason, actor };
            Command::ChangePartitionKeys(command)
        }
        4..=6 => {
            let mark = |luck: u8| PartitionMark {
                partition: partition(luck),
                rows: (luck & 2 == 2).then_some(u64::from(luck % 3)),
                fingerprint: fingerprint(luck),
            };
            let marks = (0..1 + d % 2).map(|at| mark(e.wrapping_add(at * 3))).collect();
            let (status, dry_run) = (STATUSES[usize::from(c)], e & 12 == 12);
            Command::MarkPartitions(MarkPartitions { node, status, marks, reason, actor, dry_run })
        }
        7 | 8 => {
            let rename =
                |luck: u8| KeyRename { from: format!("p{}", luck % 4), to: format!("p{}", (luck >> 2) % 6) };
            let keys: Vec<KeyRename> = (0..d % 3).map(|at| rename(e.wrapping_add(at * 21))).collect();
            let tenant = PartitionDimension::of("tenant", ["t0", "t1"]);
            let tenant = if e & 1 == 1 { tenant } else { PartitionDimension::dynamic("tenant") };
            let add = (d & 12 == 12).then(|| AddedDimension { dimension: tenant, key: name("t", e) });
            let dimension = (!keys.is_empty() || e & 64 == 64).then(|| "key".to_owned());
            let dry_run = d & 48 == 48;
            Command::RekeyPartitions(RekeyPartitions { node, dimension, keys, add, reason, actor, dry_run })
        }
        9 => {
            let node = (d & 1 == 1).then_some(node);
            Command::DescribePartitions(DescribePartitions { node, cursor: None, limit: u32::from(d % 3) })
        }
        10 => Command::ListPartitions(ListPartitions {
            node,
            partitions: (0..d % 3 / 2).map(|_| partition(e)).collect(),
            statuses: if d & 4 == 4 { vec![STATUSES[usize::from(c)]] } else { Vec::new() },
            prefix: if d & 8 == 8 { "p1".to_owned() } else { String::new() },
            cursor: None,
            limit: u32::from(e % 3),
        }),
        _ => {
            let dimension = if e.is_multiple_of(5) { "tenant" } else { "key" }.to_owned();
            let cursor = (d & 1 == 1).then_some(u64::from(d % 3));
            Command::ListPartitionKeys(ListPartitionKeys { node, dimension, cursor, limit: u32::from(e % 3) })
        }
    }
}
