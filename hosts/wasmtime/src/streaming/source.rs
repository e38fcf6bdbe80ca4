//! Where the records of a stream come from.

use std::future::Future;

use highwater_format::fact::SourcePosition;

use super::BoxError;

/// A source that can be read again from a position: the partitions of a log, a queue that keeps what was read.
///
/// For Kafka a position is the offset of a partition, named `topic/partition`; `seek` assigns the partitions, `read` polls.
pub trait Source: Send {
    /// What it gives.
    type Record: Send;

    /// Goes on from these positions; a partition that is not named is read from its beginning. It is called before the first
    /// [`read`](Source::read), and again when the stream goes back to a checkpoint.
    ///
    /// # Errors
    ///
    /// What the source says, for example that a position is not kept any more.
    fn seek(&mut self, positions: &[SourcePosition]) -> impl Future<Output = Result<(), BoxError>> + Send;

    /// The next records, at most so many: none if there is nothing at the moment, `None` if nothing will come any more. It may wait a little
    /// for some, but no checkpoint is made while it does.
    ///
    /// # Errors
    ///
    /// What the source says.
    fn read(
        &mut self,
        most: usize,
    ) -> impl Future<Output = Result<Option<Vec<Self::Record>>, BoxError>> + Send;

    /// Where to go on behind what was read, for each partition that was read from. They become high-water marks with these names, so
    /// the names are unique in the pipeline and the values only go up.
    fn positions(&self) -> Vec<SourcePosition>;
}
