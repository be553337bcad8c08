//! Details: HiBob's value of each, brought into the form that TravelPerk accepts.
//!
//! 1. HiBob has a text that TravelPerk accepts: it is the desired value.
//! 2. HiBob has no text, and the settings have a default: the default, for accounts whose field is empty.
//! 3. HiBob has no text, and `missing-detail` is `fail`: an error, and the employee is not synced.
//! 4. HiBob has a null, and the field can be cleared: the field is emptied.
//! 5. HiBob has no text otherwise: the account's value stays.
//! 6. HiBob has a text that TravelPerk does not accept: an error or a warning by `missing-detail`, and the default if
//!    there is one.

use super::{DesiredValue, Mapping};
use crate::field::{Form, LANGUAGES, TextField};
use crate::finding::{Notes, in_words};
use crate::hibob::{Datum, NameList, NoDay, day};
use crate::phone::{self, Country};
use crate::settings::MissingDetail;
use crate::text_form;
use std::borrow::Cow;

/// TravelPerk does not accept the value. Holds the reason, as the rest of a sentence that begins with `… in HiBob`.
struct Unfit(Cow<'static, str>);

impl Unfit {
    fn because(why: &'static str) -> Self {
        Self(why.into())
    }
}

impl Mapping<'_> {
    /// The desired value of one detail, by the rules above.
    ///
    /// `country` is where a telephone number belongs if it has no country code.
    pub(super) fn detail(
        &self,
        field: TextField,
        datum: &Datum<'_>,
        country: Option<&Country>,
        notes: &mut Notes<'_>,
    ) -> DesiredValue {
        let row = field.text_row();
        let default = || {
            self.settings.default_of(field).map_or(DesiredValue::Leave, |default| DesiredValue::Default(default.into()))
        };
        let read = match datum.text() {
            Some(sent) => {
                let text = text_form::text(sent);
                notes.cleaned(field.name(), field.name(), sent, &text);
                self.read(field, &text, country, notes).map(|value| text_form::text(&value).into_owned())
            }
            None if self.settings.default_of(field).is_some() => return default(),
            None if self.settings.missing_detail == MissingDetail::Fail => {
                let name = field.name();
                let message = format!("the {} is to be synced and is missing in HiBob", in_words(name));
                notes.error(row.code, name, message, row.remedy);
                return DesiredValue::Leave;
            }
            None if *datum == Datum::Null && row.row.can_be_cleared => return DesiredValue::Clear,
            None => return DesiredValue::Leave,
        };
        match read {
            Ok(value) => DesiredValue::Set(value.into()),
            Err(Unfit(why)) => {
                let message = format!("the {} in HiBob {why}", in_words(field.name()));
                match self.settings.missing_detail {
                    MissingDetail::Fail => notes.error(row.code, field.name(), message, row.remedy),
                    MissingDetail::Skip => notes.warning(row.code, field.name(), message, row.remedy),
                }
                default()
            }
        }
    }

    fn read(
        &self,
        field: TextField,
        text: &str,
        country: Option<&Country>,
        notes: &mut Notes<'_>,
    ) -> Result<String, Unfit> {
        match field.form() {
            Form::Item(list) => listed(text, self.list(list)),
            Form::Phone => {
                let phone = phone::read(text, country).map_err(Unfit::because)?;
                if phone.had_extension {
                    notes.extension_left_out(field.name());
                }
                Ok(phone.written)
            }
            Form::Language => language(text),
            Form::Gender => gender(text),
            Form::Date => self.past_date(text),
            Form::Company => {
                Ok(self.settings.companies.get(&*text_form::key(text)).map_or(text, String::as_str).to_owned())
            }
            Form::Text | Form::UserName => Ok(text.to_owned()),
        }
    }

    /// A date before today, in the form that [`day`] reads.
    fn past_date(&self, text: &str) -> Result<String, Unfit> {
        let date = day(text).map_err(|why| match why {
            NoDay::NotRead(why) => Unfit(why.into()),
            NoDay::Missing => Unfit::because("is empty"),
        })?;
        if date >= self.lifecycle.date() {
            return Err(Unfit::because("lies in the future"));
        }
        Ok(date.to_string())
    }
}

/// The name of an item of one of HiBob's lists, given by id or by name.
fn listed(text: &str, list: &NameList) -> Result<String, Unfit> {
    list.resolve(text).map(str::to_owned).ok_or_else(|| Unfit::because("is an item that is not in its list"))
}

fn language(text: &str) -> Result<String, Unfit> {
    let short = text.get(..2).unwrap_or(text).to_lowercase();
    let whole = !text.chars().nth(2).is_some_and(char::is_alphabetic);
    if whole && LANGUAGES.contains(&short.as_str()) {
        Ok(short)
    } else {
        Err(Unfit::because("is a language that TravelPerk does not know"))
    }
}

fn gender(text: &str) -> Result<String, Unfit> {
    match text.to_lowercase().as_str() {
        "m" | "male" | "man" => Ok("M".to_owned()),
        "f" | "female" | "woman" => Ok("F".to_owned()),
        _ => Err(Unfit::because("is neither M nor F")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_brought_into_travelperks_form() {
        let read = |result: Result<String, Unfit>| result.ok();
        let phone = |text| phone::read(text, None).ok().map(|phone| phone.written);
        assert_eq!(phone("+34 600.100/200").as_deref(), Some("+34 600 100 200"));
        assert_eq!(phone("600100200"), None);
        assert_eq!(phone("+34"), None);
        assert_eq!(read(language("en-GB")).as_deref(), Some("en"));
        assert_eq!(read(language("English")), None);
        assert_eq!(read(language("ña")), None);
        assert_eq!(read(gender("Female")).as_deref(), Some("F"));
        assert_eq!(read(gender("X")), None);
    }
}
