//! The requests of a plugin: honest ones, and ones that differ from them in some way.

use super::case::*;
use hibob_contract::directory_sync::ChangeKind;
use serde_json::{Value, json};

/// A request of a plugin.
pub(super) struct Asked {
    pub(super) method: &'static str,
    pub(super) url: String,
    pub(super) body: Vec<u8>,
    /// Whether an honest plugin would make it, if the account is the change's to write.
    pub(super) is_honest: bool,
}

/// A request: an honest one, or one that differs from it in some way.
pub(super) fn request(choices: &mut Choices<'_>, case: &Case) -> Asked {
    let users = format!("{SCIM_URL}/Users");
    let own = format!("{users}/{ACCOUNT}");
    let read = |url: String| Asked { method: "GET", url, body: Vec::new(), is_honest: true };
    let mut asked = match choices.below(8) {
        0 => read(own.clone()),
        1 => match case.fields.get("user-name") {
            Some(Ok(Some(name))) => read(format!("{users}?filter={}", search("userName", name))),
            _ => read(own.clone()),
        },
        2 => match case.kind {
            ChangeKind::CreateCostCenter => read(format!("{REST_URL}/cost_centers?offset=0&limit=50")),
            _ => read(format!("{users}/30")),
        },
        _ => write(choices, case, &users, &own),
    };
    if choices.maybe(2) {
        distort(choices, &mut asked);
        asked.is_honest = false;
    }
    asked
}

pub(super) fn search(attribute: &str, value: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let text = format!("{attribute} eq {}", json!(value));
    let encoded = text.bytes().map(|byte| match is_plain(byte) {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    });
    encoded.collect()
}

/// The write that an honest plugin would make for some fields of the change.
pub(super) fn write(choices: &mut Choices<'_>, case: &Case, users: &str, own: &str) -> Asked {
    let asked = |method, url: String, body: &Value, is_honest| Asked {
        method,
        url,
        body: body.to_string().into_bytes(),
        is_honest,
    };
    match case.kind {
        ChangeKind::CreateCostCenter => {
            asked("POST", format!("{REST_URL}/cost_centers"), &json!({ "name": "Sales" }), true)
        }
        ChangeKind::RestoreCostCenter => {
            asked("PATCH", format!("{REST_URL}/cost_centers/{ACCOUNT}"), &json!({ "archive": false }), true)
        }
        ChangeKind::Create => {
            let mut user = json!({ "active": true, "name": {} });
            let mut schemas = vec![USER];
            for (field, _, keys) in FIELDS {
                let Some(Ok(Some(value))) = case.fields.get(field) else { continue };
                let (outer, last) = (&keys[..keys.len() - 1], keys[keys.len() - 1]);
                let place = outer.iter().fold(&mut user, |place, key| {
                    if place.get(*key).is_none() {
                        place[*key] = json!({});
                    }
                    &mut place[*key]
                });
                place[last] = case.form(field, value);
                schemas.extend(keys.first().filter(|key| key.starts_with("urn:") && !schemas.contains(key)));
            }
            user["schemas"] = json!(schemas);
            let has_own_id = case.employee.is_some()
                && case.fields.get("external-id").is_some_and(|id| *id == Ok(case.employee.clone()));
            let has_conditions =
                !case.conditions.is_empty() || !matches!(case.fields.get("approvers"), Some(Ok(Some(_))));
            asked("POST", users.to_owned(), &user, has_own_id && has_conditions)
        }
        _ => {
            let mut operations: Vec<Value> = Vec::new();
            for (field, path, _) in FIELDS {
                let ways = case.operations(field, path);
                if !ways.is_empty() && choices.below(4) > 0 {
                    operations.push(ways[choices.below(ways.len())].clone());
                }
            }
            operations.extend(case.state_operations().into_iter().next());
            let is_honest = !operations.is_empty();
            let body = json!({ "schemas": [PATCH_OP], "Operations": operations });
            asked("PATCH", own.to_owned(), &body, is_honest)
        }
    }
}

/// Makes a request another one in one way. It may still be one that is allowed.
pub(super) fn distort(choices: &mut Choices<'_>, asked: &mut Asked) {
    let text = String::from_utf8_lossy(&asked.body).into_owned();
    let body: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
    let mut insert = |key: &str, value: Value, into: &str| {
        let mut body = body.clone();
        if let Some(object) = body.pointer_mut(into).and_then(Value::as_object_mut) {
            object.insert(key.to_owned(), value);
        }
        asked.body = body.to_string().into_bytes();
    };
    let operation = "/Operations/0";
    match choices.below(22) {
        0 => asked.url += choices.one(&["?", "?x=1", "?attributes=id", "?excludedAttributes=externalId", "/"]),
        1 => asked.url = format!("{SCIM_URL}/Users/{}", choices.one(&["30", "2", "%32%39", "../Users/29", "29;x"])),
        2 => insert(choices.one(&["note", "operations", "\u{17f}chemas", "Schemas", "id", "roles"]), json!(["x"]), ""),
        3 => insert(choices.one(&["note", "Value", "PATH", "\u{212a}"]), json!("x"), operation),
        4 => insert("schemas", json!([PATCH_OP, "a note"]), ""),
        5 => insert("schemas", json!([choices.one(&["a note", USER, PATCH_OP])]), ""),
        6 => insert("Operations", json!([]), ""),
        7 => insert("value", json!(choices.one(&["x", "Lead", "", "8", "+34 600"])), operation),
        8 => {
            let paths = ["userName", "active", "TITLE", "externalId", "emails", "roles", "name", "", "phoneNumbers"];
            insert("path", json!(choices.one(&paths)), operation);
        }
        9 => insert("op", json!(choices.one(&["Replace", "add", "remove", "replace", "delete"])), operation),
        10 => asked.method = ["GET", "POST", "PATCH", "PUT", "DELETE", "HEAD"][choices.below(6)],
        11 => {
            let origins = [HIBOB_URL, REST_URL, "https://evil.example", "http://app.perk.example/scim"];
            asked.url = asked.url.replace(SCIM_URL, choices.one(&origins));
        }
        12 => asked.body = text.replacen('{', "{\"note\":1,\"note\":2,", 1).into_bytes(),
        13 => asked.body = text.replacen("\"op\"", "\"path\":\"userName\",\"op\"", 1).into_bytes(),
        14 => {
            let mut twice = body.clone();
            if let Some(operations) = twice.get_mut("Operations").and_then(Value::as_array_mut) {
                operations.extend(operations.first().cloned());
            }
            asked.body = twice.to_string().into_bytes();
        }
        15 => {
            let mut more = body.clone();
            if let Some(operations) = more.get_mut("Operations").and_then(Value::as_array_mut) {
                let path = choices.one(&["title", "userName", "active", "externalId", "locale", "preferredLanguage"]);
                let value = match path {
                    "active" => json!(choices.maybe(2)),
                    _ => json!(choices.one(&["Lead", "8", "7"])),
                };
                operations.push(json!({ "op": "replace", "path": path, "value": value }));
            }
            asked.body = more.to_string().into_bytes();
        }
        16 => insert("active", json!(false), ""),
        17 => insert("externalId", json!(choices.one(&["8", "7", ""])), ""),
        18 => insert("archive", json!(true), ""),
        19 => {
            let filters = ["ana+1@x.example", "old@x.example", "somebody@x.example", "7", "6", "8"];
            let attribute = choices.one(&["userName", "externalId", "title", "UserName"]);
            asked.method = "GET";
            asked.body.clear();
            asked.url = format!("{SCIM_URL}/Users?filter={}", search(attribute, choices.one(&filters)));
            asked.url += choices.one(&["", "&attributes=id", "&count=1", "%20or%20active%20eq%20true"]);
        }
        20 => asked.body = text.replace("Lead", choices.one(&["L\\u0065ad", "lead", "Lead "])).into_bytes(),
        _ => {
            let at = choices.below(asked.body.len().max(1));
            if let Some(byte) = asked.body.get_mut(at) {
                *byte = u8::try_from(choices.below(256)).unwrap_or_default();
            }
        }
    }
}
