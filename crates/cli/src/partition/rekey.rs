//! `highwater partition rekey`.

use clap::Args;
use highwater::answer::PartitionsMoved;
use highwater::command::{Command, RekeyPartitions};
use highwater::{AddedDimension, KeyRename, PartitionDimension};

use super::{NodeArguments, dimension};
use crate::console::Console;
use crate::failure::{Failure, Hint, Outcome};
use crate::paint::{Paint, cell};
use crate::session::{Session, expect_answer};
use crate::shell::word;
use crate::status::Status;
use crate::table::{Grid, grouped, text};
use crate::views::partition::MovedData;

/// Says what changes its name.
#[derive(Args, Debug)]
pub(crate) struct RekeyArguments {
    #[command(flatten)]
    node: NodeArguments,
    /// The dimension whose keys change their names.
    #[arg(long, value_name = "NAME", requires = "rename")]
    dimension: Option<String>,
    /// A key, and what it is called then: eu=emea. Two may change their names with each other.
    #[arg(long, value_name = "OLD=NEW", value_parser = rename, requires = "dimension")]
    rename: Vec<KeyRename>,
    /// A dimension that is added behind those that there are: tenant=t1,t2, or tenant for one that is dynamic.
    #[arg(long, value_name = "NAME[=KEYS]", value_parser = dimension, requires = "key")]
    add_dimension: Option<PartitionDimension>,
    /// Its key for all partitions that there are.
    #[arg(long, value_name = "KEY", requires = "add_dimension")]
    key: Option<String>,
    /// Does it; without this word it only says what would move.
    #[arg(long)]
    apply: bool,
}

fn rename(text: &str) -> Result<KeyRename, String> {
    let (from, to) = text.split_once('=').ok_or("write the old name and the new one: eu=emea")?;
    Ok(KeyRename { from: from.to_owned(), to: to.to_owned() })
}

pub(super) async fn rekey(session: &Session<'_>, arguments: &RekeyArguments) -> Outcome<()> {
    let NodeArguments { pipeline, node } = &arguments.node;
    if arguments.rename.is_empty() && arguments.add_dimension.is_none() {
        let message = "nothing changes its name; say --dimension and --rename, or --add-dimension and --key";
        return Err(Failure::usage(message));
    }
    let added = arguments.add_dimension.clone().zip(arguments.key.clone());
    let mut command = RekeyPartitions {
        node: node.clone(),
        dimension: arguments.dimension.clone(),
        keys: arguments.rename.clone(),
        add: added.map(|(dimension, key)| AddedDimension { dimension, key }),
        reason: String::new(),
        actor: Some(session.actor()),
        dry_run: true,
    };
    if arguments.apply {
        let again = format!("highwater partition rekey {} {} ... --apply", word(pipeline), word(node));
        command.reason = session.reason(&again)?;
        session.confirm(&format!("give partitions of {node} other names?"))?;
        command.dry_run = false;
    }
    let answer = session.ask(pipeline, Command::RekeyPartitions(command)).await;
    let show = || format!("highwater partition show {} {}", word(pipeline), word(node));
    let moved = expect_answer!(answer.or_try(show)?, PartitionsMoved)?;
    session.console.show(&MovedData::new(pipeline, node, &moved), || table(session.console, &moved))?;
    let shown = moved.moves.len() as u64;
    if moved.moved > shown {
        session.console.say(&format!("and {} more", grouped(moved.moved - shown)));
    }
    match moved.applied {
        true => session.say_done(&format!("{} partitions there are now", grouped(moved.total))),
        false => session.say_planned(),
    }
    Ok(())
}

fn table(console: &Console, moved: &PartitionsMoved) -> String {
    if moved.moves.is_empty() {
        return String::new();
    }
    let mut grid = Grid::new(console, &["PARTITION", "IS CALLED THEN", "STATUS", "COVERAGE"]);
    for it in &moved.moves {
        grid.row(vec![
            text(&it.from).add_attribute(comfy_table::Attribute::Bold),
            text(&it.to),
            it.status.look().cell(console),
            cell(Paint::Plain, if it.coverage { "moves too" } else { "" }),
        ]);
    }
    grid.finish()
}
