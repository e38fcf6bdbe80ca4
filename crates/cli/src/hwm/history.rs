//! `highwater hwm history`.

use clap::Args;
use highwater::answer::HwmChange;
use highwater::command::{Command, HwmHistory};

use super::{HwmArguments, list_hint};
use crate::console::Console;
use crate::failure::{Failure, Outcome};
use crate::moment::At;
use crate::paint::{Paint, cell};
use crate::session::{Session, expect_answer};
use crate::table::{Grid, optional, text};
use crate::views::hwm::HwmChangeData;

/// Names an HWM.
#[derive(Args, Debug)]
pub(crate) struct HistoryArguments {
    #[command(flatten)]
    pub(super) hwm: HwmArguments,
    #[command(flatten)]
    pub(super) at: At,
}

pub(super) async fn history(session: &Session<'_>, arguments: &HwmArguments) -> Outcome<()> {
    let HwmArguments { pipeline, name } = arguments;
    let command = Command::HwmHistory(HwmHistory { name: name.clone() });
    let changes = expect_answer!(session.ask(pipeline, command).await?, HwmHistory)?;
    if changes.is_empty() {
        let message = format!("pipeline `{pipeline}` never had an HWM `{name}`");
        return Err(Failure::usage(message).hint(list_hint(pipeline)));
    }
    let data: Vec<HwmChangeData<'_>> = changes.iter().map(HwmChangeData::from).collect();
    session.console.show_list(&data, || table(session.console, &changes))
}

fn table(console: &Console, changes: &[HwmChange]) -> String {
    let mut grid =
        Grid::new(console, &["WHEN", ">VERSION", "CHANGE", "~VALUE", "RUN", "NODE", "WHO", "~WHY"]);
    for change in changes {
        let paint = if change.what == "set" { Paint::Plain } else { Paint::Warn };
        grid.row(vec![
            cell(Paint::Plain, console.when(change.at_ms)),
            cell(Paint::Faint, change.version),
            cell(paint, &change.what),
            text(&change.value.as_ref().map(highwater::Value::to_text).unwrap_or_default()),
            optional(change.run.as_ref()),
            optional(change.node.as_ref()),
            optional(change.actor.as_ref()),
            optional(change.reason.as_ref()),
        ]);
    }
    grid.finish()
}
