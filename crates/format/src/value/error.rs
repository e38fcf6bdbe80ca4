//! Why text is not a value.

use super::ValueType;

/// How much of a refused text a message repeats, in characters.
const SHOWN_CHARACTERS: usize = 48;

/// A text does not denote a value of its type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a value of type {value_type}: {reason}")]
pub struct ValueError {
    /// The type that the text was to be read as.
    pub value_type: ValueType,
    /// The text, cut off when it is long.
    pub text: String,
    /// What is wrong with it, and what would be right.
    pub reason: String,
}

impl ValueError {
    pub(crate) fn new(value_type: ValueType, text: &str, reason: impl Into<String>) -> Self {
        let mut shown: String = text.chars().take(SHOWN_CHARACTERS).collect();
        if shown.len() < text.len() {
            shown.push('…');
        }
        Self { value_type, text: shown, reason: reason.into() }
    }
}
