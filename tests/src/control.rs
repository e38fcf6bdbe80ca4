//! Commands that hold work up, in the words of scenarios.

use highwater_core::command::{AllowWorker, Command, HandBackAttempt, PauseRun, StopWorker};

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
        _ => return Ok(None),
    }))
}
