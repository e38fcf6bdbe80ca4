//! Facts of partitions.

use highwater_format::Fact;
use highwater_format::fact::*;

use super::{some, text};

pub(super) fn samples() -> Vec<Fact> {
    let keys = |keys: &[&str]| keys.iter().map(|key| text(key)).collect::<Vec<_>>();
    let region = PartitionDimension { name: text("region"), dynamic: false, keys: keys(&["eu", "us"]) };
    let customer = PartitionDimension { name: text("customer"), dynamic: true, keys: Vec::new() };
    let node = || text("load");
    let dimensions = vec![region.clone(), customer.clone()];
    let least = PartitionMark { partition: text("eu|acme"), ..PartitionMark::default() };
    let most =
        PartitionMark { partition: text("us|åcme"), rows: Some(u64::MAX), fingerprint: some("blake3:00ff") };
    let claim = PartitionsClaimed {
        run: text("r1"),
        node: node(),
        attempt: u32::MAX,
        token: u64::MAX,
        partitions: keys(&["eu|acme", "us|åcme"]),
        fingerprint: some("code-2"),
    };
    let by_hand = PartitionsMarked {
        node: node(),
        status: CoverageStatus::Stale,
        marks: vec![least.clone()],
        reason: some("late rows"),
        actor: some("ada"),
        ..PartitionsMarked::default()
    };
    let by_attempt = PartitionsMarked {
        node: node(),
        status: CoverageStatus::Done,
        marks: vec![least, most],
        run: some("r1"),
        attempt: Some(1),
        ..PartitionsMarked::default()
    };
    let reason = || text("one name for all");
    let renamed = PartitionsRekeyed {
        node: node(),
        dimension: some("region"),
        keys: vec![KeyRename { from: text("eu"), to: text("emea") }],
        added: Some(AddedDimension { dimension: region, key: text("eu") }),
        reason: reason(),
        actor: some("ada"),
    };
    vec![
        PartitionsDeclared { node: node(), dimensions: Vec::new() }.into(),
        PartitionsDeclared { node: node(), dimensions }.into(),
        PartitionKeysChanged { node: node(), dimension: text("customer"), ..Default::default() }.into(),
        PartitionKeysChanged {
            node: node(),
            dimension: text("customer"),
            added: keys(&["acme", "åcme"]),
            removed: keys(&["gone"]),
            reason: some("they left"),
            actor: some("ada"),
        }
        .into(),
        PartitionsClaimed { fingerprint: None, ..claim.clone() }.into(),
        claim.into(),
        by_hand.into(),
        by_attempt.into(),
        PartitionsRekeyed { node: node(), reason: reason(), ..Default::default() }.into(),
        renamed.into(),
    ]
}
