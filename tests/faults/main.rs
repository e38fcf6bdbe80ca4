//! Faults through the whole stack, from the API down to the directory: what must never be lost is not, and the error says
//! what to do.

mod directory;
mod kills;
mod values;
