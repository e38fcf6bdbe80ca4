//! The machines do what their tables say: nothing else is possible, and the scenarios take every transition.

#[path = "fact_about.rs"]
mod fact_about;
#[path = "followed_backfills.rs"]
mod followed_backfills;
#[path = "followed_coverage.rs"]
mod followed_coverage;
#[path = "followed_partitions.rs"]
mod followed_partitions;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use highwater_core::attempt::AttemptStatus;
use highwater_core::batch::BatchStatus;
use highwater_core::checkpoint::CheckpointStatus;
use highwater_core::lease::LeaseStatus;
use highwater_core::node::NodeStatus;
use highwater_core::{
    attempt, backfill, batch, checkpoint, coverage, lease, node, partition, run, transaction,
};
use highwater_core::{row::Row, run::RunStatus, transaction::TransactionStatus};
use highwater_format::fact::*;
use highwater_format::value::Value;
use highwater_format::{Fact, FactTable, decode_entries};

use fact_about::{about, lease_of};

type Triples<S> = BTreeSet<(S, &'static str, S)>;

fn text() -> String {
    "x".to_owned()
}

fn reason(code: ReasonCode) -> Reason {
    Reason { code, message: text() }
}

const REASONS: [ReasonCode; 19] = [
    ReasonCode::FirstAttempt,
    ReasonCode::Retry,
    ReasonCode::TookOver,
    ReasonCode::Forced,
    ReasonCode::Reset,
    ReasonCode::AlreadySucceeded,
    ReasonCode::UpstreamFailed,
    ReasonCode::AttemptsExhausted,
    ReasonCode::UpstreamPending,
    ReasonCode::RetryBackoff,
    ReasonCode::Held,
    ReasonCode::Changed,
    ReasonCode::Cached,
    ReasonCode::Skipped,
    ReasonCode::SkippedWithDownstream,
    ReasonCode::AlreadyCovered,
    ReasonCode::NotDue,
    ReasonCode::Paused,
    ReasonCode::HandedBack,
];

/// Every fact, with every content that a machine looks at.
fn facts() -> Vec<Fact> {
    let (run, node, attempt, counts) = (text(), text(), 1, Counts::default());
    let error = ErrorRecord { class: text(), message: text(), detail: None };
    let mut facts: Vec<Fact> = run_facts();
    facts.extend(lease_facts());
    facts.extend(stream_facts());
    facts.push(GraphDeclared { nodes: Vec::new() }.into());
    facts.push(
        AttemptStarted {
            run: run.clone(),
            node: node.clone(),
            attempt,
            token: 1,
            worker: text(),
            lease_ms: 1,
            reason: reason(ReasonCode::FirstAttempt),
            fingerprint: None,
            backfill: None,
            deadline_at_ms: None,
        }
        .into(),
    );
    let (state, proposed, artifacts) = (None, Vec::new(), Vec::new());
    let (run, node, evidence) = (text(), text(), None);
    facts.push(AttemptCrashed { run, node, attempt, evidence, reason: None, actor: None }.into());
    let (run, node) = (text(), text());
    facts.push(AttemptProgressed { run, node, attempt, counts, state, proposed }.into());
    let (run, node) = (text(), text());
    facts.push(AttemptSucceeded { run, node, attempt, counts, artifacts }.into());
    for retry_at_ms in [None, Some(1)] {
        let (run, node, error, reason) = (text(), text(), error.clone(), reason(ReasonCode::RetryBackoff));
        facts.push(AttemptFailed { run, node, attempt, counts, error, retry_at_ms, reason }.into());
    }
    facts.extend(followed_backfills::facts());
    facts.extend(followed_coverage::facts());
    facts.extend(followed_partitions::facts());
    let (run, node) = (text(), text());
    facts.push(AttemptHandedBack { run, node, attempt, counts, state: None, reason: text() }.into());
    facts.push(WorkerStopped { worker: text(), reason: text(), ..WorkerStopped::default() }.into());
    let items = Vec::new();
    facts.push(DeadLettersBuried { run: text(), node: text(), attempt, items }.into());
    let (keys, requeued, actor, token) = (Vec::new(), false, None, None);
    let settled = DeadLettersSettled { node: text(), keys, requeued, reason: text(), actor, token };
    facts.push(settled.into());
    facts.push(WorkerAllowed { worker: text(), reason: text(), actor: None }.into());
    facts.extend(REASONS.map(|code| {
        let (fingerprint, success, actor) = (None, None, None);
        NodeSkipped { run: text(), node: text(), reason: reason(code), fingerprint, success, actor }.into()
    }));
    facts.push(NodeForced { run: text(), node: text(), reason: text(), actor: None }.into());
    facts.push(NodeReset { run: text(), node: text(), reason: text(), actor: None }.into());
    facts
}

fn prepared() -> Fact {
    let (hwms, state, counts, covered) = (Vec::new(), None, None, Vec::new());
    BatchPrepared {
        batch: 1,
        run: text(),
        node: text(),
        attempt: 1,
        key: text(),
        hwms,
        state,
        counts,
        covered,
    }
    .into()
}

fn run_facts() -> Vec<Fact> {
    let started = RunStarted { run: text(), ..RunStarted::default() };
    let mut facts: Vec<Fact> = vec![
        started.into(),
        RunResumed { run: text(), ..RunResumed::default() }.into(),
        RunCancelled { run: text(), reason: text(), actor: None }.into(),
        RunPaused { run: text(), reason: text(), actor: None }.into(),
    ];
    for status in [FinalStatus::Succeeded, FinalStatus::Partial, FinalStatus::Failed, FinalStatus::Crashed] {
        facts.push(RunFinished { run: text(), status, error: None }.into());
    }
    facts
}

fn lease_facts() -> Vec<Fact> {
    let value = Value::Int(1);
    vec![
        LeaseAcquired { name: text(), token: 1, worker: text(), lease_ms: 1, evidence: None }.into(),
        LeaseReleased { name: text(), token: 1 }.into(),
        LeaseForced { name: text(), token: 1, reason: text(), actor: None }.into(),
        HwmSet { name: text(), value: value.clone(), cast: false, run: None, node: None, keys: Vec::new() }
            .into(),
        HwmRewound { name: text(), value, reason: text(), actor: None }.into(),
        HwmDeleted { name: text(), reason: text(), actor: None }.into(),
        HwmDeclared { name: text(), ..HwmDeclared::default() }.into(),
        SinkDeclared { node: text(), kind: SinkKind::Token }.into(),
        CadenceDeclared { node: text(), cadence: None }.into(),
        LateRuleDeclared { node: text(), rule: None }.into(),
        prepared(),
        BatchCommitted { batch: 1, receipt: None, run: None, attempt: None, reason: None, actor: None }
            .into(),
        BatchAborted { batch: 1, reason: text(), run: None, attempt: None, actor: None }.into(),
        SourceObserved { name: text(), ..SourceObserved::default() }.into(),
        CommandRemembered { key: text(), command: 1, answers: vec![1] }.into(),
        StateReplaced {
            cause: ReplaceCause::Revert,
            source: None,
            source_version: 1,
            backup: None,
            reason: text(),
            actor: None,
            rows_put: Vec::new(),
            rows_removed: Vec::new(),
        }
        .into(),
        JournalRepaired {
            from_version: 0,
            kept_up_to: 1,
            lost_up_to: 2,
            set_aside: None,
            reason: text(),
            actor: None,
        }
        .into(),
    ]
}

fn stream_facts() -> Vec<Fact> {
    let policy = CheckpointPolicy::default();
    let (cause, reason, actor) = (AbortCause::Declined, text(), None);
    let discarded = DiscardCause::Deleted;
    vec![
        StreamDeclared { operators: Vec::new(), key_groups: 1, policy }.into(),
        StreamRestored { checkpoint: None, generation: 1, reason: None, actor: None }.into(),
        CheckpointTriggered { checkpoint: 1, savepoint: None, lease: None, token: 0 }.into(),
        CheckpointAcknowledged { checkpoint: 1, acknowledgements: Vec::new() }.into(),
        CheckpointCompleted { checkpoint: 1 }.into(),
        CheckpointAborted { checkpoint: 1, cause, reason, actor }.into(),
        CheckpointsDiscarded { checkpoints: vec![1], cause: discarded, reason: None, actor: None }.into(),
        TransactionsSettled { transactions: Vec::new() }.into(),
        StatePartsDeleted { parts: Vec::new() }.into(),
    ]
}

/// What a transition function allows.
fn possible<S: Copy + Ord>(statuses: &[S], transition: impl Fn(S, &Fact) -> Option<S>) -> Triples<S> {
    let facts = facts();
    let all = statuses.iter().flat_map(|from| facts.iter().map(move |fact| (*from, fact)));
    all.filter_map(|(from, fact)| Some((from, fact.name(), transition(from, fact)?))).collect()
}

/// A machine that must have been entered, with the status after: its table knows no other.
fn entered<S: Copy>(table: &[(Option<S>, &'static str, S)]) -> Vec<(Option<S>, &'static str, Option<S>)> {
    table.iter().map(|(from, fact, to)| (*from, *fact, Some(*to))).collect()
}

fn same<S: Ord + Copy + Debug>(machine: &str, table: &[(S, &'static str, S)], found: &Triples<S>, how: &str) {
    let table: Triples<S> = table.iter().copied().collect();
    let missing: Vec<_> = table.difference(found).collect();
    let surplus: Vec<_> = found.difference(&table).collect();
    assert!(missing.is_empty(), "{machine}: these transitions of the table were never {how}: {missing:#?}");
    assert!(surplus.is_empty(), "{machine}: these were {how} and are not in the table: {surplus:#?}");
}

fn with_none<S: Copy>(statuses: &[S]) -> Vec<Option<S>> {
    std::iter::once(None).chain(statuses.iter().copied().map(Some)).collect()
}

const LEASE_STATUSES: [LeaseStatus; 2] = [LeaseStatus::Free, LeaseStatus::Held];

#[test]
fn the_samples_hold_every_fact() {
    let sampled: BTreeSet<&str> = facts().iter().map(FactTable::name).collect();
    let all: BTreeSet<&str> = Fact::layout().iter().map(|layout| layout.name).collect();
    assert_eq!(sampled, all);
}

#[test]
fn the_tables_say_what_is_possible() {
    let runs = possible(&with_none(&RunStatus::ALL), |from, fact| run::transition(from, fact).map(Some));
    same("run", &entered(run::TRANSITIONS), &runs, "possible");
    let nodes = possible(&with_none(&NodeStatus::ALL), |from, fact| node::transition(from, fact).map(Some));
    same("node", &entered(node::TRANSITIONS), &nodes, "possible");
    let attempts =
        possible(&with_none(&AttemptStatus::ALL), |from, fact| attempt::transition(from, fact).map(Some));
    same("attempt", &entered(attempt::TRANSITIONS), &attempts, "possible");
    let batches =
        possible(&with_none(&BatchStatus::ALL), |from, fact| batch::transition(from, fact).map(Some));
    same("batch", &entered(batch::TRANSITIONS), &batches, "possible");
    let checkpoints = possible(&with_none(&CheckpointStatus::ALL), |from, fact| {
        checkpoint::transition(from, fact).map(Some)
    });
    same("checkpoint", &entered(checkpoint::TRANSITIONS), &checkpoints, "possible");
    let transactions = possible(&with_none(&TransactionStatus::ALL), |from, fact| {
        transaction::transition(from, fact).map(Some)
    });
    same("transaction", &entered(transaction::TRANSITIONS), &transactions, "possible");
    let leases = possible(&LEASE_STATUSES, lease::transition);
    same("lease", lease::TRANSITIONS, &leases, "possible");
    let pieces = possible(&coverage::STATUSES, coverage::transition);
    same("coverage", coverage::TRANSITIONS, &pieces, "possible");
    let partitions = possible(&partition::STATUSES, partition::transition);
    same("partition", partition::TRANSITIONS, &partitions, "possible");
    let backfills = possible(&with_none(&backfill::BackfillStatus::STORED), backfill::transition);
    same("backfill", backfill::TRANSITIONS, &backfills, "possible");
}

/// The machines of one journal, followed fact by fact with the transition functions alone.
#[derive(Default)]
struct Followed {
    runs: BTreeMap<String, RunStatus>,
    nodes: BTreeMap<(String, String), NodeStatus>,
    attempts: BTreeMap<(String, String, u32), AttemptStatus>,
    /// Batches, with their runs and nodes.
    batches: BTreeMap<u64, ((String, String), BatchStatus)>,
    /// Leases that are held, with the run whose attempt they protect.
    leases: BTreeMap<String, Option<String>>,
    checkpoints: BTreeMap<u64, CheckpointStatus>,
    /// By checkpoint, operator and sub-task.
    transactions: BTreeMap<(u64, String, u32), TransactionStatus>,
    coverage: followed_coverage::Coverage,
    partitions: followed_partitions::Partitions,
    backfills: followed_backfills::Backfills,
}

#[derive(Default)]
struct Taken {
    runs: Triples<Option<RunStatus>>,
    nodes: Triples<Option<NodeStatus>>,
    attempts: Triples<Option<AttemptStatus>>,
    batches: Triples<Option<BatchStatus>>,
    leases: Triples<LeaseStatus>,
    checkpoints: Triples<Option<CheckpointStatus>>,
    transactions: Triples<Option<TransactionStatus>>,
    coverage: Triples<CoverageStatus>,
    partitions: Triples<CoverageStatus>,
    backfills: followed_backfills::Taken,
}

impl Followed {
    /// Another state takes the place of this one. That is no transition: the machines are put where they were in it.
    fn replace(&mut self, fact: &StateReplaced) {
        for key in &fact.rows_removed {
            match (key.table.as_str(), key.names.as_slice()) {
                ("run", [run]) => drop(self.runs.remove(run)),
                ("node", [run, node]) => drop(self.nodes.remove(&(run.clone(), node.clone()))),
                ("attempt", [run, node]) => {
                    self.attempts.remove(&(run.clone(), node.clone(), key.number as u32));
                }
                ("lease", [lease]) => drop(self.leases.remove(lease)),
                _ => {}
            }
        }
        for entry in decode_entries::<Row>(&fact.rows_put).expect("rows").entries {
            match entry.fact {
                Row::RunRow(row) => drop(self.runs.insert(row.run, row.status)),
                Row::NodeRow(row) => drop(self.nodes.insert((row.run, row.node), row.status)),
                Row::AttemptRow(row) => {
                    assert_ne!(row.status, AttemptStatus::Running, "nobody holds a lease of another state");
                    self.attempts.insert((row.run, row.node, row.attempt), row.status);
                }
                Row::BatchRow(row) => {
                    assert_ne!(row.status, BatchStatus::Prepared, "nobody is at work in another state");
                    self.batches.insert(row.batch, ((row.run, row.node), row.status));
                }
                Row::LeaseRow(row) => panic!("the lease {} came back", row.name),
                _ => {}
            }
        }
    }

    fn fold_batches(&mut self, fact: &Fact, taken: &mut Taken) {
        let (number, place) = match fact {
            Fact::BatchPrepared(fact) => {
                self.batches
                    .insert(fact.batch, ((fact.run.clone(), fact.node.clone()), BatchStatus::Prepared));
                taken.batches.insert((None, "batch-prepared", Some(BatchStatus::Prepared)));
                return;
            }
            Fact::BatchCommitted(fact) => (Some(fact.batch), None),
            Fact::BatchAborted(fact) => (Some(fact.batch), None),
            Fact::AttemptFailed(fact) => (None, Some((&fact.run, Some(&fact.node)))),
            Fact::AttemptCrashed(fact) => (None, Some((&fact.run, Some(&fact.node)))),
            Fact::AttemptHandedBack(fact) => (None, Some((&fact.run, Some(&fact.node)))),
            Fact::RunFinished(fact) => (None, Some((&fact.run, None))),
            Fact::RunCancelled(fact) => (None, Some((&fact.run, None))),
            _ => return,
        };
        for (batch, ((run, node), status)) in &mut self.batches {
            let is_of = |(its_run, its_node): (&String, Option<&String>)| {
                its_run == run && its_node.is_none_or(|its_node| its_node == node)
            };
            if number.is_some_and(|number| number != *batch) || place.is_some_and(|place| !is_of(place)) {
                continue;
            }
            if let Some(to) = batch::transition(Some(*status), fact) {
                taken.batches.insert((Some(*status), fact.name(), Some(to)));
                *status = to;
            }
        }
    }

    fn fold(&mut self, fact: &Fact, taken: &mut Taken) {
        if let Fact::StateReplaced(fact) = fact {
            self.coverage.replace(fact);
            self.partitions.replace(fact);
            return self.replace(fact);
        }
        self.fold_batches(fact, taken);
        self.fold_stream(fact, taken);
        self.coverage.fold(fact, &mut taken.coverage);
        self.partitions.fold(fact, &mut taken.partitions);
        self.backfills.fold(fact, &mut taken.backfills);
        let name = fact.name();
        let ends_run = matches!(fact, Fact::RunFinished(_) | Fact::RunCancelled(_));
        let (run, node, attempt) = about(fact);
        if let Some(run) = run {
            step(&mut self.runs, run.clone(), fact, run::transition, &mut taken.runs);
        }
        let nodes: Vec<_> = match (run, node) {
            (Some(run), Some(node)) => vec![(run.clone(), node.clone())],
            (Some(run), None) if ends_run => self.nodes.keys().filter(|key| key.0 == *run).cloned().collect(),
            _ => Vec::new(),
        };
        nodes
            .into_iter()
            .for_each(|key| step(&mut self.nodes, key, fact, node::transition, &mut taken.nodes));
        let attempts: Vec<_> = match (run, node, attempt) {
            (Some(run), Some(node), Some(attempt)) => vec![(run.clone(), node.clone(), attempt)],
            (Some(run), ..) if ends_run => {
                self.attempts.keys().filter(|key| key.0 == *run).cloned().collect()
            }
            _ => Vec::new(),
        };
        for key in attempts {
            step(&mut self.attempts, key, fact, attempt::transition, &mut taken.attempts);
        }
        let of_run = |holder: &Option<String>| ends_run && holder.is_some() && holder.as_ref() == run;
        let leases: Vec<String> = match lease_of(fact) {
            Some(lease) => vec![lease],
            None => self
                .leases
                .iter()
                .filter(|(_, holder)| of_run(holder))
                .map(|(name, _)| name.clone())
                .collect(),
        };
        for lease in leases {
            let from = if self.leases.contains_key(&lease) { LeaseStatus::Held } else { LeaseStatus::Free };
            let Some(to) = lease::transition(from, fact) else { continue };
            taken.leases.insert((from, name, to));
            match to {
                LeaseStatus::Held => drop(self.leases.insert(lease, attempt.and(run.cloned()))),
                LeaseStatus::Free => drop(self.leases.remove(&lease)),
            }
        }
    }
}

/// The checkpoints that a fact is about.
fn checkpoints_of(fact: &Fact) -> Vec<u64> {
    match fact {
        Fact::CheckpointTriggered(fact) => vec![fact.checkpoint],
        Fact::CheckpointAcknowledged(fact) => vec![fact.checkpoint],
        Fact::CheckpointCompleted(fact) => vec![fact.checkpoint],
        Fact::CheckpointAborted(fact) => vec![fact.checkpoint],
        Fact::CheckpointsDiscarded(fact) => fact.checkpoints.clone(),
        _ => Vec::new(),
    }
}

impl Followed {
    fn fold_stream(&mut self, fact: &Fact, taken: &mut Taken) {
        let checkpoints = checkpoints_of(fact);
        for &key in &checkpoints {
            step(&mut self.checkpoints, key, fact, checkpoint::transition, &mut taken.checkpoints);
        }
        let transactions: Vec<(u64, String, u32)> = match fact {
            Fact::CheckpointAcknowledged(fact) => {
                let with = fact.acknowledgements.iter().filter(|it| it.transaction.is_some());
                with.map(|it| (fact.checkpoint, it.operator.clone(), it.subtask)).collect()
            }
            Fact::TransactionsSettled(fact) => {
                let settled = fact.transactions.iter();
                settled.map(|it| (it.checkpoint, it.operator.clone(), it.subtask)).collect()
            }
            _ => self.transactions.keys().filter(|key| checkpoints.contains(&key.0)).cloned().collect(),
        };
        for key in transactions {
            step(&mut self.transactions, key, fact, transaction::transition, &mut taken.transactions);
        }
    }
}

fn step<K: Ord, S: Copy + Ord>(
    machines: &mut BTreeMap<K, S>,
    key: K,
    fact: &Fact,
    transition: impl Fn(Option<S>, &Fact) -> Option<S>,
    taken: &mut Triples<Option<S>>,
) {
    let from = machines.get(&key).copied();
    if let Some(to) = transition(from, fact) {
        taken.insert((from, fact.name(), Some(to)));
        machines.insert(key, to);
    }
}

#[test]
fn the_scenarios_take_every_transition() {
    let mut taken = Taken::default();
    for scenario in highwater_tests::scenarios() {
        let (world, _) = scenario.run();
        for records in world.landed().values() {
            let mut followed = Followed::default();
            let facts = records.iter().flat_map(|record| &record.facts);
            facts.for_each(|entry| followed.fold(&entry.fact, &mut taken));
        }
    }
    same("run", &entered(run::TRANSITIONS), &taken.runs, "taken");
    same("node", &entered(node::TRANSITIONS), &taken.nodes, "taken");
    same("attempt", &entered(attempt::TRANSITIONS), &taken.attempts, "taken");
    same("batch", &entered(batch::TRANSITIONS), &taken.batches, "taken");
    same("lease", lease::TRANSITIONS, &taken.leases, "taken");
    same("checkpoint", &entered(checkpoint::TRANSITIONS), &taken.checkpoints, "taken");
    same("transaction", &entered(transaction::TRANSITIONS), &taken.transactions, "taken");
    same("coverage", coverage::TRANSITIONS, &taken.coverage, "taken");
    same("partition", partition::TRANSITIONS, &taken.partitions, "taken");
    same("backfill", backfill::TRANSITIONS, &taken.backfills, "taken");
}
