//! `highwater dead-letter`.

use clap::{Args, Subcommand};
use highwater::answer::DeadLetter;
use highwater::command::{AttemptRef, BuryItems, Command, ListDeadLetters, SettleDeadLetters};
use highwater::{DeadItem, ErrorRecord};

use crate::console::Console;
use crate::failure::{Hint, Outcome};
use crate::limits::PAGE_ENTRIES;
use crate::moment::At;
use crate::paint::{Paint, cell};
use crate::session::{Session, expect_answer};
use crate::shell::word;
use crate::table::{Grid, text};
use crate::views::dead_letter::DeadLetterData;

/// The verbs of `highwater dead-letter`.
#[derive(Debug, Subcommand)]
pub(crate) enum DeadLetterCommand {
    /// Lists items that nodes could not work on.
    List(ListArguments),
    /// Puts an item aside; for commands under `exec`, which need not say where they are.
    Bury(BuryArguments),
    /// Has items worked on again by whoever works on their node next.
    Requeue(SettleArguments),
    /// Drops items: nobody will work on them. Plans only, unless --apply.
    Drop(DropArguments),
}

/// Names a pipeline.
#[derive(Args, Debug)]
pub(crate) struct ListArguments {
    /// Id of the pipeline.
    pipeline: String,
    /// Node wanted.
    #[arg(long, value_name = "NAME")]
    node: Option<String>,
    #[command(flatten)]
    at: At,
}

/// An item, and the attempt that cannot work on it.
#[derive(Args, Debug)]
pub(crate) struct BuryArguments {
    /// What tells it from the other items of the node: an id, an offset, a path.
    key: String,
    /// Class of the error.
    #[arg(long, value_name = "WORD", default_value = "poison")]
    class: String,
    /// Why it cannot be worked on.
    #[arg(long, value_name = "TEXT")]
    error: String,
    /// The item, or as much of it as is of use.
    #[arg(long, value_name = "TEXT")]
    payload: Option<String>,
    /// Id of the pipeline.
    #[arg(long, env = "HIGHWATER_PIPELINE", value_name = "ID")]
    pipeline: String,
    /// Id of the run.
    #[arg(long, env = "HIGHWATER_RUN", value_name = "ID")]
    run: String,
    /// Name of the node.
    #[arg(long, env = "HIGHWATER_NODE", value_name = "NAME")]
    node: String,
    /// Fencing token of the attempt.
    #[arg(long, env = "HIGHWATER_TOKEN", value_name = "N")]
    token: u64,
}

/// Names items of a node.
#[derive(Args, Debug)]
pub(crate) struct SettleArguments {
    /// Id of the pipeline.
    pipeline: String,
    /// Name of the node.
    node: String,
    /// Keys of the items, as the list shows them.
    #[arg(required = true)]
    keys: Vec<String>,
}

/// Names items of a node that are to go.
#[derive(Args, Debug)]
pub(crate) struct DropArguments {
    #[command(flatten)]
    items: SettleArguments,
    /// Does it; without this word it only says what would happen.
    #[arg(long)]
    apply: bool,
}

/// Carries out a verb.
pub(crate) async fn speak(session: &Session<'_>, command: DeadLetterCommand) -> Outcome<()> {
    match command {
        DeadLetterCommand::List(arguments) => list(&session.at(&arguments.at), &arguments).await,
        DeadLetterCommand::Bury(arguments) => bury(session, arguments).await,
        DeadLetterCommand::Requeue(items) => {
            settle(session, &items, true).await?;
            let node = &items.node;
            session.say_done(&format!("{} goes to whoever works on {node} next", count(items.keys.len())));
            Ok(())
        }
        DeadLetterCommand::Drop(DropArguments { items, apply }) => drop_items(session, &items, apply).await,
    }
}

async fn bury(session: &Session<'_>, arguments: BuryArguments) -> Outcome<()> {
    let BuryArguments { key, class, error, payload, pipeline, run, node, token } = arguments;
    let error = ErrorRecord { class, message: error, detail: None };
    let items = vec![DeadItem { key: key.clone(), error, payload: payload.map(String::into_bytes) }];
    let said = format!("{key} of {node} is put aside");
    let attempt = AttemptRef { run, node, token };
    session.ask(&pipeline, Command::BuryItems(BuryItems { attempt, items })).await?;
    session.say_done(&said);
    Ok(())
}

async fn list(session: &Session<'_>, arguments: &ListArguments) -> Outcome<()> {
    let ListArguments { pipeline, node, .. } = arguments;
    let letters = read(session, pipeline, node.as_ref()).await?;
    show(session.console, pipeline, &letters)?;
    if letters.is_empty() {
        session.console.say("no dead letters");
    }
    Ok(())
}

async fn read(session: &Session<'_>, pipeline: &str, node: Option<&String>) -> Outcome<Vec<DeadLetter>> {
    let command = |cursor| {
        let (node, limit) = (node.cloned(), PAGE_ENTRIES);
        Command::ListDeadLetters(ListDeadLetters { node, requeued: None, cursor, limit })
    };
    let read = |answer| expect_answer!(answer, DeadLetters).map(|page| (page.letters, page.next));
    session.ask_for_all(pipeline, command, read).await
}

fn show(console: &Console, pipeline: &str, letters: &[DeadLetter]) -> Outcome<()> {
    let data: Vec<DeadLetterData<'_>> =
        letters.iter().map(|letter| DeadLetterData::new(pipeline, letter)).collect();
    console.show_list(&data, || table(console, letters))
}

async fn drop_items(session: &Session<'_>, items: &SettleArguments, apply: bool) -> Outcome<()> {
    let SettleArguments { pipeline, node, keys } = items;
    let mut letters = read(session, pipeline, Some(node)).await?;
    letters.retain(|letter| keys.contains(&letter.key));
    if apply {
        session.confirm(&format!("drop {} of {node}?", count(keys.len())))?;
        settle(session, items, false).await?;
    }
    show(session.console, pipeline, &letters)?;
    if apply {
        session.say_done(&format!("{} of {node} dropped", count(keys.len())));
    } else {
        session.say_planned();
    }
    Ok(())
}

async fn settle(session: &Session<'_>, items: &SettleArguments, requeue: bool) -> Outcome<()> {
    let SettleArguments { pipeline, node, keys } = items;
    let verb = if requeue { "requeue" } else { "drop" };
    let apply = if requeue { "" } else { " --apply" };
    let names = keys.iter().map(|key| word(key).to_string()).collect::<Vec<_>>().join(" ");
    let example = format!("highwater dead-letter {verb} {} {} {names}{apply}", word(pipeline), word(node));
    let reason = session.reason(&example)?;
    let (node, keys, actor) = (node.clone(), keys.clone(), Some(session.actor()));
    let command = SettleDeadLetters { node, keys, requeue, reason, actor, attempt: None };
    let answer = session.ask(pipeline, Command::SettleDeadLetters(command)).await;
    answer.or_try(|| format!("highwater dead-letter list {}", word(pipeline))).map(drop)
}

fn count(items: usize) -> String {
    if items == 1 { "1 item".to_owned() } else { format!("{items} items") }
}

fn table(console: &Console, letters: &[DeadLetter]) -> String {
    if letters.is_empty() {
        return String::new();
    }
    let mut grid = Grid::new(console, &["NODE", "KEY", "PUT ASIDE", ">TIMES", "REQUEUED", "~ERROR"]);
    for letter in letters {
        let requeued = letter.requeued.as_ref().map(|it| console.when(it.at_ms)).unwrap_or_default();
        grid.row(vec![
            text(&letter.node).add_attribute(comfy_table::Attribute::Bold),
            text(&letter.key),
            cell(Paint::Plain, console.when(letter.at_ms)),
            cell(Paint::Plain, letter.times),
            cell(Paint::Plain, requeued),
            text(&format!("{}: {}", letter.error.class, letter.error.message)),
        ]);
    }
    grid.finish()
}
