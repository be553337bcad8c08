//! Tests of the tree itself: documents, links, crates and folders. This binary does not link wasmtime.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test stops at what is not as it should be, also in its helpers"
)]

mod code_map;
mod documents;
mod release;
mod structure;
mod tidy;
