//! `highwater cadence list`.

use clap::Args;
use highwater::answer::CadenceView;
use highwater::command::{Command, ListCadences};

use super::length;
use crate::coverage::interval;
use crate::failure::Outcome;
use crate::limits::PAGE_ENTRIES;
use crate::moment::At;
use crate::paint::{Paint, cell};
use crate::session::{Session, expect_answer};
use crate::table::{Grid, optional, text};
use crate::time::duration;
use crate::views::cadence::CadenceData;

/// Names a pipeline.
#[derive(Args, Debug)]
pub(crate) struct ListArguments {
    /// Id of the pipeline.
    pipeline: String,
    #[command(flatten)]
    pub(super) at: At,
}

pub(super) async fn list(session: &Session<'_>, arguments: &ListArguments) -> Outcome<()> {
    let command = |cursor| Command::ListCadences(ListCadences { cursor, limit: PAGE_ENTRIES });
    let read = |answer| expect_answer!(answer, Cadences).map(|page| (page.cadences, page.next));
    let cadences = session.ask_for_all(&arguments.pipeline, command, read).await?;
    let data: Vec<CadenceData<'_>> =
        cadences.iter().map(|view| CadenceData::new(&arguments.pipeline, view)).collect();
    session.console.show_list(&data, || table(session, &cadences))?;
    if cadences.is_empty() {
        session.console.say("no cadences are declared");
    }
    Ok(())
}

fn table(session: &Session<'_>, cadences: &[CadenceView]) -> String {
    if cadences.is_empty() {
        return String::new();
    }
    let headers = ["NODE", "WINDOWS", "ZONE", "FROM", "UP TO", ">LAG", ">LOOKBACK"];
    let mut grid = Grid::new(session.console, &headers);
    for CadenceView { node, cadence } in cadences {
        let number = |at| interval::number(cadence.axis, at);
        let lag = (cadence.lag_ms > 0).then(|| duration(cadence.lag_ms.try_into().unwrap_or(i64::MAX)));
        let lookback = (cadence.lookback > 0).then(|| cadence.lookback.to_string());
        let zone = cadence.zone.clone().unwrap_or_else(|| "UTC".to_owned());
        grid.row(vec![
            text(node.as_deref().unwrap_or("(all others)")).add_attribute(comfy_table::Attribute::Bold),
            text(&length::words(cadence.axis, cadence.unit, cadence.every, cadence.cron.as_ref())),
            cell(Paint::Plain, if cadence.axis == highwater::Axis::Time { zone } else { String::new() }),
            text(&number(cadence.start)),
            optional(cadence.end.map(number).as_ref()),
            optional(lag.as_ref()),
            optional(lookback.as_ref()),
        ]);
    }
    grid.finish()
}
