//! Upkeep: snapshots, and trimming what they make superfluous. It runs beside the commits and may fail without harm.

use crate::bug;
use crate::desk::Desk;
use crate::input::Outcome;
use crate::output::{NoticeLevel, Operation, Stored};
use crate::resident::{Resident, failure};
use crate::snapshot;

/// Upkeep under way.
#[derive(Debug)]
pub(crate) enum Upkeep {
    Snapshot { version: u64, bytes: u64 },
    Trim,
}

impl Resident {
    /// Writes a snapshot when the tail outweighs the last one: all snapshots together weigh about as much as the records,
    /// so that total writing stays within twice the payload.
    pub(crate) fn maintain(&mut self, desk: &mut Desk) {
        let Some(live) = &mut self.live else { return };
        let due = live.tail_bytes >= desk.options.snapshot_min_bytes.max(live.snapshot_bytes);
        if !due || live.snapshot_under_way {
            return;
        }
        match snapshot::encode(&live.state, &desk.options.encryption_keys) {
            Ok(bytes) => {
                let version = live.state.version;
                let upkeep = Upkeep::Snapshot { version, bytes: bytes.len() as u64 };
                live.snapshot_under_way = true;
                live.tail_bytes = 0;
                let id = desk.request(
                    &self.id,
                    Operation::PutSnapshot(Stored {
                        version: version - u64::from(bug!(SnapshotVersion)),
                        bytes,
                    }),
                );
                self.upkeep.insert(id, upkeep);
            }
            Err(error) => {
                live.tail_bytes = 0;
                let message = format!("no snapshot could be made of version {}: {error}", live.state.version);
                desk.notice(NoticeLevel::Warn, &self.id, "snapshot", message);
            }
        }
    }

    pub(crate) fn upkeep_done(&mut self, desk: &mut Desk, upkeep: Upkeep, outcome: Outcome) {
        let failed = (outcome != Outcome::Done).then(|| failure(outcome).message);
        match (upkeep, failed) {
            (Upkeep::Snapshot { version, bytes }, None) => self.snapshot_kept(desk, version, bytes),
            (Upkeep::Snapshot { version, .. }, Some(why)) => {
                if let Some(live) = &mut self.live {
                    live.snapshot_under_way = false;
                }
                let message = format!(
                    "the snapshot of version {version} was not kept, a later one will be tried: {why}"
                );
                desk.notice(NoticeLevel::Warn, &self.id, "snapshot", message);
            }
            (Upkeep::Trim, None) => {}
            (Upkeep::Trim, Some(why)) => {
                let message =
                    format!("old records were not trimmed, they will be with the next snapshot: {why}");
                desk.notice(NoticeLevel::Warn, &self.id, "trim", message);
            }
        }
    }

    /// The log is kept from the snapshot before, so that a damaged snapshot loses nothing.
    fn snapshot_kept(&mut self, desk: &mut Desk, version: u64, bytes: u64) {
        let Some(live) = &mut self.live else { return };
        let before = live.snapshot_version;
        live.snapshot_under_way = false;
        if version <= before {
            return;
        }
        live.snapshot_version = version;
        live.snapshot_bytes = bytes;
        desk.notice(
            NoticeLevel::Info,
            &self.id,
            "snapshot",
            format!("version {version} is kept as a snapshot of {bytes} bytes"),
        );
        if before > 0 {
            let id =
                desk.request(&self.id, Operation::Trim(if bug!(TrimTooMuch) { version } else { before }));
            self.upkeep.insert(id, Upkeep::Trim);
        }
    }
}
