//! `highwater coverage windows`.

use clap::Args;
use highwater::answer::{WindowStatus, Windows};
use highwater::command::{Command, ListWindows};

use super::{LineArguments, interval};
use crate::console::Console;
use crate::failure::{Failure, Outcome};
use crate::limits::PAGE_ENTRIES;
use crate::moment::At;
use crate::paint::{Paint, cell};
use crate::session::{Session, expect_answer};
use crate::status::Status;
use crate::table::{Grid, optional, text};
use crate::views::cadence::WindowData;

/// Names the windows of a node.
#[derive(Args, Debug)]
pub(crate) struct WindowsArguments {
    #[command(flatten)]
    line: LineArguments,
    /// Only windows around or behind this: a date in UTC, a time, or a whole number.
    #[arg(long, value_name = "WHERE", value_parser = interval::place, allow_hyphen_values = true)]
    from: Option<i64>,
    /// Only windows that begin before this; otherwise before now.
    #[arg(long, value_name = "WHERE", value_parser = interval::place, allow_hyphen_values = true)]
    to: Option<i64>,
    /// Statuses wanted, with commas: open, missing, partial, running, failed, stale, done.
    #[arg(long, value_name = "STATUSES", value_delimiter = ',')]
    status: Vec<String>,
    #[command(flatten)]
    pub(super) at: At,
}

const STATUSES: [WindowStatus; 7] = [
    WindowStatus::Open,
    WindowStatus::Missing,
    WindowStatus::Partial,
    WindowStatus::Running,
    WindowStatus::Failed,
    WindowStatus::Stale,
    WindowStatus::Done,
];

fn status(word: &str) -> Outcome<WindowStatus> {
    STATUSES.into_iter().find(|status| status.look().name() == word).ok_or_else(|| {
        let names: Vec<&str> = STATUSES.iter().map(|status| status.look().name()).collect();
        Failure::usage(format!("`{word}` is no status of a window; there are {}", names.join(", ")))
    })
}

pub(super) async fn windows(session: &Session<'_>, arguments: &WindowsArguments) -> Outcome<()> {
    let LineArguments { pipeline, node, partition } = &arguments.line;
    let statuses = arguments.status.iter().map(|word| status(word)).collect::<Outcome<Vec<_>>>()?;
    let mut all = Windows::default();
    let mut from = arguments.from;
    loop {
        let (node, partition) = (node.clone(), partition.clone());
        let (statuses, to, limit) = (statuses.clone(), arguments.to, PAGE_ENTRIES);
        let command = ListWindows { node, partition, from, to, statuses, limit };
        let page = expect_answer!(session.ask(pipeline, Command::ListWindows(command)).await?, Windows)?;
        all.axis = page.axis;
        all.windows.extend(page.windows);
        from = page.next;
        if from.is_none() {
            break;
        }
    }
    let data = WindowData::all(pipeline, node, partition.as_ref(), &all);
    session.console.show_list(&data, || table(session.console, &all))?;
    if all.windows.is_empty() {
        session.console.say("no windows");
    }
    Ok(())
}

fn table(console: &Console, all: &Windows) -> String {
    if all.windows.is_empty() {
        return String::new();
    }
    let mut grid = Grid::new(console, &["FROM", "UP TO", "STATUS", "DUE", "RUN"]);
    for window in &all.windows {
        grid.row(vec![
            text(&interval::number(all.axis, window.start)),
            text(&interval::number(all.axis, window.end)),
            window.status.look().cell(console),
            cell(Paint::Plain, window.due_at_ms.map(|at_ms| console.when(at_ms)).unwrap_or_default()),
            optional(window.run.as_ref()),
        ]);
    }
    grid.finish()
}
