//! The redactor: it removes a tenant's secrets from texts of plugins and services.

mod forms;
mod units;

use crate::secret::Secret;
use crate::text::is_obeyed;
use forms::{Form, forms, is_base64};
use hibob_contract::ActiveAccount;
use hibob_contract::directory_sync::{Failure, Mismatch, Outcome, Written};
use hibob_contract::types::{Finding, JobError, SideError, Value};
use std::fmt;
use std::ops::Range;
use units::{Units, is_plain};

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

/// How many characters of a text are looked at behind the last one that is kept, for each character of the longest form:
/// an escape such as `&#x2f;` has six, and may itself be escaped.
const CHARS_PER_CHAR: usize = 12;

/// How often escapes within escapes are looked through.
const LAYERS_MAX: usize = 3;

/// Removes one tenant's secrets from texts, as they are and in each form in which a service may send them back: within
/// base64 of any alignment, and with any of their characters escaped as in JSON, in a URL or in HTML, up to three times
/// over. Characters that are not seen do not hide a secret.
///
/// Every text of a service or a plugin is redacted before it gets into a log, a report or an error. A part of a secret
/// is not recognized, and neither is one that was encrypted or spelled in a way of one's own.
#[derive(Default)]
pub struct Redactor {
    /// The forms of all secrets.
    forms: Vec<Form>,
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Redactor(…)")
    }
}

impl Redactor {
    /// Adds a secret. If it is sent by HTTP Basic authentication with a `user`, the pair is added too.
    pub fn learn(&mut self, secret: &Secret, user: Option<&str>) {
        if secret.reveal().len() < SECRET_CHARS_MIN {
            return;
        }
        self.forms.extend(forms(secret.reveal(), user));
        self.forms.sort_by(|a, b| a.text.as_str().cmp(&b.text).then_with(|| a.reaches().cmp(&b.reaches())));
        self.forms.dedup();
    }

    /// The length of the longest form, in characters.
    pub fn longest(&self) -> usize {
        self.forms.iter().map(|form| form.text.len()).max().unwrap_or_default() // all forms are ASCII
    }

    /// The text with the secrets removed.
    pub fn text(&self, text: impl Into<String>) -> String {
        self.without(text.into(), false)
    }

    /// The text with the secrets removed. If it `is_cut` off, so is the beginning of a secret at its end.
    fn without(&self, text: String, is_cut: bool) -> String {
        let found = self.found(&text, is_cut);
        if found.is_empty() {
            return text;
        }
        let (mut kept, mut at) = (String::with_capacity(text.len()), 0);
        for place in found {
            kept.push_str(text.get(at..place.start).unwrap_or_default());
            kept.push_str(INSTEAD);
            at = place.end;
        }
        kept.push_str(text.get(at..).unwrap_or_default());
        kept
    }

    /// Where secrets stand in a text, in bytes, in order.
    fn found(&self, text: &str, is_cut: bool) -> Vec<Range<usize>> {
        if self.forms.is_empty()
            || !is_cut && is_plain(text) && !self.forms.iter().any(|form| text.contains(&**form.text))
        {
            return Vec::new();
        }
        let mut found = Vec::new();
        let mut layer = Some(Units::of(text));
        for _ in 0..LAYERS_MAX {
            let Some(units) = layer else { break };
            self.find(&units, is_cut, &mut found);
            layer = units.unescaped();
        }
        found.sort_by_key(|place: &Range<usize>| (place.start, place.end));
        let mut apart: Vec<Range<usize>> = Vec::with_capacity(found.len());
        for place in found {
            match apart.last_mut() {
                Some(last) if place.start < last.end => last.end = last.end.max(place.end),
                _ => apart.push(place),
            }
        }
        apart
    }

    /// Adds the places at which a form can be read.
    fn find(&self, units: &Units, is_cut: bool, found: &mut Vec<Range<usize>>) {
        for form in &self.forms {
            let Some(first) = form.text.chars().next() else { continue };
            for at in 0..units.len() {
                if !units.can_be(at, first) {
                    continue;
                }
                let Some(end) = units.read(at, &form.text, is_cut) else { continue };
                let is_neighbour = |at: usize| units.unit(at).is_some_and(|unit| is_base64(unit.character));
                let from = if form.reaches_back && at > 0 && is_neighbour(at - 1) { at - 1 } else { at };
                let to = if form.reaches_on && is_neighbour(end) { end + 1 } else { end };
                if let (Some(first), Some(last)) = (units.unit(from), units.unit(to.saturating_sub(1))) {
                    found.push(first.start..last.end);
                }
            }
        }
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
        let looked_at = chars_max.saturating_add(self.longest().saturating_mul(CHARS_PER_CHAR));
        let mut chars = chars.fuse();
        let start: String = chars.by_ref().take(looked_at).collect();
        let is_cut = chars.next().is_some();
        self.without(start, is_cut).chars().take(chars_max).collect()
    }

    /// Redacts the texts of findings, and cuts them to the longest text that is kept.
    pub fn findings(&self, findings: &mut [Finding]) {
        for finding in findings {
            for text in [&mut finding.code, &mut finding.message, &mut finding.remedy] {
                *text = self.plugin_text(text);
            }
        }
    }

    /// Redacts the texts about accounts, and cuts them to the longest text that is kept.
    pub fn active_accounts(&self, accounts: &mut [ActiveAccount]) {
        for account in accounts {
            for text in [&mut account.account_id, &mut account.why, &mut account.user_name, &mut account.name] {
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

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};
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
        let basic = STANDARD.encode(format!("SERVICE-1:{TOKEN}"));
        for form in [TOKEN, "pa\\\"ss/wo+rd-77", "pa%22ss%2Fwo%2Brd-77", basic.as_str()] {
            let text = redactor().text(format!("403: {form} and {form}, in short"));
            assert!(!text.contains(form.trim_end_matches('=')), "{text}");
            assert!(text.starts_with("403: [secret]") && text.ends_with(", in short"), "{text}");
        }
        assert_eq!(redactor().text("nothing"), "nothing");
        assert!(!format!("{:?}", redactor()).contains("pass"));
    }

    #[test]
    fn escapes_do_not_hide_a_secret() {
        let each = |escape: fn(char) -> String| TOKEN.chars().map(escape).collect::<String>();
        for hidden in [
            TOKEN.replace('"', "\\\"").replace('/', "\\/"),
            TOKEN.replace('/', "\\u002f").replace('+', "\\u002B"),
            TOKEN.replace('/', "%2f"), // in part, and in lower case
            TOKEN.replace('s', "%73"),
            TOKEN.replace('/', "%252F"),
            TOKEN.replace('"', "&quot;").replace('/', "&#x2F;").replace('+', "&#43"),
            TOKEN.replace('/', "&amp;sol;"),
            TOKEN.replace('s', "s\u{200b}\u{ad}").replace('-', "-\u{0}\r\n"),
            TOKEN.replace('s', "s%E2%80%8B").replace('-', "-&shy;&#0;").replace('w', "\\nw"),
            each(|c| format!("%{:02x}", u32::from(c))),
            each(|c| format!("\\u{:04X}", u32::from(c))),
            each(|c| format!("&#{};", u32::from(c))),
            each(|c| format!("{c}\u{feff}")),
            each(|c| format!("%26%23{}%3b", u32::from(c))),
        ] {
            for before in ["403: ", "403 %", "403&", "403\\", "%4", "&#"] {
                let text = redactor().text(format!("{before}{hidden}, in short"));
                assert!(text.contains(INSTEAD) && text.ends_with(", in short"), "{before}{hidden}: {text}");
                assert!(!text.contains("77") && !text.contains("pa"), "{before}{hidden}: {text}");
            }
        }
    }

    /// Base64 of a longer text, such as a JSON document or a header, with the secret at any place in its groups of three.
    #[test]
    fn no_alignment_of_base64_hides_a_secret() {
        let carried =
            [TOKEN, "pa\\\"ss/wo+rd-77", "pa\\\"ss\\/wo+rd-77", "pa%22ss%2Fwo%2Brd-77", "pa%22ss%2fwo%2brd-77"];
        for (before, behind) in
            ["", "x", "xy", "{\"token\":\"", "SERVICE-2:"].into_iter().zip(["", "\"}", "\n", "&x=1", "z"])
        {
            for carried in carried {
                for engine in [&STANDARD, &URL_SAFE] {
                    let encoded = engine.encode(format!("{before}{carried}{behind}"));
                    let wrapped = format!("{}\r\n{}", &encoded[..9], &encoded[9..]);
                    for text in [encoded.replace('/', "\\/").replace('+', "%2b"), wrapped] {
                        let text = redactor().text(format!("it was <{text}>"));
                        assert!(text.contains(INSTEAD), "{before}{carried}: {text}");
                    }
                    let text = redactor().text(format!("<{encoded}>"));
                    assert!(text.contains(INSTEAD), "{before}{carried}: {text}");
                    // What is left is of what is around it: not a bit of the secret's first and last character.
                    let left = text.len() - "<>".len() - INSTEAD.len();
                    assert!(left <= (before.len() + behind.len()) * 4 / 3 + 4, "{before}{carried}: {text}");
                }
            }
        }
    }

    #[test]
    fn other_texts_stay_as_they_are() {
        for text in ["100 % & more\\", "pa\"ss/wo+rd-7", "cGEic3M", "zero\u{200b}width", "&amp; %2F \\u002f"] {
            assert_eq!(redactor().text(text), text);
        }
    }

    #[test]
    fn no_part_of_a_secret_is_left_at_the_end_of_a_line() {
        for chars_max in 0..30 {
            let line = redactor().line(&format!("said: \u{7}{TOKEN} twice {TOKEN}"), chars_max);
            assert!(line.chars().count() <= chars_max && !line.contains("pa"), "{chars_max}: {line}");
        }
        let escaped: String = TOKEN.chars().map(|c| format!("&#x0{:x};", u32::from(c))).collect();
        for chars_max in 0..escaped.len() * 2 {
            let line = redactor().line(&format!("said: {escaped} twice {escaped}"), chars_max);
            assert!(!line.contains("&#x0"), "{chars_max}: {line}");
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
