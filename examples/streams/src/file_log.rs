//! A partitioned log with offsets and transactions, in a folder: just enough of Kafka to show streams with. It is for examples and
//! tests, not for production: it reads whole files, keeps everything, and knows one writer of transactions at a time.
//!
//! | file | what is in it |
//! |---|---|
//! | `0.log`, `1.log`, … | a partition: one line for each record, in JSON, with the transaction that wrote it. The number of the line is the offset |
//! | `transactions` | what became of transactions, one line for each decision: `commit 3-1`, `abort 3-1`, and `open 4`, which aborts all of starts before 4 that have no line of their own |
//!
//! Readers see a record when its transaction is committed, and nothing behind a record of which that is not known.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// A log in a folder. Cheap to clone.
#[derive(Clone, Debug)]
pub struct FileLog {
    folder: PathBuf,
    partitions: u32,
}

/// A line of a partition.
#[derive(Serialize, Deserialize)]
struct Line<R> {
    /// Absent if the record was written without a transaction.
    transaction: Option<String>,
    record: R,
}

/// What became of transactions.
#[derive(Debug, Default)]
pub struct Decisions {
    committed: BTreeMap<String, bool>,
    /// The number of the last start.
    pub start: u64,
}

impl Decisions {
    /// Whether a transaction is committed; `None` if that is not known yet.
    pub fn is_committed(&self, transaction: &str) -> Option<bool> {
        let is_over = start_of(transaction) < self.start;
        self.committed.get(transaction).copied().or(is_over.then_some(false))
    }
}

/// The start that made a transaction: `3` of `3-1`.
fn start_of(transaction: &str) -> u64 {
    transaction.split('-').next().and_then(|start| start.parse().ok()).unwrap_or(0)
}

impl FileLog {
    /// The log in this folder, which is made if it is not there.
    pub fn open(folder: &Path, partitions: u32) -> io::Result<FileLog> {
        fs::create_dir_all(folder)?;
        Ok(FileLog { folder: folder.to_owned(), partitions })
    }

    /// How many partitions it has.
    pub fn partitions(&self) -> u32 {
        self.partitions
    }

    /// Its name: that of its folder.
    pub fn name(&self) -> String {
        self.folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Adds records to a partition, under a transaction or at once for all to see.
    pub fn append<R: Serialize>(
        &self,
        partition: u32,
        transaction: Option<&str>,
        records: &[R],
    ) -> io::Result<()> {
        let mut text = String::new();
        for record in records {
            text += &serde_json::to_string(&Line { transaction: transaction.map(str::to_owned), record })?;
            text.push('\n');
        }
        self.add(&self.partition(partition), &text)
    }

    /// Makes durable what was added to all partitions.
    pub fn flush(&self) -> io::Result<()> {
        for partition in 0..self.partitions {
            match File::open(self.partition(partition)) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                opened => opened?.sync_all()?,
            }
        }
        File::open(&self.folder)?.sync_all()
    }

    /// The records from an offset on, at most so many, and the offset behind them.
    pub fn read<R: DeserializeOwned>(
        &self,
        partition: u32,
        from: u64,
        most: usize,
    ) -> io::Result<(Vec<R>, u64)> {
        // First what was decided, and only then the records: so nothing of what is read can be newer than the decisions.
        let text = read_or_empty(&self.partition(partition))?;
        let decisions = self.decisions()?;
        let (mut records, mut next) = (Vec::new(), from);
        for line in text.split_inclusive('\n').skip(usize::try_from(from).unwrap_or(usize::MAX)) {
            if records.len() >= most || !line.ends_with('\n') {
                break;
            }
            // A line that a killed writer left half done was ended by the next one, and is none.
            if let Ok(Line { transaction, record }) = serde_json::from_str::<Line<R>>(line) {
                let is_committed = transaction.as_deref().map_or(Some(true), |it| decisions.is_committed(it));
                let Some(is_committed) = is_committed else { break };
                records.extend(is_committed.then_some(record));
            }
            next += 1;
        }
        Ok((records, next))
    }

    /// All records that readers see, partition by partition.
    pub fn all<R: DeserializeOwned>(&self) -> io::Result<Vec<R>> {
        let mut all = Vec::new();
        for partition in 0..self.partitions {
            all.extend(self.read(partition, 0, usize::MAX)?.0);
        }
        Ok(all)
    }

    /// What became of transactions. The first word about one holds.
    pub fn decisions(&self) -> io::Result<Decisions> {
        let mut decisions = Decisions::default();
        for line in read_or_empty(&self.folder.join("transactions"))?.lines() {
            match line.split_once(' ') {
                Some(("open", start)) => decisions.start = decisions.start.max(start.parse().unwrap_or(0)),
                Some((word, transaction)) if decisions.is_committed(transaction).is_none() => {
                    decisions.committed.insert(transaction.to_owned(), word == "commit");
                }
                _ => {}
            }
        }
        Ok(decisions)
    }

    /// Writes a decision down: `commit 3-1`.
    pub fn decide(&self, decision: &str) -> io::Result<()> {
        let path = self.folder.join("transactions");
        self.add(&path, &format!("{decision}\n"))?;
        File::open(path)?.sync_all()?;
        File::open(&self.folder)?.sync_all()
    }

    fn partition(&self, partition: u32) -> PathBuf {
        self.folder.join(format!("{partition}.log"))
    }

    /// Adds lines to a file, after ending one that a killed writer left half done.
    fn add(&self, path: &Path, lines: &str) -> io::Result<()> {
        let is_torn = read_or_empty(path)?.bytes().next_back().is_some_and(|last| last != b'\n');
        let mut file = OpenOptions::new().create(true).append(true).open(path)?;
        let text = if is_torn { format!("\n{lines}") } else { lines.to_owned() };
        file.write_all(text.as_bytes())
    }
}

fn read_or_empty(path: &Path) -> io::Result<String> {
    match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        read => read,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readers_see_what_is_committed_up_to_what_is_open() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = FileLog::open(&folder.path().join("log"), 1).expect("a log");
        log.decide("open 1").expect("decided");
        log.append(0, Some("1-1"), &[1, 2]).expect("added");
        log.append(0, None, &[3]).expect("added");
        log.append(0, Some("1-2"), &[4]).expect("added");
        assert_eq!(log.read::<u32>(0, 0, 9).expect("read"), (vec![], 0));
        log.decide("commit 1-1").expect("decided");
        log.decide("abort 1-1").expect("the first word holds");
        assert_eq!(log.read::<u32>(0, 0, 9).expect("read"), (vec![1, 2, 3], 3));
        assert_eq!(log.read::<u32>(0, 1, 1).expect("read"), (vec![2], 2));
        log.decide("open 2").expect("decided");
        log.decide("commit 1-2").expect("too late");
        assert_eq!(log.read::<u32>(0, 3, 9).expect("read"), (vec![], 4), "aborted, and passed over");
    }

    #[test]
    fn a_line_that_was_torn_is_none() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = FileLog::open(folder.path(), 1).expect("a log");
        log.append(0, None, &["whole"]).expect("added");
        let mut file = OpenOptions::new().append(true).open(folder.path().join("0.log")).expect("opened");
        file.write_all(b"{\"transaction\":null,\"rec").expect("written");
        assert_eq!(log.all::<String>().expect("read"), ["whole"]);
        log.append(0, None, &["next"]).expect("added");
        assert_eq!(log.all::<String>().expect("read"), ["whole", "next"]);
    }
}
