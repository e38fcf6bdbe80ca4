//! The journal made readable.

use highwater_format::{Record, fact_json};

use crate::answer::{Answer, Log, LogFact, LogRecord};
use crate::command::ReadLog;
use crate::decide::{Context, Decided, Need, Stop};
use crate::error::Error;
use crate::input::Outcome;
use crate::page;

pub(crate) fn read(context: &mut Context<'_>, command: &ReadLog) -> Result<Decided, Stop> {
    let from_version = command.from_version.max(1);
    let (records, floor) = match context.fetched.log.take() {
        Some((from, Outcome::Tail(records))) if from >= from_version => {
            (records, from_version_floor(from, from_version))
        }
        Some((_, Outcome::Trimmed(floor))) => {
            return Err(Stop::Need(Need::Log { from_version: floor.saturating_add(1) }));
        }
        _ => return Err(Stop::Need(Need::Log { from_version })),
    };
    let limit = page::limit(command.limit);
    let page: Vec<LogRecord> =
        records.iter().take(limit).map(|bytes| readable(bytes)).collect::<Result<_, _>>()?;
    let next = (records.len() > limit).then(|| page.last().map(|record| record.version + 1)).flatten();
    Decided::answer(Answer::Log(Log { records: page, next, floor }))
}

/// The oldest version that is left, when the reading had to start above the one asked for.
fn from_version_floor(from: u64, wanted: u64) -> Option<u64> {
    (from > wanted).then_some(from)
}

fn readable(bytes: &[u8]) -> Result<LogRecord, Error> {
    let record =
        Record::decode(bytes).map_err(|error| Error::corrupt(format!("a record of the log: {error}")))?;
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
