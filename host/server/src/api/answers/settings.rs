//! The schemas of answers about settings, and about setting a tenant up.

use super::{described, list, object, or_null};
use serde_json::{Value, json};

pub(super) fn schemas() -> Vec<(&'static str, Value)> {
    let [text, number] = [json!({ "type": "string" }), json!({ "type": "integer" })];
    let seconds = json!({ "type": "integer", "description": "Unix seconds" });
    let value = json!({ "description": "The value as JSON; null for the default." });
    let change = object(&[("key", text.clone()), ("before", value.clone()), ("after", value)]);
    let changes = list(&change);
    let version = described(&number, "The number of the version: 1, 2, 3 and so on. It is the ETag, too.");
    let settings = json!({
        "type": "object",
        "description": "The keys of a tenant's file. Files and variables of the host are `elsewhere`, but for operators.",
    });
    let step = object(&[
        ("step", described(&text, "Its word, such as `people`.")),
        ("done", json!({ "type": "boolean" })),
        ("settled_by", described(&or_null(&text), "The work email of whoever has settled it, if a person has.")),
        ("settled_at", or_null(&seconds)),
    ]);
    vec![
        (
            "Setup",
            object(&[
                ("tenant", text.clone()),
                ("done", described(&number, "How many steps are done.")),
                ("steps", described(&list(&step), "In their order.")),
            ]),
        ),
        (
            "Settings",
            object(&[
                ("tenant", text.clone()),
                ("version", version.clone()),
                ("settings", settings),
                (
                    "may_change",
                    described(&list(&text), "The settings that PUT changes; all others are the operator's."),
                ),
            ]),
        ),
        (
            "SettingsChange",
            object(&[
                ("tenant", text.clone()),
                ("version", version),
                ("changes", changes.clone()),
                (
                    "losses",
                    described(&list(&text), "What would be lost, each as a sentence: PUT asks to confirm that."),
                ),
            ]),
        ),
        (
            "Events",
            object(&[
                ("tenant", text.clone()),
                (
                    "events",
                    list(&object(&[
                        ("id", described(&text, "Its place in the list.")),
                        ("at", seconds.clone()),
                        (
                            "kind",
                            described(
                                &text,
                                "`settings`, `secret`, `enabling`, `references`, `plan`, `decision` or `run`.",
                            ),
                        ),
                        ("what", described(&text, "What happened, in a word; of a run, its kind.")),
                        (
                            "object",
                            described(
                                &or_null(&text),
                                "The run, plan, version, secret, reference or key that it is about.",
                            ),
                        ),
                        ("person", described(&or_null(&text), "The work email of whoever did it, where it is known.")),
                        ("by", described(&or_null(&text), "`token ID`, `command-line`, or what started a run.")),
                        ("reason", or_null(&text)),
                        ("settings", described(&list(&text), "The settings that were changed.")),
                        ("changes", described(&or_null(&number), "How many changes a plan has.")),
                        ("exit_code", described(&or_null(&number), "How a run ended.")),
                    ])),
                ),
                ("next", described(&or_null(&text), "What to give as `after` for the next page.")),
            ]),
        ),
        (
            "SettingsVersions",
            object(&[
                ("tenant", text.clone()),
                (
                    "versions",
                    list(&object(&[
                        ("version", number),
                        ("stored_at", seconds),
                        ("stored_by", described(&text, "`file`, `command`, `api`, `rollback` or `settings`.")),
                        (
                            "person",
                            described(&or_null(&text), "The work email of whoever changed it, where it is known."),
                        ),
                        ("token", described(&or_null(&text), "The id of the token with which that was done.")),
                        ("changes", changes),
                    ])),
                ),
            ]),
        ),
    ]
}

/// An answer as it may look.
pub(super) fn example(name: &str) -> Option<Value> {
    let change = json!({ "key": "sync.sites", "before": ["London", "Madrid"], "after": null });
    Some(match name {
        "Settings" => json!({
            "tenant": "acme", "version": 7,
            "settings": {
                "id": "acme",
                "hibob": { "url": "https://api.hibob.com/v1", "service_user": "SERVICE-1234", "token": "store" },
                "sync": { "sites": ["London", "Madrid"] },
            },
            "may_change": ["sync.sites"],
        }),
        "SettingsChange" => json!({
            "tenant": "acme", "version": 7, "changes": [change],
            "losses": ["sync.sites is removed: the employees of all sites would be synced"],
        }),
        "Setup" => json!({
            "tenant": "acme", "done": 2,
            "steps": [
                { "step": "service-user", "done": true, "settled_by": null, "settled_at": null },
                { "step": "people", "done": true, "settled_by": "ana@acme.example", "settled_at": 1_795_485_600 },
                { "step": "first-plan", "done": false, "settled_by": null, "settled_at": null },
            ],
        }),
        "Events" => json!({
            "tenant": "acme",
            "events": [{
                "id": "1795485600.decision.12", "at": 1_795_485_600, "kind": "decision", "what": "approved",
                "object": "6f1c0a9be2c4d3f5a7b8c9d0e1f2a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4",
                "person": "ana@acme.example", "by": "token 2c4e", "reason": null, "settings": [], "changes": 12,
                "exit_code": null,
            }],
            "next": null,
        }),
        "SettingsVersions" => json!({ "tenant": "acme", "versions": [{
            "version": 8, "stored_at": 1_795_485_600, "stored_by": "settings", "person": "ana@acme.example",
            "token": "2c4e", "changes": [change],
        }] }),
        _ => return None,
    })
}
