use super::*;
use crate::keys::SecretKey;
use crate::testing::{claims_of, credential_of, key, log_proof, page, selector, signed};
use lopdf::{Dictionary, Document, Object};

fn rendered(name: &str, title: Option<&str>, department: Option<&str>, company: &str) -> Result<Vec<u8>, PdfError> {
    let credential = credential_of(claims_of(name, title, department, company));
    let signed = SignedCredential::sign(credential, &key(), &selector()).unwrap();
    render(&signed, &log_proof(&signed), &key(), &Fonts::bundled())
}

#[test]
fn the_same_reference_gives_the_same_page() {
    let again = render(&signed(), &log_proof(&signed()), &key(), &Fonts::bundled()).unwrap();
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
        "Արամ Պետրոսյան",
        "ნინო ბერიძე",
        "प्रिया शर्मा",
        "สมชาย ใจดี",
    ] {
        rendered(name, Some(name), Some(name), name).unwrap();
    }
    for (name, character) in [("Anna 😀", '😀'), ("அருள்", 'அ'), ("Þór ᚦ", 'ᚦ')] {
        match rendered(name, None, None, "ACME") {
            Err(PdfError::MissingGlyph { character: found, .. }) => assert_eq!(found, character),
            other => panic!("{name}: {:?}", other.map(|bytes| bytes.len())),
        }
    }
}

/// A font file with letters of Tamil, which no bundled font has. `change` may change its bytes.
fn tamil(change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut font = include_bytes!("../tests/fonts/NotoSansTamil-Regular.ttf").to_vec();
    change(&mut font);
    font
}

/// Writes a number of two bytes into the table OS/2 of a font file. Its place is in the file's list of tables, of which
/// each entry has a name, a check sum, a place and a length (OpenType, "Organization of an OpenType Font").
fn set_os2(font: &mut [u8], offset: usize, value: u16) {
    let entry = 12 + 16 * font[12..].chunks(16).position(|entry| entry.starts_with(b"OS/2")).unwrap();
    let table = u32::from_be_bytes(font[entry + 8..entry + 12].try_into().unwrap()) as usize;
    font[table + offset..table + offset + 2].copy_from_slice(&value.to_be_bytes());
}

/// The places of `usWeightClass` and `fsType` in the table OS/2.
const WEIGHT_CLASS: usize = 4;
const FS_TYPE: usize = 8;

#[test]
fn a_letter_of_an_added_font_has_a_page() {
    let name = "அருள் செல்வம்";
    let signed =
        SignedCredential::sign(credential_of(claims_of(name, Some("மேலாளர்"), None, "ACME")), &key(), &selector());
    let signed = signed.unwrap();
    let render = |fonts: &Fonts| render(&signed, &log_proof(&signed), &key(), fonts);
    match render(&Fonts::bundled()) {
        Err(error @ PdfError::MissingGlyph { character: 'அ', .. }) => {
            let text = error.to_string();
            assert!(text.contains("'அ' (U+0B85)") && text.contains("references.fonts"), "{text}");
        }
        other => panic!("{:?}", other.map(|bytes| bytes.len())),
    }
    let regular = Fonts::with([tamil(|_| ())]).unwrap();
    let bold = Fonts::with([tamil(|_| ()), tamil(|font| set_os2(font, WEIGHT_CLASS, 700))]).unwrap();
    let fonts_of = |page: Vec<u8>| {
        let document = Document::load_mem(&page).unwrap();
        let fonts = document.objects.values().filter_map(|object| object.as_dict().ok());
        let is_font =
            |object: &&Dictionary| object.get(b"Subtype").and_then(Object::as_name).is_ok_and(|name| name == b"Type0");
        fonts
            .filter(is_font)
            .filter(|font| String::from_utf8_lossy(font.get(b"BaseFont").unwrap().as_name().unwrap()).contains("Tamil"))
            .count()
    };
    // The name is bold, and the title is not. A font of the other weight is taken where there is none.
    assert_eq!(fonts_of(render(&regular).unwrap()), 1);
    assert_eq!(fonts_of(render(&bold).unwrap()), 2);
}

#[test]
fn a_file_that_is_no_font_or_may_not_be_embedded_is_refused() {
    for (file, error) in [
        (Vec::new(), FontError::Unreadable),
        (b"wOF2 not for documents".to_vec(), FontError::Unreadable),
        (tamil(|font| font.truncate(1_000)), FontError::Unreadable),
        (tamil(|font| set_os2(font, FS_TYPE, 2)), FontError::Restricted),
    ] {
        assert_eq!(Fonts::with([tamil(|_| ()), file]).err(), Some((1, error)));
    }
    // "Preview and print" and "editable" allow it.
    for allowed in [4, 8] {
        assert!(Fonts::with([tamil(|font| set_os2(font, FS_TYPE, allowed))]).is_ok());
    }
}

/// Pages with the longest texts that the claims allow, in wide and in narrow letters.
#[test]
fn the_longest_texts_fit() {
    for character in ["W", "山", "ש", "i", "ส", "क्षि"] {
        let text = character.repeat(crate::claims::TEXT_CHARACTERS_MAX / character.chars().count());
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
    assert!(matches!(render(&signed(), &log_proof(&signed()), &other, &Fonts::bundled()), Err(PdfError::Key)));
    let mut proof = log_proof(&signed());
    proof.index += 1;
    assert!(matches!(render(&signed(), &proof, &key(), &Fonts::bundled()), Err(PdfError::LogProof)));
}

/// Checks the requirements of ISO 19005-3 that can be seen in the structure. The file is read with another library than
/// the one that wrote it. The writing library checks full conformance with its own validator; veraPDF was not
/// available.
#[test]
fn the_structure_is_that_of_pdf_a_3a_and_pdf_ua_1() {
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
    let mark_info = dict(catalog.get(b"MarkInfo").unwrap());
    assert!(mark_info.get(b"Marked").unwrap().as_bool().unwrap());
    // Poppler complains of `/Suspects false`, which is the default.
    assert!(mark_info.get(b"Suspects").is_err());
    let preferences = dict(catalog.get(b"ViewerPreferences").unwrap());
    assert!(preferences.get(b"DisplayDocTitle").unwrap().as_bool().unwrap());
    assert!(dict(catalog.get(b"StructTreeRoot").unwrap()).get(b"K").is_ok());
    let metadata = resolved(catalog.get(b"Metadata").unwrap()).as_stream().unwrap().clone();
    assert!(metadata.dict.get(b"Filter").is_err());
    let xmp = String::from_utf8(metadata.content).unwrap();
    assert!(
        xmp.contains("<pdfaid:part>3</pdfaid:part>") && xmp.contains("<pdfaid:conformance>A</pdfaid:conformance>"),
        "{xmp}"
    );
    assert!(xmp.contains("<pdfuaid:part>1</pdfuaid:part>"), "{xmp}");
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

/// The elements of the structure with this type, with their languages and the types of what is in them.
fn elements(page: &[u8], kind: &str) -> Vec<(Option<String>, Vec<String>)> {
    let document = Document::load_mem(page).unwrap();
    let name = |dict: &Dictionary| String::from_utf8(dict.get(b"S").unwrap().as_name().unwrap().to_vec()).unwrap();
    let is_element = |dict: &&Dictionary| dict.get(b"S").is_ok() && dict.get(b"P").is_ok();
    let all = document.objects.values().filter_map(|object| object.as_dict().ok()).filter(is_element);
    let language =
        |dict: &Dictionary| Some(String::from_utf8(dict.get(b"Lang").ok()?.as_str().ok()?.to_vec()).unwrap());
    let children = |dict: &Dictionary| {
        let children = dict.get(b"K").unwrap();
        let children = children.as_array().map_or_else(|_| vec![children.clone()], Clone::clone);
        let dicts = children.iter().filter_map(|child| document.dereference(child).unwrap().1.as_dict().ok());
        dicts.filter(|dict| dict.get(b"S").is_ok()).map(name).collect::<Vec<_>>()
    };
    all.filter(|dict| name(dict) == kind).map(|dict| (language(dict), children(dict))).collect()
}

#[test]
fn a_label_and_its_value_are_one_entry_and_each_text_has_its_language() {
    let page = rendered("שרה כהן", Some("Engineer"), Some("研究"), "ACME").unwrap();
    let entries = elements(&page, "LI");
    assert_eq!(entries, vec![(None, vec!["Lbl".to_owned(), "LBody".to_owned()]); 4 + 3]);
    let languages =
        |kind: &str| elements(&page, kind).into_iter().filter_map(|(language, _)| language).collect::<Vec<_>>();
    assert_eq!((languages("P"), languages("LBody")), (vec!["he".to_owned()], vec!["und-Hani".to_owned()]));
}

/// The characters of a page in the order in which they are drawn, without white space and the page's own words.
fn drawn(page: &[u8]) -> String {
    let text = Document::load_mem(page).unwrap().extract_text(&[1]).unwrap();
    text.chars().filter(|character| !character.is_whitespace()).collect()
}

/// What programs read: letters from left to right, in the order in which they are drawn. They turn right-to-left words
/// around one character at a time, also those of a ligature. `docs/use/page-text.md` has what each of them reads.
#[test]
fn the_text_is_drawn_in_the_order_that_programs_expect() {
    let drawn_of = |name: &str, title: &str| drawn(&rendered(name, Some(title), None, "ACME").unwrap());
    let squeezed = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    let turned = |text: &str| squeezed(text).chars().rev().collect::<String>();
    let text = drawn_of("Zoë Łukasz-O’Neil", "Senior Engineer");
    let order = ["EMPLOYMENTREFERENCE", "ACME", "acme.example", "Zoë", "Position", "SeniorEngineer", "Employed"];
    let places: Vec<usize> =
        order.iter().map(|word| text.find(word).unwrap_or_else(|| panic!("{word}: {text}"))).collect();
    assert!(places.is_sorted(), "{text}");
    for (name, title) in [("علاء سلامة", "مدير الآلات"), ("שרה כהן-לוי", "מנהלת אזור"), ("علی رضایی", "مهندس")]
    {
        let text = drawn_of(name, title);
        for part in [name, title] {
            assert!(text.contains(&turned(part)), "{part}: {text}");
        }
    }
    for name in ["Արամ Պետրոսյան", "ნინო ბერიძე", "山田太郎", "김철수", "Юлия"]
    {
        let text = drawn_of(name, name);
        assert_eq!(text.matches(&squeezed(name)).count(), 2, "{name}: {text}");
    }
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
        ("thai", "สมชาย ใจดี", "วิศวกรซอฟต์แวร์อาวุโส", "ฝ่ายวิจัยและพัฒนา", "บริษัท แอคมี จำกัด"),
        ("devanagari", "प्रिया शर्मा-त्रिपाठी", "वरिष्ठ अभियंता", "अनुसंधान", "एक्मे प्राइवेट लिमिटेड"),
        ("georgian", "ნინო ბერიძე", "უფროსი ინჟინერი", "კვლევა", "შპს აკმე"),
        ("armenian", "Արամ Պետրոսյան", "Ավագ ճարտարագետ", "Հետազոտություն", "Ակմե ՍՊԸ"),
        ("hyphen", "שרה כהן-לוי", "מנהלת אזור", "פיתוח (R&D)", "אקמה בע\"מ"),
        ("lam-alef", "علاء سلامة", "مدير الآلات", "الاتصالات", "شركة الأولى"),
        ("persian", "علی رضایی", "مهندس ارشد", "فناوری اطلاعات", "شرکت آکمه"),
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
