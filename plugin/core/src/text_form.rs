//! The one form in which texts about people are compared, and the form in which they are written.
//!
//! People paste names and addresses from web pages, mails and spreadsheets, so two texts that look the same may differ
//! in characters that nobody sees. Every comparison of two such texts goes through this module: on both sides, so that
//! it does not matter which of the two was pasted. The host has a module of the same name that shares nothing with this
//! one; a test holds the two equal.
//!
//! 1. White space of any kind, the no-break space too, counts as one blank, and none counts at the ends.
//! 2. Letters with marks are composed (Unicode's normalization form C).
//! 3. Invisible characters do not count: those that Unicode calls "default ignorable" (zero-width space, byte order
//!    mark, bidirectional marks, soft hyphen, …), control characters and interlinear annotations.
//! 4. In names, what a script needs is written as it stands: the zero-width joiner and non-joiner between letters
//!    (Persian and Indic names), the combining grapheme joiner, and variation selectors (Japanese names). They do not
//!    count when names are compared. In addresses they are left out.
//! 5. An address has no `mailto:` before it, and no case.

use std::borrow::Cow;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

const MAILTO: &str = "mailto:";

/// An address as it is written.
pub fn address(text: &str) -> Cow<'_, str> {
    let mut address = clean(text, false);
    while without_mailto(&address).len() < address.len() {
        address = Cow::Owned(clean(without_mailto(&address), false).into_owned());
    }
    address
}

/// An address as it is compared.
pub fn address_key(text: &str) -> String {
    if is_simple_address(text) {
        return text.to_ascii_lowercase();
    }
    let lower = address(text).to_lowercase();
    if lower.is_ascii() { lower } else { lower.nfc().collect() }
}

/// A name, or any other text, as it is written.
pub fn text(text: &str) -> Cow<'_, str> {
    clean(text, true)
}

/// A name, an id, or any other text, as it is compared. It has a case.
pub fn key(text: &str) -> Cow<'_, str> {
    clean(text, false)
}

/// Whether two texts are the same when compared.
pub fn same(a: &str, b: &str) -> bool {
    a == b || (!(is_plain(a) && is_plain(b)) && key(a) == key(b))
}

/// Whether two addresses are the same when compared.
pub fn same_address(a: &str, b: &str) -> bool {
    if is_simple_address(a) && is_simple_address(b) {
        a.eq_ignore_ascii_case(b)
    } else {
        address_key(a) == address_key(b)
    }
}

/// Whether an address is compared by its bytes alone, but for case: it is ASCII, and nothing in it would be cleaned.
pub(crate) fn is_simple_address(text: &str) -> bool {
    is_plain(text) && without_mailto(text).len() == text.len()
}

/// What was cleaned in a text, as the rest of a sentence that begins with the field's name; none if nothing was, or
/// only white space at the ends.
pub(crate) fn cleaned(before: &str, after: &str) -> Option<String> {
    let before = before.trim();
    if before == after {
        return None;
    }
    let mut invisible: Vec<char> = before.chars().filter(|c| is_invisible(*c) && !after.contains(*c)).collect();
    invisible.sort_unstable();
    invisible.dedup();
    let codes: Vec<String> = invisible.iter().take(3).map(|c| format!("U+{:04X}", u32::from(*c))).collect();
    Some(if !codes.is_empty() {
        format!("has characters that nobody sees ({})", codes.join(", "))
    } else if without_mailto(before).len() < before.len() && without_mailto(after).len() == after.len() {
        "begins with `mailto:`".to_owned()
    } else if before.split_whitespace().collect::<Vec<_>>().join(" ") != before {
        "has more or other white space than one blank between two words".to_owned()
    } else {
        "has letters and marks as separate characters".to_owned()
    })
}

fn without_mailto(text: &str) -> &str {
    match text.split_at_checked(MAILTO.len()) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case(MAILTO) => rest,
        _ => text,
    }
}

/// Whether a text is ASCII in which nothing would be cleaned.
fn is_plain(text: &str) -> bool {
    let mut after_blank = true;
    for byte in text.bytes() {
        match byte {
            b' ' if !after_blank => after_blank = true,
            0x21..=0x7e => after_blank = false,
            _ => return false,
        }
    }
    !after_blank || text.is_empty()
}

/// Whether nothing would be cleaned in a text, as far as that is quickly told: its characters are those of [`is_plain`]
/// and visible ones of Unicode's blocks up to U+02FF, which are all composed.
fn is_clean(text: &str) -> bool {
    let (mut after_blank, mut bytes) = (true, text.bytes());
    while let Some(byte) = bytes.next() {
        let is_visible = match byte {
            b' ' if !after_blank => {
                after_blank = true;
                continue;
            }
            0x21..=0x7e => true,
            0xc2 => bytes.next().is_some_and(|next| next > 0xa0 && next != 0xad), // not the no-break space, soft hyphen
            0xc3..=0xcb => bytes.next().is_some(),
            _ => false,
        };
        if !is_visible {
            return false;
        }
        after_blank = false;
    }
    !after_blank || text.is_empty()
}

fn clean(text: &str, keeps_script: bool) -> Cow<'_, str> {
    if is_clean(text) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len());
    let mut is_after_blank = false;
    for character in text.chars() {
        if character.is_whitespace() {
            is_after_blank = true;
        } else if !is_invisible(character) || (keeps_script && is_of_script(character)) {
            if is_after_blank && !clean.is_empty() {
                clean.push(' ');
            }
            is_after_blank = false;
            clean.push(character);
        }
    }
    if is_nfc_quick(clean.chars()) != IsNormalized::Yes {
        clean = clean.nfc().collect();
    }
    let ends = clean.trim_matches(|c| c == ' ' || is_joiner(c));
    match ends {
        ends if ends == text => Cow::Borrowed(text),
        ends if ends.len() == clean.len() => Cow::Owned(clean),
        ends => Cow::Owned(ends.to_owned()),
    }
}

/// The zero-width joiner and non-joiner, which stand between letters.
fn is_joiner(character: char) -> bool {
    matches!(character, '\u{200c}' | '\u{200d}')
}

/// Whether some script needs this invisible character in a name.
fn is_of_script(character: char) -> bool {
    let is_selector =
        matches!(character, '\u{180b}'..='\u{180d}' | '\u{180f}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}');
    is_joiner(character) || is_selector || character == '\u{34f}'
}

/// Whether a character that is no white space shows nothing: Unicode 17.0's property `Default_Ignorable_Code_Point`,
/// the control characters (Cc), and the marks of interlinear annotations.
fn is_invisible(character: char) -> bool {
    match character {
        ' '..='~' => false,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' => true,
        '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' => true,
        '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' => true,
        '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}' => true,
        character => character.is_control() && !character.is_whitespace(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_cleaned_is_said_and_blanks_at_the_ends_are_not() {
        let said = |before: &str| cleaned(before, &text(before));
        assert_eq!(said(" Ana "), None);
        assert_eq!(said("علی\u{200c}رضا"), None);
        assert!(said("A\u{200b}na").unwrap().contains("U+200B"));
        assert!(said("Ana  Ruiz").unwrap().contains("white space"));
        assert!(said("Jose\u{301}").unwrap().contains("separate characters"));
        assert!(cleaned("mailto:a@b.c", &address("mailto:a@b.c")).unwrap().contains("mailto:"));
    }
}
