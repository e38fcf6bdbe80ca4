//! Reading all that is left of a journal, around any damage.

use std::fs;
use std::io;
use std::path::Path;
use std::thread;
use std::time::Duration;

use highwater_format::SegmentHeader;
use highwater_format::scan::{Salvage, salvage};
use highwater_store::{Damage, Retained, StoreError, Versioned};

use crate::folder::Listing;
use crate::journal::{Attempt, Journal};
use crate::layout;
use crate::limits::{FOLDER_TRIES, TORN_TRIES, TORN_WAIT_MS};
use crate::problem::{failed, from_format, place};
use crate::segment::Segment;
use crate::snapshots::Read;

impl Journal {
    /// See [`Store::read_all`](highwater_store::Store::read_all).
    pub(crate) fn read_all(&mut self) -> Result<Retained, StoreError> {
        for tries in 0..FOLDER_TRIES {
            let start = Listing::read(&self.shared.disk, &self.folder)?.start;
            let retained = self.retained()?;
            if !self.is_doubtful(start)? {
                return Ok(retained);
            }
            self.wait_for_reset(tries)?;
        }
        Err(self.restless())
    }

    /// Whether the last record may be one that somebody who is about to start the journal anew does not know of, and that
    /// nobody was told of. What is made of it would be above what they make.
    fn is_doubtful(&self, start: u64) -> Result<bool, StoreError> {
        let now = Listing::read(&self.shared.disk, &self.folder)?;
        if now.start != start || now.pending.is_empty() {
            return Ok(now.start != start);
        }
        let load = |first: u64| Segment::load(&layout::segment_path(&self.folder, first), first);
        // What is damaged is not new.
        let last = now.segments.last().and_then(|first| load(*first).ok().flatten());
        if !last.is_some_and(|loaded| loaded.segment.has_only_its_first()) {
            // Behind the first record stands what says that nothing is pending any more that was pending before it.
            return Ok(Listing::read(&self.shared.disk, &self.folder)?.start != start);
        }
        let after = Listing::read(&self.shared.disk, &self.folder)?;
        Ok(after.start != start || !after.pending.is_empty())
    }

    /// As [`Journal::read_all`], with what may turn out not to count.
    pub(crate) fn retained(&mut self) -> Result<Retained, StoreError> {
        self.until_done(|journal| journal.try_read_all())
    }

    fn try_read_all(&self) -> Attempt<Retained> {
        let listing = Listing::read(&self.shared.disk, &self.folder)?;
        let mut retained = Retained { last_version: listing.start, ..Retained::default() };
        for version in &listing.snapshots {
            retained.last_version = retained.last_version.max(*version);
            match self.read_snapshot(*version)? {
                None => return Ok(None),
                Some(Read::Whole(snapshot)) => retained.snapshots.push(snapshot),
                Some(Read::Damaged(damage)) => retained.damage.push(damage),
            }
        }
        let mut after = 0;
        for (index, first_version) in listing.segments.iter().enumerate() {
            retained.last_version = retained.last_version.max(first_version - 1);
            let path = layout::segment_path(&self.folder, *first_version);
            let limit = listing.segments.get(index + 1).copied().unwrap_or(u64::MAX);
            let Some((bytes, found)) = salvage_file(&path, limit)? else { return Ok(None) };
            if after > 0 && after < *first_version {
                let what = format!("of versions {after} to {} no record is left", first_version - 1);
                retained.damage.push(Damage { what, place: place(&path, 0) });
            }
            retained.damage.extend(header_damage(&path, *first_version, &bytes, &found)?);
            let damage = found.damage.into_iter();
            retained.damage.extend(damage.map(|it| Damage { place: place(&path, it.offset), what: it.what }));
            for claim in &found.records {
                let frame = usize::try_from(claim.offset)
                    .ok()
                    .zip(usize::try_from(claim.length).ok())
                    .and_then(|(start, length)| bytes.get(start..start + length));
                let Some(frame) = frame else { continue };
                retained.records.push(Versioned { version: claim.version, bytes: frame.to_vec() });
                after = claim.version + 1;
            }
        }
        let last = retained.records.last().map_or(0, |record| record.version);
        retained.last_version = retained.last_version.max(last);
        Ok(Some(retained))
    }
}

/// What is wrong with the beginning of a segment, unless it is among what was skipped.
fn header_damage(
    path: &Path,
    first_version: u64,
    bytes: &[u8],
    found: &Salvage,
) -> Result<Option<Damage>, StoreError> {
    let what = match SegmentHeader::decode_first(bytes) {
        Err(error) if error.needs_upgrade() => return Err(from_format(path, 0, &error)),
        _ if bytes.is_empty() => "the file is empty, and a segment never is".to_owned(),
        Ok((header, _)) if header.first_version != first_version => {
            format!(
                "its header says that it begins with version {}; give it back its name",
                header.first_version
            )
        }
        Err(error) if found.damage.first().is_none_or(|damage| damage.offset > 0) => {
            format!("it does not begin with the header of a segment: {error}")
        }
        _ => return Ok(None),
    };
    Ok(Some(Damage { what, place: place(path, 0) }))
}

/// What can be read of a segment; `None` when it is not there. Looks again at an end that is torn, which may be a write
/// that is still under way.
fn salvage_file(path: &Path, limit: u64) -> Attempt<(Vec<u8>, Salvage)> {
    let mut seen = 0;
    for _ in 0..TORN_TRIES {
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed("read", path, &error)),
        };
        let found = salvage(&bytes, limit).map_err(|error| from_format(path, 0, &error))?;
        let torn = found.damage.last().is_some_and(|last| last.offset + last.length == bytes.len() as u64);
        if !torn || seen == bytes.len() {
            return Ok(Some((bytes, found)));
        }
        seen = bytes.len();
        thread::sleep(Duration::from_millis(TORN_WAIT_MS));
    }
    Ok(None)
}
