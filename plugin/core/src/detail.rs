//! The details beyond names and work email: what HiBob says of each, as the target takes it.

use crate::field::TextField;
use crate::finding::Notes;
use crate::hibob::{Datum, NameList};
use crate::mapping::{Mapping, Want};
use crate::settings::{LANGUAGES, MissingDetail};
use chrono::NaiveDate;

/// Digits that a telephone number has at least and at most (ITU-T E.164 allows 15).
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 5..=15;

/// A value that the target does not take, and how it should be.
struct Unfit(&'static str);

impl Mapping<'_> {
    /// What should become of one detail.
    pub(crate) fn detail(&self, field: TextField, datum: &Datum<'_>, notes: &mut Notes<'_>) -> Want {
        let read = match datum.text() {
            Some(text) => self.read(field, text),
            None if field == TextField::Language && self.settings.default_language.is_some() => {
                return self.default_language();
            }
            None if self.settings.missing_detail == MissingDetail::Fail => {
                let name = field.name();
                notes.error(code(field), name, format!("{name} is to be synced and is missing in HiBob"), mend(field));
                return Want::Leave;
            }
            None if *datum == Datum::Null => return Want::Clear,
            None => return Want::Leave,
        };
        match read {
            Ok(value) => Want::Set(value.into()),
            Err(Unfit(why)) => {
                let message = format!("{} in HiBob {why}", field.name());
                match self.settings.missing_detail {
                    MissingDetail::Fail => notes.error(code(field), field.name(), message, mend(field)),
                    MissingDetail::Skip => notes.warning(code(field), field.name(), message, mend(field)),
                }
                if field == TextField::Language { self.default_language() } else { Want::Leave }
            }
        }
    }

    fn read(&self, field: TextField, text: &str) -> Result<String, Unfit> {
        match field {
            TextField::Title => listed(text, &self.titles),
            TextField::CostCenter => listed(text, &self.departments),
            TextField::Phone | TextField::EmergencyPhone => phone(text),
            TextField::Language => language(text),
            TextField::Gender => gender(text),
            TextField::DateOfBirth => self.date_of_birth(text),
            TextField::Company => Ok(self.settings.companies.get(text).map_or(text, String::as_str).to_owned()),
            TextField::UserName
            | TextField::ExternalId
            | TextField::GivenName
            | TextField::FamilyName
            | TextField::Locale
            | TextField::Country
            | TextField::TravelPolicy
            | TextField::EmergencyName => Ok(text.to_owned()),
        }
    }

    fn default_language(&self) -> Want {
        let language = self.settings.default_language.as_deref();
        language.map_or(Want::Leave, |language| Want::Default(language.into()))
    }

    /// HiBob's machine values are ISO dates; anything else is not guessed at.
    fn date_of_birth(&self, text: &str) -> Result<String, Unfit> {
        let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| Unfit("is not a date"))?;
        if date >= self.lifecycle.date() {
            return Err(Unfit("lies in the future"));
        }
        Ok(date.to_string())
    }
}

/// The code of a detail that is missing or does not fit: TravelPerk's own where its sync log has one.
fn code(field: TextField) -> &'static str {
    match field {
        TextField::Phone => "PHONE_IS_MISSING_OR_INVALID",
        TextField::DateOfBirth => "DATE_OF_BIRTH_IS_MISSING_OR_INVALID",
        TextField::Title => "TITLE_IS_MISSING_OR_INVALID",
        TextField::Language => "LANGUAGE_IS_MISSING_OR_INVALID",
        TextField::Locale => "LOCALE_IS_MISSING_OR_INVALID",
        TextField::Gender => "GENDER_IS_MISSING_OR_INVALID",
        TextField::Country => "COUNTRY_IS_MISSING_OR_INVALID",
        TextField::CostCenter => "COST_CENTER_IS_MISSING_OR_INVALID",
        TextField::Company => "COMPANY_IS_MISSING_OR_INVALID",
        TextField::TravelPolicy => "TRAVEL_POLICY_IS_MISSING_OR_INVALID",
        TextField::EmergencyName | TextField::EmergencyPhone => "EMERGENCY_CONTACT_IS_MISSING_OR_INVALID",
        TextField::UserName | TextField::ExternalId | TextField::GivenName | TextField::FamilyName => "MISSING_FIELD",
    }
}

fn mend(field: TextField) -> &'static str {
    match field {
        TextField::Phone | TextField::EmergencyPhone => "write it as +34 600100200 in HiBob",
        TextField::Language => "choose de, en, es or fr in HiBob",
        TextField::Gender => "TravelPerk knows M and F only; leave gender out of the sync if that does not fit",
        TextField::Title | TextField::CostCenter => "choose the value anew in HiBob",
        _ => "fill it in in HiBob, or leave this detail out of the sync",
    }
}

/// A value from one of HiBob's lists, by id or by name.
fn listed(text: &str, list: &NameList) -> Result<String, Unfit> {
    list.resolve(text).map(str::to_owned).ok_or(Unfit("is an item that is not in its list"))
}

fn phone(text: &str) -> Result<String, Unfit> {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let shaped = text.starts_with('+') && text.chars().skip(1).all(|c| c.is_ascii_digit() || " ()-./".contains(c));
    if !shaped || !PHONE_DIGITS.contains(&digits) {
        return Err(Unfit("does not begin with + and a country code"));
    }
    // Only what TravelPerk's `+(area code) (phone number)` form knows.
    Ok(text.replace(['.', '/'], " "))
}

fn language(text: &str) -> Result<String, Unfit> {
    let short = text.get(..2).unwrap_or(text).to_lowercase();
    let whole = !text.chars().nth(2).is_some_and(char::is_alphabetic);
    if whole && LANGUAGES.contains(&short.as_str()) {
        Ok(short)
    } else {
        Err(Unfit("is a language that TravelPerk does not know"))
    }
}

fn gender(text: &str) -> Result<String, Unfit> {
    match text.to_lowercase().as_str() {
        "m" | "male" | "man" => Ok("M".to_owned()),
        "f" | "female" | "woman" => Ok("F".to_owned()),
        _ => Err(Unfit("is neither M nor F")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_the_target_takes_them() {
        let read = |result: Result<String, Unfit>| result.ok();
        assert_eq!(read(phone("+34 600.100/200")).as_deref(), Some("+34 600 100 200"));
        assert_eq!(read(phone("600100200")), None);
        assert_eq!(read(phone("+34")), None);
        assert_eq!(read(language("en-GB")).as_deref(), Some("en"));
        assert_eq!(read(language("English")), None);
        assert_eq!(read(language("ña")), None);
        assert_eq!(read(gender("Female")).as_deref(), Some("F"));
        assert_eq!(read(gender("X")), None);
    }
}
