//! What the engine costs, without any I/O.

use std::cell::RefCell;

use highwater::ComponentEngine;
use highwater_core::{Engine, Options};
use highwater_driver::Stepper;

use super::Row;
use crate::duel::{Better, Duel, duel};
use crate::node::Script;
use crate::rivals::sqlite::Sqlite;
use crate::step_loop::{StepLoop, hwm_name};
use crate::{Plan, Problem};

const UNIT: &str = "us/command";
const GLUE: &str = "the same component behind the glue that jco writes, as it comes";

pub(crate) const ROWS: &[Row] = &[
    Row {
        name: "step-native-1",
        unit: UNIT,
        about: "a command through the native engine, one at a time, with a store that costs nothing",
        rival: "SQLite in memory, an upsert in a transaction",
        measure: |plan| native(plan, 1),
    },
    Row {
        name: "step-native-64",
        unit: UNIT,
        about: "a command through the native engine, 64 at a time, with a store that costs nothing",
        rival: "SQLite in memory, 64 upserts in a transaction",
        measure: |plan| native(plan, 64),
    },
    Row {
        name: "step-wasmtime-1",
        unit: UNIT,
        about: "a command through the engine in wasmtime, one at a time, with a store that costs nothing",
        rival: "the native engine",
        measure: |plan| wasmtime(plan, 1),
    },
    Row {
        name: "step-wasmtime-64",
        unit: UNIT,
        about: "a command through the engine in wasmtime, 64 at a time, with a store that costs nothing",
        rival: "the native engine",
        measure: |plan| wasmtime(plan, 64),
    },
    Row {
        name: "step-node-1",
        unit: UNIT,
        about: "a command through the engine of the npm package, one at a time, with a store that costs nothing",
        rival: GLUE,
        measure: |plan| node(plan, 1),
    },
    Row {
        name: "step-node-64",
        unit: UNIT,
        about: "a command through the engine of the npm package, 64 at a time, with a store that costs nothing",
        rival: GLUE,
        measure: |plan| node(plan, 64),
    },
];

fn native(plan: &Plan, submitters: usize) -> Result<Duel, Problem> {
    let mut steps = StepLoop::new(native_engine(), submitters);
    let mut sqlite = Sqlite::in_memory()?;
    let names: Vec<String> = (0..submitters).map(hwm_name).collect();
    duel(
        plan,
        Better::Less,
        || plan.microseconds_each(|| steps.commit()),
        || {
            plan.microseconds_each(|| match names.as_slice() {
                [name] => sqlite.upsert(name),
                names => sqlite.upsert_all(names),
            })
        },
    )
}

fn wasmtime(plan: &Plan, submitters: usize) -> Result<Duel, Problem> {
    let mut ours = StepLoop::new(ComponentEngine::new(Options::new((1, 1)))?, submitters);
    let mut native = StepLoop::new(native_engine(), submitters);
    duel(
        plan,
        Better::Less,
        || plan.microseconds_each(|| ours.commit()),
        || plan.microseconds_each(|| native.commit()),
    )
}

fn native_engine() -> impl Stepper {
    Engine::new(Options::new((1, 1)))
}

fn node(plan: &Plan, submitters: usize) -> Result<Duel, Problem> {
    let script = RefCell::new(Script::start(plan, "step.mjs", &[&submitters.to_string()])?);
    let measure = |side| script.borrow_mut().ask(&format!("{side} {}", plan.round.as_millis()));
    duel(plan, Better::Less, || measure("ours"), || measure("rival"))
}
