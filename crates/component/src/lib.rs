//! The Highwater core behind WIT types: a WebAssembly component without imports.
//!
//! There is no decision here. A step crosses the boundary once: its inputs are taken apart into the core's types, the core
//! steps, and its output is put together again. Nothing in this crate is meant to be called from Rust; the crate
//! `highwater` loads the component, and the npm package of that name does.

mod bindings;
mod conversion;
mod engine;
mod frames;
mod hex;
mod values;

use bindings::exports::highwater::engine as wit;

/// What the component exports is implemented by this type.
struct Component;

// Only a WebAssembly linker accepts the names of a component's exports.
#[cfg(target_arch = "wasm32")]
#[allow(unsafe_code, unreachable_pub, reason = "generated: it exports functions by name")]
mod exports {
    use crate::Component;

    crate::bindings::export!(Component with_types_in crate::bindings);
}
