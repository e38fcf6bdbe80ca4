//! What is asked of a host: any command, made of a few choices, which mostly fits what the host was told before.

use std::collections::BTreeMap;

use highwater_core::answer::WindowStatus;
use highwater_core::command::*;
use highwater_format::fact::{
    Axis, BackfillAction, BackfillOrder, Cadence, Counts, DeadItem, ErrorRecord, FinalStatus, HwmBound,
    HwmCoverage, HwmFunction, HwmLag, Interval, LagMode, NodeSpec, RetryPolicy, SinkKind,
};
use highwater_format::value::{Value, ValueType};

use super::windows::{cover, covered, start, window};
use super::{Host, coverage, late, partitions, streams};

/// How many commands there are to choose from.
pub(crate) const COMMANDS: u8 = 123;
/// Those that begin a node.
pub(crate) const BEGINS: &[u8] = &[9, 10, 11, 12, 13, 91, 92, 93];
/// Those that an attempt reports with.
pub(crate) const ENDS: &[u8] = &[14, 15, 15, 16, 45, 48, 51, 70, 79];
/// Those that take and give back: leases, and whether a worker may work.
pub(crate) const HOLDS: &[u8] = &[25, 26, 69];
/// The first of those about plans and backfills, and of those about streams.
pub(crate) const PLANS: u8 = 82;
pub(crate) const STREAMS: u8 = 94;
/// The first of those about late data.
pub(crate) const LATE: u8 = 105;
/// The first of those about partitions.
pub(crate) const PARTITIONS: u8 = 111;

/// What a history begins with, because little can be asked without it: runs, mostly a graph, and now and then a cadence.
pub(crate) fn opening((_, a, b, c, d, e): Choice) -> Vec<Command> {
    let start = |at| {
        let window = window(e.wrapping_add(at * 16));
        Command::StartRun(StartRun { run: Some(name("r", at)), window, ..StartRun::default() })
    };
    let mut commands: Vec<Command> = (0..3).map(start).collect();
    if a > 0 {
        commands.push(Command::DeclareGraph(graph(d)));
    }
    if e & 6 == 6 {
        let of = |which, luck| partitions::command(which, name("n", c), (1, luck, luck), None);
        commands.extend([of(0, 100), of(1, 0), of(1, 1)]);
    }
    commands.extend((e & 1 == 1).then(|| streams::command(&Host::new(0), 0, (c, d, e), None)));
    if b > 1 {
        commands.push(cadence_command(74, name("n", c), (c, d, e)));
    }
    commands
}

/// What a command is made of: which one, and five choices.
pub(crate) type Choice = (u8, u8, u8, u8, u8, u8);

pub(crate) fn name(prefix: &str, number: u8) -> String {
    format!("{prefix}{}", number % 3)
}

fn value(number: u8) -> Value {
    if number.is_multiple_of(13) { Value::Text(format!("{number:03}")) } else { Value::Uint(number.into()) }
}

fn early() -> Value {
    Value::parse(ValueType::Timestamp, "1970-01-01T00:00:00.002Z").expect("a time")
}

pub(crate) fn reason(number: u8) -> String {
    if number.is_multiple_of(17) { String::new() } else { "because".to_owned() }
}

fn updates(count: u8, from: u8) -> Vec<HwmUpdate> {
    let update = |at: u8| HwmUpdate {
        name: name("h", at.wrapping_add(from)),
        value: value(from.wrapping_mul(3).wrapping_add(at)),
        cast: from.is_multiple_of(5),
        keys: (0..from % 4 / 2).map(|key| name("k", key.wrapping_add(at))).collect(),
    };
    (0..count).map(update).collect()
}

/// Every kind of declaration, some of which cannot be meant. `h0[p]` is a partition of `h0`.
fn spec(number: u8, shape: u8, end: u8) -> HwmSpec {
    let one_in = |count: u8| shape.is_multiple_of(count);
    // Most of those that follow coverage are meant.
    if shape & 0x30 == 0x20 {
        let coverage = Some(HwmCoverage { node: name("n", shape), partition: partition(end) });
        let initial = (end & 3 == 3).then(|| if end & 4 == 4 { Value::Uint(3) } else { early() });
        let (name, unordered) = (name("h", number), shape & 0x0f == 0x0f);
        let lag = (end & 8 == 8).then_some(HwmLag { mode: LagMode::ReadBack, amount: 2 });
        return HwmSpec { name, lag, initial, coverage, unordered, ..HwmSpec::default() };
    }
    let lag = HwmLag {
        mode: if one_in(2) { LagMode::ReadBack } else { LagMode::HoldBack },
        amount: u64::from(end % 9),
    };
    HwmSpec {
        name: name("h", number),
        function: [HwmFunction::Max, HwmFunction::Max, HwmFunction::Min, HwmFunction::Last]
            [usize::from(shape >> 2 & 3)],
        value_type: one_in(3).then_some(if one_in(2) { ValueType::Int } else { ValueType::Text }),
        lag: one_in(5).then_some(lag),
        lower: if one_in(2) { HwmBound::Closed } else { HwmBound::Open },
        boundary_keys: if one_in(4) { u32::from(end % 3) } else { 0 },
        initial: (end & 1 == 1).then_some(Value::Uint(3)),
        end: (end & 6 == 6).then(|| value(end)),
        unordered: shape & 0x30 == 0x30,
        partitioned: shape & 0xc0 == 0xc0,
        ..HwmSpec::default()
    }
}

pub(crate) fn intervals(luck: u8) -> Vec<Interval> {
    let start = i64::from(luck % 16);
    let first = Interval { start, end: start + i64::from(luck >> 4) };
    let second = Interval { start: 10, end: 10 + i64::from(luck % 5) + 1 };
    if luck & 1 == 1 { vec![first, second] } else { vec![first] }
}

pub(crate) fn partition(luck: u8) -> Option<String> {
    luck.is_multiple_of(5).then(|| name("p", luck))
}

pub(crate) fn axis(luck: u8) -> Option<Axis> {
    luck.is_multiple_of(11).then_some(if luck & 1 == 1 { Axis::Integer } else { Axis::Time })
}

fn graph(shape: u8) -> DeclareGraph {
    let node = |at: u8| NodeSpec {
        name: name("n", at),
        after: (1..=at).filter(|step| shape >> step & 1 == 1).map(|step| name("n", at - step)).collect(),
        deadline_ms: (shape & 15 == 15).then(|| 50 + u64::from(shape)),
        retry: (shape & 8 != 0).then(|| RetryPolicy {
            max_attempts: 1 + u32::from(shape >> 4 & 1),
            backoff_ms: 100,
            jitter_percent: 0,
            fatal: vec!["E1".to_owned(), "E2".to_owned()],
            ..RetryPolicy::default()
        }),
    };
    let mut nodes: Vec<NodeSpec> = (0..=shape % 3).map(node).collect();
    if shape.is_multiple_of(29) {
        nodes[0].after.push(name("n", 0));
    }
    nodes.reverse();
    DeclareGraph { nodes }
}

/// A token that may be right: one that was given out lately, mostly the last one.
fn token(host: &Host, luck: u8) -> u64 {
    host.last_token.saturating_sub(u64::from(luck % 8).saturating_sub(4))
}

/// How a node is begun, without what names it.
fn begin(d: u8, e: u8) -> BeginNode {
    let fingerprint = (d & 8 == 8).then(|| BTreeMap::from([("code".to_owned(), format!("c{}", d & 1))]));
    BeginNode { force: e < 30, fingerprint, trust_unknown: d & 16 == 16, ..BeginNode::default() }
}

fn by_hand(
    which: u8,
    run: String,
    node: String,
    reason: String,
    actor: Option<String>,
    downstream: bool,
) -> Command {
    match which {
        17 => Command::ForceNode(ForceNode { run, node, reason, actor, downstream }),
        43 => Command::SkipNode(SkipNode { run, node, reason, actor, downstream }),
        _ => Command::DescribeNode(DescribeNode { node }),
    }
}

fn of_batches(
    host: &Host,
    (attempt, node, actor): (AttemptRef, String, Option<String>),
    (which, c, d, e): (u8, u8, u8, u8),
) -> Command {
    match which {
        45..=47 => {
            let supersede = if d < 128 { String::new() } else { "because".to_owned() };
            let state = (e & 2 == 0).then(|| vec![d]);
            let counts = (e & 1 == 0).then_some(Counts { rows_read: d.into(), ..Counts::default() });
            let (hwms, covered) = (updates(e % 3, d), covered(d, e));
            Command::PrepareBatch(PrepareBatch { attempt, hwms, state, counts, supersede, covered })
        }
        48..=50 => {
            let by = (c > 0).then_some(attempt);
            let batch = if e < 200 { host.last_batch } else { token(host, e) };
            let (batch, receipt) = (batch, (d & 1 == 1).then(|| "taken".to_owned()));
            Command::CommitBatch(CommitBatch { batch, attempt: by, receipt, reason: reason(d), actor })
        }
        51..=54 => {
            let by = (c > 0).then_some(attempt);
            let batch = if e < 200 { host.last_batch } else { token(host, e) };
            Command::AbortBatch(AbortBatch { batch, attempt: by, reason: reason(d), actor })
        }
        55 if d < 128 => Command::DeclareSink(DeclareSink {
            node,
            kind: [SinkKind::Token, SinkKind::AtLeastOnce][usize::from(d % 2)],
        }),
        _ => Command::ListBatches(ListBatches { limit: u32::from(d % 3), ..ListBatches::default() }),
    }
}

fn letters(which: u8, attempt: AttemptRef, (c, d, e): (u8, u8, u8), actor: Option<String>) -> Command {
    let item = |at: u8| DeadItem {
        key: name("k", at),
        error: ErrorRecord { class: name("E", d % 3), message: String::new(), detail: None },
        payload: (d & 2 == 2).then(|| vec![d]),
    };
    let node = attempt.node.clone();
    match which {
        79 => {
            Command::BuryItems(BuryItems { attempt, items: (0..e % 4).map(|at| item(at + d % 2)).collect() })
        }
        80 => {
            let (requeued, limit) = ((d & 1 == 1).then_some(e & 1 == 1), u32::from(e % 3));
            let node = (c & 1 == 1).then_some(node);
            Command::ListDeadLetters(ListDeadLetters { node, requeued, cursor: None, limit })
        }
        _ => {
            let (keys, requeue, reason) = (vec![name("k", d % 3)], d & 1 == 1, reason(e));
            let attempt = (c & 1 == 1).then_some(attempt);
            Command::SettleDeadLetters(SettleDeadLetters { node, keys, requeue, reason, actor, attempt })
        }
    }
}

fn hold_up(
    host: &Host,
    which: u8,
    (run, worker, attempt): (String, String, AttemptRef),
    (d, e): (u8, u8),
    actor: Option<String>,
) -> Command {
    let reason = reason(e);
    match which {
        68 if d < 100 => Command::PauseRun(PauseRun { run, reason, actor }),
        68 => Command::ResumeRun(ResumeRun { run, reason: Some(reason), actor, worker: None }),
        69 if d < 80 => {
            let grace_ms = (d & 1 == 1).then(|| u64::from(d % 3) * 200);
            Command::StopWorker(StopWorker { worker, grace_ms, reason, actor })
        }
        69 => {
            let worker = host.last_stopped.clone().filter(|_| d < 200).unwrap_or(worker);
            Command::AllowWorker(AllowWorker { worker, reason, actor })
        }
        _ => {
            let (counts, state) = (None, (e & 2 == 0).then(|| vec![d]));
            Command::HandBackAttempt(HandBackAttempt { attempt, counts, state, reason })
        }
    }
}

fn success(attempt: AttemptRef, counts: Counts, (c, d, e): (u8, u8, u8)) -> Command {
    let artifact = ArtifactReport { uri: format!("out{}", d % 2), ..ArtifactReport::default() };
    let artifacts = if c == 1 { vec![artifact] } else { Vec::new() };
    let (hwms, covered) = (updates(e % 3, d), covered(e, d));
    let (counts, partitions) = (Some(counts), partitions::outcomes(e, d));
    Command::SucceedAttempt(SucceedAttempt { attempt, counts, hwms, covered, artifacts, partitions })
}

fn read_run(run: String, d: u8) -> Command {
    match d % 4 {
        0 => Command::ReportRun(ReportRun { run }),
        2 => Command::ReportDrift(ReportDrift { run, from: u32::from(d >> 7), limit: u32::from(d % 3) }),
        _ => Command::DescribeRun(DescribeRun { run }),
    }
}

pub(crate) fn command(host: &Host, (which, a, b, c, d, e): Choice) -> Command {
    let worker = name("w", c);
    let last = host.last_begun.clone();
    let (run, node) = last.filter(|_| a > 2).unwrap_or((name("r", a), name("n", b)));
    let held = host.last_begun.clone().filter(|_| a > 0).unwrap_or((run.clone(), node.clone()));
    let exact = host.last_attempt.filter(|_| d % 8 < 6 && a > 0);
    let attempt = AttemptRef { run: held.0, node: held.1, token: exact.unwrap_or_else(|| token(host, d)) };
    let actor = (e & 1 == 1).then(|| worker.clone());
    let counts = Counts { rows_read: d.into(), ..Counts::default() };
    let lease_ms = 100 * u64::from(d % 4);
    match which {
        0 => Command::DescribePipeline,
        1 | 37 => Command::DeclareGraph(graph(d)),
        2 | 3 => start(run, actor, d),
        4 | 67 => Command::ResumeRun(ResumeRun { run, worker: actor, ..ResumeRun::default() }),
        79..=81 => letters(which, attempt, (c, d, e), actor),
        68..=70 => hold_up(host, which, (run, worker, attempt), (d, e), actor),
        5 => {
            use FinalStatus::{Crashed, Failed, Partial, Succeeded};
            let status = [None, None, Some(Succeeded), Some(Partial), Some(Failed), Some(Crashed)];
            Command::FinishRun(FinishRun { run, status: status[usize::from(d % 6)], error: None })
        }
        6 if d < 60 => Command::CancelRun(CancelRun { run, reason: reason(e), actor }),
        6 | 7 => read_run(run, d),
        8 => Command::ListRuns(ListRuns { limit: u32::from(d % 3), ..ListRuns::default() }),
        9..=13 => {
            let partitions = partitions::wanted(d, e);
            let cover = cover(d, e);
            Command::BeginNode(BeginNode { run, node, worker, lease_ms, cover, partitions, ..begin(d, e) })
        }
        14 => {
            let state = (e & 2 == 0).then(|| vec![d]);
            let (hwms, covered) = (updates(e % 2, d), covered(d, e));
            let partitions = partitions::outcomes(d, e);
            Command::ReportProgress(ReportProgress { attempt, counts, state, hwms, covered, partitions })
        }
        15 => success(attempt, counts, (c, d, e)),
        16 | 31 | 36 => {
            let class = format!("E{}", d % 4);
            let error = ErrorRecord { class, message: "no".to_owned(), detail: None };
            let partitions = partitions::outcomes(d, e);
            Command::FailAttempt(FailAttempt { attempt, counts: None, error, partitions })
        }
        17 | 43 | 44 => by_hand(which, run, node, reason(e), actor, d & 1 == 1),
        18 | 35 | 57..=59 | 71..=73 => {
            Command::ResetFailed(ResetFailed { run: attempt.run, reason: reason(e), actor, dry_run: d < 60 })
        }
        19 => Command::Why(Why { run, node: (d & 1 == 1).then_some(node) }),
        20 | 32 | 33 => {
            let holder = (e & 3 == 3).then(|| Holder { lease: name("l", b), token: token(host, d) });
            Command::SetHwms(SetHwms { hwms: updates(1 + c % 2, e), holder })
        }
        21 | 34 => {
            let (name, dry_run) = (name("h", b), e & 4 == 4);
            Command::RewindHwm(RewindHwm { name, value: value(d), reason: reason(e), actor, dry_run })
        }
        22 => Command::DeleteHwm(DeleteHwm { name: name("h", b), reason: reason(e), actor }),
        45..=56 => of_batches(host, (attempt, node, actor), (which, c, d, e)),
        38 | 39 => Command::DeclareHwm(spec(b, d, e)),
        40 if d < 128 => Command::GetPositions(GetPositions { names: vec![name("h", b)] }),
        40 => Command::GetPositions(GetPositions::default()),
        41 => {
            let (earliest, latest) = ((e & 1 == 1).then(|| value(d)), (e & 2 == 2).then(|| value(e)));
            Command::ObserveSource(ObserveSource { name: name("h", b), earliest, latest })
        }
        42 => {
            let update = HwmUpdate {
                name: format!("{}[{}]", name("h", b), name("p", c)),
                value: value(d),
                cast: false,
                keys: (0..e % 3).map(|key| name("k", key)).collect(),
            };
            Command::SetHwms(SetHwms { hwms: vec![update], holder: None })
        }
        23 => Command::ListHwms(ListHwms { limit: u32::from(d % 3), ..ListHwms::default() }),
        24 => Command::HwmHistory(HwmHistory { name: name("h", b) }),
        25 | 28..=30 => Command::AcquireLease(AcquireLease { name: name("l", b % 2), worker, lease_ms }),
        26 if d < 90 => Command::ForceUnlock(ForceUnlock { lease: name("l", b), reason: reason(e), actor }),
        26 if d < 150 => {
            let lease = format!("node:{run}/{node}");
            Command::ForceUnlock(ForceUnlock { lease, reason: reason(e), actor })
        }
        26 if d < 200 => {
            let holder = Holder { lease: name("l", b), token: token(host, e) };
            let holder = host.last_lease.clone().filter(|_| d < 130).unwrap_or(holder);
            Command::ReleaseLease(ReleaseLease { holder })
        }
        26 => Command::ListLeases,
        60..=66 => coverage::command(which, node, (c, d, e), actor),
        74..=78 => cadence_command(which, node, (c, d, e)),
        PARTITIONS.. => partitions::command(which - PARTITIONS, node, (c, d, e), actor),
        LATE.. => late::command(which - LATE, (run, node, worker), (c, d, e)),
        STREAMS.. => streams::command(host, which - STREAMS, (c, d, e), actor),
        PLANS.. => plan_command(host, which, (run, node), (c, d, e), actor),
        _ if d < 128 => Command::Beat(Beat { worker, place: String::new() }),
        _ if d < 160 => Command::ListWorkers,
        _ => Command::GetHwm(GetHwm { name: name("h", b) }),
    }
}

fn cadence_command(which: u8, node: String, (c, d, e): (u8, u8, u8)) -> Command {
    match which {
        74 | 75 => {
            let axis = if d & 1 == 1 { Axis::Integer } else { Axis::Time };
            let start = i64::from(e % 8);
            let cadence = Cadence {
                axis,
                every: u64::from(d % 7),
                start,
                end: (axis == Axis::Time || e & 8 == 8).then_some(start + i64::from(e >> 3) - 1),
                lag_ms: u64::from(c / 3),
                lookback: u32::from(c % 3),
                ..Cadence::default()
            };
            let node = (e & 64 == 64).then_some(node);
            Command::DeclareCadence(DeclareCadence {
                node,
                cadence: (d < 230).then_some(cadence),
                start_date: None,
            })
        }
        76 => Command::ListCadences(ListCadences { cursor: None, limit: u32::from(d % 3) }),
        _ => Command::ListWindows(ListWindows {
            node,
            partition: partition(e),
            from: (d & 4 == 4).then(|| i64::from(d % 16)),
            to: Some(i64::from(e % 32)),
            statuses: if d & 3 == 3 { vec![WindowStatus::Missing, WindowStatus::Done] } else { Vec::new() },
            limit: u32::from(d % 5),
        }),
    }
}

fn plan_of(run: String, node: String, (c, d, e): (u8, u8, u8)) -> PlanOf {
    let start = i64::from(d % 12);
    let range = PlanRange {
        nodes: if c == 0 { Vec::new() } else { vec![node] },
        downstream: e & 2 == 2,
        partition: partition(e),
        interval: Interval { start, end: start + i64::from(e % 16) },
    };
    match d % 9 {
        0 => PlanOf::Run,
        1 => PlanOf::Resume(run),
        2 => PlanOf::RetryFailed(run),
        3..=5 => PlanOf::Restatement(range),
        _ => PlanOf::Backfill(range),
    }
}

fn plan_command(
    host: &Host,
    which: u8,
    (run, node): (String, String),
    (c, d, e): (u8, u8, u8),
    actor: Option<String>,
) -> Command {
    let last = host.last_begun.clone().map_or_else(|| run.clone(), |(run, _)| run);
    let of = plan_of(last, node.clone(), (c, d, e));
    let backfill = host.last_backfill.clone().unwrap_or_else(|| name("b", d));
    match which {
        82..=84 => {
            let (from, limit) =
                if e.is_multiple_of(8) { (u32::from(d % 2), u32::from(d % 3)) } else { (0, 0) };
            Command::Plan(Plan { of, from, limit })
        }
        85..=87 => {
            let (of, basis) = host.last_plan.clone().filter(|_| e > 20).unwrap_or((of, "00".to_owned()));
            let id = (e & 4 == 4).then(|| name(if of == PlanOf::Run { "r" } else { "b" }, d));
            let order = [BackfillOrder::OldestFirst, BackfillOrder::NewestFirst][usize::from(d & 1)];
            let (max_concurrent, reason) = (u32::from(d % 2), reason(e));
            Command::ApplyPlan(ApplyPlan { of, basis, id, order, max_concurrent, reason, actor })
        }
        88 | 89 => {
            use BackfillAction::{Cancel, Delete, Pause, Resume};
            let action = [Pause, Resume, Resume, Cancel, Delete][usize::from(d % 5)];
            Command::ChangeBackfill(ChangeBackfill { backfill, action, reason: reason(e), actor })
        }
        90 => {
            let backfill = (d & 1 == 1).then_some(backfill);
            Command::ListBackfills(ListBackfills { backfill, cursor: None, limit: u32::from(d % 3) })
        }
        _ => {
            let of_it = host.last_nodes.get(usize::from(d) % host.last_nodes.len().max(1)).cloned();
            let node = of_it.unwrap_or(node);
            let (partition, restate) = (host.last_partition.clone(), e & 24 == 24);
            let (limit, backfill) = (u32::from(d % 3), Some(backfill));
            let cover = Cover { partition, limit, restate, backfill, due: e < 20, ..Cover::default() };
            let (worker, run) = (name("w", c), if c == 0 { run } else { name("r", e) });
            let (cover, force) = (Some(cover), e.is_multiple_of(3));
            Command::BeginNode(BeginNode { run, node, worker, cover, force, ..begin(d, e) })
        }
    }
}
