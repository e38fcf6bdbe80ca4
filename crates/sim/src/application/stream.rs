//! A stream of three operators: its coordinator starts it from the last checkpoint, and makes some more.

use highwater_core::ErrorKind;
use highwater_core::answer::{Answer, CheckpointTrigger, LeaseAnswer, StreamRestored, TransactionView};
use highwater_core::command::*;
use highwater_format::fact::{
    Acknowledgement, CheckpointPolicy, OperatorSpec, SourcePosition, StatePart, TransactionRef,
};
use highwater_format::value::Value;

use super::Client;

/// The operators and their sub-tasks.
const OPERATORS: [(&str, u32); 3] = [("log", 2), ("count", 2), ("sink", 1)];
const LEASE: &str = "stream";

/// One life of a coordinator.
pub(crate) async fn coordinate(client: &mut Client) {
    let pipeline = client.pipeline();
    if client.luck.chance(400) {
        let declare = declare(client);
        let told = client.ask(&pipeline, vec![declare]).await;
        if !matches!(told, Some(Ok(_))) {
            return;
        }
    }
    let lease_ms = *client.luck.pick(&[100, 200, 400]);
    let acquire = AcquireLease { name: LEASE.to_owned(), worker: client.worker(), lease_ms };
    let mut holder = None;
    for _ in 0..6 {
        match first(client.ask(&pipeline, vec![Command::AcquireLease(acquire.clone())]).await) {
            Some(Answer::Lease(LeaseAnswer::Granted(granted))) => {
                holder = Some(Holder { lease: LEASE.to_owned(), token: granted.token });
            }
            Some(Answer::Lease(LeaseAnswer::Held(_))) if client.goes_on() => {
                client.nap(20, 60).await;
                continue;
            }
            _ => {}
        }
        break;
    }
    let Some(holder) = holder else { return };
    let Some(start) = restore(client, &pipeline, &holder).await else { return };
    let decided: Vec<TransactionView> = [start.commit, start.abort].concat();
    settle(client, &pipeline, &decided).await;
    for _ in 0..client.luck.between(1, 5) {
        if !client.goes_on() || !checkpoint(client, &pipeline, &holder).await {
            return;
        }
        if client.luck.chance(700) {
            let beat = Command::Beat(Beat { worker: client.worker(), place: String::new() });
            client.ask_plain(&pipeline, beat).await;
        }
        client.nap(1, 60).await;
    }
    if client.luck.chance(500) {
        client.ask(&pipeline, vec![Command::ReleaseLease(ReleaseLease { holder })]).await;
    }
}

fn first(told: super::client::Told) -> Option<Answer> {
    told.and_then(Result::ok).and_then(|answers| answers.into_iter().next())
}

fn declare(client: &mut Client) -> Command {
    let operator = |(name, parallelism): &(&str, u32)| OperatorSpec {
        name: (*name).to_owned(),
        parallelism: *parallelism,
    };
    let policy = CheckpointPolicy {
        interval_ms: 40,
        timeout_ms: 150,
        max_in_flight: 2,
        retain: 1 + u32::try_from(client.luck.below(2)).unwrap_or(0),
        ..CheckpointPolicy::default()
    };
    let operators = OPERATORS.iter().map(operator).collect();
    Command::DeclareStream(DeclareStream { operators, key_groups: 8, policy: Some(policy) })
}

async fn restore(client: &mut Client, pipeline: &str, holder: &Holder) -> Option<StreamRestored> {
    let mut command =
        RestoreStream { holder: Some(holder.clone()), drop_operators: true, ..RestoreStream::default() };
    if client.luck.chance(100) {
        command.from = CheckpointRef::Number(1 + client.luck.below(6));
        command.reason = "because".to_owned();
    }
    match first(client.ask(pipeline, vec![Command::RestoreStream(command)]).await) {
        Some(Answer::StreamRestored(start)) => Some(start),
        _ => None,
    }
}

/// What a sink does that is told what to do with its transactions: it does it, and says so, sometimes too early.
async fn settle(client: &mut Client, pipeline: &str, transactions: &[TransactionView]) {
    let mut transactions: Vec<TransactionRef> = transactions
        .iter()
        .map(|it| TransactionRef {
            checkpoint: it.checkpoint,
            operator: it.operator.clone(),
            subtask: it.subtask,
        })
        .collect();
    if client.luck.chance(200) {
        let early = transactions.iter().map(|it| it.checkpoint).max().unwrap_or(1) + 1;
        transactions.push(TransactionRef { checkpoint: early, operator: "sink".to_owned(), subtask: 0 });
    }
    if !transactions.is_empty() && client.luck.chance(850) {
        client.ask(pipeline, vec![Command::SettleTransactions(SettleTransactions { transactions })]).await;
    }
}

/// One barrier through the stream. False if the coordinator is one no more.
async fn checkpoint(client: &mut Client, pipeline: &str, holder: &Holder) -> bool {
    let if_due = client.luck.chance(500);
    let trigger = TriggerCheckpoint { savepoint: None, if_due, holder: Some(holder.clone()) };
    let told = client.ask(pipeline, vec![Command::TriggerCheckpoint(trigger)]).await;
    let number = match told {
        Some(Ok(answers)) => match answers.first() {
            Some(Answer::CheckpointTrigger(CheckpointTrigger::Triggered(triggered))) => triggered.checkpoint,
            _ => return true,
        },
        Some(Err(error)) => return error.kind != ErrorKind::Fenced,
        None => return true,
    };
    let position = client.world.time.now_us() / 1_000;
    for (operator, parallelism) in OPERATORS {
        for subtask in 0..parallelism {
            client.nap(0, 15).await;
            if client.luck.chance(60) {
                return true;
            }
            let it = acknowledgement(client, operator, subtask, number, position);
            // Some have not heard that their coordinator was replaced.
            let holder = client.luck.chance(950).then(|| holder.clone());
            let command = AcknowledgeCheckpoint { checkpoint: number, acknowledgements: vec![it], holder };
            let told = client.ask(pipeline, vec![Command::AcknowledgeCheckpoint(command)]).await;
            if let Some(Err(error)) = &told
                && error.kind == ErrorKind::Fenced
                && client.luck.chance(700)
            {
                return false;
            }
            if let Some(Answer::Acknowledged(acknowledged)) = first(told) {
                settle(client, pipeline, &acknowledged.commit).await;
            }
        }
    }
    interfere(client, pipeline, number).await;
    true
}

/// State that tells where it is from, a part that is shared with others, and one that is new.
fn acknowledgement(
    client: &mut Client,
    operator: &str,
    subtask: u32,
    number: u64,
    position: u64,
) -> Acknowledgement {
    let part = |name: String| StatePart { name, size_bytes: 10, digest: None };
    let mut it = Acknowledgement { operator: operator.to_owned(), subtask, ..Acknowledgement::default() };
    match operator {
        "log" => {
            let name = format!("log/{subtask}");
            it.positions = vec![SourcePosition { name, value: Value::Uint(position) }];
        }
        "count" => {
            it.state = Some(format!("{number} {subtask} {position}").into_bytes());
            let base = number.saturating_sub(client.luck.below(3)) / 3;
            it.parts = vec![part(format!("base-{subtask}-{base}")), part(format!("new-{subtask}-{number}"))];
        }
        _ => it.transaction = Some(format!("{number}").into_bytes()),
    }
    it
}

/// What people and scripts do beside it.
async fn interfere(client: &mut Client, pipeline: &str, number: u64) {
    let (reason, actor) = ("because".to_owned(), None);
    let command = match client.luck.below(12) {
        0 => Command::AbortCheckpoint(AbortCheckpoint { checkpoint: number, reason, actor }),
        1 => {
            let checkpoint = CheckpointRef::Number(number.saturating_sub(1));
            Command::DeleteCheckpoint(DeleteCheckpoint { checkpoint, reason, actor })
        }
        2..=4 => {
            let Some(Answer::Reclaimable(told)) =
                first(client.ask(pipeline, vec![Command::ReclaimState(ReclaimState::default())]).await)
            else {
                return;
            };
            let deleted = told.parts.into_iter().map(|part| part.name).collect();
            Command::ReclaimState(ReclaimState { deleted, limit: 0 })
        }
        5 => Command::DescribeStream,
        6 => Command::Validate,
        _ => return,
    };
    client.ask_plain(pipeline, command).await;
}
