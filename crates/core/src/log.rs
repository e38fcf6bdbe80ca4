//! The journal made readable.

use highwater_format::{Keyring, Record, fact_json};

use crate::answer::{Answer, Log, LogFact, LogRecord};
use crate::command::ReadLog;
use crate::decide::{Context, Decided, Need, Stop};
use crate::error::Error;
use crate::input::Outcome;
use crate::journal::unreadable;
use crate::output::Stored;
use crate::page;

pub(crate) fn read(context: &Context<'_>, command: &ReadLog) -> Result<Decided, Stop> {
    let from = command.from_version.max(1);
    if let Some(records) = tail(context, from)? {
        return page(context, command, None, records.iter());
    }
    // Of what is trimmed some may still be there, and a moment of the past ends the log.
    let retained = context.fetched.retained(context.pipeline)?;
    let last = context.state.version;
    let wanted = |record: &&Stored| (from..=last).contains(&record.version);
    let mut records = retained.records.iter().filter(wanted).peekable();
    let first = records.peek().map_or(last.saturating_add(1), |record| record.version);
    page(
        context,
        command,
        (first > from && from <= last).then_some(first),
        records.map(|record| &record.bytes),
    )
}

/// The records from this version on, if they are all there.
fn tail<'a>(context: &'a Context<'_>, from_version: u64) -> Result<Option<&'a [Vec<u8>]>, Stop> {
    if context.fetched.past {
        return Ok(None);
    }
    match context.fetched.logs.get(&from_version) {
        Some(Outcome::Tail(records)) => Ok(Some(records)),
        Some(_) => Ok(None),
        None => Err(Stop::Need(Need::Log { from_version })),
    }
}

fn page<'a>(
    context: &Context<'_>,
    command: &ReadLog,
    floor: Option<u64>,
    mut records: impl Iterator<Item = &'a Vec<u8>>,
) -> Result<Decided, Stop> {
    let limit = page::limit(command.limit);
    let page: Vec<LogRecord> =
        records.by_ref().take(limit).map(|bytes| readable(bytes, context.keys)).collect::<Result<_, _>>()?;
    let next = records.next().and_then(|_| page.last()).map(|record| record.version.saturating_add(1));
    Decided::answer(Answer::Log(Log { records: page, next, floor }))
}

/// A record in words.
pub(crate) fn readable(bytes: &[u8], keys: &Keyring) -> Result<LogRecord, Error> {
    let record =
        Record::decode_with(bytes, keys).map_err(|error| unreadable(&error, "a record of the log: "))?;
    let facts = record.facts.iter().map(|entry| {
        let json = fact_json(entry).map_err(|error| Error::corrupt(format!("a fact of the log: {error}")))?;
        Ok(LogFact { name: highwater_format::FactTable::name(&entry.fact).to_owned(), json })
    });
    Ok(LogRecord {
        version: record.version,
        decided_at_ms: record.decided_at_ms,
        writer: record.writer.to_string(),
        facts: facts.collect::<Result<_, Error>>()?,
    })
}
