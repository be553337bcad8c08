//! The layout of the page: which text, line and figure is where.

use super::PdfError;
use super::canvas::{Canvas, Colour};
use super::fonts::{Fonts, Weight};
use super::language;
use super::text::{Line, Style, set};
use crate::claims::Employment;
use crate::credential::Credential;
use crate::keys::Selector;
use crate::qr::{self, VERIFY_PATH};
use chrono::{Datelike as _, NaiveDate};
use krilla::action::LinkAction;
use krilla::annotation::{Annotation, LinkAnnotation, Target};
use krilla::destination::XyzDestination;
use krilla::geom::{Point, Rect};
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::tagging::{BBox, ListNumbering, Node, Tag, TagGroup, TagTree};
use qrcode::{EcLevel, QrCode};
use std::num::NonZeroU16;

/// The data from which a page is drawn.
pub(super) struct Content<'a> {
    pub(super) fonts: &'a Fonts,
    pub(super) credential: &'a Credential,
    pub(super) selector: &'a Selector,
    pub(super) log_index: u64,
    pub(super) url: String,
}

// The size of A4 in points, the margins, and the panel at the foot of the page.
const PAGE: (f32, f32) = (595.28, 841.89);
const LEFT: f32 = 70.0;
const WIDTH: f32 = PAGE.0 - 2.0 * LEFT;
const VALUE_LEFT: f32 = LEFT + 104.0;
const PANEL_TOP: f32 = 566.0;
const PANEL_BOTTOM: f32 = 738.0;
const PANEL_PADDING: f32 = 18.0;
const CODE_SIDE: f32 = PANEL_BOTTOM - PANEL_TOP - 2.0 * PANEL_PADDING;

const INK: Colour = Colour(0x1b, 0x24, 0x30);
const GREY: Colour = Colour(0x5b, 0x66, 0x72);
const ACCENT: Colour = Colour(0x0b, 0x5c, 0x6b);
const RULE: Colour = Colour(0xd3, 0xdb, 0xdf);
const PANEL: Colour = Colour(0xf2, 0xf6, 0xf7);
const WHITE: Colour = Colour(0xff, 0xff, 0xff);

const fn style(size: f32, weight: Weight) -> Style {
    Style { size, weight }
}

// Without space between the letters, which programs that read the page take for words of one letter.
const EYEBROW: Style = style(9.5, Weight::Bold);
const COMPANY: Style = style(17.0, Weight::Bold);
const DOMAIN: Style = style(10.5, Weight::Regular);
const LEAD: Style = style(11.0, Weight::Regular);
const LABEL: Style = style(9.5, Weight::Regular);
const STEP: Style = style(9.0, Weight::Regular);
const STEP_TITLE: Style = style(11.0, Weight::Bold);
const SMALL: Style = style(7.5, Weight::Regular);

/// The distance from one baseline to the next, in ems.
const LEADING: f32 = 1.36;

// The headings, which are also the document's outline.
const TITLE: &str = "Employment reference";
pub(super) const HOW_TO_CHECK: &str = "How to check this reference";

/// Draws the page.
pub(super) fn draw(document: &mut krilla::Document, content: &Content<'_>) -> Result<(), PdfError> {
    let size = PageSettings::from_wh(PAGE.0, PAGE.1).ok_or_else(|| PdfError::Write("no page".to_owned()))?;
    let body = Body::fitted(content.fonts, content.credential)?;
    let mut tags = TagTree::new().with_lang(Some("en".to_owned()));
    let mut page = document.start_page_with(size);
    let mut canvas = Canvas::new(page.surface());
    body.draw(&mut canvas, &mut tags);
    let figure = panel(&mut canvas, &mut tags, content)?;
    let footer = footer(&mut canvas, content)?;
    drop(canvas);
    // On a screen the QR code is a link to be clicked.
    if let Some(place) = code_place() {
        let target = Target::Action(LinkAction::new(content.url.clone()).into());
        let alt = format!("Check this reference at {}", content.credential.claims.issuer().domain);
        let link = Annotation::new_link(LinkAnnotation::new(place, target), Some(alt));
        let link = page.add_tagged_annotation(link);
        tags.push(TagGroup::with_children(Tag::Link, vec![Node::Group(figure), link.into()]));
    }
    footer.into_iter().for_each(|group| tags.push(group));
    page.finish();
    document.set_tag_tree(tags);
    let mut outline = Outline::new();
    for (title, y) in [(TITLE, 0.0), (HOW_TO_CHECK, PANEL_TOP)] {
        let place = XyzDestination::new(0, Point::from_xy(0.0, y));
        outline.push_child(OutlineNode::new(title.to_owned(), place));
    }
    document.set_outline(outline);
    Ok(())
}

/// Lines of text below each other.
struct Block {
    x: f32,
    /// The baseline of the first line.
    y: f32,
    lines: Vec<Line>,
    style: Style,
    colour: Colour,
}

impl Block {
    fn new(
        fonts: &Fonts,
        text: &str,
        x: f32,
        y: f32,
        width: f32,
        style: Style,
        colour: Colour,
    ) -> Result<Self, PdfError> {
        Ok(Self { x, y, lines: set(fonts, text, style, width)?, style, colour })
    }

    /// The baseline of the last line.
    fn end(&self) -> f32 {
        self.y + self.style.size * LEADING * self.lines.len().saturating_sub(1) as f32
    }

    fn has_whole_words(&self) -> bool {
        self.lines.split_last().is_none_or(|(_, before)| before.iter().all(Line::ends_a_word))
    }

    /// The language of the text where it is not that of the page.
    fn language(&self) -> Option<String> {
        let language = self.lines.iter().find_map(|line| language::of(&line.text))?;
        Some(language.to_owned())
    }

    fn draw(&self, canvas: &mut Canvas<'_>, group: &mut TagGroup) {
        let mut y = self.y;
        for line in &self.lines {
            group.push(canvas.line(self.x, y, line, self.style, self.colour));
            y += self.style.size * LEADING;
        }
    }
}

/// The upper part of the page, with everything that the reference says.
pub(super) struct Body {
    eyebrow: Block,
    company: Block,
    domain: Block,
    rule: f32,
    lead: Block,
    name: Block,
    facts: Vec<[Block; 2]>,
}

impl Body {
    /// The layout with the largest letters with which everything fits. One that does not break words of the name is
    /// preferred, even with smaller letters.
    pub(super) fn fitted(fonts: &Fonts, credential: &Credential) -> Result<Self, PdfError> {
        let mut with_broken_words = None;
        for scale in [1.0, 0.85, 0.7, 0.58, 0.46, 0.36, 0.27] {
            let body = Self::new(fonts, credential, scale)?;
            if body.fits() && body.name.has_whole_words() {
                return Ok(body);
            }
            if body.fits() && with_broken_words.is_none() {
                with_broken_words = Some(body);
            }
        }
        with_broken_words.ok_or(PdfError::TooLong)
    }

    fn new(fonts: &Fonts, credential: &Credential, scale: f32) -> Result<Self, PdfError> {
        let claims = &credential.claims;
        let issuer = claims.issuer();
        let Employment { name, job_title, department, start, end } = claims.employment();
        let eyebrow = Block::new(fonts, "EMPLOYMENT REFERENCE", LEFT, 84.0, WIDTH, EYEBROW, ACCENT)?;
        let company = style(COMPANY.size * scale, COMPANY.weight);
        let company = Block::new(fonts, issuer.name.as_str(), LEFT, eyebrow.end() + 29.0, WIDTH, company, INK)?;
        let domain = Block::new(fonts, issuer.domain.as_str(), LEFT, company.end() + 18.0, WIDTH, DOMAIN, ACCENT)?;
        let rule = domain.end() + 22.0;
        let lead = Block::new(fonts, "This confirms the employment of", LEFT, rule + 46.0 * scale, WIDTH, LEAD, GREY)?;
        let large = style(29.0 * scale, Weight::Bold);
        let name = Block::new(fonts, name.as_str(), LEFT, lead.end() + 10.0 + large.size, WIDTH, large, INK)?;
        let period = format!("{} – {}", long_date(*start), long_date(*end));
        let issued = long_date(credential.issued.date_naive());
        let facts = [
            ("Position", job_title.as_ref().map(ToString::to_string)),
            ("Department", department.as_ref().map(ToString::to_string)),
            ("Employed", Some(period)),
            ("Date of issue", Some(issued)),
        ];
        let value = style(12.5 * scale.max(0.42), Weight::Regular);
        let (mut y, mut blocks) = (name.end() + 44.0 * scale, Vec::new());
        for (label, text) in facts.into_iter().filter_map(|(label, text)| Some((label, text?))) {
            let label = Block::new(fonts, &format!("{label} "), LEFT, y, VALUE_LEFT - LEFT, LABEL, GREY)?;
            let text = Block::new(fonts, &text, VALUE_LEFT, y, PAGE.0 - LEFT - VALUE_LEFT, value, INK)?;
            y = text.end() + 27.0 * scale;
            blocks.push([label, text]);
        }
        Ok(Self { eyebrow, company, domain, rule, lead, name, facts: blocks })
    }

    fn fits(&self) -> bool {
        self.facts.last().is_none_or(|[_, last]| last.end() <= PANEL_TOP - 26.0)
    }

    fn draw(&self, canvas: &mut Canvas<'_>, tags: &mut TagTree) {
        let mut title = TagGroup::new(Tag::Hn(NonZeroU16::MIN, Some(TITLE.to_owned())));
        self.eyebrow.draw(canvas, &mut title);
        tags.push(title);
        for block in [&self.company, &self.domain, &self.lead, &self.name] {
            let mut group = TagGroup::new(Tag::P.with_lang(block.language()));
            block.draw(canvas, &mut group);
            tags.push(group);
        }
        canvas.ornament(Rect::from_xywh(LEFT, self.rule, WIDTH, 0.8), RULE);
        // A list whose entries are a label and its value.
        let mut list = TagGroup::new(Tag::L(ListNumbering::None));
        for [label, value] in &self.facts {
            let mut of_label = TagGroup::new(Tag::Lbl);
            let mut of_value = TagGroup::new(Tag::LBody.with_lang(value.language()));
            label.draw(canvas, &mut of_label);
            value.draw(canvas, &mut of_value);
            list.push(TagGroup::with_children(Tag::LI, vec![Node::Group(of_label), Node::Group(of_value)]));
        }
        tags.push(list);
    }
}

fn code_place() -> Option<Rect> {
    Rect::from_xywh(LEFT + PANEL_PADDING, PANEL_TOP + PANEL_PADDING, CODE_SIDE, CODE_SIDE)
}

/// Draws the panel that says how to check the reference, with the QR code. Returns the tag of the QR code.
fn panel(canvas: &mut Canvas<'_>, tags: &mut TagTree, content: &Content<'_>) -> Result<TagGroup, PdfError> {
    let (fonts, domain) = (content.fonts, &content.credential.claims.issuer().domain);
    canvas.ornament(Rect::from_xywh(LEFT, PANEL_TOP, WIDTH, PANEL_BOTTOM - PANEL_TOP), PANEL);
    let (code_x, code_y) = (LEFT + PANEL_PADDING, PANEL_TOP + PANEL_PADDING);
    canvas.ornament(code_place(), WHITE);

    let x = code_x + CODE_SIDE + PANEL_PADDING + 2.0;
    let width = PAGE.0 - LEFT - PANEL_PADDING - x;
    let mut y = code_y + STEP_TITLE.size * 0.8;
    let mut heading = TagGroup::new(Tag::Hn(NonZeroU16::MIN.saturating_add(1), Some(HOW_TO_CHECK.to_owned())));
    Block::new(fonts, HOW_TO_CHECK, x, y, width, STEP_TITLE, INK)?.draw(canvas, &mut heading);
    tags.push(heading);
    let steps = [
        format!("Scan or click the code, or open {} and drop this PDF file there.", domain.url(VERIFY_PATH)),
        format!("Look at the address bar: it has to show {domain}, the company’s own domain."),
        "The strongest check asks the company’s DNS for the key, too: hibob verify FILE.".to_owned(),
    ];
    let mut list = TagGroup::new(Tag::L(ListNumbering::Decimal));
    y += 19.0;
    for (number, step) in (1..).zip(steps) {
        let label = Block::new(fonts, &format!("{number}. "), x, y, 14.0, STEP, ACCENT)?;
        let text = Block::new(fonts, &step, x + 14.0, y, width - 14.0, STEP, INK)?;
        y = text.end() + 16.5;
        let (mut of_label, mut of_text) = (TagGroup::new(Tag::Lbl), TagGroup::new(Tag::LBody));
        label.draw(canvas, &mut of_label);
        text.draw(canvas, &mut of_text);
        list.push(TagGroup::with_children(Tag::LI, vec![Node::Group(of_label), Node::Group(of_text)]));
    }
    tags.push(list);
    // A reference that is too long for a code has only its hash in it, which proves nothing without the file.
    let note = if qr::parse(&content.url).is_ok_and(|code| code.reference.is_some()) {
        "On paper the code is the proof; in the PDF file it is the attached, signed data."
    } else {
        "The proof is the signed data attached to the PDF file; the code has only its hash."
    };
    let mut group = TagGroup::new(Tag::P);
    Block::new(fonts, note, x, y + 1.0, width, style(8.0, Weight::Regular), GREY)?.draw(canvas, &mut group);
    tags.push(group);

    let modules = code(&content.url, code_x, code_y)?;
    let identifier = canvas.figure(modules, INK);
    let alt = format!("QR code with a link to {}", domain.url(VERIFY_PATH));
    let bounds = code_place().map(|rect| BBox::new(0, rect));
    Ok(TagGroup::with_children(Tag::Figure(Some(alt)).with_bbox(bounds), vec![identifier.into()]))
}

/// The dark modules of the QR code as rectangles, neighbours in a row joined to one. The code is placed so that four
/// light modules are left around it, which scanners need.
fn code(url: &str, x: f32, y: f32) -> Result<Vec<Rect>, PdfError> {
    let code = QrCode::with_error_correction_level(url, EcLevel::M);
    let code = code.map_err(|error| PdfError::Write(format!("QR code: {error}")))?;
    let side = CODE_SIDE / (code.width() + 8) as f32;
    let colours = code.to_colors();
    let mut rects = Vec::new();
    for (row, modules) in colours.chunks(code.width()).enumerate() {
        let mut column = 0;
        for same in modules.chunk_by(|one, other| one == other) {
            if same.first() == Some(&qrcode::Color::Dark) {
                let (left, top) = (x + side * (column + 4) as f32, y + side * (row + 4) as f32);
                // Slightly higher than the grid, so that no light line is visible between rows.
                rects.extend(Rect::from_xywh(left, top, side * same.len() as f32, side * 1.02));
            }
            column += same.len();
        }
    }
    Ok(rects)
}

/// Draws the notes at the foot: the reference's id, key and log entry, and what the document does not claim to be.
fn footer(canvas: &mut Canvas<'_>, content: &Content<'_>) -> Result<Vec<TagGroup>, PdfError> {
    let (fonts, credential) = (content.fonts, content.credential);
    let texts = [
        format!(
            "Reference {} · signed with key {} · entry {} in the company’s public log",
            credential.id.uuid(),
            content.selector,
            content.log_index,
        ),
        "Facts of employment, signed electronically by the company. It assesses neither conduct nor performance, and \
         bears no qualified electronic signature."
            .to_owned(),
    ];
    let (mut y, mut groups) = (PANEL_BOTTOM + 24.0, Vec::new());
    for text in texts {
        let block = Block::new(fonts, &text, LEFT, y, WIDTH, SMALL, GREY)?;
        let mut group = TagGroup::new(Tag::P);
        block.draw(canvas, &mut group);
        groups.push(group);
        y = block.end() + 13.0;
    }
    Ok(groups)
}

/// A date with the month as a word, so that day and month cannot be confused.
pub(super) fn long_date(date: NaiveDate) -> String {
    format!("{} {}", date.day(), date.format("%B %Y"))
}
