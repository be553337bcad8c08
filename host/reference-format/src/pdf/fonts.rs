//! The fonts of a page, and the choice of the font for a character. `fonts/README.md` says where the bundled ones come
//! from.

use super::PdfError;
use flate2::read::GzDecoder;
use harfrust::ShaperData;
use krilla::text::Font;
use skrifa::raw::TableProvider as _;
use skrifa::{FontRef, MetadataProvider as _};
use std::io::Read as _;
use std::sync::{Arc, OnceLock};
use unicode_normalization::char::is_combining_mark;

/// The weight of a text. Chinese, Japanese and Korean exist in the regular weight only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Weight {
    Regular,
    Bold,
}

/// The weight from which a font counts as bold (OpenType, table OS/2, `usWeightClass`: 600 is semi-bold).
const BOLD_FROM: u16 = 600;

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
    fn load(data: Vec<u8>) -> Option<Self> {
        let data = Arc::new(data);
        let shaper = ShaperData::new(&FontRef::new(&data).ok()?);
        let font = Font::new(krilla::Data::from(Arc::clone(&data)), 0)?;
        let units_per_em = font.units_per_em();
        Some(Self { data, font, shaper, units_per_em })
    }

    fn unpack(packed: &[u8]) -> Option<Self> {
        let mut data = Vec::new();
        GzDecoder::new(packed).read_to_end(&mut data).ok()?;
        Self::load(data)
    }

    /// The font's tables; `None` if they cannot be read.
    pub(super) fn tables(&self) -> Option<FontRef<'_>> {
        FontRef::new(&self.data).ok()
    }

    fn has(&self, character: char) -> bool {
        self.tables().is_some_and(|font| font.charmap().map(character).is_some_and(|glyph| glyph.to_u32() != 0))
    }
}

/// How many bundled fonts each weight has.
const BUNDLED: usize = 8;

/// The number of the font for Chinese, Japanese and Korean. It is the last one, because it takes a moment to unpack.
const CJK: usize = BUNDLED - 1;

/// The packed fonts of a weight, in the order in which they are searched for a character.
fn packed(weight: Weight) -> [&'static [u8]; BUNDLED] {
    let cjk: &[u8] = include_bytes!("../../fonts/NotoSansCJKsc-Regular.otf.gz");
    match weight {
        Weight::Regular => [
            include_bytes!("../../fonts/NotoSans-Regular.ttf.gz"),
            include_bytes!("../../fonts/NotoSansHebrew-Regular.ttf.gz"),
            include_bytes!("../../fonts/NotoSansArabic-Regular.ttf.gz"),
            include_bytes!("../../fonts/NotoSansArmenian-Regular.ttf.gz"),
            include_bytes!("../../fonts/NotoSansGeorgian-Regular.ttf.gz"),
            include_bytes!("../../fonts/NotoSansDevanagari-Regular.ttf.gz"),
            include_bytes!("../../fonts/NotoSansThai-Regular.ttf.gz"),
            cjk,
        ],
        Weight::Bold => [
            include_bytes!("../../fonts/NotoSans-Bold.ttf.gz"),
            include_bytes!("../../fonts/NotoSansHebrew-Bold.ttf.gz"),
            include_bytes!("../../fonts/NotoSansArabic-Bold.ttf.gz"),
            include_bytes!("../../fonts/NotoSansArmenian-Bold.ttf.gz"),
            include_bytes!("../../fonts/NotoSansGeorgian-Bold.ttf.gz"),
            include_bytes!("../../fonts/NotoSansDevanagari-Bold.ttf.gz"),
            include_bytes!("../../fonts/NotoSansThai-Bold.ttf.gz"),
            cjk,
        ],
    }
}

/// The bundled font with a number from 0 to [`CJK`]. It is unpacked when it is first needed.
fn bundled(weight: Weight, number: usize) -> Option<&'static Arc<Face>> {
    static FACES: [OnceLock<Option<Arc<Face>>>; 2 * BUNDLED] = [const { OnceLock::new() }; 2 * BUNDLED];
    // There is one weight of the last font.
    let place = if weight == Weight::Bold && number < CJK { number + BUNDLED } else { number };
    let unpacked = || packed(weight).get(number).and_then(|packed| Face::unpack(packed)).map(Arc::new);
    FACES.get(place)?.get_or_init(unpacked).as_ref()
}

/// Why a file cannot be one of the fonts of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FontError {
    /// The file is no font, or has none of what a page needs.
    #[error("is not a font in TrueType or OpenType format that can be read")]
    Unreadable,
    /// The font's maker forbids to embed it (OpenType, table OS/2, `fsType`: restricted licence).
    #[error("says that its licence does not allow it to be embedded in documents")]
    Restricted,
}

/// A font that an operator has added.
struct Added {
    face: Arc<Face>,
    weight: Weight,
}

/// The fonts of a page: the bundled ones, and those that an operator has added. A character is taken from an added font
/// only if no bundled one has it. Cloning is cheap.
#[derive(Clone, Default)]
pub struct Fonts {
    added: Arc<Vec<Added>>,
}

impl std::fmt::Debug for Fonts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fonts").field("added", &self.added.len()).finish_non_exhaustive()
    }
}

impl Fonts {
    /// The bundled fonts alone.
    pub fn bundled() -> Self {
        Self::default()
    }

    /// The bundled fonts, and these, which are the contents of font files (TrueType or OpenType). Of those that have a
    /// character, one of the text's weight is preferred, and then the first one.
    ///
    /// # Errors
    /// The place of the first file that cannot be used, and why.
    pub fn with(files: impl IntoIterator<Item = Vec<u8>>) -> Result<Self, (usize, FontError)> {
        let added = files.into_iter().enumerate().map(|(place, data)| added(data).map_err(|error| (place, error)));
        Ok(Self { added: Arc::new(added.collect::<Result<_, _>>()?) })
    }

    /// Whether one of the fonts has this character, so that a page can show it.
    pub fn has_letter(&self, character: char) -> bool {
        self.number_for(Weight::Regular, character, None).is_ok()
    }

    /// The font with this number. The numbers from [`BUNDLED`] are those of the added fonts.
    pub(super) fn face(&self, weight: Weight, number: usize) -> Option<&Arc<Face>> {
        match number.checked_sub(BUNDLED) {
            None => bundled(weight, number),
            Some(place) => self.added.get(place).map(|added| &added.face),
        }
    }

    /// The numbers of all fonts, in the order in which they are searched for a character of a text.
    fn numbers(&self, weight: Weight) -> impl Iterator<Item = usize> {
        let added = |is_weight: bool| {
            let places = self.added.iter().enumerate().filter(move |(_, added)| (added.weight == weight) == is_weight);
            places.map(|(place, _)| BUNDLED + place)
        };
        (0..BUNDLED).chain(added(true)).chain(added(false))
    }

    /// The number of the font for a character. One that combines with the character before it, and a sign such as a
    /// hyphen, is taken from that one's font, whose number is `before`: a word in two fonts is two words to programs
    /// that read the page.
    ///
    /// # Errors
    /// No font has the character.
    pub(super) fn number_for(&self, weight: Weight, character: char, before: Option<usize>) -> Result<usize, PdfError> {
        let has = |number: usize| self.face(weight, number).is_some_and(|face| face.has(character));
        let joins = !character.is_alphanumeric() || is_combining_mark(character);
        if let Some(before) = before.filter(|_| joins) {
            let is_joiner = matches!(character, '\u{200c}' | '\u{200d}');
            if is_joiner || has(before) {
                return Ok(before);
            }
        }
        let found = self.numbers(weight).find(|number| has(*number));
        found.ok_or_else(|| PdfError::MissingGlyph { character, number: character.into() })
    }
}

fn added(data: Vec<u8>) -> Result<Added, FontError> {
    let face = Face::load(data).ok_or(FontError::Unreadable)?;
    let tables = face.tables().ok_or(FontError::Unreadable)?;
    let os2 = tables.os2().map_err(|_| FontError::Unreadable)?;
    // The lower four bits say how it may be used; 2 alone is the restricted licence.
    if os2.fs_type() & 0x0f == 2 {
        return Err(FontError::Restricted);
    }
    let weight = if os2.us_weight_class() >= BOLD_FROM { Weight::Bold } else { Weight::Regular };
    if tables.charmap().mappings().next().is_none() || tables.outline_glyphs().format().is_none() {
        return Err(FontError::Unreadable);
    }
    Ok(Added { face: Arc::new(face), weight })
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
                ("Արամ Պետրոսյան և", 3),
                ("ნინო ბერიძე ᲜᲘᲜᲝ", 4),
                ("प्रिया शर्मा ॐ", 5),
                ("สมชาย ใจดี ๆ", 6),
                ("山田喆堃髙﨑", CJK),
                ("たろうタロウ々ー", CJK),
                ("김철수뷁", CJK),
                ("陳ㄅ", CJK),
            ] {
                for character in text.chars().filter(|character| *character != ' ') {
                    assert_eq!(
                        Fonts::bundled().number_for(weight, character, None).unwrap(),
                        number,
                        "{character} {weight:?}"
                    );
                }
            }
            for missing in ['\u{1f600}', 'அ', '\u{16a0}', '\u{10330}'] {
                let error = Fonts::bundled().number_for(weight, missing, None).unwrap_err().to_string();
                assert!(error.contains(missing) && error.contains(&format!("U+{:04X}", u32::from(missing))), "{error}");
            }
        }
        // A space, a sign and a combining mark stay in the font of the character before them.
        assert_eq!(Fonts::bundled().number_for(Weight::Regular, ' ', Some(2)).unwrap(), 2);
        assert_eq!(Fonts::bundled().number_for(Weight::Regular, '-', Some(1)).unwrap(), 1);
        assert_eq!(Fonts::bundled().number_for(Weight::Regular, '(', Some(1)).unwrap(), 0);
        assert_eq!(Fonts::bundled().number_for(Weight::Regular, '\u{5b8}', Some(1)).unwrap(), 1);
        assert_eq!(Fonts::bundled().number_for(Weight::Regular, '\u{301}', Some(0)).unwrap(), 0);
    }

    /// Every Han character of Unicode's first block and every Hangul syllable.
    #[test]
    fn cjk_is_covered_as_the_readme_says() {
        let face = bundled(Weight::Regular, CJK).unwrap();
        let missing = |range: std::ops::RangeInclusive<char>| range.filter(|character| !face.has(*character)).count();
        // The block's last 90 characters were added in Unicode 4.1 and later; no font of 2022 has all of them.
        assert!(missing('\u{4e00}'..='\u{9fff}') <= 16, "{}", missing('\u{4e00}'..='\u{9fff}'));
        assert_eq!(missing('\u{ac00}'..='\u{d7a3}'), 0);
        assert_eq!(missing('\u{3041}'..='\u{3096}') + missing('\u{30a1}'..='\u{30fa}'), 0);
    }
}
