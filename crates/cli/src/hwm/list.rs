//! `highwater hwm list`.

use clap::Args;
use highwater::answer::HwmView;
use highwater::command::{Command, ListHwms};

use crate::console::Console;
use crate::failure::Outcome;
use crate::limits::PAGE_ENTRIES;
use crate::moment::At;
use crate::paint::{Paint, cell};
use crate::session::{Session, expect_answer};
use crate::table::{Grid, optional, text};
use crate::views::hwm::HwmData;

/// Names HWMs.
#[derive(Args, Debug)]
pub(crate) struct ListArguments {
    /// Id of the pipeline.
    pipeline: String,
    /// Start of the names wanted.
    #[arg(default_value = "")]
    prefix: String,
    /// Most HWMs shown; 0 for all.
    #[arg(long, value_name = "N", default_value_t = 0)]
    limit: u32,
    #[command(flatten)]
    pub(super) at: At,
}

pub(super) async fn list(session: &Session<'_>, arguments: &ListArguments) -> Outcome<()> {
    let (hwms, more) = read(session, arguments).await?;
    let data: Vec<HwmData<'_>> = hwms.iter().map(|hwm| HwmData::new(&arguments.pipeline, hwm)).collect();
    session.console.show_list(&data, || table(session.console, &hwms))?;
    if hwms.is_empty() {
        session.console.say("no HWMs");
    }
    if more {
        session.console.say(&format!("there are more HWMs than {}; --limit 0 shows all", arguments.limit));
    }
    Ok(())
}

/// The HWMs, and whether there are more.
async fn read(session: &Session<'_>, arguments: &ListArguments) -> Outcome<(Vec<HwmView>, bool)> {
    let wanted = if arguments.limit == 0 { usize::MAX } else { arguments.limit as usize };
    let mut hwms: Vec<HwmView> = Vec::new();
    let mut cursor = None;
    loop {
        let left = u32::try_from(wanted - hwms.len()).unwrap_or(u32::MAX);
        let command = ListHwms { prefix: arguments.prefix.clone(), cursor, limit: left.min(PAGE_ENTRIES) };
        let answer = session.ask(&arguments.pipeline, Command::ListHwms(command)).await?;
        let page = expect_answer!(answer, Hwms)?;
        hwms.extend(page.hwms);
        match page.next {
            Some(next) if hwms.len() < wanted => cursor = Some(next),
            next => return Ok((hwms, next.is_some())),
        }
    }
}

/// HWMs for people.
pub(super) fn table(console: &Console, hwms: &[HwmView]) -> String {
    if hwms.is_empty() {
        return String::new();
    }
    let mut grid = Grid::new(console, &["NAME", "~VALUE", "TYPE", "UPDATED", ">VERSION", "RUN", "NODE"]);
    for hwm in hwms {
        grid.row(vec![
            text(&hwm.name).add_attribute(comfy_table::Attribute::Bold),
            text(&hwm.value.to_text()),
            cell(Paint::Faint, hwm.value.value_type()),
            cell(Paint::Plain, console.when(hwm.updated_at_ms)),
            cell(Paint::Faint, hwm.version),
            optional(hwm.run.as_ref()),
            optional(hwm.node.as_ref()),
        ]);
    }
    grid.finish()
}
