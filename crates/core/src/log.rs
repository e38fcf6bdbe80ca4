//! The journal made readable.

use highwater_format::{Keyring, Record, fact_json};

use crate::answer::{Answer, Log, LogFact, LogRecord};
use crate::command::ReadLog;
use crate::decide::{Context, Decided, Need, Stop};
use crate::error::Error;
use crate::input::Outcome;
use crate::journal::unreadable;
use crate::page;

pub(crate) fn read(context: &Context<'_>, command: &ReadLog) -> Result<Decided, Stop> {
    let from_version = command.from_version.max(1);
    let (from, records) = fetched(context, from_version)?;
    let floor = (from > from_version).then_some(from);
    let limit = page::limit(command.limit);
    let page: Vec<LogRecord> =
        records.iter().take(limit).map(|bytes| readable(bytes, context.keys)).collect::<Result<_, _>>()?;
    let next =
        (records.len() > limit).then(|| page.last().map(|record| record.version.saturating_add(1))).flatten();
    Decided::answer(Answer::Log(Log { records: page, next, floor }))
}

/// The records from this version on, or from the oldest one that is left, and which one that is.
fn fetched<'a>(context: &'a Context<'_>, from_version: u64) -> Result<(u64, &'a [Vec<u8>]), Stop> {
    let mut from = from_version;
    loop {
        match context.fetched.logs.get(&from) {
            Some(Outcome::Tail(records)) => return Ok((from, records)),
            Some(Outcome::Trimmed(floor)) if *floor >= from && *floor < u64::MAX => from = floor + 1,
            Some(_) => {
                return Err(Error::unavailable(format!(
                    "the store neither has version {from} of pipeline `{}` nor says which ones it dropped; this is a defect of the store",
                    context.pipeline
                ))
                .into());
            }
            None => return Err(Stop::Need(Need::Log { from_version: from })),
        }
    }
}

fn readable(bytes: &[u8], keys: &Keyring) -> Result<LogRecord, Error> {
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
