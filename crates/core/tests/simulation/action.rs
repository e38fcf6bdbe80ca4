//! What can happen in a simulation, and how it is made up.

use std::collections::BTreeMap;

use highwater_core::command::*;
use highwater_format::fact::{ErrorRecord, FinalStatus, NodeSpec, RetryPolicy};
use highwater_format::value::Value;
use proptest::prelude::*;

use super::store::Fate;

/// One thing that happens.
#[derive(Clone, Debug)]
pub(crate) enum Action {
    /// The application asks for something.
    Submit(Ask),
    /// The store carries out one of the requests under way.
    Perform { pick: usize, fate: Fate },
    /// The clock of the host moves.
    Clock(i64),
    /// An append arrives that everybody had given up on.
    LandLate,
    /// An engine dies and another takes its place.
    Crash { engine: usize },
    /// A step without inputs.
    Wake { engine: usize },
}

/// What the application asks for.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) engine: usize,
    pub(crate) pipeline: usize,
    pub(crate) commands: Vec<Command>,
    /// Token of the attempt, counted from the last that was given out.
    pub(crate) token: usize,
    /// A mark that stands in the journal once if, and only if, the submission was carried out.
    pub(crate) marked: bool,
    /// One of a few dedupe keys, each for a command of its own.
    pub(crate) key: Option<u64>,
    pub(crate) local: bool,
}

fn name(prefix: &'static str, count: usize) -> impl Strategy<Value = String> {
    (0..count).prop_map(move |number| format!("{prefix}{number}"))
}

fn updates() -> impl Strategy<Value = Vec<HwmUpdate>> {
    let value = prop_oneof![(-3..9_i64).prop_map(Value::Int), "[ab]".prop_map(Value::Text)];
    let update = (name("hwm", 3), value, prop::bool::weighted(0.1));
    let update = update.prop_map(|(name, value, cast)| HwmUpdate { name, value, cast, keys: vec![] });
    prop::collection::vec(update, 0..3)
}

fn attempt() -> impl Strategy<Value = AttemptRef> {
    (name("run", 2), name("node", 3)).prop_map(|(run, node)| AttemptRef { run, node, token: 0 })
}

fn reason() -> String {
    "because".to_owned()
}

fn runs() -> impl Strategy<Value = Command> {
    let status = prop::option::weighted(
        0.3,
        prop_oneof![Just(FinalStatus::Failed), Just(FinalStatus::Partial), Just(FinalStatus::Succeeded)],
    );
    prop_oneof![
        4 => name("run", 2).prop_map(|run| Command::StartRun(StartRun { run: Some(run), ..StartRun::default() })),
        2 => name("run", 2).prop_map(|run| Command::ResumeRun(ResumeRun { run, ..ResumeRun::default() })),
        1 => (name("run", 2), status)
            .prop_map(|(run, status)| Command::FinishRun(FinishRun { run, status, error: None })),
        1 => name("run", 2).prop_map(|run| Command::CancelRun(CancelRun { run, reason: reason(), actor: None })),
        1 => name("run", 2).prop_map(|run| Command::PauseRun(PauseRun { run, reason: reason(), actor: None })),
        1 => (name("worker", 2), prop::option::of(0..200_u64)).prop_map(|(worker, grace_ms)| {
            Command::StopWorker(StopWorker { worker, grace_ms, reason: reason(), actor: None })
        }),
        2 => name("worker", 2).prop_map(|worker| {
            Command::AllowWorker(AllowWorker { worker, reason: reason(), actor: None })
        }),
        1 => name("run", 2).prop_map(|run| Command::DescribeRun(DescribeRun { run })),
        1 => name("run", 2).prop_map(|run| Command::ReportRun(ReportRun { run })),
        1 => Just(Command::ListRuns(ListRuns::default())),
        1 => Just(Command::DescribePipeline),
        1 => (1..9_u64).prop_map(|from_version| Command::ReadLog(ReadLog { from_version, limit: 2 })),
    ]
}

fn work() -> impl Strategy<Value = Command> {
    let fingerprint =
        prop::option::of(name("part", 2).prop_map(|part| BTreeMap::from([("code".to_owned(), part)])));
    let begin = (name("run", 2), name("node", 3), name("worker", 2), prop::bool::weighted(0.1), fingerprint);
    let begin = begin.prop_map(|(run, node, worker, force, fingerprint)| BeginNode {
        run,
        node,
        worker,
        lease_ms: 100,
        force,
        fingerprint,
        trust_unknown: force,
        ..BeginNode::default()
    });
    let error = ErrorRecord { class: "Error".to_owned(), message: String::new(), detail: None };
    let policy = RetryPolicy { max_attempts: 2, backoff_ms: 50, ..RetryPolicy::default() };
    let spec = move |name: &str, after: &[&str]| NodeSpec {
        name: name.to_owned(),
        after: after.iter().map(|name| (*name).to_owned()).collect(),
        retry: Some(policy.clone()),
        deadline_ms: Some(20_000),
    };
    let nodes = vec![spec("node0", &[]), spec("node1", &["node0"])];
    prop_oneof![
        8 => begin.prop_map(Command::BeginNode),
        3 => (attempt(), updates()).prop_map(|(attempt, hwms)| {
            Command::SucceedAttempt(SucceedAttempt { attempt, hwms, ..SucceedAttempt::default() })
        }),
        3 => attempt().prop_map(move |attempt| {
            let (error, partitions) = (error.clone(), Vec::new());
            Command::FailAttempt(FailAttempt { attempt, counts: None, error, partitions })
        }),
        1 => attempt().prop_map(|attempt| {
            Command::HandBackAttempt(HandBackAttempt { attempt, reason: reason(), ..HandBackAttempt::default() })
        }),
        2 => (attempt(), updates()).prop_map(|(attempt, hwms)| {
            let state = Some(vec![1, 2, 3]);
            Command::ReportProgress(ReportProgress { attempt, state, hwms, ..ReportProgress::default() })
        }),
        1 => attempt().prop_map(|it| {
            Command::ForceNode(ForceNode { run: it.run, node: it.node, reason: reason(), downstream: true, actor: None })
        }),
        1 => name("run", 2).prop_map(|run| {
            Command::ResetFailed(ResetFailed { run, reason: reason(), actor: None, dry_run: false })
        }),
        1 => Just(Command::DeclareGraph(DeclareGraph { nodes })),
        1 => name("run", 2).prop_map(|run| Command::Why(Why { run, node: None })),
    ]
}

fn hwms() -> impl Strategy<Value = Command> {
    prop_oneof![
        4 => updates().prop_map(|hwms| Command::SetHwms(SetHwms { hwms, holder: None })),
        1 => (name("hwm", 3), -5..5_i64).prop_map(|(name, to)| {
            let value = Value::Int(to);
            Command::RewindHwm(RewindHwm { name, value, reason: reason(), actor: None, dry_run: false })
        }),
        1 => name("hwm", 3).prop_map(|name| Command::DeleteHwm(DeleteHwm { name, reason: reason(), actor: None })),
        1 => Just(Command::ListHwms(ListHwms::default())),
        1 => name("hwm", 3).prop_map(|name| Command::HwmHistory(HwmHistory { name })),
    ]
}

fn leases() -> impl Strategy<Value = Command> {
    let acquire = (name("lease", 2), name("worker", 2));
    prop_oneof![
        4 => acquire.prop_map(|(name, worker)| Command::AcquireLease(AcquireLease { name, worker, lease_ms: 100 })),
        1 => (name("lease", 2), 1..9_u64).prop_map(|(lease, token)| {
            Command::ReleaseLease(ReleaseLease { holder: Holder { lease, token } })
        }),
        1 => prop_oneof![name("lease", 2), name("node:run0/node", 3)].prop_map(|lease| {
            Command::ForceUnlock(ForceUnlock { lease, reason: reason(), actor: None })
        }),
        2 => name("worker", 2).prop_map(|worker| Command::Beat(Beat { worker, place: String::new() })),
        1 => Just(Command::ListLeases),
        1 => Just(Command::ListWorkers),
    ]
}

/// The commands of one submission.
pub(crate) fn commands() -> impl Strategy<Value = Vec<Command>> {
    let command = prop_oneof![2 => runs(), 4 => work(), 2 => hwms(), 1 => leases()];
    prop::collection::vec(command, 1..4)
}

fn ask() -> impl Strategy<Value = Ask> {
    let commands = commands();
    let key = prop::option::weighted(0.1, 0..3_u64);
    let bits = (prop::bool::weighted(0.6), prop::bool::weighted(0.2));
    (0..2_usize, prop::bool::weighted(0.1), commands, 0..3_usize, bits, key).prop_map(
        |(engine, other, commands, token, (marked, local), key)| {
            let pipeline = usize::from(other);
            Ask { engine, pipeline, commands, token, marked: marked && key.is_none(), key, local }
        },
    )
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        20 => Just(Fate::Fine),
        1 => Just(Fate::Unavailable),
        1 => Just(Fate::UnknownLost),
        2 => Just(Fate::UnknownLanded),
        1 => Just(Fate::UnknownLate),
        1 => Just(Fate::Denied),
        2 => Just(Fate::Stale),
    ]
}

/// One thing that happens.
pub(crate) fn action() -> impl Strategy<Value = Action> {
    let clock = prop_oneof![20 => 0..60_i64, 1 => Just(86_400_000), 1 => Just(-86_400_000)];
    prop_oneof![
        10 => ask().prop_map(Action::Submit),
        20 => (0..9_usize, fate()).prop_map(|(pick, fate)| Action::Perform { pick, fate }),
        4 => clock.prop_map(Action::Clock),
        1 => Just(Action::LandLate),
        1 => (0..2_usize).prop_map(|engine| Action::Crash { engine }),
        4 => (0..2_usize).prop_map(|engine| Action::Wake { engine }),
    ]
}
