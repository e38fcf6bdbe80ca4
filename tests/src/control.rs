//! Commands that hold work up, in the words of scenarios.

use highwater_core::command::{
    AllowWorker, AttemptRef, BuryItems, Command, HandBackAttempt, ListDeadLetters, PauseRun,
    SettleDeadLetters, StopWorker,
};
use highwater_format::fact::{DeadItem, ErrorRecord};

use crate::ask::{attempt, counts, reason};
use crate::words::Words;

/// The command of one line, if it is one of these.
pub(crate) fn command(words: &mut Words) -> Result<Option<Command>, String> {
    Ok(Some(match words.head.as_str() {
        "pause-run" => {
            let (run, reason, actor) = (words.need("run")?, reason(words), words.text("actor"));
            Command::PauseRun(PauseRun { run, reason, actor })
        }
        "hand-back-attempt" => Command::HandBackAttempt(HandBackAttempt {
            attempt: attempt(words)?,
            counts: counts(words)?,
            state: words.text("state").map(String::into_bytes),
            reason: reason(words),
        }),
        "stop-worker" => Command::StopWorker(StopWorker {
            worker: words.need("worker")?,
            grace_ms: words.number("grace-ms")?,
            reason: reason(words),
            actor: words.text("actor"),
        }),
        "allow-worker" => {
            let (worker, reason, actor) = (words.need("worker")?, reason(words), words.text("actor"));
            Command::AllowWorker(AllowWorker { worker, reason, actor })
        }
        "bury-items" => {
            let (attempt, detail) = (attempt(words)?, words.text("detail"));
            let item = |(key, error): (String, String)| {
                let (class, message) = error.split_once(':').unwrap_or((&error, ""));
                let (class, message) = (class.to_owned(), message.to_owned());
                let payload = Some(format!("item {key}").into_bytes());
                DeadItem { key, error: ErrorRecord { class, message, detail: detail.clone() }, payload }
            };
            let items = words.starting("item:").into_iter().map(item).collect();
            Command::BuryItems(BuryItems { attempt, items })
        }
        "list-dead-letters" => Command::ListDeadLetters(ListDeadLetters {
            node: words.text("node"),
            requeued: words.text("requeued").map(|it| it == "true"),
            cursor: words.text("cursor"),
            limit: words.number("limit")?.unwrap_or(0),
        }),
        "settle-dead-letters" => {
            let (node, keys, requeue) = (words.need("node")?, words.list("keys"), words.flag("requeue"));
            let (reason, actor) = (reason(words), words.text("actor"));
            let attempt = match (words.text("run"), words.number("token")?) {
                (Some(run), Some(token)) => Some(AttemptRef { run, node: node.clone(), token }),
                _ => None,
            };
            let settle = SettleDeadLetters { node, keys, requeue, reason, actor, attempt };
            Command::SettleDeadLetters(settle)
        }
        _ => return Ok(None),
    }))
}
