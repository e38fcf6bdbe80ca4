//! `highwater state verify-integrity`.

use highwater::answer::Integrity;
use highwater::command::Command;

use crate::console::Console;
use crate::exit_code;
use crate::failure::{Failure, Outcome};
use crate::paint::{Paint, cell};
use crate::session::{Session, expect_answer};
use crate::shell::word;
use crate::table::{Grid, fields, grouped, size, text};
use crate::views::check::IntegrityData;

pub(super) async fn verify(session: &Session<'_>, pipeline: &str) -> Outcome<()> {
    let integrity = expect_answer!(session.ask(pipeline, Command::VerifyIntegrity).await?, Integrity)?;
    let data = IntegrityData::new(pipeline, &integrity);
    session.console.show(&data, || table(session.console, pipeline, &integrity))?;
    if integrity.damage.is_empty() {
        session.say_done("all that the store holds is whole");
        return Ok(());
    }
    Err(damaged(session, pipeline, &integrity).await?)
}

/// Says how bad it is, and what comes next.
async fn damaged(session: &Session<'_>, pipeline: &str, integrity: &Integrity) -> Outcome<Failure> {
    let opens = session.ask(pipeline, Command::DescribePipeline).await.is_ok();
    let first = integrity.first_bad.as_ref().or(integrity.damage.first());
    let (version, place) =
        first.map_or((None, String::new()), |bad| (bad.version, format!(", {}", bad.place)));
    let version = version.map_or_else(String::new, |version| format!(" at version {version}"));
    let consequence = if opens {
        "it opens all the same, and nothing is lost that is known of; a repair sets the damaged bytes aside"
    } else {
        "it does not open; the plan of the repair says what is kept"
    };
    let message = format!("the journal of `{pipeline}` is damaged{version}{place}: {consequence}");
    Ok(Failure::new(exit_code::DAMAGED, message).hint(format!("highwater state repair {}", word(pipeline))))
}

fn table(console: &Console, pipeline: &str, integrity: &Integrity) -> String {
    let number = |number: u64| Some(cell(Paint::Plain, grouped(number)));
    let snapshots: Vec<String> = integrity.snapshots.iter().map(u64::to_string).collect();
    let damaged = match integrity.damage.len() {
        0 => cell(Paint::Good, "none"),
        count => cell(Paint::Bad, format!("in {count} {}", if count == 1 { "place" } else { "places" })),
    };
    let versions = match integrity.last_version {
        0 => "none".to_owned(),
        last => format!("{} to {last}", integrity.first_version),
    };
    let head = fields(
        console,
        vec![
            ("pipeline", Some(text(pipeline).add_attribute(comfy_table::Attribute::Bold))),
            ("versions", Some(text(&versions))),
            ("records", number(integrity.records)),
            ("snapshots", (!snapshots.is_empty()).then(|| text(&snapshots.join(", ")))),
            ("size", Some(cell(Paint::Plain, size(integrity.bytes)))),
            ("damage", Some(damaged)),
        ],
    );
    if integrity.damage.is_empty() {
        return head;
    }
    let mut grid = Grid::new(console, &[">VERSION", "~DAMAGE", "~WHERE"]);
    for bad in &integrity.damage {
        let version = bad.version.map(|version| version.to_string()).unwrap_or_default();
        grid.row(vec![
            cell(Paint::Strong, version),
            text(&bad.what).fg(comfy_table::Color::DarkRed),
            text(if bad.what.contains(&bad.place) { "" } else { &bad.place }),
        ]);
    }
    format!("{head}\n{}", grid.finish())
}
