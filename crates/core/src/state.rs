//! The folded state of one pipeline: tables of rows, changed by facts alone.

use std::sync::Arc;

use highwater_format::fact::{
    CadenceDeclared, Fact, HwmDeclared, LateRuleDeclared, SinkDeclared, SourceObserved, WorkerStopped,
};
use highwater_format::{Digest, Extra};

use crate::row::{
    AcknowledgementRow, AttemptRow, BackfillRow, BatchRow, CheckpointRow, ClaimRow, DeadLetterRow, GraphRow,
    HeadRow, HwmPastRow, HwmRow, LateRow, LeaseRow, NodeRow, PartitionClaimRow, PartitionKeyRow,
    PartitionRow, PartitioningRow, PieceRow, RememberedRow, RunRow, Said, StatePartRow, StreamRow,
    SuccessRow, TransactionRow, UnseenRow,
};
use crate::table::{ONLY, Table};
use crate::{
    attempt, backfill, batch, cadence, checkpoint, coverage, dead_letter, due, graph, hwm, hwm_spec, late,
    lease, node, partition, remember, replace, run, sink, state_part, stop, stream, success, transaction,
};

/// Run and node.
pub(crate) type NodeKey = (String, String);
/// Run, node and number of the attempt.
pub(crate) type AttemptKey = (String, String, u32);

/// HWM and place in its history; see [`hwm::place`].
pub(crate) type HwmPastKey = (Arc<str>, u64);
/// Node and partition in one, and the place of a start; see [`coverage::Line`]. Of the same type as others, so that the tables
/// have the same code.
pub(crate) type SpanKey = (Arc<str>, u64);

/// What the journal up to a version says.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    /// Version of the last record that was folded; 0 before the first.
    pub(crate) version: u64,
    /// Digest of that record.
    pub(crate) digest: Digest,
    /// Nothing is due before this time; see `due.rs`. It says when to look, and is no part of what was decided.
    pub(crate) due_from_ms: i64,
    pub(crate) head: Table<u64, HeadRow>,
    pub(crate) graph: Table<u64, GraphRow>,
    pub(crate) runs: Table<String, RunRow>,
    /// Runs by the order of their start.
    pub(crate) runs_by_number: Table<u64, String>,
    /// Finished runs by the order of their end.
    pub(crate) runs_by_finish: Table<u64, String>,
    pub(crate) nodes: Table<NodeKey, NodeRow>,
    pub(crate) attempts: Table<AttemptKey, AttemptRow>,
    pub(crate) hwms: Table<Arc<str>, HwmRow>,
    pub(crate) hwm_past: Table<HwmPastKey, HwmPastRow>,
    /// How HWMs were declared.
    pub(crate) hwm_specs: Table<Arc<str>, Said<HwmDeclared>>,
    /// HWMs that follow coverage, by the name of its line and their own.
    pub(crate) derived_hwms: Table<NodeKey, ()>,
    /// What the sources of HWMs have.
    pub(crate) hwm_sources: Table<Arc<str>, Said<SourceObserved>>,
    pub(crate) batches: Table<u64, BatchRow>,
    /// Batches of which it is not known what the sink did, by node and number.
    pub(crate) open_batches: Table<(Arc<str>, u64), u64>,
    pub(crate) sinks: Table<Arc<str>, Said<SinkDeclared>>,
    pub(crate) leases: Table<String, LeaseRow>,
    /// Workers that were asked to stop.
    pub(crate) stops: Table<Arc<str>, Said<WorkerStopped>>,
    /// By node and key of the item.
    pub(crate) dead_letters: Table<NodeKey, DeadLetterRow>,
    pub(crate) stream: Table<u64, StreamRow>,
    pub(crate) checkpoints: Table<u64, CheckpointRow>,
    /// By [`checkpoint::key`].
    pub(crate) acknowledgements: Table<AttemptKey, AcknowledgementRow>,
    /// Transactions that are not settled, by [`checkpoint::key`].
    pub(crate) transactions: Table<AttemptKey, TransactionRow>,
    /// Parts of states that a checkpoint needs.
    pub(crate) parts: Table<String, StatePartRow>,
    /// Parts of states that nothing needs any more, and that may be deleted.
    pub(crate) reclaimable: Table<String, StatePartRow>,
    /// What of its axis each node has done, or failed at.
    pub(crate) pieces: Table<SpanKey, PieceRow>,
    /// What attempts work on.
    pub(crate) claims: Table<SpanKey, ClaimRow>,
    /// Cadences by their nodes; that of all nodes has no name.
    pub(crate) cadences: Table<Arc<str>, Said<CadenceDeclared>>,
    /// What nodes do about late data, by their names; that of all nodes has none.
    pub(crate) late_rules: Table<Arc<str>, Said<LateRuleDeclared>>,
    /// Late data by node and partition.
    pub(crate) late: Table<Arc<str>, LateRow>,
    /// What attempts that run have not seen.
    pub(crate) unseen: Table<SpanKey, UnseenRow>,
    /// How nodes are divided into partitions.
    pub(crate) partitionings: Table<Arc<str>, PartitioningRow>,
    /// Keys of dimensions by their order; see [`partition::Dimension`].
    pub(crate) partition_keys: Table<SpanKey, PartitionKeyRow>,
    /// Their numbers by themselves.
    pub(crate) partition_key_numbers: Table<Arc<str>, u64>,
    /// Partitions that are not missing, by node and name as coverage is.
    pub(crate) partitions: Table<Arc<str>, PartitionRow>,
    /// Partitions that attempts work on.
    pub(crate) partition_claims: Table<Arc<str>, PartitionClaimRow>,
    pub(crate) backfills: Table<String, BackfillRow>,
    pub(crate) remembered: Table<String, RememberedRow>,
    /// Dedupe keys by the order in which they came.
    pub(crate) remembered_by_number: Table<u64, String>,
    /// The last success of each node.
    pub(crate) successes: Table<String, SuccessRow>,
    /// Nodes by the token of their last success.
    pub(crate) successes_by_token: Table<u64, String>,
}

/// Where and when a fact was decided.
#[derive(Clone, Copy, Debug)]
pub(crate) struct At {
    /// Version of its record.
    pub(crate) version: u64,
    /// Time of its record, milliseconds since the Unix epoch.
    pub(crate) at_ms: i64,
}

/// Position in the undo logs of all tables.
pub(crate) struct Mark([usize; 40]);

impl Mark {
    /// Before all changes that can be taken back.
    pub(crate) const START: Mark = Mark([0; 40]);
}

/// Runs a method of all tables, so that none is forgotten.
macro_rules! each_table {
    ($state:expr, $table:ident => $body:expr) => {{
        let state = $state;
        [
            {
                let $table = &mut state.head;
                $body
            },
            {
                let $table = &mut state.graph;
                $body
            },
            {
                let $table = &mut state.runs;
                $body
            },
            {
                let $table = &mut state.runs_by_number;
                $body
            },
            {
                let $table = &mut state.runs_by_finish;
                $body
            },
            {
                let $table = &mut state.nodes;
                $body
            },
            {
                let $table = &mut state.attempts;
                $body
            },
            {
                let $table = &mut state.hwms;
                $body
            },
            {
                let $table = &mut state.hwm_past;
                $body
            },
            {
                let $table = &mut state.hwm_specs;
                $body
            },
            {
                let $table = &mut state.derived_hwms;
                $body
            },
            {
                let $table = &mut state.hwm_sources;
                $body
            },
            {
                let $table = &mut state.batches;
                $body
            },
            {
                let $table = &mut state.open_batches;
                $body
            },
            {
                let $table = &mut state.sinks;
                $body
            },
            {
                let $table = &mut state.leases;
                $body
            },
            {
                let $table = &mut state.stops;
                $body
            },
            {
                let $table = &mut state.dead_letters;
                $body
            },
            {
                let $table = &mut state.stream;
                $body
            },
            {
                let $table = &mut state.checkpoints;
                $body
            },
            {
                let $table = &mut state.acknowledgements;
                $body
            },
            {
                let $table = &mut state.transactions;
                $body
            },
            {
                let $table = &mut state.parts;
                $body
            },
            {
                let $table = &mut state.reclaimable;
                $body
            },
            {
                let $table = &mut state.pieces;
                $body
            },
            {
                let $table = &mut state.claims;
                $body
            },
            {
                let $table = &mut state.cadences;
                $body
            },
            {
                let $table = &mut state.late_rules;
                $body
            },
            {
                let $table = &mut state.late;
                $body
            },
            {
                let $table = &mut state.unseen;
                $body
            },
            {
                let $table = &mut state.partitionings;
                $body
            },
            {
                let $table = &mut state.partition_keys;
                $body
            },
            {
                let $table = &mut state.partition_key_numbers;
                $body
            },
            {
                let $table = &mut state.partitions;
                $body
            },
            {
                let $table = &mut state.partition_claims;
                $body
            },
            {
                let $table = &mut state.backfills;
                $body
            },
            {
                let $table = &mut state.remembered;
                $body
            },
            {
                let $table = &mut state.remembered_by_number;
                $body
            },
            {
                let $table = &mut state.successes;
                $body
            },
            {
                let $table = &mut state.successes_by_token;
                $body
            },
        ]
    }};
}

impl State {
    pub(crate) fn head(&self) -> HeadRow {
        self.head.get(&ONLY).cloned().unwrap_or_default()
    }

    /// Runs that are not finished.
    pub(crate) fn open_runs(&self) -> usize {
        self.runs.len().saturating_sub(self.runs_by_finish.len())
    }

    /// Folds one fact. Total: a fact that does not fit the state changes nothing.
    pub(crate) fn apply(&mut self, fact: &Fact, extra: &Extra, at: At) {
        run::apply(self, fact, extra, at);
        node::apply(self, fact, extra, at);
        success::apply(self, fact, extra, at);
        attempt::apply(self, fact, extra, at);
        lease::apply(self, fact, extra, at);
        batch::apply(self, fact, extra, at);
        checkpoint::apply(self, fact, extra, at);
        transaction::apply(self, fact, extra);
        coverage::apply(self, fact, extra, at);
        late::apply(self, fact, extra, at);
        partition::apply(self, fact, extra, at);
        backfill::apply(self, fact, extra, at);
        stop::apply(self, fact, extra);
        dead_letter::apply(self, fact, extra, at);
        due::apply(self, fact);
        match fact {
            Fact::GraphDeclared(fact) => graph::apply(self, fact, extra),
            Fact::HwmSet(_) | Fact::HwmRewound(_) | Fact::HwmDeleted(_) => hwm::apply(self, fact, extra, at),
            Fact::HwmDeclared(fact) => hwm_spec::declared(self, fact, extra, at),
            Fact::SourceObserved(fact) => hwm_spec::observed(self, fact, extra),
            Fact::SinkDeclared(fact) => sink::declared(self, fact, extra),
            Fact::CadenceDeclared(fact) => cadence::declared(self, fact, extra, at),
            Fact::CommandRemembered(fact) => remember::apply(self, fact, extra),
            Fact::StreamDeclared(_) | Fact::StreamRestored(_) => stream::apply(self, fact, extra),
            Fact::StatePartsDeleted(fact) => state_part::apply(self, fact),
            Fact::StateReplaced(fact) => replace::apply(self, fact),
            _ => {}
        }
    }

    pub(crate) fn change_head(&mut self, change: impl FnOnce(&mut HeadRow)) {
        let mut head = self.head();
        change(&mut head);
        self.head.insert(ONLY, head);
    }

    pub(crate) fn mark(&mut self) -> Mark {
        Mark(each_table!(self, table => table.mark()))
    }

    pub(crate) fn roll_back(&mut self, mark: &Mark) {
        let mut marks = mark.0.iter();
        each_table!(self, table => table.roll_back(marks.next().copied().unwrap_or(0)));
    }

    /// All changes since the last time are durable.
    pub(crate) fn settle(&mut self) {
        each_table!(self, table => table.settle());
    }
}
