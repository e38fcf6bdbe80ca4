//! The fact behind dedupe keys.

use serde::{Deserialize, Serialize};

/// A command with a dedupe key was carried out; the same key gets the same answer from now on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CommandRemembered {
    /// The dedupe key.
    pub key: String,
    /// First eight bytes of the BLAKE3 digest of the commands, big-endian: another command under the same key is refused.
    pub command: u64,
    /// The encoded answers.
    #[serde(with = "crate::body::bytes")]
    pub answers: Vec<u8>,
}
