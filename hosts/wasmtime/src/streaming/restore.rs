//! The state of a sub-task after a restart, at the same parallelism or another one.

use highwater_core::answer::{AcknowledgementView, CheckpointView, StreamRestored};
use highwater_format::fact::StatePart;
use highwater_format::{FormatError, PartReader, SubtaskState, part_digest};

use super::chain::Chain;
use super::part_store::unavailable;
use super::{KeyedState, PartStore};
use crate::Error;

impl KeyedState {
    /// The state of a sub-task as the checkpoint has it that the stream was [restored](crate::Stream::restore) from: empty, if there was none. At
    /// another parallelism it reads the parts of all sub-tasks that had some of its key groups.
    ///
    /// # Errors
    ///
    /// [`Corrupt`](crate::ErrorKind::Corrupt) if a part is missing or damaged, [`Unavailable`](crate::ErrorKind::Unavailable) with what the store says,
    /// [`Invalid`](crate::ErrorKind::Invalid) if the stream has no such sub-task.
    pub async fn restore<P: PartStore>(
        start: &StreamRestored,
        operator: &str,
        subtask: u32,
        parts: &P,
    ) -> Result<KeyedState, Error> {
        let ours = start.assignments.iter().filter(|it| it.operator == operator);
        let key_groups = ours.clone().map(|it| it.last_group + 1).max().unwrap_or(0);
        let assignment = ours.clone().find(|it| it.subtask == subtask).ok_or_else(|| {
            Error::invalid(format!(
                "the stream has no sub-task {operator}/{subtask}; declare the operator with more of them"
            ))
        })?;
        let groups = (assignment.first_group, assignment.last_group);
        let mut state = KeyedState::of_groups(operator.to_owned(), subtask, groups, key_groups);
        let Some(checkpoint) = &start.checkpoint else { return Ok(state) };
        for from in &assignment.from {
            let is_from = |it: &&AcknowledgementView| it.operator == operator && it.subtask == *from;
            if let Some(handed_over) = checkpoint.acknowledgements.iter().find(is_from) {
                let is_whole = assignment.from.len() == 1;
                state.take_over(checkpoint, handed_over, is_whole, parts).await?;
            }
        }
        Ok(state)
    }

    /// Takes over what is ours of the state that a sub-task handed over.
    async fn take_over<P: PartStore>(
        &mut self,
        checkpoint: &CheckpointView,
        handed_over: &AcknowledgementView,
        is_whole: bool,
        parts: &P,
    ) -> Result<(), Error> {
        let Some(bytes) = &handed_over.state else { return Ok(()) };
        let place = Place { checkpoint: checkpoint.checkpoint, handed_over };
        let named = SubtaskState::decode(bytes).map_err(|error| place.corrupt("state", &error))?;
        let mut chain = Chain::default();
        for name in named.parts() {
            let part = handed_over.parts.iter().find(|part| part.name == name);
            let part = part.ok_or_else(|| place.unknown(name))?;
            let bytes = parts.get(name).await.map_err(|error| match error.kind() {
                std::io::ErrorKind::NotFound => place.missing(name),
                _ => unavailable("read", name, &error),
            })?;
            self.read_part(part, &bytes).map_err(|error| place.corrupt(name, &error))?;
            match named.base.as_deref() == Some(name) {
                true => chain.base = Some(part.clone()),
                false => chain.deltas.push(part.clone()),
            }
        }
        // Parts that hold keys of others cannot be built upon.
        if is_whole && named.groups == self.groups {
            self.chain = chain;
        }
        Ok(())
    }

    /// Applies the entries of a part that fall into our groups.
    fn read_part(&mut self, part: &StatePart, bytes: &[u8]) -> Result<(), FormatError> {
        let entries = PartReader::new(bytes)?;
        let digest = part_digest(entries.checksum());
        if part.size_bytes != bytes.len() as u64 || part.digest.as_ref().is_some_and(|it| *it != digest) {
            return Err(FormatError::Part {
                at: 0,
                reason: "it is another part than the one that was handed over",
            });
        }
        for entry in entries {
            let entry = entry?;
            if entry.group < self.groups.0 || entry.group > self.groups.1 {
                continue;
            }
            let too_many =
                |_| FormatError::Part { at: 0, reason: "it has more states than one sub-task may have" };
            let name = self.intern(entry.name).map_err(too_many)?;
            let table = self.tables[(entry.group - self.groups.0) as usize].entry(name).or_default();
            table.read(entry.key, entry.change);
        }
        Ok(())
    }
}

/// Whose state is read, for the words of errors.
struct Place<'a> {
    checkpoint: u64,
    handed_over: &'a AcknowledgementView,
}

impl Place<'_> {
    fn words(&self) -> String {
        let AcknowledgementView { operator, subtask, .. } = self.handed_over;
        format!("the state of {operator}/{subtask} in checkpoint {}", self.checkpoint)
    }

    fn missing(&self, name: &str) -> Error {
        Error::corrupt(format!(
            "{}: the part `{name}` is not there; open the store that it was written to, bring the part back from a backup, or restore \
             the stream from another checkpoint",
            self.words()
        ))
    }

    fn unknown(&self, name: &str) -> Error {
        Error::corrupt(format!("{} names the part `{name}`, which was not handed over with it", self.words()))
    }

    fn corrupt(&self, what: &str, error: &FormatError) -> Error {
        Error::corrupt(format!(
            "{}: `{what}`: {error}; or restore the stream from another checkpoint",
            self.words()
        ))
    }
}
