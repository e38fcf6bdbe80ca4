//! A log as the source of a stream. A Kafka client fits in the same way: assign and seek, poll, offsets.

use std::marker::PhantomData;

use highwater::streaming::{BoxError, Source};
use highwater::{SourcePosition, Value};
use serde::de::DeserializeOwned;

use crate::file_log::FileLog;

/// Reads all partitions of a log in turns, and ends where the log ends.
#[derive(Debug)]
pub struct LogSource<R> {
    log: FileLog,
    /// The next offset of each partition.
    next: Vec<u64>,
    turn: usize,
    record: PhantomData<fn() -> R>,
}

impl<R> LogSource<R> {
    /// From the beginning.
    pub fn new(log: FileLog) -> LogSource<R> {
        let next = vec![0; log.partitions() as usize];
        LogSource { log, next, turn: 0, record: PhantomData }
    }

    /// The position of a partition.
    pub fn position(&self, partition: u32) -> SourcePosition {
        let value = Value::Uint(self.next[partition as usize]);
        SourcePosition { name: format!("{}/{partition}", self.log.name()), value }
    }

    /// Goes on from here.
    pub fn seek_to(&mut self, positions: &[SourcePosition]) -> Result<(), BoxError> {
        self.next.fill(0);
        let ours = format!("{}/", self.log.name());
        for SourcePosition { name, value } in positions {
            let Some(partition) = name.strip_prefix(&ours) else { continue };
            let next = self.next.get_mut(partition.parse::<usize>()?).ok_or("there is no such partition")?;
            let Value::Uint(offset) = value else { return Err(format!("{value:?} is no offset").into()) };
            *next = *offset;
        }
        Ok(())
    }
}

impl<R: DeserializeOwned> LogSource<R> {
    /// The next records of one partition.
    pub fn read_partition(&mut self, partition: u32, most: usize) -> Result<Vec<R>, BoxError> {
        let next = &mut self.next[partition as usize];
        let (records, behind) = self.log.read(partition, *next, most)?;
        *next = behind;
        Ok(records)
    }
}

impl<R: DeserializeOwned + Send> Source for LogSource<R> {
    type Record = R;

    async fn seek(&mut self, positions: &[SourcePosition]) -> Result<(), BoxError> {
        self.seek_to(positions)
    }

    async fn read(&mut self, most: usize) -> Result<Option<Vec<R>>, BoxError> {
        for _ in 0..self.next.len() {
            let partition = self.turn % self.next.len();
            self.turn += 1;
            let records = self.read_partition(u32::try_from(partition)?, most)?;
            if !records.is_empty() {
                return Ok(Some(records));
            }
        }
        Ok(None)
    }

    fn positions(&self) -> Vec<SourcePosition> {
        (0..self.log.partitions()).map(|partition| self.position(partition)).collect()
    }
}
