//! Fuzz targets: one function for each reader of foreign bytes.
//!
//! A target takes any bytes and panics if its reader breaks a promise: beside "it never panics" a round trip, an order,
//! a limit. `cargo test` replays the committed seeds in `corpus/` through every target; `cargo xtask fuzz` lets
//! libFuzzer look for more. `README.md` lists the targets and says what to do with a crash.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a fuzz target reports a broken promise by a panic"
)]

pub mod change_policy;
mod connector;
pub mod guard_table;
pub mod issuer;
mod jobs;
mod json;
mod log;
mod plan_guard;
mod redactor;
mod reference;
pub mod seeds;
mod world;

use std::path::PathBuf;

/// What a target came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// The bytes are what the reader takes.
    Accepted,
    /// The reader refused them with an error.
    Refused,
}

impl Reading {
    /// The reading of a result: an error is a refusal.
    fn of<T, E>(result: &Result<T, E>) -> Self {
        Self::accepted_if(result.is_ok())
    }

    fn accepted_if(is_accepted: bool) -> Self {
        if is_accepted { Self::Accepted } else { Self::Refused }
    }
}

/// One fuzz target.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name: that of its folder in `corpus/`, and what `cargo xtask fuzz` takes.
    pub name: &'static str,
    /// Reads the bytes, and panics if a promise is broken.
    pub run: fn(&[u8]) -> Reading,
}

/// Every target.
pub const TARGETS: &[Target] = &[
    Target { name: "people-search", run: connector::people_search },
    Target { name: "employee-record", run: connector::employee_record },
    Target { name: "named-list", run: connector::named_list },
    Target { name: "scim-users", run: connector::scim_users },
    Target { name: "service-answers", run: connector::service_answers },
    Target { name: "stored-link", run: connector::stored_link },
    Target { name: "settings", run: connector::settings },
    Target { name: "sync-job", run: jobs::sync_job },
    Target { name: "references-job", run: jobs::references_job },
    Target { name: "change-policy", run: change_policy::change_policy },
    Target { name: "plan-guard", run: plan_guard::plan_guard },
    Target { name: "json-object", run: json::json_object },
    Target { name: "redactor", run: redactor::redactor },
    Target { name: "claim-text", run: reference::claim_text },
    Target { name: "credential", run: reference::credential },
    Target { name: "qr-link", run: reference::qr_link },
    Target { name: "status-list", run: reference::status_list },
    Target { name: "key-file", run: reference::key_file },
    Target { name: "key-names", run: reference::key_names },
    Target { name: "log-proof", run: log::log_proof },
    Target { name: "log-tree", run: log::log_tree },
    Target { name: "witness-answer", run: log::witness_answer },
    Target { name: "verify-document", run: reference::verify_document },
];

/// The target with this name.
pub fn target(name: &str) -> Option<Target> {
    TARGETS.iter().copied().find(|target| target.name == name)
}

/// The folder with the seeds of a target.
pub fn corpus(target: Target) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target.name)
}

/// Splits an input into parts at lines of `---`: some readers take several files, or several answers.
fn parts(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    const BETWEEN: &[u8] = b"\n---\n";
    let mut rest = Some(bytes);
    std::iter::from_fn(move || {
        let bytes = rest?;
        let Some(at) = bytes.windows(BETWEEN.len()).position(|window| window == BETWEEN) else { return rest.take() };
        rest = Some(&bytes[at + BETWEEN.len()..]);
        Some(&bytes[..at])
    })
}
