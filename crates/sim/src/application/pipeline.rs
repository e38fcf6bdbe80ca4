//! A pipeline of three nodes: begin or resume a run, work on what is to be done, end it.

use std::collections::BTreeMap;

use highwater_core::answer::{Answer, Begun, Go};
use highwater_core::command::*;
use highwater_core::node::NodeStatus;
use highwater_format::fact::{
    Axis, Cadence, Counts, DeadItem, ErrorRecord, HwmBound, HwmCoverage, HwmFunction, HwmLag, Interval,
    LagMode, NodeSpec, RetryPolicy, RunWindow,
};
use highwater_format::value::{Timestamp, Value};

use super::Client;
use crate::invariants::Batches;
use crate::world::lock;

/// The nodes; each comes after the one before.
pub(crate) const NODES: [&str; 3] = ["extract", "transform", "load"];

/// One visit to the run of the day.
pub(crate) async fn visit(client: &mut Client) {
    let pipeline = client.pipeline();
    let day = client.world.day(&pipeline);
    let run = format!("day-{}", day + client.luck.below(2));
    let deadline_ms = deadline(client, 60_000);
    let start = StartRun { run: Some(run.clone()), deadline_ms, window: window(&run), ..StartRun::default() };
    let mut commands = vec![Command::StartRun(start)];
    if client.luck.chance(300) {
        commands.insert(0, graph(client));
    }
    if client.luck.chance(300) {
        commands.push(declared(client));
    }
    if client.luck.chance(400) {
        commands.push(cadence(client));
    }
    if client.luck.chance(200) {
        commands.push(following(client));
    }
    let told = client.ask(&pipeline, commands).await;
    if let Some(Err(error)) = &told
        && error.kind == highwater_core::ErrorKind::Conflict
    {
        return client.world.next_day(&pipeline, &run);
    }
    if !matches!(told, Some(Ok(_))) {
        return;
    }
    for node in NODES {
        if !client.goes_on() || !on_node(client, &pipeline, &run, node).await {
            return;
        }
    }
    let finish = Command::FinishRun(FinishRun { run: run.clone(), ..FinishRun::default() });
    if matches!(client.ask(&pipeline, vec![finish]).await, Some(Ok(_))) {
        client.world.next_day(&pipeline, &run);
    }
}

/// A declaration of one of the HWMs that have one; now and then it is another one than before.
fn declared(client: &mut Client) -> Command {
    let name = (*client.luck.pick(&["lines", "files", "archive", "shards"])).to_owned();
    let spec = HwmSpec { name: name.clone(), ..HwmSpec::default() };
    Command::DeclareHwm(match name.as_str() {
        "lines" => HwmSpec { lower: HwmBound::Closed, boundary_keys: 4, ..spec },
        "files" => HwmSpec { unordered: true, ..spec },
        "archive" => HwmSpec { function: HwmFunction::Min, ..spec },
        _ => {
            let mode = *client.luck.pick(&[LagMode::ReadBack, LagMode::HoldBack]);
            HwmSpec { partitioned: true, lag: Some(HwmLag { mode, amount: 50 }), ..spec }
        }
    })
}

/// An HWM that follows what the last node has done; now and then from elsewhere on, or by itself again.
fn following(client: &mut Client) -> Command {
    let coverage = HwmCoverage { node: NODES[2].to_owned(), partition: None };
    let start = || Timestamp::from_unix(0, 0, 0, 0).ok().map(Value::Timestamp);
    let initial = if client.luck.chance(200) { start() } else { None };
    let coverage = client.luck.chance(900).then_some(coverage);
    Command::DeclareHwm(HwmSpec { name: "loaded".to_owned(), initial, coverage, ..HwmSpec::default() })
}

/// Windows of the last node: short ones, which always lie in the past. Now and then they are others than before, or none.
fn cadence(client: &mut Client) -> Command {
    let every = *client.luck.pick(&[2, 5, 5, 5]);
    let lookback = u32::try_from(client.luck.below(3)).unwrap_or(0);
    let cadence = Cadence { every, lookback, end: Some(2_000), ..Cadence::default() };
    let cadence = client.luck.chance(900).then_some(cadence);
    Command::DeclareCadence(DeclareCadence { node: Some(NODES[2].to_owned()), cadence, start_date: None })
}

/// Now and then a deadline: mostly a short one, because most lives are short, and sometimes one that nobody will miss.
fn deadline(client: &mut Client, most_ms: u64) -> Option<u64> {
    let most_ms = *client.luck.pick(&[most_ms / 20, most_ms / 5, most_ms, 600_000]);
    client.luck.chance(300).then(|| client.luck.between(1, most_ms))
}

pub(crate) fn graph(client: &mut Client) -> Command {
    let deadlines = NODES.map(|_| deadline(client, 5_000));
    graph_with(deadlines)
}

/// The graph, with these deadlines for attempts of its nodes.
pub(crate) fn graph_with(deadlines: [Option<u64>; 3]) -> Command {
    let retry =
        RetryPolicy { max_attempts: 3, backoff_ms: 20, max_backoff_ms: 200, ..RetryPolicy::default() };
    let node = |(at, name): (usize, &&str)| NodeSpec {
        name: (*name).to_owned(),
        after: at.checked_sub(1).map(|before| NODES[before].to_owned()).into_iter().collect(),
        retry: Some(retry.clone()),
        deadline_ms: deadlines[at],
    };
    Command::DeclareGraph(DeclareGraph { nodes: NODES.iter().enumerate().map(node).collect() })
}

/// Works on a node if it may. False if it is somebody else's, or nobody knows.
async fn on_node(client: &mut Client, pipeline: &str, run: &str, node: &str) -> bool {
    for _ in 0..6 {
        let lease_ms = *client.luck.pick(&[100, 150, 400]);
        let (run, node, worker) = (run.to_owned(), node.to_owned(), client.worker());
        let cover = cover(client, &run, &node);
        let begin = BeginNode {
            run: run.clone(),
            node: node.clone(),
            worker,
            lease_ms,
            fingerprint: fingerprint(client),
            trust_unknown: client.luck.chance(500),
            cover,
            ..BeginNode::default()
        };
        let told = client.ask(pipeline, vec![Command::BeginNode(begin)]).await;
        let Some(Ok(answers)) = told else { return false };
        match answers.into_iter().next() {
            Some(Answer::Begun(Begun::Run(go))) => {
                return attempt(client, pipeline, &AttemptRef { run, node, token: go.token }, &go).await;
            }
            Some(Answer::Begun(Begun::Skip(_))) => return true,
            Some(Answer::Begun(Begun::Wait(wait))) => {
                let wait_ms = client.left_ms(wait.until_ms).min(400);
                client.nap(wait_ms, wait_ms + 5).await;
            }
            _ => return false,
        }
    }
    false
}

/// Does the work of an attempt: some progress, some beats, and an end or none.
async fn attempt(client: &mut Client, pipeline: &str, attempt: &AttemptRef, go: &Go) -> bool {
    let mut rows = go.previous.map_or(0, |counts| counts.rows_read);
    // Some workers do not look at what is in doubt, and must be stopped by it.
    let hurries = !go.in_doubt.is_empty() && client.luck.chance(300);
    if hurries && !deliver(client, pipeline, attempt, go).await {
        return false;
    }
    if !settle_doubts(client, pipeline, attempt, go).await {
        return false;
    }
    if client.luck.chance(300) && !deliver(client, pipeline, attempt, go).await {
        return false;
    }
    for _ in 0..client.luck.below(4) {
        client.nap(5, 80).await;
        if client.luck.chance(700) {
            let beat = Command::Beat(Beat { worker: client.worker(), place: "simulated".to_owned() });
            client.ask_plain(pipeline, beat).await;
        }
        if client.luck.chance(400) {
            rows += client.luck.below(100);
            let counts = Counts { rows_read: rows, ..Counts::default() };
            let state = Some(rows.to_be_bytes().to_vec());
            let covered = covered(client, go);
            let hwms = updates(client);
            let attempt = attempt.clone();
            let progress = ReportProgress { attempt, counts, state, hwms, covered, ..Default::default() };
            let told = client.ask(pipeline, vec![Command::ReportProgress(progress)]).await;
            if matches!(told, Some(Err(error)) if error.kind == highwater_core::ErrorKind::Fenced) {
                // Some workers do not listen, and must be stopped by their token.
                if client.luck.chance(700) {
                    return false;
                }
            }
        }
    }
    if client.luck.chance(200) {
        let error = ErrorRecord { class: "Poison".to_owned(), message: String::new(), detail: None };
        let key = format!("row-{}", client.luck.below(6));
        let items = vec![DeadItem { key, error, payload: Some(rows.to_be_bytes().to_vec()) }];
        client.ask(pipeline, vec![Command::BuryItems(BuryItems { attempt: attempt.clone(), items })]).await;
    }
    let end = match client.luck.below(20) {
        0..=13 => {
            let hwms = updates(client);
            let artifacts = artifacts(client, &attempt.node);
            let attempt = attempt.clone();
            Command::SucceedAttempt(SucceedAttempt { attempt, hwms, artifacts, ..SucceedAttempt::default() })
        }
        14 => {
            let (reason, state) = ("asked to".to_owned(), Some(rows.to_be_bytes().to_vec()));
            let attempt = attempt.clone();
            Command::HandBackAttempt(HandBackAttempt { attempt, counts: None, state, reason })
        }
        15..=17 => {
            let error = ErrorRecord { class: "Bad".to_owned(), message: "luck".to_owned(), detail: None };
            let (attempt, partitions) = (attempt.clone(), Vec::new());
            Command::FailAttempt(FailAttempt { attempt, counts: None, error, partitions })
        }
        _ => return false,
    };
    let is_success = matches!(end, Command::SucceedAttempt(_));
    let told = client.ask(pipeline, vec![end]).await;
    is_success && matches!(told, Some(Ok(_)))
}

/// What a node works on: mostly said, and mostly the same.
fn fingerprint(client: &mut Client) -> Option<BTreeMap<String, String>> {
    let code = if client.luck.chance(200) { "new" } else { "usual" };
    client.luck.chance(400).then(|| BTreeMap::from([("code".to_owned(), code.to_owned())]))
}

/// What a node has made.
fn artifacts(client: &mut Client, node: &str) -> Vec<ArtifactReport> {
    let check = *client.luck.pick(&[ArtifactCheck::Existence, ArtifactCheck::Size, ArtifactCheck::Digest]);
    let artifact = ArtifactReport { uri: format!("sim:{node}"), check, ..ArtifactReport::default() };
    if client.luck.chance(150) { vec![artifact] } else { Vec::new() }
}

/// What the simulated sink of a pipeline says, which the auditor keeps.
fn at_the_sink(client: &Client, pipeline: &str, say: impl FnOnce(&mut Batches) -> bool) -> bool {
    say(&mut lock(&client.world.truth).journals.entry(pipeline.to_owned()).or_default().audit.batches)
}

/// Asks the sink for every batch that is in doubt, and says what it said.
pub(crate) async fn settle_doubts(
    client: &mut Client,
    pipeline: &str,
    attempt: &AttemptRef,
    go: &Go,
) -> bool {
    for doubt in &go.in_doubt {
        let has = at_the_sink(client, pipeline, |sink| sink.ask(&doubt.key));
        let (batch, attempt) = (doubt.batch, Some(attempt.clone()));
        let command = if has {
            Command::CommitBatch(CommitBatch { batch, attempt, ..CommitBatch::default() })
        } else {
            let reason = "the sink has it not".to_owned();
            Command::AbortBatch(AbortBatch { batch, attempt, reason, actor: None })
        };
        if !matches!(client.ask(pipeline, vec![command]).await, Some(Ok(_))) {
            return false;
        }
    }
    true
}

/// Writes a batch down, gives it to the sink, and says so; or dies somewhere in between.
async fn deliver(client: &mut Client, pipeline: &str, attempt: &AttemptRef, go: &Go) -> bool {
    let mut hwms = updates(client);
    hwms.retain(|update| update.name != "files");
    let covered = covered(client, go);
    let prepare = PrepareBatch { attempt: attempt.clone(), hwms, covered, ..PrepareBatch::default() };
    let told = client.ask(pipeline, vec![Command::PrepareBatch(prepare)]).await;
    let Some(Ok(answers)) = told else { return true };
    let Some(Answer::Prepared(prepared)) = answers.into_iter().next() else { return false };
    client.nap(0, 60).await;
    let has = at_the_sink(client, pipeline, |sink| sink.take(&prepared.key));
    // Whoever comes next may have been here first, and then the sink refused.
    if !has || client.luck.chance(200) {
        return false;
    }
    let (batch, attempt) = (prepared.batch, Some(attempt.clone()));
    let commit = CommitBatch { batch, attempt, receipt: Some("taken".to_owned()), ..CommitBatch::default() };
    matches!(client.ask(pipeline, vec![Command::CommitBatch(commit)]).await, Some(Ok(_)))
}

fn day(run: &str) -> Option<i64> {
    run.strip_prefix("day-").and_then(|day| day.parse().ok())
}

/// What a run is at: its day, and the half of the day before it, which its run may be at as well.
fn of_day(day: i64) -> Interval {
    Interval { start: (day - 1) * 10 + 5, end: (day + 1) * 10 }
}

/// Every other run is asked for just that.
pub(crate) fn window(run: &str) -> Option<RunWindow> {
    let Interval { start, end } = of_day(day(run).filter(|day| day % 2 == 0)?);
    Some(RunWindow { axis: Axis::Time, start, end })
}

/// What a run shall cover at its last node. Where it has a window, that may be left to it.
fn cover(client: &mut Client, run: &str, node: &str) -> Option<Cover> {
    let interval = of_day(day(run)?);
    let is_left_to_it = window(run).is_some() && client.luck.chance(600);
    let restate = client.luck.chance(200);
    let due = client.luck.chance(300);
    let limit = u32::try_from(client.luck.below(3)).unwrap_or(0);
    let intervals = if is_left_to_it { Vec::new() } else { vec![interval] };
    (node == NODES[2]).then(|| Cover {
        intervals,
        due,
        limit: if due { limit } else { 0 },
        restate,
        ..Cover::default()
    })
}

/// A batch out of what the attempt was handed.
fn covered(client: &mut Client, go: &Go) -> Vec<Covered> {
    let Some(first) = go.intervals.first().filter(|_| client.luck.chance(500)) else { return Vec::new() };
    let length = i64::try_from(client.luck.between(1, 6)).unwrap_or(1);
    let batch = Interval { start: first.start, end: first.end.min(first.start + length) };
    vec![Covered { intervals: vec![batch], ..Covered::default() }]
}

/// Moves of the HWMs of the pipeline, mostly forward: the clock of all hosts together is their source.
pub(crate) fn updates(client: &mut Client) -> Vec<HwmUpdate> {
    let mut hwms = Vec::new();
    for name in ["orders", "customers", "events"] {
        if client.luck.chance(400) {
            let back = if client.luck.chance(150) { client.luck.below(2_000) } else { 0 };
            let position = (client.world.time.now_us() / 1_000).saturating_sub(back);
            hwms.push(update(name, position));
        }
    }
    let now = client.world.time.now_us() / 1_000;
    match client.luck.below(8) {
        // A coarse cursor, so that more rows come at the same value.
        0 => hwms.push(HwmUpdate {
            keys: vec![format!("row-{}", client.luck.below(4))],
            ..update("lines", now / 200)
        }),
        1 => hwms.push(update("files", now)),
        2 => hwms.push(update("archive", u64::MAX - now)),
        3 => hwms.push(update(&format!("shards[{}]", client.luck.below(3)), now)),
        _ => {}
    }
    hwms
}

fn update(name: &str, position: u64) -> HwmUpdate {
    HwmUpdate { name: name.to_owned(), value: Value::Uint(position), cast: false, keys: Vec::new() }
}

/// Whether nothing happens to a node in this status unless somebody does something.
pub(crate) fn is_done(status: NodeStatus) -> bool {
    !matches!(status, NodeStatus::Pending | NodeStatus::Running | NodeStatus::Waiting)
}
