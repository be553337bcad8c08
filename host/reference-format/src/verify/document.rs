//! Opening a document, and the decision about it.

use super::keys::KnownKeys;
use super::report::{Check, Outcome, Report, Subject, Verdict};
use super::{Answer, Sources};
use crate::credential::{Credential, SignedCredential};
use crate::domain::Domain;
use crate::keys::{KeyReference, PublicKey, Selector, dns, file};
use crate::log::proof::LogProof;
use crate::pdf::seal::{self, SealedPdf};
use crate::status_list::{Purpose, StatusList, list_url};
use crate::time;
use chrono::TimeDelta;

/// The longest time between a reference's date and its first confirmation by a witness. A longer time means that the
/// reference was back-dated, or that the log was not published for a while.
pub const LOG_DELAY_MAX: TimeDelta = TimeDelta::days(7);

/// The most that the clocks of issuer and verifier may differ.
const CLOCK_ERROR_MAX: TimeDelta = TimeDelta::days(1);

/// The lookups that a verification needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lookups {
    /// The issuer's domain.
    pub domain: Domain,
    /// The name of the TXT record with the key.
    pub dns_name: String,
    /// The URL of the key file.
    pub key_file_url: String,
    /// The URLs of the status lists: what is revoked, what is superseded.
    pub status_list_urls: [String; 2],
}

/// A document that was read, but not yet verified.
#[derive(Debug)]
pub struct Opened<'a> {
    pdf: Option<SealedPdf<'a>>,
    content: Result<SignedCredential, String>,
    log_proof: Option<&'a [u8]>,
}

/// Reads a PDF or JSON file. `log_proof` is the content of the `.tlog-proof` file that belongs to a JSON file; it is
/// not used for a PDF, which has the log proof attached. This never fails: a document that cannot be read gets the
/// verdict Invalid.
pub fn open<'a>(document: &'a [u8], log_proof: Option<&'a [u8]>) -> Opened<'a> {
    let read = |bytes: &[u8]| SignedCredential::parse(bytes).map_err(|error| error.to_string());
    if !seal::is_pdf(document) {
        return Opened { pdf: None, content: read(document), log_proof };
    }
    match seal::open(document) {
        Ok(pdf) => Opened { content: read(pdf.credential), log_proof: Some(pdf.log_proof), pdf: Some(pdf) },
        Err(error) => Opened { pdf: None, content: Err(error.to_string()), log_proof: None },
    }
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
        let list = signed.credential().status.list;
        Some(Lookups {
            dns_name: dns::record_name(selector, domain),
            key_file_url: domain.url(file::PATH),
            status_list_urls: Purpose::ALL.map(|purpose| list_url(domain, list, purpose)),
            domain: domain.clone(),
        })
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
        if let Some(pdf) = &self.pdf {
            if pdf.is_sealed_by(&key) {
                decision.good(Subject::Page, "the page is as the issuer sealed it".to_owned());
            } else {
                let text = "the PDF was changed after it was sealed, or saved anew by another program; only its \
                            attachment credential.json may still be good: check that by itself";
                decision.fail(Verdict::Invalid, Subject::Page, text.to_owned());
            }
        }
        decision.log(signed, self.log_proof, domain, &known);
        decision.status(signed, Purpose::Revocation, domain, &known);
        decision.status(signed, Purpose::Supersession, domain, &known);
    }
}

/// The checks made so far, and the verdicts that follow from them.
struct Decision<'a> {
    sources: &'a Sources,
    checks: Vec<Check>,
    findings: Vec<Verdict>,
    is_witnessed: bool,
}

impl Decision<'_> {
    fn push(&mut self, subject: Subject, outcome: Outcome, text: String) {
        self.checks.push(Check { subject, outcome, text });
    }

    fn good(&mut self, subject: Subject, text: String) {
        self.push(subject, Outcome::Good, text);
    }

    fn fail(&mut self, verdict: Verdict, subject: Subject, text: String) {
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
        let fits = |key: &&PublicKey| signed.verify(key).is_ok();
        let in_files = || known.files.iter().map(|published| &published.key);
        let (candidates, verdict, place): (Vec<&PublicKey>, _, _) = if known.dns.is_empty() {
            // The first key with this name counts: the one in the file that the user gave, or else the published one.
            (in_files().take(1).collect(), Verdict::Silver, "in the key file")
        } else {
            (known.dns.iter().collect(), Verdict::Gold, "in DNS")
        };
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

    fn log(&mut self, signed: &SignedCredential, proof: Option<&[u8]>, domain: &Domain, known: &KnownKeys) {
        let Some(bytes) = proof else {
            let text = "there is no log proof: give the .tlog-proof file that came with the reference";
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

    fn status(&mut self, signed: &SignedCredential, purpose: Purpose, domain: &Domain, known: &KnownKeys) {
        let position = signed.credential().status;
        let (subject, verdict, answer, word) = match purpose {
            Purpose::Revocation => (Subject::Revocation, Verdict::Revoked, &self.sources.revoked, "revoked"),
            Purpose::Supersession => {
                (Subject::Supersession, Verdict::Superseded, &self.sources.superseded, "superseded")
            }
        };
        let unchecked = |why: &str| format!("whether it is {word} could not be checked: {why}");
        let bytes = match answer {
            Answer::Found(bytes) => bytes,
            Answer::Absent => {
                return self.push(subject, Outcome::NotChecked, unchecked("the issuer publishes no list"));
            }
            Answer::Unreachable(why) => return self.push(subject, Outcome::NotChecked, unchecked(why)),
            Answer::NotAsked => {
                return self.push(subject, Outcome::NotChecked, unchecked("the list was not asked for"));
            }
        };
        // A wrong list has the same effect as one that cannot be fetched: whoever can replace a list can also block it.
        let list = match StatusList::parse(bytes, domain, position.list, purpose) {
            Ok((list, proof)) if known.all.iter().any(|key| proof.verify(key).is_ok()) => list,
            Ok(_) => {
                return self.push(
                    subject,
                    Outcome::NotChecked,
                    unchecked("no known key of the issuer signed the list"),
                );
            }
            Err(error) => return self.push(subject, Outcome::NotChecked, unchecked(&error.to_string())),
        };
        let as_of = time::format(list.issued);
        match list.bits.get(position.index) {
            Some(false) => self.good(subject, format!("not {word}, by the list of {as_of}")),
            // `None` (an index beyond the list) does not occur, because the reference's index was checked.
            Some(true) | None => self.fail(verdict, subject, format!("{word}, by the list of {as_of}")),
        }
    }
}
