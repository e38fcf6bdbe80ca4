//! Writers and those who start the journal anew, for one version.

use std::sync::Barrier;
use std::thread;

use highwater_format::Digest;

use super::StoreBuilder;
use super::case::ReadExpect;
use super::frames::{record_frame, snapshot_frame};
use super::model::Acknowledged;
use crate::{Append, Reset, StoreError};

/// What is raced for.
pub(super) struct RaceReset<'a> {
    pub(super) key: &'a str,
    pub(super) version: u64,
    /// So many put one and the same backup meanwhile.
    pub(super) backups: u8,
}

/// Who got the version.
enum Winner {
    Append(Vec<u8>),
    Reset(Vec<u8>),
}

impl RaceReset<'_> {
    /// Lets everybody try once, and checks that exactly one had the version and that it is what is read.
    pub(super) fn run<B: StoreBuilder>(
        &self,
        builder: &B,
        writers: u8,
        resets: u8,
        held: &mut Acknowledged,
    ) -> Result<(), String> {
        let chain = held.digest(self.version - 1);
        let start = Barrier::new(usize::from(writers + resets + self.backups));
        let outcomes = thread::scope(|scope| {
            let append = |writer| {
                scope.spawn({
                    let start = &start;
                    move || self.append(builder, start, writer, chain)
                })
            };
            let reset = |size| {
                scope.spawn({
                    let start = &start;
                    move || self.reset(builder, start, size)
                })
            };
            let backup = |_| {
                scope.spawn({
                    let start = &start;
                    move || self.put_backup(builder, start)
                })
            };
            let threads: Vec<_> = (1..=writers)
                .map(append)
                .chain((1..=usize::from(resets)).map(reset))
                .chain((0..self.backups).map(backup))
                .collect();
            threads
                .into_iter()
                .map(|thread| thread.join().map_err(|_| "a thread of the race panicked".to_owned())?)
                .collect::<Result<Vec<_>, String>>()
        })?;
        let mut winners = outcomes.into_iter().flatten();
        let (Some(winner), None) = (winners.next(), winners.next()) else {
            return Err(format!("version {} was acknowledged to nobody, or to several", self.version));
        };
        let tail = match winner {
            Winner::Append(frame) => {
                held.records.insert(self.version, frame);
                Some((1, self.version))
            }
            Winner::Reset(frame) => {
                *held = Acknowledged::started_with(self.version, frame);
                None
            }
        };
        let snapshot = tail.is_none().then_some(self.version);
        let journal =
            builder.wait(builder.open().read(self.key)).map_err(|error| format!("read: {error:?}"))?;
        held.check_read(&journal, &ReadExpect { snapshot, tail })
    }

    fn append<B: StoreBuilder>(
        &self,
        builder: &B,
        start: &Barrier,
        writer: u8,
        chain: Digest,
    ) -> Result<Option<Winner>, String> {
        let store = builder.open();
        // It has the old journal open when the race begins.
        builder.wait(store.read(self.key)).map_err(|error| format!("read: {error:?}"))?;
        let frame = record_frame(self.version, writer, 10, chain);
        start.wait();
        match builder.wait(store.append(self.key, self.version, frame.clone())) {
            Ok(Append::Appended) => Ok(Some(Winner::Append(frame))),
            Ok(Append::Taken) => Ok(None),
            Err(error) => Err(format!("append: {error:?}")),
        }
    }

    fn reset<B: StoreBuilder>(
        &self,
        builder: &B,
        start: &Barrier,
        size: usize,
    ) -> Result<Option<Winner>, String> {
        let store = builder.open();
        let frame = snapshot_frame(self.version, size, Digest::ZERO);
        start.wait();
        match builder.wait(store.reset(self.key, self.version, frame.clone())) {
            Ok(Reset::Done { .. }) => Ok(Some(Winner::Reset(frame))),
            Ok(Reset::Taken) => Ok(None),
            Err(error) => Err(format!("reset: {error:?}")),
        }
    }

    fn put_backup<B: StoreBuilder>(&self, builder: &B, start: &Barrier) -> Result<Option<Winner>, String> {
        let store = builder.open();
        start.wait();
        let put = |text: &[u8]| builder.wait(store.put_backup(self.key, "raced", text.to_vec()));
        put(b"the same").map_err(|error| format!("put_backup: {error:?}"))?;
        match put(b"another") {
            Err(StoreError::Unsupported { .. }) => Ok(None),
            other => Err(format!("a backup was replaced: {other:?}")),
        }
    }
}
