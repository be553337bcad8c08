//! The recipient's address: HiBob's value is checked to be one e-mail address.

use lettre::Address;

/// The length of the longest local part, in bytes (RFC 5321, section 4.5.3.1.1).
const LOCAL_BYTES_MAX: usize = 64;
/// The length of the longest address, in bytes: a path has 256 with its brackets (RFC 5321, section 4.5.3.1.3).
const ADDRESS_BYTES_MAX: usize = 254;

/// One e-mail address: a local part at a domain name. A domain in other scripts is converted to ASCII (IDNA), so that
/// every server accepts it; a local part cannot be converted.
///
/// It does not implement `Debug`, so that it is not printed by mistake.
pub(super) struct Recipient(Address);

impl Recipient {
    /// Reads HiBob's value. `None` if it has two addresses, words around an address, an IP address instead of a domain
    /// name, or space or control characters within.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return None;
        }
        let (local, domain) = text.rsplit_once('@')?;
        let domain = domain_in_ascii(domain)?;
        let fits = local.len() <= LOCAL_BYTES_MAX && local.len() + 1 + domain.len() <= ADDRESS_BYTES_MAX;
        // Refuses names without a dot, which exist only within a network, and IP addresses in any notation.
        let is_name = domain.rsplit_once('.').is_some_and(|(_, last)| last.chars().any(|c| c.is_ascii_alphabetic()));
        let is_plain = domain.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '.');
        (fits && is_name && is_plain).then(|| Address::new(local, domain).ok()).flatten().map(Self)
    }

    pub(super) fn address(&self) -> &Address {
        &self.0
    }

    /// Whether the server has to support SMTPUTF8 (RFC 6531).
    pub(super) fn needs_utf8(&self) -> bool {
        !self.0.user().is_ascii()
    }
}

/// A domain in the ASCII form that is used in DNS (RFC 5891); `None` if it is not a domain name.
pub(super) fn domain_in_ascii(domain: &str) -> Option<String> {
    idna::domain_to_ascii(domain).ok().filter(|domain| !domain.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_local_part_at_one_domain() {
        for (text, address) in [
            ("anna@acme.example", "anna@acme.example"),
            (" Anna.O'Brien+x@mail.acme.example\n", "Anna.O'Brien+x@mail.acme.example"),
            ("anna@Bücher.example", "anna@xn--bcher-kva.example"),
            ("jörg@acme.example", "jörg@acme.example"),
        ] {
            let recipient = Recipient::parse(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(AsRef::<str>::as_ref(recipient.address()), address);
            assert_eq!(recipient.needs_utf8(), address.starts_with("jörg"), "{text}");
        }
    }

    #[test]
    fn nonsense_is_no_address() {
        let long = format!("{}@acme.example", "a".repeat(65));
        let longer = format!("a@{}example", "acme.".repeat(50));
        for text in [
            "",
            "N/A",
            "anna",
            "anna@",
            "@acme.example",
            "anna at acme.example",
            "anna @acme.example",
            "anna@acme.example, bo@acme.example",
            "anna@acme.example,bo@acme.example",
            "anna@acme.example;bo@acme.example",
            "Anna <anna@acme.example>",
            "<anna@acme.example>",
            "mailto:anna@acme.example",
            "anna@@acme.example",
            "anna@bo@acme.example",
            "anna@acme",
            "anna@localhost",
            "anna@127.0.0.1",
            "anna@[127.0.0.1]",
            "anna@0x7f.1",
            "anna@acme..example",
            "anna@-acme.example",
            "anna@acme_x.example",
            "anna@acme.example>",
            "anna@acme.example\r\nBcc: bo@acme.example",
            "anna@acme.example\r\nDATA",
            "anna\r\n@acme.example",
            "an\0na@acme.example",
            &long,
            &longer,
        ] {
            assert!(Recipient::parse(text).is_none(), "{text}");
        }
    }
}
