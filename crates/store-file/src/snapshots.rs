//! Snapshots: written under a temporary name, flushed, then given their own.

use std::fs;
use std::io;

use highwater_format::{FrameKind, decode_frame};
use highwater_store::{Damage, StoreError, Versioned};

use crate::folder::Listing;
use crate::journal::{Attempt, Journal, sync_names};
use crate::layout;
use crate::limits::SNAPSHOTS_KEPT;
use crate::problem::{failed, place};

/// A snapshot file that is there.
pub(crate) enum Read {
    Whole(Versioned),
    Damaged(Damage),
}

impl Journal {
    /// See [`Store::put_snapshot`](highwater_store::Store::put_snapshot).
    pub(crate) fn put_snapshot(&mut self, version: u64, frame: &[u8]) -> Result<(), StoreError> {
        if let Err(what) = check_frame(version, frame) {
            let message =
                format!("the snapshot of `{}` at version {version} is {what}; hand in its frame", self.key);
            return Err(StoreError::Unsupported { message });
        }
        let known = self.catch_up()?;
        let head = self.tail.as_ref().filter(|_| known).map_or(self.start, |tail| tail.head);
        if version > head {
            return Err(StoreError::snapshot_above_head(&self.key, version, head));
        }
        if version <= self.start {
            // Of a journal that was started anew since; it would never be read.
            return Ok(());
        }
        // It stands for records, so they must not be lost while it stays.
        self.make_durable()?;
        let newer = Listing::read(&self.shared.disk, &self.folder)?
            .snapshots
            .iter()
            .filter(|other| **other > version)
            .count();
        if newer >= SNAPSHOTS_KEPT {
            return Ok(());
        }
        let path = layout::snapshot_path(&self.folder, version);
        let temporary = self.shared.temporary_path(&self.folder);
        let disk = &self.shared.disk;
        let named = self
            .write_durably(&temporary, frame)
            .and_then(|_| disk.rename(&temporary, &path).map_err(|error| failed("make", &path, &error)));
        if named.is_err() {
            let _ = disk.remove(&temporary);
        }
        named?;
        // In a folder that was removed, and made again by others, it would stand for a log that is not there.
        if let Err(removed) = self.require_log() {
            let _ = self.shared.disk.remove(&path);
            return Err(removed);
        }
        let listing = Listing::read(&self.shared.disk, &self.folder)?;
        sync_names(&self.shared, &self.folder, false)
            .map_err(|(path, error)| failed("flush", &path, &error))?;
        self.remove_old_snapshots(&listing)
    }

    /// Removes the snapshots that are older than the last whole ones of a listing. The folder was flushed after the listing:
    /// the names of those that stay must be on the disk before the others go, whoever wrote them.
    pub(crate) fn remove_old_snapshots(&self, listing: &Listing) -> Result<(), StoreError> {
        if listing.snapshots.len() <= SNAPSHOTS_KEPT {
            return Ok(());
        }
        let mut whole = 0;
        for version in listing.snapshots.iter().rev() {
            if whole < SNAPSHOTS_KEPT {
                whole += usize::from(matches!(self.read_snapshot(*version)?, Some(Read::Whole(_))));
                continue;
            }
            let path = layout::snapshot_path(&self.folder, *version);
            self.shared.disk.remove(&path).map_err(|error| failed("remove", &path, &error))?;
        }
        Ok(())
    }

    /// The newest snapshot that is whole, and the damage of newer ones.
    pub(crate) fn newest_snapshot(&self, listing: &Listing) -> Attempt<(Option<Versioned>, Vec<Damage>)> {
        let mut damage = Vec::new();
        for version in listing.snapshots.iter().rev() {
            match self.read_snapshot(*version)? {
                None => return Ok(None),
                Some(Read::Whole(snapshot)) => return Ok(Some((Some(snapshot), damage))),
                Some(Read::Damaged(found)) => damage.push(found),
            }
        }
        Ok(Some((None, damage)))
    }

    /// Up to which version records may be dropped: what the older of the kept snapshots covers, provided that all of
    /// them are whole, so that the log can stand in for the newest. 0 when nothing may be dropped.
    pub(crate) fn trimmable(&self, listing: &Listing) -> Attempt<u64> {
        let mut whole = 0;
        for version in listing.snapshots.iter().rev() {
            match self.read_snapshot(*version)? {
                None => return Ok(None),
                Some(Read::Whole(_)) => whole += 1,
                Some(Read::Damaged(_)) => {}
            }
            if whole == SNAPSHOTS_KEPT {
                return Ok(Some(*version));
            }
        }
        Ok(Some(0))
    }

    /// Reads one snapshot. `None` when it is not there any more.
    pub(crate) fn read_snapshot(&self, version: u64) -> Attempt<Read> {
        let mut path = layout::snapshot_path(&self.folder, version);
        let mut bytes = fs::read(&path);
        if bytes.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
            path = layout::start_path(&self.folder, version);
            bytes = fs::read(&path);
        }
        let bytes = match bytes {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed("read", &path, &error)),
        };
        Ok(Some(match check_frame(version, &bytes) {
            Ok(()) => Read::Whole(Versioned { version, bytes }),
            Err(what) => Read::Damaged(Damage {
                what: format!(
                    "the snapshot at version {version} is {what}; an older one and the log stand in for it, and the \
                     next snapshots replace it"
                ),
                place: place(&path, 0),
            }),
        }))
    }
}

pub(crate) fn check_frame(version: u64, frame: &[u8]) -> Result<(), String> {
    match decode_frame(frame) {
        Ok((header, _)) if header.kind == FrameKind::Snapshot && header.version == version => Ok(()),
        Ok((header, _)) => Err(format!("a {} frame of version {}", header.kind.name(), header.version)),
        Err(error) => Err(format!("not a whole frame: {error}")),
    }
}
