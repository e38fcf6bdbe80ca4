//! The loop between the Highwater engine, a store and a clock.
