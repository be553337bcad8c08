//! Searches bytes for texts, in every encoding in which they could be there.

use aho_corasick::AhoCorasick;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// Texts that are all searched for at once.
pub struct Canaries {
    texts: Vec<String>,
    /// The texts themselves, ignoring the case of ASCII letters.
    plain: AhoCorasick,
    /// The texts in other encodings.
    encoded: AhoCorasick,
    of: Vec<usize>,
}

impl Canaries {
    /// Searches for these texts.
    pub fn new(texts: impl IntoIterator<Item = String>) -> Self {
        let texts: Vec<String> = texts.into_iter().collect();
        let plain = AhoCorasick::builder().ascii_case_insensitive(true).build(&texts).unwrap();
        let cases = |text: &String| [text.clone(), text.to_lowercase(), text.to_uppercase()];
        let forms: Vec<(usize, String)> = texts
            .iter()
            .enumerate()
            .flat_map(|(position, text)| {
                cases(text).into_iter().flat_map(move |case| forms(&case).into_iter().map(move |form| (position, form)))
            })
            .collect();
        let encoded = AhoCorasick::new(forms.iter().map(|(_, form)| form)).unwrap();
        Self { texts, plain, encoded, of: forms.iter().map(|(position, _)| *position).collect() }
    }

    /// One of the texts that are in these bytes, if there is any.
    pub fn find(&self, bytes: &[u8]) -> Option<&str> {
        let plain = self.plain.find(bytes).map(|found| found.pattern().as_usize());
        let encoded = || self.encoded.find(bytes).map(|found| self.of[found.pattern().as_usize()]);
        plain.or_else(encoded).map(|position| self.texts[position].as_str())
    }

    /// [`Self::find`], also for texts that are broken over lines, as quoted-printable does it (RFC 2045, section 6.7).
    pub fn find_folded(&self, bytes: &[u8]) -> Option<&str> {
        let text = String::from_utf8_lossy(bytes);
        let unfolded = text.replace("=\r\n", "").replace("=\n", "").replace(['\r', '\n'], "");
        self.find(bytes).or_else(|| self.find(unfolded.as_bytes()))
    }
}

/// A text as JSON escapes it, as a URL does, and in base64 at each of the three alignments.
fn forms(text: &str) -> Vec<String> {
    let escape = |c: char| if c.is_ascii() { c.to_string() } else { format!("\\u{:04x}", u32::from(c)) };
    let percent = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    let mut forms = vec![text.chars().map(escape).collect(), text.bytes().map(percent).collect()];
    for before in 0..3 {
        let bytes = [&b"???"[..before], text.as_bytes()].concat();
        for encoded in [STANDARD_NO_PAD.encode(&bytes), URL_SAFE_NO_PAD.encode(&bytes)] {
            // Leave out the characters that also encode bits of the bytes before or after the text.
            let (begin, end) = ((before * 8).div_ceil(6), bytes.len() * 8 / 6);
            forms.push(encoded[begin..end].to_owned());
        }
    }
    forms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_found_in_every_encoding() {
        let canaries = Canaries::new(["Zoë Vantablück".to_owned(), "Quokka.x".to_owned()]);
        for before in ["", "a", "ab", "abc", "{\"name\":\""] {
            for after in ["", "x", "xy", "xyz"] {
                let around = format!("{before}Zoë Vantablück{after}");
                for bytes in [around.clone(), STANDARD_NO_PAD.encode(&around), URL_SAFE_NO_PAD.encode(&around)] {
                    assert_eq!(canaries.find(bytes.as_bytes()), Some("Zoë Vantablück"), "{bytes}");
                }
            }
        }
        for text in [r"Zo\u00eb Vantabl\u00fcck", "Zo%C3%AB%20Vantabl%C3%BCck"] {
            assert_eq!(canaries.find(text.as_bytes()), Some("Zoë Vantablück"), "{text}");
        }
        assert_eq!(canaries.find(b"quOKKA.X@"), Some("Quokka.x"));
        assert_eq!(canaries.find(b"Quokka-x Vantabl\xfcck"), None);
        assert_eq!((canaries.find(b"Quo=\r\nkka.x"), canaries.find_folded(b"Quo=\r\nkka.x")), (None, Some("Quokka.x")));
    }
}
