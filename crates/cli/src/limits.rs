//! Every bound of the command, by name. Those of the state itself stand with the core.

use std::time::Duration;

/// Entries that a list shows when `--limit` is left out.
pub(crate) const LIST_ENTRIES: u32 = 50;
/// Entries that one question to the engine asks for.
pub(crate) const PAGE_ENTRIES: u32 = 1_000;
/// How long a process may show no sign of life before others take over, where the caller says nothing.
pub(crate) const LEASE: Duration = Duration::from_secs(30);
/// Beats in the time of one lease: a few may be lost before anybody may take over.
pub(crate) const BEATS_PER_LEASE: u32 = 4;
/// Longest pause between two beats: that is how long a cancelled or fenced command goes on at most.
pub(crate) const BEAT: Duration = Duration::from_secs(2);
/// Shortest pause between two beats.
pub(crate) const BEAT_MIN: Duration = Duration::from_millis(20);
/// Longest pause between two questions whether a node is free.
pub(crate) const ASK_AGAIN: Duration = Duration::from_secs(1);
/// Shortest pause between two such questions.
pub(crate) const ASK_AGAIN_MIN: Duration = Duration::from_millis(5);
/// How often a command that waits says so.
pub(crate) const SAY_AGAIN: Duration = Duration::from_secs(15);
/// Time that a command has to end after it was asked to, before it is killed.
pub(crate) const GRACE: Duration = Duration::from_secs(10);
/// How long stderr may stay open after its command has ended: something in the background may hold it.
pub(crate) const DRAIN: Duration = Duration::from_millis(300);
/// Pause between two looks at a worker that was asked to stop.
pub(crate) const LOOK_AT_STOPPING: Duration = Duration::from_millis(200);
/// Last lines of stderr that are kept with a failed attempt.
pub(crate) const STDERR_LINES: usize = 20;
/// Most bytes of them.
pub(crate) const STDERR_BYTES: usize = 8 * 1024;
/// Largest result file.
pub(crate) const RESULT_BYTES: u64 = 4 * 1024 * 1024;
/// Tries to record an outcome while the store cannot be reached.
pub(crate) const RECORD_TRIES: u32 = 6;
/// Pause after the first of them; it doubles.
pub(crate) const RECORD_PAUSE: Duration = Duration::from_millis(500);
/// Tries to settle with others which run is taken.
pub(crate) const SELECT_TRIES: u32 = 8;
