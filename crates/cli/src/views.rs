//! The shape of data for programs. Field names are an interface: they may be added to and never change.
//!
//! Each time stands twice: `*_at_ms` in milliseconds since the Unix epoch, `*_at` in RFC 3339. Values are
//! `{"type", "value"}` with the exact text of the value.

pub(crate) mod backup;
pub(crate) mod batch;
pub(crate) mod cadence;
pub(crate) mod change;
pub(crate) mod check;
pub(crate) mod checkpoint;
pub(crate) mod coverage;
pub(crate) mod dead_letter;
pub(crate) mod drift;
pub(crate) mod hwm;
pub(crate) mod late;
pub(crate) mod lease;
pub(crate) mod log;
pub(crate) mod node;
pub(crate) mod partition;
pub(crate) mod pipeline;
pub(crate) mod plan;
pub(crate) mod repair;
pub(crate) mod report;
pub(crate) mod run;
pub(crate) mod stream;
pub(crate) mod worker;
