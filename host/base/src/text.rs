//! Text that others wrote: what of it a terminal would obey.

/// Whether a terminal would obey this character rather than show it: a control character, or a mark that reverses the
/// direction of writing.
pub fn is_obeyed(c: char) -> bool {
    c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c) || ('\u{2066}'..='\u{2069}').contains(&c)
}

/// Text from elsewhere without what a terminal would obey.
pub fn clean(text: &str) -> String {
    text.chars().map(|c| if is_obeyed(c) { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_lose_their_power() {
        assert_eq!(clean("Ana\u{1b}[2J\u{202e}x"), "Ana\u{fffd}[2J\u{fffd}x");
        assert_eq!(clean("Zoë Núñez 李"), "Zoë Núñez 李");
    }
}
