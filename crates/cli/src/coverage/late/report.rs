//! `highwater coverage late report`.

use clap::Args;
use highwater::answer::{Arrivals, Arrived};
use highwater::command::{Arrival, Command, ReportArrivals};
use highwater::{Axis, Interval};

use super::super::LineArguments;
use super::super::interval::{self, Written};
use crate::console::Console;
use crate::failure::{Failure, Hint, Outcome};
use crate::paint::{Paint, cell};
use crate::session::{Session, expect_answer};
use crate::shell::word;
use crate::table::{Grid, optional, text};
use crate::views::late::ArrivedData;

/// Says where rows arrived.
#[derive(Args, Debug)]
pub(crate) struct ReportArguments {
    #[command(flatten)]
    line: LineArguments,
    /// Where: days, months or years in UTC such as 2026-11-20, times from..up to, whole numbers such as 0..500, or one place such as
    /// 2026-11-20T09:30:00Z or 42.
    #[arg(required = true, value_name = "WHERE", value_parser = place, allow_negative_numbers = true)]
    places: Vec<Written>,
    /// How many rows, for the count.
    #[arg(long, value_name = "N", default_value_t = 0)]
    rows: u64,
    /// Run that reports it.
    #[arg(long, value_name = "RUN")]
    run: Option<String>,
}

/// An interval, or a place as the shortest interval that there is.
fn place(text: &str) -> Result<Written, String> {
    let one = |axis, start: i64| Written { axis, interval: Interval { start, end: start.saturating_add(1) } };
    if text.contains("..") {
        return interval::parse(text);
    }
    // A number of four digits could be a year: `2026..2027` says that.
    match (text.parse(), interval::instant(text)) {
        (Ok(number), _) => Ok(one(Axis::Integer, number)),
        (Err(_), Some(instant)) if text.contains('T') => Ok(one(Axis::Time, instant)),
        _ => interval::parse(text),
    }
}

pub(super) async fn report(session: &Session<'_>, arguments: &ReportArguments) -> Outcome<()> {
    let LineArguments { pipeline, node, partition } = &arguments.line;
    let axis = arguments.places[0].axis;
    if arguments.places.iter().any(|place| place.axis != axis) {
        return Err(Failure::usage(
            "some of these places are times and some are numbers; name them in two commands",
        ));
    }
    let arrival = Arrival {
        node: node.clone(),
        partition: partition.clone(),
        axis: Some(axis),
        intervals: arguments.places.iter().map(|place| place.interval).collect(),
        rows: arguments.rows,
    };
    let command =
        ReportArrivals { arrivals: vec![arrival], run: arguments.run.clone(), worker: Some(session.actor()) };
    let show = || format!("highwater coverage show {} {}", word(pipeline), word(node));
    let answer = session.ask(pipeline, Command::ReportArrivals(command)).await.or_try(show)?;
    let arrivals = expect_answer!(answer, Arrivals)?;
    let data: Vec<ArrivedData<'_>> =
        arrivals.arrivals.iter().map(|it| ArrivedData::new(pipeline, it, arrivals.version)).collect();
    session.console.show_list(&data, || table(session.console, &arrivals))?;
    let has = |part: fn(&Arrived) -> &Vec<Interval>| arrivals.arrivals.iter().any(|it| !part(it).is_empty());
    if has(|it| &it.refused) {
        let message = format!("node {node} refuses rows that are so late; nobody will load them");
        return Err(Failure::work(message).hint(format!("highwater coverage late rules {}", word(pipeline))));
    }
    session.say_done(match (has(|it| &it.reopened), has(|it| &it.recorded)) {
        (true, _) => "reopened: the next worker that covers is handed it again",
        (false, true) => "recorded: what is done stays done",
        (false, false) => "nothing of it is late: it is not done yet",
    });
    Ok(())
}

fn table(console: &Console, arrivals: &Arrivals) -> String {
    let mut grid = Grid::new(console, &["NODE", "WHERE", "WHAT", "BECAUSE OF"]);
    for arrived in &arrivals.arrivals {
        let parts = [
            (&arrived.reopened, Paint::Warn, "reopened"),
            (&arrived.recorded, Paint::Plain, "recorded"),
            (&arrived.refused, Paint::Bad, "refused"),
            (&arrived.pending, Paint::Faint, "not done yet"),
        ];
        for (intervals, paint, what) in parts {
            for interval in intervals {
                grid.row(vec![
                    text(&arrived.node).add_attribute(comfy_table::Attribute::Bold),
                    text(&interval::words(arrived.axis, *interval)),
                    cell(paint, what),
                    optional(arrived.upstream.as_ref()),
                ]);
            }
        }
    }
    grid.finish()
}
