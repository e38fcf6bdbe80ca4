//! Commands about a stream and its checkpoints in the words of scenarios.

use highwater_core::checkpoint::CheckpointStatus;
use highwater_core::command::*;
use highwater_format::fact::{
    Acknowledgement, CheckpointPolicy, OperatorSpec, SourcePosition, StatePart, TransactionRef,
};

use crate::ask::{reason, value};
use crate::words::Words;

/// The command, if it is one of these.
pub(crate) fn command(words: &mut Words) -> Result<Option<Command>, String> {
    Ok(Some(match words.head.as_str() {
        "declare-stream" => declare(words)?,
        "describe-stream" => Command::DescribeStream,
        "trigger-checkpoint" => Command::TriggerCheckpoint(TriggerCheckpoint {
            savepoint: words.text("savepoint"),
            if_due: words.flag("if-due"),
            holder: holder(words)?,
        }),
        "acknowledge-checkpoint" => acknowledge(words)?,
        "abort-checkpoint" => Command::AbortCheckpoint(AbortCheckpoint {
            checkpoint: words.number("checkpoint")?.unwrap_or(0),
            reason: reason(words),
            actor: words.text("actor"),
        }),
        "describe-checkpoint" => {
            Command::DescribeCheckpoint(DescribeCheckpoint { checkpoint: reference(words, "checkpoint")? })
        }
        "list-checkpoints" => Command::ListCheckpoints(ListCheckpoints {
            statuses: words.list("statuses").iter().map(|name| status(name)).collect::<Result<_, _>>()?,
            cursor: words.number("cursor")?,
            limit: words.number("limit")?.unwrap_or(0),
        }),
        "delete-checkpoint" => Command::DeleteCheckpoint(DeleteCheckpoint {
            checkpoint: reference(words, "checkpoint")?,
            reason: reason(words),
            actor: words.text("actor"),
        }),
        "restore-stream" => Command::RestoreStream(RestoreStream {
            from: reference(words, "from")?,
            drop_operators: words.flag("drop-operators"),
            dry_run: words.flag("dry-run"),
            holder: holder(words)?,
            reason: reason(words),
            actor: words.text("actor"),
        }),
        "settle-transactions" => {
            let transactions = words.list("transactions");
            let transactions = transactions.iter().map(|it| transaction(it)).collect::<Result<_, _>>()?;
            Command::SettleTransactions(SettleTransactions { transactions })
        }
        "reclaim-state" => Command::ReclaimState(ReclaimState {
            deleted: words.list("deleted"),
            limit: words.number("limit")?.unwrap_or(0),
        }),
        _ => return Ok(None),
    }))
}

/// `op:count=4` for an operator of four sub-tasks.
fn declare(words: &mut Words) -> Result<Command, String> {
    let operator = |(name, parallelism): (String, String)| {
        let parallelism = parallelism.parse().map_err(|_| format!("`{parallelism}` is no parallelism"))?;
        Ok(OperatorSpec { name, parallelism })
    };
    let operators = words.starting("op:").into_iter().map(operator).collect::<Result<_, String>>()?;
    let default = CheckpointPolicy::default();
    let policy = CheckpointPolicy {
        interval_ms: words.number("interval-ms")?.unwrap_or(default.interval_ms),
        timeout_ms: words.number("timeout-ms")?.unwrap_or(default.timeout_ms),
        min_pause_ms: words.number("min-pause-ms")?.unwrap_or(default.min_pause_ms),
        max_in_flight: words.number("max-in-flight")?.unwrap_or(default.max_in_flight),
        retain: words.number("retain")?.unwrap_or(default.retain),
        expire_ms: words.number("expire-ms")?.unwrap_or(default.expire_ms),
    };
    let policy = (policy != default).then_some(policy);
    let key_groups = words.number("key-groups")?.unwrap_or(0);
    Ok(Command::DeclareStream(DeclareStream { operators, key_groups, policy }))
}

/// `by=count/0 state=text parts=name:bytes,... at:orders/0=int:5 transaction=text`.
fn acknowledge(words: &mut Words) -> Result<Command, String> {
    let checkpoint = words.number("checkpoint")?.unwrap_or(0);
    let part = |text: &String| {
        let (name, size) =
            text.rsplit_once(':').ok_or_else(|| format!("`{text}` is no part; write a:100"))?;
        let size_bytes = size.parse().map_err(|_| format!("`{size}` is no size"))?;
        Ok(StatePart { name: name.to_owned(), size_bytes, digest: None })
    };
    let parts = words.list("parts").iter().map(part).collect::<Result<_, String>>()?;
    let position = |(name, text): (String, String)| Ok(SourcePosition { name, value: value(&text)? });
    let positions = words.starting("at:").into_iter().map(position).collect::<Result<_, String>>()?;
    let (state, transaction) = (words.text("state"), words.text("transaction"));
    let mut acknowledgements = Vec::new();
    for by in words.list("by") {
        let (operator, subtask) = by.rsplit_once('/').ok_or_else(|| format!("`{by}` is no sub-task"))?;
        acknowledgements.push(Acknowledgement {
            operator: operator.to_owned(),
            subtask: subtask.parse().map_err(|_| format!("`{subtask}` is no sub-task"))?,
            state: state.clone().map(String::into_bytes),
            parts: Vec::clone(&parts),
            positions: Vec::clone(&positions),
            transaction: transaction.clone().map(String::into_bytes),
        });
    }
    let holder = holder(words)?;
    Ok(Command::AcknowledgeCheckpoint(AcknowledgeCheckpoint { checkpoint, acknowledgements, holder }))
}

fn holder(words: &mut Words) -> Result<Option<Holder>, String> {
    Ok(match words.text("lease") {
        Some(lease) => Some(Holder { lease, token: words.number("token")?.unwrap_or(0) }),
        None => None,
    })
}

/// `latest`, `3`, `savepoint:name`.
fn reference(words: &mut Words, key: &str) -> Result<CheckpointRef, String> {
    let Some(text) = words.text(key) else { return Ok(CheckpointRef::Latest) };
    match (text.as_str(), text.strip_prefix("savepoint:")) {
        ("latest", _) => Ok(CheckpointRef::Latest),
        (_, Some(name)) => Ok(CheckpointRef::Savepoint(name.to_owned())),
        (number, None) => {
            number.parse().map(CheckpointRef::Number).map_err(|_| format!("`{number}` is no checkpoint"))
        }
    }
}

/// `3/sink/0`.
fn transaction(text: &str) -> Result<TransactionRef, String> {
    let wrong = || format!("`{text}` is no transaction; write 3/sink/0");
    let (checkpoint, rest) = text.split_once('/').ok_or_else(wrong)?;
    let (operator, subtask) = rest.rsplit_once('/').ok_or_else(wrong)?;
    Ok(TransactionRef {
        checkpoint: checkpoint.parse().map_err(|_| wrong())?,
        operator: operator.to_owned(),
        subtask: subtask.parse().map_err(|_| wrong())?,
    })
}

fn status(name: &str) -> Result<CheckpointStatus, String> {
    let found = CheckpointStatus::ALL.into_iter().find(|status| status.name() == name);
    found.ok_or_else(|| format!("there is no status `{name}`"))
}
