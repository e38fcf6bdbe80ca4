//! A writer of a later version of Highwater: it knows facts and fields that this version does not.

use std::sync::Arc;

use highwater_core::row::Row;
use highwater_format::{
    Digest, EntryOf, Record, RecordHeader, Snapshot, WriterId, decode_entries, encode_record, frame_digest,
};
use highwater_store::{Journal, Store};

use crate::random::Random;
use crate::store::Door;
use crate::time::MS;
use crate::world::World;

mod table {
    use serde::{Deserialize, Serialize};

    /// A run began, as a later version says it.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub(crate) struct RunStarted {
        pub(crate) run: String,
        /// What no earlier version has.
        pub(crate) importance: u64,
        pub(crate) trigger: Option<String>,
        /// And neither this.
        pub(crate) budget: Vec<String>,
    }

    /// Somebody remarked something; whoever does not know it may skip it.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub(crate) struct Remark {
        pub(crate) text: String,
    }

    highwater_format::facts! {
        /// What a later version writes.
        #[derive(Clone, Debug, PartialEq)]
        pub(crate) enum Newer {
            RunStarted = "run-started",
            Remark = "remark" optional,
        }
    }
}

use table::{Newer, Remark, RunStarted};

/// Start of the names of its runs.
pub(crate) const PREFIX: &str = "newer-";
/// A field that only a later version has.
pub(crate) const FIELD: &str = "importance";

/// Writes records, each with what this version does not know, and reads those of this version in between.
pub(crate) async fn write(world: Arc<World>, door: Door, number: u64) {
    let mut luck = Random::stream(world.plan.seed, "newer", number);
    for sequence in 1..=world.plan.operations {
        world.time.sleep(luck.between(1, 300) * MS).await;
        if world.is_closing() {
            return;
        }
        let pipeline = format!("sim/p{}", luck.below(world.plan.pipelines));
        let Ok(journal) = door.read(&pipeline).await else { continue };
        let Some((version, chain)) = head(&journal) else { continue };
        let mut writer = [0xfe; 16];
        writer[15] = number as u8;
        let decided_at_ms = crate::clock::BEGAN_MS + (world.time.now_us() / MS) as i64;
        let header =
            RecordHeader { version: version + 1, writer: WriterId(writer), sequence, decided_at_ms, chain };
        let Ok(bytes) = encode_record(&header, &facts(number, sequence)) else { return };
        // Whatever comes of it: the next time it reads again.
        let _ = door.append(&pipeline, version + 1, bytes).await;
    }
}

fn facts(number: u64, sequence: u64) -> Vec<EntryOf<Newer>> {
    let started = RunStarted {
        run: format!("{PREFIX}{number}-{sequence}"),
        importance: sequence,
        trigger: None,
        budget: vec!["much".to_owned()],
    };
    let remark = Remark { text: "nobody knows this yet".to_owned() };
    [Newer::from(remark.clone()), started.into(), remark.into()].into_iter().map(EntryOf::from).collect()
}

/// Where the journal stands, if every byte of it can be read.
fn head(journal: &Journal) -> Option<(u64, Digest)> {
    let mut head = (0, Digest::ZERO);
    if let Some(bytes) = &journal.snapshot {
        let snapshot = Snapshot::decode(&bytes.bytes).ok()?;
        decode_entries::<Row>(&snapshot.body).ok()?;
        head = (snapshot.version, snapshot.chain);
    }
    for stored in &journal.tail {
        Record::decode(&stored.bytes).ok()?;
        head = (stored.version, frame_digest(&stored.bytes));
    }
    Some(head)
}

#[cfg(test)]
mod tests {
    use highwater_format::{Fact, FactTable};

    use super::*;

    #[test]
    fn this_version_knows_some_of_it() {
        let names: Vec<&str> = Newer::layout().iter().map(|layout| layout.name).collect();
        let known: Vec<&str> = Fact::layout().iter().map(|layout| layout.name).collect();
        assert_eq!(names.iter().filter(|name| known.contains(name)).count(), 1, "{names:?}");
    }
}
