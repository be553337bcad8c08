//! The one form in which texts about people are compared: names, addresses and ids.
//!
//! The plugin has a module for the same purpose. This one is written independently, since the host does not judge a
//! plugin by the plugin's own code; a test holds the results of the two equal.

use chrono::NaiveDate;
use std::borrow::Cow;
use unicode_normalization::UnicodeNormalization;

/// Characters without a mark on paper, by ranges of code points: Unicode 17.0's `Default_Ignorable_Code_Point`, and the
/// three marks of interlinear annotations.
const UNSEEN: [(u32, u32); 20] = [
    (0x00ad, 0x00ad),
    (0x034f, 0x034f),
    (0x061c, 0x061c),
    (0x115f, 0x1160),
    (0x17b4, 0x17b5),
    (0x180b, 0x180f),
    (0x200b, 0x200f),
    (0x202a, 0x202e),
    (0x2060, 0x206f),
    (0x3164, 0x3164),
    (0xfe00, 0xfe0f),
    (0xfeff, 0xfeff),
    (0xffa0, 0xffa0),
    (0xfff0, 0xfff8),
    (0xfff9, 0xfffb),
    (0x1bca0, 0x1bca3),
    (0x1d173, 0x1d17a),
    (0xe0000, 0xe00ff),
    (0xe0100, 0xe01ef),
    (0xe01f0, 0xe0fff),
];

/// Of these, the ones that names of some scripts are spelled with: joiners and variation selectors.
const SPELLED: [(u32, u32); 6] =
    [(0x034f, 0x034f), (0x180b, 0x180d), (0x180f, 0x180f), (0x200c, 0x200d), (0xfe00, 0xfe0f), (0xe0100, 0xe01ef)];

fn is_in(ranges: &[(u32, u32)], character: char) -> bool {
    ranges.iter().any(|(first, last)| (*first..=*last).contains(&u32::from(character)))
}

fn is_unseen(character: char) -> bool {
    is_in(&UNSEEN, character) || (character.is_control() && !character.is_whitespace())
}

/// A name as it is written: with composed letters, one blank between words, and no invisible characters apart from those
/// that its script needs between letters.
pub fn written(text: &str) -> String {
    let kept: String = text.chars().filter(|c| !is_unseen(*c) || is_in(&SPELLED, *c)).collect();
    let words: Vec<&str> = kept.split_whitespace().collect();
    let composed: String = words.join(" ").nfc().collect();
    composed.trim_matches(['\u{200c}', '\u{200d}', ' ']).to_owned()
}

/// A name, an id, or any other text, as it is compared: as it is written, without any invisible character.
pub fn compared(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Cow::Borrowed(text);
    }
    let seen: String = text.chars().filter(|c| !is_unseen(*c)).collect();
    Cow::Owned(seen.split_whitespace().collect::<Vec<_>>().join(" ").nfc().collect())
}

/// An e-mail address as it is written: without any invisible character, and without `mailto:`.
pub fn address(text: &str) -> String {
    let mut address = compared(text).into_owned();
    while let Some((scheme, rest)) = address.split_once(':')
        && scheme.eq_ignore_ascii_case("mailto")
    {
        address = compared(rest).into_owned();
    }
    address
}

/// An e-mail address as it is compared: without regard to case.
pub fn address_compared(text: &str) -> String {
    let mut address = address(text);
    if address.is_ascii() {
        address.make_ascii_lowercase();
        return address;
    }
    address.to_lowercase().nfc().collect()
}

/// The zeros of the scripts whose digits are read in telephone numbers.
const ZEROS: [u32; 12] = [0x30, 0x660, 0x6f0, 0x966, 0x9e6, 0xa66, 0xae6, 0xbe6, 0xc66, 0xce6, 0xe50, 0xff10];

/// Characters that separate the groups of a telephone number, beside white space.
const SEPARATORS: &str = "()-./[]_~\u{b7}\u{2010}\u{2011}\u{2012}\u{2013}\u{2014}\u{2015}\u{2044}\u{2212}\u{30fc}\u{fe63}\
    \u{ff08}\u{ff09}\u{ff0d}\u{ff0e}\u{ff0f}\u{ff3b}\u{ff3d}\u{ff5e}";

/// Words that stand before an extension.
const EXTENSIONS: [&str; 11] =
    ["#", "ext", "extn", "extension", "x", "anexo", "int", "poste", "dw", "durchwahl", "доб"];

/// Fewest digits that stand before an extension.
const BEFORE_EXTENSION_MIN: usize = 5;

/// A telephone number as it is compared: by what is dialled from abroad. Its digits, of whatever script, after a plus sign
/// if it begins with one or with `00`; without an extension, and without the national prefix that some write in brackets
/// behind the calling code, `(0)`. Of a text that is no number, all digits and plus signs.
pub fn phone_compared(text: &str) -> String {
    let has_scheme = text.get(..4).is_some_and(|scheme| scheme.eq_ignore_ascii_case("tel:"));
    let characters: Vec<char> = text.chars().skip(if has_scheme { 4 } else { 0 }).collect();
    match dialled(&characters) {
        Some(number) => match number.strip_prefix("00") {
            Some(rest) => format!("+{rest}"),
            None => number,
        },
        None => text.chars().filter_map(mark).collect(),
    }
}

/// A digit or a plus sign as ASCII.
fn mark(character: char) -> Option<char> {
    if ['+', '\u{ff0b}', '\u{fe62}'].contains(&character) {
        return Some('+');
    }
    ZEROS.iter().find_map(|zero| char::from_digit(u32::from(character).checked_sub(*zero)?, 10))
}

/// What is dialled; `None` if the text is no number.
fn dialled(characters: &[char]) -> Option<String> {
    let mut number = String::new();
    let mut at = 0;
    while let Some(&character) = characters.get(at) {
        let rest = characters.get(at..).unwrap_or_default();
        let digits = number.trim_start_matches('+');
        match mark(character) {
            Some('+') if number.is_empty() => number.push('+'),
            Some('+') => return None,
            Some(digit) => number.push(digit),
            None if rest.starts_with(&['(', '0', ')']) && !digits.is_empty() && is_from_abroad(&number) => at += 2,
            None if character.is_whitespace() || SEPARATORS.contains(character) => {}
            None if digits.len() >= BEFORE_EXTENSION_MIN && is_extension(rest) => break,
            None => return None,
        }
        at += 1;
    }
    number.contains(|c| c != '+').then_some(number)
}

fn is_from_abroad(number: &str) -> bool {
    number.starts_with('+') || (number.starts_with("00") && number.len() > 2)
}

/// Whether a text is an extension: a word, and up to eight digits.
fn is_extension(characters: &[char]) -> bool {
    let text: String = characters.iter().collect();
    let text = match text.chars().next() {
        Some(';' | ',') => text.get(1..).unwrap_or_default().trim_start(),
        _ => text.trim_start(),
    };
    let length = text.find(|c: char| !c.is_alphabetic()).unwrap_or(text.len()).max(usize::from(text.starts_with('#')));
    let (word, number) = text.split_at(length);
    let number: Vec<char> =
        number.trim_start_matches(['.', ':', '=', ' ']).trim_end_matches([' ', ')']).chars().collect();
    let is_digit = |c: &char| mark(*c).is_some_and(|digit| digit != '+');
    EXTENSIONS.contains(&word.to_lowercase().as_str()) && (1..=8).contains(&number.len()) && number.iter().all(is_digit)
}

/// A day as HiBob writes it, in the form YYYY-MM-DD; a time that follows after `T` or a blank is cut off. `None` for any
/// other text.
pub(crate) fn day(text: &str) -> Option<NaiveDate> {
    let text = compared(text);
    let (date, time) = text.split_once(['T', 't', ' ']).unwrap_or((&text, "0"));
    let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let is_right = date.split('-').all(is_digits) && time.get(..1).is_some_and(is_digits);
    NaiveDate::parse_from_str(date, "%Y-%m-%d").ok().filter(|_| is_right)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses_are_compared_as_they_look() {
        assert_eq!(compared("Ana\u{a0} Mari\u{301}a\u{200b}"), "Ana María");
        assert_eq!(written("علی\u{200c}رضا\u{200f}"), "علی\u{200c}رضا");
        assert_eq!(compared("علی\u{200c}رضا"), "علیرضا");
        assert_eq!(address("Mailto:Ben@\u{ad}acme.example\u{200b} "), "Ben@acme.example");
        assert_eq!(address_compared("JO\u{308}RG@x.example"), "jörg@x.example");
        assert_ne!(compared("Ana Ruiz"), compared("AnaRuiz"));
        assert_eq!(phone_compared("0034 600-100\u{2011}200 ext. 7"), "+34600100200");
        assert_eq!(phone_compared("+44 (0)20 7946 0000"), "+442079460000");
        assert_eq!(day("2020-01-06T00:00:00Z").map(|day| day.to_string()).as_deref(), Some("2020-01-06"));
        assert_eq!(day("06/01/2020"), None);
    }
}
