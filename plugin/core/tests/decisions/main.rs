//! What a plan decides about leavers, and what a check says, by the public calls of the core.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests and their helpers fail by panicking")]

mod check;
mod leavers;
mod mapping;
mod nights;
