//! `highwater state repair`.

use clap::Args;
use highwater::answer::{LostRange, Repaired};
use highwater::command::{Command, Repair};

use crate::console::Console;
use crate::failure::Outcome;
use crate::log;
use crate::paint::{Paint, cell};
use crate::session::{Session, expect_answer};
use crate::shell::word;
use crate::table::{fields, grouped, text};
use crate::views::repair::RepairedData;

/// Names a pipeline.
#[derive(Args, Debug)]
pub(crate) struct RepairArguments {
    /// Id of the pipeline.
    pipeline: String,
    /// Does it; without this word it only says what would happen.
    #[arg(long)]
    apply: bool,
}

pub(super) async fn repair(session: &Session<'_>, arguments: &RepairArguments) -> Outcome<()> {
    let RepairArguments { pipeline, apply } = arguments;
    let plan = Repair { dry_run: true, reason: String::new(), actor: Some(session.actor()) };
    let planned = ask(session, pipeline, plan.clone()).await?;
    if !apply || !planned.needed {
        show(session.console, pipeline, &planned)?;
        match planned.needed {
            true => session.say_planned(),
            false => session.say_done("nothing of the journal is damaged; nothing was changed"),
        }
        return Ok(());
    }
    let reason = session.reason(&format!("highwater state repair {} --apply", word(pipeline)))?;
    session.console.say(&format!("keep what leads to version {}; {}", planned.kept_up_to, loss(&planned)));
    session.confirm(&format!("repair {pipeline}?"))?;
    let repaired = ask(session, pipeline, Repair { dry_run: false, reason, ..plan }).await?;
    show(session.console, pipeline, &repaired)?;
    match &repaired.set_aside {
        Some(place) => session.say_done(&format!("repaired; the damaged journal is kept in {place}")),
        None => session.say_done("repaired"),
    }
    Ok(())
}

async fn ask(session: &Session<'_>, pipeline: &str, command: Repair) -> Outcome<Repaired> {
    expect_answer!(session.ask(pipeline, Command::Repair(command)).await?, Repaired)
}

fn show(console: &Console, pipeline: &str, repaired: &Repaired) -> Outcome<()> {
    console.show(&RepairedData::new(pipeline, repaired)?, || table(console, pipeline, repaired))
}

fn table(console: &Console, pipeline: &str, repaired: &Repaired) -> String {
    let number = |number: u64| cell(Paint::Plain, grouped(number));
    let from = match repaired.from {
        0 => "the first record".to_owned(),
        version => format!("the snapshot of version {version}"),
    };
    let lost = if repaired.lost.is_empty() { Paint::Good } else { Paint::Bad };
    let is_needed = repaired.needed;
    let head = fields(
        console,
        vec![
            ("pipeline", Some(text(pipeline).add_attribute(comfy_table::Attribute::Bold))),
            ("repair", Some(text(if is_needed { "needed" } else { "not needed" }))),
            ("starts from", is_needed.then(|| text(&from))),
            ("kept up to", Some(number(repaired.kept_up_to))),
            ("lost", is_needed.then(|| cell(lost, ranges(&repaired.lost)))),
            ("goes on at", is_needed.then(|| number(repaired.new_version))),
            ("set aside", repaired.set_aside.as_deref().map(text)),
        ],
    );
    if repaired.lost_records.is_empty() {
        return head;
    }
    let more = if repaired.truncated { " (and more, not listed)" } else { "" };
    let title = format!("Lost, and still readable{more}: do again what it says, by hand.");
    let title = console.data.paint(Paint::Warn, &title);
    format!("{head}\n{title}\n{}", log::table(console, &repaired.lost_records))
}

fn loss(repaired: &Repaired) -> String {
    if repaired.lost.is_empty() {
        "nothing is lost".to_owned()
    } else {
        format!("lose {}", ranges(&repaired.lost))
    }
}

/// `versions 13 to 14, 17`.
fn ranges(lost: &[LostRange]) -> String {
    if lost.is_empty() {
        return "nothing".to_owned();
    }
    let range = |lost: &LostRange| {
        if lost.from == lost.to { lost.from.to_string() } else { format!("{} to {}", lost.from, lost.to) }
    };
    let one = lost.len() == 1 && lost[0].from == lost[0].to;
    let words: Vec<String> = lost.iter().map(range).collect();
    format!("{} {}", if one { "version" } else { "versions" }, words.join(", "))
}
