//! **What is acknowledged is in the journal, once.** A submission that was answered well has its facts in exactly one
//! record; one that was refused has them in none; one whose outcome nobody knows has them in one at most.
//!
//! Why it matters: this is the promise on which everything else rests. Submissions carry a mark for it: a resumption of the
//! run `ledger` by a worker of that name, or an HWM of that name and value.

use std::collections::BTreeMap;

use highwater_core::answer::Answer;
use highwater_core::{Error, ErrorKind};
use highwater_format::Fact;

use super::{Landed, Violation};
use crate::store::Truth;

/// The marks of a journal, each with the versions in which it stands.
#[derive(Debug, Default)]
pub(crate) struct Marks {
    versions: BTreeMap<String, Vec<u64>>,
}

impl Marks {
    pub(crate) fn observe(&mut self, landed: &Landed<'_>) {
        for entry in &landed.record.facts {
            let mark = match &entry.fact {
                Fact::RunStarted(fact) => fact.worker.clone(),
                Fact::RunResumed(fact) => fact.worker.clone(),
                Fact::HwmSet(fact) => Some(format!("{}={}", fact.name, fact.value.to_text())),
                _ => None,
            };
            if let Some(mark) = mark.filter(|mark| mark.starts_with("mark-")) {
                self.versions.entry(mark).or_default().push(landed.version);
            }
        }
    }

    /// Takes away what stands after this version, and says what that was.
    pub(super) fn lose_after(&mut self, version: u64) -> Vec<String> {
        let is_lost = |versions: &mut Vec<u64>| {
            let before = versions.len();
            versions.retain(|at| *at <= version);
            versions.len() < before
        };
        let lost =
            self.versions.iter_mut().filter_map(|(mark, versions)| is_lost(versions).then(|| mark.clone()));
        lost.collect()
    }

    fn of(&self, mark: &str) -> &[u64] {
        self.versions.get(mark).map_or(&[], Vec::as_slice)
    }
}

/// What an application concludes from an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    Done,
    Refused,
    Unknown,
}

impl Told {
    fn by(result: &Result<Vec<Answer>, Error>) -> Told {
        match result {
            Ok(_) => Told::Done,
            Err(error) => match error.kind {
                ErrorKind::Invalid | ErrorKind::Conflict | ErrorKind::Fenced => Told::Refused,
                // So it says to whoever reads it, who will repeat it then.
                _ if error.message.contains("nothing was changed") => Told::Refused,
                _ => Told::Unknown,
            },
        }
    }
}

/// All replies so far.
#[derive(Debug, Default)]
pub(crate) struct Replies {
    told: BTreeMap<(String, String), Told>,
}

impl Replies {
    /// A submission with this mark was answered. `is_keyed` if it may be submitted several times.
    pub(crate) fn answered(
        &mut self,
        truth: &Truth,
        pipeline: &str,
        mark: &str,
        is_keyed: bool,
        result: &Result<Vec<Answer>, Error>,
    ) -> Result<(), Violation> {
        let told = match Told::by(result) {
            // Another submission under the key may have been carried out.
            told if is_keyed && told != Told::Done => return Ok(()),
            told => told,
        };
        self.told.insert((pipeline.to_owned(), mark.to_owned()), told);
        check(truth, pipeline, mark, told)
    }

    pub(crate) fn at_the_end(&self, truth: &Truth) -> Result<(), Violation> {
        self.told.iter().try_for_each(|((pipeline, mark), told)| check(truth, pipeline, mark, *told))
    }
}

fn check(truth: &Truth, pipeline: &str, mark: &str, told: Told) -> Result<(), Violation> {
    let versions = truth.journals.get(pipeline).map_or(&[][..], |journal| journal.audit.marks.of(mark));
    let is_lost =
        truth.journals.get(pipeline).is_some_and(|journal| journal.audit.repairs.lost.contains(mark));
    let allowed = match told {
        Told::Done if is_lost => 0..=1,
        Told::Done => 1..=1,
        Told::Refused => 0..=0,
        Told::Unknown => 0..=1,
    };
    if allowed.contains(&versions.len()) {
        return Ok(());
    }
    let what = format!("{pipeline}: {mark} was answered with {told:?} and stands in versions {versions:?}");
    Err(Violation::new("acknowledged-once", what))
}
