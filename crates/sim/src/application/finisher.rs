//! After all faults: whatever can be brought to its end is.

use highwater_core::answer::{Answer, BackfillView, Begun, RunView};
use highwater_core::backfill::BackfillStatus;
use highwater_core::command::*;
use highwater_core::input::Freshness;
use highwater_core::run::RunStatus;
use highwater_format::fact::{BackfillAction, FinalStatus};

use super::pipeline::{NODES, graph_with, is_done, settle_doubts};
use super::{Client, backfill};
use crate::fault::Fault;
use crate::invariants::Violation;

/// Looks this often before it gives up on a run.
const LOOKS: u32 = 2_000;

/// Brings every open run of every pipeline to its end.
pub(crate) async fn finish_runs(mut client: Client) {
    for number in 0..client.world.plan.pipelines {
        let pipeline = format!("sim/p{number}");
        if client.world.plan.faults.contains(&Fault::Rot) {
            let repair = Repair { reason: "nothing must stay bad".to_owned(), ..Repair::default() };
            let told = one(&mut client, &pipeline, Command::Repair(repair)).await;
            if !matches!(told, Ok(Answer::Repaired(_))) {
                return refused(&client, &format!("{pipeline} cannot be repaired: {told:?}"));
            }
        }
        // What can never be done in time would never be done.
        if let Err(why) = one(&mut client, &pipeline, graph_with([None; 3])).await {
            return refused(&client, &format!("{pipeline}: {why}"));
        }
        let list = ListRuns {
            statuses: vec![RunStatus::Running, RunStatus::Paused],
            limit: 1_000,
            ..ListRuns::default()
        };
        let told =
            client.submit(&pipeline, vec![Command::ListRuns(list)], None, None, Freshness::Latest).await;
        let Some(Ok(answers)) = told else { return refused(&client, &format!("{told:?}")) };
        let Some(Answer::Runs(runs)) = answers.into_iter().next() else { return };
        for run in runs.runs.into_iter().filter(|run| run.run != "ledger") {
            if let Err(why) = finish(&mut client, &pipeline, &run.run).await {
                return refused(&client, &format!("{pipeline}, run {}: {why}", run.run));
            }
        }
        if let Err(why) = finish_backfills(&mut client, &pipeline).await {
            return refused(&client, &format!("{pipeline}: {why}"));
        }
    }
}

fn refused(client: &Client, why: &str) {
    client
        .world
        .check(Err(Violation::new("liveness", format!("nothing is wrong any more, and still: {why}"))));
}

async fn finish(client: &mut Client, pipeline: &str, run: &str) -> Result<(), String> {
    for _ in 0..LOOKS {
        let view = one(client, pipeline, Command::DescribeRun(DescribeRun { run: run.to_owned() })).await?;
        let Answer::Run(view) = view else { return Err(format!("{view:?}")) };
        if view.status.is_final() {
            return Ok(());
        }
        if view.status == RunStatus::Paused {
            let resume = ResumeRun { run: run.to_owned(), ..ResumeRun::default() };
            one(client, pipeline, Command::ResumeRun(resume)).await.map(drop).or_else(expected)?;
        }
        let open = open_nodes(&view);
        if open.is_empty() {
            let status = Some(FinalStatus::Partial);
            let finish = FinishRun { run: run.to_owned(), status, error: None };
            // Whether its deadline was before that, the next look says.
            one(client, pipeline, Command::FinishRun(finish)).await.map(drop).or_else(expected)?;
            continue;
        }
        for node in open {
            step(client, pipeline, run, &node, None).await.or_else(expected)?;
        }
    }
    Err(format!("it is not done after {LOOKS} looks"))
}

/// A run or an attempt may run into its deadline at any time; then the next look finds it over.
fn expected<T: Default>(why: String) -> Result<T, String> {
    if why.contains("Conflict") || why.contains("Fenced") { Ok(T::default()) } else { Err(why) }
}

/// Nodes to be looked at: those of the graph and whatever else is neither done nor given up. None if nothing is open.
fn open_nodes(view: &RunView) -> Vec<String> {
    let open = view.nodes.iter().filter(|node| !is_done(node.status));
    let mut open: Vec<String> = open.map(|node| node.node.clone()).collect();
    if !open.is_empty() {
        open.retain(|node| !NODES.contains(&node.as_str()));
        open.splice(0..0, NODES.map(str::to_owned));
    }
    open
}

/// Does what there is to do about a node now.
async fn step(
    client: &mut Client,
    pipeline: &str,
    run: &str,
    node: &str,
    cover: Option<Cover>,
) -> Result<(), String> {
    let (run, node, worker) = (run.to_owned(), node.to_owned(), client.worker());
    let begin = BeginNode {
        run: run.clone(),
        node: node.clone(),
        worker,
        lease_ms: 100,
        cover,
        ..BeginNode::default()
    };
    let begun = one(client, pipeline, Command::BeginNode(begin)).await;
    if begun.as_ref().is_err_and(|why| why.contains("Fenced")) {
        let reason = "everything has to end".to_owned();
        let allow = AllowWorker { worker: client.worker(), reason, actor: None };
        return one(client, pipeline, Command::AllowWorker(allow)).await.map(|_| ());
    }
    match begun? {
        Answer::Begun(Begun::Run(go)) => {
            let attempt = AttemptRef { run, node, token: go.token };
            if !settle_doubts(client, pipeline, &attempt, &go).await {
                return Err("a batch in doubt could not be settled".to_owned());
            }
            let succeed = SucceedAttempt { attempt, ..SucceedAttempt::default() };
            one(client, pipeline, Command::SucceedAttempt(succeed)).await.map(|_| ())
        }
        Answer::Begun(Begun::Skip(_)) => Ok(()),
        Answer::Begun(Begun::Wait(wait)) => {
            // It may wait for a node before it, which is looked at next time round.
            let wait_ms = client.left_ms(wait.until_ms);
            client.nap(wait_ms, wait_ms + 1).await;
            Ok(())
        }
        other => Err(format!("{other:?}")),
    }
}

/// Takes shares of every backfill until it is done.
async fn finish_backfills(client: &mut Client, pipeline: &str) -> Result<(), String> {
    for look in 0..LOOKS {
        let list = Command::ListBackfills(ListBackfills { limit: 1_000, ..ListBackfills::default() });
        let Answer::Backfills(page) = one(client, pipeline, list).await? else { return Ok(()) };
        let is_open = |it: &&BackfillView| match it.status {
            BackfillStatus::Running | BackfillStatus::Paused => it.windows > 0,
            BackfillStatus::Cancelled | BackfillStatus::Done => false,
        };
        let Some(open) = page.backfills.iter().find(is_open) else { return Ok(()) };
        if open.status == BackfillStatus::Paused {
            let (backfill, reason) = (open.backfill.clone(), "everything has to end".to_owned());
            let change = ChangeBackfill { backfill, action: BackfillAction::Resume, reason, actor: None };
            one(client, pipeline, Command::ChangeBackfill(change)).await?;
        }
        let run = format!("last-{look}");
        client.submit(pipeline, backfill::opening(&run, open), None, None, Freshness::Latest).await;
        let cover = Cover { backfill: Some(open.backfill.clone()), ..Cover::default() };
        // In the order of the graph, which may have been declared after the backfill was made.
        for node in NODES.iter().filter(|node| open.nodes.iter().any(|its| its == *node)) {
            step(client, pipeline, &run, node, Some(cover.clone())).await.or_else(expected)?;
        }
        let status = Some(FinalStatus::Partial);
        one(client, pipeline, Command::FinishRun(FinishRun { run, status, error: None })).await?;
    }
    Err(format!("a backfill is not done after {LOOKS} looks"))
}

async fn one(client: &mut Client, pipeline: &str, command: Command) -> Result<Answer, String> {
    let told = client.submit(pipeline, vec![command], None, None, Freshness::Latest).await;
    match told {
        Some(Ok(answers)) => answers.into_iter().next().ok_or_else(|| "no answer".to_owned()),
        other => Err(format!("{other:?}")),
    }
}
