//! Finding valid frames in any bytes, in linear time.

use crate::checksum::{Index, frame_checksum};
use crate::error::FormatError;
use crate::frame::{FrameHeader, HEADER_BYTES, MAGIC, RawHeader};

/// Bodies up to this length are summed directly; longer ones, once something was wrong, by the index.
const SHORT_BODY_BYTES: usize = 1024;

/// Bytes in which frames are looked for, from the front to the back.
pub(super) struct Frames<'a> {
    bytes: &'a [u8],
    base_offset: u64,
    /// Where the first body was that did not have its checksum.
    broken_at: Option<usize>,
    /// Of the bytes from there on, once it is worth while.
    index: Option<Index<'a>>,
}

impl<'a> Frames<'a> {
    pub(super) fn new(bytes: &'a [u8], base_offset: u64) -> Self {
        Self { bytes, base_offset, broken_at: None, index: None }
    }

    /// The frame at `at`, or why there is none.
    ///
    /// # Errors
    ///
    /// What is intact but only a newer version understands.
    pub(super) fn at(&mut self, at: usize) -> Result<Result<FrameHeader, FormatError>, FormatError> {
        let offset = self.base_offset.saturating_add(at as u64);
        let raw = match RawHeader::read(&self.bytes[at..], offset) {
            Ok(raw) => raw,
            Err(reason) => return Ok(Err(reason)),
        };
        if self.checksum(raw, at) == raw.checksum() {
            return raw.understand(offset).map(Ok);
        }
        self.broken_at.get_or_insert(at);
        Ok(Err(FormatError::Checksum { offset }))
    }

    /// Where the first frame begins that is not before `from`.
    ///
    /// # Errors
    ///
    /// What is intact but only a newer version understands.
    pub(super) fn search(&mut self, mut from: usize) -> Result<Option<usize>, FormatError> {
        while let Some(distance) = self.bytes[from..].iter().position(|&byte| byte == MAGIC[0]) {
            let at = from + distance;
            if self.at(at)?.is_ok() {
                return Ok(Some(at));
            }
            from = at + 1;
        }
        Ok(None)
    }

    fn checksum(&mut self, raw: RawHeader<'_>, at: usize) -> u32 {
        let (start, end) = (at + HEADER_BYTES, at + raw.frame_length());
        match self.broken_at {
            Some(from) if raw.body_length() > SHORT_BODY_BYTES => {
                let index = self.index.get_or_insert_with(|| Index::new(&self.bytes[from..]));
                index.frame_checksum(raw.bytes(), start - from, end - from)
            }
            _ => frame_checksum(raw.bytes(), &self.bytes[start..end]),
        }
    }
}
