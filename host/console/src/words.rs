//! The words for what the API names by codes: states, kinds, fields and values.

use crate::answers::{Field, Run, Without};
use crate::clock::Clock;
use crate::clock::Moment;
use crate::texts::{Texts, fill};
use hibob_base::error::Exit;
use hibob_base::secret::SecretName;
use serde_json::Value;

/// The kinds of changes in the order in which they are shown.
pub(crate) const KINDS: [&str; 7] =
    ["archive", "reactivate", "create", "adopt", "update", "create-cost-center", "restore-cost-center"];

/// A state in a word.
#[derive(Clone)]
pub(crate) struct Pill {
    /// The class of its color. The style sheet puts a sign beside it, so that the state does not rest on the color.
    pub(crate) class: &'static str,
    pub(crate) word: String,
}

impl Pill {
    fn new(class: &'static str, word: &str) -> Self {
        Self { class, word: word.to_owned() }
    }

    /// Of something that is as it should be.
    pub(crate) fn good(word: &str) -> Self {
        Self::new("good", word)
    }

    /// Of something that is broken, or was declared wrong.
    pub(crate) fn bad(word: &str) -> Self {
        Self::new("bad", word)
    }

    /// Of something that nobody has to do anything about.
    pub(crate) fn calm(word: &str) -> Self {
        Self::new("calm", word)
    }

    /// Of something that somebody has to do.
    pub(crate) fn ask(word: &str) -> Self {
        Self::new("ask", word)
    }
}

/// Whether a tenant needs a person.
pub(crate) fn attention(t: &Texts, word: &str) -> Pill {
    match word {
        "ready" => Pill::new("good", t.ready),
        "waiting-for-you" => Pill::new("ask", t.waiting_for_you),
        "held" => Pill::new("warn", t.held),
        "incomplete" => Pill::new("warn", t.incomplete),
        "paused" => Pill::new("calm", t.paused),
        _ => Pill::new("bad", t.broken),
    }
}

/// The state of a plan.
pub(crate) fn plan_state(t: &Texts, word: &str) -> Pill {
    match word {
        "waiting" => Pill::new("ask", t.plan_waiting),
        "offered" => Pill::new("calm", t.plan_offered),
        "approved" => Pill::new("good", t.plan_approved),
        "applied" => Pill::new("good", t.plan_applied),
        "rejected" => Pill::new("calm", t.plan_rejected),
        "superseded" => Pill::new("calm", t.plan_superseded),
        "lapsed" => Pill::new("warn", t.plan_lapsed),
        _ => Pill::new("warn", t.plan_stale),
    }
}

/// The state of a job.
pub(crate) fn job_state(t: &Texts, word: &str) -> Pill {
    match word {
        "queued" => Pill::new("calm", t.queued),
        "running" => Pill::new("calm", t.running),
        "done" => Pill::new("good", t.done),
        "held" => Pill::new("warn", t.held_by_check),
        "waiting-for-approval" => Pill::new("ask", t.waits_for_approval),
        "cancelled" => Pill::new("calm", t.stopped),
        "lost" => Pill::new("bad", t.lost),
        _ => Pill::new("bad", t.failed),
    }
}

/// How a run ended.
pub(crate) fn run_state(t: &Texts, exit_code: i64) -> Pill {
    match Exit::of(exit_code) {
        Some(Exit::Done) => Pill::new("good", t.done),
        Some(Exit::SomeFailed) => Pill::new("warn", t.done_with_errors),
        Some(Exit::Held) => Pill::new("warn", t.held_by_check),
        Some(Exit::Refused) => Pill::new("bad", t.credentials_refused),
        Some(Exit::Waiting) => Pill::new("ask", t.waits_for_approval),
        Some(Exit::Interrupted) => Pill::new("calm", t.stopped),
        Some(Exit::Failed | Exit::Usage) => Pill::new("bad", t.failed),
        _ => Pill::new("calm", t.other_outcome),
    }
}

/// The state of a secret.
pub(crate) fn secret_state(t: &Texts, word: &str) -> Pill {
    match word {
        "in-use" => Pill::new("good", t.secret_set),
        "unused" => Pill::new("calm", t.secret_unused),
        "missing" => Pill::new("warn", t.secret_missing),
        "elsewhere" => Pill::new("calm", t.secret_elsewhere),
        _ => Pill::new("bad", t.secret_unusable),
    }
}

/// The state of a reference, or of a departure without one.
pub(crate) fn reference_state(t: &'static Texts, word: &str) -> (Pill, &'static str) {
    let (class, word) = match word {
        "delivered" => ("good", t.reference_delivered),
        "refused" => ("bad", t.reference_refused),
        "revoked" => ("bad", t.reference_revoked),
        "superseded" => ("calm", t.reference_superseded),
        "held" => ("warn", t.reference_held),
        "waived" => ("calm", t.reference_waived),
        _ => ("good", t.reference_issued),
    };
    (Pill::new(class, word), word)
}

/// Why a departure has no reference.
pub(crate) fn why_none(t: &Texts, row: &Without) -> String {
    let text = match row.why.as_str() {
        "last-day" => t.why_last_day,
        "grace-time" => t.why_grace_time,
        "guard" => t.why_guard,
        "transfer" => t.why_transfer,
        "setting" => t.why_setting,
        "title" => t.why_title,
        "waived" => {
            let of = |text: &Option<String>| text.clone().unwrap_or_default();
            return fill(t.why_waived, &[&of(&row.waived_by), &of(&row.waived_because)]);
        }
        _ => t.why_not_possible,
    };
    text.to_owned()
}

/// How a record of a key stands in DNS.
pub(crate) fn dns_state(t: &Texts, word: &str) -> Pill {
    match word {
        "right" => Pill::new("good", t.dns_right),
        "absent" => Pill::new("warn", t.dns_absent),
        "other" => Pill::new("bad", t.dns_other),
        "revoked" => Pill::new("bad", t.dns_revoked),
        _ => Pill::new("calm", t.dns_unreachable),
    }
}

/// What an event of the timeline is about.
pub(crate) fn event_kind(t: &'static Texts, word: &str) -> &'static str {
    match word {
        "run" => t.run,
        "decision" => t.event_decision,
        "plan" => t.event_plan,
        "settings" => t.settings,
        "secret" => t.event_secret,
        "enabling" => t.event_enabling,
        "references" => t.references,
        _ => t.event_other,
    }
}

/// What happened. A word of a later version stays as it is.
pub(crate) fn event_what(t: &Texts, word: &str) -> String {
    let text = match word {
        "entered" => t.event_entered,
        "removed" => t.event_removed,
        "encrypted-anew" => t.event_rotated,
        "enabled" => t.event_enabled,
        "disabled" => t.event_disabled,
        "asked-to-issue" => t.event_issue,
        "asked-to-deliver" => t.event_deliver,
        "revoked" => t.reference_revoked,
        "waived" => t.reference_waived,
        "published" => t.event_published,
        "key-made" => t.event_key_made,
        "key-rotated" => t.event_key_rotated,
        "key-revoked" => t.event_key_revoked,
        other => other,
    };
    text.to_owned()
}

/// A step of the setting up.
pub(crate) fn step_title(t: &Texts, word: &str) -> String {
    let text = match word {
        "service-user" => t.step_user,
        "key" => t.step_key,
        "permissions" => t.step_permissions,
        "people" => t.step_people,
        "details" => t.step_details,
        "cost-centers" => t.step_cost_centers,
        "companies" => t.step_companies,
        "approvals" => t.step_approvals,
        "first-plan" => t.step_plan,
        other => other,
    };
    text.to_owned()
}

/// What a secret is for.
pub(crate) fn secret_name(t: &Texts, name: SecretName) -> &'static str {
    match name {
        SecretName::HiBobToken => t.secret_hibob,
        SecretName::TravelPerkKey => t.secret_travelperk,
        SecretName::ReferencesToken => t.secret_references,
        SecretName::SmtpPassword => t.secret_smtp,
        SecretName::SmtpClientSecret => t.secret_client,
        SecretName::SmtpRefreshToken => t.secret_refresh,
        SecretName::WebhookKey => t.secret_webhook,
        SecretName::ProxyPassword => t.secret_proxy,
    }
}

/// A kind of job, or of run.
pub(crate) fn job_kind(t: &Texts, word: &str) -> String {
    let text = match word {
        "check" => t.job_check,
        "plan" => t.job_plan,
        "sync" => t.job_sync,
        "apply" => t.job_apply,
        "references" => t.job_references,
        "deliver" => t.job_deliver,
        other => other,
    };
    text.to_owned()
}

/// What started a run.
pub(crate) fn trigger(t: &Texts, word: &str) -> String {
    let text = match word {
        "schedule" => t.by_schedule,
        "manual" => t.by_hand,
        _ => t.by_resuming,
    };
    text.to_owned()
}

/// A kind of change.
pub(crate) fn change_kind(t: &Texts, word: &str) -> String {
    let text = match word {
        "archive" => t.kind_archive,
        "reactivate" => t.kind_reactivate,
        "create" => t.kind_create,
        "adopt" => t.kind_adopt,
        "update" => t.kind_update,
        "create-cost-center" => t.kind_cost_center,
        "restore-cost-center" => t.kind_restore_cost_center,
        other => other,
    };
    text.to_owned()
}

/// A field of an account. One that has no word of its own keeps its name in the contract.
pub(crate) fn field(t: &Texts, name: &str) -> String {
    let text = match name {
        "active" => t.field_active,
        "user-name" => t.field_user_name,
        "given-name" => t.field_given_name,
        "family-name" => t.field_family_name,
        "title" => t.field_title,
        "phone" => t.field_phone,
        "language" => t.field_language,
        "gender" => t.field_gender,
        "date-of-birth" => t.field_date_of_birth,
        "country" => t.field_country,
        "cost-center" => t.field_cost_center,
        "company" => t.field_company,
        "manager" => t.field_manager,
        "approvers" => t.field_approvers,
        "external-id" => t.field_external_id,
        other => return other.replace('-', " "),
    };
    text.to_owned()
}

/// A field with its values before and after, in words.
pub(crate) struct ShownField {
    pub(crate) name: String,
    pub(crate) before: Option<String>,
    pub(crate) after: Option<String>,
    /// Whether the value stays, since HiBob has none.
    pub(crate) stays: bool,
}

pub(crate) fn shown_field(t: &Texts, row: &Field) -> ShownField {
    let (before, after) = (value(t, &row.before), value(t, &row.after));
    let stays = before.is_some() && before == after;
    ShownField { name: field(t, &row.field), before, after, stays }
}

/// A value in words; none if there is none.
pub(crate) fn value(t: &Texts, value: &Value) -> Option<String> {
    let text = match value {
        Value::Null => return None,
        Value::Bool(flag) => if *flag { t.yes } else { t.no }.to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        Value::Array(values) => {
            let parts: Vec<String> = values.iter().filter_map(|part| self::value(t, part)).collect();
            parts.join(", ")
        }
        Value::Object(pairs) => person(pairs).unwrap_or_else(|| {
            let parts = pairs.iter().filter_map(|(name, part)| Some(format!("{name}: {}", self::value(t, part)?)));
            parts.collect::<Vec<String>>().join(", ")
        }),
    };
    Some(text).filter(|text| !text.is_empty())
}

/// Somebody who is a value of a field, such as a line manager: by name, with the number beside it.
fn person(pairs: &serde_json::Map<String, Value>) -> Option<String> {
    let text = |name: &str| pairs.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let name = pairs.contains_key("display_name").then(|| text("display_name"))?;
    let number = text("employee_id").or_else(|| text("account_id"));
    match (name, number) {
        (Some(name), Some(number)) => Some(format!("{name} ({number})")),
        (Some(only), None) | (None, Some(only)) => Some(only.to_owned()),
        (None, None) => Some(String::new()),
    }
}

/// A run in a list.
pub(crate) struct RunRow {
    pub(crate) number: i64,
    pub(crate) kind: String,
    pub(crate) trigger: String,
    pub(crate) began: Moment,
    pub(crate) ended: Moment,
    pub(crate) pill: Pill,
}

pub(crate) fn run_row(t: &Texts, clock: &Clock, run: &Run) -> RunRow {
    RunRow {
        number: run.run,
        kind: job_kind(t, &run.kind),
        trigger: trigger(t, &run.trigger),
        began: clock.at(t, run.started_at),
        ended: clock.at(t, run.finished_at),
        pill: run_state(t, run.exit_code),
    }
}

/// The first characters of a plan's digest.
pub(crate) fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::texts::Language;
    use serde_json::json;

    #[test]
    fn values_are_in_words() {
        let t = Language::German.texts();
        for (given, expected) in [
            (json!(null), None),
            (json!(""), None),
            (json!(false), Some("nein")),
            (json!(7), Some("7")),
            (json!(["a", "b"]), Some("a, b")),
            (json!({ "employee_id": "7", "account_id": null, "display_name": "Ana" }), Some("Ana (7)")),
            (json!({ "employee_id": null, "account_id": "3", "display_name": "" }), Some("3")),
            (json!({ "k": "v" }), Some("k: v")),
        ] {
            assert_eq!(value(t, &given).as_deref(), expected, "{given}");
        }
        let row = Field { field: "title".to_owned(), before: json!("a"), after: json!("a") };
        assert!(shown_field(t, &row).stays);
        assert_eq!(field(t, "travel-policy"), "travel policy");
    }

    #[test]
    fn each_state_has_a_sign_beside_its_color() {
        let t = Language::English.texts();
        let pills = ["ready", "waiting-for-you", "held", "broken", "paused"].map(|word| attention(t, word));
        let style = std::str::from_utf8(crate::assets::STYLE.bytes).unwrap();
        let sign = |pill: &Pill| {
            let rule = format!(".pill.{}::before {{ content: \"", pill.class);
            style.split(&*rule).nth(1).and_then(|rest| rest.chars().next()).unwrap_or_else(|| panic!("{rule}"))
        };
        let signs: std::collections::BTreeSet<char> = pills.iter().map(sign).collect();
        assert_eq!(signs.len(), pills.len());
    }
}
