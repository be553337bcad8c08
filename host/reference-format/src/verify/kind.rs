//! Files that are no reference, by how they begin: what each one is, and what to give instead.

/// The bytes that some editors put before a text (RFC 8259 section 8.1 lets a reader ignore them).
pub(super) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Why a PDF file cannot be verified that has no attachments.
pub(super) const PDF_WITHOUT_ATTACHMENTS: &str = "the PDF does not have the attachments of a reference: it was printed or saved anew by another program, is cut short, or \
     is no reference; scan the code on the page and verify its link, or ask for the file as it was sent";

/// What a file is that cannot be a reference; `None` if it may be one.
pub(super) fn not_a_reference(file: &[u8]) -> Option<&'static str> {
    let text = file.strip_prefix(BYTE_ORDER_MARK).unwrap_or(file).trim_ascii_start();
    if text.is_empty() {
        return Some("the file is empty: it was not saved whole; save it again, or ask for it anew");
    }
    const PICTURE: &str = "the file is a picture: of a page on paper or on a screen only the code can be verified; scan it and \
                           verify its link, or give the PDF";
    const ARCHIVE: &str = "the file is an archive or an office document: unpack it, and give the PDF, or the JSON file";
    const WIDE: &str =
        "the file is text in UTF-16: an editor has saved it so; give the file as it was sent, or save it as UTF-8";
    let kinds: [(&[u8], &str); 11] = [
        (b"\x89PNG", PICTURE),
        (b"\xff\xd8\xff", PICTURE),
        (b"GIF8", PICTURE),
        (b"BM", PICTURE),
        (b"II*\0", PICTURE),
        (b"MM\0*", PICTURE),
        (b"PK\x03\x04", ARCHIVE),
        (b"\x1f\x8b", ARCHIVE),
        (b"\xff\xfe", WIDE),
        (b"\xfe\xff", WIDE),
        (
            b"c2sp.org/tlog-proof@",
            "the file is the log proof of a reference: give the reference itself, with this file beside it",
        ),
    ];
    let known = kinds.into_iter().find(|(beginning, _)| file.starts_with(beginning)).map(|(_, what)| what);
    let is_picture = file.get(4..12).is_some_and(|brand| brand.starts_with(b"ftyp")) || is_webp(file);
    let is_page = text.first() == Some(&b'<');
    known.or_else(|| is_picture.then_some(PICTURE)).or_else(|| {
        is_page.then_some(
            "the file is a web page or XML, and no reference: save the attachment itself, not the page that shows it",
        )
    })
}

fn is_webp(file: &[u8]) -> bool {
    file.starts_with(b"RIFF") && file.get(8..12) == Some(b"WEBP")
}
