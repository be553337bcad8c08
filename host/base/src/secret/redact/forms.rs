//! The forms in which a text may carry a secret: as it is, and within base64.

use super::SECRET_CHARS_MIN;
use super::units::Units;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

/// A form of a secret, all of ASCII.
#[derive(PartialEq, Eq)]
pub(super) struct Form {
    pub(super) text: Zeroizing<String>,
    /// Whether the character of base64 before it has some bits of the secret as well.
    pub(super) reaches_back: bool,
    /// Whether the character of base64 behind it has some bits of the secret as well.
    pub(super) reaches_on: bool,
}

impl Form {
    /// Whether it reaches back and on.
    pub(super) fn reaches(&self) -> (bool, bool) {
        (self.reaches_back, self.reaches_on)
    }
}

/// The forms of a secret, and of the pair with `user` in which HTTP Basic authentication sends it.
pub(super) fn forms(secret: &str, user: Option<&str>) -> Vec<Form> {
    let whole = |text: &str| Form { text: Zeroizing::new(text.to_owned()), reaches_back: false, reaches_on: false };
    let mut forms = vec![whole(secret)];
    // A secret with something like an escape in it reads otherwise wherever escapes within escapes are looked through.
    let mut read = Units::of(secret).unescaped();
    while let Some(units) = read {
        let text = Zeroizing::new(units.text());
        if text.len() >= SECRET_CHARS_MIN && text.is_ascii() {
            forms.push(whole(&text));
        }
        read = units.unescaped();
    }
    let json = in_json(secret);
    let slashed = json.replace('/', "\\/");
    for carried in [secret.to_owned(), json, slashed, in_url(secret, true), in_url(secret, false), in_html(secret)] {
        let carried = Zeroizing::new(carried);
        forms.extend((0..3).flat_map(|before| in_base64(&carried, before)));
    }
    if let Some(user) = user {
        forms.extend(in_base64(&Zeroizing::new(format!("{user}:{secret}")), 0));
    }
    forms
}

/// What base64 (RFC 4648) makes of a text that has `before` other bytes before it in a group of three, in both alphabets:
/// the characters that depend on this text alone.
fn in_base64(text: &str, before: usize) -> Vec<Form> {
    let bytes = Zeroizing::new(std::iter::repeat_n(0, before).chain(text.bytes()).collect::<Vec<u8>>());
    let bits = bytes.len() * 8;
    // Six bits make a character.
    let (first, end) = ((before * 8).div_ceil(6), bits / 6);
    let cut = |encoded: String| {
        let encoded = Zeroizing::new(encoded);
        let text = encoded.get(first..end).unwrap_or_default().to_owned();
        Form { text: Zeroizing::new(text), reaches_back: before > 0, reaches_on: bits % 6 > 0 }
    };
    [STANDARD_NO_PAD, URL_SAFE_NO_PAD].map(|engine| cut(engine.encode(&*bytes))).into()
}

/// Whether a character is one of base64, in either alphabet.
pub(super) fn is_base64(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '-' | '_')
}

/// The secret as it is written inside a JSON text (RFC 8259). Secrets are ASCII without control characters.
fn in_json(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

/// The secret as it is written inside a URL (RFC 3986): all but the unreserved characters are percent-encoded.
fn in_url(text: &str, is_upper: bool) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut url, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => url.push(char::from(byte)),
            _ if is_upper => url.push_str(&format!("%{byte:02X}")),
            _ => url.push_str(&format!("%{byte:02x}")),
        }
        url
    })
}

/// The secret as it is written inside HTML.
fn in_html(text: &str) -> String {
    [("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\"", "&quot;"), ("'", "&#39;")]
        .iter()
        .fold(text.to_owned(), |text, (character, entity)| text.replace(character, entity))
}
