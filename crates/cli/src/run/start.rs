//! `highwater run start`.

use clap::Args;
use highwater::command::{Command, StartRun};

use super::{list_hint, parse_pair};
use crate::failure::{Hint, Outcome};
use crate::infer;
use crate::session::{Session, expect_answer};
use crate::shell::word;
use crate::time;
use crate::views::run::RunData;

/// What the run is for.
#[derive(Args, Debug)]
pub(crate) struct StartArguments {
    /// Id of the pipeline.
    pipeline: String,
    /// Id of the run; one that sorts by time is made if left out.
    run: Option<String>,
    /// A parameter, its type told by its form; may be repeated.
    #[arg(long, value_name = "NAME=VALUE", value_parser = parse_pair)]
    param: Vec<(String, String)>,
    /// A label; may be repeated.
    #[arg(long, value_name = "NAME=TEXT", value_parser = parse_pair)]
    tag: Vec<(String, String)>,
    /// What caused the run.
    #[arg(long, value_name = "TEXT", default_value = "manual")]
    trigger: String,
    /// Version of the pipeline's code, for example a git commit.
    #[arg(long, value_name = "TEXT")]
    code_version: Option<String>,
    /// The time that the run is for.
    #[arg(long = "for", value_name = "TIME", value_parser = time::parse_instant)]
    logical_time_ms: Option<i64>,
    /// Run that this one retries or belongs to.
    #[arg(long, value_name = "RUN")]
    parent: Option<String>,
    /// How long it may take; a run that is not over by then fails, and who works in it is fenced.
    #[arg(long, value_name = "DURATION", value_parser = time::parse_duration)]
    deadline: Option<std::time::Duration>,
}

pub(super) async fn start(session: &Session<'_>, arguments: &StartArguments) -> Outcome<()> {
    let pipeline = &arguments.pipeline;
    let mut start = StartRun {
        run: arguments.run.clone(),
        tags: arguments.tag.iter().cloned().collect(),
        trigger: Some(arguments.trigger.clone()),
        code_version: arguments.code_version.clone(),
        logical_time_ms: arguments.logical_time_ms,
        parent: arguments.parent.clone(),
        deadline_ms: arguments.deadline.map(time::whole_milliseconds),
        ..StartRun::default()
    };
    for (name, text) in &arguments.param {
        start.params.insert(name.clone(), infer::read(text, None, None)?.value);
    }
    let answer = session.ask(pipeline, Command::StartRun(start)).await.or_try(|| list_hint(pipeline))?;
    let started = expect_answer!(answer, RunStarted)?;
    let run = &started.run;
    session.console.show(&RunData::brief(pipeline, run), || format!("{}\n", run.run))?;
    let verb = if started.resumed { "resumed" } else { "started" };
    session.say_done(&format!(
        "run {} is {verb}; end it with: highwater run finish {} {}",
        run.run,
        word(pipeline),
        word(&run.run)
    ));
    Ok(())
}
