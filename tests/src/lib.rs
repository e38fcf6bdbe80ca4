//! Scenarios, parity, layering and house-style tests that span crates.
