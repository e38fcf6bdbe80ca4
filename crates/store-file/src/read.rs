//! Reading a journal, whole or from a version on.

use highwater_store::{Journal as Records, StoreError, Tail, Versioned};

use crate::folder::Listing;
use crate::journal::{Attempt, Journal};
use crate::layout;
use crate::limits::TORN_TRIES;
use crate::problem::corrupt;
use crate::segment::{Loaded, Segment};

/// What was found of the records from a version on.
enum Found {
    /// All of them. The last segment is the tail of the journal now.
    Records(Vec<Versioned>),
    /// Some are not there: they were trimmed, or they are lost.
    Missing {
        /// The first version that is not there.
        version: u64,
        /// The first version after the hole.
        next: u64,
        problem: StoreError,
    },
}

impl Journal {
    /// See [`Store::read`](highwater_store::Store::read).
    pub(crate) fn read(&mut self) -> Result<Records, StoreError> {
        self.heal()?;
        let records = self.without_doubt(|journal| journal.until_done(Journal::try_read))?;
        self.make_durable()?;
        Ok(records)
    }

    fn try_read(&mut self) -> Attempt<Records> {
        let listing = Listing::read(&self.shared.disk, &self.folder)?;
        self.forget_old(&listing);
        if !listing.is_journal() {
            return Ok(self.no_segments(&listing)?.map(|_| Records::default()));
        }
        let Some((snapshot, mut damage)) = self.newest_snapshot(&listing)? else { return Ok(None) };
        if listing.segments.is_empty() {
            return match snapshot {
                Some(_) => Ok(Some(Records { snapshot, tail: Vec::new(), damage })),
                None => Err(self.start_damaged(listing.start)),
            };
        }
        let covered = snapshot.as_ref().map_or(0, |snapshot| snapshot.version);
        let Some(found) = self.collect(&listing, covered.saturating_add(1))? else { return Ok(None) };
        let tail = match found {
            Found::Records(tail) => tail,
            Found::Missing { problem, .. } => return self.is_missing(&listing, problem),
        };
        if let Some(segment) = &self.tail {
            if segment.head < covered {
                let path = layout::snapshot_path(&self.folder, covered);
                let what = format!(
                    "the snapshot is at version {covered}, and the log ends at {}: the end of the log was lost; \
                     restore the folder from a backup",
                    segment.head
                );
                return Err(corrupt(&path, 0, what));
            }
            damage.extend(segment.damage.clone());
        }
        Ok(Some(Records { snapshot, tail, damage }))
    }

    /// See [`Store::read_from`](highwater_store::Store::read_from).
    pub(crate) fn read_from(&mut self, version: u64) -> Result<Tail, StoreError> {
        let version = version.max(1);
        let tail = self.without_doubt(|journal| journal.find_from(version))?;
        self.make_durable()?;
        Ok(match tail {
            Tail::Records { records, .. } => {
                self.look_again_at_torn_end()?;
                let damage = self.tail.iter().filter_map(|segment| segment.damage.clone()).collect();
                Tail::Records { records, damage }
            }
            trimmed @ Tail::Trimmed { .. } => trimmed,
        })
    }

    fn find_from(&mut self, version: u64) -> Result<Tail, StoreError> {
        if !self.catch_up()? {
            if version <= self.start {
                return Ok(Tail::Trimmed { floor: self.start + 1 });
            }
            return Ok(Tail::Records { records: Vec::new(), damage: Vec::new() });
        }
        let remembered = match &self.tail {
            Some(tail) => tail.recent_from(version)?,
            None => None,
        };
        match remembered {
            Some(records) => Ok(Tail::Records { records, damage: Vec::new() }),
            None => self.until_done(|journal| journal.try_read_from(version)),
        }
    }

    fn try_read_from(&mut self, version: u64) -> Attempt<Tail> {
        let listing = Listing::read(&self.shared.disk, &self.folder)?;
        if version <= listing.start {
            let floor = listing.segments.first().copied().unwrap_or(listing.start + 1);
            return Ok(Some(Tail::Trimmed { floor }));
        }
        match self.collect(&listing, version)? {
            None => Ok(None),
            Some(Found::Records(records)) => Ok(Some(Tail::Records { records, damage: Vec::new() })),
            Some(Found::Missing { version, next, problem }) => {
                // Only what two snapshots stand for is ever trimmed; what is missing above them is lost.
                match self.trimmable(&listing)? {
                    None => Ok(None),
                    // A segment that a late process made again has a record and no seal.
                    Some(trimmable) if version <= trimmable || next - 1 <= trimmable => {
                        Ok(Some(Tail::Trimmed { floor: next }))
                    }
                    Some(_) => self.is_missing(&listing, problem),
                }
            }
        }
    }

    /// Whether it is as bad as a listing looks. A listing is no moment: what came first in it may be older than what came
    /// last, so records that were trimmed meanwhile look lost. They are lost when a second listing shows the same.
    pub(crate) fn is_missing<T>(&self, listing: &Listing, problem: StoreError) -> Attempt<T> {
        if Listing::read(&self.shared.disk, &self.folder)? == *listing { Err(problem) } else { Ok(None) }
    }

    /// Reads the records from `version` on out of the segments that hold them.
    fn collect(&mut self, listing: &Listing, version: u64) -> Attempt<Found> {
        let Some(&oldest) = listing.segments.first() else { return Ok(None) };
        let Some(start) = listing.segment_of(version) else {
            return Ok(Some(Found::Missing {
                version,
                next: oldest,
                problem: self.missing(version, oldest),
            }));
        };
        let mut records = Vec::new();
        let mut digest = None;
        let mut segments = listing.segments[start..].iter().copied().peekable();
        while let Some(first_version) = segments.next() {
            let Some(mut loaded) = self.load(first_version)? else { return Ok(None) };
            loaded.follow(digest)?;
            digest = loaded.segment.digest;
            records.extend(loaded.records_from(version)?);
            match segments.peek().copied() {
                Some(next) if loaded.segment.sealed && loaded.segment.head + 1 == next => {}
                Some(next) => {
                    let missing = loaded.segment.head + 1;
                    return Ok(Some(Found::Missing {
                        version: missing,
                        next,
                        problem: self.unsealed(&loaded, next),
                    }));
                }
                None => return self.end_with(loaded.segment, records),
            }
        }
        Ok(None)
    }

    /// Makes the last segment of a listing the tail, unless there is a further one by now.
    fn end_with(&mut self, segment: Segment, records: Vec<Versioned>) -> Attempt<Found> {
        let after = Listing::read(&self.shared.disk, &self.folder)?;
        if after.segments.last() != Some(&segment.first_version) {
            return Ok(None);
        }
        self.adopt(segment, &after)?;
        Ok(Some(Found::Records(records)))
    }

    /// Reads one segment. When it ends with bytes that are no frame, looks again after whoever may be half-way through
    /// a write is done with it, until they are whole or stay as they are.
    fn load(&self, first_version: u64) -> Attempt<Loaded> {
        let path = layout::segment_path(&self.folder, first_version);
        let mut loaded = Segment::load(&path, first_version)?;
        for _ in 0..TORN_TRIES {
            let Some(torn) = loaded.as_ref().filter(|loaded| loaded.segment.damage.is_some()) else { break };
            let end = torn.segment.end;
            torn.segment.wait_for_writers();
            loaded = Segment::load(&path, first_version)?;
            if loaded.as_ref().is_some_and(|loaded| loaded.segment.end == end) {
                break;
            }
        }
        Ok(loaded)
    }

    /// As [`Journal::load`], for the tail.
    fn look_again_at_torn_end(&mut self) -> Result<(), StoreError> {
        for _ in 0..TORN_TRIES {
            let Some(tail) = self.tail.as_mut().filter(|tail| tail.damage.is_some()) else { break };
            let end = tail.end;
            tail.wait_for_writers();
            tail.catch_up()?;
            if tail.end == end {
                break;
            }
        }
        Ok(())
    }

    fn start_damaged(&self, start: u64) -> StoreError {
        let what = "the snapshot that the journal was started anew with is damaged, and nothing stands in for it; restore it \
                    from a backup";
        corrupt(&layout::start_path(&self.folder, start), 0, what)
    }

    pub(crate) fn missing(&self, version: u64, oldest: u64) -> StoreError {
        let what = format!(
            "version {version} is missing: the oldest segment begins with version {oldest}, and no whole snapshot \
             stands for what was before; restore the folder from a backup"
        );
        corrupt(&layout::segment_path(&self.folder, oldest), 0, what)
    }

    fn unsealed(&self, loaded: &Loaded, next: u64) -> StoreError {
        let segment = &loaded.segment;
        let what = format!(
            "version {} is missing: the segment ends without a seal for the next one, which begins with version \
             {next}; restore it from a backup",
            segment.head + 1
        );
        corrupt(&segment.path, segment.end, what)
    }
}
