//! What the driver drives.

use highwater_core::input::Input;
use highwater_core::output::Output;
use highwater_core::{Engine, Error};

/// An engine, wherever it runs: the native core, or the component that holds it.
pub trait Stepper: Send {
    /// Takes the inputs in order at this time (milliseconds since the Unix epoch) and says what comes of them.
    ///
    /// # Errors
    ///
    /// A defect ([`ErrorKind::Internal`](highwater_core::ErrorKind::Internal)): the value must not be used again. What a
    /// command did wrong is never an error here, it is the reply to that command.
    fn step(&mut self, now_ms: i64, inputs: Vec<Input>) -> Result<Output, Error>;
}

impl Stepper for Engine {
    fn step(&mut self, now_ms: i64, inputs: Vec<Input>) -> Result<Output, Error> {
        Engine::step(self, now_ms, inputs)
    }
}

impl<S: Stepper + ?Sized> Stepper for Box<S> {
    fn step(&mut self, now_ms: i64, inputs: Vec<Input>) -> Result<Output, Error> {
        (**self).step(now_ms, inputs)
    }
}
