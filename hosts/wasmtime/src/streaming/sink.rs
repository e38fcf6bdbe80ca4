//! Where the records of a stream go to.

use std::future::Future;

use super::BoxError;

/// A sink with transactions that survive the process which prepared them: the two-phase commit of an exactly-once stream.
///
/// | | who calls it | what it does |
/// |---|---|---|
/// | `begin` | a start, and after each `pre_commit` | opens a transaction; what an earlier start left open can never be committed any more |
/// | `write` | between them | puts records into the open transaction |
/// | `pre_commit` | a barrier | makes the transaction durable, and gives what finds it again |
/// | `commit` | when the checkpoint is completed, and maybe again after a crash | shows the records to readers |
/// | `abort` | when the checkpoint was aborted, and maybe again after a crash | drops the records |
///
/// For Kafka: `begin` is `initTransactions` with a transactional id of the sub-task when the number of the start is new, then
/// `beginTransaction`; `pre_commit` flushes and gives the transactional id, producer id and epoch, with which `commit` ends the transaction.
pub trait TransactionalSink: Send {
    /// What it takes.
    type Record: Send;

    /// Opens a transaction. `start` is the number of this start of the stream: with a larger one than before, whatever earlier starts
    /// have written and not handed over is dropped, and their processes, should they still live, can neither write nor prepare.
    ///
    /// All that was handed over was committed or aborted before.
    ///
    /// # Errors
    ///
    /// What the sink says, for example that a later start has taken over.
    fn begin(&mut self, start: u64) -> impl Future<Output = Result<(), BoxError>> + Send;

    /// Puts records into the open transaction.
    ///
    /// # Errors
    ///
    /// What the sink says.
    fn write(&mut self, records: Vec<Self::Record>) -> impl Future<Output = Result<(), BoxError>> + Send;

    /// Makes the open transaction durable, so that it can be committed whatever happens, by any process that has the bytes that this gives.
    ///
    /// # Errors
    ///
    /// What the sink says.
    fn pre_commit(&mut self) -> impl Future<Output = Result<Vec<u8>, BoxError>> + Send;

    /// Commits a transaction. If it is committed, this changes nothing.
    ///
    /// # Errors
    ///
    /// What the sink says. Rows are lost if it cannot be committed any more, so then it must not say that it is.
    fn commit(&mut self, transaction: &[u8]) -> impl Future<Output = Result<(), BoxError>> + Send;

    /// Aborts a transaction. If it is aborted, or not known, this changes nothing.
    ///
    /// # Errors
    ///
    /// What the sink says.
    fn abort(&mut self, transaction: &[u8]) -> impl Future<Output = Result<(), BoxError>> + Send;
}
