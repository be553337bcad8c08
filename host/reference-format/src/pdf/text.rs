//! Sets text in lines: chooses the fonts, orders the directions (Unicode bidirectional algorithm, UAX #9), and
//! measures.

use super::PdfError;
use super::fonts::{Face, Fonts, Weight};
use harfrust::{BufferClusterLevel, Direction, ShapeOptions, UnicodeBuffer};
use krilla::text::{GlyphId, KrillaGlyph};
use std::sync::Arc;
use unicode_bidi::BidiInfo;
use unicode_normalization::char::{canonical_combining_class, is_combining_mark};

/// Size and weight of a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Style {
    pub(super) size: f32,
    pub(super) weight: Weight,
}

/// Consecutive glyphs of one font, from left to right.
pub(super) struct Run {
    pub(super) face: Arc<Face>,
    pub(super) glyphs: Vec<KrillaGlyph>,
}

impl Run {
    fn ems(&self) -> f32 {
        self.glyphs.iter().map(|glyph| glyph.x_advance).sum()
    }

    /// Turns the characters of each ligature around, such as those of lam and alef.
    fn turn_ligatures(&self, text: &mut String) {
        for glyph in &self.glyphs {
            let range = &glyph.text_range;
            let is_alone = self.glyphs.iter().filter(|other| other.text_range == *range).count() == 1;
            if let Some(characters) = text.get(range.clone()).filter(|_| is_alone) {
                let turned: String = characters.chars().rev().collect();
                text.replace_range(range.clone(), &turned);
            }
        }
    }
}

/// A line of text that is no wider than required.
pub(super) struct Line {
    /// The text.
    pub(super) text: String,
    /// The text as it is copied from the page: the glyphs' ranges refer to it. Where one glyph of a right-to-left word
    /// stands for several characters, these are in reverse order, since readers turn the characters around one by one.
    pub(super) copied: String,
    pub(super) runs: Vec<Run>,
    pub(super) width: f32,
}

impl Line {
    /// Whether the line ends between words.
    pub(super) fn ends_a_word(&self) -> bool {
        self.text.ends_with(BREAKS)
    }
}

/// Sets a text in lines of at most `width` points. A word that does not fit on a line of its own is broken anywhere.
///
/// # Errors
/// No font has a character of the text.
pub(super) fn set(fonts: &Fonts, text: &str, style: Style, width: f32) -> Result<Vec<Line>, PdfError> {
    let mut lines = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = fitting(fonts, rest, style, width)?;
        let (line, after) = rest.split_at(end);
        lines.push(shape(fonts, line, style)?);
        rest = after;
    }
    Ok(lines)
}

/// The characters after which a line may end.
const BREAKS: [char; 2] = [' ', '-'];

/// The number of bytes of `text` that fit on one line. The space at which the line is broken stays on it, so that words
/// are still separated when the text is copied.
fn fitting(fonts: &Fonts, text: &str, style: Style, width: f32) -> Result<usize, PdfError> {
    let fits = |end: usize| -> Result<bool, PdfError> {
        let line = text.get(..end).unwrap_or(text).trim_end();
        Ok(shape(fonts, line, style)?.width <= width)
    };
    let after = |(index, space): (usize, &str)| index + space.len();
    let words: Vec<usize> = text.match_indices(BREAKS).map(after).chain([text.len()]).collect();
    if let Some(end) = last_that_fits(&words, fits)? {
        return Ok(end);
    }
    let letters: Vec<usize> = letter_ends(text).collect();
    // One letter is set even if it does not fit, so that the caller's loop ends.
    Ok(last_that_fits(&letters, fits)?.or_else(|| letters.first().copied()).unwrap_or(text.len()))
}

/// The last of the ends, which ascend, up to which the text fits on a line; none if the first one does not. Each trial
/// sets the text up to there, so that steps grow from the first one and then become half as long.
fn last_that_fits(ends: &[usize], fits: impl Fn(usize) -> Result<bool, PdfError>) -> Result<Option<usize>, PdfError> {
    let (mut fitting, mut step, mut is_growing) = (0, 1, true);
    while step > 0 {
        match ends.get(fitting + step - 1) {
            Some(&end) if fits(end)? => fitting += step,
            _ => is_growing = false,
        }
        step = if is_growing { step * 2 } else { step / 2 };
    }
    Ok(fitting.checked_sub(1).and_then(|last| ends.get(last)).copied())
}

/// Where a line may be broken within a word: after each letter, with what is written above, below or around it.
fn letter_ends(text: &str) -> impl Iterator<Item = usize> {
    // The combining class of signs that join two consonants, such as the Devanagari virama (UAX #44, table 15).
    const VIRAMA: u8 = 9;
    let joins_next = |c: char| c == '\u{200d}' || canonical_combining_class(c) == VIRAMA;
    // Thai's and Lao's vowel AM is a letter to Unicode, and partly a mark above the consonant before it.
    let joins_last = |c: char| is_combining_mark(c) || matches!(c, '\u{200c}' | '\u{200d}' | '\u{e33}' | '\u{eb3}');
    let after = text.chars().skip(1).map(Some).chain([None]);
    text.char_indices().zip(after).filter_map(move |((index, character), next)| {
        let is_end = next.is_none_or(|next| !joins_last(next) && !joins_next(character));
        is_end.then_some(index + character.len_utf8())
    })
}

/// Shapes the text of one line: turns its characters into placed glyphs.
fn shape(fonts: &Fonts, text: &str, style: Style) -> Result<Line, PdfError> {
    let bidi = BidiInfo::new(text, None);
    let (mut runs, mut copied) = (Vec::new(), text.to_owned());
    for paragraph in &bidi.paragraphs {
        let (levels, visual) = bidi.visual_runs(paragraph, paragraph.range.clone());
        for range in visual {
            let is_rtl = levels.get(range.start).is_some_and(unicode_bidi::Level::is_rtl);
            let mut parts = Vec::new();
            for (number, part) in by_font(fonts, text.get(range.clone()).unwrap_or_default(), style.weight)? {
                let start = range.start + part.start;
                let part = text.get(start..range.start + part.end).unwrap_or_default();
                let face = fonts.face(style.weight, number).ok_or(PdfError::Font)?;
                parts.push(shape_run(face, part, start, is_rtl)?);
            }
            if is_rtl {
                parts.reverse();
                parts.iter().for_each(|run| run.turn_ligatures(&mut copied));
            }
            runs.append(&mut parts);
        }
    }
    let width = runs.iter().map(Run::ems).sum::<f32>() * style.size;
    Ok(Line { text: text.to_owned(), copied, runs, width })
}

/// Splits a text where its font changes.
fn by_font(fonts: &Fonts, text: &str, weight: Weight) -> Result<Vec<(usize, std::ops::Range<usize>)>, PdfError> {
    let mut parts: Vec<(usize, std::ops::Range<usize>)> = Vec::new();
    for (index, character) in text.char_indices() {
        let number = fonts.number_for(weight, character, parts.last().map(|(number, _)| *number))?;
        let end = index + character.len_utf8();
        match parts.last_mut() {
            Some((last, range)) if *last == number => range.end = end,
            _ => parts.push((number, index..end)),
        }
    }
    Ok(parts)
}

/// Shapes text of one font and direction that begins at byte `start` of its line.
fn shape_run(face: &Arc<Face>, text: &str, start: usize, is_rtl: bool) -> Result<Run, PdfError> {
    let tables = face.tables().ok_or(PdfError::Font)?;
    let mut buffer = UnicodeBuffer::new();
    buffer.push_str(text);
    buffer.guess_segment_properties();
    if is_rtl {
        // A mark over a letter has its own character, or both would be copied in the wrong order.
        buffer.set_cluster_level(BufferClusterLevel::MonotoneCharacters);
    }
    buffer.set_direction(if is_rtl { Direction::RightToLeft } else { Direction::LeftToRight });
    let shaped = face.shaper.shaper(&tables).build().shape(buffer, ShapeOptions::new());

    let clusters: Vec<usize> = shaped.glyph_infos().iter().map(|info| info.cluster as usize).collect();
    let mut glyphs = Vec::new();
    for (info, position) in shaped.glyph_infos().iter().zip(shaped.glyph_positions()) {
        let from = info.cluster as usize;
        if info.glyph_id == 0 {
            let character = text.get(from..).and_then(|text| text.chars().next()).unwrap_or_default();
            return Err(PdfError::MissingGlyph { character, number: character.into() });
        }
        // A cluster reaches to the next one in the text, in either direction of the glyphs.
        let to = clusters.iter().copied().filter(|cluster| *cluster > from).min().unwrap_or(text.len());
        let ems = |units: i32| units as f32 / face.units_per_em;
        glyphs.push(KrillaGlyph::new(
            GlyphId::new(info.glyph_id),
            ems(position.x_advance),
            ems(position.x_offset),
            ems(position.y_offset),
            ems(position.y_advance),
            start + from..start + to,
            None,
        ));
    }
    Ok(Run { face: Arc::clone(face), glyphs })
}

#[cfg(test)]
mod tests {
    use super::*;

    const STYLE: Style = Style { size: 10.0, weight: Weight::Regular };

    fn texts(lines: &[Line]) -> Vec<&str> {
        lines.iter().map(|line| line.text.as_str()).collect()
    }

    #[test]
    fn lines_break_at_spaces_and_long_words_anywhere() {
        let lines = set(&Fonts::bundled(), "one two three four five six", STYLE, 60.0).unwrap();
        assert!(
            lines.len() > 1 && lines.iter().all(|line| line.text.trim_end() == line.text || line.text.ends_with(' '))
        );
        assert_eq!(texts(&lines).concat(), "one two three four five six");
        let word = set(&Fonts::bundled(), &"m".repeat(30), STYLE, 60.0).unwrap();
        assert!(word.len() > 2 && word.iter().all(|line| line.width <= 60.0));
        let cjk = set(&Fonts::bundled(), &"山".repeat(30), STYLE, 60.0).unwrap();
        assert_eq!(cjk.iter().map(|line| line.text.chars().count()).collect::<Vec<_>>(), [6; 5]);
        assert_eq!(set(&Fonts::bundled(), "m", STYLE, 1.0).unwrap().len(), 1);
        assert!(set(&Fonts::bundled(), "", STYLE, 60.0).unwrap().is_empty());
    }

    #[test]
    fn the_last_end_that_fits_is_found() {
        for number in 0..70 {
            let ends: Vec<usize> = (1..=number).collect();
            for width in 0..=number + 1 {
                let expected = Some(width.min(number)).filter(|end| *end > 0);
                assert_eq!(last_that_fits(&ends, |end| Ok(end <= width)).unwrap(), expected, "{number} {width}");
            }
        }
    }

    /// What belongs to a letter stays with it where a word is too long for a line.
    #[test]
    fn words_are_broken_after_whole_letters() {
        let parts = |text: &str| {
            let ends: Vec<usize> = letter_ends(text).collect();
            let starts = std::iter::once(0).chain(ends.iter().copied());
            starts.zip(&ends).map(|(start, end)| text[start..*end].to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(parts("พนักงานน้ำ"), ["พ", "นั", "ก", "ง", "า", "น", "น้ำ"]);
        assert_eq!(parts("क्षत्रिय"), ["क्ष", "त्रि", "य"]);
        assert_eq!(parts("e\u{301}te"), ["e\u{301}", "t", "e"]);
        assert_eq!(parts("شَر"), ["شَ", "ر"]);
        let lines = set(&Fonts::bundled(), &"नि".repeat(40), STYLE, 60.0).unwrap();
        assert!(lines.len() > 2 && lines.iter().all(|line| line.text.starts_with('न')));
    }

    /// The glyphs of Hebrew and Arabic go from the last letter to the first; numbers in them stay as they are.
    #[test]
    fn right_to_left_text_is_reordered() {
        let starts = |text: &str| -> Vec<usize> {
            let lines = set(&Fonts::bundled(), text, STYLE, 500.0).unwrap();
            assert_eq!(lines.len(), 1, "{text}");
            lines[0].runs.iter().flat_map(|run| &run.glyphs).map(|glyph| glyph.text_range.start).collect()
        };
        assert_eq!(starts("abc"), [0, 1, 2]);
        assert_eq!(starts("שרה"), [4, 2, 0]);
        assert_eq!(starts("שרה 12"), [7, 8, 6, 4, 2, 0]);
        // The hyphen comes from the font of the letters before it.
        assert_eq!(starts("ש-ה"), [3, 2, 0]);
        // lam and alef become one glyph that covers both letters.
        let lines = set(&Fonts::bundled(), "لا", STYLE, 500.0).unwrap();
        let glyphs = &lines[0].runs[0].glyphs;
        assert_eq!((glyphs.len(), glyphs[0].text_range.clone()), (1, 0..4));
        // In the copied text the two are in the glyphs' order; the text itself stays.
        assert_eq!((lines[0].text.as_str(), lines[0].copied.as_str()), ("لا", "ال"));
        // A letter and its mark are two glyphs, each with its own character.
        assert_eq!(starts("שָ"), [2, 0]);
        // Letters that are joined have other glyphs than letters that stand alone.
        let joined = &set(&Fonts::bundled(), "محم", STYLE, 500.0).unwrap()[0].runs[0]
            .glyphs
            .iter()
            .map(|g| g.glyph_id)
            .collect::<Vec<_>>();
        let alone = &set(&Fonts::bundled(), "م", STYLE, 500.0).unwrap()[0].runs[0].glyphs[0].glyph_id;
        assert!(!joined.contains(alone));
    }

    #[test]
    fn a_missing_character_is_named() {
        let error = set(&Fonts::bundled(), "Anna 😀", STYLE, 500.0).err().unwrap().to_string();
        assert!(error.contains("U+1F600") && error.contains('😀'), "{error}");
    }
}
