//! The redactor, which takes secrets out of texts of services and plugins.

use crate::Reading;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hibob_base::secret::{Redactor, Secret};

const INSTEAD: &str = "[secret]";

/// Shortest secret that is removed, in characters.
const SECRET_CHARS_MIN: usize = 8;

/// Characters that nobody sees.
const UNSEEN: [char; 5] = ['\u{0}', '\n', '\u{ad}', '\u{200b}', '\u{feff}'];

/// The bytes of an input, one after the other; zeros behind its end.
struct Choices<'b>(std::slice::Iter<'b, u8>);

impl Choices<'_> {
    fn next(&mut self) -> u8 {
        self.0.next().copied().unwrap_or_default()
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::from(self.next()) % limit
    }
}

/// A secret is found however each of its characters is escaped once, and within base64 of any
/// alignment; all of it is taken out, and nothing of what is around it. A text is redacted once and for all.
pub(crate) fn redactor(bytes: &[u8]) -> Reading {
    let mut choices = Choices(bytes.iter());
    let secret = secret(&mut choices);
    let mut redactor = Redactor::default();
    redactor.learn(&Secret::new(secret.clone()), Some("SERVICE-1"));
    let (carrier, times, length) = (choices.below(6), choices.below(2), usize::from(choices.next()));
    let (before, behind) = (choices.below(4), choices.below(4));
    let hidden = match carrier {
        0..3 => secret.clone(),
        3 => STANDARD.encode(around(&secret, before, behind)),
        4 => URL_SAFE_NO_PAD.encode(around(&secret, before, behind)),
        _ => STANDARD.encode(around(&secret.replace('\\', "\\\\").replace('"', "\\\""), before, behind)),
    };
    let hidden = (0..times).fold(hidden, |text, time| escaped(&text, time > 0, &mut choices));
    let noise = String::from_utf8_lossy(choices.0.as_slice()).into_owned();

    let alone = redactor.text(noise.clone());
    assert!(alone == noise || alone.contains(INSTEAD), "{noise:?} became {alone:?}");
    let among = redactor.text(format!("{noise}{hidden}{noise}"));
    assert!(among.contains(INSTEAD), "{secret:?} in {noise:?} {hidden:?}: {among:?}");
    assert_eq!(redactor.text(among.clone()), among, "{secret:?}");

    let said = redactor.text(format!("said: {hidden} end")).replace(UNSEEN, "");
    let between =
        said.strip_prefix("said: ").and_then(|rest| rest.strip_suffix(" end")).expect("nothing else is taken");
    if carrier < 3 {
        assert_eq!(between, INSTEAD, "{secret:?} as {hidden:?}");
    }
    if carrier < 3 && times == 0 {
        // No beginning of it is left where a line is cut off.
        let line = redactor.line(&format!("said: {hidden}"), length).replace(UNSEEN, "");
        assert!("said: [secret]".starts_with(&line), "{secret:?} as {hidden:?}, cut at {length}: {line:?}");
    }
    if carrier >= 3 && times == 0 {
        // Each byte around it has its bits in two characters at most, and there may be two for padding.
        assert!(between.len() <= INSTEAD.len() + 2 * (before + behind) + 2, "{secret:?} as {hidden:?}: {between:?}");
    }
    Reading::accepted_if(alone == noise)
}

/// 8 to 31 characters of ASCII that are seen, without the bracket with which the text in place of a secret begins.
fn secret(choices: &mut Choices<'_>) -> String {
    let count = SECRET_CHARS_MIN + choices.below(24);
    (0..count).map(|_| char::from(0x21 + choices.next() % 94)).map(|c| if c == '[' { 'x' } else { c }).collect()
}

fn around(text: &str, before: usize, behind: usize) -> String {
    format!("{}{text}{}", "{\"a\"".split_at(before).0, "\"}\n!".split_at(behind).0)
}

/// The text with each character escaped in one of the ways of JSON, URLs and HTML, or left as it is. Where the text has
/// escapes already, those are escaped too, as whoever escapes a text does.
fn escaped(text: &str, has_escapes: bool, choices: &mut Choices<'_>) -> String {
    let escape = |(index, c): (usize, char)| {
        let number = u32::from(c);
        let ways = if has_escapes && matches!(c, '%' | '\\' | '&') { 7 } else { 12 };
        match choices.below(ways) {
            0 if c.is_ascii() => format!("%{number:02X}"),
            1 if c.is_ascii() => format!("%{number:02x}"),
            2 => format!("\\u{number:04X}"),
            3 => format!("\\u{number:04x}"),
            4 if c.is_ascii_punctuation() => format!("\\{c}"),
            5 => format!("&#{number};"),
            6 => format!("&#x{number:x};"),
            7 if c == '/' => "&sol;".to_owned(),
            7 if c == '&' => "&amp;".to_owned(),
            8 if index > 0 => format!("{}{c}", UNSEEN[choices.below(UNSEEN.len())]),
            _ => c.to_string(),
        }
    };
    text.chars().enumerate().map(escape).collect()
}
