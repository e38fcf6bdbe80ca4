//! The Highwater core behind WIT types: a WebAssembly component without imports.
