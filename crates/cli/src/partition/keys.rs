//! `highwater partition keys`, `add-keys` and `remove-keys`.

use std::io::Read as _;

use clap::Args;
use highwater::answer::PartitionKeyView;
use highwater::command::{ChangePartitionKeys, Command, ListPartitionKeys};

use super::NodeArguments;
use crate::console::Console;
use crate::failure::{Failure, Hint, Outcome};
use crate::limits::PAGE_ENTRIES;
use crate::moment::At;
use crate::session::{Session, expect_answer};
use crate::shell::word;
use crate::table::{Grid, count, text};
use crate::views::partition::KeyData;

/// Names a dimension.
#[derive(Args, Debug)]
pub(crate) struct KeysArguments {
    #[command(flatten)]
    node: NodeArguments,
    /// Name of the dimension.
    dimension: String,
    #[command(flatten)]
    pub(super) at: At,
}

/// Names keys that come.
#[derive(Args, Debug)]
pub(crate) struct AddArguments {
    #[command(flatten)]
    node: NodeArguments,
    /// Name of the dimension.
    dimension: String,
    /// The keys; `-` reads them from standard input, one a line.
    #[arg(required = true, value_name = "KEY")]
    keys: Vec<String>,
}

/// Names keys that go.
#[derive(Args, Debug)]
pub(crate) struct RemoveArguments {
    #[command(flatten)]
    node: NodeArguments,
    /// Name of the dimension.
    dimension: String,
    /// The keys; `-` reads them from standard input, one a line.
    #[arg(required = true, value_name = "KEY")]
    keys: Vec<String>,
    /// Also keys whose partitions have a status, which is forgotten. Needs --reason.
    #[arg(long)]
    forget: bool,
}

pub(super) async fn list(session: &Session<'_>, arguments: &KeysArguments) -> Outcome<()> {
    let NodeArguments { pipeline, node } = &arguments.node;
    let command = |cursor: Option<String>| {
        let (node, dimension) = (node.clone(), arguments.dimension.clone());
        let cursor = cursor.and_then(|cursor| cursor.parse().ok());
        Command::ListPartitionKeys(ListPartitionKeys { node, dimension, cursor, limit: PAGE_ENTRIES })
    };
    let read = |answer| {
        expect_answer!(answer, PartitionKeys).map(|page| (page.keys, page.next.map(|next| next.to_string())))
    };
    let keys = session.ask_for_all(pipeline, command, read).await?;
    let data: Vec<KeyData<'_>> =
        keys.iter().map(|view| KeyData::new(pipeline, node, &arguments.dimension, view)).collect();
    session.console.show_list(&data, || table(session.console, &keys))?;
    if keys.is_empty() {
        session.console.say("no keys yet; highwater partition add-keys adds some");
    }
    Ok(())
}

fn table(console: &Console, keys: &[PartitionKeyView]) -> String {
    if keys.is_empty() {
        return String::new();
    }
    let headers = ["KEY", ">PARTITIONS", ">DONE", ">FAILED", ">STALE", ">MISSING", ">CLAIMED", ">ROWS"];
    let mut grid = Grid::new(console, &headers);
    for PartitionKeyView { key, counts } in keys {
        let numbers = [
            counts.total,
            counts.done,
            counts.failed,
            counts.stale,
            counts.missing,
            counts.claimed,
            counts.rows,
        ];
        let mut row = vec![text(key).add_attribute(comfy_table::Attribute::Bold)];
        row.extend(numbers.map(|number| text(&count(number))));
        grid.row(row);
    }
    grid.finish()
}

pub(super) async fn add(session: &Session<'_>, arguments: AddArguments) -> Outcome<()> {
    let AddArguments { node: NodeArguments { pipeline, node }, dimension, keys } = arguments;
    let command = ChangePartitionKeys { node, dimension, add: read(keys)?, ..ChangePartitionKeys::default() };
    change(session, &pipeline, command, "added").await
}

pub(super) async fn remove(session: &Session<'_>, arguments: RemoveArguments) -> Outcome<()> {
    let RemoveArguments { node: NodeArguments { pipeline, node }, dimension, keys, forget } = arguments;
    let again = format!(
        "highwater partition remove-keys {} {} {} KEY --forget",
        word(&pipeline),
        word(&node),
        word(&dimension)
    );
    let reason = match forget {
        true => session.reason(&again)?,
        false => session.given_reason().unwrap_or_default(),
    };
    if forget {
        session.confirm(&format!("forget how the partitions of these keys of {node} stand?"))?;
    }
    let remove = read(keys)?;
    let actor = Some(session.actor());
    let command =
        ChangePartitionKeys { node, dimension, remove, forget, reason, actor, ..Default::default() };
    change(session, &pipeline, command, "removed").await
}

async fn change(
    session: &Session<'_>,
    pipeline: &str,
    command: ChangePartitionKeys,
    what: &str,
) -> Outcome<()> {
    let show = format!(
        "highwater partition keys {} {} {}",
        word(pipeline),
        word(&command.node),
        word(&command.dimension)
    );
    let dimension = command.dimension.clone();
    let answer = session.ask(pipeline, Command::ChangePartitionKeys(command)).await;
    let done = expect_answer!(answer.or_try(|| show)?, Done)?;
    let already = if done.changed { "" } else { " already" };
    session.say_done(&format!("keys of {dimension} {what}{already}"));
    Ok(())
}

/// The keys as they were given, or the lines of standard input.
fn read(keys: Vec<String>) -> Outcome<Vec<String>> {
    if keys != ["-"] {
        return Ok(keys);
    }
    let mut lines = String::new();
    std::io::stdin()
        .read_to_string(&mut lines)
        .map_err(|error| Failure::usage(format!("standard input cannot be read ({error})")))?;
    Ok(lines.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect())
}
