//! Makes a server's reply fit to be stored and shown: without e-mail addresses, and without terminal control
//! characters.

use crate::address::domain_in_ascii;
use hibob_base::text::is_obeyed;

/// The most characters of a reply that are kept.
const REPLY_CHARS_MAX: usize = 400;

/// The replacement for an address.
const INSTEAD: &str = "[address]";

/// A server's reply in one line of at most [`REPLY_CHARS_MAX`] characters. Removed are everything that looks like an
/// e-mail address, every part of the recipient's address that occurs by itself, and characters that a terminal would
/// obey.
///
/// Addresses are recognized in plain text, and with `%40` in place of the at sign; not in an encoding that hides them
/// completely.
pub(super) fn without_addresses(text: &str, recipient: &str) -> String {
    let shown = |c: char| match c {
        '\r' | '\n' | '\t' => ' ',
        '＠' | '﹫' => '@',
        c if is_obeyed(c) => '\u{fffd}',
        c => c,
    };
    let text: String = text.replace("%40", "@").chars().map(shown).collect();
    let mut text = without_any_address(&text);
    for part in parts(recipient) {
        text = without_word(&text, &part);
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().take(REPLY_CHARS_MAX).collect()
}

/// The parts of an address that identify its owner even by themselves: the local part, the text before a `+` in it, and
/// the domain, which may be a family's name.
fn parts(address: &str) -> Vec<String> {
    let address = address.trim();
    let (local, domain) = address.rsplit_once('@').unwrap_or((address, ""));
    let before_plus = local.split('+').next().unwrap_or_default();
    let unquoted = local.trim_matches('"');
    let in_ascii = domain_in_ascii(domain).unwrap_or_default();
    let parts = [local, unquoted, before_plus, domain, &in_ascii];
    parts.into_iter().filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// Replaces every run of characters around an at sign.
fn without_any_address(text: &str) -> String {
    let ends = |c: char| c.is_whitespace() || "<>()[],;:\"".contains(c);
    let mut kept: Vec<char> = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '@' {
            kept.push(c);
            continue;
        }
        if kept.last() == Some(&'"') {
            // A quoted local part may contain any characters (RFC 5321, section 4.1.2).
            kept.pop();
            while kept.pop().is_some_and(|c| c != '"') {}
        }
        while kept.last().is_some_and(|c| !ends(*c)) {
            kept.pop();
        }
        while chars.next_if(|c| !ends(*c)).is_some() {}
        kept.extend(INSTEAD.chars());
    }
    kept.into_iter().collect()
}

/// Replaces a word, in upper or lower case, wherever it is not a part of a longer word.
fn without_word(text: &str, word: &str) -> String {
    let fold = |c: char| c.to_lowercase().next().unwrap_or(c);
    let word: Vec<char> = word.chars().map(fold).collect();
    let chars: Vec<char> = text.chars().collect();
    let folded: Vec<char> = chars.iter().copied().map(fold).collect();
    let is_letter = |at: Option<usize>| at.and_then(|at| chars.get(at)).is_some_and(|c| c.is_alphanumeric());
    let (mut kept, mut at) = (String::new(), 0);
    while let Some(c) = chars.get(at) {
        let end = at + word.len();
        let found = folded.get(at..end) == Some(word.as_slice());
        if found && !is_letter(at.checked_sub(1)) && !is_letter(Some(end)) {
            kept.push_str(INSTEAD);
            at = end;
        } else {
            kept.push(*c);
            at += 1;
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(without_addresses(text, "Anna.Smith+jobs@Bücher.example"), expected);
    }

    #[test]
    fn the_recipient_is_taken_out_in_every_form() {
        check("<anna.smith+jobs@bücher.example>: no such user", "<[address]>: no such user");
        check("ANNA.SMITH+JOBS@XN--BCHER-KVA.EXAMPLE is full", "[address] is full");
        check("\"anna.smith+jobs\"@bücher.example", "[address]");
        check("mailbox anna.smith+jobs at xn--bcher-kva.example", "mailbox [address] at [address]");
        check("user 'anna.smith', cn=Anna.Smith", "user '[address]', cn=[address]");
        check("anna.smith%2Bjobs%40xn--bcher-kva.example", "[address]");
        check("bounce-anna.smith+jobs=bücher.example@mx.example", "[address]");
        check("<anna.smith+jobs@ bücher.example>", "<[address] [address]>");
    }

    #[test]
    fn so_is_every_other_address() {
        check(
            "forwarded to <bo@x.example>, \"c d\"@x.example;e＠x.example",
            "forwarded to <[address]>, [address];[address]",
        );
        check("o'brien@[127.0.0.1] @", "[address][127.0.0.1] [address]");
        assert_eq!(without_addresses("bo@x.example", ""), "[address]");
    }

    #[test]
    fn a_short_local_part_eats_no_words() {
        assert_eq!(without_addresses("a mailbox that a has", "a@b.example"), "[address] mailbox that [address] has");
        assert_eq!(without_addresses("try again later", "N/A"), "try again later");
    }

    #[test]
    fn what_a_terminal_would_obey_is_shown_and_lines_are_one() {
        check("a\u{1b}[2J\r\nb\u{202e}\0", "a\u{fffd}[2J b\u{fffd}\u{fffd}");
        let long = without_addresses(&"x".repeat(1000), "");
        assert_eq!(long.len(), REPLY_CHARS_MAX);
        // The text is cut off after the addresses are removed, so no beginning of an address is left at its end.
        let late = format!("{} anna@acme.example", "x".repeat(REPLY_CHARS_MAX - 3));
        assert!(without_addresses(&late, "").ends_with(" [a"));
    }
}
