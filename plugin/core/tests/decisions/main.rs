//! What a plan decides about leavers, what a check says, and what references are made of, by the public calls of the core.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests and their helpers fail by panicking"
)]

mod audit;
mod bob;
mod check;
mod claims;
mod detection;
mod garden;
mod leavers;
mod mapping;
mod nights;
mod splitter;
mod text_form;
