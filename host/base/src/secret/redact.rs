//! The redactor: it removes a tenant's secrets from texts of plugins and services.

use crate::secret::Secret;
use crate::text::is_obeyed;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use hibob_contract::directory_sync::{Failure, Mismatch, Outcome, Written};
use hibob_contract::types::{Finding, JobError, SideError, Value};
use std::fmt;
use zeroize::Zeroizing;

/// The text in place of a secret.
const INSTEAD: &str = "[secret]";

/// Longest text of a plugin, in characters; the rest is cut off. A finding may list what has to be set up by hand.
const PLUGIN_TEXT_CHARS_MAX: usize = 4_000;

/// Most findings about wrong settings that are kept. There are fewer settings.
const SETTINGS_FINDINGS_MAX: usize = 200;

/// Longest name of a field, in characters.
const FIELD_CHARS_MAX: usize = 100;

/// Most mismatches of one change that are kept. An account has fewer fields.
const MISMATCHES_MAX: usize = 64;

/// Shortest secret that is removed from texts, in characters. A shorter one could occur in usual words, and the secret
/// store accepts none.
pub const SECRET_CHARS_MIN: usize = 8;

/// Removes one tenant's secrets from texts, in each form in which a service may send them back: as they are, in JSON,
/// in a URL, and in base64.
///
/// Every text of a service or a plugin is redacted before it gets into a log, a report or an error. A part of a secret
/// is not recognized.
#[derive(Default)]
pub struct Redactor {
    /// The forms of all secrets, the longest first, so that nothing is left of a form that contains another one.
    forms: Vec<Zeroizing<String>>,
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Redactor(…)")
    }
}

impl Redactor {
    /// Adds a secret. If it is sent by HTTP Basic authentication with a `user`, the pair is added too.
    pub fn learn(&mut self, secret: &Secret, user: Option<&str>) {
        let plain = secret.reveal();
        if plain.len() < SECRET_CHARS_MIN {
            return;
        }
        // Without the padding, so that texts with and without it are found.
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

    /// The length of the longest form, in characters.
    pub fn longest(&self) -> usize {
        self.forms.first().map_or(0, |form| form.len()) // all forms are ASCII
    }

    /// The text with the secrets removed.
    pub fn text(&self, text: impl Into<String>) -> String {
        let mut text = text.into();
        for form in &self.forms {
            if text.contains(form.as_str()) {
                text = text.replace(form.as_str(), INSTEAD);
            }
        }
        text
    }

    /// The first `chars_max` characters of a line, with the secrets removed and without characters that a terminal
    /// would act on. A secret that the limit would cut in two is removed as well.
    pub fn line(&self, text: &str, chars_max: usize) -> String {
        self.first(text.chars().filter(|c| !is_obeyed(*c)), chars_max)
    }

    /// The first [`PLUGIN_TEXT_CHARS_MAX`] characters of a plugin's text, with the secrets removed. Control characters
    /// stay.
    pub fn plugin_text(&self, text: &str) -> String {
        self.first(text.chars(), PLUGIN_TEXT_CHARS_MAX)
    }

    fn first(&self, chars: impl Iterator<Item = char>, chars_max: usize) -> String {
        let start: String = chars.take(chars_max.saturating_add(self.longest())).collect();
        self.text(start).chars().take(chars_max).collect()
    }

    /// Redacts the texts of findings, and cuts them to the longest text that is kept.
    pub fn findings(&self, findings: &mut [Finding]) {
        for finding in findings {
            for text in [&mut finding.code, &mut finding.message, &mut finding.remedy] {
                *text = self.plugin_text(text);
            }
        }
    }

    /// Redacts the error of a call.
    pub fn job_error(&self, error: JobError) -> JobError {
        match error {
            JobError::Settings(mut findings) => {
                findings.truncate(SETTINGS_FINDINGS_MAX);
                self.findings(&mut findings);
                JobError::Settings(findings)
            }
            JobError::Credentials(error) => JobError::Credentials(self.side_error(error)),
            JobError::Unavailable(error) => JobError::Unavailable(self.side_error(error)),
            JobError::NotAllowed(reason) => JobError::NotAllowed(self.plugin_text(&reason)),
            JobError::Unsound(reason) => JobError::Unsound(self.plugin_text(&reason)),
            JobError::Storage(reason) => JobError::Storage(self.plugin_text(&reason)),
        }
    }

    /// Redacts the outcome of a change, and cuts its texts and lists to what is kept.
    pub fn outcome(&self, outcome: Outcome) -> Outcome {
        match outcome {
            Outcome::Failed(failure) => Outcome::Failed(Failure {
                code: self.plugin_text(&failure.code),
                message: self.plugin_text(&failure.message),
                remedy: self.plugin_text(&failure.remedy),
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
            Some(Value::Text(text)) => Some(Value::Text(self.plugin_text(&text))),
            Some(value @ (Value::Flag(_) | Value::Integer(_))) => Some(value),
            // These are not shown: a message names the field of such a mismatch only.
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
            request: self.plugin_text(&error.request),
            message: self.plugin_text(&error.message),
            remedy: self.plugin_text(&error.remedy),
            ..error
        }
    }
}

/// The secret as it is written inside a JSON text (RFC 8259). Secrets are ASCII without control characters.
fn in_json(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

/// The secret as it is written inside a URL (RFC 3986): all but the unreserved characters are percent-encoded.
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
        // Control characters that a plugin inserts do not hide the secret.
        assert_eq!(redactor().line(&TOKEN.replace('-', "\u{0}-"), 99), "[secret]");
    }

    #[test]
    fn errors_and_outcomes_are_redacted() {
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
        let texts = [
            format!("{:?}", redactor.job_error(JobError::Credentials(side.clone()))),
            format!("{:?}", redactor.job_error(JobError::NotAllowed(TOKEN.to_owned()))),
            format!("{:?}", redactor.outcome(Outcome::Refused(side))),
            format!("{:?}", redactor.outcome(Outcome::Failed(failure))),
        ];
        for text in texts {
            assert!(text.contains(INSTEAD) && !text.contains("rd-77"), "{text}");
        }
    }
}
