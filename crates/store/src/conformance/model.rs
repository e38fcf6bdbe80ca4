//! What the runner holds: everything that the store acknowledged, and what reads must therefore give.

use std::collections::BTreeMap;

use highwater_format::{Digest, frame_digest};

use super::case::{ReadExpect, TailExpect};
use crate::{Damage, Journal, Tail, Versioned};

/// What was acknowledged for one key.
#[derive(Debug, Default)]
pub(super) struct Acknowledged {
    pub(super) records: BTreeMap<u64, Vec<u8>>,
    pub(super) snapshots: BTreeMap<u64, Vec<u8>>,
}

impl Acknowledged {
    /// The digest of the record at `version`, zeros when the runner holds none.
    pub(super) fn digest(&self, version: u64) -> Digest {
        self.records.get(&version).map_or(Digest::ZERO, |frame| frame_digest(frame))
    }

    /// Checks a read against what was acknowledged and what the case expects.
    pub(super) fn check_read(&self, journal: &Journal, expect: &ReadExpect) -> Result<(), String> {
        check_undamaged(&journal.damage)?;
        let snapshot = journal.snapshot.as_ref().map(|snapshot| snapshot.version);
        if snapshot != expect.snapshot {
            return Err(format!("the snapshot is {snapshot:?} instead of {:?}", expect.snapshot));
        }
        if let Some(snapshot) = &journal.snapshot {
            same_bytes("snapshot", snapshot, self.snapshots.get(&snapshot.version))?;
        }
        self.check_records(&journal.tail, expect.tail)
    }

    /// Checks a tail that was read from `version` on.
    pub(super) fn check_tail(&self, tail: &Tail, version: u64, expect: &TailExpect) -> Result<(), String> {
        let range = match (tail, expect) {
            (Tail::Trimmed { floor }, TailExpect::TrimmedOr((_, last))) => {
                if *floor > version && *floor <= last + 1 {
                    return Ok(());
                }
                return Err(format!(
                    "trimmed with the floor {floor}, outside of {}..={}",
                    version + 1,
                    last + 1
                ));
            }
            (Tail::Trimmed { floor }, TailExpect::Records(_)) => {
                return Err(format!(
                    "trimmed with the floor {floor}, although nothing asked for may be dropped"
                ));
            }
            (Tail::Records { .. }, TailExpect::Records(range)) => *range,
            (Tail::Records { .. }, TailExpect::TrimmedOr(range)) => Some(*range),
        };
        let Tail::Records { records, damage } = tail else { return Ok(()) };
        check_undamaged(damage)?;
        self.check_records(records, range)
    }

    /// Checks that `records` are exactly the versions of `range`, with the bytes that were acknowledged.
    pub(super) fn check_records(
        &self,
        records: &[Versioned],
        range: Option<(u64, u64)>,
    ) -> Result<(), String> {
        let expected: Vec<u64> = range.map_or(Vec::new(), |(first, last)| (first..=last).collect());
        let found: Vec<u64> = records.iter().map(|record| record.version).collect();
        if found != expected {
            return Err(format!("the records are {} instead of {}", span(&found), span(&expected)));
        }
        records.iter().try_for_each(|record| same_bytes("record", record, self.records.get(&record.version)))
    }
}

/// Checks that a store stepped over no damage.
pub(super) fn check_undamaged(damage: &[Damage]) -> Result<(), String> {
    match damage.first() {
        None => Ok(()),
        Some(damage) => {
            Err(format!("damage is reported where there is none: {} ({})", damage.what, damage.place))
        }
    }
}

pub(super) fn same_bytes(noun: &str, found: &Versioned, held: Option<&Vec<u8>>) -> Result<(), String> {
    match held {
        Some(held) if *held == found.bytes => Ok(()),
        Some(_) => {
            Err(format!("the {noun} at version {} has other bytes than were acknowledged", found.version))
        }
        None => Err(format!("the {noun} at version {} was never acknowledged", found.version)),
    }
}

fn span(versions: &[u64]) -> String {
    match versions {
        [] => "none".to_owned(),
        [first, .., last] if versions.windows(2).all(|pair| pair[0] + 1 == pair[1]) => {
            format!("{first}..={last}")
        }
        _ => format!("{versions:?}"),
    }
}
