//! The references of a tenant: their states, who waits for one and why, and one reference with what can be done with it.

mod act;
mod keys;

pub(crate) use act::{deliver, issue, json, pdf, revoke, waive};
pub(crate) use keys::show as keys;

use crate::answers::{Delivery, Reference, References, Tenant, Without};
use crate::ask::Failure;
use crate::clock::{Clock, Moment};
use crate::form::{Form, encoded};
use crate::page::{Notice, Page, html};
use crate::pages::{api_path, clock, crumbs, tenant_path};
use crate::texts::{Texts, fill};
use crate::visit::Signed;
use crate::words::{Pill, reference_state, short, why_none};
use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;

/// How many references are on a page.
const ROWS: usize = 200;

/// The states in which a list can be asked for, in their order.
const STATES: [&str; 7] = ["held", "refused", "issued", "delivered", "superseded", "revoked", "waived"];

#[derive(Template)]
#[template(path = "references.html")]
struct ReferencesPage {
    page: Page,
    path: String,
    is_off: bool,
    filters: Vec<Filter>,
    without: Vec<WithoutRow>,
    rows: Vec<Row>,
    is_empty: bool,
    /// Whether nothing is shown because of the filter.
    is_filtered: bool,
    next: Option<String>,
    zone: String,
}

struct Filter {
    word: &'static str,
    number: usize,
    path: String,
    is_chosen: bool,
}

struct WithoutRow {
    employee_id: String,
    name: String,
    pill: Pill,
    last_day: String,
    why: String,
    /// Whether somebody may have it issued, and waive it.
    may_issue: bool,
    is_waived: bool,
    choose: String,
}

struct Row {
    short: String,
    path: String,
    name: String,
    pill: Pill,
    last_day: String,
    issued: Moment,
}

/// The word for the state of a reference, as lists are filtered by it.
fn state_of(reference: &Reference) -> &'static str {
    let delivery = reference.delivery.as_ref().map(|delivery| delivery.state.as_str());
    match (reference.state.as_str(), delivery) {
        ("revoked", _) => "revoked",
        ("superseded", _) => "superseded",
        (_, Some("delivered")) => "delivered",
        (_, Some("refused")) => "refused",
        _ => "issued",
    }
}

fn state_without(row: &Without) -> &'static str {
    if row.why == "waived" { "waived" } else { "held" }
}

pub(crate) async fn show(signed: Signed, Path(tenant): Path<String>) -> Response {
    signed.show(made(&signed, &tenant, None)).await
}

/// The list, with what has just not worked.
async fn made(signed: &Signed, tenant: &str, notice: Option<(StatusCode, Notice)>) -> Result<Response, Failure> {
    let (t, api) = (signed.texts, api_path(tenant));
    let about: Tenant = signed.get(&api).await?;
    let listed: References = signed.get(&format!("{api}/references")).await?;
    let clock = clock(&about.time_zone);
    let path = format!("{}/references", tenant_path(tenant));
    let query = Form::query(signed.query.as_deref());
    let chosen = STATES.into_iter().find(|state| *state == query.get("state")).unwrap_or_default();
    let fits = |state: &str| chosen.is_empty() || chosen == state;
    let newest = listed.references.iter().rev().filter(|reference| fits(state_of(reference)));
    let after = query.get("after");
    // After one that is not in the list, the list begins anew.
    let is_known = newest.clone().any(|reference| reference.id == after);
    let mut from: Vec<&Reference> = match is_known {
        true => newest.skip_while(|reference| reference.id != after).skip(1).collect(),
        false => newest.collect(),
    };
    let is_more = from.len() > ROWS;
    from.truncate(ROWS);
    let next = from.last().filter(|_| is_more).map(|last| format!("{path}?state={chosen}&after={}", encoded(&last.id)));
    let without = listed.without_reference.iter().filter(|row| fits(state_without(row)) && !is_known);
    let without: Vec<WithoutRow> = without.map(|row| without_row(t, row)).collect();
    let (status, notice) = notice.map_or((StatusCode::OK, None), |(status, notice)| (status, Some(notice)));
    let page = ReferencesPage {
        page: signed.page(fill(t.references_of, &[tenant])).at(&path).below(crumbs(signed, tenant)).with_notice(notice),
        is_off: !about.issues_references,
        filters: filters(t, &path, &listed, chosen),
        is_empty: from.is_empty() && without.is_empty(),
        rows: from.into_iter().map(|reference| row(t, &clock, &path, reference)).collect(),
        without,
        is_filtered: !chosen.is_empty(),
        next,
        zone: fill(t.times_in, &[clock.zone()]),
        path,
    };
    Ok(html(status, &page))
}

/// The states that there are, each with how many are in it.
fn filters(t: &'static Texts, path: &str, listed: &References, chosen: &str) -> Vec<Filter> {
    let states = listed.references.iter().map(state_of).chain(listed.without_reference.iter().map(state_without));
    let states: Vec<&str> = states.collect();
    let all = Filter { word: t.everything, number: states.len(), path: path.to_owned(), is_chosen: chosen.is_empty() };
    let of = |state: &'static str| Filter {
        word: reference_state(t, state).1,
        number: states.iter().filter(|own| **own == state).count(),
        path: format!("{path}?state={state}"),
        is_chosen: chosen == state,
    };
    let there = STATES.into_iter().map(of).filter(|filter| filter.number > 0 || filter.is_chosen);
    std::iter::once(all).chain(there).collect()
}

fn without_row(t: &'static Texts, row: &Without) -> WithoutRow {
    let name = row.name.clone().unwrap_or_else(|| row.employee_id.clone());
    let is_waived = row.why == "waived";
    WithoutRow {
        pill: reference_state(t, state_without(row)).0,
        last_day: fill(t.until_last_day, &[&row.ended_on]),
        why: why_none(t, row),
        // Before that day is over nothing is signed, whoever asks.
        may_issue: row.why != "last-day",
        is_waived,
        choose: fill(t.issue_choose, &[&name]),
        employee_id: row.employee_id.clone(),
        name,
    }
}

fn row(t: &'static Texts, clock: &Clock, path: &str, reference: &Reference) -> Row {
    Row {
        short: short(&reference.id).to_owned(),
        path: format!("{path}/{}", encoded(&reference.id)),
        name: reference.name.clone(),
        pill: reference_state(t, state_of(reference)).0,
        last_day: fill(t.until_last_day, &[&reference.ended_on]),
        issued: clock.at(t, reference.issued_at),
    }
}

#[derive(Template)]
#[template(path = "reference.html")]
struct ReferencePage {
    page: Page,
    path: String,
    pill: Pill,
    name: String,
    employee_id: String,
    last_day: String,
    issued: Moment,
    selector: String,
    why: Option<String>,
    delivery: Option<DeliveryView>,
    /// What the button for delivering says; none if the reference counts no more.
    deliver: Option<&'static str>,
    is_again: bool,
    may_revoke: bool,
    needs_proof: bool,
    zone: String,
}

struct DeliveryView {
    pill: Pill,
    changed: Moment,
    tries: String,
    next: Option<Moment>,
    said: Option<String>,
}

pub(crate) async fn one(signed: Signed, Path((tenant, reference)): Path<(String, String)>) -> Response {
    signed.show(made_one(&signed, &tenant, &reference, None)).await
}

/// One reference, with what has just not worked.
async fn made_one(
    signed: &Signed,
    tenant: &str,
    id: &str,
    notice: Option<(StatusCode, Notice)>,
) -> Result<Response, Failure> {
    let (t, api) = (signed.texts, api_path(tenant));
    let listed: References = signed.get(&format!("{api}/references")).await?;
    let reference = listed.references.into_iter().find(|reference| reference.id == id).ok_or_else(Failure::nowhere)?;
    let about: Tenant = signed.get(&api).await?;
    let clock = clock(&about.time_zone);
    let list = format!("{}/references", tenant_path(tenant));
    let path = format!("{list}/{}", encoded(&reference.id));
    let above = crumbs(signed, tenant).into_iter().chain([(t.references.to_owned(), list)]);
    let (status, notice) = notice.map_or((StatusCode::OK, None), |(status, notice)| (status, Some(notice)));
    let is_valid = reference.state == "valid";
    let is_again = state_of(&reference) == "delivered";
    let page = ReferencePage {
        page: signed.page(fill(t.reference_title, &[short(&reference.id)])).at(&path).below(above).with_notice(notice),
        pill: reference_state(t, state_of(&reference)).0,
        last_day: fill(t.until_last_day, &[&reference.ended_on]),
        issued: clock.at(t, reference.issued_at),
        why: reference.state_reason.filter(|reason| !reason.is_empty()),
        delivery: reference.delivery.as_ref().map(|delivery| delivery_view(t, &clock, delivery)),
        deliver: is_valid.then_some(if is_again { t.deliver_again } else { t.deliver_now }),
        is_again,
        may_revoke: reference.state != "revoked",
        needs_proof: signed.session.needs_proof(),
        zone: fill(t.times_in, &[clock.zone()]),
        name: reference.name,
        employee_id: reference.employee_id,
        selector: reference.selector,
        path,
    };
    Ok(html(status, &page))
}

fn delivery_view(t: &'static Texts, clock: &Clock, delivery: &Delivery) -> DeliveryView {
    let state = match delivery.state.as_str() {
        "delivered" => reference_state(t, "delivered").0,
        "refused" => reference_state(t, "refused").0,
        "waiting" => Pill::calm(t.queued),
        _ => Pill::calm(t.stopped),
    };
    let is_waiting = delivery.state == "waiting";
    DeliveryView {
        pill: state,
        changed: clock.at(t, delivery.changed_at),
        tries: fill(t.delivery_tries, &[&delivery.attempts.to_string()]),
        next: delivery.next_at.filter(|_| is_waiting && delivery.attempts > 0).map(|at| clock.at(t, at)),
        said: delivery.said.clone().filter(|said| !said.is_empty()),
    }
}
