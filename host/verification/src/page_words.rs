//! The words of a page that was saved anew, compared with what the issuer has signed.
//!
//! Programs that save a page anew write its text in other pieces and in another order. So a word counts as differing only
//! if it is nowhere on the other side, whatever the white space, the ligatures and the order of lines and letters. A page
//! that differs in nothing may still deceive: with a picture, or with a signed word in another place.

use hibob_reference_format::credential::Credential;
use hibob_reference_format::pdf::{PageTexts, texts};
use lopdf::Document;
use std::collections::BTreeSet;
use std::panic::catch_unwind;
use std::time::Duration;
use unicode_normalization::UnicodeNormalization as _;

/// The most pages that are read. A reference has one.
const PAGES_MAX: usize = 10;

/// The most differing words that are named.
const WORDS_MAX: usize = 40;

/// How long reading a stranger's file may take.
const TIME_MAX: Duration = Duration::from_secs(10);

/// The shortest word that is looked for within others, in characters: programs join words.
const INNER_CHARACTERS_MIN: usize = 4;

/// What the page has before the number of the entry in the log.
const ENTRY: &str = "entry";

/// The words in which a page and the signed claims differ.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageWords {
    /// Signed words that are not on the page.
    pub missing: Vec<String>,
    /// Words on the page that are neither signed nor among those that every page has.
    pub added: Vec<String>,
}

/// The words in which the page of a PDF file differs from a reference, whose key has this name; none if its words cannot
/// be read. Words in scripts of South and South-East Asia are not compared, since their letters cannot be read reliably.
pub async fn compare(pdf: Vec<u8>, credential: Credential, selector: String) -> Option<PageWords> {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    // A thread of its own, which a file that takes for ever does not keep the program from ending.
    std::thread::spawn(move || {
        let words = catch_unwind(|| compared(&text_of(&pdf)?, &texts(&credential), &selector));
        drop(sender.send(words.ok().flatten()));
    });
    tokio::time::timeout(TIME_MAX, receiver).await.ok()?.ok()?
}

fn text_of(pdf: &[u8]) -> Option<String> {
    let document = Document::load_mem(pdf).ok()?;
    let pages: Vec<u32> = document.get_pages().into_keys().take(PAGES_MAX).collect();
    document.extract_text(&pages).ok()
}

fn compared(page: &str, texts: &PageTexts, selector: &str) -> Option<PageWords> {
    let page = Page::of(page);
    let fixed: Vec<String> = texts.fixed.iter().flat_map(|text| words(text)).collect();
    let read = fixed.iter().filter(|word| page.has(word)).count();
    if 2 * read < fixed.len() {
        return None;
    }
    let signed = texts.signed.iter().filter(|text| !page.letters.contains(&squeezed(text)));
    let missing = signed.flat_map(|text| text.split_whitespace()).filter(|word| {
        let plain = squeezed(word);
        !plain.is_empty() && !is_unreliable(&plain) && !page.has(&plain)
    });
    let all: Vec<&String> = texts.signed.iter().chain(&texts.fixed).collect();
    Some(PageWords { missing: some(missing.map(str::to_owned)), added: some(page.unknown(&all, selector)) })
}

fn some(words: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    words.into_iter().filter(|word| seen.insert(word.clone())).take(WORDS_MAX).collect()
}

/// The text of a page, in the form in which it is compared.
struct Page {
    /// All letters and signs, without white space.
    letters: String,
    /// The words with their places in the letters, in bytes.
    words: Vec<(usize, String)>,
    /// The words in the form of [`key`].
    keys: BTreeSet<String>,
}

impl Page {
    fn of(text: &str) -> Self {
        let (mut letters, mut words) = (String::new(), Vec::new());
        for word in text.split_whitespace().map(squeezed).filter(|word| !word.is_empty()) {
            words.push((letters.len(), word.clone()));
            letters.push_str(&word);
        }
        let keys = words.iter().map(|(_, word)| key(word)).collect();
        Self { letters, words, keys }
    }

    fn has(&self, word: &str) -> bool {
        let is_long = word.chars().count() >= INNER_CHARACTERS_MIN;
        let turned = || word.chars().rev().collect::<String>();
        self.keys.contains(&key(word))
            || is_long && (self.letters.contains(word) || is_right_to_left(word) && self.letters.contains(&turned()))
    }

    /// The words that are not part of these texts.
    fn unknown(&self, texts: &[&String], selector: &str) -> Vec<String> {
        let mut is_known = vec![false; self.letters.len()];
        let mut mark = |place: usize, length: usize| {
            is_known.get_mut(place..place + length).into_iter().flatten().for_each(|known| *known = true);
        };
        let known: Vec<String> = texts.iter().flat_map(|text| words(text)).chain([squeezed(selector)]).collect();
        let long = known.iter().filter(|word| word.chars().count() >= INNER_CHARACTERS_MIN).cloned();
        for part in texts.iter().map(|text| squeezed(text)).chain(long).filter(|part| !part.is_empty()) {
            for (place, _) in self.letters.match_indices(&part) {
                mark(place, part.len());
            }
        }
        // The number of the entry in the log is another one for each reference.
        for (place, entry) in self.letters.match_indices(ENTRY) {
            let after = self.letters.get(place + entry.len()..).unwrap_or_default();
            mark(place, entry.len() + after.bytes().take_while(u8::is_ascii_digit).count());
        }
        let keys: BTreeSet<String> = known.iter().map(|word| key(word)).collect();
        let mut unknown = Vec::new();
        for (place, word) in &self.words {
            let is_of_a_text = is_known.iter().skip(*place).take(word.len()).all(|known| *known);
            let plain = trimmed(word);
            if !(is_of_a_text || plain.is_empty() || keys.contains(&key(plain)) || is_unreliable(plain)) {
                unknown.push(plain.to_owned());
            }
        }
        unknown
    }
}

/// A text without white space and invisible characters, in one form for ligatures, hyphens and apostrophes (NFKC).
fn squeezed(text: &str) -> String {
    let is_left_out = |c: &char| {
        c.is_whitespace()
            || c.is_control()
            || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    let one_form = |c| match c {
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{5be}' => '-',
        '\u{2018}' | '\u{2019}' | '\u{5f3}' => '\'',
        '\u{201c}' | '\u{201d}' | '\u{5f4}' => '"',
        other => other,
    };
    text.nfkc().filter(|c| !is_left_out(c)).map(one_form).collect()
}

fn words(text: &str) -> Vec<String> {
    let words = text.split_whitespace().map(squeezed);
    words.map(|word| trimmed(&word).to_owned()).filter(|word| !word.is_empty()).collect()
}

fn trimmed(word: &str) -> &str {
    word.trim_matches(|c: char| !c.is_alphanumeric())
}

/// The form in which words are equal: without signs around them, and for Hebrew and Arabic words, whose letters programs
/// write in either order, with sorted letters.
fn key(word: &str) -> String {
    let plain = trimmed(word);
    if !is_right_to_left(plain) {
        return plain.to_owned();
    }
    let mut letters: Vec<char> = plain.chars().collect();
    letters.sort_unstable();
    letters.into_iter().collect()
}

fn is_right_to_left(word: &str) -> bool {
    word.chars().any(|c| matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}'))
}

fn is_unreliable(word: &str) -> bool {
    word.chars().any(|c| matches!(c, '\u{900}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{1900}'..='\u{1cff}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reference() -> PageTexts {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        PageTexts {
            signed: texts(&[
                "ACME GmbH",
                "acme.example",
                "Zoë Łukasz-O’Neil",
                "Office Engineer",
                "1 March 2019",
                "31 May 2026",
            ]),
            fixed: texts(&[
                "EMPLOYMENT REFERENCE",
                "This confirms the employment of",
                "Position",
                "Employed",
                "–",
                "Reference 7f3c9a52 · signed with key",
                "· entry",
                "in the company’s public log",
            ]),
        }
    }

    const PAGE: &str = "EMPLOYMENT REFERENCE\nACME GmbH\nacme.example\nThis confirms the employment of\nZoë Łukasz-O’Neil\n\
                        Position Office Engineer\nEmployed 1 March 2019 – 31 May 2026\nReference 7f3c9a52 · signed with key \
                        k2026 · entry 17 in the company’s public log";

    fn difference(page: &str) -> (Vec<String>, Vec<String>) {
        let words = compared(page, &reference(), "k2026").unwrap();
        (words.missing, words.added)
    }

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    /// White space, ligatures, signs in other forms, and the order of lines are no difference.
    #[test]
    fn a_page_that_says_the_same_differs_in_no_word() {
        let mut lines: Vec<&str> = PAGE.lines().collect();
        lines.reverse();
        let spread: String = PAGE.chars().flat_map(|c| [c, ' ']).collect();
        for page in [
            PAGE.to_owned(),
            lines.join("\n"),
            PAGE.split_whitespace().collect(),
            spread,
            PAGE.replace("ffi", "\u{fb03}").replace('’', "'").replace('-', "\u{2010}"),
            PAGE.replace("Engineer", "Engi\u{ad}\nneer").replace("ë", "e\u{308}"),
            PAGE.replace("EMPLOYMENT REFERENCE", "E M P LO Y M E N T R E F E R E N C E"),
        ] {
            assert_eq!(difference(&page), (Vec::new(), Vec::new()), "{page}");
        }
    }

    #[test]
    fn the_words_that_differ_are_named() {
        for (from, to, missing, added) in [
            ("Office Engineer", "Chief Engineer", ["Office"].as_slice(), ["Chief"].as_slice()),
            ("Office Engineer", "Chief Office Engineer", &[], &["Chief"]),
            ("Zoë Łukasz-O’Neil", "Zoe Mustermann", &["Zoë", "Łukasz-O’Neil"], &["Zoe", "Mustermann"]),
            ("1 March 2019", "1 March 2009", &["2019"], &["2009"]),
            ("1 March 2019", "7 March 2019", &["1"], &["7"]),
            ("public log", "public log. Excellent work", &[], &["Excellent", "work"]),
            ("entry 17", "entry 17 with 20 others", &[], &["20", "others"]),
            ("acme.example", "acme-group.example", &["acme.example"], &["acme-group.example"]),
        ] {
            assert!(PAGE.contains(from), "{from}");
            assert_eq!(difference(&PAGE.replace(from, to)), (words(missing), words(added)), "{to}");
        }
    }

    /// Programs write the letters of Hebrew and Arabic in either order, and those of Thai and Hindi more than once.
    #[test]
    fn letters_in_another_order_are_no_difference() {
        let mut texts = reference();
        texts.signed = words(&["שרה כהן-לוי", "علاء سلامة", "สมชาย ใจดี"]);
        let page = |name: &str| PAGE.replace("ACME GmbH\nacme.example", "").replace("Zoë Łukasz-O’Neil", name);
        let page = |name: &str| page(name).replace("Office Engineer", "").replace("1 March 2019 – 31 May 2026", "");
        let differs = |name: &str| {
            let found = compared(&page(name), &texts, "k2026").unwrap();
            (found.missing, found.added)
        };
        for name in ["שרה כהן-לוי علاء سلامة สมชาย ใจดี", "יול-ןהכ הרש ةملاس ءلاع สมีชจำย ใจำดมี", "לוי-כהן שרה عالء سالمة"]
        {
            assert_eq!(differs(name), (Vec::new(), Vec::new()), "{name}");
        }
        assert_eq!(differs("רות כהן-לוי علاء سلامة"), (words(&["שרה"]), words(&["רות"])));
    }

    #[test]
    fn a_page_without_words_is_not_compared() {
        for page in ["", "\u{1}\u{2}\u{3} \u{4}", "a picture of a page"] {
            assert_eq!(compared(page, &reference(), "k2026"), None);
        }
        for file in [b"".as_slice(), b"%PDF-1.7\n", &[0xff; 300]] {
            assert_eq!(text_of(file), None);
        }
    }
}
