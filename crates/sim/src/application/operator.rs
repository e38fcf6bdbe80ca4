//! People and scripts: leases by name, reads, interference by hand, and submissions that are repeated.

use highwater_core::answer::{Answer, LeaseAnswer};
use highwater_core::command::*;
use highwater_core::input::Freshness;
use highwater_format::fact::{CoverageStatus, Interval, LateAction, LateRule};
use highwater_format::value::Value;

use super::Client;
use super::client::ledger;
use super::pipeline::{NODES, updates};

/// Takes a lease, moves HWMs under it, and gives it back or does not.
pub(crate) async fn use_lease(client: &mut Client) {
    let pipeline = client.pipeline();
    let name = (*client.luck.pick(&["sink", "export"])).to_owned();
    let lease_ms = *client.luck.pick(&[100, 200]);
    let acquire = AcquireLease { name: name.clone(), worker: client.worker(), lease_ms };
    let mut token = None;
    for _ in 0..8 {
        let told = client.ask(&pipeline, vec![Command::AcquireLease(acquire.clone())]).await;
        match told.and_then(Result::ok).and_then(|answers| answers.into_iter().next()) {
            Some(Answer::Lease(LeaseAnswer::Granted(granted))) => token = Some(granted.token),
            Some(Answer::Lease(LeaseAnswer::Held(_))) if client.goes_on() => {
                client.nap(20, 40).await;
                continue;
            }
            _ => {}
        }
        break;
    }
    let Some(token) = token else { return };
    let holder = Holder { lease: name, token };
    for _ in 0..client.luck.below(4) {
        client.nap(5, 120).await;
        if client.luck.chance(500) {
            let beat = Command::Beat(Beat { worker: client.worker(), place: String::new() });
            client.ask_plain(&pipeline, beat).await;
        }
        let hwms = updates(client);
        let set = SetHwms { hwms, holder: Some(holder.clone()) };
        client.ask(&pipeline, vec![Command::SetHwms(set)]).await;
    }
    if client.luck.chance(600) {
        client.ask(&pipeline, vec![Command::ReleaseLease(ReleaseLease { holder })]).await;
    }
}

/// Reads this and that, now and then several times in a row.
pub(crate) async fn read(client: &mut Client) {
    let pipeline = client.pipeline();
    for _ in 0..client.luck.between(1, 4) {
        read_one(client, &pipeline).await;
    }
}

async fn read_one(client: &mut Client, pipeline: &str) {
    let run = format!("day-{}", client.world.day(pipeline));
    let name = (*client.luck.pick(&["orders", "customers", "events", "loaded"])).to_owned();
    let node = NODES[2].to_owned();
    let command = match client.luck.below(21) {
        0..=4 => Command::GetHwm(GetHwm { name }),
        5..=6 => Command::DescribePipeline,
        7 if client.luck.chance(300) => Command::DescribeRun(DescribeRun { run }),
        7 if client.luck.chance(400) => Command::ReportRun(ReportRun { run }),
        7 if client.luck.chance(300) => Command::ReportDrift(ReportDrift { run, ..ReportDrift::default() }),
        7 => Command::DescribeNode(DescribeNode { node: (*client.luck.pick(&NODES)).to_owned() }),
        8 => Command::ListRuns(ListRuns::default()),
        9 => Command::ListHwms(ListHwms::default()),
        10 => Command::HwmHistory(HwmHistory { name }),
        11 => Command::ListLeases,
        12 => Command::ListWorkers,
        13 => Command::GetPositions(GetPositions::default()),
        14 => Command::GetPositions(GetPositions { names: vec!["shards".to_owned(), name] }),
        15 if client.luck.chance(500) => Command::ListBatches(ListBatches::default()),
        15 => Command::ListDeadLetters(ListDeadLetters { limit: 3, ..ListDeadLetters::default() }),
        16 => Command::DescribeCoverage(DescribeCoverage { node, limit: 3, ..DescribeCoverage::default() }),
        17 => Command::ListCoverage(ListCoverage::default()),
        18 => Command::ListWindows(ListWindows { node, to: Some(40), ..ListWindows::default() }),
        19 if client.luck.chance(500) => Command::ListCadences(ListCadences::default()),
        19 => Command::ListLateRules(ListLateRules::default()),
        _ => Command::ReadLog(ReadLog { from_version: 1 + client.luck.below(30), limit: 3 }),
    };
    client.read(pipeline, vec![command]).await;
}

/// Reads while a write of the same host is under way, which others may have followed by the time that it is answered.
pub(crate) async fn read_beside_a_write(client: &mut Client) {
    let pipeline = client.pipeline();
    let mut beside = client.beside();
    let hwms = super::pipeline::updates(client);
    let write = client.ask_plain(&pipeline, Command::SetHwms(SetHwms { hwms, holder: None }));
    let reads = async {
        for _ in 0..beside.luck.between(6, 16) {
            beside.nap(0, 20).await;
            let read = vec![Command::DescribePipeline];
            beside.submit(&pipeline, read, None, None, Freshness::Latest).await;
        }
    };
    futures::future::join(write, reads).await;
}

/// Does by hand what people do when they lose patience.
pub(crate) async fn interfere(client: &mut Client) {
    let pipeline = client.pipeline();
    let run = format!("day-{}", client.world.day(&pipeline) + client.luck.below(2));
    let node = (*client.luck.pick(&NODES)).to_owned();
    let name = (*client.luck.pick(&["orders", "customers", "events"])).to_owned();
    let (reason, actor) = ("because".to_owned(), Some(client.worker()));
    let command = match client.luck.below(22) {
        0 => {
            let position = (client.world.time.now_us() / 1_000).saturating_sub(client.luck.below(5_000));
            let value = Value::Uint(position);
            Command::RewindHwm(RewindHwm { name, value, reason, actor, dry_run: client.luck.chance(200) })
        }
        1 => Command::DeleteHwm(DeleteHwm { name, reason, actor }),
        2 | 3 => {
            let downstream = client.luck.chance(500);
            Command::ForceNode(ForceNode { run, node, reason, actor, downstream })
        }
        9 => {
            let downstream = client.luck.chance(300);
            Command::SkipNode(SkipNode { run, node, reason, actor, downstream })
        }
        4 | 5 => Command::ResetFailed(ResetFailed { run, reason, actor, dry_run: client.luck.chance(200) }),
        10 | 11 => Command::MarkCoverage(mark(client, &pipeline, reason, actor)),
        6 => Command::CancelRun(CancelRun { run, reason, actor }),
        16 | 17 => {
            let (keys, requeue) = (vec![format!("row-{}", client.luck.below(6))], client.luck.chance(500));
            Command::SettleDeadLetters(SettleDeadLetters {
                node,
                keys,
                requeue,
                reason,
                actor,
                attempt: None,
            })
        }
        18..=21 => late(client, &pipeline, run),
        12..=15 => return hold_up(client, &pipeline, run, reason, actor).await,
        7 => {
            let lease =
                if client.luck.chance(500) { "sink".to_owned() } else { format!("node:{run}/{node}") };
            Command::ForceUnlock(ForceUnlock { lease, reason, actor })
        }
        _ => {
            let value = Value::Text("cast".to_owned());
            let hwms = vec![HwmUpdate { name, value, cast: client.luck.chance(300), keys: Vec::new() }];
            Command::SetHwms(SetHwms { hwms, holder: None })
        }
    };
    client.ask(&pipeline, vec![command]).await;
}

/// Holds up a run or a worker for a while; most people remember to let it go on.
async fn hold_up(client: &mut Client, pipeline: &str, run: String, reason: String, actor: Option<String>) {
    let told = client.submit(pipeline, vec![Command::ListLeases], None, None, Freshness::Latest).await;
    let holder = match told.and_then(Result::ok).and_then(|answers| answers.into_iter().next()) {
        Some(Answer::Leases(leases)) => leases.into_iter().next().map(|lease| lease.worker),
        _ => None,
    };
    let worker = holder.unwrap_or_else(|| client.worker());
    let is_run = client.luck.chance(500);
    let hold = if is_run {
        Command::PauseRun(PauseRun { run: run.clone(), reason: reason.clone(), actor: actor.clone() })
    } else {
        let grace_ms = *client.luck.pick(&[None, Some(0), Some(50), Some(200)]);
        let (worker, reason, actor) = (worker.clone(), reason.clone(), actor.clone());
        Command::StopWorker(StopWorker { worker, grace_ms, reason, actor })
    };
    client.ask(pipeline, vec![hold.clone()]).await;
    client.nap(10, 300).await;
    if client.luck.chance(300) {
        client.ask(pipeline, vec![hold]).await;
    }
    if client.luck.chance(100) {
        return;
    }
    let go_on = if is_run {
        Command::ResumeRun(ResumeRun { run, worker: None, reason: Some(reason), actor })
    } else {
        Command::AllowWorker(AllowWorker { worker, reason, actor })
    };
    client.ask(pipeline, vec![go_on]).await;
}

/// Rows came for what was done, or is being done; now and then somebody says what is to become of them.
fn late(client: &mut Client, pipeline: &str, run: String) -> Command {
    use LateAction::{Record, Refuse, Reopen};
    if client.luck.chance(200) {
        let action = *client.luck.pick(&[Reopen, Reopen, Reopen, Record, Refuse]);
        let allowed = client.luck.chance(300).then(|| client.luck.below(20));
        let rule = LateRule { action, allowed, beyond: Record, downstream: client.luck.chance(500) };
        let node = client.luck.chance(500).then(|| (*client.luck.pick(&NODES)).to_owned());
        return Command::DeclareLateRule(DeclareLateRule { node, rule: Some(rule) });
    }
    let start =
        i64::try_from((client.world.day(pipeline) * 10).saturating_sub(client.luck.below(15))).unwrap_or(0);
    let interval = Interval { start, end: start + i64::try_from(client.luck.between(1, 5)).unwrap_or(1) };
    let mut intervals = vec![interval];
    if client.luck.chance(300) {
        intervals.push(Interval { start: start + 7, end: start + 8 });
    }
    let (node, rows) = (NODES[2].to_owned(), client.luck.below(5));
    let arrival = Arrival { node, intervals, rows, ..Arrival::default() };
    let (run, worker) = (client.luck.chance(500).then_some(run), Some(client.worker()));
    Command::ReportArrivals(ReportArrivals { arrivals: vec![arrival], run, worker })
}

/// Late rows came, somebody loaded by hand, or it turned out to be wrong.
fn mark(client: &mut Client, pipeline: &str, reason: String, actor: Option<String>) -> MarkCoverage {
    use CoverageStatus::{Done, Failed, Missing, Stale};
    let start =
        i64::try_from((client.world.day(pipeline) * 10).saturating_sub(client.luck.below(20))).unwrap_or(0);
    let interval = Interval { start, end: start + i64::try_from(client.luck.between(1, 8)).unwrap_or(1) };
    let status = *client.luck.pick(&[Stale, Stale, Done, Missing, Failed]);
    let (node, dry_run) = (NODES[2].to_owned(), client.luck.chance(200));
    MarkCoverage {
        node,
        intervals: vec![interval],
        status,
        reason,
        actor,
        dry_run,
        ..MarkCoverage::default()
    }
}

/// Submits under one of a few keys, as somebody does who did not hear the answer.
pub(crate) async fn repeat(client: &mut Client) {
    let pipeline = client.pipeline();
    let number = client.world.day(&pipeline) * 4 + client.luck.below(4);
    let mark = format!("mark-key-{number}");
    let key = Some(format!("key-{number}"));
    for _ in 0..client.luck.between(1, 3) {
        let commands = vec![ledger(&mark)];
        let told = client.submit(&pipeline, commands, key.clone(), Some(&mark), Freshness::Latest).await;
        if matches!(told, Some(Ok(_))) && client.luck.chance(700) {
            return;
        }
        client.nap(1, 50).await;
    }
}
