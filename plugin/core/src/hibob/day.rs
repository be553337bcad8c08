//! Days as HiBob writes them.

use crate::text_form;
use chrono::NaiveDate;

/// Most characters of a text that is no day which are shown.
const SHOWN_CHARACTERS_MAX: usize = 30;

/// Why a day is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoDay {
    /// HiBob sent nothing.
    Missing,
    /// HiBob sent a text that is not read: the rest of a sentence that begins with the day's name.
    NotRead(String),
}

/// Reads a day in the ISO form YYYY-MM-DD, which HiBob's machine values have (HiBob's API, `humanReadable`). A time that
/// follows after `T` or a blank is cut off. Any other form could mean several days, so it is not guessed.
///
/// # Errors
/// [`NoDay::NotRead`].
pub fn day(text: &str) -> Result<NaiveDate, NoDay> {
    if let Some(day) = iso(text.as_bytes()) {
        return Ok(day);
    }
    let text = text_form::key(text);
    let (date, time) = text.split_once(['T', 't', ' ']).unwrap_or((&text, "00"));
    let is_time = time.starts_with(|first: char| first.is_ascii_digit());
    let is_iso = date.split('-').count() == 3 && date.split('-').all(|part| part.bytes().all(|b| b.is_ascii_digit()));
    match NaiveDate::parse_from_str(date, "%Y-%m-%d") {
        Ok(day) if is_time && is_iso => Ok(day),
        _ => {
            let shown: String = text.chars().take(SHOWN_CHARACTERS_MAX).collect();
            let why = match is_time && is_iso && date.find('-') == Some(4) {
                true => "is a day that no calendar has",
                false => "cannot be read without guessing",
            };
            Err(NoDay::NotRead(format!("is not read: {shown} {why}")))
        }
    }
}

/// The usual case: a day in ten ASCII characters, alone or with a time behind it.
fn iso(text: &[u8]) -> Option<NaiveDate> {
    let &[y3, y2, y1, y0, b'-', m1, m0, b'-', d1, d0, ref time @ ..] = text else { return None };
    let number = |digits: &[u8]| {
        digits.iter().try_fold(0, |number, digit| digit.is_ascii_digit().then(|| number * 10 + u32::from(digit - b'0')))
    };
    match time {
        [] | [b'T' | b't' | b' ', b'0'..=b'9', ..] => {
            let year = i32::try_from(number(&[y3, y2, y1, y0])?).ok()?;
            NaiveDate::from_ymd_opt(year, number(&[m1, m0])?, number(&[d1, d0])?)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_iso_day_is_read_and_a_time_is_cut_off() {
        for text in [
            "2020-01-06",
            "2020-01-06T00:00:00Z",
            "2020-01-06T23:00:00.000+02:00",
            "2020-01-06 08:00",
            "2020-01-06\u{200b}",
        ] {
            assert_eq!(day(text).map(|day| day.to_string()).as_deref(), Ok("2020-01-06"), "{text}");
        }
    }

    #[test]
    fn other_forms_are_not_guessed() {
        for text in [
            "06/01/2020",
            "6 Jan 2020",
            "20200106",
            "2020-01",
            "2020-01-06X",
            "01-06-2020",
            "1578268800",
            "-2020-01-06",
        ] {
            let Err(NoDay::NotRead(why)) = day(text) else { panic!("{text}") };
            assert_eq!(why, format!("is not read: {text} cannot be read without guessing"));
        }
        assert!(matches!(day("2020-02-30"), Err(NoDay::NotRead(why)) if why.contains("no calendar")));
    }
}
