//! Beats: a worker's sign of life, overwritten in place and never part of the journal.

use serde::{Deserialize, Serialize};

use crate::body::{from_body, to_body};
use crate::error::FormatError;
use crate::frame::{FrameHeader, FrameKind, decode_frame_of, encode_frame};

/// What a worker says of itself. Others watch whether `sequence` moves; the rest is for people.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Beat {
    /// Id of the worker.
    pub worker: String,
    /// Grows with every beat.
    pub sequence: u64,
    /// When it beat, on its own clock, in milliseconds since the Unix epoch.
    pub at_ms: i64,
    /// Names of the leases that it holds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub leases: Vec<String>,
    /// Name of the machine; empty when unknown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub host: String,
    /// Number of the process; 0 when unknown.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub pid: u32,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Beat {
    /// The beat as a frame.
    ///
    /// # Errors
    ///
    /// [`FormatError::TooLarge`] when the body is longer than
    /// [`SMALL_BODY_BYTES`](crate::limits::SMALL_BODY_BYTES).
    pub fn encode(&self) -> Result<Vec<u8>, FormatError> {
        encode_frame(&FrameHeader::bare(FrameKind::Beat, 0), &to_body(self)?)
    }

    /// Reads exactly one beat. Fields that this version does not know are ignored.
    ///
    /// # Errors
    ///
    /// Those of [`decode_frame`](crate::decode_frame) and [`from_body`], and [`FormatError::UnexpectedKind`].
    pub fn decode(bytes: &[u8]) -> Result<Self, FormatError> {
        let (header, body) = decode_frame_of(FrameKind::Beat, bytes)?;
        header.expect_no_writer()?;
        from_body(&body)
    }
}
