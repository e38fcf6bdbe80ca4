//! What the engine costs, without any I/O.

use highwater_core::{Engine, Options};
use highwater_driver::Stepper;

use super::Row;
use crate::duel::{Better, Duel, duel};
use crate::rivals::sqlite::Sqlite;
use crate::step_loop::{StepLoop, hwm_name};
use crate::{Plan, Problem};

pub(crate) const ROWS: &[Row] = &[
    Row {
        name: "step-native-1",
        unit: "us/command",
        about: "a command through the native engine, one at a time, with a store that costs nothing",
        rival: "SQLite in memory, an upsert in a transaction",
        measure: |plan| native(plan, 1),
    },
    Row {
        name: "step-native-64",
        unit: "us/command",
        about: "a command through the native engine, 64 at a time, with a store that costs nothing",
        rival: "SQLite in memory, 64 upserts in a transaction",
        measure: |plan| native(plan, 64),
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

fn native_engine() -> impl Stepper {
    Engine::new(Options::new((1, 1)))
}
