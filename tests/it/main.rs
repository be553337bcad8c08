//! The integration tests: one binary, because each one links wasmtime.

mod bad_input;
mod cli;
mod plan_file;
mod properties;
mod sandbox;
mod sync;
mod tidy;
