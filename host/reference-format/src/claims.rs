//! What a reference says: a closed set of claims, each within limits.
//!
//! The names in JSON are stable; `schema/employment-reference.schema.json` describes the whole document.

use crate::domain::Domain;
use chrono::NaiveDate;
use std::fmt;
use unicode_normalization::{UnicodeNormalization, is_nfc};

/// Most characters of a name, a title, a department or a company.
pub const TEXT_CHARACTERS_MAX: usize = 120;

/// Claims that a reference cannot carry.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ClaimsError {
    /// A text is empty.
    #[error("the {0} is empty; leave the field out if there is nothing to say")]
    Empty(&'static str),
    /// A text is too long.
    #[error("the {field} has {characters} characters, {TEXT_CHARACTERS_MAX} at most; shorten it in the source")]
    TooLong {
        /// Which text.
        field: &'static str,
        /// How long it is.
        characters: usize,
    },
    /// A text is not composed (Unicode normalization form C).
    #[error("the {0} is not in Unicode normalization form C; read it with ClaimText::from_source")]
    NotComposed(&'static str),
    /// Spaces at an end, or two in a row.
    #[error("the {0} begins or ends with a space, or has two in a row; read it with ClaimText::from_source")]
    Spaces(&'static str),
    /// A character that cannot be seen, or changes how others are seen.
    #[error("the {field} has the character U+{character:04X}, which cannot be seen on paper; remove it in the source")]
    Invisible {
        /// Which text.
        field: &'static str,
        /// The character's number.
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
    /// A year that cannot be meant.
    #[error("the year of {0} is not between 1900 and 2200; correct the date in the source")]
    Year(NaiveDate),
}

/// One line of text that looks like what it is: composed, without control characters and text-direction overrides.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClaimText(String);

impl ClaimText {
    /// Takes a text as it is; `field` names it in errors.
    ///
    /// # Errors
    /// It is empty, too long, not composed, or has characters that cannot be seen.
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

    /// Takes a text as a source writes it: composes it, and makes each run of white space one space.
    ///
    /// # Errors
    /// As [`ClaimText::parse`].
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

/// Controls, formats (bidirectional overrides among them), white space other than the space, private use,
/// noncharacters.
///
/// Joiners stay, as Persian and Indic names are spelled with them. Unicode 17.0, general categories Cc, Cf, Zl, Zp, Zs,
/// Co.
fn is_invisible(character: char) -> bool {
    let is_format = matches!(character,
        '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{890}'..='\u{891}' | '\u{8e2}'
        | '\u{180e}' | '\u{200b}' | '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}');
    // Fillers are letters to Unicode, but nothing is seen of them; variation selectors change what another letter is.
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

/// Who gives the reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer {
    /// What DNS vouches for. Always shown beside the name, which nobody vouches for.
    pub domain: Domain,
    /// The company's name.
    pub name: ClaimText,
}

/// What a reference says, and nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    issuer: Issuer,
    name: ClaimText,
    job_title: Option<ClaimText>,
    department: Option<ClaimText>,
    start: NaiveDate,
    end: NaiveDate,
}

/// The employment of a person: what [`Claims::new`] checks.
#[derive(Clone, Debug)]
pub struct Employment {
    /// The person's name.
    pub name: ClaimText,
    /// The job title, where there is one.
    pub job_title: Option<ClaimText>,
    /// The department, where there is one.
    pub department: Option<ClaimText>,
    /// The first day.
    pub start: NaiveDate,
    /// The last day.
    pub end: NaiveDate,
}

impl Claims {
    /// Puts claims together.
    ///
    /// # Errors
    /// The dates are in the wrong order, or their years cannot be meant.
    pub fn new(issuer: Issuer, employment: Employment) -> Result<Self, ClaimsError> {
        use chrono::Datelike as _;
        let Employment { name, job_title, department, start, end } = employment;
        if let Some(date) = [start, end].into_iter().find(|date| !(1900..=2200).contains(&date.year())) {
            return Err(ClaimsError::Year(date));
        }
        if end < start {
            return Err(ClaimsError::EndBeforeStart { start, end });
        }
        Ok(Self { issuer, name, job_title, department, start, end })
    }

    /// Who gives the reference.
    pub fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// The person's name.
    pub fn name(&self) -> &ClaimText {
        &self.name
    }

    /// The job title, where there is one.
    pub fn job_title(&self) -> Option<&ClaimText> {
        self.job_title.as_ref()
    }

    /// The department, where there is one.
    pub fn department(&self) -> Option<&ClaimText> {
        self.department.as_ref()
    }

    /// The first day of the employment.
    pub fn start(&self) -> NaiveDate {
        self.start
    }

    /// The last day of the employment.
    pub fn end(&self) -> NaiveDate {
        self.end
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
