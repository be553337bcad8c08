//! Addresses in place of a name, in every spelling that a resolver or a browser takes for one: `2130706433`, `0x7f.1`
//! and `127.0.0.1.` are all 127.0.0.1.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A host that is no name, because it ends in a number or has colons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Literal {
    /// An address in its usual spelling.
    Usual(IpAddr),
    /// An address in another spelling: in fewer parts, with octal or hexadecimal digits, with dots at its end, or as an
    /// IPv6 address that contains an IPv4 one.
    Odd(IpAddr),
    /// Something that ends in a number like an address, and is none. No name of the internet does.
    Broken,
}

/// The address that a URL's host is; `None` if it is a name. IPv6 addresses may be in brackets.
pub fn literal(host: &str) -> Option<Literal> {
    if host.contains([':', '[', ']']) {
        let inner = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let Ok(address) = inner.parse::<Ipv6Addr>() else { return Some(Literal::Broken) };
        // The mapped and the compatible form (RFC 4291, section 2.5.5).
        let is_v4 = matches!(address.segments(), [0, 0, 0, 0, 0, 0 | 0xffff, ..])
            && address != Ipv6Addr::LOCALHOST
            && address != Ipv6Addr::UNSPECIFIED;
        return Some(if is_v4 { Literal::Odd(address.into()) } else { Literal::Usual(address.into()) });
    }
    let parts: Vec<&str> = host.trim_end_matches('.').split('.').collect();
    if !parts.last().is_some_and(|last| is_number(last)) {
        return None;
    }
    Some(match number(&parts).map(Ipv4Addr::from_bits) {
        Some(address) if address.to_string() == host => Literal::Usual(address.into()),
        Some(address) => Literal::Odd(address.into()),
        None => Literal::Broken,
    })
}

/// Whether the last part of a host makes the whole an address (WHATWG URL, section 3.5, "ends in a number").
fn is_number(part: &str) -> bool {
    let hex = part.strip_prefix("0x").or_else(|| part.strip_prefix("0X"));
    !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit())
        || hex.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// The IPv4 address of one to four parts, the last of which fills what the others leave (`inet_aton(3)`).
fn number(parts: &[&str]) -> Option<u32> {
    let (last, bytes) = parts.split_last()?;
    let mut address: u32 = 0;
    for (index, byte) in bytes.iter().enumerate() {
        let byte = u8::try_from(part(byte)?).ok()?;
        address |= u32::from(byte) << (24_usize.checked_sub(8 * index)?);
    }
    let left = 8_usize.checked_mul(4_usize.checked_sub(bytes.len())?)?;
    let last = part(last)?;
    (left > 0 && last < 1_u64 << left).then(|| u32::try_from(last).ok()).flatten().map(|last| address | last)
}

/// One part: hexadecimal after `0x`, octal after `0`, else decimal.
fn part(text: &str) -> Option<u64> {
    let (digits, radix) = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some("") => ("0", 16),
        Some(digits) => (digits, 16),
        None if text.len() > 1 && text.starts_with('0') => (text, 8),
        None => (text, 10),
    };
    // `from_str_radix` takes a sign as well.
    let is_plain = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_plain.then(|| u64::from_str_radix(digits, radix).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_found_in_every_spelling() {
        let here = IpAddr::from([127, 0, 0, 1]);
        assert_eq!(literal("127.0.0.1"), Some(Literal::Usual(here)));
        for odd in [
            "2130706433",
            "0x7f000001",
            "0X7F.1",
            "017700000001",
            "0177.0.0.1",
            "127.1",
            "127.0.1",
            "127.0.0.01",
            "127.0.0.1.",
            "127.0.0.1..",
            "127.0.0.0x1",
        ] {
            assert_eq!(literal(odd), Some(Literal::Odd(here)), "{odd}");
        }
        assert_eq!(literal("169.254.43518"), Some(Literal::Odd(IpAddr::from([169, 254, 169, 254]))));
        assert_eq!(literal("0"), Some(Literal::Odd(IpAddr::from([0, 0, 0, 0]))));
        assert_eq!(literal("0x"), Some(Literal::Odd(IpAddr::from([0, 0, 0, 0]))));
        for odd in ["[::ffff:127.0.0.1]", "::ffff:7f00:1", "[::127.0.0.1]"] {
            assert!(matches!(literal(odd), Some(Literal::Odd(IpAddr::V6(_)))), "{odd}");
        }
        for usual in ["[::1]", "::", "[2606:2800:21f::1]", "93.184.215.14"] {
            assert!(matches!(literal(usual), Some(Literal::Usual(_))), "{usual}");
        }
    }

    #[test]
    fn what_only_looks_like_an_address_is_broken_and_names_are_names() {
        for broken in [
            "256.0.0.1",
            "1.2.3.4.5",
            "4294967296",
            "127..1",
            "08.1",
            "a.1",
            "127%2e0.0.1",
            "[fe80::1%1]",
            "[::1",
            "+1.2.3.4",
            "1.2.3.+4.5",
        ] {
            assert_eq!(literal(broken), Some(Literal::Broken), "{broken}");
        }
        for name in ["api.hibob.com", "localhost", "localhost.", "1.example", "0x7f.example", "", ".", "a1"] {
            assert_eq!(literal(name), None, "{name}");
        }
    }
}
