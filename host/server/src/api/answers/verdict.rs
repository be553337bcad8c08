//! The schema of a verdict on a reference.

use super::{described, list, object, or_null};
use serde_json::{Value, json};

pub(super) fn schemas() -> Vec<(&'static str, Value)> {
    let [text, flag] = [json!({ "type": "string" }), json!({ "type": "boolean" })];
    let issuer = object(&[("domain", text.clone()), ("name", text.clone())]);
    let reference = object(&[
        ("id", text.clone()),
        ("issued", described(&text, "The time, as in RFC 3339.")),
        ("issuer", described(&issuer, "Only the domain is proven.")),
        ("name", text.clone()),
        ("jobTitle", or_null(&text)),
        ("department", or_null(&text)),
        ("employmentStartDate", described(&text, "YYYY-MM-DD")),
        ("employmentEndDate", described(&text, "YYYY-MM-DD")),
    ]);
    let check = object(&[
        ("subject", described(&text, "What was checked, such as `signature`.")),
        ("outcome", described(&text, "`good`, `bad` or `not-checked`.")),
        ("text", described(&text, "In a sentence.")),
    ]);
    let mut verdict = object(&[
        ("verdict", described(&text, "`gold`, `silver`, `revoked` and so on: the words of `hibob verify --json`.")),
        ("accepted", described(&flag, "Whether it can be relied on: Gold and Silver only.")),
        ("witnessed", flag),
        ("reference", described(&or_null(&reference), "What it states; null where it is no reference.")),
        ("checks", list(&check)),
    ]);
    let page = object(&[("missing", list(&text)), ("added", list(&text))]);
    let page = described(&page, "The words in which a page that was saved anew differs from what is signed.");
    if let Some(properties) = verdict.get_mut("properties").and_then(Value::as_object_mut) {
        properties.insert("page".to_owned(), page);
    }
    vec![("Verdict", verdict)]
}

pub(super) fn example(name: &str) -> Option<Value> {
    (name == "Verdict").then(|| {
        json!({
            "verdict": "gold", "accepted": true, "witnessed": false,
            "reference": {
                "id": "sha-256:abc", "issued": "2026-11-21T23:00:40Z",
                "issuer": { "domain": "acme.example", "name": "ACME GmbH" },
                "name": "Freja Cohen", "jobTitle": "Engineer", "department": null,
                "employmentStartDate": "2019-03-01", "employmentEndDate": "2026-10-31",
            },
            "checks": [{ "subject": "signature", "outcome": "good", "text": "unchanged since it was signed" }],
        })
    })
}
