//! UUIDs.

use std::fmt;

use super::{ValueError, ValueType};
use crate::hex;

/// Where the hyphens stand in the text.
const HYPHENS: [usize; 4] = [8, 13, 18, 23];

/// How long the canonical text is, in bytes.
pub(super) const LONGEST_BYTES: usize = 36;

/// A UUID of any version, ordered by its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uuid([u8; 16]);

impl Uuid {
    /// The UUID of these bytes.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// The canonical text.
    pub(super) fn to_text(self) -> String {
        let mut text = hex::encode(&self.0);
        HYPHENS.iter().for_each(|&at| text.insert(at, '-'));
        text
    }

    /// Reads a UUID of 32 hexadecimal digits with hyphens, in either case. The canonical text is in lower case.
    ///
    /// # Errors
    ///
    /// [`ValueError`] when it is written otherwise.
    pub fn parse(text: &str) -> Result<Self, ValueError> {
        let hyphenated = text.len() == LONGEST_BYTES && HYPHENS.iter().all(|&at| text.as_bytes()[at] == b'-');
        let bytes = hex::decode(&text.replace('-', "")).filter(|_| hyphenated);
        bytes.and_then(|bytes| bytes.try_into().ok()).map(Self).ok_or_else(|| {
            let reason = "write 32 hexadecimal digits like 123e4567-e89b-12d3-a456-426614174000";
            ValueError::new(ValueType::Uuid, text, reason)
        })
    }
}

impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_text().fmt(f)
    }
}
