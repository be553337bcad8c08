//! The runs of a tenant in a period, each with its workbook.

use crate::answers::{Runs, Tenant};
use crate::ask::Failure;
use crate::form::Form;
use crate::page::{Notice, Page, html};
use crate::pages::{api_path, clock, crumbs, tenant_path};
use crate::texts::fill;
use crate::visit::Signed;
use crate::words::{RunRow, run_row};
use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::NaiveDate;

/// How many runs are on the page.
const RUNS: usize = 500;

#[derive(Template)]
#[template(path = "history.html")]
struct HistoryPage {
    page: Page,
    path: String,
    from: String,
    until: String,
    rows: Vec<(RunRow, String)>,
    is_of_period: bool,
    zone: String,
}

pub(crate) async fn show(signed: Signed, Path(tenant): Path<String>) -> Response {
    signed.show(made(&signed, &tenant)).await
}

async fn made(signed: &Signed, tenant: &str) -> Result<Response, Failure> {
    let (t, api) = (signed.texts, api_path(tenant));
    let about: Tenant = signed.get(&api).await?;
    let clock = clock(&about.time_zone);
    let query = Form::query(signed.query.as_deref());
    let (from, until) = (query.get("from"), query.get("until"));
    let period = period(from, until);
    let mut path = format!("{api}/runs?limit={RUNS}");
    if let Some((from, until)) = period {
        // Until the end of the last day.
        let until = until.map(|day| day.succ_opt().unwrap_or(day));
        for (name, day) in [("from", from), ("until", until)] {
            if let Some(day) = day {
                path.push_str(&format!("&{name}={}", clock.begin_of(day)));
            }
        }
    }
    let runs: Runs = signed.get(&path).await?;
    let notice = period.is_none().then(|| Notice::own(t.period_wrong, t.period_wrong_remedy));
    let status = if period.is_none() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let row = |run| {
        let row = run_row(t, &clock, run);
        let word = fill(t.workbook_of, &[&row.number.to_string()]);
        (row, word)
    };
    let page = HistoryPage {
        page: signed.page(fill(t.history_of, &[tenant])).below(crumbs(signed, tenant)).with_notice(notice),
        path: tenant_path(tenant),
        from: from.to_owned(),
        until: until.to_owned(),
        rows: runs.runs.iter().map(row).collect(),
        is_of_period: !(from.is_empty() && until.is_empty()),
        zone: fill(t.times_in, &[clock.zone()]),
    };
    Ok(html(status, &page))
}

type Period = (Option<NaiveDate>, Option<NaiveDate>);

/// The first and the last day, each of which may be left open; none if this is no period.
fn period(from: &str, until: &str) -> Option<Period> {
    let day = |text: &str| match text {
        "" => Some(None),
        text => text.parse::<NaiveDate>().ok().map(Some),
    };
    let (from, until) = (day(from)?, day(until)?);
    let is_turned = from.zip(until).is_some_and(|(from, until)| from > until);
    (!is_turned).then_some((from, until))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_may_be_open_at_both_ends_and_not_turned_around() {
        assert_eq!(period("", ""), Some((None, None)));
        assert!(period("2026-11-01", "").is_some_and(|(from, until)| from.is_some() && until.is_none()));
        assert!(period("2026-11-01", "2026-11-01").is_some());
        for (from, until) in [("2026-11-02", "2026-11-01"), ("yesterday", ""), ("", "2026-02-30")] {
            assert_eq!(period(from, until), None, "{from} {until}");
        }
    }
}
