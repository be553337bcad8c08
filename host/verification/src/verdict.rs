//! The whole verification of a document: the lookups, the verdict, and the words of a page that was saved anew.

use crate::document::Document;
use crate::page_words::{self, PageWords};
use crate::{Answers, Inquiry};
use chrono::Utc;
use hibob_reference_format::log::witness::Witness;
use hibob_reference_format::verify::{Check, Outcome, Report, Sources, Subject, Verdict, open, open_code};

/// What the user trusts beside DNS and the issuer's site.
#[derive(Debug, Default)]
pub struct Trusted {
    /// A key file that the user got from the issuer in another way.
    pub key_file: Option<Vec<u8>>,
    /// Witnesses of the issuer's log.
    pub witnesses: Vec<Witness>,
    /// How many of them have to confirm the log.
    pub witnesses_required: usize,
}

/// What was found out about the words of a page that was saved anew.
#[derive(Debug, Default)]
pub enum PageCheck {
    /// The page was not saved anew.
    #[default]
    NotNeeded,
    /// The words of the page cannot be read.
    Unreadable,
    /// The words in which it differs.
    Words(PageWords),
}

/// A verified document.
#[derive(Debug)]
pub struct Verified {
    /// The verdict, and what it rests on.
    pub report: Report,
    /// How the page differs, where it was saved anew.
    pub page: PageCheck,
    /// Whether a key may be missing only because DNS or the issuer's site did not answer.
    pub lacks_a_key: bool,
}

impl Verified {
    /// As JSON: the report, and `page` with the words `missing` and `added` where they were compared.
    pub fn to_json(&self) -> serde_json::Value {
        let mut object = self.report.to_json();
        if let PageCheck::Words(PageWords { missing, added }) = &self.page
            && let Some(object) = object.as_object_mut()
        {
            object.insert("page".to_owned(), serde_json::json!({ "missing": missing, "added": added }));
        }
        object
    }
}

/// Verifies a document as of now.
pub async fn verify(document: &Document, inquiry: &Inquiry, trusted: Trusted) -> Verified {
    let of_code = match document {
        Document::Code(signed, index) => {
            let domain = &signed.credential().claims.issuer().domain;
            Some(inquiry.log_proof(domain, *index).await)
        }
        Document::File(..) => None,
    };
    let opened = match document {
        Document::File(bytes, log_proof) => open(bytes, log_proof.as_deref()),
        Document::Code(signed, _) => open_code(signed, of_code.as_ref().and_then(|found| found.as_deref().ok())),
    };
    let mut answers = match opened.lookups() {
        Some(lookups) => inquiry.ask(&lookups).await,
        None => Answers::default(),
    };
    let lacks_a_key = answers.lack_a_key();
    let caveats = std::mem::take(&mut answers.caveats);
    let Answers { dns, key_file, revoked, superseded, head, list_keys, .. } = answers;
    let Trusted { key_file: given_key_file, witnesses, witnesses_required } = trusted;
    let sources = Sources {
        now: Utc::now(),
        dns,
        key_file,
        given_key_file,
        revoked,
        superseded,
        head,
        list_keys,
        witnesses,
        witnesses_required,
    };
    let mut report = opened.verify(&sources);
    report.checks.extend(caveats);
    if let Some(Err(why)) = &of_code {
        let text = format!("the entry in the issuer's log could not be looked up: {why}");
        report.checks.push(Check { subject: Subject::Log, outcome: Outcome::NotChecked, text });
    }
    let page = match (document, opened.lookups(), &report.credential) {
        (Document::File(bytes, _), Some(lookups), Some(credential)) if report.verdict == Verdict::SavedAnew => {
            let selector = lookups.selector.to_string();
            let words = page_words::compare(bytes.clone(), credential.clone(), selector).await;
            words.map_or(PageCheck::Unreadable, PageCheck::Words)
        }
        _ => PageCheck::NotNeeded,
    };
    Verified { report, page, lacks_a_key }
}
