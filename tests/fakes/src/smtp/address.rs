//! E-mail addresses in the envelope of a message (RFC 5321 section 4.1.2).

/// The length of the longest local part, in bytes (RFC 5321 section 4.5.3.1.1).
const LOCAL_BYTES_MAX: usize = 64;
/// The length of the longest domain, in bytes (RFC 5321 section 4.5.3.1.2).
const DOMAIN_BYTES_MAX: usize = 255;
/// The length of the longest path with its brackets, in bytes (RFC 5321 section 4.5.3.1.3).
const PATH_BYTES_MAX: usize = 256;
/// The length of the longest label of a domain, in bytes (RFC 1035 section 2.3.4).
const LABEL_BYTES_MAX: usize = 63;

/// Splits a text after the path in angle brackets at its beginning. Returns the address in the brackets, which is empty
/// for `<>`, and the rest of the text.
pub(super) fn path(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix('<')?;
    let mut quoted = false;
    let mut escaped = false;
    let end = inner.char_indices().find_map(|(at, c)| {
        let found = c == '>' && !quoted;
        (quoted, escaped) = match c {
            _ if escaped => (quoted, false),
            '\\' if quoted => (quoted, true),
            '"' => (!quoted, false),
            _ => (quoted, false),
        };
        found.then_some(at)
    })?;
    let (address, rest) = inner.split_at_checked(end)?;
    (address.len() + 2 <= PATH_BYTES_MAX).then_some((address, rest.strip_prefix('>')?))
}

/// Whether the text is a local part and a domain. Letters beyond ASCII are allowed (RFC 6531 section 3.3).
pub(super) fn is_mailbox(text: &str) -> bool {
    text.rsplit_once('@').is_some_and(|(local, domain)| is_local_part(local) && is_domain(domain))
}

fn is_local_part(text: &str) -> bool {
    let quoted = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let fits = match quoted {
        Some(inner) => is_quoted(inner),
        None => text.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_atom)),
    };
    fits && text.len() <= LOCAL_BYTES_MAX
}

/// Whether a text may be in quotes: printable characters, with quotes and backslashes only after a backslash.
fn is_quoted(inner: &str) -> bool {
    let mut escaped = false;
    let fits = inner.chars().all(|c| {
        let allowed = !c.is_control() && (escaped || c != '"');
        escaped = !escaped && c == '\\';
        allowed
    });
    fits && !escaped
}

/// `atext` of RFC 5322 section 3.2.3.
fn is_atom(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c) || !c.is_ascii()
}

fn is_domain(text: &str) -> bool {
    if let Some(literal) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return match literal.strip_prefix("IPv6:") {
            Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
            None => literal.parse::<std::net::Ipv4Addr>().is_ok(),
        };
    }
    text.len() <= DOMAIN_BYTES_MAX && text.split('.').all(is_label)
}

fn is_label(label: &str) -> bool {
    let letters = label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || !c.is_ascii());
    !label.is_empty() && label.len() <= LABEL_BYTES_MAX && letters && !label.starts_with('-') && !label.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_end_at_their_bracket() {
        assert_eq!(path("<a@b.c> SIZE=1"), Some(("a@b.c", " SIZE=1")));
        assert_eq!(path("<>"), Some(("", "")));
        assert_eq!(path(r#"<"a>\"b"@c.d>"#), Some((r#""a>\"b"@c.d"#, "")));
        for broken in ["a@b.c", "<a@b.c", " <a@b.c>", ""] {
            assert_eq!(path(broken), None, "{broken}");
        }
        assert_eq!(path(&format!("<{}@b.c>", "a".repeat(300))), None);
    }

    #[test]
    fn mailboxes_have_two_parts() {
        for good in
            ["anna@acme.example", "a.b+c@x", r#""a b\"c"@d.e"#, "a@[127.0.0.1]", "a@[IPv6:::1]", "jörg@bücher.example"]
        {
            assert!(is_mailbox(good), "{good}");
        }
        let long = format!("{}@acme.example", "a".repeat(65));
        let label = format!("a@{}.example", "b".repeat(64));
        for bad in [
            "anna",
            "@acme.example",
            "anna@",
            "a..b@c",
            ".a@c",
            "a b@c",
            "a@b..c",
            "a@-b",
            "a@b_c",
            "a@[1.2.3]",
            r#""a"b"@c"#,
            r#""a\"@c"#,
            "@x:a@b",
            &long,
            &label,
        ] {
            assert!(!is_mailbox(bad), "{bad}");
        }
    }
}
