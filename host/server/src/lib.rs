//! A host that serves: the workers that take jobs from the queue (`serve`), and the HTTP API (`api`).

pub mod api;
pub mod serve;
