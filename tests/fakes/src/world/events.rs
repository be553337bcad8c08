//! The events of scenarios: when they happen, and functions to make them happen.

use std::mem;

use super::{World, archived, long_known};
use crate::{
    hibob::{Audience, Category, date},
    message::{Request, Service},
    scenario::{
        DayTwo, Rehire, Scenario, archive_by_hand, become_visible, choose_rehires, empty_phones, insist_on_names,
        overwrite_departments, overwrite_managers, overwrite_names, rehire, rename, terminate_a_third,
    },
};

impl World {
    /// Sets the scenario, and prepares for it at once. If only the field is set, the next request prepares for it.
    pub fn set_scenario(&mut self, scenario: Scenario, now: f64) {
        self.scenario = scenario;
        self.prepare(now);
    }

    /// Makes the change of this scenario happen now, whichever scenario is set. Returns whether it happened: it does
    /// not happen a second time, in a company that is too small, or for [`Scenario::None`] and [`Scenario::Flaky`].
    ///
    /// For [`Scenario::Rehires`] set the scenario first, because otherwise the archived accounts appear only now.
    pub fn happen(&mut self, scenario: Scenario, now: f64) -> bool {
        if self.happened.contains(&scenario) {
            return false;
        }
        let today = date(now);
        let changed = match scenario {
            Scenario::None | Scenario::Flaky => false,
            Scenario::DayTwo => match &self.day_two {
                Some(plan) => {
                    plan.apply(&mut self.hibob, today);
                    true
                }
                None => false,
            },
            Scenario::MassLeavers => terminate_a_third(&mut self.hibob, self.seed, today),
            Scenario::Empty => mem::replace(&mut self.hibob.audience, Audience::Nobody) != Audience::Nobody,
            Scenario::LostPermission => self.hibob.permissions.remove(&Category::Lifecycle),
            Scenario::Rehires => {
                self.choose_rehires(now);
                rehire(&mut self.hibob, self.rehires.as_deref().unwrap_or_default(), today)
            }
            Scenario::Renames => rename(&mut self.hibob, self.seed),
            Scenario::SsoOverwrites => insist_on_names(&mut self.hibob, &mut self.travelperk, self.seed),
            Scenario::Newcomers => become_visible(&mut self.hibob, self.seed),
            Scenario::ArchivedByHand => archive_by_hand(&self.hibob, &mut self.travelperk, self.seed),
            Scenario::NamesOverwritten => overwrite_names(&mut self.hibob, self.seed),
            Scenario::Nulls => empty_phones(&mut self.hibob, self.seed),
            Scenario::ManagersOverwritten => overwrite_managers(&mut self.hibob, self.seed),
            Scenario::DepartmentsOverwritten => overwrite_departments(&mut self.hibob, self.seed),
        };
        if changed {
            self.happened.insert(scenario);
        }
        changed
    }

    /// Makes day two happen now, unless it has happened. Returns whether it happened.
    pub fn apply_day_two(&mut self, now: f64) -> bool {
        self.happen(Scenario::DayTwo, now)
    }

    /// The six people of day two, before and after it; `None` in a company that is too small.
    #[must_use]
    pub fn day_two(&self) -> Option<&DayTwo> {
        self.day_two.as_ref().map(|plan| &plan.people)
    }

    /// The five people of the scenario `rehires`, if it is set or has happened; nobody in a company that is too small.
    #[must_use]
    pub fn rehires(&self) -> &[Rehire] {
        self.rehires.as_deref().unwrap_or_default()
    }

    /// Prepares what the scenario needs from the start.
    pub(super) fn prepare(&mut self, now: f64) {
        if self.scenario == Scenario::Rehires {
            self.choose_rehires(now);
        }
    }

    pub(super) fn let_things_happen(&mut self, service: Service, request: &Request, now: f64) {
        let searching =
            service == Service::HiBob && request.method == "POST" && request.path.ends_with("/people/search");
        if !searching {
            return;
        }
        self.travelperk.overwrite_names();
        if self.writes() > 0 {
            self.happen(self.scenario, now);
        }
    }

    /// Chooses the people of the scenario `rehires` once, and makes sure that they have archived accounts.
    fn choose_rehires(&mut self, now: f64) {
        if self.rehires.is_some() {
            return;
        }
        let today = date(now);
        // After the first write, employed people are not changed to have left last year, because they may have been
        // synced.
        let untouched = self.writes() == 0;
        let rehires = choose_rehires(&mut self.hibob, untouched, today);
        for leaver in rehires.iter().filter_map(|rehire| self.hibob.employees.get(&rehire.left)) {
            let account = archived(leaver);
            if self.travelperk.user_by_name(&account.user_name).is_none() {
                self.travelperk.insert_user(long_known(account, today));
            }
        }
        self.rehires = Some(rehires);
    }
}
