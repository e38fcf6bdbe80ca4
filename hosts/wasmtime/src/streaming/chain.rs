//! Which parts hold the state of a sub-task, and when everything is written anew.

use highwater_format::SubtaskState;
use highwater_format::fact::StatePart;

use super::snapshot::PartKind;
use crate::limits::DELTA_PARTS;

/// The parts of one checkpoint: a base and what has changed since.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Chain {
    pub(super) base: Option<StatePart>,
    pub(super) deltas: Vec<StatePart>,
}

impl Chain {
    /// A base when there is none, or when the changes since outweigh it: so what is written in all is at most about twice what
    /// has changed, and what is read at a restore at most twice the state.
    pub(super) fn next(&self) -> PartKind {
        if self.base.is_none() {
            return PartKind::Base;
        }
        let (base, deltas): (Vec<&StatePart>, Vec<&StatePart>) =
            self.parts().partition(|part| is_of_base(part));
        let bytes = |parts: &[&StatePart]| parts.iter().map(|part| part.size_bytes).sum::<u64>();
        match bytes(&deltas) > bytes(&base) || deltas.len() >= DELTA_PARTS {
            true => PartKind::Base,
            false => PartKind::Delta,
        }
    }

    /// With new parts: instead of all, or after them.
    pub(super) fn with(&self, kind: PartKind, parts: impl IntoIterator<Item = StatePart>) -> Chain {
        let mut parts = parts.into_iter();
        let mut chain = match kind {
            PartKind::Base => Chain { base: parts.next(), deltas: Vec::new() },
            PartKind::Delta => self.clone(),
        };
        chain.deltas.extend(parts);
        chain
    }

    pub(super) fn parts(&self) -> impl Iterator<Item = &StatePart> {
        self.base.iter().chain(&self.deltas)
    }

    pub(super) fn describe(&self, groups: (u32, u32)) -> SubtaskState {
        SubtaskState {
            format: highwater_format::PART_FORMAT,
            groups,
            base: self.base.as_ref().map(|part| part.name.clone()),
            deltas: self.deltas.iter().map(|part| part.name.clone()).collect(),
        }
    }
}

/// Whether it is the base, or one of the parts in which a long base goes on. Its name says so.
fn is_of_base(part: &StatePart) -> bool {
    part.name.rsplit('/').next().is_some_and(|last| last.contains("-base-"))
}
