//! The schemas of answers about references and the keys that sign them.

use super::{described, list, object, or_null};
use serde_json::{Value, json};

pub(super) fn schemas() -> Vec<(&'static str, Value)> {
    let [text, number, flag] =
        [json!({ "type": "string" }), json!({ "type": "integer" }), json!({ "type": "boolean" })];
    let seconds = json!({ "type": "integer", "description": "Unix seconds" });
    let tenant = json!({ "type": "string", "description": "The tenant's id." });
    let person = json!({ "type": ["string", "null"], "description": "The work email of a person, or null." });
    let delivery = object(&[
        ("state", described(&text, "`waiting`, `delivered`, `refused` or `withdrawn`.")),
        ("attempts", number.clone()),
        ("next_at", or_null(&seconds)),
        ("said", described(&or_null(&text), "What the mail server or the webhook answered, without addresses.")),
        ("changed_at", seconds.clone()),
    ]);
    let reference = object(&[
        ("id", text.clone()),
        ("log_index", number.clone()),
        ("employee_id", text.clone()),
        ("ended_on", described(&text, "YYYY-MM-DD")),
        ("name", text.clone()),
        ("issued_at", seconds.clone()),
        ("selector", described(&text, "The signing key's name in DNS.")),
        ("plugin_digest", text.clone()),
        ("state", described(&text, "`valid`, `superseded` or `revoked`.")),
        ("state_reason", or_null(&text)),
        ("delivery", or_null(&delivery)),
    ]);
    let without = object(&[
        ("employee_id", text.clone()),
        ("ended_on", text.clone()),
        ("name", or_null(&text)),
        ("seen_at", seconds.clone()),
        (
            "why",
            described(
                &text,
                "`last-day`, `grace-time`, `guard`, `not-possible`, `transfer`, `setting`, `title` or `waived`.",
            ),
        ),
        ("waived_by", person),
        ("waived_because", or_null(&text)),
    ]);
    let record = object(&[("name", text.clone()), ("value", described(&text, "The text of the TXT record."))]);
    let key = object(&[
        ("selector", described(&text, "The key's name in DNS.")),
        ("state", described(&text, "What the key does, in words.")),
        ("dns", record.clone()),
        (
            "dns_records",
            described(&list(&record), "The TXT records that the issuer's DNS needs; one of them suffices."),
        ),
        ("log_key", described(&text, "What a witness needs.")),
        ("created_at", seconds.clone()),
        ("signs_from", or_null(&seconds)),
        ("retired_at", or_null(&seconds)),
        ("revoked_at", or_null(&seconds)),
    ]);
    let standing = object(&[
        ("name", text.clone()),
        ("value", text.clone()),
        (
            "state",
            described(
                &text,
                "`right`, `absent`, `other` (another text is there), `revoked` (DNS says that the key is revoked) or `unreachable`.",
            ),
        ),
        ("found", described(&list(&text), "The texts that are there instead, shortened.")),
        ("why", or_null(&text)),
    ]);
    vec![
        (
            "References",
            object(&[
                ("tenant", tenant.clone()),
                ("references", list(&reference)),
                ("without_reference", list(&without)),
                ("issuing_left", described(&number, "How many a run may issue now before all of them are held.")),
            ]),
        ),
        (
            "WaivedReference",
            object(&[("tenant", tenant.clone()), ("employee_id", text.clone()), ("waived", flag.clone())]),
        ),
        (
            "RevokedReference",
            object(&[
                ("tenant", tenant.clone()),
                ("reference", text.clone()),
                ("revoked", flag.clone()),
                ("was_revoked_before", described(&flag, "Then the reason of before stays.")),
            ]),
        ),
        ("ReferenceKeys", object(&[("tenant", tenant.clone()), ("domain", text.clone()), ("keys", list(&key))])),
        (
            "KeysInDns",
            object(&[
                ("tenant", tenant),
                ("keys", list(&object(&[("selector", text.clone()), ("dns_records", list(&standing))]))),
            ]),
        ),
        (
            "Credential",
            object(&[
                ("@context", json!({})),
                ("id", text),
                ("credentialSubject", json!({ "type": "object" })),
                ("proof", json!({})),
            ]),
        ),
    ]
}

/// An answer as it may look.
pub(super) fn example(name: &str) -> Option<Value> {
    let id = "0f3d6a52-5c1e-4b0a-9d5f-0a6b1c2d3e4f";
    let name_in_dns = "k1._workreferences.acme.example";
    let value = "v=workreferences1; k=ed25519; p=FdSB1HqG99SOdUDbRAplnHG254lprNQwfUYszQEViZw=";
    let record = json!({ "name": name_in_dns, "value": value });
    Some(match name {
        "References" => json!({
            "tenant": "acme",
            "references": [{
                "id": id, "log_index": 12, "employee_id": "7", "ended_on": "2026-11-20", "name": "Ana Ruiz",
                "issued_at": 1_795_485_600, "selector": "k1", "plugin_digest": "", "state": "valid", "state_reason": null,
                "delivery": {
                    "state": "delivered", "attempts": 1, "next_at": null, "said": "250 OK", "changed_at": 1_795_485_700,
                },
            }],
            "without_reference": [{
                "employee_id": "9", "ended_on": "2026-11-25", "name": "Freja Cohen", "seen_at": 1_795_485_600,
                "why": "grace-time", "waived_by": null, "waived_because": null,
            }],
            "issuing_left": 3,
        }),
        "WaivedReference" => json!({ "tenant": "acme", "employee_id": "9", "waived": true }),
        "RevokedReference" => {
            json!({ "tenant": "acme", "reference": id, "revoked": true, "was_revoked_before": false })
        }
        "ReferenceKeys" => json!({
            "tenant": "acme", "domain": "acme.example",
            "keys": [{
                "selector": "k1", "state": "signs", "dns": record, "dns_records": [record],
                "log_key": "acme.example+2a1b3c4d+AbCd", "created_at": 1_795_400_000, "signs_from": 1_795_400_000,
                "retired_at": null, "revoked_at": null,
            }],
        }),
        "KeysInDns" => json!({
            "tenant": "acme",
            "keys": [{
                "selector": "k1",
                "dns_records": [{
                    "name": name_in_dns, "value": value, "state": "absent", "found": [], "why": null,
                }],
            }],
        }),
        "Credential" => json!({
            "@context": ["https://www.w3.org/ns/credentials/v2"], "id": format!("urn:uuid:{id}"),
            "credentialSubject": { "name": "Ana Ruiz" }, "proof": [{ "type": "DataIntegrityProof" }],
        }),
        _ => return None,
    })
}
