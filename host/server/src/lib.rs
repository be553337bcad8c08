//! A host that serves: the worker that takes jobs from the queue, and the HTTP API.

pub mod api;
pub mod serve;
