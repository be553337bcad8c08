//! The report of a verification: its verdict and its checks.

use crate::claims::Employment;
use crate::credential::Credential;
use crate::domain::Domain;
use crate::time;
use serde_json::{Value, json};
use std::fmt;

/// The verdict on a document, from the best to the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The document is unchanged, and signed with the key in the issuer's DNS record.
    Gold,
    /// The document is unchanged, and signed with the key in the issuer's key file. There is no DNS record, or DNS gave
    /// no answer.
    Silver,
    /// The document is genuine, but whether the issuer took it back is unknown: a list that says so is missing, too old,
    /// or not the issuer's.
    StatusUnknown,
    /// The claims are signed, and the page was saved anew by another program, or changed: what it shows is signed by
    /// nobody.
    SavedAnew,
    /// A newer reference replaces this one.
    Superseded,
    /// Nothing proves that the reference is in the issuer's log, so it may be back-dated.
    NotInLog,
    /// The issuer revoked the reference.
    Revoked,
    /// Only the document itself names the key. Anyone can make such a document with a key of their own and a famous
    /// name.
    UnknownKey,
    /// The document was changed, or the issuer that it names did not sign it.
    Invalid,
}

impl Verdict {
    /// Whether the document may be relied on: Gold and Silver only.
    pub fn is_accepted(self) -> bool {
        matches!(self, Self::Gold | Self::Silver)
    }

    /// The verdict's name for programs, such as `not-in-log`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Gold => "gold",
            Self::Silver => "silver",
            Self::StatusUnknown => "status-unknown",
            Self::SavedAnew => "saved-anew",
            Self::Superseded => "superseded",
            Self::NotInLog => "not-in-log",
            Self::Revoked => "revoked",
            Self::UnknownKey => "unknown-key",
            Self::Invalid => "invalid",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gold => "Gold",
            Self::Silver => "Silver",
            Self::StatusUnknown => "Status unknown",
            Self::SavedAnew => "Saved anew",
            Self::Superseded => "Superseded",
            Self::NotInLog => "Not in log",
            Self::Revoked => "Revoked",
            Self::UnknownKey => "Unknown key",
            Self::Invalid => "Invalid",
        })
    }
}

/// The subject of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The file and its form.
    Document,
    /// The key in DNS.
    DnsRecord,
    /// The key in the key file.
    KeyFile,
    /// The credential's signature.
    Signature,
    /// The PDF page as a whole.
    Page,
    /// The reference's entry in the log.
    Log,
    /// The witnesses' confirmation of the log.
    Witnesses,
    /// Whether the reference is revoked.
    Revocation,
    /// Whether the reference is superseded.
    Supersession,
}

impl Subject {
    /// The subject's name for programs, such as `dns-record`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Document => "document",
            Self::DnsRecord => "dns-record",
            Self::KeyFile => "key-file",
            Self::Signature => "signature",
            Self::Page => "page",
            Self::Log => "log",
            Self::Witnesses => "witnesses",
            Self::Revocation => "revocation",
            Self::Supersession => "supersession",
        }
    }
}

/// The outcome of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The check succeeded.
    Good,
    /// The check failed.
    Bad,
    /// The check was not made, or could not be made.
    NotChecked,
}

impl Outcome {
    /// The outcome's name for programs, such as `not-checked`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Bad => "bad",
            Self::NotChecked => "not-checked",
        }
    }
}

/// One check of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// The subject of the check.
    pub subject: Subject,
    /// The outcome.
    pub outcome: Outcome,
    /// Subject and outcome as a sentence for people. It contains no text of the document, but may contain text of
    /// servers' answers.
    pub text: String,
}

/// The verdict on a document, with the checks that led to it.
#[derive(Clone, Debug)]
pub struct Report {
    /// The verdict.
    pub verdict: Verdict,
    /// The reference, if the document could be read. Show its claims only together with the verdict.
    pub credential: Option<Credential>,
    /// All checks, those that could not be made as well.
    pub checks: Vec<Check>,
    /// Whether at least one trusted witness confirmed the log.
    pub is_witnessed: bool,
}

impl Report {
    /// The domain that the document names as its issuer. Always show it: only the domain is confirmed by DNS or HTTPS,
    /// the company's name is not.
    pub fn domain(&self) -> Option<&Domain> {
        self.credential.as_ref().map(|credential| &credential.claims.issuer().domain)
    }

    /// The report as JSON, for programs.
    pub fn to_json(&self) -> Value {
        let check = |check: &Check| {
            let (subject, outcome) = (check.subject.code(), check.outcome.code());
            json!({"subject": subject, "outcome": outcome, "text": check.text})
        };
        let reference = self.credential.as_ref().map(|credential| {
            let claims = &credential.claims;
            let Employment { name, job_title, department, start, end } = claims.employment();
            json!({
                "id": credential.id.to_string(),
                "issued": time::format(credential.issued),
                "issuer": {"domain": claims.issuer().domain.as_str(), "name": claims.issuer().name.as_str()},
                "name": name.as_str(),
                "jobTitle": job_title.as_ref().map(|text| text.as_str()),
                "department": department.as_ref().map(|text| text.as_str()),
                "employmentStartDate": time::format_date(*start),
                "employmentEndDate": time::format_date(*end),
            })
        });
        json!({
            "verdict": self.verdict.code(),
            "accepted": self.verdict.is_accepted(),
            "witnessed": self.is_witnessed,
            "reference": reference,
            "checks": self.checks.iter().map(check).collect::<Vec<_>>(),
        })
    }
}
