//! Known bugs, for tests of the tests: what the simulator must find when it is there.
//!
//! Each has one site, which asks [`bug!`](crate::bug). Without the feature `known-bugs`, which no release has, the answer is the
//! constant `false`, and nothing of this is left in the program.

macro_rules! known_bugs {
    ($($(#[doc = $doc:literal])* $variant:ident = $name:literal,)*) => {
        /// One way in which the product could be wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum KnownBug {
            $($(#[doc = $doc])* $variant,)*
        }

        impl KnownBug {
            /// All of them.
            pub const ALL: &[KnownBug] = &[$(KnownBug::$variant,)*];

            /// The name, in lower case.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(KnownBug::$variant => $name,)*
                }
            }
        }
    };
}

known_bugs! {
    /// That records were trimmed is taken for nothing new.
    SkipFloor = "skip-floor",
    /// A report counts for the last attempt, whatever its token is.
    ForgetToken = "forget-token",
    /// The reply does not wait for the record to be durable.
    AcknowledgeEarly = "acknowledge-early",
    /// An append whose outcome is not known counts as failed.
    IgnoreAmbiguity = "ignore-ambiguity",
    /// Earlier tries of an append are forgotten when the last one fails.
    ForgetEarlierTries = "forget-earlier-tries",
    /// Whatever stands at the version is taken for one's own record.
    OwnByVersion = "own-by-version",
    /// A read-back that finds nothing proves that nothing is there.
    TrustEmptyRead = "trust-empty-read",
    /// Snapshots leave out the leases.
    DropLeases = "drop-leases",
    /// Snapshots leave out the dedupe keys.
    DropKeys = "drop-keys",
    /// Facts of a lost record stay in the state.
    KeepLostFacts = "keep-lost-facts",
    /// Facts of a durable record can still be taken back.
    KeepUndoLog = "keep-undo-log",
    /// A read on facts that are not durable yet is answered at once.
    AnswerStaged = "answer-staged",
    /// Whatever is in memory is fresh.
    StaleAsFresh = "stale-as-fresh",
    /// A won append counts as a look at the head when it is answered, not when it was sent.
    FreshWhenAnswered = "fresh-when-answered",
    /// The token stays the same at a hand-over.
    SameToken = "same-token",
    /// A held lease is taken over at the first look.
    TakeOverAtOnce = "take-over-at-once",
    /// Only the clock decides when a lease lapses, beats do not.
    IgnoreBeats = "ignore-beats",
    /// A lease outlives an attempt that failed.
    LeaseOutlivesAttempt = "lease-outlives-attempt",
    /// A success stands for another attempt although something of its fingerprint has changed.
    CacheChanged = "cache-changed",
    /// A success stands for another attempt although one has started since.
    CacheOvertaken = "cache-overtaken",
    /// An HWM can be set to a lower value.
    HwmBackwards = "hwm-backwards",
    /// Keys of rows that joined those at an HWM replace them.
    ForgetEdge = "forget-edge",
    /// An HWM of an unordered source moves with each report.
    MoveUnordered = "move-unordered",
    /// An HWM that follows coverage stays where it is when what was done is not any more.
    DerivedStays = "derived-stays",
    /// A batch in doubt does not hold up the next one, and is aborted unasked.
    ForgetDoubt = "forget-doubt",
    /// Snapshots leave out the batches.
    DropBatches = "drop-batches",
    /// A run that has ended can be cancelled.
    EndTwice = "end-twice",
    /// A dedupe key is not looked up.
    ForgetKey = "forget-key",
    /// A snapshot is stored at the version before its own.
    SnapshotVersion = "snapshot-version",
    /// Records are trimmed up to the newest snapshot.
    TrimTooMuch = "trim-too-much",
    /// Unknown fields of a newer version are dropped.
    DropUnknownFields = "drop-unknown-fields",
    /// A submission is answered twice.
    ReplyTwice = "reply-twice",
    /// With several requests under way, a completion goes to the request before.
    MixUpCompletions = "mix-up-completions",
    /// A revert takes the last token back with it.
    RevertToken = "revert-token",
    /// A revert forgets the dedupe keys of the state that it leaves.
    RevertKeys = "revert-keys",
    /// A revert brings back successes whose outputs were overwritten since.
    RevertSuccesses = "revert-successes",
    /// A revert brings leases back.
    RevertLeases = "revert-leases",
    /// A repair gives out tokens again that stood in what was lost.
    RepairToken = "repair-token",
    /// A repair keeps leases.
    RepairLeases = "repair-leases",
    /// A checkpoint completes with its first acknowledgement.
    CompleteEarly = "complete-early",
    /// A checkpoint can be acknowledged under any token.
    ForgetHolder = "forget-holder",
    /// A transaction can be settled before its checkpoint is decided.
    SettlePrepared = "settle-prepared",
    /// Snapshots leave out the transactions of sinks.
    DropTransactions = "drop-transactions",
    /// A part of a state is given up although another checkpoint shares it.
    DropSharedParts = "drop-shared-parts",
    /// A part that was given up for deletion can be named again.
    ReviveParts = "revive-parts",
    /// A restored stream goes on where the sources were, not where the checkpoint was.
    RestoreForgetsPositions = "restore-forgets-positions",
    /// A revert brings old checkpoints back.
    RevertCheckpoints = "revert-checkpoints",
    /// An interval is handed out although somebody works on it.
    ClaimTwice = "claim-twice",
    /// A claim outlives an attempt that crashed.
    ClaimOutlivesCrash = "claim-outlives-crash",
    /// The window of a run is not looked at when its attempts are handed intervals.
    LeaveWindow = "leave-window",
    /// Snapshots leave out the claims of intervals.
    DropClaims = "drop-claims",
    /// What was reported late while it was being loaded counts as done.
    ForgetUnseen = "forget-unseen",
    /// Snapshots leave out what attempts have not seen.
    DropUnseen = "drop-unseen",
    /// Two attempts are handed the same partition.
    ClaimPartitionTwice = "claim-partition-twice",
    /// Snapshots leave out the claims of partitions.
    DropPartitionClaims = "drop-partition-claims",
    /// A partition that is called something else has never been done.
    RekeyForgets = "rekey-forgets",
    /// The intervals of a batch are not done when it is committed.
    CommitForgetsCoverage = "commit-forgets-coverage",
    /// The driver does not wake the engine.
    LoseWakeUp = "lose-wake-up",
    /// A node begins in a run that is paused.
    BeginWhilePaused = "begin-while-paused",
    /// A worker that was asked to stop begins a node.
    BeginWhileStopped = "begin-while-stopped",
    /// Snapshots leave out which workers shall stop.
    DropStops = "drop-stops",
    /// A report counts what was repeated as more that is done.
    CountRepeats = "count-repeats",
    /// An item that was put aside before is not put aside again.
    BuryOnce = "bury-once",
    /// Snapshots leave out the dead letters.
    DropLetters = "drop-letters",
    /// A plan is applied although another one would be made now.
    ApplyOldPlan = "apply-old-plan",
    /// A restatement leaves what is done as it is.
    RestateNothing = "restate-nothing",
    /// The limit of a backfill is not looked at.
    ForgetBackfillLimit = "forget-backfill-limit",
    /// A window of a backfill does not wait for the nodes before it.
    ForgetNodesBefore = "forget-nodes-before",
    /// An attempt on a backfill moves HWMs.
    BackfillMovesHwms = "backfill-moves-hwms",
    /// Shares are handed out of a backfill that was cancelled.
    ShareOfCancelled = "share-of-cancelled",
    /// A window counts as done as soon as a part of it is.
    DoneInPart = "done-in-part",
    /// Snapshots leave out the backfills.
    DropBackfills = "drop-backfills",
    /// A deadline is taken for over before it is.
    FireEarly = "fire-early",
    /// An attempt goes on after its deadline.
    OutliveDeadline = "outlive-deadline",
    /// A run that has ended fails when its deadline comes.
    FailFinished = "fail-finished",
}

#[cfg(feature = "known-bugs")]
mod planted {
    use std::cell::Cell;

    use super::KnownBug;

    thread_local! {
        static PLANTED: Cell<Option<KnownBug>> = const { Cell::new(None) };
    }

    /// Makes this bug, and no other, present on this thread.
    pub fn plant(bug: Option<KnownBug>) {
        PLANTED.set(bug);
    }

    /// Whether this bug is present on this thread.
    #[must_use]
    pub fn is_present(bug: KnownBug) -> bool {
        PLANTED.get() == Some(bug)
    }
}

#[cfg(feature = "known-bugs")]
pub use planted::{is_present, plant};

/// Never, without the feature `known-bugs`.
#[cfg(not(feature = "known-bugs"))]
#[must_use]
pub const fn is_present(_: KnownBug) -> bool {
    false
}

/// Whether a [known bug](crate::known_bug) is present here: `false`, but in tests of the tests.
#[doc(hidden)]
#[macro_export]
macro_rules! bug {
    ($name:ident) => {
        $crate::known_bug::is_present($crate::known_bug::KnownBug::$name)
    };
}
