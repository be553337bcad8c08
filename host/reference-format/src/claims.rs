//! The claims of a reference: a closed set of texts and dates, each within limits.
//!
//! Their names in JSON are stable; `schema/employment-reference.schema.json` describes the whole document.

use crate::domain::Domain;
use chrono::NaiveDate;
use std::fmt;
use unicode_normalization::{UnicodeNormalization, is_nfc};

/// The most characters (Unicode scalar values) that a name, a title, a department or a company may have.
pub const TEXT_CHARACTERS_MAX: usize = 400;

/// Why claims cannot be part of a reference.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ClaimsError {
    /// A text is empty.
    #[error("the {0} is empty; leave the field out if there is nothing to say")]
    Empty(&'static str),
    /// A text is too long.
    #[error("the {field} has {characters} characters, {TEXT_CHARACTERS_MAX} at most; shorten it in the source")]
    TooLong {
        /// The name of the text, as the caller gave it.
        field: &'static str,
        /// The number of its characters.
        characters: usize,
    },
    /// A text is not in Unicode normalization form C (composed characters).
    #[error(
        "the {0} has letters apart from their marks (not Unicode normalization form C); write it anew in the source"
    )]
    NotComposed(&'static str),
    /// A text begins or ends with a space, or has two spaces in a row.
    #[error("the {0} begins or ends with a space, or has two in a row; correct it in the source")]
    Spaces(&'static str),
    /// A text has a character that is invisible, or that changes how other characters look.
    #[error("the {field} has the character U+{character:04X}, which cannot be seen on paper; remove it in the source")]
    Invisible {
        /// The name of the text, as the caller gave it.
        field: &'static str,
        /// The character's Unicode code point.
        character: u32,
    },
    /// The employment ends before it begins.
    #[error("the employment ends on {end}, before it begins on {start}; correct the dates in the source")]
    EndBeforeStart {
        /// The first day.
        start: NaiveDate,
        /// The last day.
        end: NaiveDate,
    },
    /// A date's year is not between 1900 and 2200, so it is probably a typing error.
    #[error("the year of {0} is not between 1900 and 2200; correct the date in the source")]
    Year(NaiveDate),
}

/// One line of text in which every character can be seen: in Unicode normalization form C, without control characters
/// and without characters that override the text's direction.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClaimText(String);

impl ClaimText {
    /// Checks a text and takes it unchanged; `field` names it in errors.
    ///
    /// # Errors
    /// The text is empty, too long, not in normalization form C, has spaces in the wrong places, or has invisible
    /// characters.
    pub fn parse(field: &'static str, text: &str) -> Result<Self, ClaimsError> {
        if text.is_empty() {
            return Err(ClaimsError::Empty(field));
        }
        let characters = text.chars().count();
        if characters > TEXT_CHARACTERS_MAX {
            return Err(ClaimsError::TooLong { field, characters });
        }
        if let Some(character) = text.chars().find(|character| is_invisible(*character)) {
            return Err(ClaimsError::Invisible { field, character: character.into() });
        }
        if !is_nfc(text) {
            return Err(ClaimsError::NotComposed(field));
        }
        if text.starts_with(' ') || text.ends_with(' ') || text.contains("  ") {
            return Err(ClaimsError::Spaces(field));
        }
        Ok(Self(text.to_owned()))
    }

    /// Takes a text from a source such as HiBob: normalizes it to form C, replaces each run of white space by one
    /// space, and removes white space at both ends.
    ///
    /// # Errors
    /// The result is one that [`ClaimText::parse`] refuses.
    pub fn from_source(field: &'static str, text: &str) -> Result<Self, ClaimsError> {
        Self::parse(field, &text.split_whitespace().collect::<Vec<_>>().join(" ").nfc().collect::<String>())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ClaimText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether a character is a control or format character (bidirectional overrides are), white space other than the
/// space, for private use, or a noncharacter: general categories Cc, Cf, Zl, Zp, Zs and Co of Unicode 17.0.
///
/// The zero-width joiner and non-joiner are allowed, because Persian and Indic names are spelled with them.
fn is_invisible(character: char) -> bool {
    let is_format = matches!(character,
        '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{890}'..='\u{891}' | '\u{8e2}'
        | '\u{180e}' | '\u{200b}' | '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}');
    // Unicode counts fillers as letters, but they are blank; variation selectors change how another character looks.
    let is_blank = matches!(character,
        '\u{34f}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{2800}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}');
    let is_private = matches!(character, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}');
    let is_noncharacter = matches!(character, '\u{fdd0}'..='\u{fdef}') || u32::from(character) & 0xfffe == 0xfffe;
    character.is_control()
        || (character.is_whitespace() && character != ' ')
        || is_format
        || is_blank
        || is_private
        || is_noncharacter
}

/// The company that gives the reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer {
    /// The issuer's domain, which its DNS record or its web server confirms. It is always shown beside the company's
    /// name, which nothing confirms.
    pub domain: Domain,
    /// The company's name.
    pub name: ClaimText,
}

/// All claims of a reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    issuer: Issuer,
    employment: Employment,
}

/// The employment of one person: all claims but the issuer.
///
/// Whatever writes or shows a reference takes it apart whole, without `..`: a new claim does not compile until each of
/// these places has been thought of. [`Claims::new`] checks its dates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Employment {
    /// The person's name.
    pub name: ClaimText,
    /// The job title, where there is one.
    pub job_title: Option<ClaimText>,
    /// The department, where there is one.
    pub department: Option<ClaimText>,
    /// The first day of the employment.
    pub start: NaiveDate,
    /// The last day of the employment.
    pub end: NaiveDate,
}

impl Claims {
    /// Combines issuer and employment to claims.
    ///
    /// # Errors
    /// The last day is before the first, or a year is not between 1900 and 2200.
    pub fn new(issuer: Issuer, employment: Employment) -> Result<Self, ClaimsError> {
        use chrono::Datelike as _;
        let (start, end) = (employment.start, employment.end);
        if let Some(date) = [start, end].into_iter().find(|date| !(1900..=2200).contains(&date.year())) {
            return Err(ClaimsError::Year(date));
        }
        if end < start {
            return Err(ClaimsError::EndBeforeStart { start, end });
        }
        Ok(Self { issuer, employment })
    }

    /// The company that gives the reference.
    pub fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// The person's employment.
    pub fn employment(&self) -> &Employment {
        &self.employment
    }

    /// The person's name.
    pub fn name(&self) -> &ClaimText {
        &self.employment.name
    }

    /// The first day of the employment.
    pub fn start(&self) -> NaiveDate {
        self.employment.start
    }

    /// The last day of the employment.
    pub fn end(&self) -> NaiveDate {
        self.employment.end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_what_they_look_like() {
        for good in
            ["Zoë O'Neil-Łukasz", "Γιώργος", "Юлия", "שרה כהן", "محمد", "می\u{200c}خواهم", "山田 太郎", "김철수"]
        {
            assert_eq!(ClaimText::parse("name", good).unwrap().as_str(), good);
        }
        let long = "é".repeat(TEXT_CHARACTERS_MAX + 1);
        assert!(ClaimText::parse("name", &long[2..]).is_ok());
        assert_eq!(
            ClaimText::parse("name", &long),
            Err(ClaimsError::TooLong { field: "name", characters: TEXT_CHARACTERS_MAX + 1 })
        );
        assert_eq!(ClaimText::parse("name", ""), Err(ClaimsError::Empty("name")));
        assert_eq!(ClaimText::parse("name", "Zoe\u{308}"), Err(ClaimsError::NotComposed("name")));
        for spaced in [" a", "a ", "a  b"] {
            assert_eq!(ClaimText::parse("name", spaced), Err(ClaimsError::Spaces("name")), "{spaced:?}");
        }
        for hidden in "\0\n\t\u{7f}\u{85}\u{a0}\u{ad}\u{61c}\u{200b}\u{200e}\u{200f}\u{2028}\u{202a}\u{202e}\u{2066}\
                       \u{2069}\u{3000}\u{3164}\u{fe0f}\u{feff}\u{e001}\u{ffff}\u{1fffe}\u{e0041}\u{10fffd}"
            .chars()
        {
            let character = u32::from(hidden);
            let wrong = ClaimsError::Invisible { field: "name", character };
            assert_eq!(ClaimText::parse("name", &format!("a{hidden}b")), Err(wrong), "{character:x}");
        }
    }

    #[test]
    fn a_source_may_write_it_loosely() {
        assert_eq!(ClaimText::from_source("name", " Zoe\u{308}\u{a0} \tKing\n").unwrap().as_str(), "Zoë King");
        assert_eq!(ClaimText::from_source("name", " \n"), Err(ClaimsError::Empty("name")));
        assert!(ClaimText::from_source("name", "a\u{202e}b").is_err());
    }

    #[test]
    fn dates_are_in_order() {
        let date = |text: &str| text.parse::<NaiveDate>().unwrap();
        let claims = |start: &str, end: &str| {
            let text = |text: &str| ClaimText::parse("name", text).unwrap();
            let issuer = Issuer { domain: Domain::parse("acme.example").unwrap(), name: text("ACME GmbH") };
            let (start, end) = (date(start), date(end));
            Claims::new(issuer, Employment { name: text("A"), job_title: None, department: None, start, end })
        };
        assert!(claims("2020-01-01", "2020-01-01").is_ok());
        assert!(matches!(claims("2020-01-02", "2020-01-01"), Err(ClaimsError::EndBeforeStart { .. })));
        assert_eq!(claims("1899-12-31", "2020-01-01"), Err(ClaimsError::Year(date("1899-12-31"))));
        assert_eq!(claims("2020-01-01", "2201-01-01"), Err(ClaimsError::Year(date("2201-01-01"))));
    }
}
