//! A plan, and the decision about it: on one page.

use crate::answers::{Change, Changes, Guard, Line, Plan, Tenant};
use crate::ask::Failure;
use crate::clock::Moment;
use crate::form::{Form, encoded};
use crate::page::{Notice, Page, html};
use crate::pages::{api_path, clock, crumbs, tenant_path};
use crate::texts::{Texts, fill};
use crate::visit::Signed;
use crate::words::{KINDS, Pill, ShownField, change_kind, plan_state, short, shown_field, trigger};
use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;

/// How many changes are on a page.
const CHANGES: usize = 500;

/// The kind of change that takes an account away.
const ARCHIVE: &str = "archive";

#[derive(Template)]
#[template(path = "plan.html")]
struct PlanPage {
    page: Page,
    /// Where the forms of the decision go: it names the whole digest.
    action: String,
    digest: String,
    pill: Pill,
    made: Moment,
    lapses: Option<Moment>,
    started: String,
    changes: String,
    decided: Option<String>,
    reason: Option<String>,
    replaced_by: Option<String>,
    run: Option<(String, String)>,
    is_open: bool,
    is_offered: bool,
    is_empty: bool,
    why: Vec<String>,
    guards: Vec<Guard>,
    stale: Option<(String, Vec<Line>)>,
    numbers: Vec<(&'static str, u64)>,
    filters: Vec<Filter>,
    groups: Vec<Group>,
    shown: String,
    next: Option<String>,
    first: Option<String>,
    findings: Vec<Line>,
    decision: Option<Decision>,
    zone: String,
}

/// A link that shows one kind of change, or all.
struct Filter {
    path: String,
    word: String,
    number: u64,
    is_chosen: bool,
}

/// The changes of one kind.
struct Group {
    kind: String,
    word: String,
    number: u64,
    takes_away: bool,
    changes: Vec<Row>,
}

struct Row {
    id: String,
    name: String,
    ids: String,
    reason: String,
    /// The first values that change, in the line that is always shown.
    first: Vec<ShownField>,
    fields: Vec<ShownField>,
}

/// What the person can decide now.
struct Decision {
    may_change: bool,
    /// None where it is approved already.
    approve: Option<String>,
    /// The number that is to be typed; none within the limits.
    typed: Option<String>,
    is_archiving: bool,
    needs_proof: bool,
    person: String,
    number: u64,
}

pub(crate) async fn show(signed: Signed, Path((tenant, plan)): Path<(String, String)>) -> Response {
    signed.show(made(&signed, &tenant, &plan, None)).await
}

/// The page, with what has just not worked.
pub(crate) async fn with_notice(
    signed: &Signed,
    tenant: &str,
    plan: &str,
    status: StatusCode,
    notice: Notice,
) -> Response {
    signed.show(made(signed, tenant, plan, Some((status, notice)))).await
}

async fn made(
    signed: &Signed,
    tenant: &str,
    plan: &str,
    notice: Option<(StatusCode, Notice)>,
) -> Result<Response, Failure> {
    let t = signed.texts;
    let query = if notice.is_none() { Form::query(signed.query.as_deref()) } else { Form::default() };
    let (kind, after) = (query.get("kind"), query.get("after"));
    let mut asked = format!("{}/plans/{}/changes?limit={CHANGES}", api_path(tenant), encoded(plan));
    for (name, value) in [("kind", kind), ("after", after)] {
        if !value.is_empty() {
            asked.push_str(&format!("&{name}={}", encoded(value)));
        }
    }
    let content: Changes = signed.get(&asked).await?;
    let about: Tenant = signed.get(&api_path(tenant)).await?;
    let (clock, approval) = (clock(&about.time_zone), &content.approval);
    let path = format!("{}/plans/{}", tenant_path(tenant), short(&approval.plan));
    let is_open = matches!(approval.state.as_str(), "waiting" | "offered" | "approved");
    let total: u64 = content.kinds.values().sum();
    let at = |seconds: i64| {
        let moment = clock.at(t, seconds);
        format!("{} ({})", moment.shown, moment.zone)
    };
    let shown = u64::try_from(content.changes.len()).unwrap_or(u64::MAX);
    let next = content.next.as_ref().map(|id| format!("{path}?{}after={}", of_kind(kind), encoded(id)));
    let (status, notice) = notice.map_or((StatusCode::OK, None), |(status, notice)| (status, Some(notice)));
    let page = PlanPage {
        page: signed
            .page(fill(t.plan_title, &[short(&approval.plan)]))
            .at(&path)
            .below(crumbs(signed, tenant))
            .with_notice(notice),
        action: format!("{}/plans/{}", tenant_path(tenant), approval.plan),
        digest: approval.plan.clone(),
        pill: plan_state(t, &approval.state),
        made: clock.at(t, approval.created_at),
        lapses: matches!(approval.state.as_str(), "waiting" | "offered").then(|| clock.at(t, approval.lapses_at)),
        started: started(t, approval),
        changes: t.number_of(approval.changes, t.change_one, t.change_more),
        decided: approval
            .decided_by
            .as_ref()
            .zip(approval.decided_at)
            .map(|(by, when)| fill(t.decided_by, &[by, &at(when)])),
        reason: approval.reason.clone(),
        replaced_by: approval
            .superseded_by
            .as_ref()
            .map(|plan| format!("{}/plans/{}", tenant_path(tenant), short(plan))),
        run: approval.run.map(|run| (format!("{}/runs/{run}", tenant_path(tenant)), format!("{} {run}", t.run))),
        is_open,
        is_offered: approval.state == "offered",
        is_empty: approval.changes == 0,
        why: if content.guards.is_empty() { approval.why.clone() } else { beside_guards(&content) },
        stale: content.stale.map(|stale| (stale.why, stale.differences)),
        numbers: [
            (t.employees_read, "employees"),
            (t.accounts_read, "accounts"),
            (t.right_as_is, "keep"),
            (t.with_errors, "failed"),
        ]
        .into_iter()
        .filter_map(|(word, name)| Some((word, *content.counts.get(name)?)))
        .filter(|(_, number)| *number > 0)
        .collect(),
        filters: filters(t, &path, kind, &content.kinds, total),
        groups: groups(t, &content.changes, &content.kinds),
        shown: fill(t.shown_of, &[&shown.to_string(), &content.matching.to_string()]),
        next,
        first: (!after.is_empty()).then(|| format!("{path}?{}", of_kind(kind))),
        findings: content.findings,
        decision: decision(signed, approval, total, content.kinds.get(ARCHIVE).copied().unwrap_or_default()),
        guards: content.guards,
        zone: fill(t.times_in, &[clock.zone()]),
    };
    Ok(html(status, &page))
}

/// What the checks say that is not among the guards: the source, and the first sync.
fn beside_guards(content: &Changes) -> Vec<String> {
    let why = content.approval.why.iter();
    why.filter(|why| content.guards.iter().all(|guard| guard.message != **why)).cloned().collect()
}

fn of_kind(kind: &str) -> String {
    if kind.is_empty() { String::new() } else { format!("kind={}&", encoded(kind)) }
}

/// Who has asked for the plan.
fn started(t: &Texts, approval: &Plan) -> String {
    match &approval.requested_by {
        Some(who) => format!("{} ({who})", trigger(t, &approval.trigger)),
        None => trigger(t, &approval.trigger),
    }
}

fn filters(
    t: &Texts,
    path: &str,
    chosen: &str,
    kinds: &std::collections::BTreeMap<String, u64>,
    total: u64,
) -> Vec<Filter> {
    let all =
        Filter { path: path.to_owned(), word: t.everything.to_owned(), number: total, is_chosen: chosen.is_empty() };
    let each = KINDS.into_iter().filter_map(|kind| {
        let number = *kinds.get(kind)?;
        let path = format!("{path}?kind={kind}");
        Some(Filter { path, word: change_kind(t, kind), number, is_chosen: chosen == kind })
    });
    std::iter::once(all).chain(each).collect()
}

/// The changes by their kinds. They come in the order of the kinds.
fn groups(t: &Texts, changes: &[Change], kinds: &std::collections::BTreeMap<String, u64>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for change in changes {
        if groups.last().is_none_or(|group| group.kind != change.kind) {
            let takes_away = change.kind == ARCHIVE;
            groups.push(Group {
                kind: change.kind.clone(),
                word: if takes_away { t.losing_account.to_owned() } else { change_kind(t, &change.kind) },
                number: kinds.get(&change.kind).copied().unwrap_or_default(),
                takes_away,
                changes: Vec::new(),
            });
        }
        if let Some(group) = groups.last_mut() {
            group.changes.push(row(t, change));
        }
    }
    groups
}

fn row(t: &Texts, change: &Change) -> Row {
    let employee = change.employee_id.as_ref().map(|id| fill(t.employee_number, &[id]));
    let account = change.target_id.as_ref().map(|id| fill(t.account_number, &[id]));
    let of_row = |field| shown_field(t, field);
    // That an account becomes inactive is what the heading says.
    let first = change.fields.iter().filter(|field| change.kind == "update" || field.field == "user-name");
    Row {
        id: change.id.clone(),
        name: change.display_name.clone(),
        ids: [employee, account].into_iter().flatten().collect::<Vec<_>>().join(", "),
        reason: change.reason.clone(),
        first: first.map(of_row).filter(|field| !field.stays).take(2).collect(),
        fields: change.fields.iter().map(of_row).collect(),
    }
}

/// What can be decided now; none if everything is decided, or there is nothing to decide.
fn decision(signed: &Signed, approval: &Plan, total: u64, archived: u64) -> Option<Decision> {
    let t = signed.texts;
    let is_open = matches!(approval.state.as_str(), "waiting" | "offered");
    let is_pointless = total == 0 && approval.why.is_empty();
    if (!is_open && approval.state != "approved") || is_pointless {
        return None;
    }
    Some(Decision {
        may_change: signed.may_change(),
        approve: is_open.then(|| approve_words(t, total, archived)),
        typed: (!approval.why.is_empty() && total > 0).then(|| fill(t.type_number, &[&total.to_string()])),
        is_archiving: archived > 0,
        needs_proof: signed.session.needs_proof(),
        person: fill(t.decides_as, &[&signed.session.row.person]),
        number: total,
    })
}

/// What the button does: the verb and the number.
fn approve_words(t: &Texts, total: u64, archived: u64) -> String {
    if total == 0 {
        return t.accept_source.to_owned();
    }
    if archived == 0 {
        return t.number_of(total, t.approve_one, t.approve_more);
    }
    let archive = t.number_of(archived, t.approve_archive_one, t.approve_archive_more);
    match total - archived {
        0 => archive,
        1 => fill(t.approve_and_one, &[&archive, "1"]),
        others => fill(t.approve_and_more, &[&archive, &others.to_string()]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::texts::Language;

    #[test]
    fn the_button_says_what_it_does_and_to_how_many() {
        let t = Language::English.texts();
        for (total, archived, expected) in [
            (0, 0, "Accept what HiBob sends"),
            (1, 0, "Apply 1 change"),
            (9, 0, "Apply 9 changes"),
            (1, 1, "Archive 1 account"),
            (76, 76, "Archive 76 accounts"),
            (77, 76, "Archive 76 accounts, and 1 other change"),
            (79, 76, "Archive 76 accounts, and 3 other changes"),
        ] {
            assert_eq!(approve_words(t, total, archived), expected);
        }
    }
}
