//! Text that others wrote: what of it a terminal would obey.

/// Whether a terminal would obey this character rather than show it: a control character, or a mark that reverses the
/// direction of writing.
pub fn is_obeyed(c: char) -> bool {
    c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c) || ('\u{2066}'..='\u{2069}').contains(&c)
}
