//! Highwater for Rust: the state of data pipelines that survives any crash.
