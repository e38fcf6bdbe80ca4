//! What wasmtime makes of `wit/`: the types, and the calls into the component.
#![allow(missing_docs, unreachable_pub, dead_code, clippy::all)]
// Generated: it lifts and lowers the component's memory.
#![allow(unsafe_code)]

wasmtime::component::bindgen!({ world: "highwater", path: "../../wit" });
