//! A person's name and the other texts of a reference, from HiBob's values.

use hibob_config::references::PersonName;
use hibob_contract::leaver::Confirmed;
use hibob_reference_format::pdf::Fonts;

/// The name as the reference states it. The error says what HiBob lacks.
pub(super) fn person_name(confirmed: &Confirmed, how: PersonName) -> Result<String, String> {
    let (given, family) = (confirmed.claims.given_name.trim(), confirmed.claims.family_name.trim());
    match how {
        PersonName::DisplayName => confirmed.display_name.clone().ok_or_else(|| {
            "HiBob has no display name, which references.person_name asks for; or the plugin does not read it"
                .to_owned()
        }),
        // Somebody with one name has no other to be separated from it.
        _ if given.is_empty() || family.is_empty() => Ok(format!("{given}{family}")),
        PersonName::GivenFirst => Ok(format!("{given} {family}")),
        PersonName::FamilyFirst if is_unspaced(given) && is_unspaced(family) => Ok(format!("{family}{given}")),
        PersonName::FamilyFirst => Ok(format!("{family} {given}")),
    }
}

/// Whether a name is in a script that puts no blank between the parts of a name: Han, Kana or Hangul.
fn is_unspaced(name: &str) -> bool {
    name.chars().all(|c| {
        matches!(c,
            '\u{3005}'..='\u{3007}' | '\u{3041}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
            | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
    })
}

/// A text without the emoji that no font of the page has, and those that were left out.
pub(super) fn without_emoji(text: &str, fonts: &Fonts) -> (String, Vec<char>) {
    let is_left_out = |c: char| is_emoji(c) && !fonts.has_letter(c);
    let left_out: Vec<char> = text.chars().filter(|c| is_left_out(*c)).collect();
    if left_out.is_empty() {
        return (text.to_owned(), left_out);
    }
    // What only joins emoji or changes how one looks goes with them.
    let is_part = |c: char| matches!(c, '\u{200d}' | '\u{fe0f}' | '\u{20e3}' | '\u{e0020}'..='\u{e007f}');
    let kept: String = text.chars().filter(|c| !is_left_out(*c) && !is_part(*c)).collect();
    (kept.split_whitespace().collect::<Vec<_>>().join(" "), left_out)
}

/// Whether a character is one of Unicode's emoji (emoji-data.txt, `Extended_Pictographic`, regional indicators, skin
/// tones), as far as their blocks go.
fn is_emoji(c: char) -> bool {
    matches!(c, '\u{2300}'..='\u{23ff}' | '\u{2600}'..='\u{27bf}' | '\u{2b00}'..='\u{2bff}' | '\u{1f000}'..='\u{1faff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use hibob_contract::offboarding_references::Claims;

    fn named(given: &str, family: &str, how: PersonName) -> Result<String, String> {
        let claims = Claims {
            given_name: given.to_owned(),
            family_name: family.to_owned(),
            job_title: None,
            department: None,
            started_on: String::new(),
            ended_on: String::new(),
        };
        let (answers_digest, plugin_digest) = ([0; 32], String::new());
        let display_name = Some("Ana de la Cruz".to_owned());
        person_name(&Confirmed { claims, display_name, answers_digest, plugin_digest }, how)
    }

    #[test]
    fn each_order_of_names_is_written_as_its_readers_write_it() {
        use PersonName::{DisplayName, FamilyFirst, GivenFirst};
        for (given, family, how, expected) in [
            ("Ana", "Ruiz", GivenFirst, "Ana Ruiz"),
            ("Péter", "Nagy", FamilyFirst, "Nagy Péter"),
            ("小龍", "李", FamilyFirst, "李小龍"),
            ("太郎", "山田", FamilyFirst, "山田太郎"),
            ("민준", "김", FamilyFirst, "김민준"),
            ("Jun", "陳", FamilyFirst, "陳 Jun"),
            ("Suharto", "", GivenFirst, "Suharto"),
            ("", "Sukarno", FamilyFirst, "Sukarno"),
            ("Ana", "Ruiz", DisplayName, "Ana de la Cruz"),
        ] {
            assert_eq!(named(given, family, how).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn emoji_are_left_out_and_letters_are_not() {
        for (text, expected, number) in [
            ("Chief 😀 Officer", "Chief Officer", 1),
            ("Rocket 🚀🚀", "Rocket", 2),
            ("Family 👨\u{200d}👩\u{200d}👧 Office", "Family Office", 3),
            ("Berlin 🇩🇪", "Berlin", 2),
            ("می\u{200c}خواهم", "می\u{200c}خواهم", 0),
            ("R&D (Zoë) ©", "R&D (Zoë) ©", 0),
            ("🚀", "", 1),
        ] {
            let (kept, left_out) = without_emoji(text, &Fonts::bundled());
            assert_eq!((kept.as_str(), left_out.len()), (expected, number));
        }
    }
}
