//! Traces: what went into the engines of a scenario and what came out, for other hosts to repeat.

use highwater_core::input::Input;
use highwater_core::output::{Operation, Output};
use highwater_core::{Error, Options};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::neutral::canonical;
use crate::wire;

/// One thing that was done with an engine.
#[derive(Clone, Debug)]
pub enum Step {
    /// An engine was made, in place of any other of that name.
    Engine {
        /// Its name.
        name: String,
        /// Its options.
        options: Options,
    },
    /// An engine took a step.
    Step {
        /// Its name.
        name: String,
        /// Time of the step, milliseconds since the Unix epoch.
        now_ms: i64,
        /// What went in.
        inputs: Vec<Input>,
        /// What came out.
        output: Output,
    },
}

/// All steps of all engines of a scenario, in order.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    /// The steps.
    pub steps: Vec<Step>,
}

/// What a host must arrive at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digests {
    /// SHA-256 of all outputs, each as one line of canonical JSON, as hex.
    pub outputs: String,
    /// SHA-256 of all bytes that were given to the store as records, snapshots, backups and beats, as hex.
    pub journal: String,
}

/// Makes digests of outputs, one after the other.
#[derive(Clone, Debug, Default)]
struct Digester {
    outputs: Sha256,
    journal: Sha256,
}

impl Digester {
    fn take(&mut self, output: &Output) {
        self.outputs.update(canonical(&wire::output(output)));
        self.outputs.update("\n");
        for request in &output.requests {
            match &request.operation {
                Operation::Append(stored) | Operation::PutSnapshot(stored) | Operation::Reset(stored) => {
                    self.journal.update(&stored.bytes);
                }
                Operation::PutBackup(backup) => self.journal.update(&backup.bytes),
                Operation::Beat(beat) => self.journal.update(&beat.bytes),
                Operation::Read
                | Operation::ReadFrom(_)
                | Operation::Trim(_)
                | Operation::Beats
                | Operation::ReadAll
                | Operation::InspectArtifact(_)
                | Operation::Backups
                | Operation::ReadBackup(_)
                | Operation::DeleteBackup(_) => {}
            }
        }
    }

    fn finish(self) -> Digests {
        Digests { outputs: hex(&self.outputs.finalize()), journal: hex(&self.journal.finalize()) }
    }
}

impl Trace {
    /// The digests of what the native engine gave.
    #[must_use]
    pub fn digests(&self) -> Digests {
        let mut digester = Digester::default();
        for step in &self.steps {
            if let Step::Step { output, .. } = step {
                digester.take(output);
            }
        }
        digester.finish()
    }

    /// How many commands went in.
    #[must_use]
    pub fn commands(&self) -> usize {
        let inputs = self.steps.iter().flat_map(|step| match step {
            Step::Step { inputs, .. } => inputs.as_slice(),
            Step::Engine { .. } => &[],
        });
        inputs.map(|input| if let Input::Submission(it) = input { it.commands.len() } else { 0 }).sum()
    }

    /// Repeats the trace with other engines, and gives the digests of what they said.
    ///
    /// # Errors
    ///
    /// What differs first: the step, what was expected, and what came.
    ///
    /// # Panics
    ///
    /// If an engine steps before it was made; a trace never says so.
    pub fn replay<E>(
        &self,
        mut make: impl FnMut(&Options) -> Result<E, Error>,
        mut step: impl FnMut(&mut E, i64, Vec<Input>) -> Result<Output, Error>,
    ) -> Result<Digests, String> {
        let mut engines = std::collections::BTreeMap::new();
        let mut digester = Digester::default();
        for (index, it) in self.steps.iter().enumerate() {
            match it {
                Step::Engine { name, options } => {
                    let engine = make(options).map_err(|error| format!("step {index}: {error}"))?;
                    engines.insert(name, engine);
                }
                Step::Step { name, now_ms, inputs, output } => {
                    let engine = engines.get_mut(name).expect("an engine is made before it steps");
                    let found = step(engine, *now_ms, inputs.clone());
                    let found = found.map_err(|error| format!("step {index} of engine {name}: {error}"))?;
                    if found != *output {
                        return Err(format!(
                            "step {index} of engine {name} said\n{found:#?}\ninstead of\n{output:#?}"
                        ));
                    }
                    digester.take(&found);
                }
            }
        }
        Ok(digester.finish())
    }

    /// The trace for hosts in other languages: one JSON object a line.
    #[must_use]
    pub fn json_lines(&self) -> String {
        let line = |step: &Step| {
            let value: Value = match step {
                Step::Engine { name, options } => {
                    json!({ "engine": name, "options": wire::options(options) })
                }
                Step::Step { name, now_ms, inputs, output } => json!({
                    "engine": name,
                    "nowMs": { "$int": now_ms.to_string() },
                    "inputs": wire::inputs(inputs),
                    "output": wire::output(output),
                }),
            };
            format!("{}\n", canonical(&value))
        };
        self.steps.iter().map(line).collect()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
