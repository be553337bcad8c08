//! Creates or restores a cost center.

use super::stop::{Stop, unclear};
use super::wire::{Answer, Wire, lost, rejected};
use crate::change::{Attempt, Change, Mismatch, NextStep, Outcome};
use crate::field::{ARCHIVED, NAME};
use crate::http::Request;
use crate::link;
use crate::listing::{Listing, Rows, Step};
use crate::rest::{self, CostCenter, Page};
use crate::settings::Settings;
use crate::text_form;
use crate::value::Value;

/// Most pages of the listing that are searched for a name.
const PAGES_MAX: usize = 1_000;

pub(super) struct Applying<'a, 'w> {
    pub(super) wire: &'a mut Wire<'w>,
    pub(super) settings: &'a Settings,
    pub(super) change: &'a Change,
    pub(super) now_unix_seconds: u64,
}

impl Applying<'_, '_> {
    /// Creates the cost center. If one of this name exists by now, whoever created it, the change is done.
    pub(super) fn create(&mut self, attempt: Attempt) -> Result<Outcome, Stop> {
        let name = self.change.text_after(NAME).unwrap_or_default();
        if attempt == Attempt::AfterUnknownOutcome
            && let Some(found) = self.find(name)?
        {
            return Ok(done(&found));
        }
        let request = rest::create_cost_center(self.settings, name);
        let (answer, body) = self.write(&request)?;
        match answer.status {
            200..=299 => match rest::cost_center(&body) {
                Ok(center) => Ok(done(&center)),
                Err(_) => match self.find(name)? {
                    Some(center) => Ok(done(&center)),
                    None => Err(unclear("TravelPerk created the cost center but does not show it")),
                },
            },
            400 | 409 => match self.find(name)? {
                Some(center) => Ok(done(&center)),
                None => Err(rejected(&answer)),
            },
            _ => Err(rejected(&answer)),
        }
    }

    /// Restores the cost center, if it still has the name that it had when the plan was made.
    pub(super) fn restore(&mut self) -> Result<Outcome, Stop> {
        let id = self.change.target_id.as_deref().unwrap_or_default();
        let Some(center) = self.look_up(id)? else { return Ok(drifted("cost-center", id, None)) };
        if !text_form::same(&center.name, &self.change.display_name) {
            return Ok(drifted(NAME, &self.change.display_name, Some(&center.name)));
        }
        if !center.archived {
            return Ok(done(&center));
        }
        let (answer, body) = self.write(&rest::restore_cost_center(self.settings, id))?;
        if !(200..=299).contains(&answer.status) {
            return Err(rejected(&answer));
        }
        let center = match rest::cost_center(&body) {
            Ok(center) => center,
            Err(_) => self.look_up(id)?.ok_or_else(|| unclear("TravelPerk no longer shows the cost center"))?,
        };
        link::note_restored(self.wire.world, id, self.now_unix_seconds)?;
        Ok(done(&center))
    }

    fn look_up(&mut self, id: &str) -> Result<Option<CostCenter>, Stop> {
        let request = rest::get_cost_center(self.settings, id);
        let (answer, body) = self.send(&request, NextStep::Later)?;
        match answer.status {
            200..=299 => rest::cost_center(&body).map(Some).map_err(|what| unclear(&format!("TravelPerk: {what}"))),
            404 => Ok(None),
            _ => Err(rejected(&answer)),
        }
    }

    /// The cost center of this name that is in use.
    fn find(&mut self, name: &str) -> Result<Option<CostCenter>, Stop> {
        let (mut listing, mut offset) = (Listing::new(rest::PAGE_ROWS), 0);
        for _ in 0..PAGES_MAX {
            let request = rest::list_cost_centers(self.settings, offset);
            let (answer, body) = self.send(&request, NextStep::Look)?;
            if !(200..=299).contains(&answer.status) {
                return Err(rejected(&answer));
            }
            let Page { items, ids, rows, total } =
                rest::cost_center_page(&body).map_err(|what| unclear(&format!("TravelPerk: {what}")))?;
            let found = items.into_iter().find(|center| text_form::same(&center.name, name) && !center.archived);
            if found.is_some() {
                return Ok(found);
            }
            match listing.page(Rows { ids: ids.iter().map(String::as_str), rows, total }) {
                Step::GoOn(rows) => offset = rows,
                Step::Complete => return Ok(None),
                Step::Incomplete(seen) => {
                    return Err(unclear(&format!(
                        "TravelPerk's listing of cost centers is not shown to be complete: {seen}"
                    )));
                }
            }
        }
        Err(unclear("TravelPerk's listing of cost centers does not end"))
    }

    fn write(&mut self, request: &Request) -> Result<(Answer, Vec<u8>), Stop> {
        let (answer, body) = self.send(request, NextStep::Look)?;
        self.wire.note(&answer);
        Ok((answer, body))
    }

    fn send(&mut self, request: &Request, on_loss: NextStep) -> Result<(Answer, Vec<u8>), Stop> {
        let mut response = self.wire.open(request, on_loss)?;
        let body = response.gather().map_err(|error| lost(request, &error, on_loss))?;
        Ok((Answer::of(request, response.status, &body), body))
    }
}

fn done(center: &CostCenter) -> Outcome {
    let archived =
        Mismatch { field: ARCHIVED.to_owned(), expected: Some(Value::Flag(false)), found: Some(Value::Flag(true)) };
    let not_taken = center.archived.then_some(archived).into_iter().collect();
    Outcome::Done { target_id: center.id.to_string(), not_taken }
}

fn drifted(field: &str, expected: &str, found: Option<&str>) -> Outcome {
    let text = |text: &str| Value::Text(text.to_owned());
    Outcome::Drifted(vec![Mismatch { field: field.to_owned(), expected: Some(text(expected)), found: found.map(text) }])
}
