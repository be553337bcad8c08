//! The texts of the e-mail.

use crate::{Letter, Occasion};
use std::fmt::Write as _;

/// The subject of the e-mail.
pub(super) fn subject(letter: &Letter<'_>) -> String {
    let issuer = letter.issuer.name.as_str();
    match letter.occasion {
        Occasion::Issued => format!("Your employment reference from {issuer}"),
        Occasion::Correction { .. } => format!("Your corrected employment reference from {issuer}"),
        Occasion::Revocation { .. } => format!("Your employment reference from {issuer} was revoked"),
    }
}

/// The name of the attached files, without the extension.
pub(super) fn file_name(letter: &Letter<'_>) -> String {
    file_stem(letter.name, letter.issuer.name.as_str())
}

/// How many bytes the name of a person or an issuer has at most in a file's name. File systems take 255 bytes for a
/// whole name (POSIX, `NAME_MAX`).
const NAME_BYTES_MAX: usize = 100;

/// The name of a reference's files without the extension, such as `Reference - Freja Cohen - ACME GmbH`.
///
/// It is safe on every system: without the characters that Windows forbids ("Naming Files, Paths, and Namespaces"),
/// control characters, and characters that change the direction of a text, and without a dot or blank at its end.
pub fn file_stem(person: &str, issuer: &str) -> String {
    format!("Reference - {} - {}", in_file_name(person, "person"), in_file_name(issuer, "issuer"))
}

fn in_file_name(text: &str, instead: &str) -> String {
    let safe = |c: char| match c {
        '<' | '>' | ':' | '"' | '/' | '\\' | '|' | '?' | '*' => ' ',
        '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' => ' ',
        c if c.is_control() || c.is_whitespace() => ' ',
        c => c,
    };
    let words: String = text.chars().map(safe).collect();
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    let end = (0..=NAME_BYTES_MAX.min(words.len())).rev().find(|end| words.is_char_boundary(*end)).unwrap_or_default();
    let short = words[..end].trim_matches(['.', ' ']);
    if short.is_empty() { instead.to_owned() } else { short.to_owned() }
}

/// The URL of the verify page on the issuer's site.
fn verify_page(letter: &Letter<'_>) -> String {
    letter.issuer.domain.url("verify/")
}

/// The e-mail as plain text.
pub(super) fn plain(letter: &Letter<'_>) -> String {
    let (name, issuer, domain) = (letter.name, letter.issuer.name.as_str(), &letter.issuer.domain);
    let (page, file) = (verify_page(letter), file_name(letter));
    if let Occasion::Revocation { issued_on, reason } = letter.occasion {
        return format!(
            "Dear {name},

{issuer} has revoked the employment reference
that was issued to you on {issued_on}
({}).

Why: {reason}

Whoever checks that reference from now on sees that it was revoked. Please do
not use it any more. If you think that this is wrong, ask {issuer}.

{domain}

This message was sent by a program. It does not keep your e-mail address.
",
            letter.reference
        );
    }
    let correction = match letter.occasion {
        Occasion::Correction { replaced, issued_on, changes } => {
            let changes: String = changes.iter().map(|change| format!("- {change}\n")).collect();
            format!(
                "It replaces the reference of {issued_on}
({replaced}), because it was corrected:
{changes}
Whoever checks the earlier one sees that it was replaced. Please use only this
one.

"
            )
        }
        Occasion::Issued | Occasion::Revocation { .. } => String::new(),
    };
    format!(
        "Dear {name},

thank you for the time you have spent with us. Attached is your employment
reference from {issuer}. It is yours: show it to whomever
you like, as often as you like.

{correction}Please keep the PDF exactly as it is, and pass on the file itself. It is
signed: a copy that another program has saved anew, a scan or a screenshot
can no longer be checked.

How anyone can check it
- Open {page} and choose the PDF.
  It is read in the browser and sent nowhere.
- Or use the program hibob:
  hibob verify \"{file}.pdf\"

What is attached
- {file}.pdf: your reference
- {file}.json: the same, for programs
- {file}.tlog-proof:
  the proof that it is in the issuer's log; keep it with the JSON file

Issued by {issuer}, {domain}

This message was sent by a program. It does not keep your e-mail address.

We wish you all the best.
"
    )
}

/// The e-mail as HTML. It loads nothing from other places.
pub(super) fn html(letter: &Letter<'_>) -> String {
    let (name, issuer) = (escaped(letter.name), escaped(letter.issuer.name.as_str()));
    let (domain, page) = (escaped(letter.issuer.domain.as_str()), escaped(&verify_page(letter)));
    let (file, title) = (escaped(&file_name(letter)), escaped(&subject(letter)));
    let head = format!(
        r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
</head>
<body style="margin:0 auto;max-width:38em;padding:1.5em;font:1em/1.5 system-ui,sans-serif">
"#
    );
    if let Occasion::Revocation { issued_on, reason } = letter.occasion {
        let (issued_on, reason, id) = (escaped(issued_on), escaped(reason), escaped(letter.reference));
        return format!(
            r#"{head}<h1 style="font-size:1.4em">Your employment reference was revoked</h1>
<p>Dear <bdi>{name}</bdi>,</p>
<p><bdi>{issuer}</bdi> has revoked the employment reference that was issued to you on {issued_on} (<code>{id}</code>).</p>
<p>Why: <bdi>{reason}</bdi></p>
<p><strong>Whoever checks that reference from now on sees that it was revoked. Please do not use it any more.</strong> If you
think that this is wrong, ask <bdi>{issuer}</bdi>.</p>
<p>{domain}</p>
<p>This message was sent by a program. It does not keep your e-mail address.</p>
</body>
</html>
"#
        );
    }
    let correction = match letter.occasion {
        Occasion::Correction { replaced, issued_on, changes } => {
            let changes: String = changes.iter().map(|change| format!("<li>{}</li>\n", escaped(change))).collect();
            let (issued_on, replaced) = (escaped(issued_on), escaped(replaced));
            format!(
                "<p>It replaces the reference of {issued_on} (<code>{replaced}</code>), because it was corrected:</p>\n\
                 <ul>\n{changes}</ul>\n\
                 <p>Whoever checks the earlier one sees that it was replaced. Please use only this one.</p>\n"
            )
        }
        Occasion::Issued | Occasion::Revocation { .. } => String::new(),
    };
    format!(
        r#"{head}<h1 style="font-size:1.4em">Your employment reference</h1>
<p>Dear <bdi>{name}</bdi>,</p>
<p>thank you for the time you have spent with us. Your employment reference from <bdi>{issuer}</bdi> is attached. It is
yours: show it to whomever you like, as often as you like.</p>
{correction}<p><strong>Please keep the PDF exactly as it is, and pass on the file itself.</strong> It is signed: a copy that another
program has saved anew, a scan or a screenshot can no longer be checked.</p>
<h2 style="font-size:1.1em">How anyone can check it</h2>
<ul>
<li>Open <a href="{page}">{page}</a> and choose the PDF. It is read in the browser and sent nowhere.</li>
<li>Or use the program hibob: <code>hibob verify &#34;{file}.pdf&#34;</code></li>
</ul>
<h2 style="font-size:1.1em">What is attached</h2>
<ul>
<li>{file}.pdf: your reference</li>
<li>{file}.json: the same, for programs</li>
<li>{file}.tlog-proof: the proof that it is in the issuer’s log; keep it with the JSON file</li>
</ul>
<p>Issued by <bdi>{issuer}</bdi>, {domain}</p>
<p>This message was sent by a program. It does not keep your e-mail address.</p>
<p>We wish you all the best.</p>
</body>
</html>
"#
    )
}

/// A text escaped for use in HTML, as text or as an attribute's value.
fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut html, c| {
        match c {
            '&' | '<' | '>' | '"' | '\'' => {
                // Writing to a string cannot fail.
                write!(html, "&#{};", u32::from(c)).ok();
            }
            _ => html.push(c),
        }
        html
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{issuer, letter};

    #[test]
    fn it_says_what_it_is_and_how_to_check_it() {
        let issuer = issuer("ACME GmbH");
        let letter = letter(&issuer, "Zoë Núñez");
        assert_eq!(subject(&letter), "Your employment reference from ACME GmbH");
        for text in [plain(&letter), html(&letter)] {
            for expected in [
                "Zoë Núñez",
                "ACME GmbH",
                "https://acme.example/verify/",
                "Reference - Zoë Núñez - ACME GmbH.pdf",
                "exactly as it is",
                "does not keep your e-mail address",
            ] {
                assert!(text.contains(expected), "{expected}: {text}");
            }
        }
    }

    #[test]
    fn a_correction_says_what_it_replaces_and_a_revocation_why() {
        let issuer = issuer("ACME GmbH");
        let letter = letter(&issuer, "Zoë Núñez");
        let changes = ["the last day was 2026-11-20 and is 2026-11-19 <b>".to_owned()];
        let corrected = Occasion::Correction { replaced: "90ab", issued_on: "2026-11-22", changes: &changes };
        let correction = Letter { occasion: corrected, ..letter };
        assert_eq!(subject(&correction), "Your corrected employment reference from ACME GmbH");
        for text in [plain(&correction), html(&correction)] {
            assert!(text.contains("90ab") && text.contains("the last day was 2026-11-20 and is 2026-11-19"), "{text}");
            assert!(text.contains("What is attached") && text.contains("2026-11-22"), "{text}");
        }
        assert!(html(&correction).contains("2026-11-19 &#60;b&#62;"));
        let occasion = Occasion::Revocation { issued_on: "2026-11-22", reason: "issued by mistake & so on" };
        let revocation = Letter { occasion, ..letter };
        assert_eq!(subject(&revocation), "Your employment reference from ACME GmbH was revoked");
        assert!(plain(&revocation).contains("Why: issued by mistake & so on"));
        for text in [plain(&revocation), html(&revocation)] {
            assert!(text.contains("sees that it was revoked") && !text.contains("attached"), "{text}");
        }
    }

    #[test]
    fn files_are_named_for_people_and_safe_everywhere() {
        assert_eq!(file_stem("Freja Cohen", "ACME GmbH"), "Reference - Freja Cohen - ACME GmbH");
        for (person, expected) in [
            ("../../etc/passwd", "etc passwd"),
            ("a<b>c:d\"e/f\\g|h?i*j", "a b c d e f g h i j"),
            ("Ana\u{202e}fdp.exe\n", "Ana fdp.exe"),
            ("Jr. ...", "Jr"),
            ("...", "person"),
            ("김민준", "김민준"),
        ] {
            assert_eq!(file_stem(person, "A/S"), format!("Reference - {expected} - A S"), "{person}");
        }
        let long = file_stem(&"é".repeat(400), &"x".repeat(400));
        assert!(long.len() <= 255 - ".tlog-proof".len() && long.ends_with("xxx"), "{}", long.len());
    }

    #[test]
    fn html_holds_values_as_text_and_loads_nothing() {
        let issuer = issuer("A & B <i>\"x\"</i>");
        let html = html(&letter(&issuer, "<script>alert('1')</script>"));
        assert!(html.contains("A &#38; B &#60;i&#62;&#34;x&#34;&#60;/i&#62;"), "{html}");
        assert!(html.contains("&#60;script&#62;alert(&#39;1&#39;)&#60;/script&#62;"), "{html}");
        for loads in ["<script", "<img", "<link", "src=", "url(", "@import"] {
            assert!(!html.contains(loads), "{loads}: {html}");
        }
    }
}
