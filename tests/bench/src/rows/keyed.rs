//! What it costs to keep the state of an operator by key, and to make checkpoints of it.

use std::path::Path;
use std::time::Instant;

use highwater::answer::CheckpointTrigger;
use highwater::streaming::{FileParts, KeyedState, ValueState, reclaim};
use highwater::{CheckpointRef, EngineKind, Highwater, OpenOptions, Stream, StreamSpec};
use tokio::runtime::Runtime;

use super::Row;
use crate::duel::{Better, Duel, duel};
use crate::memory::Holder;
use crate::rivals::keys::{Keys, Whole, key_name};
use crate::{PIPELINE, Plan, Problem};

/// Keys that are there.
pub(crate) const KEYS: u64 = 1_000_000;
/// Keys that change from one checkpoint to the next: one in a hundred.
const CHANGED: u64 = KEYS / 100;

const VALUES: ValueState<String, u64> = ValueState::new("values");
const ABOUT_CHECKPOINT: &str = "10,000 of 1,000,000 keys put, then a checkpoint: what changed is written, flushed and acknowledged (all of it anew each 65th time)";

pub(crate) const ROWS: &[Row] = &[
    Row {
        name: "keyed-put-1m",
        unit: "us/put",
        about: "a put of one of 1,000,000 keys of a keyed state",
        rival: "SQLite in memory, a table of as many keys, all in one transaction",
        measure: put,
    },
    Row {
        name: "keyed-memory-1m",
        unit: "bytes/key",
        about: "memory that 1,000,000 keys of 16 bytes take in a keyed state, of a process of its own",
        rival: "SQLite in memory, a table of the same",
        measure: memory,
    },
    Row {
        name: "keyed-checkpoint-1pc",
        unit: "ms",
        about: ABOUT_CHECKPOINT,
        rival: "SQLite (WAL, synchronous FULL), the same put in one transaction",
        measure: checkpoint_against_sqlite,
    },
    Row {
        name: "keyed-checkpoint-full",
        unit: "ms",
        about: ABOUT_CHECKPOINT,
        rival: "a sorted map of the same, all of it written to a file and flushed",
        measure: checkpoint_against_everything,
    },
];

/// Keys in an order that jumps, and meets all of them.
fn scattered(turn: u64) -> u64 {
    turn * 7_919 % KEYS
}

/// The keys that change before this checkpoint.
fn changed(turn: u64) -> impl Iterator<Item = u64> {
    (turn * CHANGED..(turn + 1) * CHANGED).map(scattered)
}

fn put(plan: &Plan) -> Result<Duel, Problem> {
    let (mut ours, mut rival) = (filled()?, Keys::in_memory(KEYS)?);
    let (mut our_turn, mut rival_turn) = (0, 0);
    duel(
        plan,
        Better::Less,
        || {
            plan.microseconds_each(|| {
                our_turn += 1;
                VALUES.put(&mut ours, &key_name(scattered(our_turn)), &our_turn)?;
                Ok(1)
            })
        },
        || {
            plan.microseconds_each(|| {
                rival_turn += 1;
                rival.put(scattered(rival_turn), rival_turn)
            })
        },
    )
}

fn memory(plan: &Plan) -> Result<Duel, Problem> {
    duel(
        &plan.once(),
        Better::Less,
        || Holder::Highwater.bytes_of_a_process(KEYS),
        || Holder::Sqlite.bytes_of_a_process(KEYS),
    )
}

fn checkpoint_against_sqlite(plan: &Plan) -> Result<Duel, Problem> {
    let folder = plan.folder()?;
    let mut ours = Ours::start(folder.path())?;
    let mut rival = Keys::durable(&folder.path().join("sqlite"), KEYS)?;
    let (mut our_turn, mut rival_turn) = (0, 0);
    duel(
        plan,
        Better::Less,
        || milliseconds_each(plan, &mut our_turn, |turn| ours.put_and_checkpoint(turn)),
        || milliseconds_each(plan, &mut rival_turn, |turn| rival.put_all(changed(turn), turn)),
    )
}

fn checkpoint_against_everything(plan: &Plan) -> Result<Duel, Problem> {
    let folder = plan.folder()?;
    let mut ours = Ours::start(folder.path())?;
    let mut rival = Whole::default();
    rival.put_all(0..KEYS, 0);
    let file = folder.path().join("whole");
    let (mut our_turn, mut rival_turn) = (0, 0);
    duel(
        plan,
        Better::Less,
        || milliseconds_each(plan, &mut our_turn, |turn| ours.put_and_checkpoint(turn)),
        || {
            milliseconds_each(plan, &mut rival_turn, |turn| {
                rival.put_all(changed(turn), turn);
                rival.write(&file)
            })
        },
    )
}

fn milliseconds_each(
    plan: &Plan,
    turn: &mut u64,
    mut work: impl FnMut(u64) -> Result<(), Problem>,
) -> Result<f64, Problem> {
    let (began, from) = (Instant::now(), *turn);
    while began.elapsed() < plan.round {
        work(*turn)?;
        *turn += 1;
    }
    Ok(began.elapsed().as_secs_f64() * 1e3 / (*turn - from) as f64)
}

/// A state with all keys.
pub(crate) fn filled() -> Result<KeyedState, Problem> {
    let mut state = KeyedState::new("keys", 0, 1, 128)?;
    for key in 0..KEYS {
        VALUES.put(&mut state, &key_name(key), &0)?;
    }
    Ok(state)
}

/// A state with all keys, which has its checkpoints in a stream in a folder.
struct Ours {
    runtime: Runtime,
    _highwater: Highwater,
    stream: Stream,
    parts: FileParts,
    state: KeyedState,
}

impl Ours {
    fn start(folder: &Path) -> Result<Ours, Problem> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let location = format!("file:{}", folder.join("state").display());
        let parts = FileParts::new(folder.join("parts"));
        let (highwater, stream, state) = runtime.block_on(async {
            let highwater = OpenOptions::new().engine(EngineKind::Native).open(&location).await?;
            let stream = highwater.pipeline(PIPELINE)?.stream();
            stream.declare(StreamSpec::new().operator("keys", 1)).await?;
            let start = stream.restore(CheckpointRef::Latest).await?;
            let state = KeyedState::restore(&start, "keys", 0, &parts).await?;
            Ok::<_, Problem>((highwater, stream, state))
        })?;
        let mut ours = Ours { runtime, _highwater: highwater, stream, parts, state };
        for key in 0..KEYS {
            VALUES.put(&mut ours.state, &key_name(key), &0)?;
        }
        ours.checkpoint()?;
        Ok(ours)
    }

    fn put_and_checkpoint(&mut self, turn: u64) -> Result<(), Problem> {
        for key in changed(turn) {
            VALUES.put(&mut self.state, &key_name(key), &turn)?;
        }
        self.checkpoint()
    }

    fn checkpoint(&mut self) -> Result<(), Problem> {
        let Ours { runtime, stream, parts, state, .. } = self;
        runtime.block_on(async {
            let CheckpointTrigger::Triggered(barrier) = stream.trigger().await? else {
                return Err("a checkpoint is under way".into());
            };
            let done = state.snapshot(barrier.checkpoint)?.write(parts).await?;
            stream.acknowledge(barrier.checkpoint, [done]).await?;
            state.complete(barrier.checkpoint);
            reclaim(stream, parts).await?;
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_turns_meet_other_keys_and_both_sides_put_the_same() {
        let first: std::collections::BTreeSet<u64> = changed(0).chain(changed(1)).collect();
        assert_eq!(first.len() as u64, 2 * CHANGED);
        let mut ours = KeyedState::new("keys", 0, 1, 128).expect("a state");
        let mut rival = Keys::in_memory(10).expect("a table");
        for key in [3, 7, 3] {
            VALUES.put(&mut ours, &key_name(key), &key).expect("it is put");
            rival.put(key, key).expect("it is put");
        }
        let sum = VALUES.entries(&ours).expect("entries").iter().map(|(_, value)| value).sum::<u64>();
        assert_eq!(sum, rival.sum().expect("a sum"));
    }
}
