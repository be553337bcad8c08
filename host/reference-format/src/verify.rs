//! What a document is worth.
//!
//! [`open`] reads a PDF or JSON file; [`Opened::lookups`] says what to ask of the issuer's domain; [`Opened::verify`]
//! decides from the answers. The caller asks, so that this stays pure, and says what it could not ask.

mod document;
mod keys;
mod report;

pub use document::{LOG_DELAY_MAX, Lookups, Opened, open};
pub use report::{Check, Outcome, Report, Subject, Verdict};

use crate::log::witness::Witness;
use chrono::{DateTime, Utc};

/// What came of asking for something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Answer<T> {
    /// It is there.
    Found(T),
    /// The domain answered that there is none.
    Absent,
    /// There was no answer, and why.
    Unreachable(String),
    /// Nobody asked.
    #[default]
    NotAsked,
}

/// The answers that a decision is made from.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// The time of the decision.
    pub now: DateTime<Utc>,
    /// The texts of the TXT records at [`Lookups::dns_name`].
    pub dns: Answer<Vec<String>>,
    /// The file at [`Lookups::key_file_url`], fetched over HTTPS with a checked certificate.
    pub key_file: Answer<Vec<u8>>,
    /// A key file that the user has from the issuer in another way.
    pub given_key_file: Option<Vec<u8>>,
    /// The list at the first of [`Lookups::status_list_urls`].
    pub revoked: Answer<Vec<u8>>,
    /// The list at the second of [`Lookups::status_list_urls`].
    pub superseded: Answer<Vec<u8>>,
    /// Witnesses that the user trusts.
    pub witnesses: Vec<Witness>,
    /// How many of them have to confirm the log; with 0, a log without a witness passes, and the report says so.
    pub witnesses_required: usize,
}

#[cfg(test)]
#[path = "verify_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "verify_pdf_tests.rs"]
mod pdf_tests;
