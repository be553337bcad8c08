//! The catalogue: the cost centers and companies that TravelPerk has, as far as the sync assigns accounts to them.

use crate::error::JobError;
use crate::http::Request;
use crate::link;
use crate::listing::{Listing, Rows, Step};
use crate::read::{LOOKUPS_MAX, PAGES_MAX, READINGS_MAX, read_if_there, read_page};
use crate::rest::{self, CostCenter, Page};
use crate::settings::Settings;
use crate::text_form;
use crate::value::{NamedValue, Value};
use crate::world::{StorageError, World};
use std::collections::{BTreeMap, BTreeSet};

/// The entry of the baseline that holds the ids of cost centers by name. A listing may leave archived ones out, and
/// then they are found only by their id.
const IN_BASELINE: &str = "cost-centers";

/// Most cost centers in the baseline.
const IN_BASELINE_MAX: usize = 10_000;

/// The cost centers and companies that were read.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    /// Cost centers; none if the settings do not ask for them.
    pub cost_centers: Option<CostCenters>,
    /// Names of invoice profiles; none if the settings do not ask for them.
    pub companies: Option<BTreeSet<Box<str>>>,
    /// How many rows of the two listings could not be read.
    pub unreadable: usize,
}

/// Cost centers by name, in the form in which names are compared ([`text_form::key`]).
#[derive(Clone, Debug, Default)]
pub struct CostCenters {
    by_name: BTreeMap<Box<str>, CostCenter>,
    /// Ids by name, from the baseline.
    remembered: BTreeMap<String, String>,
    /// The names of archived ones that are not restored any more, since something else keeps archiving them.
    given_up: BTreeSet<String>,
}

impl CostCenters {
    /// No cost centers, but the ids that the baseline has.
    pub fn remembering(baseline: &[NamedValue]) -> Self {
        let pairs = baseline.iter().find(|value| value.name == IN_BASELINE).map(|value| &value.value);
        let remembered = match pairs {
            Some(Value::Pairs(pairs)) => {
                pairs.iter().map(|(name, id)| (text_form::key(name).into_owned(), id.clone())).collect()
            }
            _ => BTreeMap::new(),
        };
        Self { remembered, ..Self::default() }
    }

    /// Adds a cost center. Of two with the same name the one in use counts, since archiving frees a name.
    pub fn add(&mut self, center: CostCenter) {
        let key = text_form::key(&center.name);
        match self.by_name.get(&*key) {
            Some(known) if !known.archived => {}
            _ => {
                self.by_name.insert(key.into(), center);
            }
        }
    }

    /// The cost center of this name.
    pub fn get(&self, name: &str) -> Option<&CostCenter> {
        self.by_name.get(&*text_form::key(name))
    }

    /// Looks which of the archived ones were restored and archived again, twice lately.
    pub(crate) fn give_up(&mut self, world: &mut dyn World, now_unix_seconds: u64) -> Result<(), StorageError> {
        for (name, center) in self.by_name.iter().filter(|(_, center)| center.archived) {
            if link::is_restored_in_vain(world, &center.id, now_unix_seconds)? {
                self.given_up.insert(name.to_string());
            }
        }
        Ok(())
    }

    /// Whether the cost center of this name is not restored any more.
    pub(crate) fn is_given_up(&self, name: &str) -> bool {
        !self.given_up.is_empty() && self.given_up.contains(&*text_form::key(name))
    }

    /// All names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.values().map(|center| &*center.name)
    }

    /// The id that the baseline has for this name.
    pub fn remembered(&self, name: &str) -> Option<&str> {
        self.remembered.get(&*text_form::key(name)).map(String::as_str)
    }

    /// The entry for the next baseline.
    pub fn to_remember(&self) -> NamedValue {
        let known = self.by_name.iter().map(|(name, center)| (name.to_string(), center.id.to_string()));
        let all: BTreeMap<String, String> = self.remembered.clone().into_iter().chain(known).collect();
        let pairs = all.into_iter().take(IN_BASELINE_MAX).collect();
        NamedValue { name: IN_BASELINE.to_owned(), value: Value::Pairs(pairs) }
    }
}

/// Reads cost centers and companies, each if the settings ask for them. A cost center in `wanted` that the listing
/// lacks is looked up by the id that the baseline has for it.
///
/// # Errors
/// See [`JobError`].
pub(crate) fn read_catalogue(
    world: &mut dyn World,
    settings: &Settings,
    baseline: &[NamedValue],
    wanted: &BTreeSet<String>,
) -> Result<Catalogue, JobError> {
    let mut catalogue = Catalogue::default();
    let mut unreadable = 0;
    if settings.makes_cost_centers() {
        let mut centers = CostCenters::remembering(baseline);
        pages(
            world,
            |offset| rest::list_cost_centers(settings, offset),
            |body| {
                let Page { items, ids, rows, total } = rest::cost_center_page(body)?;
                unreadable += rows - items.len();
                items.into_iter().for_each(|center| centers.add(center));
                Ok((ids, rows, total))
            },
        )?;
        let unlisted = |name: &&String| centers.get(name).is_none();
        let lost: Vec<(String, String)> = wanted
            .iter()
            .filter(unlisted)
            .filter_map(|name| Some((name.clone(), centers.remembered(name)?.to_owned())))
            .take(LOOKUPS_MAX)
            .collect();
        for (name, id) in lost {
            let request = rest::get_cost_center(settings, &id);
            let Some(body) = read_if_there(world, &request)? else { continue };
            let center = rest::cost_center(&body).map_err(|what| JobError::nonsense(&request, what))?;
            if text_form::same(&center.name, &name) {
                centers.add(center);
            }
        }
        catalogue.cost_centers = Some(centers);
    }
    if settings.checks_companies() {
        let mut names = BTreeSet::new();
        pages(
            world,
            |offset| rest::list_profiles(settings, offset),
            |body| {
                let Page { items, ids, rows, total } = rest::profile_page(body)?;
                unreadable += rows - items.len();
                names.extend(items);
                Ok((ids, rows, total))
            },
        )?;
        catalogue.companies = Some(names);
    }
    catalogue.unreadable = unreadable;
    Ok(catalogue)
}

/// What a page of a listing has: the ids of its rows, how many rows it has, and the total that it states.
type PageRows = (Vec<String>, usize, Option<usize>);

/// Reads every page of a listing. One that is not shown to be complete (`listing.rs`) is read once more. How many rows a
/// page may have is not published.
///
/// # Errors
/// [`JobError::incomplete`], or no usable answer came.
fn pages(
    world: &mut dyn World,
    request: impl Fn(usize) -> Request,
    mut take: impl FnMut(&[u8]) -> Result<PageRows, String>,
) -> Result<(), JobError> {
    let mut readings = 0;
    while let Err(seen) = pages_once(world, &request, &mut take)? {
        readings += 1;
        if readings == READINGS_MAX {
            return Err(JobError::incomplete(&request(0), &seen));
        }
    }
    Ok(())
}

fn pages_once(
    world: &mut dyn World,
    request: &impl Fn(usize) -> Request,
    take: &mut impl FnMut(&[u8]) -> Result<PageRows, String>,
) -> Result<Result<(), String>, JobError> {
    let mut listing = Listing::new(rest::PAGE_ROWS);
    let mut offset = 0;
    for _ in 0..PAGES_MAX {
        let request = request(offset);
        let Some(body) = read_page(world, &request, listing.is_all())? else { return Ok(Ok(())) };
        let (ids, rows, total) = take(&body).map_err(|what| JobError::nonsense(&request, what))?;
        match listing.page(Rows { ids: ids.iter().map(String::as_str), rows, total }) {
            Step::GoOn(rows) => offset = rows,
            Step::Complete => return Ok(Ok(())),
            Step::Incomplete(seen) => return Ok(Err(seen)),
        }
    }
    Err(JobError::nonsense(&request(offset), format!("the listing has more than {PAGES_MAX} pages")))
}

/// The name among `names` that differs from `wanted` only in case or spaces.
pub(crate) fn nearest<'n>(wanted: &str, mut names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let normalized = |name: &str| text_form::key(name).to_lowercase();
    let wanted = normalized(wanted);
    names.find(|name| normalized(name) == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_one_in_use_counts_and_names_are_remembered() {
        let center = |id: &str, archived| CostCenter { id: id.into(), name: "Sales".into(), archived };
        let mut centers = CostCenters::default();
        for (id, archived) in [("1", true), ("2", false), ("3", true)] {
            centers.add(center(id, archived));
        }
        assert_eq!(centers.get("Sales"), Some(&center("2", false)));
        let later = CostCenters::remembering(&[centers.to_remember()]);
        assert_eq!((later.get("Sales"), later.remembered("Sales")), (None, Some("2")));
        assert_eq!(CostCenters::remembering(&[later.to_remember()]).remembered("Sales"), Some("2"));
    }

    #[test]
    fn the_nearest_name_differs_in_case_or_spaces_only() {
        let near = |wanted| nearest(wanted, ["ACME Iberia SL", "ACME Ltd"].into_iter());
        assert_eq!(near(" acme  iberia SL "), Some("ACME Iberia SL"));
        assert_eq!(near("ACME Iberia"), None);
    }
}
