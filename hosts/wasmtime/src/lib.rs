//! Highwater for Rust: the state of data pipelines that survives any crash.

#[cfg(feature = "component")]
#[cfg_attr(not(test), expect(dead_code, reason = "the engine that loads it comes next"))]
mod precompiled;
