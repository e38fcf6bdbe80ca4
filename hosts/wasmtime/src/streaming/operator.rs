//! What is done with the records of a stream.

use super::{BoxError, KeyedState};

/// An operator with keyed state. All that it remembers is in the state: anything else is lost at a restart.
pub trait Operator: Send {
    /// What it takes.
    type In: Send;
    /// What it gives.
    type Out: Send;

    /// Takes a record, and puts what follows from it into `out`.
    ///
    /// # Errors
    ///
    /// Whatever stops the stream.
    fn process(
        &mut self,
        record: Self::In,
        state: &mut KeyedState,
        out: &mut Vec<Self::Out>,
    ) -> Result<(), BoxError>;

    /// The source has ended: puts what is left into `out`, and removes it from the state, since after a restart at the end this is called again.
    ///
    /// # Errors
    ///
    /// Whatever stops the stream.
    fn end(&mut self, _state: &mut KeyedState, _out: &mut Vec<Self::Out>) -> Result<(), BoxError> {
        Ok(())
    }
}
