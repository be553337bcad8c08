use super::*;
use crate::testing::{credential, key, selector, signed};

#[test]
fn ids_are_random_and_have_one_spelling() {
    let id = CredentialId::random().unwrap();
    assert_ne!(id, CredentialId::random().unwrap());
    let text = id.to_string();
    assert_eq!((CredentialId::parse(&text), CredentialId::parse(&id.uuid())), (Some(id), Some(id)));
    assert_eq!((&text[23..24], CredentialId::from_bytes(id.to_bytes())), ("4", Some(id)));
    for bad in [
        "",
        "urn:uuid:",
        &text.to_uppercase(),
        &text.replace('-', ""),
        &text[..44],
        "urn:uuid:00000000-0000-0000-0000-000000000000",
    ] {
        assert_eq!(CredentialId::parse(bad), None, "{bad}");
    }
}

#[test]
fn a_signed_reference_is_read_as_it_is_written() {
    let signed = signed();
    let read = SignedCredential::parse(signed.canonical()).unwrap();
    assert_eq!((read.credential(), read.digest()), (&credential(), signed.digest()));
    read.verify(&key().public()).unwrap();
    // White space between JSON values does not matter.
    let value: Value = serde_json::from_slice(signed.canonical()).unwrap();
    let pretty = SignedCredential::parse(format!("{value:#}").as_bytes()).unwrap();
    assert_eq!(pretty.digest(), signed.digest());
    let restored = SignedCredential::restore(credential(), &selector(), signed.proof().signature()).unwrap();
    assert_eq!(restored.canonical(), signed.canonical());
}

/// The crate's JSON schema describes exactly the documents that the code makes, member by member.
#[test]
fn the_schema_agrees_with_the_code() {
    let schema: Value = serde_json::from_str(include_str!("../schema/employment-reference.schema.json")).unwrap();
    for terms in Terms::ALL {
        let signed = SignedCredential::sign(Credential { terms, ..credential() }, &key(), &selector()).unwrap();
        agrees(&schema, &serde_json::from_slice(signed.canonical()).unwrap(), "");
    }
    let document: Value = serde_json::from_slice(signed().canonical()).unwrap();
    let claims = &schema["properties"]["credentialSubject"]["properties"];
    let mut names: Vec<&String> = claims.as_object().unwrap().keys().collect();
    names.sort();
    assert_eq!(names, ["department", "employmentEndDate", "employmentStartDate", "jobTitle", "name"]);
    for name in ["name", "jobTitle", "department"] {
        assert_eq!(claims[name]["maxLength"], crate::claims::TEXT_CHARACTERS_MAX, "{name}");
    }
    // A claim that the schema requires is required by the code, and an optional one may be left out.
    for name in names {
        let mut without = document.clone();
        without["credentialSubject"].as_object_mut().unwrap().remove(name);
        let required = &schema["properties"]["credentialSubject"]["required"];
        let is_required = required.as_array().unwrap().contains(&json!(name));
        without.as_object_mut().unwrap().remove("proof");
        let read = Credential::from_object(without.as_object().unwrap());
        assert_eq!(read.is_err(), is_required, "{name}");
    }
}

/// Checks a value against the parts of JSON Schema that the file uses: closed objects, fixed arrays, constants, and
/// texts.
fn agrees(schema: &Value, value: &Value, path: &str) {
    if let Some(forms) = schema.get("anyOf").and_then(Value::as_array) {
        // A form is a constant, or a text.
        let fits = |form: &&Value| form.get("const").map_or_else(|| value.is_string(), |constant| constant == value);
        return agrees(forms.iter().find(fits).unwrap(), value, path);
    }
    if let Some(constant) = schema.get("const") {
        return assert_eq!(constant, value, "{path}");
    }
    match value {
        Value::Object(members) => {
            assert_eq!((&schema["type"], &schema["additionalProperties"]), (&json!("object"), &json!(false)), "{path}");
            let properties = schema["properties"].as_object().unwrap();
            for name in schema["required"].as_array().unwrap() {
                assert!(members.contains_key(name.as_str().unwrap()), "{path}/{name}");
            }
            for (name, value) in members {
                agrees(&properties[name], value, &format!("{path}/{name}"));
            }
        }
        Value::Array(items) => {
            let schemas = schema["prefixItems"].as_array().unwrap();
            assert_eq!((schema["items"].as_bool(), items.len()), (Some(false), schemas.len()), "{path}");
            for (number, (schema, value)) in schemas.iter().zip(items).enumerate() {
                agrees(schema, value, &format!("{path}/{number}"));
            }
        }
        Value::String(text) => {
            assert_eq!(schema["type"], "string", "{path}");
            let length = text.chars().count() as u64;
            assert!(schema.get("maxLength").is_none_or(|max| length <= max.as_u64().unwrap()), "{path}");
            assert!(["pattern", "maxLength"].iter().any(|limit| schema.get(limit).is_some()), "{path} has no limit");
        }
        other => panic!("{path} is {other}"),
    }
}

/// References that version 0.1.0 issued have the definitions written out. Nothing between the two forms is one.
#[test]
fn both_forms_of_the_context_are_read_and_no_other() {
    for terms in Terms::ALL {
        let signed = SignedCredential::sign(Credential { terms, ..credential() }, &key(), &selector()).unwrap();
        let read = SignedCredential::parse(signed.canonical()).unwrap();
        assert_eq!((read.credential().terms, read.digest()), (terms, signed.digest()));
        read.verify(&key().public()).unwrap();
    }
    let document: Value = serde_json::from_slice(signed().canonical()).unwrap();
    assert_eq!(document["@context"][1], "https://acme.example/.well-known/employment-reference-v1.json");
    for other in [
        json!("https://other.example/.well-known/employment-reference-v1.json"),
        json!("http://acme.example/.well-known/employment-reference-v1.json"),
        json!({}),
        json!(null),
        json!([]),
    ] {
        let mut changed = document.clone();
        changed["@context"][1] = other.clone();
        changed["proof"]["@context"][1] = other;
        assert!(SignedCredential::parse(changed.to_string().as_bytes()).is_err());
    }
}

#[test]
fn any_change_of_the_document_is_found() {
    let document: Value = serde_json::from_slice(signed().canonical()).unwrap();
    type Edit = fn(&mut Value);
    let edits: [(&str, Edit); 23] = [
        ("a field more", |d| d["rating"] = json!("excellent")),
        ("a claim more", |d| d["credentialSubject"]["rating"] = json!("excellent")),
        ("an address", |d| d["credentialSubject"]["email"] = json!("a@b.example")),
        ("an issuer's field more", |d| d["issuer"]["image"] = json!("https://acme.example/logo.png")),
        ("no name", |d| drop(d["credentialSubject"].as_object_mut().unwrap().remove("name"))),
        ("no status", |d| drop(d.as_object_mut().unwrap().remove("credentialStatus"))),
        ("one status", |d| drop(d["credentialStatus"].as_array_mut().unwrap().pop())),
        ("status elsewhere", |d| d["credentialStatus"][0]["statusListCredential"] = json!("https://e.example/l.json")),
        ("two indices", |d| d["credentialStatus"][1]["statusListIndex"] = json!("1")),
        ("index as a number", |d| d["credentialStatus"][0]["statusListIndex"] = json!(94_567)),
        ("index with a zero", |d| d["credentialStatus"][0]["statusListIndex"] = json!("094567")),
        ("another context", |d| d["@context"] = json!(["https://www.w3.org/ns/credentials/v2"])),
        ("another type", |d| d["type"] = json!(["VerifiableCredential"])),
        ("an expiry", |d| d["validUntil"] = json!("2030-01-01T00:00:00Z")),
        ("a number for a name", |d| d["credentialSubject"]["name"] = json!(1)),
        ("no title as null", |d| d["credentialSubject"]["jobTitle"] = Value::Null),
        ("dates swapped", |d| d["credentialSubject"]["employmentStartDate"] = json!("2099-01-01")),
        ("another issuer", |d| d["issuer"]["id"] = json!("did:web:other.example")),
        ("an issuer that is no domain", |d| d["issuer"]["id"] = json!("did:key:z6Mk")),
        ("another key's domain", |d| d["proof"]["verificationMethod"] = json!("did:web:other.example#k1")),
        ("another time of the proof", |d| d["proof"]["created"] = json!("2020-01-01T00:00:00Z")),
        ("another time of issue", |d| d["validFrom"] = json!("2020-01-01T00:00:00Z")),
        ("no proof", |d| drop(d.as_object_mut().unwrap().remove("proof"))),
    ];
    for (what, edit) in edits {
        let mut changed = document.clone();
        edit(&mut changed);
        assert_ne!(changed, document, "{what}");
        assert!(SignedCredential::parse(changed.to_string().as_bytes()).is_err(), "{what}");
    }
}
