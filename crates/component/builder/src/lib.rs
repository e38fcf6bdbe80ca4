//! Builds the Highwater component and proves that it imports nothing.
