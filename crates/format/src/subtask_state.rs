//! What a sub-task with keyed state hands over at a barrier: which parts hold its state, and in which order they are read.

use serde::{Deserialize, Serialize};

use crate::error::FormatError;

/// The state of a sub-task that keeps its keys in parts.
///
/// The base is read first, then each delta over it. A base that is too long for one part goes on in the first deltas.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubtaskState {
    /// Format of this and of the parts.
    pub format: u16,
    /// First and last of its key groups.
    pub groups: (u32, u32),
    /// Name of the part with everything; none if there was nothing.
    pub base: Option<String>,
    /// Names of the parts with what has changed since, in order.
    pub deltas: Vec<String>,
}

impl SubtaskState {
    /// Its bytes, which are compact JSON.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads what [`encode`](SubtaskState::encode) wrote.
    ///
    /// # Errors
    ///
    /// [`FormatError::SubtaskState`] if it is something else, or of a newer format.
    pub fn decode(bytes: &[u8]) -> Result<SubtaskState, FormatError> {
        let refuse = |reason: String| FormatError::SubtaskState { reason };
        let state: SubtaskState = serde_json::from_slice(bytes).map_err(|error| refuse(error.to_string()))?;
        if state.format != crate::part::PART_FORMAT {
            return Err(refuse(format!(
                "it has format {}, and this version reads format 1; upgrade this one",
                state.format
            )));
        }
        if state.groups.0 > state.groups.1 {
            return Err(refuse("its first key group is behind its last one".to_owned()));
        }
        Ok(state)
    }

    /// The names of all parts, in the order in which they are read.
    pub fn parts(&self) -> impl Iterator<Item = &str> {
        self.base.iter().chain(&self.deltas).map(String::as_str)
    }
}
