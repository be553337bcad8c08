//! Draws text and shapes, each with a tag in the document's structure, because PDF/A-3 level A requires tagged PDF.

use super::text::{Line, Style};
use krilla::color::rgb;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::num::NormalizedF32;
use krilla::paint::{Fill, FillRule};
use krilla::surface::Surface;
use krilla::tagging::{Artifact, ArtifactType, ContentTag, Identifier, SpanTag};

/// A colour in sRGB: red, green and blue.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Colour(pub(super) u8, pub(super) u8, pub(super) u8);

/// A page to draw on. Coordinates are in points; y grows downwards.
pub(super) struct Canvas<'a>(Surface<'a>);

impl<'a> Canvas<'a> {
    pub(super) fn new(surface: Surface<'a>) -> Self {
        Self(surface)
    }

    /// Draws a line with its baseline at `y`.
    pub(super) fn line(&mut self, x: f32, y: f32, line: &Line, style: Style, colour: Colour) -> Identifier {
        self.fill(colour);
        let tag = self.0.start_tagged(ContentTag::Span(SpanTag::empty()));
        let mut x = x;
        for run in &line.runs {
            let font = run.face.font.clone();
            self.0.draw_glyphs(Point::from_xy(x, y), &run.glyphs, font, &line.copied, style.size, false);
            x += run.glyphs.iter().map(|glyph| glyph.x_advance).sum::<f32>() * style.size;
        }
        self.0.end_tagged();
        tag
    }

    /// Draws rectangles that together are a figure with a meaning, such as a QR code.
    pub(super) fn figure(&mut self, rects: impl IntoIterator<Item = Rect>, colour: Colour) -> Identifier {
        let tag = self.0.start_tagged(ContentTag::Other);
        self.rects(rects, colour);
        self.0.end_tagged();
        tag
    }

    /// Draws a rectangle that is decoration only; screen readers skip it.
    pub(super) fn ornament(&mut self, rect: Option<Rect>, colour: Colour) {
        self.0.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout)));
        self.rects(rect, colour);
        self.0.end_tagged();
    }

    fn rects(&mut self, rects: impl IntoIterator<Item = Rect>, colour: Colour) {
        self.fill(colour);
        let mut path = PathBuilder::new();
        rects.into_iter().for_each(|rect| path.push_rect(rect));
        if let Some(path) = path.finish() {
            self.0.draw_path(&path);
        }
    }

    fn fill(&mut self, Colour(red, green, blue): Colour) {
        let paint = rgb::Color::new(red, green, blue).into();
        self.0.set_fill(Some(Fill { paint, opacity: NormalizedF32::ONE, rule: FillRule::NonZero }));
        self.0.set_stroke(None);
    }
}
