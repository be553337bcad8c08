//! The console's own words, in four languages: one row for each, in one table. A row without a language does not compile.
//!
//! What the API says of a person, a plan or an error is in English in every language, and marked as that in the pages.

mod table;

pub(crate) use table::Texts;

/// The languages of the console.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    English,
    German,
    Spanish,
    French,
}

impl Language {
    /// Every language, in the order in which they are offered.
    pub(crate) const ALL: [Self; 4] = [Self::English, Self::German, Self::Spanish, Self::French];

    /// Its code (RFC 5646).
    pub(crate) fn code(self) -> &'static str {
        self.texts().code
    }

    /// Its own name for itself.
    pub(crate) fn name(self) -> &'static str {
        self.texts().language
    }

    /// The language of this code.
    pub(crate) fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.code().eq_ignore_ascii_case(code))
    }

    /// Its texts.
    pub(crate) fn texts(self) -> &'static Texts {
        match self {
            Self::English => &table::ENGLISH,
            Self::German => &table::GERMAN,
            Self::Spanish => &table::SPANISH,
            Self::French => &table::FRENCH,
        }
    }
}

impl Texts {
    /// A number with its noun: `one` for a single thing, else `more`. Both have a place for the number.
    pub(crate) fn number_of(&self, number: u64, one: &str, more: &str) -> String {
        // French counts nothing like one thing.
        let is_one = number == 1 || (number == 0 && self.code == "fr");
        fill(if is_one { one } else { more }, &[&number.to_string()])
    }
}

/// A text with these values in its places: `{0}`, `{1}` and so on. A value is not looked at for places.
pub(crate) fn fill(text: &str, values: &[&str]) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let place = after.split_once('}').and_then(|(place, rest)| Some((place.parse::<usize>().ok()?, rest)));
        match place {
            Some((place, after)) => {
                filled.push_str(values.get(place).copied().unwrap_or_default());
                rest = after;
            }
            None => {
                filled.push('{');
                rest = after;
            }
        }
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn places(text: &str) -> BTreeSet<&str> {
        text.split('{').skip(1).filter_map(|rest| rest.split('}').next()).collect()
    }

    #[test]
    fn each_text_has_the_same_places_in_each_language() {
        let english = Language::English.texts().all();
        assert!(english.len() > 150);
        for language in Language::ALL {
            for ((key, own), (_, theirs)) in language.texts().all().into_iter().zip(&english) {
                assert!(!own.is_empty(), "{key} in {language:?}");
                assert_eq!(places(own), places(theirs), "{key} in {language:?}");
                // A whole sentence is a whole sentence in each of them.
                assert_eq!(own.ends_with('.'), theirs.ends_with('.'), "{key} in {language:?}: {own}");
            }
        }
    }

    /// A sentence that nobody has translated is found here. Single words may be the same by chance.
    #[test]
    fn sentences_differ_between_languages() {
        let english = Language::English.texts().all();
        for language in [Language::German, Language::Spanish, Language::French] {
            let same = language.texts().all().into_iter().zip(&english).filter(|(own, theirs)| own.1 == theirs.1);
            let same: Vec<&str> = same.filter(|(own, _)| own.1.split(' ').count() > 2).map(|(own, _)| own.0).collect();
            assert_eq!(same, Vec::<&str>::new(), "{language:?}");
        }
    }

    #[test]
    fn values_are_not_looked_at_for_places() {
        assert_eq!(fill("{0} of {1}", &["{1}", "7"]), "{1} of 7");
        assert_eq!(fill("a { b } {9}", &[]), "a { b } ");
    }

    #[test]
    fn numbers_have_their_nouns() {
        let (english, french) = (Language::English.texts(), Language::French.texts());
        assert_eq!(english.number_of(0, english.minute, english.minutes), "0 minutes");
        assert_eq!(french.number_of(0, french.minute, french.minutes), "0 minute");
    }
}
