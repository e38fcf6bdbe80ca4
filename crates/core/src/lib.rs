//! The Highwater state machine: decide, apply, step. No I/O, no clock, no lock.
