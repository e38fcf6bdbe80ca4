//! `highwater state validate`.

use highwater::answer::Validation;
use highwater::command::Command;

use super::list_hint;
use crate::console::Console;
use crate::exit_code;
use crate::failure::{Failure, Outcome};
use crate::paint::{Paint, cell};
use crate::session::{Session, expect_answer};
use crate::table::{Grid, fields, grouped, text};
use crate::views::check::ValidationData;

pub(super) async fn validate(session: &Session<'_>, pipeline: &str) -> Outcome<()> {
    let validation = expect_answer!(session.ask(pipeline, Command::Validate).await?, Validation)?;
    let data = ValidationData::new(pipeline, &validation);
    session.console.show(&data, || table(session.console, pipeline, &validation))?;
    match validation.problems.len() {
        0 => {
            session.say_done("every rule holds");
            Ok(())
        }
        count => {
            let message = format!(
                "the state breaks {count} of its own rules: by a defect, or because somebody has edited it; keep a copy \
                 of the store, report it, and go back to a version or backup that is valid"
            );
            Err(Failure::new(exit_code::DAMAGED, message).hint(list_hint(pipeline)))
        }
    }
}

fn table(console: &Console, pipeline: &str, validation: &Validation) -> String {
    let number = |number: u64| Some(cell(Paint::Plain, grouped(number)));
    let head = fields(
        console,
        vec![
            ("pipeline", Some(text(pipeline).add_attribute(comfy_table::Attribute::Bold))),
            ("version", number(validation.version)),
            ("runs", number(validation.runs)),
            ("nodes", number(validation.nodes)),
            ("attempts", number(validation.attempts)),
            ("HWMs", number(validation.hwms)),
            ("leases", number(validation.leases)),
            ("problems", number(validation.problems.len() as u64)),
        ],
    );
    if validation.problems.is_empty() {
        return head;
    }
    let mut grid = Grid::new(console, &["~WHERE", "~PROBLEM"]);
    for problem in &validation.problems {
        grid.row(vec![text(&problem.place), text(&problem.what).fg(comfy_table::Color::DarkRed)]);
    }
    format!("{head}\n{}", grid.finish())
}
