//! The bundled fonts, and the choice of the font for a character. `fonts/README.md` says where the fonts come from.

use super::PdfError;
use flate2::read::GzDecoder;
use harfrust::ShaperData;
use krilla::text::Font;
use skrifa::{FontRef, MetadataProvider as _};
use std::io::Read as _;
use std::sync::{Arc, OnceLock};

/// The weight of a text. Chinese, Japanese and Korean exist in the regular weight only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Weight {
    Regular,
    Bold,
}

/// An unpacked font.
pub(super) struct Face {
    data: Arc<Vec<u8>>,
    /// The font as the PDF library uses it.
    pub(super) font: Font,
    /// The font as the shaping library uses it.
    pub(super) shaper: ShaperData,
    /// The font's units in one em.
    pub(super) units_per_em: f32,
}

impl Face {
    /// Unpacks a font.
    fn load(packed: &[u8]) -> Option<Self> {
        let mut data = Vec::new();
        GzDecoder::new(packed).read_to_end(&mut data).ok()?;
        let data = Arc::new(data);
        let shaper = ShaperData::new(&FontRef::new(&data).ok()?);
        let font = Font::new(krilla::Data::from(Arc::clone(&data)), 0)?;
        let units_per_em = font.units_per_em();
        Some(Self { data, font, shaper, units_per_em })
    }

    /// The font's tables; `None` if they cannot be read.
    pub(super) fn tables(&self) -> Option<FontRef<'_>> {
        FontRef::new(&self.data).ok()
    }

    fn has(&self, character: char) -> bool {
        self.tables().is_some_and(|font| font.charmap().map(character).is_some_and(|glyph| glyph.to_u32() != 0))
    }
}

/// The packed fonts of a weight, in the order in which they are searched for a character.
fn packed(weight: Weight) -> [&'static [u8]; 4] {
    let cjk: &[u8] = include_bytes!("../../fonts/NotoSansCJKsc-Regular.otf.gz");
    match weight {
        Weight::Regular => [
            include_bytes!("../../fonts/NotoSans-Regular.ttf.gz"),
            include_bytes!("../../fonts/NotoSansHebrew-Regular.ttf.gz"),
            include_bytes!("../../fonts/NotoSansArabic-Regular.ttf.gz"),
            cjk,
        ],
        Weight::Bold => [
            include_bytes!("../../fonts/NotoSans-Bold.ttf.gz"),
            include_bytes!("../../fonts/NotoSansHebrew-Bold.ttf.gz"),
            include_bytes!("../../fonts/NotoSansArabic-Bold.ttf.gz"),
            cjk,
        ],
    }
}

/// The font with a number from 0 to 3. It is unpacked when it is first needed, because the CJK font takes a moment.
pub(super) fn face(weight: Weight, number: usize) -> Option<&'static Face> {
    static FACES: [OnceLock<Option<Face>>; 7] = [const { OnceLock::new() }; 7];
    let place = if weight == Weight::Bold && number < 3 { number + 4 } else { number };
    FACES.get(place)?.get_or_init(|| packed(weight).get(number).and_then(|packed| Face::load(packed))).as_ref()
}

/// The number of the font for a character. A character that combines with the one before it is taken from that one's
/// font, whose number is `before`.
///
/// # Errors
/// No font has the character.
pub(super) fn number_for(weight: Weight, character: char, before: Option<usize>) -> Result<usize, PdfError> {
    let joins = character == ' '
        || matches!(character, '\u{200c}' | '\u{200d}')
        || unicode_normalization::char::is_combining_mark(character);
    if let Some(before) = before.filter(|_| joins) {
        let is_joiner = matches!(character, '\u{200c}' | '\u{200d}');
        if is_joiner || face(weight, before).is_some_and(|face| face.has(character)) {
            return Ok(before);
        }
    }
    let mut numbers = 0..packed(weight).len();
    let found = numbers.find(|number| face(weight, *number).is_some_and(|face| face.has(character)));
    found.ok_or_else(|| PdfError::MissingGlyph { character, number: character.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_script_has_its_font_and_others_are_named() {
        for weight in [Weight::Regular, Weight::Bold] {
            for (text, number) in [
                ("Zoë Łukasz ẞ Ə ʻ", 0),
                ("Γιώργος Ά", 0),
                ("Юлия Ђ", 0),
                ("שרה", 1),
                ("محمد پژگچ", 2),
                ("山田喆堃髙﨑", 3),
                ("たろうタロウ々ー", 3),
                ("김철수뷁", 3),
                ("陳ㄅ", 3),
            ] {
                for character in text.chars().filter(|character| *character != ' ') {
                    assert_eq!(number_for(weight, character, None).unwrap(), number, "{character} {weight:?}");
                }
            }
            for missing in ['\u{1f600}', 'ก', '\u{16a0}', '\u{10330}'] {
                let error = number_for(weight, missing, None).unwrap_err().to_string();
                assert!(error.contains(missing) && error.contains(&format!("U+{:04X}", u32::from(missing))), "{error}");
            }
        }
        // A space and a combining mark stay in the font of the character before them.
        assert_eq!(number_for(Weight::Regular, ' ', Some(2)).unwrap(), 2);
        assert_eq!(number_for(Weight::Regular, '\u{5b8}', Some(1)).unwrap(), 1);
        assert_eq!(number_for(Weight::Regular, '\u{301}', Some(0)).unwrap(), 0);
    }

    /// Every Han character of Unicode's first block and every Hangul syllable.
    #[test]
    fn cjk_is_covered_as_the_readme_says() {
        let face = face(Weight::Regular, 3).unwrap();
        let missing = |range: std::ops::RangeInclusive<char>| range.filter(|character| !face.has(*character)).count();
        // The block's last 90 characters were added in Unicode 4.1 and later; no font of 2022 has all of them.
        assert!(missing('\u{4e00}'..='\u{9fff}') <= 16, "{}", missing('\u{4e00}'..='\u{9fff}'));
        assert_eq!(missing('\u{ac00}'..='\u{d7a3}'), 0);
        assert_eq!(missing('\u{3041}'..='\u{3096}') + missing('\u{30a1}'..='\u{30fa}'), 0);
    }
}
