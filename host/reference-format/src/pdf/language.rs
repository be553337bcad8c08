//! The language of a text, as far as its letters say which it is, for programs that read the page aloud.

/// The language tag (BCP 47) of the first letters of a text that are not Latin; none if all are. Where letters are those
/// of several languages, the tag has the script alone: a reference does not say which language a name is in.
pub(super) fn of(text: &str) -> Option<&'static str> {
    let tag = text.chars().find_map(of_letter)?;
    // Kana are in Japanese texts only, also after Han characters.
    let has_kana = || text.chars().any(|c| matches!(c, '\u{3041}'..='\u{30ff}'));
    Some(if tag == HAN && has_kana() { "ja" } else { tag })
}

const HAN: &str = "und-Hani";

fn of_letter(letter: char) -> Option<&'static str> {
    Some(match letter {
        '\u{370}'..='\u{3ff}' | '\u{1f00}'..='\u{1fff}' => "el",
        '\u{400}'..='\u{52f}' => "und-Cyrl",
        '\u{530}'..='\u{58f}' => "hy",
        '\u{590}'..='\u{5ff}' => "he",
        '\u{600}'..='\u{6ff}' | '\u{750}'..='\u{77f}' => "und-Arab",
        '\u{900}'..='\u{97f}' => "und-Deva",
        '\u{e00}'..='\u{e7f}' => "th",
        '\u{10a0}'..='\u{10ff}' | '\u{1c90}'..='\u{1cbf}' => "ka",
        '\u{3041}'..='\u{30ff}' => "ja",
        '\u{3400}'..='\u{9fff}' => HAN,
        '\u{ac00}'..='\u{d7a3}' => "ko",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_say_as_much_of_the_language_as_they_can() {
        for (text, tag) in [
            ("Zoë O’Neil", None),
            ("שרה כהן", Some("he")),
            ("علی", Some("und-Arab")),
            ("Юлия", Some("und-Cyrl")),
            ("Γιώργος", Some("el")),
            ("Արամ", Some("hy")),
            ("ნინო", Some("ka")),
            ("प्रिया", Some("und-Deva")),
            ("สมชาย", Some("th")),
            ("山田", Some("und-Hani")),
            ("山田たろう", Some("ja")),
            ("김철수", Some("ko")),
            ("R&D 研究", Some("und-Hani")),
        ] {
            assert_eq!(of(text), tag, "{text}");
        }
    }
}
