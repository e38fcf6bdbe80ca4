//! Word count with several sub-tasks, put together by hand from the pieces: two readers send words and barriers to as many counters as
//! wanted, whose inputs are aligned. What would be tasks and channels in a service is one loop here.
//!
//! ```text
//! lines/0 ─ reader 0 ─┬─▶ aligned ─ counter 0 ─ keyed state ─ parts
//!                     ╳
//! lines/1 ─ reader 1 ─┴─▶ aligned ─ counter 1 ─ keyed state ─ parts
//! ```

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;
use std::time::Duration;

use highwater::answer::CheckpointTrigger;
use highwater::streaming::{Aligned, AlignedInput, Event, FileParts, KeyedState, ValueState, reclaim};
use highwater::{
    Acknowledgement, CheckpointRef, CheckpointStatus, LeaseGuard, Pipeline, Stream, StreamSpec, key_group,
};

use crate::file_log::FileLog;
use crate::log_source::LogSource;

const READERS: u32 = 2;
const KEY_GROUPS: u32 = 128;
const COUNTS: ValueState<String, u64> = ValueState::new("counts");

/// A sub-task that counts the words of its key groups.
struct Counter {
    inputs: AlignedInput<String>,
    state: KeyedState,
}

struct WordCount {
    stream: Stream,
    lease: LeaseGuard,
    lines: LogSource<String>,
    counters: Vec<Counter>,
    parts: FileParts,
    /// The checkpoint that is under way.
    under_way: Option<u64>,
}

/// Counts the words of all lines, with so many counters, and gives the counts. Started again after a crash it goes on, also with
/// another number of counters.
pub async fn count(
    pipeline: &Pipeline,
    lines: FileLog,
    parts: FileParts,
    counters: u32,
) -> Result<BTreeMap<String, u64>, Box<dyn Error>> {
    let mut job = WordCount::start(pipeline, LogSource::new(lines), parts, counters).await?;
    let mut turn = 0;
    loop {
        let before = job.lines_read();
        job.trigger_if_due().await?;
        // The readers are not equally fast, so that one is ahead of the other at each barrier.
        for (reader, lines) in [(turn % READERS, 9), ((turn + 1) % READERS, 2)] {
            job.read(reader, lines)?;
            job.send_barrier(reader).await?;
            job.count().await?;
        }
        turn += 1;
        if job.lines_read() == before && job.under_way.is_none() {
            break;
        }
    }
    job.last_checkpoint().await?;
    job.lease.release().await?;
    let mut counts = BTreeMap::new();
    for counter in &job.counters {
        counts.extend(COUNTS.entries(&counter.state)?);
    }
    Ok(counts)
}

impl WordCount {
    /// Goes on from the last checkpoint: the positions of the readers, and for each counter the state of all that had its key groups.
    async fn start(
        pipeline: &Pipeline,
        mut lines: LogSource<String>,
        parts: FileParts,
        counters: u32,
    ) -> Result<WordCount, Box<dyn Error>> {
        let lease = pipeline.lease("word-count").acquire().await?;
        let stream = pipeline.stream();
        let spec =
            StreamSpec::new().operator("read", READERS).operator("count", counters).key_groups(KEY_GROUPS);
        // As often as can be, so that kills meet every step of a checkpoint. A minute is usual.
        stream.declare(spec.interval(Duration::from_millis(1))).await?;
        let start = stream.restore(CheckpointRef::Latest).under_lease(&lease).await?;
        lines.seek_to(&start.positions).map_err(|error| error.to_string())?;
        let mut all = Vec::new();
        for subtask in 0..counters {
            let state = KeyedState::restore(&start, "count", subtask, &parts).await?;
            all.push(Counter { inputs: AlignedInput::new(READERS as usize)?, state });
        }
        Ok(WordCount { stream, lease, lines, counters: all, parts, under_way: None })
    }

    fn lines_read(&self) -> Vec<highwater::Value> {
        (0..READERS).map(|reader| self.lines.position(reader).value).collect()
    }

    async fn trigger_if_due(&mut self) -> Result<(), Box<dyn Error>> {
        if self.under_way.is_none()
            && let CheckpointTrigger::Triggered(barrier) =
                self.stream.trigger_if_due().under_lease(&self.lease).await?
        {
            self.under_way = Some(barrier.checkpoint);
        }
        Ok(())
    }

    /// Reads some lines, and sends each word to the counter that has its key group.
    fn read(&mut self, reader: u32, most: usize) -> Result<(), Box<dyn Error>> {
        let parallelism = u32::try_from(self.counters.len())?;
        for line in self.lines.read_partition(reader, most).map_err(|error| error.to_string())? {
            for word in line.split_whitespace() {
                let group = key_group::of(&COUNTS.key_bytes(word)?, KEY_GROUPS);
                let counter = key_group::subtask(group, parallelism, KEY_GROUPS) as usize;
                self.counters[counter].inputs.offer(reader as usize, Event::Record(word.to_owned()))?;
            }
        }
        Ok(())
    }

    /// Sends the barrier behind what was read, and hands over the position there.
    async fn send_barrier(&mut self, reader: u32) -> Result<(), Box<dyn Error>> {
        let Some(checkpoint) = self.under_way else { return Ok(()) };
        for counter in &mut self.counters {
            counter.inputs.offer(reader as usize, Event::Barrier(checkpoint))?;
        }
        let positions = vec![self.lines.position(reader)];
        let operator = "read".to_owned();
        self.acknowledge(
            checkpoint,
            Acknowledgement { operator, subtask: reader, positions, ..Default::default() },
        )
        .await
    }

    /// Counts what has come. At a barrier that all readers have given, hands over the state.
    async fn count(&mut self) -> Result<(), Box<dyn Error>> {
        for number in 0..self.counters.len() {
            loop {
                let Counter { inputs, state } = &mut self.counters[number];
                match inputs.next() {
                    Some(Aligned::Record { record: word, .. }) => {
                        let count = COUNTS.get(state, &word)?.unwrap_or(0);
                        COUNTS.put(state, &word, &(count + 1))?;
                    }
                    Some(Aligned::Barrier(checkpoint)) => {
                        let handed_over = state.snapshot(checkpoint)?.write(&self.parts).await?;
                        self.acknowledge(checkpoint, handed_over).await?;
                    }
                    Some(Aligned::Abort(checkpoint)) => state.abort(checkpoint),
                    Some(Aligned::End) | None => break,
                }
            }
        }
        Ok(())
    }

    /// The last acknowledgement completes the checkpoint.
    async fn acknowledge(&mut self, checkpoint: u64, it: Acknowledgement) -> Result<(), Box<dyn Error>> {
        let done = self.stream.acknowledge(checkpoint, [it]).under_lease(&self.lease).await?;
        if done.status == CheckpointStatus::Completed && self.under_way == Some(checkpoint) {
            self.under_way = None;
            self.counters.iter_mut().for_each(|counter| counter.state.complete(checkpoint));
            reclaim(&self.stream, &self.parts).await?;
        }
        Ok(())
    }

    async fn last_checkpoint(&mut self) -> Result<(), Box<dyn Error>> {
        let trigger = self.stream.trigger().under_lease(&self.lease).await?;
        let CheckpointTrigger::Triggered(barrier) = trigger else { return Err("one is under way".into()) };
        self.under_way = Some(barrier.checkpoint);
        for reader in 0..READERS {
            self.send_barrier(reader).await?;
        }
        self.count().await
    }
}

/// The same in a folder: counts the log `lines`, which must be there, into the file `counts.json`.
pub async fn run(folder: &Path, counters: u32) -> Result<(), Box<dyn Error>> {
    let hw = crate::open(folder).await?;
    let (lines, parts) =
        (FileLog::open(&folder.join("lines"), READERS)?, FileParts::new(folder.join("parts")));
    let counts = count(&hw.pipeline("dev/words")?, lines, parts, counters).await?;
    std::fs::write(folder.join("counts.json"), serde_json::to_vec_pretty(&counts)?)?;
    hw.close().await;
    Ok(())
}
