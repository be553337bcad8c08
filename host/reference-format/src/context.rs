//! The definitions of the terms that references, status lists and key files use beside those of VC 2.0 (JSON-LD 1.1).
//!
//! Each issuer publishes them on its own domain, so that a reference depends on nobody else. References name the URL:
//! some libraries refuse a document whose `@context` has an object in it. Those that version 0.1.0 issued have the
//! definitions written out, and stay valid.

use crate::data_model::VC_CONTEXT;
use crate::domain::Domain;
use serde_json::{Value, json};

/// The path of the file below the issuer's public folder, beside the key file. A change of the definitions gets a new
/// name, since documents that name this one are signed.
pub const PATH: &str = ".well-known/employment-reference-v1.json";

/// The type of a reference.
pub(crate) const CREDENTIAL_TYPE: &str = "EmploymentReferenceCredential";

/// Where a reference has the definitions of its terms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Terms {
    /// At the URL of [`url`], which its `@context` names.
    #[default]
    Linked,
    /// Written out in its `@context`, as version 0.1.0 issued references.
    Inline,
}

impl Terms {
    /// Both forms, the present one first.
    pub(crate) const ALL: [Self; 2] = [Self::Linked, Self::Inline];

    /// The `@context` of a reference.
    pub(crate) fn context(self, domain: &Domain) -> Value {
        match self {
            Self::Linked => json!([VC_CONTEXT, url(domain)]),
            Self::Inline => json!([VC_CONTEXT, terms_of_a_reference()]),
        }
    }

    /// The form that a `@context` has, if it has one of the two; the caller compares the whole.
    pub(crate) fn of(context: Option<&Value>) -> Self {
        if context.and_then(|context| context.get(1)).is_some_and(Value::is_object) {
            Self::Inline
        } else {
            Self::Linked
        }
    }
}

/// The URL of an issuer's file.
pub fn url(domain: &Domain) -> String {
    domain.url(PATH)
}

/// The text of the file, as indented JSON. It is the same for every issuer.
pub fn render() -> String {
    let mut terms = terms_of_a_reference();
    if let (Some(terms), Value::Object(more)) = (terms.as_object_mut(), terms_of_a_list()) {
        terms.extend(more);
    }
    format!("{:#}\n", json!({ "@context": terms }))
}

fn terms_of_a_reference() -> Value {
    json!({
        (CREDENTIAL_TYPE): "urn:uuid:086ca9a4-4cb1-4ed4-9d80-fc5080e10158",
        "jobTitle": "https://schema.org/jobTitle",
        "department": "https://schema.org/department",
        "employmentStartDate": "https://schema.org/startDate",
        "employmentEndDate": "https://schema.org/endDate",
    })
}

/// What Bitstring Status List (section 2.2) asks of a list with the purpose `message`, and the context of VC 2.0 defines
/// for entries only.
fn terms_of_a_list() -> Value {
    json!({
        "statusSize": {
            "@id": "https://www.w3.org/ns/credentials/status#statusSize",
            "@type": "http://www.w3.org/2001/XMLSchema#integer",
        },
        "statusMessages": {
            "@id": "https://www.w3.org/ns/credentials/status#statusMessages",
            "@context": {
                "status": "https://www.w3.org/ns/credentials/status#status",
                "message": "https://www.w3.org/ns/credentials/status#message",
            },
        },
    })
}

/// The terms of the key file that no context of the DID method defines. They are written out there: the file is not
/// signed, and a reader of DIDs need not fetch anything.
pub(crate) fn terms_of_a_key_file() -> Value {
    let time = |id: &str| json!({"@id": id, "@type": "http://www.w3.org/2001/XMLSchema#dateTime"});
    json!({
        "created": time("http://purl.org/dc/terms/created"),
        "retired": time("https://schema.org/validThrough"),
    })
}
