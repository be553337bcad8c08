//! A verdict for people.

use super::super::paint::{BOLD, Color, DIM, GREEN, RED, YELLOW, clean};
use hibob_reference_format::claims::Employment;
use hibob_reference_format::verify::{Outcome, Report, Verdict};
use hibob_verification::page_words::PageWords;
use hibob_verification::verdict::PageCheck;

/// Shows the verdict first, then what the document says, then what was checked and what was not.
pub(super) fn print(report: &Report, page: &PageCheck) {
    for (color, line) in lines(report, page) {
        let line = clean(&line);
        outln!("{}", color.map_or_else(|| line.clone(), |color| color.on_stdout(&line)));
    }
}

type Line = (Option<Color>, String);

fn lines(report: &Report, page: &PageCheck) -> Vec<Line> {
    let domain = report.domain().map(|domain| domain.as_str());
    let color = match report.verdict {
        Verdict::StatusUnknown | Verdict::SavedAnew => YELLOW,
        verdict if verdict.is_accepted() => GREEN,
        _ => RED,
    };
    let verdict = (Some(color), format!("{}: {}", report.verdict, sentence(report.verdict, domain)));
    let mut lines = Vec::new();
    if let Some(domain) = domain {
        claims(report, domain, &mut lines);
    }
    // What is signed stands first where the page that somebody has seen may say something else.
    let place = if report.verdict == Verdict::SavedAnew { lines.len() } else { 0 };
    lines.insert(place, verdict);
    lines.extend(differences(page));
    let groups = [
        (Outcome::Bad, "wrong", Some(RED)),
        (Outcome::Good, "checked", None),
        (Outcome::NotChecked, "not checked", Some(YELLOW)),
    ];
    for (outcome, title, color) in groups {
        let mut checks = report.checks.iter().filter(|check| check.outcome == outcome).peekable();
        if checks.peek().is_some() {
            lines.push((Some(BOLD), title.to_owned()));
        }
        lines.extend(checks.map(|check| (color, format!("  {}", check.text))));
    }
    lines
}

/// The words in which a page that was saved anew differs from what is signed.
fn differences(page: &PageCheck) -> Vec<Line> {
    let bold = |text: &str| (Some(BOLD), text.to_owned());
    let PageWords { missing, added } = match page {
        PageCheck::NotNeeded => return Vec::new(),
        PageCheck::Unreadable => {
            return vec![(Some(YELLOW), "the words of the page cannot be read: compare them yourself".to_owned())];
        }
        PageCheck::Words(words) => words,
    };
    if missing.is_empty() && added.is_empty() {
        let text = "no word of the page was found to differ; pictures, and signed words in another place, are not seen";
        return vec![(Some(YELLOW), text.to_owned())];
    }
    let parts = [("signed, and not on the page", missing), ("on the page, and not signed", added)];
    let shown = parts.into_iter().filter(|(_, words)| !words.is_empty());
    shown.flat_map(|(title, words)| [bold(title), (Some(RED), format!("  {}", words.join(" · ")))]).collect()
}

fn claims(report: &Report, domain: &str, lines: &mut Vec<Line>) {
    let Some(credential) = &report.credential else { return };
    let claims = &credential.claims;
    let Employment { name, job_title, department, start, end } = claims.employment();
    let accepted = report.verdict.is_accepted();
    let title = match report.verdict {
        Verdict::StatusUnknown => "it says, if it was not taken back",
        Verdict::SavedAnew => "signed",
        _ if accepted => "it says",
        _ => "it claims, which is not to be relied on",
    };
    lines.push((Some(BOLD), title.to_owned()));
    let mut line = |name: &str, value: &str| lines.push((None, format!("  {name:<12}{value}")));
    line("issuer", &format!("{domain} (\"{}\")", claims.issuer().name.as_str()));
    line("name", name.as_str());
    let optional = [("job title", job_title), ("department", department)];
    for (name, text) in optional.into_iter().filter_map(|(name, text)| Some((name, text.as_ref()?))) {
        line(name, text.as_str());
    }
    line("employed", &format!("{start} to {end}"));
    line("issued", &credential.issued.format("%Y-%m-%d %H:%M:%S UTC").to_string());
    if accepted || matches!(report.verdict, Verdict::StatusUnknown | Verdict::SavedAnew) {
        let text =
            format!("  only the domain {domain} is proven; whether that is the company you mean is yours to judge");
        lines.push((Some(DIM), text));
    }
}

/// What a verdict means, always with the domain that the document names.
fn sentence(verdict: Verdict, domain: Option<&str>) -> String {
    let Some(domain) = domain else {
        return "this is no employment reference, or it was damaged".to_owned();
    };
    match verdict {
        Verdict::Gold => format!("unchanged, and signed with the key in the DNS of {domain}"),
        Verdict::Silver => {
            format!("unchanged, and signed with the key in the key file of {domain}; no key of it was found in DNS")
        }
        Verdict::StatusUnknown => format!(
            "genuine, but whether it was taken back is unknown; try again, ask {domain}, or say that this is enough: --offline"
        ),
        Verdict::SavedAnew => format!(
            "this page was saved anew, compare it: what is above is signed by {domain}, what the page shows is not"
        ),
        Verdict::Superseded => format!("{domain} replaced it with a newer reference; ask for that one"),
        Verdict::NotInLog => format!("it is not shown to be in the log of {domain}; it may be back-dated"),
        Verdict::Revoked => format!("{domain} took it back"),
        Verdict::UnknownKey => format!("nothing shows that it is from {domain}; anyone could have made it"),
        Verdict::Invalid => format!("it is not as {domain} would have issued it"),
    }
}
