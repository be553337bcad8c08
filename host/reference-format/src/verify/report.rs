//! The outcome of a verification.

use crate::credential::Credential;
use crate::domain::Domain;
use crate::time;
use serde_json::{Value, json};
use std::fmt;

/// What a document is worth, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Unchanged, and signed with the key in the issuer's DNS record.
    Gold,
    /// Unchanged, and signed with the key in the issuer's key file; there is no DNS record, or it could not be asked
    /// for.
    Silver,
    /// A newer reference replaces it.
    Superseded,
    /// It is not shown to be in the issuer's log: it may be back-dated.
    NotInLog,
    /// The issuer took it back.
    Revoked,
    /// Nobody but the document itself names the key: anyone can write a famous name beside a key of their own.
    UnknownKey,
    /// Changed, or not signed by who it says.
    Invalid,
}

impl Verdict {
    /// Whether the document can be relied on.
    pub fn is_accepted(self) -> bool {
        matches!(self, Self::Gold | Self::Silver)
    }

    /// The word for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Gold => "gold",
            Self::Silver => "silver",
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
            Self::Superseded => "Superseded",
            Self::NotInLog => "Not in log",
            Self::Revoked => "Revoked",
            Self::UnknownKey => "Unknown key",
            Self::Invalid => "Invalid",
        })
    }
}

/// What is checked.
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
    /// The place in the log.
    Log,
    /// Who confirmed the log's order.
    Witnesses,
    /// Whether it was taken back.
    Revocation,
    /// Whether a newer one replaces it.
    Supersession,
}

impl Subject {
    /// The word for programs.
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

/// What came of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It holds.
    Good,
    /// It does not hold.
    Bad,
    /// It was not, or could not be, checked.
    NotChecked,
}

impl Outcome {
    /// The word for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Bad => "bad",
            Self::NotChecked => "not-checked",
        }
    }
}

/// One line of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What was checked.
    pub subject: Subject,
    /// What came of it.
    pub outcome: Outcome,
    /// The same in a sentence. Texts of the document are not in it, but those of foreign answers may be.
    pub text: String,
}

/// What a document is worth, and why.
#[derive(Clone, Debug)]
pub struct Report {
    /// The verdict.
    pub verdict: Verdict,
    /// What the document says, where it can be read. Show the claims only together with the verdict.
    pub credential: Option<Credential>,
    /// What was checked, and what was not.
    pub checks: Vec<Check>,
    /// Whether a trusted witness confirmed the log.
    pub is_witnessed: bool,
}

impl Report {
    /// The domain that the document names as its issuer: always to be shown, as DNS vouches for it alone.
    pub fn domain(&self) -> Option<&Domain> {
        self.credential.as_ref().map(|credential| &credential.claims.issuer().domain)
    }

    /// The report for programs.
    pub fn to_json(&self) -> Value {
        let check = |check: &Check| {
            let (subject, outcome) = (check.subject.code(), check.outcome.code());
            json!({"subject": subject, "outcome": outcome, "text": check.text})
        };
        let reference = self.credential.as_ref().map(|credential| {
            let claims = &credential.claims;
            json!({
                "id": credential.id.to_string(),
                "issued": time::format(credential.issued),
                "issuer": {"domain": claims.issuer().domain.as_str(), "name": claims.issuer().name.as_str()},
                "name": claims.name().as_str(),
                "jobTitle": claims.job_title().map(|text| text.as_str()),
                "department": claims.department().map(|text| text.as_str()),
                "employmentStartDate": time::format_date(claims.start()),
                "employmentEndDate": time::format_date(claims.end()),
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
