//! The engine.

use crate::error::Error;
use crate::input::Input;
use crate::options::Options;
use crate::output::Output;

/// Many pipelines behind one entry point.
#[derive(Debug)]
pub struct Engine {
    options: Options,
}

impl Engine {
    /// An engine that knows nothing yet.
    #[must_use]
    pub fn new(options: Options) -> Self {
        Engine { options }
    }

    /// Takes the inputs in order at this time (milliseconds since the Unix epoch) and says what comes of them.
    pub fn step(&mut self, now_ms: i64, inputs: Vec<Input>) -> Result<Output, Error> {
        let _ = (now_ms, inputs, &self.options);
        Ok(Output::default())
    }
}
