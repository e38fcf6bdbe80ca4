//! What went wrong in five systems that keep pipeline state, done again here, and right.
//!
//! Each test is named after a failure that was reproduced in one of Odibi, Oxide Flow, Seeknal, the data extractor of
//! infinit3labs, and ArkFlow; the number is its place in our list of those failures.

mod care;
mod checklist;
mod concurrency;
mod coverage;
mod damage;
mod guides;
mod keyed;
mod needed;
mod outputs;
mod positions;
mod reports;
mod restarts;
mod run_windows;
mod runs;
mod stores;
mod streams;
mod support;
mod values;
mod windows;
mod workers;
