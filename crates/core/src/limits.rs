//! Every bound of the core, by name.

/// Longest id of a pipeline, in bytes.
pub const PIPELINE_ID_BYTES: usize = 256;
/// Longest name of a run, node, HWM, lease, worker, tag or parameter, and longest trigger or code version, in bytes.
pub const NAME_BYTES: usize = 256;
/// Longest reason, actor, tag or error message, in bytes.
pub const TEXT_BYTES: usize = 8 * 1024;
/// Longest detail of an error, in bytes.
pub const DETAIL_BYTES: usize = 64 * 1024;
/// Largest value of an HWM or parameter, in bytes.
pub const VALUE_BYTES: usize = 64 * 1024;
/// Largest resume state of an attempt, in bytes.
pub const STATE_BYTES: usize = 1024 * 1024;
/// Most commands in one submission.
pub const BATCH_COMMANDS: usize = 1_000;
/// Most HWMs that one command may move.
pub const HWMS_PER_COMMAND: usize = 10_000;
/// Most HWMs of a pipeline.
pub const HWMS: usize = 1_000_000;
/// Changes kept of each HWM, the present value not counted.
pub const HWM_HISTORY: usize = 64;
/// Most declared HWMs of a pipeline; partitions share the declaration of their name.
pub const HWM_SPECS: usize = 10_000;
/// Most keys that are kept of rows equal to an HWM.
pub const BOUNDARY_KEYS: usize = 1_000;
/// Most HWMs of unordered sources that one attempt may propose.
pub const PROPOSED_HWMS: usize = 100;
/// Most batches of which it is not known what the sink did.
pub const OPEN_BATCHES: usize = 1_000;
/// Batches kept that were committed or aborted; of more, the oldest are dropped.
pub const BATCHES_KEPT: usize = 1_000;
/// Most intervals that one command may name, or one attempt be handed.
pub const INTERVALS_PER_COMMAND: usize = 10_000;
/// Most pieces of coverage of a pipeline; pieces that touch and tell the same are one.
pub const PIECES: usize = 2_000_000;
/// Most intervals of a pipeline that are worked on.
pub const CLAIMS: usize = 100_000;
/// Most arrivals of rows that one command may report.
pub const ARRIVALS_PER_COMMAND: usize = 1_000;
/// Most intervals that one report of late data may reopen, those of the nodes after it included.
pub const LATE_INTERVALS: usize = 100_000;
/// Most nodes and partitions that have late data.
pub const LATE_LINES: usize = 100_000;
/// Reports of late data kept of each node and partition; of more, the oldest are dropped, and stay counted.
pub const LATE_REPORTS_KEPT: usize = 32;
/// Most intervals of which attempts that run may not have seen all rows.
pub const UNSEEN: usize = 100_000;
/// Intervals kept of what a node has done in one run; of more, the two that are nearest to each other are joined.
pub const EXTENT_INTERVALS: usize = 16;
/// Partitions of a node in one run of which it is kept what was done; others are not checked for drift.
pub const EXTENTS: usize = 100;
/// Intervals that a line of a drift report lists as missing, or as outside.
pub const DRIFT_INTERVALS: usize = 16;
/// Most dimensions by which a node is divided into partitions.
pub const PARTITION_DIMENSIONS: usize = 4;
/// Most partitions of a node: as many as its keys make.
pub const PARTITIONS_OF_NODE: usize = 1_000_000;
/// Most partitions of a pipeline that are not missing.
pub const PARTITIONS: usize = 2_000_000;
/// Most keys of dimensions of a pipeline.
pub const PARTITION_KEYS: usize = 1_000_000;
/// Most partitions or keys that one command may name, or partitions that one attempt be handed.
pub const PARTITIONS_PER_COMMAND: usize = 10_000;
/// Most partitions of a pipeline that are worked on.
pub const PARTITION_CLAIMS: usize = 100_000;
/// Partitions that one command looks at before it gives a page that may be empty.
pub const PARTITIONS_LOOKED_AT: usize = 100_000;
/// Longest rules of a zone, in bytes; those of all zones that there are have less than a half.
pub const ZONE_RULES_BYTES: usize = 8 * 1024;
/// Longest cron expression, in bytes.
pub const CRON_BYTES: usize = 256;
/// Longest length of a window in units of a calendar: days, weeks, months, quarters, years.
pub const CALENDAR_UNITS: u64 = 10_000;
/// Most windows before the newest one that are done again with it.
pub const LOOKBACK: u32 = 1_000;
/// Windows that one command looks at before it gives a page that may be empty.
pub const WINDOWS_PER_COMMAND: usize = 100_000;
/// A day of 24 hours, in milliseconds.
pub const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
/// Most windows that one plan is of; of a backfill, so many are counted.
pub const PLAN_WINDOWS: usize = 1_000_000;
/// Most steps of a plan.
pub const PLAN_STEPS: usize = 1_000_000;
/// Hexadecimal digits of the basis of a plan.
pub const BASIS_DIGITS: usize = 32;
/// Most backfills of a pipeline, those that are cancelled or done not left out; delete them when they are of no interest any more.
pub const BACKFILLS: usize = 1_000;
/// Most nodes of a graph or run.
pub const NODES: usize = 10_000;
/// Most nodes that one node may come after.
pub const UPSTREAM_NODES: usize = 1_000;
/// Most attempts that a policy may allow.
pub const ATTEMPTS: u32 = 1_000;
/// Attempts kept of a node; of more, the oldest finished ones are dropped.
pub const ATTEMPTS_KEPT: usize = 100;
/// Decisions kept of a node.
pub const DECISIONS_KEPT: usize = 32;
/// Most parts of a fingerprint.
pub const FINGERPRINT_PARTS: usize = 64;
/// Most artifacts that an attempt may name.
pub const ARTIFACTS: usize = 100;
/// Last successes kept, one a node; of more, the oldest are forgotten, and their nodes run again.
pub const SUCCESSES_KEPT: usize = 10_000;
/// Most unfinished runs of a pipeline.
pub const OPEN_RUNS: usize = 10_000;
/// Finished runs kept; of more, those that finished first are dropped.
pub const FINISHED_RUNS_KEPT: usize = 1_000;
/// Most tags or parameters of a run.
pub const LABELS: usize = 100;
/// A lease is not granted by name when so many are held already, those of attempts included.
pub const LEASES: usize = 10_000;
/// Longest name of a lease as it is listed, in bytes: that of an attempt holds its run and node, escaped.
pub const LEASE_NAME_BYTES: usize = 5 * NAME_BYTES;
/// Most workers that are asked to stop, and were not allowed again.
pub const STOPPED_WORKERS: usize = 10_000;
/// Most dead letters of a pipeline.
pub const DEAD_LETTERS: usize = 10_000;
/// Most dead letters that one command may name.
pub const DEAD_LETTERS_PER_COMMAND: usize = 100;
/// Largest payload of a dead letter, in bytes.
pub const DEAD_LETTER_BYTES: usize = 16 * 1024;
/// Most leases that a beat names; it says them for people only, and a worker may hold more.
pub const BEAT_LEASES: usize = 32;
/// Longest lease, in milliseconds: one day.
pub const LEASE_MS: u64 = 24 * 60 * 60 * 1_000;
/// Shortest lease, in milliseconds.
pub const LEASE_MIN_MS: u64 = 100;
/// Length of a lease when the command leaves it open, in milliseconds.
pub const LEASE_DEFAULT_MS: u64 = 30_000;
/// Longest back-off of a retry policy, in milliseconds: thirty days.
pub const BACKOFF_MS: u64 = 30 * 24 * 60 * 60 * 1_000;
/// Longest deadline of a run or an attempt, in milliseconds: one year.
pub const DEADLINE_MS: u64 = 365 * 24 * 60 * 60 * 1_000;
/// Most things that became due which one record tells of; the next ones have the next record.
pub const DUE_PER_RECORD: usize = 256;
/// Most error classes in a retry policy.
pub const ERROR_CLASSES: usize = 100;
/// Most sub-tasks of a stream, those of all operators together.
pub const SUBTASKS: usize = 10_000;
/// Most key groups of a stream.
pub const KEY_GROUPS: u32 = 32_768;
/// Key groups of a stream that says nothing of them.
pub const KEY_GROUPS_DEFAULT: u32 = 128;
/// Longest interval, timeout, pause or age of checkpoints, in milliseconds: one year.
pub const CHECKPOINT_MS: u64 = 365 * 24 * 60 * 60 * 1_000;
/// Most checkpoints that a policy may have under way at once.
pub const CHECKPOINTS_IN_FLIGHT: usize = 100;
/// Most completed checkpoints that a policy may keep.
pub const CHECKPOINTS_RETAINED: usize = 1_000;
/// Most savepoints of a pipeline.
pub const SAVEPOINTS: usize = 1_000;
/// Aborted checkpoints that are remembered; of more, the oldest are forgotten.
pub const ABORTED_CHECKPOINTS_KEPT: usize = 100;
/// Most parts of a state that one sub-task may name at a barrier.
pub const PARTS_PER_SUBTASK: usize = 1_000;
/// Most parts of states that the checkpoints of a pipeline may need.
pub const STATE_PARTS: usize = 100_000;
/// Largest handle of a sink's transaction, in bytes.
pub const TRANSACTION_BYTES: usize = 64 * 1024;
/// Most transactions of sinks that may wait to be settled.
pub const TRANSACTIONS: usize = 100_000;
/// Dedupe keys kept; of more, the oldest are forgotten.
pub const DEDUPE_KEYS: usize = 10_000;
/// Most submissions that one record takes.
pub const GROUP_SUBMISSIONS: usize = 1_024;
/// A record that has this many bytes of facts takes no further submission.
pub const GROUP_BYTES: usize = 1024 * 1024;
/// Most submissions that may wait for one pipeline.
pub const QUEUE: usize = 100_000;
/// Entries of a page when the command leaves it open.
pub const PAGE_DEFAULT: usize = 100;
/// Most entries of a page.
pub const PAGE: usize = 10_000;
/// Most problems that one validation lists.
pub const PROBLEMS: usize = 1_000;
/// Longest word in the id of a backup, in bytes.
pub const BACKUP_NAME_BYTES: usize = 100;
/// Most changes that a revert lists.
pub const CHANGES: usize = 1_000;
/// Most lost records that a repair lists.
pub const LOST_RECORDS: usize = 1_000;
/// Most bytes of rows that one record may replace; the rest of a record's room is for what else it says.
pub const REPLACED_BYTES: usize = 15 * 1024 * 1024;
/// A repair passes over so many versions that the store knows of and nobody can read, and gives up after twice as many.
pub const HIDDEN_VERSIONS: u64 = 1 << 20;
/// No record gives out more fencing tokens than this: each needs more than 16 bytes of the 16 MiB that a record has.
pub const TOKENS_PER_RECORD: u64 = 1024 * 1024;
/// Finished runs that an estimate looks at.
pub const ESTIMATE_RUNS: usize = 20;
/// Share of a bound from which on notices warn, in percent.
pub const WARN_PERCENT: usize = 80;
