//! The lock-free append, and the seal that ends a segment.
//!
//! A record is one write of one frame to the end of the last segment, then one flush. The kernel puts the bytes of one
//! write next to each other, and the order in the file decides: of several frames that claim a version, the first
//! valid one has it, for every reader, for ever. So a writer need only look at what came to lie between the end that
//! it knew and its own frame. What lies before its frame does not change any more, so what it finds is final.

use std::io::{self, Seek};

use highwater_format::scan::Claim;
use highwater_format::{Digest, FrameHeader, FrameKind, Seal, decode_frame, frame_digest};
use highwater_store::{Append, StoreError};

use crate::journal::Journal;
use crate::limits::FOLDER_TRIES;
use crate::problem::{corrupt, failed, may_have_happened, unknown};

/// What became of a claim.
enum Claimed {
    /// It is the first of its version, and durable.
    Won,
    /// Another record or a seal was there before it.
    Lost,
}

impl Journal {
    /// See [`Store::append`](highwater_store::Store::append).
    pub(crate) fn append(&mut self, version: u64, frame: &[u8]) -> Result<Append, StoreError> {
        let header = check_frame(&self.key, version, frame)?;
        for _ in 0..FOLDER_TRIES {
            if !self.catch_up()? {
                if version <= self.start {
                    return Ok(Append::Taken);
                }
                if version > self.start + 1 {
                    return Err(StoreError::gap(&self.key, version, self.start));
                }
                check_chain(&self.key, &header, (version == 1).then_some(Digest::ZERO))?;
                match self.begin(&header, frame)? {
                    Some(outcome) => return Ok(self.ended(&header, outcome)),
                    None => continue,
                }
            }
            let Some(tail) = &self.tail else { continue };
            if !tail.settled {
                self.settle()?;
                continue;
            }
            if version <= tail.head {
                return Ok(Append::Taken);
            }
            if version > tail.head + 1 {
                return Err(StoreError::gap(&self.key, version, tail.head));
            }
            // In a new segment the record before may not have been seen; then the reader of both will tell.
            check_chain(&self.key, &header, if version == 1 { Some(Digest::ZERO) } else { tail.digest })?;
            if tail.sealed {
                match self.follow_seal(&header, frame)? {
                    Some(outcome) => return Ok(self.ended(&header, outcome)),
                    None => continue,
                }
            }
            // What is built on the work of others must not outlive it.
            self.make_durable()?;
            if let Claimed::Won = self.claim(&header, frame)? {
                return Ok(self.ended(&header, Append::Appended));
            }
        }
        Err(StoreError::Unavailable {
            message: format!(
                "{} was sealed again before each of {FOLDER_TRIES} appends; try again",
                self.folder.display()
            ),
            may_have_happened: false,
        })
    }

    /// Writes a frame to the end of the last segment and learns whether it was the first to claim its version.
    fn claim(&mut self, header: &FrameHeader, frame: &[u8]) -> Result<Claimed, StoreError> {
        self.require_writable()?;
        let Some(tail) = &mut self.tail else { return Ok(Claimed::Lost) };
        let length = frame.len() as u64;
        match self.shared.disk.write_once(&tail.file, frame) {
            Ok(written) if written == frame.len() => {}
            // The rest cannot follow, since another frame may be behind by now; the torn bytes will be skipped.
            Ok(_) => {
                return Err(failed("append to", &tail.path, &io::Error::from(io::ErrorKind::StorageFull)));
            }
            Err(error) => return Err(failed("append to", &tail.path, &error)),
        }
        // After an appending write, the position of the descriptor is where the write ended.
        let end = (&tail.file).stream_position().map_err(|error| unknown("look at", &tail.path, &error))?;
        let start = end.saturating_sub(length);
        if start < tail.end {
            return Err(corrupt(&tail.path, start, "the file became shorter; restore it from a backup"));
        }
        if start > tail.end {
            let winners = match tail.look_until(end) {
                Err(problem) if self.is_superseded(&problem)? => return Ok(Claimed::Lost),
                Err(problem) => return Err(may_have_happened(problem)),
                Ok(winners) => winners,
            };
            let ours = |claim: &Claim| claim.offset == start && claim.version == header.version;
            if !winners.first().is_some_and(ours) {
                return Ok(Claimed::Lost);
            }
        }
        let Some(tail) = &mut self.tail else { return Ok(Claimed::Lost) };
        if let Err(error) = self.shared.disk.sync_data(&tail.file) {
            let problem = unknown("flush", &tail.path, &error);
            self.flush_failed();
            return Err(problem);
        }
        if start == tail.end {
            tail.win(header, frame, start);
        }
        tail.durable_end = end;
        self.require_log().map_err(may_have_happened)?;
        Ok(Claimed::Won)
    }

    fn require_writable(&mut self) -> Result<(), StoreError> {
        let tail = self.tail.as_ref();
        let Some((tail, why)) = tail.and_then(|tail| tail.unwritable.map(|why| (tail, why))) else {
            return Ok(());
        };
        let denied = failed("append to", &tail.path, &io::Error::from(why));
        // Opened anew next time, when the rights may be others.
        self.tail = None;
        Err(denied)
    }

    /// What became of an append; it may have been the last of its segment.
    fn ended(&mut self, header: &FrameHeader, outcome: Append) -> Append {
        if outcome == Append::Appended {
            self.rotate(header);
        }
        outcome
    }

    /// Ends the segment when it has grown enough. The append before is durable whatever becomes of this. The next segment
    /// is made with the next record in it.
    fn rotate(&mut self, last: &FrameHeader) {
        let Some(tail) = &self.tail else { return };
        let (Some(chain), Some(version)) = (tail.digest, tail.head.checked_add(1)) else { return };
        if tail.end < self.shared.segment_bytes || tail.sealed {
            return;
        }
        let (writer, sequence) = (self.shared.writer, self.shared.next_number());
        // The store has no clock, and needs none: the segment ends when its last record was decided.
        let seal = Seal { version, writer, sequence, decided_at_ms: last.decided_at_ms, chain };
        let Ok(frame) = seal.encode() else { return };
        let Ok((header, _)) = decode_frame(&frame) else { return };
        let _ = self.claim(&header, &frame);
    }
}

impl crate::segment::Segment {
    /// Takes into account a frame that stands right behind what was known.
    pub(crate) fn win(&mut self, header: &FrameHeader, frame: &[u8], offset: u64) {
        let length = frame.len() as u64;
        self.end = offset + length;
        self.looked_at = self.end;
        self.damage = None;
        if header.kind == FrameKind::Seal {
            self.sealed = true;
            return;
        }
        self.remember(Claim {
            version: header.version,
            offset,
            length,
            kind: header.kind,
            writer: header.writer,
            sequence: header.sequence,
            digest: frame_digest(frame),
        });
    }
}

/// Only whole record frames of the right version get into a log, since everything else there counts as damage.
fn check_frame(key: &str, version: u64, frame: &[u8]) -> Result<FrameHeader, StoreError> {
    let what = match decode_frame(frame) {
        Ok((header, _)) if header.kind == FrameKind::Record && header.version == version => {
            return Ok(header);
        }
        Ok((header, _)) => format!("a {} frame of version {}", header.kind.name(), header.version),
        Err(error) => format!("not a frame: {error}"),
    };
    let message = format!(
        "what was to be appended to `{key}` as version {version} is {what}; hand in one record frame"
    );
    Err(StoreError::Unsupported { message })
}

/// A record that does not follow the one before it would be found corrupt by every reader.
fn check_chain(key: &str, header: &FrameHeader, before: Option<Digest>) -> Result<(), StoreError> {
    if before.is_none_or(|digest| digest == header.chain) {
        return Ok(());
    }
    let version = header.version;
    let why = match version {
        1 => "it is the first, and carries a digest of one before it".to_owned(),
        _ => format!(
            "it does not carry the digest of version {}, so it was decided on another journal",
            version - 1
        ),
    };
    let message = format!(
        "version {version} cannot be appended to `{key}`: {why}; read the journal again and decide again"
    );
    Err(StoreError::Unsupported { message })
}
