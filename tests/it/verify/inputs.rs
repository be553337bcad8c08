//! Files as they come: attachments taken out, saved mails, links of codes, and pages that another program has saved.

use super::issuer::{Issuer, key, log_proof, selector};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use hibob_reference_format::claims::{ClaimText, Claims, Employment};
use hibob_reference_format::credential::{Credential, SignedCredential};
use hibob_reference_format::status_list::Purpose;
use hibob_reference_format::{pdf, qr};
use lopdf::Document;
use std::io::Write as _;

#[tokio::test(flavor = "multi_thread")]
async fn an_attachment_that_was_taken_out_is_verified() {
    let issuer = Issuer::start().await;
    let folder = issuer.path("taken");
    std::fs::create_dir(&folder).unwrap();
    let proof = log_proof(&issuer.signed).to_string();
    // Readers save it under the name that it has in the PDF.
    issuer.write("taken/credential.json", issuer.signed.canonical());
    issuer.write("taken/log.tlog-proof", &proof);
    for file in ["taken/credential.json", "taken/log.tlog-proof"] {
        let outcome = issuer.verify(&[file]).await;
        assert_eq!(outcome.verdict(), (0, "Gold"), "{file}: {}{}", outcome.stdout, outcome.stderr);
    }
    // As editors and mail programs change them.
    issuer.write("taken/log.tlog-proof", proof.replace('\n', "\r\n"));
    issuer.write("taken/credential.json", [b"\xef\xbb\xbf", issuer.signed.canonical()].concat());
    assert_eq!(issuer.verify(&["taken/credential.json"]).await.verdict(), (0, "Gold"));
    std::fs::remove_file(folder.join("credential.json")).unwrap();
    let alone = issuer.verify(&["taken/log.tlog-proof"]).await;
    assert_eq!(alone.exit, 2);
    alone.says(&["is the log proof of a reference, and not the reference"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_are_something_else_are_told_as_what_they_are() {
    let issuer = Issuer::start().await;
    for (bytes, text) in [
        (&b""[..], "the file is empty"),
        (b"\x89PNG\r\n\x1a\n\0\0", "the file is a picture"),
        (b"<!doctype html><title>Mail</title>", "the file is a web page"),
        (b"%PDF-1.4\nBT (Zoe) Tj ET\n%%EOF\n", "scan the code on the page"),
    ] {
        issuer.write("other.file", bytes);
        let outcome = issuer.verify(&["other.file"]).await;
        assert_eq!(outcome.verdict(), (1, "Invalid"), "{}", outcome.stdout);
        outcome.says(&[text]);
    }
}

/// A mail as a mail program saves it, with these attachments.
fn mail(attachments: &[&[u8]]) -> String {
    let mut mail =
        "From: HR <hr@acme.example>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"=_x\"\r\n\r\n\
                    --=_x\r\nContent-Type: text/plain\r\n\r\nDear Zoe\r\n"
            .to_owned();
    for attachment in attachments {
        let text = STANDARD.encode(attachment);
        let lines: Vec<String> =
            text.as_bytes().chunks(76).map(|line| String::from_utf8(line.to_vec()).unwrap()).collect();
        mail.push_str("--=_x\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n");
        mail.push_str(&format!("{}\r\n", lines.join("\r\n")));
    }
    mail + "--=_x--\r\n"
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reference_in_a_saved_mail_is_verified() {
    let issuer = Issuer::start().await;
    let pdf = std::fs::read(issuer.path("reference.pdf")).unwrap();
    let (json, proof) = (issuer.signed.canonical().to_vec(), log_proof(&issuer.signed).to_string().into_bytes());
    for attachments in [vec![pdf.as_slice(), &json, &proof], vec![json.as_slice(), &proof]] {
        issuer.write("mail.eml", mail(&attachments));
        let outcome = issuer.verify(&["mail.eml"]).await;
        assert_eq!(outcome.verdict(), (0, "Gold"), "{}{}", outcome.stdout, outcome.stderr);
    }
    issuer.write("mail.eml", mail(&[b"a holiday picture"]));
    let outcome = issuer.verify(&["mail.eml"]).await;
    assert_eq!(outcome.exit, 2);
    outcome.says(&["is a mail without a reference among its attachments"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_link_of_a_code_is_verified_in_the_published_log() {
    let issuer = Issuer::start().await;
    let link = qr::url(&issuer.signed, 17);
    let outcome = issuer.verify(&[&link]).await;
    assert_eq!(outcome.verdict(), (0, "Gold"), "{}{}", outcome.stdout, outcome.stderr);
    outcome.says(&["entry 17 of 300 in the issuer's log"]);
    let folder = issuer.run(&[&link, "--offline", "--published", "published"]).await;
    assert_eq!(folder.verdict(), (0, "Silver"), "{}", folder.stdout);
    // Another entry's number, a link that was cut, and one that has only the hash.
    let other = issuer.verify(&[&qr::url(&issuer.signed, 18)]).await;
    assert_eq!(other.verdict(), (1, "Not in log"));
    let cut = issuer.verify(&[&link[..link.len() - 3]]).await;
    assert_eq!(cut.exit, 2);
    cut.says(&["this is not the link of a reference", "copy the whole link"]);
    let short: Vec<&str> = link.rsplitn(3, '.').collect();
    let short = issuer.verify(&[short[2]]).await;
    assert_eq!(short.exit, 2);
    short.says(&["by its hash only", "hibob verify FILE"]);
    issuer.site().remove("/references/log/checkpoint");
    let without = issuer.verify(&[&link]).await;
    assert_eq!(without.verdict().0, 1, "{}", without.stdout);
    without.says(&["the entry in the issuer's log could not be looked up: the issuer does not publish"]);
    issuer.mark(Purpose::Revocation);
    assert_eq!(issuer.verify(&[&link]).await.verdict(), (1, "Revoked"));
}

/// The bytes as a stream of a PDF that another program has written.
fn saved_anew(streams: &[&[u8]]) -> Vec<u8> {
    let mut file = b"%PDF-1.4\n".to_vec();
    for stream in streams {
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
        zlib.write_all(stream).unwrap();
        let data = zlib.finish().unwrap();
        file.extend(
            [b"5 0 obj <</Filter/FlateDecode>> stream\r\n", data.as_slice(), b"\r\nendstream\nendobj\n"].concat(),
        );
    }
    file
}

/// The page of another reference, with the attachments of this one, as a program writes it that saves it anew.
fn with_the_page_of(issuer: &Issuer, shown: Credential) -> Vec<u8> {
    let shown = SignedCredential::sign(shown, &key(), &selector()).unwrap();
    let page = pdf::render(&shown, &log_proof(&shown), &key(), &pdf::Fonts::bundled()).unwrap();
    let mut document = Document::load_mem(&page).unwrap();
    let proof = log_proof(&issuer.signed).to_string().into_bytes();
    let genuine =
        [(b"{\"@context\":[".as_slice(), issuer.signed.canonical().to_vec()), (b"c2sp.org/tlog-proof@", proof)];
    for stream in document.objects.values_mut().filter_map(|object| object.as_stream_mut().ok()) {
        if let Some((_, content)) = genuine.iter().find(|(beginning, _)| stream.content.starts_with(beginning)) {
            stream.set_content(content.clone());
        }
    }
    document.compress();
    let mut saved = Vec::new();
    document.save_to(&mut saved).unwrap();
    saved
}

/// The words in which the page differs from what is signed are named; nothing is named where it says the same.
#[tokio::test(flavor = "multi_thread")]
async fn the_words_of_a_page_that_was_saved_anew_are_compared() {
    let issuer = Issuer::start().await;
    let genuine = issuer.signed.credential();
    issuer.write("same.pdf", with_the_page_of(&issuer, genuine.clone()));
    let outcome = issuer.verify(&["same.pdf"]).await;
    assert_eq!(outcome.exit, 11, "{}{}", outcome.stdout, outcome.stderr);
    outcome.says(&["no word of the page was found to differ"]);
    let (_, report) = issuer.json(&["same.pdf"]).await;
    assert_eq!(report["page"], serde_json::json!({ "missing": [], "added": [] }));

    let employment = genuine.claims.employment().clone();
    let forged = Employment {
        job_title: Some(ClaimText::parse("job title", "Chief Executive").unwrap()),
        start: employment.start - chrono::TimeDelta::days(3_653),
        ..employment.clone()
    };
    let claims = Claims::new(genuine.claims.issuer().clone(), forged.clone()).unwrap();
    issuer.write("forged.pdf", with_the_page_of(&issuer, Credential { claims, ..genuine.clone() }));
    let (exit, report) = issuer.json(&["forged.pdf"]).await;
    let words = |key: &str| -> Vec<String> {
        report["page"][key].as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(exit, 11, "{report:#}");
    assert!(words("added").starts_with(&["Chief".to_owned(), "Executive".to_owned()]), "{report:#}");
    assert!(words("added").contains(&forged.start.format("%Y").to_string()), "{report:#}");
    assert!(words("missing").contains(&employment.start.format("%Y").to_string()), "{report:#}");
    issuer.verify(&["forged.pdf"]).await.says(&[
        "signed, and not on the page",
        "on the page, and not signed",
        "Chief · Executive",
    ]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_was_saved_anew_has_a_verdict_of_its_own() {
    let issuer = Issuer::start().await;
    let proof = log_proof(&issuer.signed).to_string();
    let pdf = std::fs::read(issuer.path("reference.pdf")).unwrap();
    // With something added at its end, as viewers save it; and written anew as a whole.
    let files = [
        [pdf.as_slice(), b"\n9 0 obj\n<<>>\nendobj\ntrailer\n<<>>\nstartxref\n0\n%%EOF\n"].concat(),
        saved_anew(&[b"BT (Zoe) Tj ET", issuer.signed.canonical(), proof.as_bytes()]),
    ];
    for file in files {
        issuer.write("saved.pdf", file);
        let outcome = issuer.verify(&["saved.pdf"]).await;
        assert_eq!(outcome.exit, 11, "{}{}", outcome.stdout, outcome.stderr);
        let (claims, verdict) =
            (outcome.stdout.find("Zoë Łukasz-O'Neil"), outcome.stdout.find("Saved anew: this page"));
        assert!(claims.is_some() && claims < verdict, "{}", outcome.stdout);
        outcome.says(&["this page was saved anew, compare it", "not revoked, by the list of "]);
        let (exit, report) = issuer.json(&["saved.pdf"]).await;
        assert_eq!((exit, &report["verdict"], &report["accepted"]), (11, &"saved-anew".into(), &false.into()));
    }
    // The last file has no page at all.
    issuer.verify(&["saved.pdf"]).await.says(&["the words of the page cannot be read: compare them yourself"]);
    issuer.write("saved.pdf", saved_anew(&[issuer.signed.canonical()]));
    let outcome = issuer.verify(&["saved.pdf"]).await;
    assert_eq!(outcome.verdict(), (1, "Not in log"));
    outcome.says(&["the log proof is no longer in the PDF: scan the code"]);
    issuer.mark(Purpose::Revocation);
    issuer.write("saved.pdf", saved_anew(&[issuer.signed.canonical(), proof.as_bytes()]));
    assert_eq!(issuer.verify(&["saved.pdf"]).await.verdict(), (1, "Revoked"));
}
