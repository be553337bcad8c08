//! Makes text from plugins and services safe to show in a terminal.

/// Whether a terminal would act on this character instead of showing it: a control character, or one that changes the
/// direction of writing.
pub fn is_obeyed(c: char) -> bool {
    c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c) || ('\u{2066}'..='\u{2069}').contains(&c)
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
}
