//! Tests of schedules.

use super::*;
use std::collections::BTreeMap;

fn dues(expression: &str, zone: &str, from: &str, number: usize) -> Vec<String> {
    let schedule = Schedule::read("schedule.sync", expression, zone).unwrap();
    let dues = schedule.after(from.parse().unwrap()).take(number);
    dues.map(|due| due.format("%Y-%m-%dT%H:%M").to_string()).collect()
}

#[test]
fn every_night_at_two_in_the_tenants_time_zone() {
    assert_eq!(dues("0 2 * * *", "Europe/Madrid", "2026-01-10T12:00:00Z", 2), ["2026-01-11T01:00", "2026-01-12T01:00"]);
    assert_eq!(dues("30 6 * * MON", "Asia/Tokyo", "2026-01-10T12:00:00Z", 1), ["2026-01-11T21:30"]);
}

/// The job is due once a night, also in the night that skips the hour and in the night that has it twice.
#[test]
fn daylight_saving_neither_skips_nor_repeats_a_night() {
    let spring = dues("30 2 * * *", "Europe/Madrid", "2026-03-28T12:00:00Z", 2);
    assert_eq!(spring, ["2026-03-29T01:00", "2026-03-30T00:30"]);
    let autumn = dues("30 2 * * *", "Europe/Madrid", "2026-10-24T12:00:00Z", 2);
    assert_eq!(autumn, ["2026-10-25T00:30", "2026-10-26T01:30"]);
}

#[test]
fn a_wrong_schedule_is_refused_with_a_remedy() {
    for (expression, zone, words) in [
        ("daily", "UTC", "schedule.sync is `daily`"),
        ("0 0 2 * * *", "UTC", "schedule.sync is"),
        ("61 2 * * *", "UTC", "schedule.sync is"),
        ("*/5 * * * *", "UTC", "more often than every 60 minutes"),
        ("0,30 2 * * *", "UTC", "more often than every 60 minutes"),
        ("0 2 30 2 *", "UTC", "never comes"),
        ("0 2 * * *", "Europe/Atlantis", "not a time zone"),
    ] {
        let error = Schedule::read("schedule.sync", expression, zone).unwrap_err();
        assert!(error.to_string().contains(words), "{expression}: {error}");
    }
}

/// `0 2-3 * * *` is due twice in a night of 25 hours, at two and at three; `45 * * * *` in each of two equal hours.
#[test]
fn a_doubled_hour_counts_once_unless_the_hour_is_a_star() {
    let range = dues("0 2-3 * * *", "Europe/Madrid", "2026-10-24T12:00:00Z", 3);
    assert_eq!(range, ["2026-10-25T00:00", "2026-10-25T02:00", "2026-10-26T01:00"]);
    let star = dues("45 * * * *", "Europe/Madrid", "2026-10-24T23:50:00Z", 3);
    assert_eq!(star, ["2026-10-25T00:45", "2026-10-25T01:45", "2026-10-25T02:45"]);
    let half = dues("45 * * * *", "Australia/Lord_Howe", "2026-04-04T14:00:00Z", 3);
    assert_eq!(half, ["2026-04-04T14:45", "2026-04-04T15:15", "2026-04-04T16:15"]);
}

/// In Nuuk, the hour before midnight is skipped on 28 March 2026, and the weekday is another one after it.
#[test]
fn a_weekly_time_in_a_gap_at_midnight_is_due_after_it() {
    let dues = dues("30 23 * * SAT", "America/Nuuk", "2026-03-25T00:00:00Z", 2);
    assert_eq!(dues, ["2026-03-29T01:00", "2026-04-05T00:30"]);
}

/// Whether an expression is taken depends on nothing but the expression.
#[test]
fn the_zone_and_the_day_do_not_decide_about_an_expression() {
    for zone in Zone::names() {
        assert!(Schedule::read("x", "45 * * * *", zone).is_ok(), "{zone}");
        assert!(Schedule::read("x", "0 3 29 2 *", zone).is_ok(), "{zone}");
        assert!(Schedule::read("x", "0,59 * * * *", zone).is_err(), "{zone}");
    }
}

/// An expression with what it means, stated a second time.
struct Meant {
    expression: &'static str,
    minute: u32,
    hours: &'static [u32],
    weekday: Option<chrono::Weekday>,
    months: &'static [u32],
}

const ALL_HOURS: &[u32] = &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23];

const fn meant(expression: &'static str, minute: u32, hours: &'static [u32]) -> Meant {
    Meant { expression, minute, hours, weekday: None, months: &[] }
}

const MEANT: [Meant; 9] = [
    meant("30 2 * * *", 30, &[2]),
    meant("0 2-3 * * *", 0, &[2, 3]),
    meant("0 0 * * *", 0, &[0]),
    meant("59 23 * * *", 59, &[23]),
    meant("15 */2 * * *", 15, &[0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22]),
    meant("45 * * * *", 45, ALL_HOURS),
    meant("20 0-23 * * *", 20, ALL_HOURS),
    Meant { weekday: Some(chrono::Weekday::Sat), ..meant("30 23 * * SAT", 30, &[23]) },
    Meant { months: &[3, 10], ..meant("5 0,1,2,3 * 3,10 *", 5, &[0, 1, 2, 3]) },
];

impl Meant {
    fn is_due(&self, local: NaiveDateTime) -> bool {
        use chrono::{Datelike, Timelike};
        local.minute() == self.minute
            && self.hours.contains(&local.hour())
            && self.weekday.is_none_or(|weekday| local.weekday() == weekday)
            && (self.months.is_empty() || self.months.contains(&local.month()))
    }
}

/// Around every change of the clock, by the rule: a time on the wall that comes once is due then, one that is skipped at
/// the first minute after the gap, and one that comes twice the first time, or both times if the hour is `*`. The times on
/// the wall are found by going through every minute.
fn hold_the_rule(name: &str) {
    let zone = Zone::named(name).unwrap();
    let minute = TimeDelta::minutes(1);
    let day = TimeDelta::days(1);
    let offset = |at: DateTime<Utc>| zone.offset_seconds(at);
    let mut at: DateTime<Utc> = "2026-01-01T00:00:00Z".parse().unwrap();
    let end: DateTime<Utc> = "2031-01-01T00:00:00Z".parse().unwrap();
    while at < end {
        at += day;
        if offset(at) == offset(at - day) {
            continue;
        }
        // Four days, with the change in the second one. The first and last are not compared, only looked at.
        let start = at - day - day;
        let minutes: Vec<(DateTime<Utc>, NaiveDateTime)> =
            (0..4 * 24 * 60).map(|number| start + minute * number).map(|at| (at, zone.local(at))).collect();
        let mut by_local: BTreeMap<NaiveDateTime, Vec<DateTime<Utc>>> = BTreeMap::new();
        for (at, local) in &minutes {
            by_local.entry(*local).or_default().push(*at);
        }
        let (from, to) = (start + day - minute, start + day * 3);
        for meant in &MEANT {
            let is_star = meant.expression.split(' ').nth(1) == Some("*");
            let mut expected = BTreeSet::new();
            let mut local = minutes[0].1;
            while local <= minutes[minutes.len() - 1].1 {
                if meant.is_due(local) {
                    match by_local.get(&local).map(Vec::as_slice).unwrap_or_default() {
                        [] => expected.extend(minutes.iter().find(|(_, shown)| *shown > local).map(|(at, _)| *at)),
                        [first, ..] if !is_star => expected.extend([*first]),
                        all => expected.extend(all.iter().copied()),
                    }
                }
                local += minute;
            }
            expected.retain(|at| *at > from && *at <= to);
            let schedule = Schedule::read("x", meant.expression, name).unwrap();
            let found: BTreeSet<DateTime<Utc>> = schedule.after(from).take_while(|at| *at <= to).collect();
            assert_eq!(found, expected, "`{}` in {name} around {at}", meant.expression);
        }
    }
}

/// All zones and the years 2026 to 2030 with `HIBOB_DEEP=1`; a sample of the zones otherwise.
#[test]
fn the_rule_holds_at_every_change_of_the_clock() {
    let step = hibob_test_depth::deep(60, 1);
    let sample = Zone::names().step_by(step);
    for name in
        sample.chain(["Europe/Madrid", "America/Nuuk", "Australia/Lord_Howe", "Africa/Casablanca", "Antarctica/Troll"])
    {
        hold_the_rule(name);
    }
}
