//! `highwater run start`.

use clap::Args;
use highwater::command::{Command, DeclareCadence, FindWindow, StartRun};
use highwater::{Axis, Interval, RunWindow};

use super::drift::window_words;
use super::{list_hint, parse_pair};
use crate::cadence::length;
use crate::coverage::interval::{self, Written};
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
    /// What the run is asked to cover: days, months or years in UTC such as 2026-05-01, times from..up to, or whole numbers such as
    /// 0..500. Its nodes are handed nothing else.
    #[arg(long, value_name = "WHERE", value_parser = interval::parse, conflicts_with = "date")]
    window: Option<Written>,
    /// The date on which its window begins, when the day does in the zone; instead of a window.
    #[arg(long, value_name = "DATE")]
    date: Option<String>,
    /// How long the window of the date is: 1d, 24h, 1week, 1month.
    #[arg(long, value_name = "LENGTH", default_value = "1d", requires = "date")]
    length: String,
    /// Zone whose clock tells when the date begins, for example Europe/Berlin; UTC without it.
    #[arg(long, value_name = "ZONE", requires = "date")]
    zone: Option<String>,
}

impl StartArguments {
    /// What the run is asked to cover, if that was said.
    async fn window(&self, session: &Session<'_>) -> Outcome<Option<RunWindow>> {
        let window = |axis, Interval { start, end }| RunWindow { axis, start, end };
        let Some(date) = &self.date else {
            return Ok(self.window.map(|written| window(written.axis, written.interval)));
        };
        let DeclareCadence { cadence, .. } = length::of(&self.length, self.zone.as_ref())?.into();
        let (date, cadence) = (date.clone(), cadence.unwrap_or_default());
        let found = session.ask(&self.pipeline, Command::FindWindow(FindWindow { date, cadence })).await?;
        Ok(Some(window(Axis::Time, expect_answer!(found, Window)?)))
    }
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
        window: arguments.window(session).await?,
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
    if let Some(window) = run.window {
        session.console.say(&format!("it covers {}", window_words(window)));
    }
    session.say_done(&format!(
        "run {} is {verb}; end it with: highwater run finish {} {}",
        run.run,
        word(pipeline),
        word(&run.run)
    ));
    Ok(())
}
