//! Verification of a reference: from a file to a verdict.
//!
//! 1. [`open`] reads a PDF or JSON file.
//! 2. [`Opened::lookups`] says what to request from the issuer's domain.
//! 3. The caller makes these requests, so that this crate needs no network, and puts the answers into [`Sources`].
//! 4. [`Opened::verify`] decides from the answers. A lookup that was not made or got no answer is reported as not checked.
//!    Without a good answer about revocation nothing is accepted, unless that was not asked for at all.

mod document;
mod keys;
mod kind;
mod report;
mod saved;
mod status;

pub use document::{LOG_DELAY_MAX, Lookups, Opened, open, open_code};
pub use report::{Check, Outcome, Report, Subject, Verdict};
pub use status::list_signer;

use crate::keys::Selector;
use crate::log::witness::Witness;
use chrono::{DateTime, Utc};

/// The result of a lookup.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Answer<T> {
    /// The domain has it.
    Found(T),
    /// The domain answered that it does not have it.
    Absent,
    /// There was no answer, for this reason.
    Unreachable(String),
    /// The lookup was not made.
    #[default]
    NotAsked,
}

/// The lookups' answers and the user's settings, from which the verdict is decided.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// The time of the decision.
    pub now: DateTime<Utc>,
    /// The texts of the TXT records at each of [`Lookups::dns_names`].
    pub dns: [Answer<Vec<String>>; 2],
    /// The file at [`Lookups::key_file_url`], fetched over HTTPS with a checked certificate.
    pub key_file: Answer<Vec<u8>>,
    /// A key file that the user got from the issuer in another way.
    pub given_key_file: Option<Vec<u8>>,
    /// The list at the first of [`Lookups::status_list_urls`].
    pub revoked: Answer<Vec<u8>>,
    /// The list at the second of [`Lookups::status_list_urls`].
    pub superseded: Answer<Vec<u8>>,
    /// The file at [`Lookups::head_url`].
    pub head: Answer<Vec<u8>>,
    /// The TXT records of the other keys that signed the lists, by [`list_signer`]: a key that only the site's own key
    /// file has could be anybody's who answers in the site's place.
    pub list_keys: Vec<(Selector, [Answer<Vec<String>>; 2])>,
    /// The witnesses that the user trusts.
    pub witnesses: Vec<Witness>,
    /// The number of these witnesses that have to confirm the log. With 0, a log without a witness is accepted, and the
    /// report says that no witness confirmed it.
    pub witnesses_required: usize,
}

#[cfg(test)]
#[path = "verify_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "verify_pdf_tests.rs"]
mod pdf_tests;
