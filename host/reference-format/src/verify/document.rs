//! Opening a document, and the decision about it.

use super::keys::KnownKeys;
use super::report::{Check, Outcome, Report, Subject, Verdict};
use super::saved::{self, Attachments};
use super::{Sources, kind};
use crate::credential::{Credential, SignedCredential};
use crate::domain::Domain;
use crate::keys::{KeyReference, PublicKey, Selector, dns, file};
use crate::log::{proof::LogProof, published};
use crate::pdf::seal::{self, SealError, SealedPdf};
use crate::status_list::{Purpose, list_url};
use crate::time;
use chrono::TimeDelta;
use std::borrow::Cow;

/// The longest time between a reference's date and its first confirmation by a witness. A longer time means that the
/// reference was back-dated, or that the log was not published for a while.
pub const LOG_DELAY_MAX: TimeDelta = TimeDelta::days(7);

/// The most that the clocks of issuer and verifier may differ.
pub(super) const CLOCK_ERROR_MAX: TimeDelta = TimeDelta::days(1);

/// The lookups that a verification needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lookups {
    /// The issuer's domain.
    pub domain: Domain,
    /// The name of the key.
    pub selector: Selector,
    /// The names at which a TXT record may have the key: one for each of [`dns::Label::ALL`].
    pub dns_names: [String; 2],
    /// The URL of the key file.
    pub key_file_url: String,
    /// The URLs of the status lists: what is revoked, what is superseded.
    pub status_list_urls: [String; 2],
    /// The URL of the log's published head, beside which a status list counts.
    pub head_url: String,
}

impl Lookups {
    /// The lookups for references that are signed with this key, and have their entries in the lists of this number.
    pub fn of(domain: &Domain, selector: &Selector, list: u32) -> Self {
        Self {
            selector: selector.clone(),
            dns_names: dns::Label::ALL.map(|label| dns::record_name(label, selector, domain)),
            key_file_url: domain.url(file::PATH),
            status_list_urls: Purpose::ALL.map(|purpose| list_url(domain, list, purpose)),
            head_url: domain.url(published::PATH),
            domain: domain.clone(),
        }
    }
}

/// A document that was read, but not yet verified.
#[derive(Debug)]
pub struct Opened<'a> {
    page: Page<'a>,
    content: Result<SignedCredential, String>,
    log_proof: Option<Cow<'a, [u8]>>,
}

/// The page that shows the reference to people.
#[derive(Debug)]
enum Page<'a> {
    /// There is none: the document is the JSON file.
    None,
    /// A page with a seal, which is still to be checked.
    Sealed(SealedPdf<'a>),
    /// A page without a seal that could be checked.
    SavedAnew,
}

/// Reads a PDF or JSON file; a byte order mark before the JSON is ignored. `log_proof` is the content of the `.tlog-proof` file that belongs to a JSON file; it is
/// not used for a PDF, which has the log proof attached. This never fails: a document that cannot be read gets the
/// verdict Invalid.
pub fn open<'a>(document: &'a [u8], log_proof: Option<&'a [u8]>) -> Opened<'a> {
    let read = |bytes: &[u8]| SignedCredential::parse(bytes).map_err(|error| error.to_string());
    let nothing = |why: String| Opened { page: Page::None, content: Err(why), log_proof: None };
    if let Some(what) = kind::not_a_reference(document) {
        return nothing(what.to_owned());
    }
    if !seal::is_pdf(document) {
        let content = read(document.strip_prefix(kind::BYTE_ORDER_MARK).unwrap_or(document));
        return Opened { page: Page::None, content, log_proof: log_proof.map(Cow::Borrowed) };
    }
    let error = match seal::open(document) {
        Ok(pdf) => {
            let (content, log_proof) = (read(pdf.credential), Some(Cow::Borrowed(pdf.log_proof)));
            if content.is_ok() {
                return Opened { page: Page::Sealed(pdf), content, log_proof };
            }
            return nothing(content.err().unwrap_or_default());
        }
        Err(error) => error,
    };
    match (error, saved::find(document)) {
        (error @ SealError::TooLong, _) => nothing(error.to_string()),
        (SealError::Parts(_), None) => nothing(kind::PDF_WITHOUT_ATTACHMENTS.to_owned()),
        (SealError::Parts(_), Some(Attachments { credential, log_proof })) => {
            Opened { page: Page::SavedAnew, content: read(&credential), log_proof: log_proof.map(Cow::Owned) }
        }
    }
}

/// The reference of a code, with the text of its proof from the published log, if that could be had.
pub fn open_code<'a>(signed: &SignedCredential, log_proof: Option<&'a [u8]>) -> Opened<'a> {
    Opened { page: Page::None, content: Ok(signed.clone()), log_proof: log_proof.map(Cow::Borrowed) }
}

impl Opened<'_> {
    /// The reference, if the document could be read. It may be forged, so show it only with the verdict.
    pub fn credential(&self) -> Option<&Credential> {
        self.content.as_ref().ok().map(SignedCredential::credential)
    }

    /// What to look up at the domain that the document names; `None` if no answer could change the verdict.
    pub fn lookups(&self) -> Option<Lookups> {
        let signed = self.content.as_ref().ok()?;
        let KeyReference::Published { domain, selector } = signed.proof().key() else { return None };
        Some(Lookups::of(domain, selector, signed.credential().status.list))
    }

    /// Decides about the document. The verdict is the most serious one of all checks; the report has every check.
    pub fn verify(&self, sources: &Sources) -> Report {
        let mut decision = Decision { sources, checks: Vec::new(), findings: Vec::new(), is_witnessed: false };
        match &self.content {
            Ok(signed) => self.decide(signed, &mut decision),
            Err(error) => decision.fail(Verdict::Invalid, Subject::Document, error.clone()),
        }
        // If there is no finding, nothing was checked successfully.
        let worst = decision.findings.iter().copied().max_by_key(|verdict| *verdict as u8);
        Report {
            verdict: worst.unwrap_or(Verdict::Invalid),
            credential: self.credential().cloned(),
            checks: decision.checks,
            is_witnessed: decision.is_witnessed,
        }
    }

    fn decide(&self, signed: &SignedCredential, decision: &mut Decision<'_>) {
        decision
            .good(Subject::Document, "the document is a reference, with nothing missing and nothing added".to_owned());
        let (domain, selector) = match signed.proof().key() {
            KeyReference::Published { domain, selector } => (domain, selector),
            KeyReference::InDocument(key) => return decision.key_in_document(signed, key),
        };
        if signed.credential().issued > decision.sources.now + CLOCK_ERROR_MAX {
            let issued = time::format(signed.credential().issued);
            decision.fail(Verdict::Invalid, Subject::Document, format!("its date {issued} is in the future"));
        }
        let known = KnownKeys::gather(domain, selector, decision.sources, &mut decision.checks);
        let Some(key) = decision.signature(signed, selector, &known) else { return };
        match &self.page {
            Page::None => {}
            Page::Sealed(pdf) if pdf.is_sealed_by(&key) => {
                decision.good(Subject::Page, "the page is as the issuer sealed it".to_owned());
            }
            Page::Sealed(_) | Page::SavedAnew => {
                let text = "this page was saved anew by another program, or changed, since the issuer sealed it: compare \
                            each word on it with what is signed, or ask for the file as it was sent";
                decision.fail(Verdict::SavedAnew, Subject::Page, text.to_owned());
            }
        }
        let is_saved_anew = matches!(self.page, Page::SavedAnew);
        decision.log(signed, self.log_proof.as_deref(), is_saved_anew, domain, &known);
        decision.statuses(signed, domain, &known);
    }
}

/// The checks made so far, and the verdicts that follow from them.
pub(super) struct Decision<'a> {
    pub(super) sources: &'a Sources,
    checks: Vec<Check>,
    findings: Vec<Verdict>,
    is_witnessed: bool,
}

impl Decision<'_> {
    pub(super) fn push(&mut self, subject: Subject, outcome: Outcome, text: String) {
        self.checks.push(Check { subject, outcome, text });
    }

    pub(super) fn good(&mut self, subject: Subject, text: String) {
        self.push(subject, Outcome::Good, text);
    }

    /// The verdict is no better than this.
    pub(super) fn accept_only(&mut self, verdict: Verdict) {
        self.findings.push(verdict);
    }

    pub(super) fn fail(&mut self, verdict: Verdict, subject: Subject, text: String) {
        self.findings.push(verdict);
        self.push(subject, Outcome::Bad, text);
    }

    fn key_in_document(&mut self, signed: &SignedCredential, key: &PublicKey) {
        match signed.verify(key) {
            Ok(()) => {
                let text =
                    "the signature fits a key that only the document itself names; anyone can make such a document";
                self.fail(Verdict::UnknownKey, Subject::Signature, text.to_owned());
            }
            Err(error) => self.fail(Verdict::Invalid, Subject::Signature, error.to_string()),
        }
    }

    /// Checks the signature, and returns the key that made it; `None` if no published key did.
    fn signature(&mut self, signed: &SignedCredential, selector: &Selector, known: &KnownKeys) -> Option<PublicKey> {
        if known.is_revoked_in_dns {
            let text = format!("the issuer revoked the key {selector} in DNS: nothing it signed can be relied on");
            self.fail(Verdict::Invalid, Subject::DnsRecord, text);
            return None;
        }
        let fits = |key: &&PublicKey| signed.verify(key).is_ok();
        let in_files = || known.files.iter().map(|published| &published.key);
        let (candidates, verdict, place): (Vec<&PublicKey>, _, _) = if known.dns.is_empty() {
            // The first key with this name counts: the one in the file that the user gave, or else the published one.
            (in_files().take(1).collect(), Verdict::Silver, "in the key file")
        } else {
            (known.dns.iter().collect(), Verdict::Gold, "in DNS")
        };
        if known.is_unreadable_in_dns && known.dns.is_empty() {
            // What the record would say is not known; it may be that the key was revoked.
            let text = format!("the key {selector} in DNS cannot be read, and no key file takes its place");
            self.findings.push(Verdict::UnknownKey);
            self.push(Subject::Signature, Outcome::NotChecked, text);
            return None;
        }
        if candidates.is_empty() {
            let text = format!("the key {selector} of the issuer was found nowhere; without it nothing can be said");
            self.findings.push(Verdict::UnknownKey);
            self.push(Subject::Signature, Outcome::NotChecked, text);
            return None;
        }
        let Some(key) = candidates.into_iter().find(fits) else {
            let text =
                format!("the signature does not fit the key {place}: it was changed, or somebody else signed it");
            self.fail(Verdict::Invalid, Subject::Signature, text);
            return None;
        };
        self.findings.push(verdict);
        self.good(Subject::Signature, format!("the signature fits the key {place}"));
        if in_files().any(|other| other != key) {
            self.push(Subject::KeyFile, Outcome::Bad, format!("a key file has another key by the name {selector}"));
        }
        let created = signed.proof().created();
        for published in known.files.iter().filter(|published| published.key == *key) {
            if published.is_revoked_at(self.sources.now) {
                let text =
                    format!("the issuer says that the key {selector} was stolen: nothing it signed can be relied on");
                self.fail(Verdict::Invalid, Subject::KeyFile, text);
            } else if !published.signs_at(created) {
                let text = format!("the key {selector} was not in use on {}", time::format(created));
                self.fail(Verdict::Invalid, Subject::KeyFile, text);
            }
        }
        Some(*key)
    }

    fn log(
        &mut self,
        signed: &SignedCredential,
        proof: Option<&[u8]>,
        is_saved_anew: bool,
        domain: &Domain,
        known: &KnownKeys,
    ) {
        let Some(bytes) = proof else {
            let text = match is_saved_anew {
                true => {
                    "the log proof is no longer in the PDF: scan the code on the page, or ask for the file as it was sent"
                }
                false => "there is no log proof: give the .tlog-proof file that came with the reference",
            };
            return self.fail(Verdict::NotInLog, Subject::Log, text.to_owned());
        };
        let shown = LogProof::parse(bytes)
            .and_then(|proof| proof.verify(&signed.digest(), domain, &known.all, &self.sources.witnesses));
        let evidence = match shown {
            Ok(evidence) => evidence,
            Err(error) => return self.fail(Verdict::NotInLog, Subject::Log, error.to_string()),
        };
        self.good(Subject::Log, format!("entry {} of {} in the issuer's log", evidence.index, evidence.size));
        let issued = signed.credential().issued;
        for (name, time) in &evidence.witnesses {
            let confirmed = time::format(*time);
            if *time > issued + LOG_DELAY_MAX {
                let text = format!("{name} saw it only at {confirmed}, long after its date {}", time::format(issued));
                self.fail(Verdict::NotInLog, Subject::Witnesses, text);
            } else {
                self.good(Subject::Witnesses, format!("{name} confirmed the order of the log at {confirmed}"));
            }
        }
        self.is_witnessed = !evidence.witnesses.is_empty();
        if evidence.witnesses.len() < self.sources.witnesses_required {
            let text = format!("{} trusted witnesses have to confirm the log", self.sources.witnesses_required);
            self.fail(Verdict::NotInLog, Subject::Witnesses, text);
        } else if !self.is_witnessed {
            let text = "order not witnessed: the issuer alone could have rebuilt its log";
            self.push(Subject::Witnesses, Outcome::NotChecked, text.to_owned());
        }
    }
}
