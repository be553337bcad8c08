//! Tests of the tree itself: documents, links, crates and folders. This binary does not link wasmtime.

mod code_map;
mod documents;
mod structure;
mod tidy;
