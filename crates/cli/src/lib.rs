//! The highwater command.
