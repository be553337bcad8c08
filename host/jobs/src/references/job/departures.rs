//! Issuing the references of departures and corrections, as far as they are due and the guard lets them.

use super::{Job, PARALLEL, held_person};
use crate::references::due::{FirstSeen, Timing, is_ahead};
use crate::references::guard;
use crate::references::issue::Issuing;
use crate::references::leavers::Leavers;
use crate::references::report::HeldClass;
use crate::run::DAY;
use futures::stream::{self, StreamExt, TryStreamExt};
use hibob_base::error::HostError;
use hibob_config::references::issuing as references_of;
use hibob_contract::leaver::{Confirmed, LeaverFacts};
use hibob_contract::offboarding_references::{Departure, Known, Overlap, Standing};
use hibob_reference_format::claims::Claims;
use hibob_store::database::{DepartureDetails, DepartureRow, WhyNone};
use hibob_store::privacy::Purpose;
use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;

/// A reference that can be issued.
struct IssuableReference {
    confirmed: Confirmed,
    /// What the reference says.
    claims: Claims,
}

/// A departure or a correction, as it was found.
#[derive(Clone)]
struct Found {
    departure: Departure,
    is_correction: bool,
}

/// Whose reference waits for a person.
#[derive(Default)]
pub(super) struct Holds {
    /// Who probably goes on under another employee id, and under which.
    transfers: BTreeMap<String, String>,
    /// Whom a setting holds.
    by_setting: BTreeSet<String>,
    /// Who had another job title while they worked here.
    titles: BTreeSet<String>,
}

impl Holds {
    /// What a detection says; and who had another job title while they worked here.
    pub(super) fn of(overlaps: &[Overlap], held: Vec<String>, titles: BTreeSet<String>) -> Self {
        let same_names = overlaps.iter().filter(|overlap| overlap.has_same_names);
        Self {
            transfers: same_names.map(|overlap| (overlap.employee_id.clone(), overlap.by.clone())).collect(),
            by_setting: held.into_iter().collect(),
            titles,
        }
    }
}

/// What becomes of a departure in this run.
enum Looked {
    /// Its reference can be issued now.
    Issuable(Box<IssuableReference>),
    /// It has none, for this reason.
    Without(WhyNone),
}

/// The departures that have no reference after this run: each with the reason and the name.
type Open = Vec<(Departure, WhyNone, Option<String>)>;

impl<P: Leavers> Job<'_, P> {
    /// Issues references for departures, and corrections where HiBob's data of the employee has changed, unless they
    /// are not due or there are too many. An employee who cannot have one is reported, and does not count towards the
    /// limit.
    pub(super) async fn issue_all(
        &mut self,
        issuing: &mut Issuing<'_>,
        departures: Vec<Departure>,
        corrected: Vec<Departure>,
        known: &[Known],
        holds: &Holds,
    ) -> Result<(), HostError> {
        let limits = self.run.ports().config().safety.reference_limits();
        let since = self.run.ports().now() - i64::from(limits.leak_days) * DAY;
        let lately = self.run.ports().run_store().references_issued_since(since).await?;
        let most = guard::limit(known, lately, &limits).max(self.order.release.issuing);
        let found = |is_correction| move |departure| Found { departure, is_correction };
        let all: Vec<Found> =
            departures.into_iter().map(found(false)).chain(corrected.into_iter().map(found(true))).collect();
        let total = all.len();
        // All their keys in one transaction.
        let employees = all.iter().map(|found| found.departure.employee_id.clone()).collect();
        self.run.keyring().make(self.fence, &employees).await?;
        let ports = self.run.ports();
        let timing = Timing {
            now: ports.now(),
            grace_seconds: references_of(ports.config())?.grace_seconds(),
            skips_grace: self.order.skips_grace,
        };
        let first_seen = self.first_seen(known, timing.now).await?;
        let batches: Vec<Vec<Found>> = all.chunks(ports.leavers_max().max(1)).map(<[Found]>::to_vec).collect();
        let answers = stream::iter(batches)
            .map(|batch| async move {
                let departures: Vec<_> = batch.iter().map(|found| found.departure.clone()).collect();
                let answers = ports.claims(&departures).await?;
                Ok::<_, HostError>(batch.into_iter().zip(answers).collect::<Vec<_>>())
            })
            .buffered(PARALLEL);
        let mut answers = pin!(answers.map_ok(|batch| stream::iter(batch).map(Ok)).try_flatten());
        let (mut done, mut counted, mut open) = (0, Vec::new(), Open::new());
        while let Some((found, (facts, confirmed))) = self.reading(answers.try_next()).await? {
            done += 1;
            let seen = first_seen(&found.departure.employee_id);
            if let Some(why) = self.hold_for_a_person(&found, holds, &facts) {
                if !found.is_correction {
                    open.push((found.departure, why, facts.name));
                }
                continue;
            }
            match self.look_at(issuing, &found, &facts, confirmed, timing, seen)? {
                Looked::Without(_) if found.is_correction => {}
                Looked::Without(why) => open.push((found.departure, why, facts.name)),
                Looked::Issuable(issuable) if total <= most => {
                    self.record(issuing, &found.departure, *issuable, found.is_correction).await?;
                    self.run.ports().progress().report("references", done, Some(total as u64));
                }
                Looked::Issuable(issuable) => counted.push((found, issuable)),
            }
        }
        if counted.len() > most {
            self.hold(&counted, known, lately);
            let held = counted.into_iter().filter(|(found, _)| !found.is_correction);
            open.extend(held.map(|(found, issuable)| {
                (found.departure, WhyNone::Guard, Some(issuable.claims.name().as_str().to_owned()))
            }));
            return self.record_open(open, timing.now).await;
        }
        self.record_open(open, timing.now).await?;
        for (found, issuable) in counted {
            self.go_ahead().await?;
            self.record(issuing, &found.departure, *issuable, found.is_correction).await?;
        }
        Ok(())
    }

    /// When each departure was first seen, by the employee's id.
    async fn first_seen(&self, known: &[Known], now: i64) -> Result<impl Fn(&str) -> FirstSeen + use<P>, HostError> {
        let open = self.run.ports().run_store().open_departures().await?;
        let open = open.into_iter().filter(|row| row.why != WhyNone::Waived);
        let seen: BTreeMap<String, i64> = open.map(|row| (row.employee_id, row.seen_at)).collect();
        let is_named = self.order.employees.is_some();
        let left = known.iter().filter(|known| is_named && known.standing == Standing::Left);
        let left: BTreeSet<String> = left.map(|known| known.employee_id.clone()).collect();
        Ok(move |employee: &str| match seen.get(employee) {
            Some(at) => FirstSeen::At(*at),
            None if left.contains(employee) => FirstSeen::Before,
            None => FirstSeen::At(now),
        })
    }

    /// Decides what becomes of a departure. Where it gets no reference now, the report says why, and the run goes on with
    /// the others.
    fn look_at(
        &mut self,
        issuing: &Issuing<'_>,
        found: &Found,
        facts: &LeaverFacts,
        confirmed: Result<Option<Confirmed>, HostError>,
        timing: Timing,
        seen: FirstSeen,
    ) -> Result<Looked, HostError> {
        let employee = &found.departure.employee_id;
        if let Some(name) = &facts.name {
            self.report.learn_name(employee, name);
        }
        let is_ahead = is_ahead(&found.departure.ended_on, &facts.today);
        let is_answered = confirmed.is_ok();
        if is_ahead && is_answered {
            return Ok(self.not_due(&found.departure, WhyNone::LastDay, facts));
        }
        let Some(issuable) = self.possible(issuing, &found.departure, confirmed)? else {
            return Ok(Looked::Without(WhyNone::NotPossible));
        };
        match timing.why_not_yet(&found.departure, &facts.today, seen) {
            Some(why) if !found.is_correction => Ok(self.not_due(&found.departure, why, facts)),
            _ => Ok(Looked::Issuable(Box::new(issuable))),
        }
    }

    /// Whether a reference waits for a person, and why. A correction does only for its title.
    fn hold_for_a_person(&mut self, found: &Found, holds: &Holds, facts: &LeaverFacts) -> Option<WhyNone> {
        let (departure, employee) = (&found.departure, &found.departure.employee_id);
        let by = holds.transfers.get(employee).filter(|_| !found.is_correction);
        let is_by_setting = holds.by_setting.contains(employee) && !found.is_correction;
        let tenant = self.run.ports().config().id.to_string();
        let by_name = format!("issue it by name: hibob references issue {tenant} {employee}");
        let waive = |reason| format!("hibob references waive {tenant} {employee} --reason {reason} --by EMAIL");
        let (why, class, code, message, remedy) = if let Some(by) = by {
            let message = format!(
                "has left by HiBob, and the employee {by}, who works here, has the same names and work email: probably one \
                 person who has changed the company or site, so no reference is issued"
            );
            let remedy = format!("if they have left all the same, {by_name}; else: {}", waive("transfer"));
            (WhyNone::Transfer, HeldClass::Transfer, "HELD_AS_TRANSFER", message, remedy)
        } else if is_by_setting {
            let message =
                "has left, and references.hold_reasons or references.hold_types has the reference wait for a person";
            let remedy = format!("{by_name}; or decide that there is none: {}", waive("TEXT"));
            (WhyNone::Setting, HeldClass::Setting, "HELD_BY_SETTING", message.to_owned(), remedy)
        } else if holds.titles.contains(employee) && found.is_correction {
            let message =
                "has left with a reference, and has another job title in HiBob by now: the reference stays as it is";
            let remedy = format!(
                "set the title in HiBob to what it was; if the new one is right, replace the reference by name: hibob \
                 references issue {tenant} {employee}"
            );
            (WhyNone::Title, HeldClass::Title, "TITLE_CHANGED", message.to_owned(), remedy)
        } else if holds.titles.contains(employee) {
            let message = "has left, and has another job title in HiBob than while they worked here, so no reference is \
                           issued";
            let remedy = format!(
                "set the title in HiBob to what it was; if the new one is right, {by_name}; or decide that there is no \
                 reference: {}",
                waive("TEXT")
            );
            (WhyNone::Title, HeldClass::Title, "TITLE_CHANGED", message.to_owned(), remedy)
        } else {
            return None;
        };
        if let Some(name) = &facts.name {
            self.report.learn_name(employee, name);
        }
        self.report.held.push(held_person(class, departure, facts.name.clone()));
        self.report.warn(employee, code, message, &remedy);
        Some(why)
    }

    fn not_due(&mut self, departure: &Departure, why: WhyNone, facts: &LeaverFacts) -> Looked {
        let class = if why == WhyNone::LastDay { HeldClass::LastDay } else { HeldClass::GraceTime };
        self.report.not_due += 1;
        self.report.held.push(held_person(class, departure, facts.name.clone()));
        Looked::Without(why)
    }

    /// Records the departures that have no reference after this run.
    async fn record_open(&self, open: Open, now: i64) -> Result<(), HostError> {
        let mut rows = Vec::with_capacity(open.len());
        for (departure, why, name) in open {
            let details = DepartureDetails { name, ..DepartureDetails::default() };
            let details = serde_json::to_vec(&details).map_err(|error| HostError::Engine(error.to_string()))?;
            let employee = &departure.employee_id;
            let details = self.run.keyring().encrypt_bytes(self.fence, Purpose::Departure, employee, &details).await?;
            rows.push(DepartureRow {
                employee_id: departure.employee_id,
                ended_on: departure.ended_on,
                seen_at: now,
                why,
                details,
            });
        }
        self.run.ports().run_store().put_open_departures(self.fence, &rows).await
    }

    /// The reference that can be issued for a departure. None if there cannot be one; the report then says why, and the
    /// run goes on with the others.
    fn possible(
        &mut self,
        issuing: &Issuing<'_>,
        departure: &Departure,
        confirmed: Result<Option<Confirmed>, HostError>,
    ) -> Result<Option<IssuableReference>, HostError> {
        let employee = &departure.employee_id;
        let tenant = self.run.ports().config().id.clone();
        let remedy = format!(
            "correct it in HiBob, and the next run issues it; if there is to be none: hibob references waive {tenant} {employee} \
             --reason TEXT --by EMAIL"
        );
        match confirmed {
            Ok(Some(confirmed)) => match issuing.claims(&confirmed)? {
                Ok((claims, left_out)) => {
                    for what in left_out {
                        let remedy =
                            "nothing, or write it in HiBob without emoji; the reference is issued all the same";
                        self.report.warn(employee, "EMOJI_LEFT_OUT", what, remedy);
                    }
                    self.report.learn_name(employee, claims.name().as_str());
                    Ok(Some(IssuableReference { confirmed, claims }))
                }
                Err(what) => {
                    self.report.fault(employee, "REFERENCE_NOT_POSSIBLE", what, &remedy);
                    Ok(None)
                }
            },
            Ok(None) => {
                let what = "HiBob lacks something that every reference needs (a first and a last name; a name for the title \
                            and the department), or the departure has changed since it was found";
                self.report.fault(employee, "REFERENCE_NOT_POSSIBLE", what, &remedy);
                Ok(None)
            }
            Err(error @ (HostError::Plugin(_) | HostError::OverLimit { .. })) => {
                self.report.fault(employee, error.code(), error.to_string(), &error.remedy());
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    async fn record(
        &mut self,
        issuing: &mut Issuing<'_>,
        departure: &Departure,
        issuable: IssuableReference,
        is_correction: bool,
    ) -> Result<(), HostError> {
        let supersedes = is_correction.then_some("corrected in HiBob");
        let employee = &departure.employee_id;
        match issuing.issue(departure, &issuable.confirmed, issuable.claims, supersedes).await? {
            Some(id) => {
                self.report.issued += 1;
                self.report.superseded += u64::from(supersedes.is_some());
                let action = if supersedes.is_some() { "Reference corrected" } else { "Reference issued" };
                self.report.tell(employee, action, &id, "Done");
            }
            None if self.order.employees.is_none() => {}
            None => {
                let remedy =
                    "nothing; one that should not have been given is revoked: hibob references revoke TENANT ID";
                self.report.warn(employee, "ALREADY_ISSUED", "this departure has a reference already", remedy);
            }
        }
        Ok(())
    }

    /// Adds to the report whose references a guard holds.
    fn hold(&mut self, counted: &[(Found, Box<IssuableReference>)], known: &[Known], lately: usize) {
        let tenant = self.run.ports().config().id.as_str();
        let limits = self.run.ports().config().safety.reference_limits();
        let command = match self.order.employees {
            None => format!("hibob references {tenant}"),
            Some(_) => format!("hibob references issue {tenant} …"),
        };
        self.report.guards.push(guard::held(&command, counted.len(), known, lately, &limits));
        let held = counted.iter().map(|(found, issuable)| {
            let name = issuable.claims.name().as_str().to_owned();
            held_person(HeldClass::Issuing, &found.departure, Some(name))
        });
        self.report.held.extend(held);
    }
}
