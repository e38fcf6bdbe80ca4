//! Makes file operations fail, for tests: the n-th one with an error, half-way, or with everything after it. Also tells
//! what is flushed, so that a test knows what would survive a power failure, and when a folder was listed, so that a test
//! can change it before the store goes on.

use std::fmt;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// A kind of file operation that changes or flushes something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// One write of a frame to the end of a segment.
    Append,
    /// Content of a new file.
    WriteTemporary,
    /// The same bytes in place again, after a failed flush.
    Rewrite,
    /// Flush of a file's content.
    SyncData,
    /// Flush of the names in a folder.
    SyncFolder,
    /// A new file.
    Create,
    /// A second name.
    Link,
    /// A move.
    Rename,
    /// The removal of a file.
    Remove,
    /// New folders.
    MakeFolders,
}

/// What happens to an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It fails with an I/O error and does nothing; the next ones succeed.
    Fail,
    /// An append writes half of its bytes and says so, as on a disk that is almost full; others fail.
    Short,
    /// It and everything after it fail and do nothing: to the disk, as if the process was killed before it.
    Halt,
    /// An append writes half of its bytes, then as [`Fault::Halt`]: killed half-way.
    HaltHalfway,
}

/// Something that a store is about to do, or did successfully.
#[derive(Debug, Clone, Copy)]
pub enum Event<'a> {
    /// It is about to change or flush something.
    Begins(Operation),
    /// It flushed the content of a file.
    FlushedContent(&'a File),
    /// It flushed the names in a folder.
    FlushedNames(&'a Path),
    /// It listed a folder, and has not looked at any of the files yet.
    Listed(&'a Path),
}

/// Is told of each event, while nothing else of the store goes on.
pub type Observer = Box<dyn Fn(Event<'_>) + Send + Sync>;

/// Counts file operations and lets one of them fail.
#[derive(Default)]
pub struct Faults {
    state: Mutex<State>,
    observer: Option<Observer>,
}

#[derive(Debug, Default)]
struct State {
    plan: Option<(usize, Fault)>,
    halted: bool,
    operations: Vec<Operation>,
}

impl Faults {
    /// Counts only.
    pub fn none() -> Faults {
        Faults::default()
    }

    /// Lets the operation with the index `at`, counted from 0, meet `fault`.
    pub fn at(at: usize, fault: Fault) -> Faults {
        Faults { state: Mutex::new(State { plan: Some((at, fault)), ..State::default() }), observer: None }
    }

    /// Tells `observer` of each event.
    #[must_use]
    pub fn observed_by(mut self, observer: Observer) -> Faults {
        self.observer = Some(observer);
        self
    }

    pub(crate) fn tell(&self, event: Event<'_>) {
        if let Some(observer) = &self.observer {
            observer(event);
        }
    }

    /// The operations so far, also those that failed.
    pub fn operations(&self) -> Vec<Operation> {
        self.lock().operations.clone()
    }

    /// How many of the operations so far were flushes.
    pub fn flushes(&self) -> usize {
        let state = self.lock();
        state
            .operations
            .iter()
            .filter(|operation| matches!(operation, Operation::SyncData | Operation::SyncFolder))
            .count()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn before(&self, operation: Operation) -> io::Result<()> {
        self.tell(Event::Begins(operation));
        match self.lock().next(operation)? {
            None => Ok(()),
            Some(_) => Err(failure()),
        }
    }

    /// How many bytes of an append to write.
    pub(crate) fn before_write(&self, length: usize) -> io::Result<usize> {
        self.tell(Event::Begins(Operation::Append));
        match self.lock().next(Operation::Append)? {
            None => Ok(length),
            Some(Fault::Short | Fault::HaltHalfway) => Ok(length / 2),
            Some(Fault::Fail | Fault::Halt) => Err(failure()),
        }
    }

    /// Ends an append of which only a part was to be written.
    pub(crate) fn after_write(&self, length: usize, allowed: usize) -> io::Result<()> {
        if allowed < length && self.lock().halted { Err(failure()) } else { Ok(()) }
    }
}

impl fmt::Debug for Faults {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Faults").field("state", &self.state).finish_non_exhaustive()
    }
}

impl State {
    /// Counts the operation; what is to happen to it, or an error when everything fails by now.
    fn next(&mut self, operation: Operation) -> io::Result<Option<Fault>> {
        let index = self.operations.len();
        self.operations.push(operation);
        if self.halted {
            return Err(failure());
        }
        let fault = self.plan.filter(|(at, _)| *at == index).map(|(_, fault)| fault);
        self.halted = matches!(fault, Some(Fault::Halt | Fault::HaltHalfway));
        Ok(fault)
    }
}

fn failure() -> io::Error {
    io::Error::other("injected fault")
}
