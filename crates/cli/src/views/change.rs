//! Differences between two states.

use highwater::answer::{Change, Diff, Forked, Reverted};
use serde::Serialize;
use serde_json::Value;

use super::lease::LeaseData;
use crate::failure::{Failure, Outcome};

/// What differs between two moments.
#[derive(Debug, Serialize)]
pub(crate) struct DiffData<'a> {
    pipeline: &'a str,
    from_version: u64,
    to_version: u64,
    changes: Vec<ChangeData<'a>>,
    truncated: bool,
}

impl<'a> DiffData<'a> {
    /// A diff of this pipeline.
    pub(crate) fn new(pipeline: &'a str, diff: &'a Diff) -> Outcome<DiffData<'a>> {
        Ok(DiffData {
            pipeline,
            from_version: diff.from_version,
            to_version: diff.to_version,
            changes: diff.changes.iter().map(ChangeData::new).collect::<Outcome<_>>()?,
            truncated: diff.truncated,
        })
    }
}

/// One thing that differs.
#[derive(Debug, Serialize)]
pub(crate) struct ChangeData<'a> {
    /// What kind of thing.
    pub(crate) kind: &'a str,
    /// Its name.
    pub(crate) key: &'a str,
    /// Before; absent if it was not there.
    pub(crate) before: Option<Value>,
    /// After; absent if it is not there any more.
    pub(crate) after: Option<Value>,
}

impl<'a> ChangeData<'a> {
    /// A change, its JSON understood.
    pub(crate) fn new(change: &'a Change) -> Outcome<ChangeData<'a>> {
        let read = |json: &Option<String>| {
            let read = json.as_deref().map(serde_json::from_str::<Value>).transpose();
            read.map_err(|error| {
                Failure::work(format!("the {} `{}` is no JSON ({error}); report it", change.kind, change.key))
            })
        };
        let (before, after) = (read(&change.before)?, read(&change.after)?);
        Ok(ChangeData { kind: &change.kind, key: &change.key, before, after })
    }
}

/// A revert, done or planned.
#[derive(Debug, Serialize)]
pub(crate) struct RevertedData<'a> {
    pipeline: &'a str,
    from_version: u64,
    to_version: u64,
    applied: bool,
    version: u64,
    changes: Vec<ChangeData<'a>>,
    truncated: bool,
    interrupted: Vec<LeaseData<'a>>,
}

impl<'a> RevertedData<'a> {
    /// A revert of this pipeline.
    pub(crate) fn new(pipeline: &'a str, reverted: &'a Reverted) -> Outcome<RevertedData<'a>> {
        Ok(RevertedData {
            pipeline,
            from_version: reverted.from_version,
            to_version: reverted.to_version,
            applied: reverted.applied,
            version: reverted.version,
            changes: reverted.changes.iter().map(ChangeData::new).collect::<Outcome<_>>()?,
            truncated: reverted.truncated,
            interrupted: reverted.interrupted.iter().map(LeaseData::from).collect(),
        })
    }
}

/// A fork.
#[derive(Debug, Serialize)]
pub(crate) struct ForkedData<'a> {
    pipeline: &'a str,
    version: u64,
    source: &'a str,
    source_version: u64,
}

impl<'a> ForkedData<'a> {
    /// The new pipeline.
    pub(crate) fn new(pipeline: &'a str, forked: &'a Forked) -> ForkedData<'a> {
        ForkedData {
            pipeline,
            version: forked.version,
            source: &forked.source,
            source_version: forked.source_version,
        }
    }
}
