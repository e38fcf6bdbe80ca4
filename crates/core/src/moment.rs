//! Moments: which state of a pipeline is meant, and what it is.

use crate::backup;
use crate::decide::Stop;
use crate::error::Error;
use crate::past::{self, Source};
use crate::state::State;

/// A state that a pipeline has, or had.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Moment {
    /// The newest one.
    #[default]
    Head,
    /// The one after the record of this version; 0 is the empty one before the first record.
    Version(u64),
    /// The one after the last record that was decided at or before this time, milliseconds since the Unix epoch.
    Time(i64),
    /// The one that is kept under this id; `latest` is the newest backup.
    Backup(String),
}

/// A state of the past, and the backup that it was read from, if it was.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) state: State,
    pub(crate) backup: Option<String>,
}

/// The state of a pipeline at a moment. `head` is its newest one, where that is in memory.
pub(crate) fn open(source: Source<'_>, moment: &Moment, head: Option<&State>) -> Result<Opened, Stop> {
    let version = match (moment, head) {
        (Moment::Head, Some(state)) => return Ok(Opened { state: state.clone(), backup: None }),
        (Moment::Backup(id), _) => {
            let (state, id) = backup::open(source, id)?;
            return Ok(Opened { state, backup: Some(id) });
        }
        (Moment::Head, None) => past::last_version(source.retained()?),
        (Moment::Version(version), _) => *version,
        (Moment::Time(at_ms), _) => past::version_at(source, *at_ms)?,
    };
    if let Some(head) = head
        && version > head.version
    {
        return Err(not_written(source.pipeline, version, head.version).into());
    }
    Ok(Opened { state: past::at_version(source, version)?, backup: None })
}

pub(crate) fn not_written(pipeline: &str, version: u64, last: u64) -> Error {
    Error::invalid(format!(
        "version {version} of pipeline `{pipeline}` is not written yet; the last one is {last}"
    ))
}
