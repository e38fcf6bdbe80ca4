//! Any bytes, decoded as everything that they could be. Run with `cargo +nightly fuzz run decode corpus seeds` in this
//! folder; the `seeds` beside it are run by the ordinary tests as well.
#![no_main]

#[path = "../../tests/support/total.rs"]
mod total;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| total::check(bytes));
