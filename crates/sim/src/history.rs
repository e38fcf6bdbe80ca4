//! What the applications did and were told, for whoever holds it against a model.

use std::collections::BTreeMap;

use highwater_core::Error;
use highwater_core::answer::Answer;
use highwater_core::command::Command;
use highwater_core::input::Freshness;

use crate::plan::Plan;
use crate::simulation::Simulation;

/// One submission of one application, and what it was told.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    /// The application; it submits one after the other. All but the last 8 bits number the life of its host, which has one engine.
    pub client: u32,
    /// The pipeline.
    pub pipeline: String,
    /// What was asked.
    pub commands: Vec<Command>,
    /// Its dedupe key.
    pub dedupe_key: Option<String>,
    /// How fresh the state had to be.
    pub freshness: Freshness,
    /// When it was submitted, in the order of all submissions and replies.
    pub invoked: u64,
    /// When it was answered, in the same order; absent if it never was.
    pub returned: Option<u64>,
    /// The clock of the host when it was submitted.
    pub now_ms: i64,
    /// The answer. Without one, and after `unavailable` and `internal`, it may have happened or not, or may still happen.
    pub result: Option<Result<Vec<Answer>, Error>>,
}

/// A whole life, as seen from outside, and what it left behind.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// All submissions, in their order.
    pub operations: Vec<Operation>,
    /// All records ever written, by pipeline, from version 1.
    pub journals: BTreeMap<String, Vec<Vec<u8>>>,
    /// After how many submissions and replies each of these records became durable.
    pub landed: BTreeMap<String, Vec<u64>>,
}

impl History {
    /// Lives the life of this plan.
    ///
    /// # Errors
    ///
    /// What was violated, in words.
    pub fn of(plan: &Plan) -> Result<History, String> {
        let mut simulation = Simulation::new(plan);
        simulation.world().keep_history();
        let end = simulation.run();
        match end.violation {
            Some(violation) => Err(format!("{violation}\nplan: {plan}")),
            None => Ok(simulation.world().take_history()),
        }
    }
}
