//! `highwater worker stop` and `highwater worker allow`.

use std::time::Duration;

use clap::Args;
use highwater::answer::WorkerStop;
use highwater::command::{AllowWorker, Command, StopWorker};

use crate::console::Console;
use crate::failure::{Failure, Hint, Outcome};
use crate::limits::LOOK_AT_STOPPING;
use crate::paint::{Paint, cell};
use crate::session::{Session, expect_answer};
use crate::shell::word;
use crate::table::{fields, text};
use crate::time;
use crate::views::worker::WorkerStopData;

/// Names a worker, and how long it has.
#[derive(Args, Debug)]
pub(crate) struct StopArguments {
    /// Id of the pipeline.
    pipeline: String,
    /// Name of the worker, as the list shows it.
    worker: String,
    /// How long it may hold on to what it has, for example 5m; waits for that long, and then takes it away.
    #[arg(long, value_name = "DURATION", value_parser = time::parse_duration)]
    grace: Option<Duration>,
    /// With --grace: does not wait. What it holds is taken away when its time is up all the same.
    #[arg(long, requires = "grace")]
    no_wait: bool,
}

/// Names a worker.
#[derive(Args, Debug)]
pub(crate) struct AllowArguments {
    /// Id of the pipeline.
    pipeline: String,
    /// Name of the worker, as the list shows it.
    worker: String,
}

pub(super) async fn stop(session: &Session<'_>, arguments: &StopArguments) -> Outcome<()> {
    let StopArguments { pipeline, worker, grace, no_wait } = arguments;
    let reason = session.reason(&format!("highwater worker stop {} {}", word(pipeline), word(worker)))?;
    if let Some(grace) = grace {
        let within = time::duration(time::milliseconds(*grace));
        session.confirm(&format!("take away what {worker} still holds in {within}?"))?;
    }
    let mut stop = ask(session, arguments, *grace, &reason).await?;
    let mut has_said = false;
    while grace.is_some() && !no_wait && !stop.holds.is_empty() {
        if !std::mem::replace(&mut has_said, true) {
            session.console.say(&format!("{worker} is asked, and still holds {}", held(&stop)));
        }
        tokio::time::sleep(LOOK_AT_STOPPING).await;
        let held = stop.holds;
        stop = ask(session, arguments, None, &reason).await?;
        // What it still held when its time was up was taken away from it then.
        if stop.holds.is_empty() && stop.fence_at_ms.is_some_and(|at_ms| at_ms <= time::now_ms()) {
            stop.fenced = held;
        }
    }
    session.console.show(&WorkerStopData::from(&stop), || table(session.console, &stop))?;
    session.say_done(&match (stop.holds.len(), stop.fenced.len()) {
        (0, 0) => format!("{worker} holds nothing, and begins nothing more"),
        (0, _) => format!("{worker} is fenced: all it writes under what it held is refused"),
        _ => format!("{worker} is asked to stop, and begins nothing more"),
    });
    let allow = format!("highwater worker allow {} {}", word(pipeline), word(worker));
    session.console.say(&format!("to let it begin again: {allow}"));
    Ok(())
}

async fn ask(
    session: &Session<'_>,
    arguments: &StopArguments,
    grace: Option<Duration>,
    reason: &str,
) -> Outcome<WorkerStop> {
    let StopArguments { pipeline, worker, .. } = arguments;
    let grace_ms = grace.map(time::whole_milliseconds);
    let (worker, reason, actor) = (worker.clone(), reason.to_owned(), Some(session.actor()));
    let command = Command::StopWorker(StopWorker { worker, grace_ms, reason, actor });
    let answer = session.ask(pipeline, command).await;
    expect_answer!(answer.or_try(|| list_hint(pipeline))?, WorkerStop)
}

pub(super) async fn allow(session: &Session<'_>, arguments: &AllowArguments) -> Outcome<()> {
    let AllowArguments { pipeline, worker } = arguments;
    let reason = session.reason(&format!("highwater worker allow {} {}", word(pipeline), word(worker)))?;
    let (actor, name) = (Some(session.actor()), worker.clone());
    let command = Command::AllowWorker(AllowWorker { worker: name, reason, actor });
    let answer = session.ask(pipeline, command).await.or_try(|| list_hint(pipeline))?;
    if !expect_answer!(answer, Done)?.changed {
        let message = format!("nobody asked worker `{worker}` to stop; there is nothing to allow");
        return Err(Failure::new(crate::exit_code::CONFLICT, message).hint(list_hint(pipeline)));
    }
    session.say_done(&format!("{worker} may begin again"));
    Ok(())
}

fn list_hint(pipeline: &str) -> String {
    format!("highwater worker list {}", word(pipeline))
}

fn held(stop: &WorkerStop) -> String {
    stop.holds.iter().map(|held| held.lease.clone()).collect::<Vec<_>>().join(", ")
}

fn table(console: &Console, stop: &WorkerStop) -> String {
    let fenced = stop.fenced.iter().map(|held| format!("{} (token {})", held.lease, held.token));
    let fenced = fenced.collect::<Vec<_>>().join(", ");
    let some = |words: String| (!words.is_empty()).then(|| text(&words));
    let moment = |at_ms: i64| cell(Paint::Plain, console.moment(at_ms));
    fields(
        console,
        vec![
            ("worker", some(stop.worker.clone())),
            ("holds", some(held(stop))),
            ("fenced at", stop.fence_at_ms.filter(|_| !stop.holds.is_empty()).map(moment)),
            ("fenced", some(fenced)),
        ],
    )
}
