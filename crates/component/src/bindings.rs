//! What wit-bindgen makes of `wit/`: the types, and the traits that the component implements.
#![allow(missing_docs, unreachable_pub, dead_code, clippy::all)]
// Generated: it lifts and lowers the memory that both sides of the boundary see.
#![allow(unsafe_code)]

wit_bindgen::generate!({ world: "highwater", path: "../../wit", pub_export_macro: true });
