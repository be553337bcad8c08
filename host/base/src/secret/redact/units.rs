//! Reads a text as the services that may have escaped it would: characters with the places where they stand.

use crate::text::is_obeyed;

/// Most digits of a character's number in an HTML entity; leading zeros count.
const ENTITY_DIGITS_MAX: usize = 10;

/// Most characters of an escape.
const ESCAPE_CHARS_MAX: usize = ENTITY_DIGITS_MAX + 4;

/// The named entities of HTML for characters of ASCII and for some that are not seen
/// (<https://html.spec.whatwg.org/multipage/named-characters.html>).
const ENTITIES: [(&str, char); 46] = [
    ("AMP", '&'),
    ("DiacriticalGrave", '`'),
    ("GT", '>'),
    ("Hat", '^'),
    ("LT", '<'),
    ("NewLine", '\n'),
    ("QUOT", '"'),
    ("Tab", '\t'),
    ("UnderBar", '_'),
    ("VerticalLine", '|'),
    ("ZeroWidthSpace", '\u{200b}'),
    ("amp", '&'),
    ("apos", '\''),
    ("ast", '*'),
    ("bsol", '\\'),
    ("colon", ':'),
    ("comma", ','),
    ("commat", '@'),
    ("dollar", '$'),
    ("equals", '='),
    ("excl", '!'),
    ("grave", '`'),
    ("gt", '>'),
    ("lbrace", '{'),
    ("lbrack", '['),
    ("lcub", '{'),
    ("lowbar", '_'),
    ("lpar", '('),
    ("lsqb", '['),
    ("lt", '<'),
    ("num", '#'),
    ("percnt", '%'),
    ("period", '.'),
    ("plus", '+'),
    ("quest", '?'),
    ("quot", '"'),
    ("rbrace", '}'),
    ("rbrack", ']'),
    ("rcub", '}'),
    ("rpar", ')'),
    ("rsqb", ']'),
    ("semi", ';'),
    ("shy", '\u{ad}'),
    ("sol", '/'),
    ("vert", '|'),
    ("verbar", '|'),
];

/// A character, and where it stands in the text: from a byte up to another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unit {
    pub(super) character: char,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// A text without the characters that are not seen, and what each place of it may stand for if it is an escape.
pub(super) struct Units {
    units: Vec<Unit>,
    /// For each unit at which an escape begins: its character, and the unit behind it.
    escapes: Vec<Option<(char, usize)>>,
}

/// Whether nobody sees this character: a control character, one without width, or one that changes only how others are
/// shown.
fn is_unseen(c: char) -> bool {
    let range = |first: char, last: char| (first..=last).contains(&c);
    is_obeyed(c)
        || matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{feff}')
        || range('\u{200b}', '\u{200f}')
        || range('\u{2060}', '\u{206f}')
        || range('\u{fe00}', '\u{fe0f}')
        || range('\u{fff9}', '\u{fffb}')
        || range('\u{e0000}', '\u{e0fff}')
}

/// Whether a text may read otherwise than it is written.
pub(super) fn is_plain(text: &str) -> bool {
    !text.chars().any(|c| matches!(c, '%' | '\\' | '&') || is_unseen(c))
}

impl Units {
    /// The text as it is written.
    pub(super) fn of(text: &str) -> Self {
        let units = text.char_indices().filter(|(_, c)| !is_unseen(*c)).map(|(start, character)| Unit {
            character,
            start,
            end: start + character.len_utf8(),
        });
        Self::from(units.collect())
    }

    fn from(units: Vec<Unit>) -> Self {
        let escapes = (0..units.len()).map(|at| escape(&units, at)).collect();
        Self { units, escapes }
    }

    /// The text as it reads when its escapes are taken for what they stand for; none if it has no escapes.
    pub(super) fn unescaped(&self) -> Option<Self> {
        if self.escapes.iter().all(Option::is_none) {
            return None;
        }
        let (mut units, mut at) = (Vec::with_capacity(self.units.len()), 0);
        while let Some(unit) = self.units.get(at) {
            let (character, next) = self.escape(at).unwrap_or((unit.character, at + 1));
            if !is_unseen(character) {
                let end = self.units.get(next - 1).map_or(unit.end, |last| last.end);
                units.push(Unit { character, start: unit.start, end });
            }
            at = next;
        }
        Some(Self::from(units))
    }

    /// The text, without the characters that are not seen.
    pub(super) fn text(&self) -> String {
        self.units.iter().map(|unit| unit.character).collect()
    }

    pub(super) fn len(&self) -> usize {
        self.units.len()
    }

    pub(super) fn unit(&self, at: usize) -> Option<Unit> {
        self.units.get(at).copied()
    }

    fn escape(&self, at: usize) -> Option<(char, usize)> {
        self.escapes.get(at).copied().flatten()
    }

    /// Whether the text ends here, or within an escape that begins here.
    fn is_end(&self, at: usize) -> bool {
        let begins = self.unit(at).is_some_and(|unit| matches!(unit.character, '%' | '\\' | '&'));
        at == self.len() || begins && self.escape(at).is_none() && self.len() - at <= ESCAPE_CHARS_MAX
    }

    /// Whether a unit can stand for this character, written out or as an escape.
    pub(super) fn can_be(&self, at: usize, character: char) -> bool {
        self.unit(at).is_some_and(|unit| unit.character == character)
            || self.escape(at).is_some_and(|(escaped, _)| escaped == character)
    }

    /// The furthest unit up to which the text reads as `form` from `at` on, where each character is written out or an
    /// escape, whatever those around it are. With `is_cut`, a text that ends within the form reads as the form.
    pub(super) fn read(&self, at: usize, form: &str, is_cut: bool) -> Option<usize> {
        let mut places = vec![at];
        for character in form.chars() {
            let mut next = Vec::with_capacity(places.len());
            let mut index = 0;
            while let Some(place) = places.get(index).copied() {
                index += 1;
                if is_cut && self.is_end(place) {
                    return Some(self.len());
                }
                if self.unit(place).is_some_and(|unit| unit.character == character) {
                    next.push(place + 1);
                }
                match self.escape(place) {
                    Some((escaped, behind)) if escaped == character => next.push(behind),
                    // What is not seen does not separate.
                    Some((escaped, behind)) if is_unseen(escaped) && !places.contains(&behind) => places.push(behind),
                    _ => {}
                }
            }
            next.sort_unstable();
            next.dedup();
            if next.is_empty() {
                return None;
            }
            places = next;
        }
        places.into_iter().max()
    }
}

/// The character that the escape at this unit stands for, and the unit behind it: in JSON and in program code, in a URL,
/// or in HTML.
fn escape(units: &[Unit], at: usize) -> Option<(char, usize)> {
    match units.get(at)?.character {
        '%' => percent(units, at),
        '\\' => backslash(units, at + 1),
        '&' => entity(units, at + 1),
        _ => None,
    }
}

/// The number that `count` hexadecimal digits make.
fn hex(units: &[Unit], from: usize, count: usize) -> Option<u32> {
    let digits = units.get(from..from.checked_add(count)?)?;
    digits.iter().try_fold(0, |number: u32, digit| Some(number * 16 + digit.character.to_digit(16)?))
}

/// One or more bytes of a URL (RFC 3986), which make one character of UTF-8.
fn percent(units: &[Unit], at: usize) -> Option<(char, usize)> {
    let byte = |at: usize| -> Option<u8> {
        let is_percent = units.get(at)?.character == '%';
        u8::try_from(hex(units, at + 1, 2)?).ok().filter(|_| is_percent)
    };
    let first = byte(at)?;
    let count = match first {
        0..0x80 => return Some((char::from(first), at + 3)),
        0xc2..0xe0 => 2,
        0xe0..0xf0 => 3,
        0xf0..0xf5 => 4,
        _ => return None,
    };
    let bytes: Vec<u8> = (0..count).map_while(|index| byte(at + 3 * index)).collect();
    let character = std::str::from_utf8(&bytes).ok()?.chars().next()?;
    Some((character, at + 3 * count))
}

/// An escape of JSON (RFC 8259), with those of programs that write `\x2f` and `\u{2f}`. `at` is behind the backslash.
fn backslash(units: &[Unit], at: usize) -> Option<(char, usize)> {
    let character = units.get(at)?.character;
    let escaped = match character {
        'u' if units.get(at + 1)?.character == '{' => {
            let count = units.iter().skip(at + 2).take(7).position(|unit| unit.character == '}')?;
            return Some((char::from_u32(hex(units, at + 2, count)?)?, at + 3 + count));
        }
        'u' => return Some((char::from_u32(hex(units, at + 1, 4)?)?, at + 5)),
        'x' => return Some((char::from_u32(hex(units, at + 1, 2)?)?, at + 3)),
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        '0' => '\0',
        character if character.is_ascii_punctuation() => character,
        _ => return None,
    };
    Some((escaped, at + 1))
}

/// An entity of HTML, of which the semicolon may be missing. `at` is behind the ampersand.
fn entity(units: &[Unit], at: usize) -> Option<(char, usize)> {
    let ended = |at: usize| if units.get(at).is_some_and(|unit| unit.character == ';') { at + 1 } else { at };
    let is_char = |at: usize, c: char| units.get(at).is_some_and(|unit| unit.character.eq_ignore_ascii_case(&c));
    if !is_char(at, '#') {
        let named = |(name, character): &(&str, char)| {
            let rest = units.get(at..at + name.len())?;
            rest.iter().map(|unit| unit.character).eq(name.chars()).then_some((*character, ended(at + name.len())))
        };
        // The longest name, as `lt` begins no other one but `num` and others might.
        return ENTITIES.iter().filter_map(named).max_by_key(|(_, behind)| *behind);
    }
    let (radix, from) = if is_char(at + 1, 'x') { (16, at + 2) } else { (10, at + 1) };
    let digits = units.iter().skip(from).take(ENTITY_DIGITS_MAX).map_while(|unit| unit.character.to_digit(radix));
    let (mut number, mut count) = (0_u32, 0);
    for digit in digits {
        number = number.checked_mul(radix)?.checked_add(digit)?;
        count += 1;
    }
    (count > 0).then_some((char::from_u32(number)?, ended(from + count)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        let units = Units::of(text);
        units.unescaped().unwrap_or(units).text()
    }

    #[test]
    fn escapes_read_as_what_they_stand_for() {
        for (text, reads) in [
            ("a\\/b\\u002Fc\\u002fd\\\\e\\\"f", "a/b/c/d\\e\"f"),
            ("a%2Fb%2fc%25%3", "a/b/c%%3"),
            ("%C3%A9%E2%80%8Bx%ff", "éx%ff"),
            ("a&#47;b&#x2f;c&#X2F;d&sol;e&amp;f&quot", "a/b/c/d/e&f\""),
            ("a\\x2fb\\u{2f}c\\n\\0d", "a/b/cd"),
            ("a\u{200b}b\u{7}c\u{ad}d\u{feff}\u{2060}e\r\nf", "abcdef"),
            ("100 % & more\\", "100 % & more\\"),
            ("&#99999999999;&#xffffffff;&nonsense;", "&#99999999999;&#xffffffff;&nonsense;"),
        ] {
            assert_eq!(read(text), reads, "{text}");
        }
    }

    #[test]
    fn units_know_where_they_stand() {
        let text = "ä%2F\u{200b}b&#47;";
        let units = Units::of(text).unescaped().unwrap();
        let at: Vec<(char, &str)> =
            units.units.iter().map(|unit| (unit.character, &text[unit.start..unit.end])).collect();
        assert_eq!(at, [('ä', "ä"), ('/', "%2F"), ('b', "b"), ('/', "&#47;")]);
    }

    #[test]
    fn what_stands_before_a_form_does_not_hide_it() {
        // `%41` could be read as `A`, which would take the form's first character away.
        let units = Units::of("100%41bc%2fd");
        assert_eq!(units.read(4, "41bc/d", false), Some(12));
        assert_eq!(units.read(4, "41bc/de", false), None);
        assert_eq!(units.read(4, "41bc/de", true), Some(12));
    }
}
