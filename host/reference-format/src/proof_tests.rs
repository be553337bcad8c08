//! Proofs: the official test vector of w3c/vc-di-eddsa ("eddsa-jcs-2022", Alumni Credential), and proofs that must be
//! refused.

use super::*;
use crate::json::parse_object;

const PUBLIC: &str = "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2";
const SECRET: &str = "z3u2en7t5LR2WtQH5PfFqMqwVHBeXouLzo6haApm8XHqvjxq";
const CANONICAL_DOCUMENT: &str = concat!(
    r#"{"@context":["https://www.w3.org/ns/credentials/v2","https://www.w3.org/ns/credentials/examples/v2"],"#,
    r#""credentialSubject":{"alumniOf":"The School of Examples","id":"did:example:abcdefgh"},"#,
    r#""description":"A minimum viable example of an Alumni Credential.","#,
    r#""id":"urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33","issuer":"https://vc.example/issuers/5678","#,
    r#""name":"Alumni Credential","type":["VerifiableCredential","AlumniCredential"],"#,
    r#""validFrom":"2023-01-01T00:00:00Z"}"#
);
const CANONICAL_OPTIONS: &str = concat!(
    r#"{"@context":["https://www.w3.org/ns/credentials/v2","https://www.w3.org/ns/credentials/examples/v2"],"#,
    r#""created":"2023-02-24T23:36:38Z","cryptosuite":"eddsa-jcs-2022","proofPurpose":"assertionMethod","#,
    r#""type":"DataIntegrityProof","verificationMethod":"did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"#,
    r#"#z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"}"#
);
const OPTIONS_HASH: &str = "66ab154f5c2890a140cb8388a22a160454f80575f6eae09e5a097cabe539a1db";
const DOCUMENT_HASH: &str = "59b7cb6251b8991add1ce0bc83107e3db9dbbab5bd2c28f687db1a03abc92f19";
const SIGNATURE: &str = "407cd12654b33d718ecbb99179a1506daaa849450bf3fc523cce3e1c96f8b803\
                         51da3f253d725c6f00b07c9e5448d50b3ef78012b9ab54255116d069c6dd2808";
const PROOF_VALUE_TEXT: &str =
    "z2HnFSSPPBzR36zdDgK8PbEHeXbR56YF24jwMpt3R1eHXQzJDMWS93FCzpvJpwTWd3GAVFuUfjoJdcnTMuVor51aX";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn document() -> Object {
    parse_object(CANONICAL_DOCUMENT.as_bytes(), 10_000).unwrap()
}

fn secret() -> SecretKey {
    // A secret key's multicodec is 0x1300, as the bytes 80 26.
    let bytes = from_base58_multibase(SECRET, 34).unwrap();
    assert_eq!(bytes[..2], [0x80, 0x26]);
    SecretKey::from_seed(bytes[2..].try_into().unwrap())
}

fn reference() -> KeyReference {
    KeyReference::parse(&format!("did:key:{PUBLIC}#{PUBLIC}")).unwrap()
}

fn signed() -> Object {
    sign(document(), &secret(), &reference(), time::parse("2023-02-24T23:36:38Z").unwrap()).unwrap()
}

#[test]
fn the_official_vector_is_reproduced_byte_for_byte() {
    assert_eq!(secret().public().multikey(), PUBLIC);
    assert_eq!(canonical(&Value::Object(document())).unwrap(), CANONICAL_DOCUMENT.as_bytes());
    let options = options(&document(), &reference(), time::parse("2023-02-24T23:36:38Z").unwrap());
    assert_eq!(canonical(&Value::Object(options.clone())).unwrap(), CANONICAL_OPTIONS.as_bytes());
    assert_eq!(hex(&signed_bytes(options, document()).unwrap()), format!("{OPTIONS_HASH}{DOCUMENT_HASH}"));
    let signed = signed();
    assert_eq!(signed["proof"]["proofValue"], PROOF_VALUE_TEXT);
    let proof = Proof::read(&signed).unwrap();
    assert_eq!(hex(proof.signature()), SIGNATURE);
    proof.verify(&PublicKey::from_multikey(PUBLIC).unwrap()).unwrap();
    let members = ["type", "cryptosuite", "created", "verificationMethod", "proofPurpose", "@context", "proofValue"];
    assert_eq!(signed["proof"].as_object().unwrap().len(), members.len());
}

#[test]
fn another_document_or_key_does_not_pass() {
    let proof = Proof::read(&signed()).unwrap();
    assert!(matches!(proof.verify(&SecretKey::from_seed(&[1; 32]).public()), Err(ProofError::Signature)));
    let mut other = signed();
    other.insert("name".to_owned(), json!("Alumni credential"));
    assert!(matches!(Proof::read(&other).unwrap().verify(&secret().public()), Err(ProofError::Signature)));
    assert!(matches!(sign(signed(), &secret(), &reference(), Utc::now()), Err(ProofError::Present)));
    assert!(matches!(Proof::read(&document()), Err(ProofError::Missing)));
}

#[test]
fn any_other_form_is_refused() {
    let value = PROOF_VALUE_TEXT.to_owned();
    let cases: Vec<(&str, Option<Value>)> = vec![
        ("type", Some(json!("Ed25519Signature2020"))),
        ("type", None),
        ("cryptosuite", Some(json!("eddsa-rdfc-2022"))),
        ("proofPurpose", Some(json!("authentication"))),
        ("created", Some(json!("2023-02-24T23:36:38+00:00"))),
        ("created", Some(json!("2023-02-24T23:36:38.000Z"))),
        ("created", None),
        ("verificationMethod", Some(json!("https://vc.example/issuers/5678#key-1"))),
        ("verificationMethod", Some(json!(PUBLIC))),
        // The specification's verification accepts a shorter context; here it has to be the document's.
        ("@context", Some(json!(["https://www.w3.org/ns/credentials/v2"]))),
        ("@context", None),
        ("expires", Some(json!("2030-01-01T00:00:00Z"))),
        ("domain", Some(json!("vc.example"))),
        ("proofValue", None),
        ("proofValue", Some(json!(&value[1..]))),
        ("proofValue", Some(json!(value.replacen('z', "u", 1)))),
        ("proofValue", Some(json!(value.replacen('z', "z1", 1)))),
        ("proofValue", Some(json!(format!("{value}1")))),
        ("proofValue", Some(json!(format!("{value} ")))),
        ("proofValue", Some(json!(value.replace('H', "0")))),
        ("proofValue", Some(json!("z".repeat(100_000)))),
        ("proofValue", Some(json!([value.clone()]))),
    ];
    for (name, member) in cases {
        let mut changed = signed();
        let proof = changed["proof"].as_object_mut().unwrap();
        match member.clone() {
            Some(member) => proof.insert(name.to_owned(), member),
            None => proof.remove(name),
        };
        assert!(Proof::read(&changed).is_err(), "{name} {member:?}");
    }
    // A document with a set of proofs is refused.
    let mut set = signed();
    let proof = set["proof"].clone();
    set.insert("proof".to_owned(), json!([proof]));
    assert!(matches!(Proof::read(&set), Err(ProofError::Missing)));
}
