//! Writers and readers that work on one journal at once.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Barrier, Mutex, PoisonError};
use std::thread;

use highwater_format::{Digest, frame_digest};

use super::StoreBuilder;
use super::case::ReadExpect;
use super::frames::record_frame;
use super::model::{Acknowledged, check_undamaged};
use crate::{Append, Journal, Store, Versioned};

/// What is raced for.
pub(super) struct Race<'a> {
    pub(super) key: &'a str,
    /// The last version.
    pub(super) to: u64,
    /// The size of each record's body, in bytes.
    pub(super) size: usize,
}

impl Race<'_> {
    /// Races writers, each with its own store unless one is `shared`, and adds what they won to `held`.
    pub(super) fn writers<B: StoreBuilder>(
        &self,
        builder: &B,
        writers: u8,
        shared: Option<&dyn Store>,
        held: &mut Acknowledged,
    ) -> Result<(), String> {
        let start = Barrier::new(usize::from(writers));
        let won = thread::scope(|scope| {
            let threads: Vec<_> = (1..=writers)
                .map(|writer| {
                    let start = &start;
                    scope.spawn(move || {
                        let own = if shared.is_none() { Some(builder.open()) } else { None };
                        start.wait();
                        self.write(builder, own.as_deref().or(shared), writer)
                    })
                })
                .collect();
            threads.into_iter().map(join).collect::<Result<Vec<_>, String>>()
        })?;
        for (version, frame) in won.into_iter().flatten() {
            if held.records.insert(version, frame).is_some() {
                return Err(format!("version {version} was acknowledged to two writers"));
            }
        }
        self.check_end(builder, held)
    }

    /// One writer: reads and appends until the last version is there. Returns what it won.
    fn write<B: StoreBuilder>(
        &self,
        builder: &B,
        store: Option<&dyn Store>,
        writer: u8,
    ) -> Result<Vec<(u64, Vec<u8>)>, String> {
        let Some(store) = store else { return Err("no store".to_owned()) };
        let mut won = Vec::new();
        loop {
            let journal = builder.wait(store.read(self.key)).map_err(|error| format!("read: {error:?}"))?;
            check_gapless(&journal)?;
            let head = journal.head();
            if head >= self.to {
                return Ok(won);
            }
            let chain = journal.tail.last().map_or(Digest::ZERO, |record| frame_digest(&record.bytes));
            let frame = record_frame(head + 1, writer, self.size, chain);
            match builder.wait(store.append(self.key, head + 1, frame.clone())) {
                Ok(Append::Appended) => won.push((head + 1, frame)),
                Ok(Append::Taken) => {}
                Err(error) => return Err(format!("append of version {}: {error:?}", head + 1)),
            }
        }
    }

    /// One writer appends while readers read.
    pub(super) fn readers<B: StoreBuilder>(
        &self,
        builder: &B,
        readers: usize,
        held: &mut Acknowledged,
    ) -> Result<(), String> {
        let done = AtomicBool::new(false);
        let held = Mutex::new(held);
        thread::scope(|scope| {
            let threads: Vec<_> = (0..readers).map(|_| scope.spawn(|| self.read(builder, &done))).collect();
            let writer = builder.open();
            let written = self.write(builder, Some(writer.as_ref()), 1);
            done.store(true, Ordering::Release);
            for thread in threads {
                join(thread)?;
            }
            lock(&held).records.extend(written?);
            Ok::<(), String>(())
        })?;
        self.check_end(builder, &lock(&held))
    }

    /// One reader: reads until the writer is done and once more, and checks that reads only ever grow.
    fn read<B: StoreBuilder>(&self, builder: &B, done: &AtomicBool) -> Result<(), String> {
        let store = builder.open();
        let mut before: Vec<Versioned> = Vec::new();
        loop {
            let last = done.load(Ordering::Acquire);
            let journal = builder.wait(store.read(self.key)).map_err(|error| format!("read: {error:?}"))?;
            check_gapless(&journal)?;
            check_undamaged(&journal.damage)?;
            if !journal.tail.starts_with(&before) {
                return Err("a read does not start with what the read before it gave".to_owned());
            }
            before = journal.tail;
            if last {
                return Ok(());
            }
        }
    }

    /// A store that is opened anew must give exactly what was acknowledged.
    fn check_end<B: StoreBuilder>(&self, builder: &B, held: &Acknowledged) -> Result<(), String> {
        let journal =
            builder.wait(builder.open().read(self.key)).map_err(|error| format!("read: {error:?}"))?;
        held.check_read(&journal, &ReadExpect { snapshot: None, tail: Some((1, self.to)) })
    }
}

fn check_gapless(journal: &Journal) -> Result<(), String> {
    let after = journal.snapshot.as_ref().map_or(0, |snapshot| snapshot.version);
    match journal.tail.iter().zip(after + 1..).find(|(record, version)| record.version != *version) {
        None => Ok(()),
        Some((record, version)) => {
            Err(format!("a read gives version {} where {version} is due", record.version))
        }
    }
}

fn join<T>(thread: thread::ScopedJoinHandle<'_, Result<T, String>>) -> Result<T, String> {
    thread.join().map_err(|_| "a thread of the race panicked".to_owned())?
}

fn lock<'a, T>(mutex: &'a Mutex<T>) -> std::sync::MutexGuard<'a, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
