//! What a folder holds at a moment, and what files a journal has.

use std::ffi::OsString;
use std::fs::{self, DirEntry};
use std::io;
use std::path::Path;

use highwater_store::StoreError;

use crate::disk::Disk;
use crate::layout;
use crate::problem::failed;

/// What a folder holds; `None` if it is not there.
pub(crate) fn entries(
    folder: &Path,
) -> Result<Option<impl Iterator<Item = Result<DirEntry, StoreError>>>, StoreError> {
    let problem = |error| failed("list", folder, &error);
    match fs::read_dir(folder) {
        Ok(entries) => Ok(Some(entries.map(move |entry| entry.map_err(problem)))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(problem(error)),
    }
}

/// A name that a folder goes on listing although there is no file of that name: a link that leads nowhere, or what a file
/// system shows that stopped half-way, and has in memory what it never wrote.
pub(crate) fn phantom(folder: &Path) -> Option<String> {
    let names =
        || entries(folder).ok().flatten().into_iter().flatten().flatten().map(|entry| entry.file_name());
    let is_missing = |name: &OsString| {
        fs::metadata(folder.join(name)).is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
    };
    let missing: Vec<OsString> = names().filter(is_missing).collect();
    let still = names().filter(|name| missing.contains(name)).find(is_missing);
    still.map(|name| name.to_string_lossy().into_owned())
}

/// The files of a journal, by version, ascending.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Listing {
    /// The first version of each segment.
    pub(crate) segments: Vec<u64>,
    /// The version of each snapshot.
    pub(crate) snapshots: Vec<u64>,
    /// The version that the journal was started anew at, whose snapshot is among [`Listing::snapshots`]. 0 if it never was.
    pub(crate) start: u64,
    /// Names of files from before that, which count no more.
    pub(crate) superseded: Vec<String>,
    /// Names of snapshots with which somebody is about to start the journal anew.
    pub(crate) pending: Vec<String>,
}

impl Listing {
    /// Reads the folder. A folder that is not there has no files.
    pub(crate) fn read(disk: &Disk, folder: &Path) -> Result<Listing, StoreError> {
        let mut listing = Listing::default();
        let mut names = Vec::new();
        let Some(entries) = entries(folder)? else { return Ok(listing) };
        for entry in entries {
            let name = entry?.file_name();
            let Some(name) = name.to_str() else { continue };
            names.push(name.to_owned());
            listing.start = listing.start.max(layout::parse_start(name).unwrap_or(0));
        }
        for name in names {
            listing.take(name);
        }
        listing.segments.sort_unstable();
        listing.snapshots.sort_unstable();
        disk.listed(folder);
        Ok(listing)
    }

    /// Takes a file into account, when it is known where the journal starts.
    fn take(&mut self, name: String) {
        if let Some(version) = layout::parse_segment(&name) {
            if version > self.start { self.segments.push(version) } else { self.superseded.push(name) }
        } else if let Some(version) = layout::parse_snapshot(&name) {
            if version > self.start { self.snapshots.push(version) } else { self.superseded.push(name) }
        } else if let Some(version) = layout::parse_start(&name) {
            if version == self.start { self.snapshots.push(version) } else { self.superseded.push(name) }
        } else if layout::is_pending(&name) {
            self.pending.push(name);
        }
    }

    /// Whether there is a journal.
    pub(crate) fn is_journal(&self) -> bool {
        self.start > 0 || !self.segments.is_empty()
    }

    /// Whether it holds a journal from its beginning: the first segment goes on from a snapshot, or is the first of all.
    /// A single later segment is what a process left that had not noticed that the folder was removed.
    pub(crate) fn has_beginning(&self) -> bool {
        let covered = self.snapshots.last().copied().unwrap_or(0);
        self.segments.first().is_none_or(|first| *first <= covered.saturating_add(1))
    }

    /// Where in [`Listing::segments`] the segment stands that holds `version`, if it is there.
    pub(crate) fn segment_of(&self, version: u64) -> Option<usize> {
        self.segments.partition_point(|first| *first <= version).checked_sub(1)
    }
}
