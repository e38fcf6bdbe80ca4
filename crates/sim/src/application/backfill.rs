//! Plans and backfills: somebody looks at a plan for a while and applies it, workers take shares of what comes of it, and
//! somebody changes his mind.

use highwater_core::answer::{Answer, BackfillView, Begun, Go};
use highwater_core::backfill::BackfillStatus;
use highwater_core::command::*;
use highwater_core::input::Freshness;
use highwater_format::fact::{BackfillAction, BackfillOrder, Counts, ErrorRecord, FinalStatus, Interval};

use super::Client;
use super::pipeline::{NODES, graph, settle_doubts, updates};

/// What there is to do about backfills.
pub(crate) async fn work(client: &mut Client) {
    match client.luck.below(10) {
        0..=2 => plan(client).await,
        3 => change(client).await,
        _ => share(client).await,
    }
}

/// Looks at a plan, thinks about it, and applies it. Others go on meanwhile.
async fn plan(client: &mut Client) {
    let pipeline = client.pipeline();
    let of = what(client, &pipeline);
    let plan = Command::Plan(Plan { of: of.clone(), ..Plan::default() });
    let told = client.submit(&pipeline, vec![plan], None, None, Freshness::Latest).await;
    let Some(Answer::Plan(plan)) = first(told) else { return };
    client.nap(0, 60).await;
    let number = client.world.next_in_order();
    let day = client.world.day(&pipeline);
    let id = match &of {
        PlanOf::Run => format!("day-{}", day + client.luck.below(2)),
        _ => format!("backfill-{day}-{}", client.luck.below(3)),
    };
    let order = *client.luck.pick(&[BackfillOrder::OldestFirst, BackfillOrder::NewestFirst]);
    let max_concurrent = *client.luck.pick(&[0, 1, 1, 2]);
    let (basis, reason, actor) = (plan.basis, format!("plan {number}"), Some(client.worker()));
    let apply = ApplyPlan { of, basis, id: Some(id), order, max_concurrent, reason, actor };
    client.ask(&pipeline, vec![Command::ApplyPlan(apply)]).await;
}

fn what(client: &mut Client, pipeline: &str) -> PlanOf {
    let day = client.world.day(pipeline);
    let run = format!("day-{}", day + client.luck.below(2));
    let start = i64::try_from((day * 10).saturating_sub(client.luck.below(20))).unwrap_or(0);
    let length = i64::try_from(client.luck.between(4, 24)).unwrap_or(4);
    let (from, to) = *client.luck.pick(&[(2, 3), (1, 3), (1, 3), (1, 2), (0, 0)]);
    let nodes = &NODES[from..to];
    let range = PlanRange {
        nodes: nodes.iter().map(|node| (*node).to_owned()).collect(),
        downstream: client.luck.chance(500),
        partition: None,
        interval: Interval { start, end: start + length },
    };
    match client.luck.below(10) {
        0 => PlanOf::Run,
        1 => PlanOf::Resume(run),
        2 => PlanOf::RetryFailed(run),
        3..=5 => PlanOf::Restatement(range),
        _ => PlanOf::Backfill(range),
    }
}

fn first(told: super::client::Told) -> Option<Answer> {
    told.and_then(Result::ok).and_then(|answers| answers.into_iter().next())
}

/// One of the backfills, more often the last ones.
async fn pick(client: &mut Client, pipeline: &str) -> Option<BackfillView> {
    let list = Command::ListBackfills(ListBackfills::default());
    let Some(Answer::Backfills(page)) = first(client.read(pipeline, vec![list]).await) else { return None };
    let open: Vec<&BackfillView> =
        page.backfills.iter().filter(|it| it.status == BackfillStatus::Running).collect();
    if open.is_empty() || client.luck.chance(100) {
        return page.backfills.last().cloned();
    }
    Some((*client.luck.pick(&open)).clone())
}

/// Pauses one for a while, or cancels or forgets it.
async fn change(client: &mut Client) {
    let pipeline = client.pipeline();
    let Some(BackfillView { backfill, .. }) = pick(client, &pipeline).await else { return };
    let (reason, actor) = ("because".to_owned(), Some(client.worker()));
    let action = match client.luck.below(10) {
        0..=1 => BackfillAction::Cancel,
        2 => BackfillAction::Delete,
        3 => BackfillAction::Resume,
        _ => BackfillAction::Pause,
    };
    let change = ChangeBackfill { backfill, action, reason, actor };
    client.ask(&pipeline, vec![Command::ChangeBackfill(change.clone())]).await;
    if action == BackfillAction::Pause && client.luck.chance(900) {
        client.nap(10, 200).await;
        let change = ChangeBackfill { action: BackfillAction::Resume, ..change };
        client.ask(&pipeline, vec![Command::ChangeBackfill(change)]).await;
    }
}

/// Takes shares of a backfill, in runs of their own.
async fn share(client: &mut Client) {
    let pipeline = client.pipeline();
    let Some(backfill) = pick(client, &pipeline).await else { return };
    for _ in 0..client.luck.between(1, 3) {
        let run = format!("share-{}-{}", backfill.backfill, client.luck.below(40));
        let mut commands = opening(&run, &backfill);
        if client.luck.chance(200) {
            commands.insert(0, graph(client));
        }
        if !matches!(client.ask(&pipeline, commands).await, Some(Ok(_))) {
            return;
        }
        for node in NODES.iter().filter(|node| backfill.nodes.iter().any(|its| its == *node)) {
            if !client.goes_on() || !take(client, &pipeline, &run, node, &backfill.backfill).await {
                return;
            }
        }
        let finish = Command::FinishRun(FinishRun { run, status: Some(FinalStatus::Partial), error: None });
        client.ask(&pipeline, vec![finish]).await;
    }
}

/// A run in which nodes that the backfill is not for have nothing to do.
pub(crate) fn opening(run: &str, backfill: &BackfillView) -> Vec<Command> {
    let start = StartRun { run: Some(run.to_owned()), ..StartRun::default() };
    let skip = |node: &str| SkipNode {
        run: run.to_owned(),
        node: node.to_owned(),
        reason: "the backfill is not for it".to_owned(),
        actor: None,
        downstream: false,
    };
    let others = NODES.iter().filter(|node| backfill.nodes.iter().all(|its| its != *node));
    let skips = others.map(|node| Command::SkipNode(skip(node)));
    std::iter::once(Command::StartRun(start)).chain(skips).collect()
}

/// A share of one node. False if somebody else has it, or nobody knows.
async fn take(client: &mut Client, pipeline: &str, run: &str, node: &str, backfill: &str) -> bool {
    for _ in 0..4 {
        let cover = Cover {
            backfill: Some(backfill.to_owned()),
            limit: u32::try_from(client.luck.below(4)).unwrap_or(0),
            restate: client.luck.chance(50),
            ..Cover::default()
        };
        let begin = BeginNode {
            run: run.to_owned(),
            node: node.to_owned(),
            worker: client.worker(),
            lease_ms: *client.luck.pick(&[100, 150, 400]),
            force: client.luck.chance(100),
            cover: Some(cover),
            ..BeginNode::default()
        };
        match first(client.ask(pipeline, vec![Command::BeginNode(begin)]).await) {
            Some(Answer::Begun(Begun::Run(go))) => {
                let attempt = AttemptRef { run: run.to_owned(), node: node.to_owned(), token: go.token };
                return do_share(client, pipeline, &attempt, &go).await;
            }
            Some(Answer::Begun(Begun::Skip(_))) => return true,
            Some(Answer::Begun(Begun::Wait(wait))) => {
                let wait_ms = client.left_ms(wait.until_ms).min(200);
                client.nap(wait_ms, wait_ms + 5).await;
            }
            _ => return false,
        }
    }
    false
}

/// Works window by window, and ends or does not.
async fn do_share(client: &mut Client, pipeline: &str, attempt: &AttemptRef, go: &Go) -> bool {
    if !settle_doubts(client, pipeline, attempt, go).await {
        return false;
    }
    for interval in go.intervals.iter().take(4) {
        client.nap(5, 60).await;
        if client.luck.chance(700) {
            let beat = Command::Beat(Beat { worker: client.worker(), place: "backfill".to_owned() });
            client.ask_plain(pipeline, beat).await;
        }
        if client.luck.chance(500) {
            // Some do not know that a backfill leaves HWMs alone.
            let hwms = if client.luck.chance(200) { updates(client) } else { Vec::new() };
            let covered = vec![Covered { intervals: vec![*interval], ..Covered::default() }];
            let (attempt, counts, state) = (attempt.clone(), Counts::default(), None);
            let progress = ReportProgress { attempt, counts, state, hwms, covered, ..Default::default() };
            client.ask(pipeline, vec![Command::ReportProgress(progress)]).await;
        }
    }
    client.nap(0, 60).await;
    let attempt = attempt.clone();
    let end = match client.luck.below(20) {
        0..=13 => {
            let hwms = if client.luck.chance(100) { updates(client) } else { Vec::new() };
            Command::SucceedAttempt(SucceedAttempt { attempt, hwms, ..SucceedAttempt::default() })
        }
        14 => {
            let (counts, state, reason) = (None, None, "asked to".to_owned());
            Command::HandBackAttempt(HandBackAttempt { attempt, counts, state, reason })
        }
        15..=16 => {
            let error = ErrorRecord { class: "Bad".to_owned(), message: "luck".to_owned(), detail: None };
            Command::FailAttempt(FailAttempt { attempt, counts: None, error, partitions: Vec::new() })
        }
        _ => return false,
    };
    let is_success = matches!(end, Command::SucceedAttempt(_));
    matches!(client.ask(pipeline, vec![end]).await, Some(Ok(_))) && is_success
}
