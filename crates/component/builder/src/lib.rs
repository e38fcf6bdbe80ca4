//! Builds the Highwater component and proves that it imports nothing.
//!
//! ```no_run
//! use highwater_component_builder::Recipe;
//!
//! let component = Recipe::highwater("target".as_ref()).build()?;
//! std::fs::write("highwater.wasm", &component.bytes)?;
//! println!("{}", component.size());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The steps: cargo compiles the crate to a core module ([`Recipe`]), `wit-component` wraps it, and two checks
//! follow. A component that imports anything, or that carries the path of a source file, is refused.

mod error;
mod imports;
mod module;
mod recipe;
mod size;
mod source_paths;

pub use error::BuildError;
pub use imports::imports;
pub use recipe::{BuiltComponent, Recipe, WASM_TARGET};
pub use size::Size;
pub use source_paths::{SourceTree, find_paths};
