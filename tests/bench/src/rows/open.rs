//! What it costs to open a large pipeline and look at it.

use std::time::Instant;

use highwater::EngineKind;

use super::Row;
use super::commit::MANY_HWMS;
use crate::duel::{Better, Duel, duel};
use crate::ours::Ours;
use crate::rivals::json_file::JsonFile;
use crate::{Plan, Problem};

const JSON: &str = "a JSON file of the same, read and parsed";

pub(crate) const ROWS: &[Row] = &[
    Row {
        name: "open-100k",
        unit: "ms",
        about: "open a pipeline with 100,000 HWMs and read one",
        rival: JSON,
        measure: |plan| open(plan, EngineKind::Native),
    },
    Row {
        name: "open-100k-component",
        unit: "ms",
        about: "open a pipeline with 100,000 HWMs and read one, with the engine in wasmtime",
        rival: JSON,
        measure: |plan| open(plan, EngineKind::Component),
    },
];

fn open(plan: &Plan, engine: EngineKind) -> Result<Duel, Problem> {
    let folder = plan.folder()?;
    let (state, json) = (folder.path().join("state"), folder.path().join("state.json"));
    let ours = Ours::open(&state, EngineKind::Native)?;
    ours.fill(MANY_HWMS)?;
    ours.close();
    JsonFile::new(&json, MANY_HWMS)?;
    duel(
        plan,
        Better::Less,
        || {
            let began = Instant::now();
            let ours = Ours::open(&state, engine)?;
            ours.read_one()?;
            let took = began.elapsed();
            ours.close();
            Ok(took.as_secs_f64() * 1e3)
        },
        || {
            let began = Instant::now();
            JsonFile::open(&json)?;
            Ok(began.elapsed().as_secs_f64() * 1e3)
        },
    )
}
