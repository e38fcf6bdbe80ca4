//! `highwater hwm show`.

use clap::Args;
use highwater::answer::Position;
use highwater::command::{Command, GetPositions};
use highwater::{HwmBound, HwmFunction, LagMode, NullPolicy, Value, ValueType};

use crate::failure::Outcome;
use crate::moment::At;
use crate::paint::{Paint, cell};
use crate::session::{Session, expect_answer};
use crate::table::{Grid, text};
use crate::views::hwm::PositionData;

/// Names HWMs.
#[derive(Args, Debug)]
pub(crate) struct ShowArguments {
    /// Id of the pipeline.
    pipeline: String,
    /// Names; left out, all that were declared.
    names: Vec<String>,
    #[command(flatten)]
    pub(super) at: At,
}

pub(super) async fn show(session: &Session<'_>, arguments: &ShowArguments) -> Outcome<()> {
    let count = print(session, &arguments.pipeline, arguments.names.clone()).await?;
    if count == 0 {
        session.console.say("no HWM was declared; `highwater hwm list` shows those that were set");
    }
    Ok(())
}

/// Shows from where to where readers read; says how many there are.
pub(super) async fn print(session: &Session<'_>, pipeline: &str, names: Vec<String>) -> Outcome<usize> {
    let answer = session.ask(pipeline, Command::GetPositions(GetPositions { names })).await?;
    let positions = expect_answer!(answer, Positions)?;
    let data: Vec<PositionData<'_>> =
        positions.iter().map(|position| PositionData::new(pipeline, position)).collect();
    session.console.show_list(&data, || table(session, &positions))?;
    for position in positions.iter().filter(|position| position.forgotten) {
        let earliest = position.earliest.as_ref().map(Value::to_text).unwrap_or_default();
        session.console.say(&format!(
            "{}: the source begins at {earliest}; rows before that were not read and are gone from it",
            position.name
        ));
    }
    Ok(positions.len())
}

fn table(session: &Session<'_>, positions: &[Position]) -> String {
    if positions.is_empty() {
        return String::new();
    }
    let mut grid = Grid::new(session.console, &["NAME", "~VALUE", "~READS", "~KEPT AS", ">KEYS", "~WHY"]);
    for position in positions {
        let keys = if position.keys.is_empty() { String::new() } else { position.keys.len().to_string() };
        grid.row(vec![
            text(&position.name).add_attribute(comfy_table::Attribute::Bold),
            text(&position.value.as_ref().map(Value::to_text).unwrap_or_default()),
            text(&reads(position)),
            text(&kept_as(position)),
            cell(Paint::Faint, keys),
            text(&position.reason),
        ]);
    }
    grid.finish()
}

/// What a WHERE clause says.
fn reads(position: &Position) -> String {
    let down = position.spec.function == HwmFunction::Min;
    let sign = |closed: bool, up: bool| match (closed, up) {
        (true, true) => "<=",
        (true, false) => ">=",
        (false, true) => "<",
        (false, false) => ">",
    };
    let from = position
        .from
        .as_ref()
        .map(|from| format!("{} {}", sign(position.lower == HwmBound::Closed, down), from.to_text()));
    let end = position
        .spec
        .end
        .as_ref()
        .map(|end| format!("{} {}", sign(position.spec.upper == HwmBound::Closed, !down), end.to_text()));
    match (from, end) {
        (None, None) => "all rows".to_owned(),
        (from, end) => from.into_iter().chain(end).collect::<Vec<_>>().join(", "),
    }
}

/// What was declared, in few words.
fn kept_as(position: &Position) -> String {
    let spec = &position.spec;
    let mut words = Vec::new();
    match spec.function {
        HwmFunction::Max => {}
        HwmFunction::Min => words.push("min".to_owned()),
        HwmFunction::Last => words.push("last".to_owned()),
    }
    words.extend(spec.value_type.map(|value_type| value_type.to_string()));
    if let Some(lag) = &spec.lag {
        let mode = if lag.mode == LagMode::ReadBack { "reads back" } else { "holds back" };
        words.push(format!("{mode} {}", distance(lag.amount, position)));
    }
    if spec.boundary_keys > 0 {
        words.push(format!("at most {} keys", spec.boundary_keys));
    }
    match spec.nulls {
        NullPolicy::Raise => {}
        NullPolicy::Include => words.push("nulls included".to_owned()),
        NullPolicy::Exclude => words.push("nulls excluded".to_owned()),
    }
    if let Some(of) = &spec.coverage {
        let partition = of.partition.as_ref().map(|key| format!("/{key}")).unwrap_or_default();
        words.push(format!("follows the coverage of {}{partition}", of.node));
    }
    let flags = [(spec.unordered, "unordered"), (spec.partitioned, "per partition")];
    words.extend(flags.into_iter().filter(|(is, _)| *is).map(|(_, word)| word.to_owned()));
    words.join(", ")
}

fn distance(amount: u64, position: &Position) -> String {
    let value_type = position.value.as_ref().map(Value::value_type).or(position.spec.value_type);
    match value_type {
        Some(ValueType::Date) => format!("{amount} days"),
        Some(ValueType::Timestamp | ValueType::LocalTimestamp) => {
            let units = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s"), (1, "ms")];
            let fits = units.into_iter().find(|(scale, _)| amount.is_multiple_of(*scale));
            fits.map_or_else(String::new, |(scale, unit)| format!("{}{unit}", amount / scale))
        }
        _ => amount.to_string(),
    }
}
