use super::*;
use crate::keys::SecretKey;
use crate::testing::{claims_of, credential_of, key, log_proof, page, selector, signed};
use lopdf::{Dictionary, Document, Object};

fn rendered(name: &str, title: Option<&str>, department: Option<&str>, company: &str) -> Result<Vec<u8>, PdfError> {
    let credential = credential_of(claims_of(name, title, department, company));
    let signed = SignedCredential::sign(credential, &key(), &selector()).unwrap();
    render(&signed, &log_proof(&signed), &key())
}

#[test]
fn the_same_reference_gives_the_same_page() {
    let again = render(&signed(), &log_proof(&signed()), &key()).unwrap();
    assert!(again == page());
    assert!(again.len() < 100_000, "{}", again.len());
}

#[test]
fn every_script_has_a_page_and_a_missing_glyph_has_none() {
    for name in [
        "Đặng Thị Ánh",
        "Юлия",
        "Γιώργος",
        "שרה כהן",
        "محمد عبد الرحمن",
        "山田 太郎",
        "김철수",
        "陳大文",
        "Ḥasan ibn ʻAlī",
    ] {
        rendered(name, Some(name), Some(name), name).unwrap();
    }
    for (name, character) in [("Anna 😀", '😀'), ("สมชาย", 'ส'), ("Þór ᚦ", 'ᚦ')] {
        match rendered(name, None, None, "ACME") {
            Err(PdfError::MissingGlyph { character: found, .. }) => assert_eq!(found, character),
            other => panic!("{name}: {:?}", other.map(|bytes| bytes.len())),
        }
    }
}

/// Pages with the longest texts that the claims allow, in wide and in narrow letters.
#[test]
fn the_longest_texts_fit() {
    for character in ["W", "山", "ש", "i"] {
        let text = character.repeat(crate::claims::TEXT_CHARACTERS_MAX);
        rendered(&text, Some(&text), Some(&text), &text).unwrap();
    }
}

/// A title of 303 characters, as people have them, is set smaller and in lines.
#[test]
fn a_long_title_has_a_page() {
    let title = "Senior Vice President of Global Strategic Partnerships and Business Development ".repeat(4);
    let title: String = title.chars().take(303).collect();
    rendered("Ana Silva", Some(title.trim()), Some("Strategy"), "ACME GmbH").unwrap();
}

#[test]
fn a_wrong_key_or_proof_gives_no_page() {
    let other = SecretKey::from_seed(&[8; 32]);
    assert!(matches!(render(&signed(), &log_proof(&signed()), &other), Err(PdfError::Key)));
    let mut proof = log_proof(&signed());
    proof.index += 1;
    assert!(matches!(render(&signed(), &proof, &key()), Err(PdfError::LogProof)));
}

/// Checks the requirements of ISO 19005-3 that can be seen in the structure. The file is read with another library than
/// the one that wrote it. The writing library checks full conformance with its own validator; veraPDF was not
/// available.
#[test]
fn the_structure_is_that_of_pdf_a_3a() {
    let bytes = page();
    assert!(bytes.starts_with(b"%PDF-1.7\n%") && bytes[10..14].iter().all(|byte| *byte > 127));
    let document = Document::load_mem(&bytes).unwrap();
    assert!(document.trailer.get(b"Encrypt").is_err() && document.trailer.get(b"ID").is_ok());
    let catalog = document.catalog().unwrap();
    for forbidden in [&b"OpenAction"[..], b"AA", b"AcroForm"] {
        assert!(catalog.get(forbidden).is_err());
    }
    assert_eq!(catalog.get(b"Lang").unwrap().as_str().unwrap(), b"en");
    let resolved = |object: &Object| document.dereference(object).unwrap().1.clone();
    let dict = |object: &Object| -> Dictionary {
        let object = resolved(object);
        object.as_dict().or_else(|_| object.as_stream().map(|stream| &stream.dict)).unwrap().clone()
    };
    assert!(dict(catalog.get(b"MarkInfo").unwrap()).get(b"Marked").unwrap().as_bool().unwrap());
    assert!(dict(catalog.get(b"StructTreeRoot").unwrap()).get(b"K").is_ok());
    let metadata = resolved(catalog.get(b"Metadata").unwrap()).as_stream().unwrap().clone();
    assert!(metadata.dict.get(b"Filter").is_err());
    let xmp = String::from_utf8(metadata.content).unwrap();
    assert!(
        xmp.contains("<pdfaid:part>3</pdfaid:part>") && xmp.contains("<pdfaid:conformance>A</pdfaid:conformance>"),
        "{xmp}"
    );
    let intents = resolved(catalog.get(b"OutputIntents").unwrap());
    let intent = dict(&intents.as_array().unwrap()[0]);
    assert_eq!(intent.get(b"S").unwrap().as_name().unwrap(), b"GTS_PDFA1");
    assert_eq!(dict(intent.get(b"DestOutputProfile").unwrap()).get(b"N").unwrap().as_i64().unwrap(), 3);
    // Every font is embedded and can be copied as text.
    let mut fonts = 0;
    for object in document.objects.values().filter_map(|object| object.as_dict().ok()) {
        if object.get(b"Subtype").and_then(Object::as_name).is_ok_and(|name| name == b"Type0") {
            let descendants = resolved(object.get(b"DescendantFonts").unwrap());
            let font = dict(&descendants.as_array().unwrap()[0]);
            let descriptor = dict(font.get(b"FontDescriptor").unwrap());
            assert!([&b"FontFile2"[..], b"FontFile3"].iter().any(|name| descriptor.get(name).is_ok()));
            assert!(object.get(b"ToUnicode").is_ok());
            fonts += 1;
        }
    }
    assert!(fonts >= 2, "{fonts}");
    // The QR code is a link that is also printed, and has an alternative text.
    let mut annotations = document.objects.values().filter_map(|object| object.as_dict().ok());
    let link =
        annotations.find(|object| object.get(b"Subtype").and_then(Object::as_name).is_ok_and(|name| name == b"Link"));
    let link = link.unwrap();
    assert!(link.get(b"Contents").is_ok() && link.get(b"F").unwrap().as_i64().unwrap() & 4 == 4);
    let uri = dict(link.get(b"A").unwrap()).get(b"URI").unwrap().as_str().unwrap().to_vec();
    assert_eq!(qr::parse(&String::from_utf8(uri).unwrap()).unwrap().digest, signed().digest());
}

#[test]
fn the_attachments_are_associated_files() {
    let document = Document::load_mem(&page()).unwrap();
    let catalog = document.catalog().unwrap();
    let associated = document.dereference(catalog.get(b"AF").unwrap()).unwrap().1.as_array().unwrap();
    let names = document.dereference(catalog.get(b"Names").unwrap()).unwrap().1.as_dict().unwrap();
    assert!(names.get(b"EmbeddedFiles").is_ok());
    let mut found = Vec::new();
    for file in associated {
        let specification = document.dereference(file).unwrap().1.as_dict().unwrap();
        let text =
            |name: &[u8]| String::from_utf8(specification.get(name).unwrap().as_str().unwrap().to_vec()).unwrap();
        let relationship = specification.get(b"AFRelationship").unwrap().as_name().unwrap().to_vec();
        assert!(!text(b"Desc").is_empty() && specification.get(b"UF").is_ok());
        let embedded = specification.get(b"EF").unwrap().as_dict().unwrap().get(b"F").unwrap();
        let stream = document.dereference(embedded).unwrap().1.as_stream().unwrap();
        assert!(stream.dict.get(b"Subtype").is_ok() && stream.dict.get(b"Params").is_ok());
        found.push((text(b"F"), String::from_utf8(relationship).unwrap(), stream.content.clone()));
    }
    found.sort();
    let signed = signed();
    assert_eq!(found[0], (CREDENTIAL_FILE.to_owned(), "Data".to_owned(), signed.canonical().to_vec()));
    assert_eq!(found[1], (LOG_PROOF_FILE.to_owned(), "Data".to_owned(), log_proof(&signed).to_string().into_bytes()));
    assert_eq!((found[2].0.as_str(), found[2].1.as_str(), found.len()), (SEAL_FILE, "Supplement", 3));
}

/// Writes sample pages to look at: `PAGES=DIR cargo test -p hibob-reference-format pages_to_look_at -- --ignored`.
#[test]
#[ignore = "writes files to look at"]
fn pages_to_look_at() {
    let dir = std::path::PathBuf::from(std::env::var_os("PAGES").unwrap());
    let long = "Wolfeschlegelsteinhausenbergerdorff ".repeat(3);
    let long = long.trim();
    let samples = [
        (
            "latin",
            "Zoë Łukasz-O’Neil",
            "Senior Platform Engineer",
            "Platform & Tools",
            "ACME Gesellschaft für Maschinenbau mbH",
        ),
        ("hebrew", "שרה כהן־לוי", "מהנדסת תוכנה בכירה", "פיתוח (R&D)", "אקמה בע״מ"),
        ("arabic", "محمد عبد الرحمن الخوارزمي", "مهندس برمجيات أول", "قسم البحث والتطوير 2", "شركة أكمي المحدودة"),
        ("cjk", "山田 太郎", "シニアエンジニア", "研究開発部 プラットフォーム", "株式会社アクメ"),
        ("korean", "김철수", "책임 연구원", "플랫폼 개발팀", "주식회사 아크메"),
        ("cyrillic", "Юлия Александровна Ковальчук", "Ведущий инженер", "Разработка", "ООО «Акме»"),
        ("greek", "Γιώργος Παπαδόπουλος", "Μηχανικός λογισμικού", "Έρευνα", "ΑΚΜΗ Α.Ε."),
        ("long", long, long, long, long),
        // The densest QR code.
        ("dense", &long[..102], &long[..102], &long[..102], "ACME Gesellschaft für Maschinenbau und Anlagen mbH"),
    ];
    for (file, name, title, department, company) in samples {
        let page = rendered(name, Some(title), Some(department), company).unwrap();
        std::fs::write(dir.join(format!("{file}.pdf")), page).unwrap();
    }
    std::fs::write(dir.join("plain.pdf"), rendered("Ana Silva", None, None, "ACME").unwrap()).unwrap();
}
