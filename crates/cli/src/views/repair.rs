//! Repairs.

use highwater::answer::{LostRange, Repaired};
use serde::Serialize;

use super::log::RecordData;
use crate::failure::Outcome;

/// A repair, done or planned.
#[derive(Debug, Serialize)]
pub(crate) struct RepairedData<'a> {
    pipeline: &'a str,
    needed: bool,
    applied: bool,
    from: u64,
    kept_up_to: u64,
    lost: Vec<LostData>,
    lost_records: Vec<RecordData<'a>>,
    truncated: bool,
    new_version: u64,
    set_aside: Option<&'a String>,
}

#[derive(Debug, Serialize)]
struct LostData {
    from: u64,
    to: u64,
}

impl From<&LostRange> for LostData {
    fn from(lost: &LostRange) -> LostData {
        LostData { from: lost.from, to: lost.to }
    }
}

impl<'a> RepairedData<'a> {
    /// A repair of this pipeline.
    pub(crate) fn new(pipeline: &'a str, repaired: &'a Repaired) -> Outcome<RepairedData<'a>> {
        Ok(RepairedData {
            pipeline,
            needed: repaired.needed,
            applied: repaired.applied,
            from: repaired.from,
            kept_up_to: repaired.kept_up_to,
            lost: repaired.lost.iter().map(LostData::from).collect(),
            lost_records: repaired.lost_records.iter().map(RecordData::new).collect::<Outcome<_>>()?,
            truncated: repaired.truncated,
            new_version: repaired.new_version,
            set_aside: repaired.set_aside.as_ref(),
        })
    }
}
