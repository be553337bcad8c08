//! Telephone numbers: reads what people write, and brings it into the form that TravelPerk accepts.
//!
//! The library of the field (libphonenumber, and its ports to Rust) checks a number by hundreds of patterns. That is
//! more than is needed here, and larger and slower than a plan may be; so only its numbers are here, as a table
//! (`phone/countries.rs`).

mod countries;

pub use countries::Country;
use countries::WITHOUT_COUNTRY;
use std::ops::RangeInclusive;

/// Digits that a number has at least and at most, with its calling code (ITU-T E.164 allows 15).
const DIGITS: RangeInclusive<usize> = 5..=15;

/// Words before an extension.
const EXTENSION_WORDS: [&str; 10] =
    ["ext", "extn", "extension", "x", "anexo", "int", "poste", "dw", "durchwahl", "доб"];

/// Why a text is no number that can be written. Holds the rest of a sentence that begins with the field's name.
pub(crate) type NoPhone = &'static str;

/// A number as TravelPerk accepts it: `+`, the calling code, a blank, and the number in the groups in which it was
/// written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Phone {
    pub(crate) written: String,
    /// Whether there was an extension, which TravelPerk's form cannot hold.
    pub(crate) had_extension: bool,
}

/// Reads a number. `country` is where it belongs if it has no calling code.
///
/// 1. Digits and plus signs of every script count, and so does `00`, or what is dialled for calls abroad in `country`,
///    as a plus sign.
/// 2. Separators are blanks, and an extension is left out.
/// 3. The national prefix (the 0 in `020 7946 0000` and in `+44 (0)20 7946 0000`) is left out.
///
/// # Errors
/// Why not.
pub(crate) fn read(text: &str, country: Option<&Country>) -> Result<Phone, NoPhone> {
    let Scanned { has_plus, digits, had_extension } =
        scan(text).ok_or("has characters that no telephone number has")?;
    let plain: String = digits.iter().map(|digit| digit.0).collect();
    let abroad = country.map(|country| country.abroad).filter(|code| plain.starts_with(code));
    let abroad = abroad.or_else(|| plain.starts_with("00").then_some("00"));
    let skipped = match (has_plus, abroad) {
        (true, _) => Some(0),
        (false, Some(code)) => Some(code.len()),
        (false, None) => None,
    };
    let (code, from) = match (skipped, country) {
        (Some(skipped), _) => {
            let (code, length) = calling_code(plain.get(skipped..).unwrap_or_default())?;
            (code, trunk_end(&plain, skipped + length, Country::of_code(code)))
        }
        (None, Some(country)) => (country.code, national_start(&plain, country)?),
        (None, None) => {
            return Err(
                "has no country code, and the country of the site is not known (sync.phone_country, [sync.site_countries])",
            );
        }
    };
    let rest = digits.get(from..).unwrap_or_default();
    if !DIGITS.contains(&(code.to_string().len() + rest.len())) {
        return Err("has too few or too many digits for a telephone number");
    }
    let mut written = format!("+{code} ");
    for (position, (digit, is_after_separator)) in rest.iter().enumerate() {
        if *is_after_separator && position > 0 {
            written.push(' ');
        }
        written.push(*digit);
    }
    Ok(Phone { written, had_extension })
}

/// A number as it is compared: a plus sign if it has one, and its digits, without extension and without a national
/// prefix in brackets. A text that is no number is compared by its digits and plus signs.
pub fn key(text: &str) -> String {
    let Some(Scanned { has_plus, digits, .. }) = scan(text) else {
        return text.chars().filter_map(|c| digit(c).or_else(|| is_plus(c).then_some('+'))).collect();
    };
    let plain: String = digits.iter().map(|digit| digit.0).collect();
    match (has_plus, plain.strip_prefix("00")) {
        (true, _) => format!("+{plain}"),
        (false, Some(rest)) => format!("+{rest}"),
        (false, None) => plain,
    }
}

/// A text taken apart.
struct Scanned {
    has_plus: bool,
    /// The digits as ASCII, each with whether a separator stands before it.
    digits: Vec<(char, bool)>,
    had_extension: bool,
}

/// `None` if the text has something that is in no number.
fn scan(text: &str) -> Option<Scanned> {
    let text = match text.get(..4) {
        Some(scheme) if scheme.eq_ignore_ascii_case("tel:") => text.get(4..)?,
        _ => text,
    };
    let mut scanned = Scanned { has_plus: false, digits: Vec::with_capacity(text.len()), had_extension: false };
    let mut is_after_separator = false;
    let mut rest = text.char_indices();
    while let Some((at, character)) = rest.next() {
        if let Some(digit) = digit(character) {
            scanned.digits.push((digit, is_after_separator));
            is_after_separator = false;
        } else if is_plus(character) && scanned.digits.is_empty() && !scanned.has_plus {
            scanned.has_plus = true;
        } else if character == '(' && is_bracketed_zero(text.get(at..)?) && is_from_abroad(&scanned) {
            rest.nth(1);
            is_after_separator = true;
        } else if is_separator(character) {
            is_after_separator = true;
        } else if is_extension(text.get(at..)?) && scanned.digits.len() >= *DIGITS.start() {
            scanned.had_extension = true;
            break;
        } else {
            return None;
        }
    }
    (!scanned.digits.is_empty()).then_some(scanned)
}

/// Whether a number so far begins as one that is dialled from abroad.
fn is_from_abroad(scanned: &Scanned) -> bool {
    !scanned.digits.is_empty() && (scanned.has_plus || matches!(scanned.digits.as_slice(), [('0', _), ('0', _), _, ..]))
}

/// Whether a text begins with the national prefix as it is written beside a calling code.
fn is_bracketed_zero(text: &str) -> bool {
    text.starts_with("(0)")
}

fn is_extension(text: &str) -> bool {
    let text = text.strip_prefix([';', ',']).unwrap_or(text).trim_start();
    let number = match text.strip_prefix('#') {
        Some(number) => number,
        None => {
            let end = text.find(|c: char| !c.is_alphabetic()).unwrap_or(text.len());
            let (word, number) = text.split_at(end);
            if !EXTENSION_WORDS.contains(&word.to_lowercase().as_str()) {
                return false;
            }
            number
        }
    };
    let number = number.trim_start_matches(['.', ':', '=', ' ']).trim_end_matches([' ', ')']);
    (1..=8).contains(&number.chars().count()) && number.chars().all(|c| digit(c).is_some())
}

/// The characters that are zero in the scripts whose digits people write numbers with; the other nine follow each.
const ZEROS: [char; 12] = [
    '0', '\u{660}', '\u{6f0}', '\u{966}', '\u{9e6}', '\u{a66}', '\u{ae6}', '\u{be6}', '\u{c66}', '\u{ce6}', '\u{e50}',
    '\u{ff10}',
];

fn digit(character: char) -> Option<char> {
    if character.is_ascii() {
        return character.is_ascii_digit().then_some(character);
    }
    let value = ZEROS.into_iter().find_map(|zero| u32::from(character).checked_sub(zero.into()).filter(|v| *v < 10))?;
    char::from_digit(value, 10)
}

fn is_plus(character: char) -> bool {
    matches!(character, '+' | '\u{ff0b}' | '\u{fe62}')
}

fn is_separator(character: char) -> bool {
    match character {
        ' ' | '(' | ')' | '-' | '.' | '/' | '[' | ']' | '_' | '~' => true,
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{ff0d}' | '\u{fe63}' | '\u{30fc}' | '\u{b7}' | '\u{2044}' => true,
        '\u{ff08}' | '\u{ff09}' | '\u{ff0e}' | '\u{ff0f}' | '\u{ff3b}' | '\u{ff3d}' | '\u{ff5e}' => true,
        character => character.is_whitespace(),
    }
}

/// The calling code with which these digits begin, and how many digits it has. No code is the beginning of another one.
fn calling_code(digits: &str) -> Result<(u16, usize), NoPhone> {
    (1..=3)
        .find_map(|length| {
            let code: u16 = digits.get(..length)?.parse().ok().filter(|code| *code > 0)?;
            (Country::of_code(code).is_some() || WITHOUT_COUNTRY.contains(&code)).then_some((code, length))
        })
        .ok_or("begins with a country code that no country has")
}

/// Where the number begins behind a calling code that ends at `from`: behind the national prefix, if one is there.
///
/// In countries whose prefix is 0, no number begins with 0. Another prefix may be a number's own beginning, and is one
/// only where the number would be too long with it.
fn trunk_end(plain: &str, from: usize, country: Option<&Country>) -> usize {
    let rest = plain.get(from..).unwrap_or_default();
    let Some(country) = country.filter(|country| !country.trunk.is_empty()) else { return from };
    match rest.strip_prefix(country.trunk) {
        Some(after) if after.len() >= country.digits_min => {
            let is_prefix = country.trunk == "0" || rest.len() > country.digits_max;
            if is_prefix { from + country.trunk.len() } else { from }
        }
        _ => from,
    }
}

/// Where the number begins in digits that were written for calls within the country: behind the national prefix, or
/// behind a calling code that lacks its plus sign.
fn national_start(plain: &str, country: &Country) -> Result<usize, NoPhone> {
    let fits = |from: usize| (country.digits_min..=country.digits_max).contains(&(plain.len().saturating_sub(from)));
    let trunk = if country.trunk.is_empty() || !plain.starts_with(country.trunk) { 0 } else { country.trunk.len() };
    let code = country.code.to_string();
    if trunk > 0 && fits(trunk) {
        return Ok(trunk);
    }
    match plain.starts_with(&code) && fits(code.len()) && !fits(0) {
        true => Ok(code.len()),
        false if fits(0) => Ok(0),
        false => Err("has too few or too many digits for its country"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(text: &str, country: &str) -> Result<String, NoPhone> {
        read(text, Country::named(country)).map(|phone| phone.written)
    }

    /// Forms that people use in HR systems.
    #[test]
    fn what_people_write_is_read() {
        for (text, country, want) in [
            ("+34 600.100/200", "", "+34 600 100 200"),
            ("+34600100200", "", "+34 600100200"),
            ("+34\u{a0}600\u{2011}100\u{2011}200", "", "+34 600 100 200"),
            ("\u{ff0b}\u{ff13}\u{ff14} \u{ff16}\u{ff10}\u{ff10}100200", "", "+34 600100200"),
            ("0034 600 100 200", "", "+34 600 100 200"),
            ("+44 (0)20 7946 0000", "", "+44 20 7946 0000"),
            ("+44 020 7946 0000", "", "+44 20 7946 0000"),
            ("020 7946 0000", "GB", "+44 20 7946 0000"),
            ("07502177269", "gb", "+44 7502177269"),
            ("600 100 200", "ES", "+34 600 100 200"),
            ("34600100200", "ES", "+34 600100200"),
            ("(415) 555-2671 x123", "US", "+1 415 555 2671"),
            ("1-415-555-2671", "US", "+1 415 555 2671"),
            ("011 34 600 100 200", "US", "+34 600 100 200"),
            ("+1 415 555 2671 ext. 12", "", "+1 415 555 2671"),
            ("tel:+1-415-555-2671;ext=12", "", "+1 415 555 2671"),
            ("06 1 234 5678", "HU", "+36 1 234 5678"),
            ("8 (800) 555-35-35", "RU", "+7 800 555 35 35"),
            ("+7 800 555 35 35", "", "+7 800 555 35 35"),
            ("+39 06 1234 5678", "", "+39 06 1234 5678"),
            ("06 1234 5678", "IT", "+39 06 1234 5678"),
            ("+49 (0) 30 / 123 45-0", "", "+49 30 123 45 0"),
            ("۰۹۱۲ ۳۴۵ ۶۷۸۹", "IR", "+98 912 345 6789"),
            ("+800 1234 5678", "", "+800 1234 5678"),
        ] {
            assert_eq!(written(text, country).as_deref(), Ok(want), "{text:?}");
        }
        assert!(read("+1 415 555 2671 ext. 12", None).unwrap().had_extension);
    }

    #[test]
    fn what_is_not_a_number_says_why() {
        for (text, country, why) in [
            ("600100200", "", "no country code"),
            ("+34", "", "digits"),
            ("+999 123456", "", "no country has"),
            ("call Ana", "ES", "characters"),
            ("600 100 200 / 600 100 201", "ES", "digits"),
            ("+34 600 100 200 +34 600 100 201", "", "characters"),
            ("12", "ES", "digits"),
            ("+1234567890123456", "", "digits"),
            ("", "ES", "characters"),
        ] {
            let error = written(text, country).unwrap_err();
            assert!(error.contains(why), "{text:?}: {error}");
        }
    }

    #[test]
    fn numbers_are_compared_by_what_is_dialled() {
        for (a, b) in [
            ("+34 600-100-200", "+34600100200"),
            ("0034 600 100 200", "+34 600 100 200"),
            ("+44 (0)20 7946 0000", "+44 20 79460000"),
            ("\u{ff0b}34 600100200", "+34600100200"),
            ("+1 415 555 2671 x12", "+14155552671"),
        ] {
            assert_eq!(key(a), key(b));
        }
        assert_ne!(key("+34 600100200"), key("600100200"));
    }

    proptest! {
        #[test]
        fn what_was_written_is_read_again_as_the_same(text in "[+0-9 ().x/-]{0,24}", country in 0..3_usize) {
            let country = Country::named(["ES", "GB", "US"][country]);
            if let Ok(phone) = read(&text, country) {
                prop_assert_eq!(read(&phone.written, None).map(|again| again.written), Ok(phone.written.clone()));
                prop_assert_eq!(key(&phone.written), phone.written.replace(' ', ""));
            }
        }
    }
}
