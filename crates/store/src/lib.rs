//! The contract that every Highwater store keeps, an in-memory store, and the conformance suite.
