//! `highwater cadence set`, `remove` and `window`.

use clap::Args;
use highwater::command::{Command, DeclareCadence, FindWindow};
use highwater::{Axis, Cadence};

use super::length::LengthArguments;
use crate::coverage::interval;
use crate::failure::Outcome;
use crate::session::{Session, expect_answer};
use crate::shell::word;
use crate::time::parse_duration;
use crate::views::coverage::IntervalData;

/// Declares a cadence.
#[derive(Args, Debug)]
pub(crate) struct SetArguments {
    /// Id of the pipeline.
    pipeline: String,
    /// Name of the node; without it all nodes that have no cadence of their own.
    node: Option<String>,
    #[command(flatten)]
    length: LengthArguments,
    /// Where the first window begins: a date in the zone, a time such as 2026-11-28T06:00:00Z, or a whole number.
    #[arg(long, value_name = "WHERE", allow_hyphen_values = true)]
    start: String,
    /// No window ends after this: a date in UTC, a time, or a whole number.
    #[arg(long, value_name = "WHERE", value_parser = interval::place, allow_hyphen_values = true)]
    end: Option<i64>,
    /// A window is due this long after its end, because its rows come late: 1h, 2days.
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    lag: Option<std::time::Duration>,
    /// Windows before the newest one that are done again with it.
    #[arg(long, value_name = "N", default_value_t = 0)]
    lookback: u32,
}

/// Names the cadence of a node.
#[derive(Args, Debug)]
pub(crate) struct RemoveArguments {
    /// Id of the pipeline.
    pipeline: String,
    /// Name of the node; without it the cadence of all nodes that have none of their own.
    node: Option<String>,
}

/// Names a window by its date.
#[derive(Args, Debug)]
pub(crate) struct WindowArguments {
    /// Id of the pipeline.
    pipeline: String,
    /// The date on which the window begins.
    date: String,
    #[command(flatten)]
    length: LengthArguments,
}

pub(super) async fn set(session: &Session<'_>, arguments: SetArguments) -> Outcome<()> {
    let SetArguments { pipeline, node, length, start, end, lag, lookback } = arguments;
    let cadence = length.cadence()?;
    let mut cadence = match (start.parse(), interval::instant(&start)) {
        (Ok(number), _) => cadence.starting_at(number),
        (Err(_), Some(instant)) if start.contains('T') => cadence.starting_at(instant),
        (Err(_), _) => cadence.starting(&start),
    };
    if let Some(end) = end {
        cadence = cadence.ending_at(end);
    }
    if let Some(lag) = lag {
        cadence = cadence.lag(lag);
    }
    declare(session, &pipeline, node, Some(cadence.lookback(lookback))).await
}

async fn declare(
    session: &Session<'_>,
    pipeline: &str,
    node: Option<String>,
    cadence: Option<Cadence>,
) -> Outcome<()> {
    let removes = cadence.is_none();
    let declaration = cadence.map(DeclareCadence::from).unwrap_or_default();
    let command = DeclareCadence { node: node.clone(), ..declaration };
    let done = expect_answer!(session.ask(pipeline, Command::DeclareCadence(command)).await?, Done)?;
    let whose = node.as_ref().map_or_else(|| "all other nodes".to_owned(), |node| format!("node {node}"));
    session.say_done(&match (removes, done.changed) {
        (false, true) => format!("{whose} has a cadence now"),
        (false, false) => format!("{whose} has this cadence already"),
        (true, true) => format!("{whose} has no cadence any more"),
        (true, false) => format!("{whose} had no cadence"),
    });
    if let (false, Some(node)) = (removes, node) {
        session.console.say(&format!("see highwater coverage windows {} {}", word(pipeline), word(&node)));
    }
    Ok(())
}

pub(super) async fn remove(session: &Session<'_>, arguments: RemoveArguments) -> Outcome<()> {
    declare(session, &arguments.pipeline, arguments.node, None).await
}

pub(super) async fn window(session: &Session<'_>, arguments: WindowArguments) -> Outcome<()> {
    let WindowArguments { pipeline, date, length } = arguments;
    let DeclareCadence { cadence, .. } = length.cadence()?.into();
    let command = Command::FindWindow(FindWindow { date, cadence: cadence.unwrap_or_default() });
    let window = expect_answer!(session.ask(&pipeline, command).await?, Window)?;
    let data = IntervalData::new(Axis::Time, window.start, window.end);
    session.console.show(&data, || format!("{}\n", interval::words(Axis::Time, window)))
}
