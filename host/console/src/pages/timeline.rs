//! What happened to a tenant, in one list: runs, plans, decisions, settings, secrets, enabling, references.

use crate::answers::{Event, Events, Tenant};
use crate::ask::Failure;
use crate::clock::{Clock, Moment};
use crate::form::{Form, encoded};
use crate::page::{Page, html};
use crate::pages::settings::stored_by;
use crate::pages::{api_path, clock, crumbs, tenant_path};
use crate::texts::{Texts, fill};
use crate::visit::Signed;
use crate::words::{Pill, event_kind, event_what, job_kind, plan_state, run_state, short, trigger};
use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;

/// How many events are on a page.
const ROWS: usize = 100;

/// The kinds of events in the order in which they are offered.
const KINDS: [&str; 7] = ["run", "decision", "plan", "settings", "secret", "enabling", "references"];

#[derive(Template)]
#[template(path = "timeline.html")]
struct TimelinePage {
    page: Page,
    filters: Vec<Filter>,
    rows: Vec<Row>,
    is_later: bool,
    path: String,
    next: Option<String>,
    zone: String,
}

struct Filter {
    word: &'static str,
    path: String,
    is_chosen: bool,
}

struct Row {
    at: Moment,
    kind: &'static str,
    what: String,
    pill: Option<Pill>,
    /// The page that it is about, and what that is called.
    link: Option<(String, String)>,
    object: Option<String>,
    who: Option<String>,
    reason: Option<String>,
    settings: Vec<String>,
}

pub(crate) async fn show(signed: Signed, Path(tenant): Path<String>) -> Response {
    signed.show(made(&signed, &tenant)).await
}

async fn made(signed: &Signed, tenant: &str) -> Result<Response, Failure> {
    let (t, api) = (signed.texts, api_path(tenant));
    let about: Tenant = signed.get(&api).await?;
    let query = Form::query(signed.query.as_deref());
    let chosen = KINDS.into_iter().find(|kind| *kind == query.get("kind"));
    let after = query.get("after");
    let mut asked = format!("{api}/events?limit={ROWS}");
    if let Some(kind) = chosen {
        asked.push_str(&format!("&kind={kind}"));
    }
    if !after.is_empty() {
        asked.push_str(&format!("&after={}", encoded(after)));
    }
    let events: Events = signed.get(&asked).await?;
    let (clock, base) = (clock(&about.time_zone), tenant_path(tenant));
    let path = format!("{base}/timeline");
    let of_kind = |kind: &str| format!("{path}?kind={kind}");
    let is_there = |kind: &&str| *kind != "references" || (about.issues_references && signed.may_change());
    let all = Filter { word: t.everything, path: path.clone(), is_chosen: chosen.is_none() };
    let each = KINDS.into_iter().filter(is_there).map(|kind| Filter {
        word: event_kind(t, kind),
        path: of_kind(kind),
        is_chosen: chosen == Some(kind),
    });
    let next = events.next.map(|next| format!("{}&after={}", of_kind(chosen.unwrap_or_default()), encoded(&next)));
    let page = TimelinePage {
        page: signed.page(fill(t.timeline_of, &[tenant])).at(&path).below(crumbs(signed, tenant)),
        filters: std::iter::once(all).chain(each).collect(),
        rows: events.events.into_iter().map(|event| row(t, &clock, &base, event)).collect(),
        is_later: !after.is_empty(),
        path,
        next,
        zone: fill(t.times_in, &[clock.zone()]),
    };
    Ok(html(StatusCode::OK, &page))
}

fn row(t: &'static Texts, clock: &Clock, base: &str, event: Event) -> Row {
    let object = event.object.unwrap_or_default();
    let changes = event.changes.map(|changes| t.number_of(changes, t.change_one, t.change_more));
    let plan_link = || (format!("{base}/plans/{}", short(&object)), format!("{} {}", t.plan, short(&object)));
    let (what, pill, link) = match event.kind.as_str() {
        "run" => {
            let kind = job_kind(t, &event.what);
            let pill = event.exit_code.map(|code| run_state(t, code));
            (String::new(), pill, Some((format!("{base}/runs/{object}"), format!("{kind} {object}"))))
        }
        "decision" => (changes.unwrap_or_default(), Some(plan_state(t, &event.what)), Some(plan_link())),
        "plan" => (changes.unwrap_or_default(), None, Some(plan_link())),
        "settings" => {
            let link = (format!("{base}/settings/versions"), fill(t.settings_version, &[&object]));
            (String::new(), None, Some(link))
        }
        _ => (event_what(t, &event.what), None, None),
    };
    let who = event.person.or_else(|| event.by.as_deref().map(|by| by_what(t, &event.kind, by)));
    Row {
        at: clock.at(t, event.at),
        kind: event_kind(t, &event.kind),
        what,
        object: Some(object).filter(|object| link.is_none() && !object.is_empty()),
        pill,
        link,
        who: who.filter(|who| !who.is_empty()),
        reason: event.reason,
        settings: event.settings,
    }
}

/// With what something was done, or what started it, where no person is known.
fn by_what(t: &Texts, kind: &str, by: &str) -> String {
    match by.strip_prefix("token ") {
        Some(token) => fill(t.by_token, &[token]),
        None if by == "command-line" => t.settings_by_command.to_owned(),
        None if kind == "settings" => stored_by(t, by),
        None if kind == "run" || kind == "plan" => trigger(t, by),
        None => by.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::texts::Language;

    #[test]
    fn each_kind_has_its_words_and_leads_to_what_it_is_about() {
        let t = Language::German.texts();
        let clock = Clock::new("UTC", 1_795_485_600);
        let event = |kind: &str, what: &str, object: Option<&str>, by: &str| Event {
            at: 1_795_485_600,
            kind: kind.to_owned(),
            what: what.to_owned(),
            object: object.map(str::to_owned),
            person: None,
            by: Some(by.to_owned()),
            reason: None,
            settings: Vec::new(),
            changes: Some(2),
            exit_code: Some(3),
        };
        for (event, link, object, who) in [
            (event("run", "sync", Some("41"), "schedule"), Some("/runs/41"), None, t.by_schedule.to_owned()),
            (
                event("plan", "made", Some("0123456789abcdef"), "manual"),
                Some("/plans/0123456789ab"),
                None,
                t.by_hand.to_owned(),
            ),
            (
                event("decision", "approved", Some("0123456789abcdef"), "token 2c4e"),
                Some("/plans/0123456789ab"),
                None,
                fill(t.by_token, &["2c4e"]),
            ),
            (
                event("settings", "changed", Some("7"), "rollback"),
                Some("/settings/versions"),
                None,
                t.settings_by_rollback.to_owned(),
            ),
            (
                event("secret", "entered", Some("hibob.token"), "command-line"),
                None,
                Some("hibob.token"),
                t.settings_by_command.to_owned(),
            ),
            (event("enabling", "disabled", None, "command-line"), None, None, t.settings_by_command.to_owned()),
        ] {
            let kind = event.kind.clone();
            let row = row(t, &clock, "/t", event);
            assert_eq!(row.link.map(|(path, _)| path), link.map(|link| format!("/t{link}")), "{kind}");
            assert_eq!((row.object.as_deref(), row.who), (object, Some(who)), "{kind}");
        }
    }
}
