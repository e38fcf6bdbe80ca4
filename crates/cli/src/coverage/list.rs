//! `highwater coverage list`.

use clap::Args;
use highwater::Interval;
use highwater::answer::CoverageLine;
use highwater::command::{Command, ListCoverage};

use super::interval;
use crate::console::Console;
use crate::failure::Outcome;
use crate::limits::PAGE_ENTRIES;
use crate::moment::At;
use crate::paint::{Paint, cell};
use crate::session::{Session, expect_answer};
use crate::table::{Grid, optional, text};
use crate::views::coverage::LineData;

/// Names a pipeline.
#[derive(Args, Debug)]
pub(crate) struct ListArguments {
    /// Id of the pipeline.
    pipeline: String,
    #[command(flatten)]
    pub(super) at: At,
}

pub(super) async fn list(session: &Session<'_>, arguments: &ListArguments) -> Outcome<()> {
    let command = |cursor| Command::ListCoverage(ListCoverage { cursor, limit: PAGE_ENTRIES });
    let read = |answer| expect_answer!(answer, CoverageLines).map(|page| (page.lines, page.next));
    let lines = session.ask_for_all(&arguments.pipeline, command, read).await?;
    let data: Vec<LineData<'_>> = lines.iter().map(|line| LineData::new(&arguments.pipeline, line)).collect();
    session.console.show_list(&data, || table(session.console, &lines))?;
    if lines.is_empty() {
        session.console.say("nothing is covered yet");
    }
    Ok(())
}

fn table(console: &Console, lines: &[CoverageLine]) -> String {
    if lines.is_empty() {
        return String::new();
    }
    let mut grid = Grid::new(console, &["NODE", "PARTITION", "COVERAGE", "ALL DONE UP TO", ">LATE"]);
    for line in lines {
        grid.row(vec![
            text(&line.node).add_attribute(comfy_table::Attribute::Bold),
            optional(line.partition.as_ref()),
            text(&interval::words(line.axis, Interval { start: line.start, end: line.end })),
            cell(Paint::Plain, line.edge.map(|edge| interval::number(line.axis, edge)).unwrap_or_default()),
            optional((line.late_reports > 0).then(|| line.late_reports.to_string()).as_ref()),
        ]);
    }
    grid.finish()
}
