//! The words of `wit/`, and the JSON in which inputs and outputs travel to hosts in other languages.

use highwater_core::input::Input;
use highwater_core::output::Output;
use highwater_core::{Options, answer};
use serde_json::Value;

use crate::neutral::neutral;

#[allow(missing_docs, unreachable_pub, dead_code, unsafe_code, clippy::all)]
mod bindings {
    wit_bindgen::generate!({
        world: "highwater",
        path: "../wit",
        additional_derives: [serde::Serialize],
    });
}

// The component's own conversions: what they cannot say cannot cross the boundary either.
#[allow(dead_code)]
#[path = "../../crates/component/src/conversion/mod.rs"]
mod conversion;

use bindings::exports::highwater::engine as wit;
use conversion::FromCore;

/// Inputs of a step as JSON.
pub(crate) fn inputs(inputs: &[Input]) -> Value {
    neutral(&<Vec<wit::engine::Input>>::from_core(inputs.to_vec()))
}

/// The output of a step as JSON.
pub(crate) fn output(output: &Output) -> Value {
    neutral(&wit::engine::Output::from_core(output.clone()))
}

/// Options of an engine as JSON.
pub(crate) fn options(options: &Options) -> Value {
    neutral(&wit::engine::Options::from_core(options.clone()))
}

/// One answer as JSON.
pub(crate) fn answer(answer: &answer::Answer) -> Value {
    neutral(&wit::answers::Answer::from_core(answer.clone()))
}
