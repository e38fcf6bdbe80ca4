//! What operators of a stream are written with: keyed state, aligned inputs, and a processor whose effect is exactly once.
//!
//! [`Stream`](crate::Stream) keeps the checkpoints; it holds no state of operators. These helpers hold it in memory, write it in parts,
//! and hand the names of the parts over:
//!
//! | piece | what it does |
//! |---|---|
//! | [`KeyedState`] | the state of one sub-task by key, written incrementally at each checkpoint, restored at any parallelism |
//! | [`ValueState`], [`ListState`], [`MapState`] | typed views of it, by name |
//! | [`PartStore`] | where parts are: [`FileParts`], [`MemoryParts`], or your own |
//! | [`AlignedInput`] | several inputs into one operator: what comes behind a barrier waits until all have it |
//! | [`Source`], [`TransactionalSink`], [`Operator`] | what a user of the processor implements |
//! | [`ExactlyOnceProcessor`] | drives them: checkpoints when they are due, commits when they are complete, recovers after a crash |
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! use highwater::answer::CheckpointTrigger;
//! use highwater::streaming::{KeyedState, MemoryParts, ValueState, reclaim};
//! use highwater::{CheckpointRef, StreamSpec};
//!
//! const COUNTS: ValueState<String, u64> = ValueState::new("counts");
//!
//! let hw = highwater::open("memory:").await?;
//! let stream = hw.pipeline("prod/words")?.stream();
//! stream.declare(StreamSpec::new().operator("count", 1)).await?;
//! let parts = MemoryParts::default();
//!
//! let start = stream.restore(CheckpointRef::Latest).await?;
//! let mut state = KeyedState::restore(&start, "count", 0, &parts).await?;
//! for word in "to be or not to be".split(' ') {
//!     let count = COUNTS.get(&mut state, word)?.unwrap_or(0);
//!     COUNTS.put(&mut state, word, &(count + 1))?;
//! }
//!
//! if let CheckpointTrigger::Triggered(barrier) = stream.trigger().await? {
//!     let done = state.snapshot(barrier.checkpoint)?.write(&parts).await?;
//!     stream.acknowledge(barrier.checkpoint, [done]).await?; // the last one completes it
//!     state.complete(barrier.checkpoint);
//!     reclaim(&stream, &parts).await?;
//! }
//!
//! // After a crash:
//! let start = stream.restore(CheckpointRef::Latest).await?;
//! let mut state = KeyedState::restore(&start, "count", 0, &parts).await?;
//! assert_eq!(COUNTS.get(&mut state, "be")?, Some(2));
//! # Ok::<(), highwater::Error>(()) }).unwrap();
//! ```

mod aligned_input;
mod chain;
mod codec;
mod file_parts;
mod keyed_state;
mod list_state;
mod map_state;
mod memory_parts;
mod operator;
mod part_store;
mod processor;
mod restore;
mod sink;
mod small_bytes;
mod snapshot;
mod source;
mod table;
mod value_state;

pub use aligned_input::{Aligned, AlignedInput, Event};
pub use codec::{Codec, Json};
pub use file_parts::FileParts;
pub use keyed_state::{KeyedState, StateStatistics};
pub use list_state::ListState;
pub use map_state::MapState;
pub use memory_parts::MemoryParts;
pub use operator::Operator;
pub use part_store::{PartStore, reclaim};
pub use processor::{ExactlyOnceProcessor, ProcessorSpec, Progress};
pub use sink::TransactionalSink;
pub use snapshot::Snapshot;
pub use source::Source;
pub use value_state::ValueState;

/// What sources, operators and sinks may fail with.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
