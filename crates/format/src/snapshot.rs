//! Snapshots: a folded journal at a version.

use crate::digest::Digest;
use crate::encryption::Keyring;
use crate::error::FormatError;
use crate::frame::{FLAG_ENCRYPTED, FrameHeader, FrameKind, clear_body, decode_frame_of, encode_frame};
use crate::record::check_version;

/// A folded journal. The same version gives the same bytes, whoever writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The last version that is folded in, from 1.
    pub version: u64,
    /// The digest of the frame of the record at `version`.
    pub chain: Digest,
    /// The folded state; its meaning is the engine's.
    pub body: Vec<u8>,
}

impl Snapshot {
    /// The snapshot as a frame, in the clear.
    ///
    /// # Errors
    ///
    /// Those of [`Snapshot::encode_with`].
    pub fn encode(&self) -> Result<Vec<u8>, FormatError> {
        self.encode_with(&Keyring::default())
    }

    /// The snapshot as a frame, encrypted if the keyring has a key.
    ///
    /// # Errors
    ///
    /// [`FormatError::Header`] for version 0, [`FormatError::TooLarge`] when the body is longer than
    /// [`SNAPSHOT_BODY_BYTES`](crate::limits::SNAPSHOT_BODY_BYTES).
    pub fn encode_with(&self, keys: &Keyring) -> Result<Vec<u8>, FormatError> {
        check_version(FrameKind::Snapshot, self.version)?;
        let mut header =
            FrameHeader { chain: self.chain, ..FrameHeader::bare(FrameKind::Snapshot, self.version) };
        match keys.seal(&header, &self.body)? {
            Some(sealed) => {
                header.flags |= FLAG_ENCRYPTED;
                encode_frame(&header, &sealed)
            }
            None => encode_frame(&header, &self.body),
        }
    }

    /// Reads exactly one snapshot that is in the clear.
    ///
    /// # Errors
    ///
    /// Those of [`Snapshot::decode_with`].
    pub fn decode(bytes: &[u8]) -> Result<Self, FormatError> {
        Self::decode_with(bytes, &Keyring::default())
    }

    /// Reads exactly one snapshot.
    ///
    /// # Errors
    ///
    /// Those of [`decode_frame`](crate::decode_frame), [`FormatError::UnexpectedKind`], [`FormatError::Header`] when it
    /// carries what would make its bytes depend on the writer, [`FormatError::Encrypted`] without the key,
    /// [`FormatError::Decryption`].
    pub fn decode_with(bytes: &[u8], keys: &Keyring) -> Result<Self, FormatError> {
        let (header, body) = decode_frame_of(FrameKind::Snapshot, bytes)?;
        check_version(FrameKind::Snapshot, header.version)?;
        header.expect_no_writer()?;
        let body = clear_body(&header, body, keys)?.into_owned();
        Ok(Self { version: header.version, chain: header.chain, body })
    }
}
