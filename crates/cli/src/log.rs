//! `highwater log`.

use clap::{Args, Subcommand};
use highwater::answer::{LogFact, LogRecord};
use highwater::command::{Command, ReadLog};

use crate::console::{Console, clean};
use crate::failure::Outcome;
use crate::limits::{LIST_ENTRIES, PAGE_ENTRIES};
use crate::moment::At;
use crate::paint::{Paint, cell};
use crate::session::{Session, expect_answer};
use crate::shell::word;
use crate::table::Grid;
use crate::views::log::{RecordData, fields};

/// The verbs of `highwater log`.
#[derive(Debug, Subcommand)]
pub(crate) enum LogCommand {
    /// Shows records of a pipeline's journal, oldest first.
    Show(ShowArguments),
}

/// Names records.
#[derive(Args, Debug)]
pub(crate) struct ShowArguments {
    /// Id of the pipeline.
    pipeline: String,
    /// First version shown.
    #[arg(long, value_name = "VERSION", default_value_t = 1)]
    from: u64,
    /// Most records shown; 0 for all.
    #[arg(long, value_name = "N", default_value_t = LIST_ENTRIES)]
    limit: u32,
    #[command(flatten)]
    at: At,
}

/// Carries out a verb.
pub(crate) async fn speak(session: &Session<'_>, LogCommand::Show(arguments): LogCommand) -> Outcome<()> {
    let (records, next) = read(&session.at(&arguments.at), &arguments).await?;
    let data: Vec<RecordData<'_>> = records.iter().map(RecordData::new).collect::<Outcome<_>>()?;
    session.console.show_list(&data, || table(session.console, &records))?;
    if records.is_empty() {
        session.console.say("no records");
    }
    if let Some(next) = next {
        let pipeline = word(&arguments.pipeline);
        session.console.say(&format!("there is more: highwater log show {pipeline} --from {next}"));
    }
    Ok(())
}

/// The records, and the version after them if there are more.
async fn read(session: &Session<'_>, arguments: &ShowArguments) -> Outcome<(Vec<LogRecord>, Option<u64>)> {
    let wanted = if arguments.limit == 0 { usize::MAX } else { arguments.limit as usize };
    let mut records: Vec<LogRecord> = Vec::new();
    let mut from_version = arguments.from;
    loop {
        let left = u32::try_from(wanted - records.len()).unwrap_or(u32::MAX);
        let command = Command::ReadLog(ReadLog { from_version, limit: left.min(PAGE_ENTRIES) });
        let page = expect_answer!(session.ask(&arguments.pipeline, command).await?, Log)?;
        if let Some(floor) = page.floor {
            session.console.say(&format!("versions below {floor} are trimmed; a snapshot covers them"));
        }
        records.extend(page.records);
        match page.next {
            Some(next) if records.len() < wanted => from_version = next,
            next => return Ok((records, next)),
        }
    }
}

/// Records for people.
pub(crate) fn table(console: &Console, records: &[LogRecord]) -> String {
    if records.is_empty() {
        return String::new();
    }
    let mut grid = Grid::new(console, &[">VERSION", "DECIDED", "FACT", "~FIELDS"]);
    for record in records {
        for (index, fact) in record.facts.iter().enumerate() {
            // The facts of a record happened together.
            let is_first = index == 0;
            grid.row(vec![
                cell(Paint::Strong, if is_first { record.version.to_string() } else { String::new() }),
                cell(Paint::Plain, if is_first { console.when(record.decided_at_ms) } else { String::new() }),
                cell(Paint::Busy, clean(&fact.name)),
                cell(Paint::Plain, in_words(fact)),
            ]);
        }
    }
    grid.finish()
}

/// `run=r1 node=load attempt=1`; nested fields as their JSON.
fn in_words(fact: &LogFact) -> String {
    let Ok(fields) = fields(fact) else { return clean(&fact.json) };
    let words = fields.iter().map(|(name, json)| format!("{}={}", clean(name), shorten(plain(json.get()))));
    words.collect::<Vec<_>>().join(" ")
}

/// Longest field that a table shows whole, in characters.
const FIELD_CHARACTERS: usize = 160;
/// Most bytes in hexadecimal that a table shows whole.
const FIELD_BYTES: usize = 32;

/// Text that is not too long for a table.
pub(crate) fn shorten(text: String) -> String {
    let is_bytes = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_bytes && text.len() > 2 * FIELD_BYTES {
        return format!("({} bytes)", text.len() / 2);
    }
    match text.char_indices().nth(FIELD_CHARACTERS) {
        Some((end, _)) => format!("{}... ({} characters)", &text[..end], text.chars().count()),
        None => text,
    }
}

/// A value of JSON, shorter where that loses nothing: values as their text, texts without their quotes.
fn plain(json: &str) -> String {
    if let Ok(value) = serde_json::from_str::<highwater::Value>(json) {
        return clean(&value.to_text());
    }
    match serde_json::from_str::<String>(json) {
        Ok(text) if !text.is_empty() && !text.contains([' ', '=', '"']) => clean(&text),
        _ => clean(json),
    }
}
