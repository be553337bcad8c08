//! Taking secrets out of text that others wrote.

use crate::secret::Secret;
use crate::text::is_obeyed;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use hibob_contract::directory_sync::{Failure, Mismatch, Outcome, Written};
use hibob_contract::types::{Finding, JobError, SideError, Value};
use std::fmt;
use zeroize::Zeroizing;

/// What stands where a secret stood.
const INSTEAD: &str = "[secret]";

/// Most characters of one text of a plugin that are kept: a finding may list what to set up by hand.
const SAID_CHARS_MAX: usize = 4_000;

/// Findings of a job that failed on its settings. There are fewer settings.
const SETTINGS_FINDINGS_MAX: usize = 200;

/// Characters of a field's name.
const FIELD_CHARS_MAX: usize = 100;

/// Mismatches of one change. An account has fewer fields.
const MISMATCHES_MAX: usize = 64;

/// Shortest secret that is looked for, in characters. Anything shorter is none, and would eat words; the store takes
/// none that is shorter.
pub const SECRET_CHARS_MIN: usize = 8;

/// Knows one tenant's secrets, in every form in which a service may send them back, and takes them out of texts.
///
/// Whatever a service or a plugin wrote passes here before it reaches a log, a report or an error. A part of a secret
/// is not known as such.
#[derive(Default)]
pub struct Redactor {
    /// The longest first, so that nothing is left of a form that holds another one.
    forms: Vec<Zeroizing<String>>,
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Redactor(…)")
    }
}

impl Redactor {
    /// Knows this secret from now on, and the pair of HTTP Basic where it is sent for a `user`.
    pub fn learn(&mut self, secret: &Secret, user: Option<&str>) {
        let plain = secret.reveal();
        if plain.len() < SECRET_CHARS_MIN {
            return;
        }
        // Without padding: the signs of equality behind it tell nothing.
        let mut encoded = |text: &str| {
            for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
                self.forms.push(Zeroizing::new(engine.encode(text)));
            }
        };
        encoded(plain);
        if let Some(user) = user {
            encoded(&Zeroizing::new(format!("{user}:{plain}")));
        }
        self.forms.extend([plain.to_owned(), in_json(plain), in_url(plain)].map(Zeroizing::new));
        self.forms.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        self.forms.dedup();
    }

    /// The longest form, in characters.
    pub fn longest(&self) -> usize {
        self.forms.first().map_or(0, |form| form.len()) // they are ASCII
    }

    /// The text without the secrets.
    pub fn text(&self, text: impl Into<String>) -> String {
        let mut text = text.into();
        for form in &self.forms {
            if text.contains(form.as_str()) {
                text = text.replace(form.as_str(), INSTEAD);
            }
        }
        text
    }

    /// At most the first `chars_max` characters of a line without the secrets, nor a part of one at its end, nor what a
    /// terminal would obey.
    pub fn line(&self, text: &str, chars_max: usize) -> String {
        self.first(text.chars().filter(|c| !is_obeyed(*c)), chars_max)
    }

    /// At most the first [`SAID_CHARS_MAX`] characters of what a plugin says of a change or of everything, without the
    /// secrets.
    pub fn said(&self, text: &str) -> String {
        self.first(text.chars(), SAID_CHARS_MAX)
    }

    fn first(&self, chars: impl Iterator<Item = char>, chars_max: usize) -> String {
        let looked_at: String = chars.take(chars_max.saturating_add(self.longest())).collect();
        self.text(looked_at).chars().take(chars_max).collect()
    }

    /// Findings without the secrets, each text cut to what can be read.
    pub fn findings(&self, findings: &mut [Finding]) {
        for finding in findings {
            for text in [&mut finding.code, &mut finding.message, &mut finding.remedy] {
                *text = self.said(text);
            }
        }
    }

    /// A job's error without the secrets.
    pub fn job_error(&self, error: JobError) -> JobError {
        match error {
            JobError::Settings(mut findings) => {
                findings.truncate(SETTINGS_FINDINGS_MAX);
                self.findings(&mut findings);
                JobError::Settings(findings)
            }
            JobError::Credentials(error) => JobError::Credentials(self.side_error(error)),
            JobError::Unavailable(error) => JobError::Unavailable(self.side_error(error)),
            JobError::NotAllowed(reason) => JobError::NotAllowed(self.said(&reason)),
            JobError::Unsound(reason) => JobError::Unsound(self.said(&reason)),
            JobError::Storage(reason) => JobError::Storage(self.said(&reason)),
        }
    }

    /// How a change ended, without the secrets in what is told of it, and cut to what can be read.
    pub fn outcome(&self, outcome: Outcome) -> Outcome {
        match outcome {
            Outcome::Failed(failure) => Outcome::Failed(Failure {
                code: self.said(&failure.code),
                message: self.said(&failure.message),
                remedy: self.said(&failure.remedy),
                next: failure.next,
            }),
            Outcome::Refused(error) => Outcome::Refused(self.side_error(error)),
            Outcome::Done(written) => Outcome::Done(self.written(written)),
            Outcome::Partly(written) => Outcome::Partly(self.written(written)),
            Outcome::Drifted(mismatches) => Outcome::Drifted(self.mismatches(mismatches)),
        }
    }

    fn written(&self, written: Written) -> Written {
        Written { not_taken: self.mismatches(written.not_taken), ..written }
    }

    fn mismatches(&self, mut mismatches: Vec<Mismatch>) -> Vec<Mismatch> {
        mismatches.truncate(MISMATCHES_MAX);
        let value = |value: Option<Value>| match value {
            Some(Value::Text(text)) => Some(Value::Text(self.said(&text))),
            Some(value @ (Value::Flag(_) | Value::Integer(_))) => Some(value),
            // Nobody is told these: a mismatch is shown by its field's name.
            Some(Value::Texts(_) | Value::Pairs(_) | Value::Person(_)) | None => None,
        };
        let mismatch = |mismatch: Mismatch| Mismatch {
            field: self.line(&mismatch.field, FIELD_CHARS_MAX),
            expected: value(mismatch.expected),
            found: value(mismatch.found),
        };
        mismatches.into_iter().map(mismatch).collect()
    }

    fn side_error(&self, error: SideError) -> SideError {
        SideError {
            request: self.said(&error.request),
            message: self.said(&error.message),
            remedy: self.said(&error.remedy),
            ..error
        }
    }
}

/// As it stands within a JSON text (RFC 8259). Secrets are plain ASCII without control characters.
fn in_json(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

/// As it stands within a URL (RFC 3986): all but the unreserved characters in percent-encoding.
fn in_url(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut url, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => url.push(char::from(byte)),
            _ => url.push_str(&format!("%{byte:02X}")),
        }
        url
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use hibob_contract::types::Side;

    const TOKEN: &str = "pa\"ss/wo+rd-77";

    fn redactor() -> Redactor {
        let mut redactor = Redactor::default();
        redactor.learn(&Secret::new(TOKEN.to_owned()), Some("SERVICE-1"));
        redactor.learn(&Secret::new("short".to_owned()), None);
        redactor
    }

    #[test]
    fn a_secret_is_taken_out_in_every_form() {
        let basic = base64::engine::general_purpose::STANDARD.encode(format!("SERVICE-1:{TOKEN}"));
        for form in [TOKEN, "pa\\\"ss/wo+rd-77", "pa%22ss%2Fwo%2Brd-77", basic.as_str()] {
            let text = redactor().text(format!("403: {form} and {form}, in short"));
            assert!(!text.contains(form.trim_end_matches('=')), "{text}");
            assert!(text.starts_with("403: [secret]") && text.ends_with(", in short"), "{text}");
        }
        assert_eq!(redactor().text("nothing"), "nothing");
        assert!(!format!("{:?}", redactor()).contains("pass"));
    }

    #[test]
    fn no_part_of_a_secret_is_left_at_the_end_of_a_line() {
        for chars_max in 0..30 {
            let line = redactor().line(&format!("said: \u{7}{TOKEN} twice {TOKEN}"), chars_max);
            assert!(line.chars().count() <= chars_max && !line.contains("pa"), "{chars_max}: {line}");
        }
        // Control characters that a plugin puts between do not hide it.
        assert_eq!(redactor().line(&TOKEN.replace('-', "\u{0}-"), 99), "[secret]");
    }

    #[test]
    fn errors_and_outcomes_are_told_without_secrets() {
        let side = SideError {
            side: Side::Target,
            request: format!("GET /Users/{TOKEN}"),
            status: Some(401),
            message: format!("it said: bad key {TOKEN}"),
            remedy: TOKEN.to_owned(),
        };
        let failure = Failure {
            code: TOKEN.to_owned(),
            message: TOKEN.to_owned(),
            remedy: TOKEN.to_owned(),
            next: hibob_contract::directory_sync::NextStep::Fix,
        };
        let redactor = redactor();
        let told = [
            format!("{:?}", redactor.job_error(JobError::Credentials(side.clone()))),
            format!("{:?}", redactor.job_error(JobError::NotAllowed(TOKEN.to_owned()))),
            format!("{:?}", redactor.outcome(Outcome::Refused(side))),
            format!("{:?}", redactor.outcome(Outcome::Failed(failure))),
        ];
        for told in told {
            assert!(told.contains(INSTEAD) && !told.contains("rd-77"), "{told}");
        }
    }
}
