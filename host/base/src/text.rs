//! Makes text from plugins and services safe to show in a terminal, and refuses text of people that is not.

/// Whether a terminal would act on this character instead of showing it: a control character, one that ends a line, or
/// one that changes the direction of writing.
pub fn is_obeyed(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Why a text is not the one line that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoLine {
    /// There is nothing to read in it.
    Empty,
    /// It has a character that a terminal would act on ([`is_obeyed`]), such as the end of a line.
    Obeyed,
    /// It has too many characters.
    Long,
}

/// Checks a text that somebody gave by a command, by a file or through the API, and that others are shown: names,
/// reasons, addresses. The rule is this one wherever it comes from.
///
/// # Errors
/// It is not one line of text with at most `chars_max` characters.
pub fn check_line(text: &str, chars_max: usize) -> Result<(), NoLine> {
    if text.trim().is_empty() {
        return Err(NoLine::Empty);
    }
    if text.chars().any(is_obeyed) {
        return Err(NoLine::Obeyed);
    }
    if text.chars().count() > chars_max { Err(NoLine::Long) } else { Ok(()) }
}

/// The text with U+FFFD in place of each character that a terminal would act on.
pub fn clean(text: &str) -> String {
    text.chars().map(|c| if is_obeyed(c) { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_have_no_effect() {
        assert_eq!(clean("Ana\u{1b}[2J\u{202e}x"), "Ana\u{fffd}[2J\u{fffd}x");
        assert_eq!(clean("Zoë Núñez 李"), "Zoë Núñez 李");
    }

    #[test]
    fn a_line_has_nothing_that_a_terminal_acts_on() {
        for text in ["Zoë Núñez 李", " a ", "ana@acme.example"] {
            assert_eq!(check_line(text, 20), Ok(()), "{text}");
        }
        for text in ["", " ", "\u{2003}"] {
            assert_eq!(check_line(text, 20), Err(NoLine::Empty), "{text}");
        }
        for c in [
            '\n', '\r', '\t', '\0', '\u{1b}', '\u{7f}', '\u{85}', '\u{9b}', '\u{200f}', '\u{2028}', '\u{202e}',
            '\u{2066}',
        ] {
            assert_eq!(check_line(&format!("a{c}b"), 20), Err(NoLine::Obeyed), "{}", c.escape_unicode());
        }
        assert_eq!((check_line("李李", 2), check_line("李李李", 2)), (Ok(()), Err(NoLine::Long)));
    }
}
