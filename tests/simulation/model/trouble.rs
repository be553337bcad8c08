//! Random trouble during one sync.

use super::History;
use super::history::{Tampered, tampered};
use hibob_fakes::{Fault, FaultKind, Scenario};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

/// Attributes that TravelPerk may not keep, and the fields that are written to them.
const DROPS: [(&str, &str); 7] = [
    ("title", "title"),
    ("name.givenName", "given-name"),
    ("phoneNumbers", "phone"),
    ("costCenter", "cost-center"),
    ("manager", "manager"),
    ("active", "active"),
    ("preferredLanguage", "language"),
];

/// The trouble of one sync.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trouble {
    pub(crate) target: Vec<Fault>,
    pub(crate) source: Vec<Fault>,
    /// Whether there are faults of every kind, all the time.
    pub(crate) flaky: bool,
    /// Fields that TravelPerk does not keep, without an error.
    pub(crate) drops: Vec<&'static str>,
    /// A change that is made in TravelPerk by hand between planning and applying.
    pub(crate) stale: Option<(usize, Tampered)>,
}

impl Trouble {
    pub(crate) fn is_none(&self) -> bool {
        self.target.is_empty() && self.source.is_empty() && !self.flaky && self.drops.is_empty() && self.stale.is_none()
    }
}

fn kind() -> impl Strategy<Value = FaultKind> {
    use FaultKind::{Hang, NotJson, ResetAfter, ResetBefore, StatusAfter, Truncated, WrongContentType};
    let kinds = vec![
        FaultKind::too_many("0"),
        FaultKind::status(500),
        FaultKind::status(400),
        FaultKind::status(404),
        FaultKind::status(409),
        StatusAfter(502),
        Truncated,
        Hang,
        ResetBefore,
        ResetAfter,
        NotJson,
        WrongContentType,
    ];
    select(kinds)
}

fn fault(places: &'static [(&'static str, &'static str)]) -> impl Strategy<Value = Fault> {
    (select(places), kind(), 0..4_usize, select(&[1_usize, 2, 6, 1_000][..]))
        .prop_map(|((method, path), kind, after, times)| Fault::once(path, kind).on(method).after(after).times(times))
}

pub(crate) fn trouble() -> impl Strategy<Value = Trouble> {
    const TARGET: &[(&str, &str)] =
        &[("POST", "/Users"), ("PATCH", "/Users/"), ("PATCH", "/Users/"), ("GET", "/Users/"), ("GET", "/Users?")];
    const SOURCE: &[(&str, &str)] = &[("POST", "/people/search"), ("GET", "/named-lists/")];
    (
        prop::collection::vec(fault(TARGET), 0..3),
        prop::option::weighted(0.1, fault(SOURCE)),
        prop::bool::weighted(0.2),
        prop_oneof![3 => Just(Vec::new()), 1 => subsequence(DROPS.map(|(attribute, _)| attribute).to_vec(), 1..4)],
        prop::option::weighted(0.2, (0..20_usize, tampered())),
    )
        .prop_map(|(target, source, flaky, drops, stale)| Trouble {
            target,
            source: source.into_iter().collect(),
            flaky,
            drops,
            stale,
        })
}

impl History {
    /// Prepares the trouble for the next sync.
    pub(crate) fn trouble(&mut self, trouble: &Trouble) {
        let fakes = &mut self.world.fakes;
        fakes.travelperk.faults.clone_from(&trouble.target);
        fakes.hibob.faults.clone_from(&trouble.source);
        fakes.travelperk.drops = trouble.drops.iter().map(ToString::to_string).collect();
        for dropped in &trouble.drops {
            let field = DROPS.iter().find(|(attribute, _)| attribute == dropped).map(|(_, field)| *field);
            // Whether an account is active is never contested.
            if let Some(field) = field.filter(|field| *field != "active") {
                *self.dropped.entry(field).or_default() += 1;
            }
        }
        fakes.scenario = if trouble.flaky { Scenario::Flaky } else { Scenario::None };
    }
}
