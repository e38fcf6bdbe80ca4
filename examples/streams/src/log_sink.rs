//! A log as the sink of a stream, in two phases. A Kafka producer with a transactional id fits in the same way.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use highwater::key_group;
use highwater::streaming::{BoxError, TransactionalSink};
use serde::Serialize;

use crate::file_log::FileLog;

/// A record that says which partition it belongs into: all of one key into the same.
pub trait Keyed {
    /// The key.
    fn key(&self) -> &str;
}

/// Writes transactions into a log.
#[derive(Debug)]
pub struct LogSink<R> {
    log: FileLog,
    start: u64,
    /// Transactions of this start.
    count: u64,
    record: PhantomData<fn(R)>,
}

impl<R> LogSink<R> {
    /// Into this log.
    pub fn new(log: FileLog) -> LogSink<R> {
        LogSink { log, start: 0, count: 0, record: PhantomData }
    }

    fn transaction(&self) -> String {
        format!("{}-{}", self.start, self.count)
    }

    fn check_start(&self) -> Result<(), BoxError> {
        let start = self.log.decisions()?.start;
        if start > self.start {
            return Err(format!("start {start} has taken over from start {}", self.start).into());
        }
        Ok(())
    }
}

impl<R: Serialize + Keyed + Send> TransactionalSink for LogSink<R> {
    type Record = R;

    async fn begin(&mut self, start: u64) -> Result<(), BoxError> {
        if start > self.start {
            self.start = start;
            self.count = 0;
            self.check_start()?;
            self.log.decide(&format!("open {start}"))?;
        }
        self.count += 1;
        Ok(())
    }

    async fn write(&mut self, records: Vec<R>) -> Result<(), BoxError> {
        let mut partitions: BTreeMap<u32, Vec<R>> = BTreeMap::new();
        for record in records {
            let partition = key_group::of(record.key().as_bytes(), self.log.partitions());
            partitions.entry(partition).or_default().push(record);
        }
        let transaction = self.transaction();
        for (partition, records) in partitions {
            self.log.append(partition, Some(&transaction), &records)?;
        }
        Ok(())
    }

    async fn pre_commit(&mut self) -> Result<Vec<u8>, BoxError> {
        self.check_start()?;
        self.log.flush()?;
        Ok(self.transaction().into_bytes())
    }

    async fn commit(&mut self, transaction: &[u8]) -> Result<(), BoxError> {
        let transaction = std::str::from_utf8(transaction)?;
        if self.log.decisions()?.is_committed(transaction).is_none() {
            self.log.decide(&format!("commit {transaction}"))?;
        }
        // Whoever took over has decided it in our place: committed, unless a row was lost.
        match self.log.decisions()?.is_committed(transaction) {
            Some(true) => Ok(()),
            _ => Err(format!("the transaction {transaction} was aborted").into()),
        }
    }

    async fn abort(&mut self, transaction: &[u8]) -> Result<(), BoxError> {
        let transaction = std::str::from_utf8(transaction)?;
        if self.log.decisions()?.is_committed(transaction).is_none() {
            self.log.decide(&format!("abort {transaction}"))?;
        }
        Ok(())
    }
}
