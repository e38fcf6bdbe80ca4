//! The segment at the end of a log, open for appending and catching up.

use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use highwater_format::scan::{Claim, Scan, scan};
use highwater_format::{Digest, FrameKind, SegmentHeader, SegmentKind, decode_frame};
use highwater_store::{Damage, StoreError, Versioned};

use crate::limits::{RECENT_RECORDS, TORN_WAIT_MS};
use crate::problem::{corrupt, failed, from_format, place};

/// What this process knows of one segment.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) path: PathBuf,
    pub(crate) file: File,
    /// Why `file` cannot be written, when it cannot: for want of rights, or on a disk that is read-only.
    pub(crate) unwritable: Option<io::ErrorKind>,
    pub(crate) first_version: u64,
    /// Behind the last valid frame; where a record that this process appends next is expected to begin.
    pub(crate) end: u64,
    /// Length of the file when it was last looked at. What lies between `end` and here is torn, or not yet whole.
    pub(crate) looked_at: u64,
    /// The last version that has a record; one below `first_version` when there is none in this segment.
    pub(crate) head: u64,
    /// The digest of the last record, when this process has seen it.
    pub(crate) digest: Option<Digest>,
    /// Whether a seal claimed the version after `head`.
    pub(crate) sealed: bool,
    /// Up to here this process has flushed the file, or seen it flushed.
    pub(crate) durable_end: u64,
    /// Whether a listing made after it was opened showed nothing pending: whoever starts the journal anew from then on knows of
    /// it. Otherwise it is good to read, but not to append to.
    pub(crate) settled: bool,
    /// Whether this process has flushed the name of the file.
    pub(crate) name_durable: bool,
    /// Whether the file had lost its name when it was last looked at: trimmed, when it is also sealed.
    pub(crate) removed: bool,
    /// Bytes behind `end` that are no valid frame.
    pub(crate) damage: Option<Damage>,
    /// The last records, ascending without a gap.
    recent: VecDeque<Claim>,
}

/// A segment and the bytes that it was read from.
pub(crate) struct Loaded {
    pub(crate) segment: Segment,
    pub(crate) bytes: Vec<u8>,
    pub(crate) winners: Vec<Claim>,
}

impl Loaded {
    /// The records from `version` on.
    pub(crate) fn records_from(&self, version: u64) -> Result<Vec<Versioned>, StoreError> {
        let claims =
            self.winners.iter().filter(|claim| claim.kind == FrameKind::Record && claim.version >= version);
        claims.map(|claim| cut(&self.bytes, 0, claim, &self.segment.path)).collect()
    }
}

impl Loaded {
    /// Checks that the first record follows the one before the segment, which has the digest `before`.
    pub(crate) fn follow(&mut self, before: Option<Digest>) -> Result<(), StoreError> {
        check_chain(&self.segment.path, &self.bytes, 0, self.winners.first(), before)?;
        self.segment.digest = self.segment.digest.or(before);
        Ok(())
    }
}

impl Segment {
    /// A segment of which only the header is known, whose end is on the disk: it gets its name only then.
    pub(crate) fn new(
        path: PathBuf,
        file: File,
        unwritable: Option<io::ErrorKind>,
        first_version: u64,
        header_end: u64,
    ) -> Segment {
        Segment {
            path,
            file,
            unwritable,
            first_version,
            end: header_end,
            looked_at: header_end,
            head: first_version - 1,
            digest: None,
            sealed: false,
            durable_end: header_end,
            settled: false,
            name_durable: false,
            removed: false,
            damage: None,
            recent: VecDeque::new(),
        }
    }

    /// Opens and reads a segment. `None` when there is no such file.
    pub(crate) fn load(path: &Path, first_version: u64) -> Result<Option<Loaded>, StoreError> {
        let Some((file, unwritable)) = open(path)? else { return Ok(None) };
        let bytes = read_range(&file, path, 0, length(&file, path)?)?;
        let (scan, header_end) = scan_whole(path, first_version, &bytes)?;
        let mut segment = Segment::new(path.to_owned(), file, unwritable, first_version, header_end);
        segment.absorb(&scan, bytes.len() as u64);
        Ok(Some(Loaded { segment, bytes, winners: scan.winners }))
    }

    /// Takes into account what others appended.
    pub(crate) fn catch_up(&mut self) -> Result<(), StoreError> {
        let metadata = self.file.metadata().map_err(|error| failed("look at", &self.path, &error))?;
        self.removed = metadata.nlink() == 0;
        if metadata.len() != self.looked_at {
            self.look_until(metadata.len())?;
        }
        Ok(())
    }

    /// Whether the file still has a name: it loses it when it is trimmed, or when somebody removes the folder.
    pub(crate) fn has_name(&self) -> Result<bool, StoreError> {
        let metadata = self.file.metadata().map_err(|error| failed("look at", &self.path, &error))?;
        Ok(metadata.nlink() > 0)
    }

    /// Whether its name still stands for this very file. What has another name, left by a crash, may have lost this one.
    pub(crate) fn is_in_place(&self) -> Result<bool, StoreError> {
        let failed = |error: io::Error| failed("look at", &self.path, &error);
        let named = match fs::metadata(&self.path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(failed(error)),
        };
        let ours = self.file.metadata().map_err(failed)?;
        Ok((ours.dev(), ours.ino()) == (named.dev(), named.ino()))
    }

    /// Whether there is no valid frame behind the record that it was made with.
    pub(crate) fn has_only_its_first(&self) -> bool {
        let first_ends = self.recent.back().map(|claim| claim.offset + claim.length);
        self.head == self.first_version && !self.sealed && first_ends == Some(self.end)
    }

    /// Whether others have written to it, other than to end it for everybody.
    pub(crate) fn is_used(&mut self) -> Result<bool, StoreError> {
        let winners = self.look_until(length(&self.file, &self.path)?)?;
        for claim in winners {
            let frame = read_range(&self.file, &self.path, claim.offset, claim.offset + claim.length)?;
            if decode_frame(&frame).is_ok_and(|(header, _)| !header.is_stop()) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Takes into account what the file holds up to the offset `until`, and returns the claims that won.
    pub(crate) fn look_until(&mut self, until: u64) -> Result<Vec<Claim>, StoreError> {
        if until < self.looked_at {
            let what = format!(
                "the file has become shorter, from {} bytes to {until}; nothing of this store does that: restore it \
                 from a backup",
                self.looked_at
            );
            return Err(corrupt(&self.path, until, what));
        }
        if self.sealed {
            self.looked_at = until;
            return Ok(Vec::new());
        }
        let bytes = read_range(&self.file, &self.path, self.end, until)?;
        let scan = scan(&bytes, self.end, self.head + 1)
            .map_err(|error| from_format(&self.path, self.end, &error))?;
        check_chain(&self.path, &bytes, self.end, scan.winners.first(), self.digest)?;
        self.absorb(&scan, until);
        Ok(scan.winners)
    }

    fn absorb(&mut self, scan: &Scan, looked_at: u64) {
        for claim in &scan.winners {
            if claim.kind == FrameKind::Record {
                self.remember(*claim);
            }
        }
        self.sealed = scan.sealed;
        self.end = scan.end;
        self.looked_at = looked_at;
        self.damage = scan.damage.iter().find(|damage| damage.offset >= scan.end).map(|damage| Damage {
            what: format!(
                "the log ends with {}: torn by a crash or a full disk, and then never acknowledged, or damaged since; \
                 the bytes are kept, and the next append goes behind them",
                damage.what
            ),
            place: place(&self.path, damage.offset),
        });
    }

    /// Adds a record that won the version after the head.
    pub(crate) fn remember(&mut self, claim: Claim) {
        self.head = claim.version;
        self.digest = Some(claim.digest);
        if self.recent.len() == RECENT_RECORDS {
            self.recent.pop_front();
        }
        self.recent.push_back(claim);
    }

    /// The records from `version` on, when all of them are remembered.
    pub(crate) fn recent_from(&self, version: u64) -> Result<Option<Vec<Versioned>>, StoreError> {
        if version > self.head {
            return Ok(Some(Vec::new()));
        }
        let Some(skipped) = self.recent.front().and_then(|first| version.checked_sub(first.version)) else {
            return Ok(None);
        };
        let claims = self.recent.iter().skip(usize::try_from(skipped).unwrap_or(usize::MAX));
        let Some((start, end)) = claims
            .clone()
            .next()
            .zip(self.recent.back())
            .map(|(first, last)| (first.offset, last.offset + last.length))
        else {
            return Ok(None);
        };
        let bytes = read_range(&self.file, &self.path, start, end)?;
        claims
            .map(|claim| checked(cut(&bytes, start, claim, &self.path)?, claim, &self.path))
            .collect::<Result<_, _>>()
            .map(Some)
    }

    /// Waits until every write is done that has begun.
    ///
    /// A write holds the lock of the file from its first byte to its last, and asking where the file has a hole waits
    /// for that lock, whatever the answer. Where it does not, on some file systems, the short sleep must do.
    pub(crate) fn wait_for_writers(&self) {
        let _ = rustix::fs::seek(&self.file, rustix::fs::SeekFrom::Hole(0));
        thread::sleep(Duration::from_millis(TORN_WAIT_MS));
    }

    /// Takes over what `earlier` knows of the same file.
    pub(crate) fn inherit(&mut self, earlier: &Segment) -> Result<(), StoreError> {
        let same = |error: &io::Error| failed("look at", &self.path, error);
        let ours = self.file.metadata().map_err(|error| same(&error))?;
        let theirs = earlier.file.metadata().map_err(|error| same(&error))?;
        if (ours.dev(), ours.ino()) == (theirs.dev(), theirs.ino()) {
            self.durable_end = earlier.durable_end;
            self.settled |= earlier.settled;
            self.name_durable = earlier.name_durable;
        }
        Ok(())
    }
}

/// Opens for reading and appending, or for reading alone where the rights are not enough. `None` without such a file.
fn open(path: &Path) -> Result<Option<(File, Option<io::ErrorKind>)>, StoreError> {
    let mut options = OpenOptions::new();
    options.read(true);
    let why = match options.clone().append(true).open(path) {
        Ok(file) => return Ok(Some((file, None))),
        Err(error) => error,
    };
    match why.kind() {
        io::ErrorKind::NotFound => return Ok(None),
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {}
        _ => return Err(failed("open", path, &why)),
    }
    match options.open(path) {
        Ok(file) => Ok(Some((file, Some(why.kind())))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed("open", path, &error)),
    }
}

/// What the bytes of a segment say, and where its header ends.
fn scan_whole(path: &Path, first_version: u64, bytes: &[u8]) -> Result<(Scan, u64), StoreError> {
    if bytes.is_empty() {
        let what = "the file is empty, and a segment never is: it was emptied by something else, or the disk lost it; \
                    restore it from a backup";
        return Err(corrupt(path, 0, what));
    }
    let (header, header_bytes) =
        SegmentHeader::decode_first(bytes).map_err(|error| from_format(path, 0, &error))?;
    if header.first_version != first_version {
        let what = format!(
            "its header says that it begins with version {}; give it back its name",
            header.first_version
        );
        return Err(corrupt(path, 0, what));
    }
    if header.kind == SegmentKind::Owned {
        let message = format!(
            "{} is an owned segment, which this version does not write; it was written by a newer version: upgrade \
             this one",
            path.display()
        );
        return Err(StoreError::Unsupported { message });
    }
    let scan = scan(bytes, 0, first_version).map_err(|error| from_format(path, 0, &error))?;
    Ok((scan, header_bytes as u64))
}

fn length(file: &File, path: &Path) -> Result<u64, StoreError> {
    Ok(file.metadata().map_err(|error| failed("look at", path, &error))?.len())
}

/// Reads what lies between two offsets.
pub(crate) fn read_range(file: &File, path: &Path, start: u64, end: u64) -> Result<Vec<u8>, StoreError> {
    let length = usize::try_from(end.saturating_sub(start))
        .map_err(|_| corrupt(path, start, "the file is too long"))?;
    let mut bytes = vec![0; length];
    match file.read_exact_at(&mut bytes, start) {
        Ok(()) => Ok(bytes),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            Err(corrupt(path, end, "the file became shorter while it was read; restore it from a backup"))
        }
        Err(error) => Err(failed("read", path, &error)),
    }
}

/// The frame of a claim, out of bytes that begin at `base`.
fn cut(bytes: &[u8], base: u64, claim: &Claim, path: &Path) -> Result<Versioned, StoreError> {
    let start = usize::try_from(claim.offset.saturating_sub(base)).unwrap_or(usize::MAX);
    let end = usize::try_from(claim.length).ok().and_then(|length| start.checked_add(length));
    match end.and_then(|end| bytes.get(start..end)) {
        Some(frame) => Ok(Versioned { version: claim.version, bytes: frame.to_vec() }),
        None => Err(corrupt(path, claim.offset, "the record reaches beyond the bytes that were read")),
    }
}

/// The first of several claims must carry the digest of the record before it, where that is known.
fn check_chain(
    path: &Path,
    bytes: &[u8],
    base: u64,
    first: Option<&Claim>,
    before: Option<Digest>,
) -> Result<(), StoreError> {
    let (Some(claim), Some(before)) = (first, before) else { return Ok(()) };
    let frame = cut(bytes, base, claim, path)?;
    match decode_frame(&frame.bytes) {
        // What ends a segment for everybody was written by somebody who did not know the record before it.
        Ok((header, _)) if header.chain == before || header.is_stop() => Ok(()),
        Ok(_) => {
            let what = format!(
                "version {} does not carry the digest of the record before it; restore the folder from a backup",
                claim.version
            );
            Err(corrupt(path, claim.offset, what))
        }
        Err(error) => Err(from_format(path, claim.offset, &error)),
    }
}

/// A record that was read again must still be what it was.
fn checked(record: Versioned, claim: &Claim, path: &Path) -> Result<Versioned, StoreError> {
    match decode_frame(&record.bytes) {
        Ok((header, _)) if header.version == claim.version && header.kind == FrameKind::Record => Ok(record),
        Ok(_) => Err(corrupt(path, claim.offset, format!("version {} is not where it was", claim.version))),
        Err(error) => Err(corrupt(path, claim.offset, format!("version {}: {error}", claim.version))),
    }
}
