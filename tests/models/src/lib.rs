//! Protocols of Highwater as models, and a checker that visits every state that they can reach within bounds.
//!
//! A model is a small second writing of a protocol, with every step that others can come between as an action of its own.
//! The first lines of each name the code that it stands for and what it leaves out. Each comes with broken variants, the
//! negative controls: the checker must find what is wrong with them, otherwise its silence about the real one says nothing.

pub mod append;
pub mod check;
pub mod lease;
pub mod reset;
pub mod snapshot;
