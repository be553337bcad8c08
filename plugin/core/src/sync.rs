//! Making a plan: reads HiBob and TravelPerk, hands both to the planner, and has the plan audited.

use crate::approvers;
use crate::catalogue::read_catalogue;
use crate::error::{JobError, where_wrong};
use crate::field::{List, TextField};
use crate::hibob::{ArraySplitter, NameList, named_list, read_list, search};
use crate::host_facts::HostFacts;
use crate::http::Request;
use crate::link;
use crate::listing::{Listing, Rows, Step};
use crate::plan::{Plan, Planner};
use crate::plan_audit;
use crate::read::{LOOKUPS_MAX, PAGES_MAX, READINGS_MAX, open, read, read_if_there, read_page};
use crate::scim::{self, BrokenRow, PAGE_USERS_MAX, Row};
use crate::settings::Settings;
use crate::value::NamedValue;
use crate::world::World;

/// Reads both services and makes a plan. `baseline` is that of the last accepted run, empty before the first. Writes
/// nothing.
///
/// # Errors
/// See [`JobError`].
pub fn plan(
    world: &mut dyn World,
    settings: &Settings,
    now_unix_seconds: u64,
    baseline: &[NamedValue],
) -> Result<Plan, JobError> {
    let links = link::all(world)?;
    let mut planner = Planner::new(settings, now_unix_seconds, links).remembering(baseline);
    planner.host_facts(HostFacts::of(baseline));
    read_employees(world, settings, &mut planner)?;
    read_accounts(world, settings, &mut planner)?;
    let wanted = planner.wanted(TextField::CostCenter);
    let mut catalogue = read_catalogue(world, settings, baseline, &wanted)?;
    if let Some(centers) = &mut catalogue.cost_centers {
        centers.give_up(world, now_unix_seconds)?;
    }
    planner.catalogue(catalogue);
    if let Some(approvals) = &settings.approvals {
        let groups = reads_groups(world, settings)?;
        planner.note(approvers::instructions(approvals, groups));
    }
    world.progress("plan", 0, None);
    let mut plan = planner.finish();
    // The host then applies nothing of it but terminations.
    let left = settings.enabled_by.as_deref().and_then(|email| plan.has_left(email));
    plan.note(left);
    let (employees, accounts) = (plan.count("employees"), plan.count("accounts"));
    world.log(&format!("{employees} employees and {accounts} accounts read, {} changes planned", plan.len()));
    let facts = plan_audit::Facts {
        links: plan.links(),
        leavers: &plan.leavers(),
        host: plan.host_facts(),
        sent: &|id| plan.has_employee(id),
    };
    plan_audit::check(plan.changes(0), plan.accounts(), &facts)
        .map_err(|broken| JobError::Unsound(broken.join("; ")))?;
    Ok(plan)
}

/// Whether TravelPerk announces SCIM groups. A service without ResourceTypes has none.
pub(crate) fn reads_groups(world: &mut dyn World, settings: &Settings) -> Result<bool, JobError> {
    let request = scim::resource_types(settings);
    let Some(body) = read_if_there(world, &request)? else { return Ok(false) };
    scim::announces_groups(&body).map_err(|what| JobError::nonsense(&request, what))
}

/// Reads HiBob's lists, then all employees.
fn read_employees(world: &mut dyn World, settings: &Settings, planner: &mut Planner<'_>) -> Result<(), JobError> {
    read_lists(world, settings, planner)?;
    let request = search(&settings.hibob_url, planner.field_ids().asked());
    let employees = each_employee(world, &request, &mut |json| planner.employee(json))?;
    world.progress("employees", employees, Some(employees));
    Ok(())
}

/// Reads the lists that employees' fields point into.
pub(crate) fn read_lists(
    world: &mut dyn World,
    settings: &Settings,
    planner: &mut Planner<'_>,
) -> Result<(), JobError> {
    let mut list = |list: List| {
        if settings.needs_list(list) { read_named_list(world, settings, list.name()) } else { Ok(NameList::default()) }
    };
    let departments = list(List::Departments)?;
    let titles = list(List::Titles)?;
    planner.lists(departments, titles);
    Ok(())
}

/// Searches employees and hands the JSON of each to `employee` while the answer arrives. Returns how many there were.
pub(crate) fn each_employee(
    world: &mut dyn World,
    request: &Request,
    employee: &mut dyn FnMut(&[u8]),
) -> Result<usize, JobError> {
    world.progress("employees", 0, None);
    let mut number = 0;
    let mut splitter = ArraySplitter::new("employees");
    let mut response = open(world, request)?;
    while let Some(chunk) = response.body.chunk().map_err(|error| JobError::from_send(request, error))? {
        let mut count = |json: &[u8]| {
            number += 1;
            employee(json);
        };
        splitter.feed(&chunk, &mut count).map_err(|error| JobError::nonsense(request, error))?;
    }
    drop(response);
    splitter.finish().map_err(|error| JobError::nonsense(request, error))?;
    Ok(number)
}

fn read_named_list(world: &mut dyn World, settings: &Settings, name: &str) -> Result<NameList, JobError> {
    let request = named_list(&settings.hibob_url, name);
    let body = read(world, &request)?;
    read_list(&body).map_err(|error| JobError::nonsense(&request, error))
}

/// Reads all accounts of TravelPerk. A listing that is not shown to be complete is read once more.
///
/// # Errors
/// [`JobError::incomplete`], or no usable answer came.
pub(crate) fn read_accounts(
    world: &mut dyn World,
    settings: &Settings,
    planner: &mut Planner<'_>,
) -> Result<(), JobError> {
    let request = scim::service_provider_config(settings);
    let size = scim::service_page_size(&read(world, &request)?).map_err(|error| JobError::nonsense(&request, error))?;
    let size = size.filter(|size| *size > 0).map_or(PAGE_USERS_MAX, |size| size.min(PAGE_USERS_MAX));
    let mut readings = 0;
    while let Err(seen) = read_listing(world, settings, planner, size)? {
        readings += 1;
        if readings == READINGS_MAX {
            return Err(JobError::incomplete(&scim::list_users(settings, 1, size), &seen));
        }
        world.log(&format!("the listing of accounts is not shown to be complete, and is read again: {seen}"));
        planner.forget_accounts();
    }
    look_up_unlisted(world, settings, planner)?;
    look_up_unclear(world, settings, planner)
}

/// Reads the listing of accounts once. `Err` within the result says what was seen if it is not shown to be complete.
fn read_listing(
    world: &mut dyn World,
    settings: &Settings,
    planner: &mut Planner<'_>,
    size: usize,
) -> Result<Result<(), String>, JobError> {
    let mut listing = Listing::new(size);
    let mut read_rows = 0;
    for _ in 0..PAGES_MAX {
        let request = scim::list_users(settings, read_rows + 1, size);
        let Some(body) = read_page(world, &request, listing.is_all())? else { return Ok(Ok(())) };
        let page = scim::user_page(&body).map_err(|error| JobError::nonsense(&request, error))?;
        let total = page.total;
        let step = listing.page(Rows { ids: page.ids(), rows: page.rows(), total });
        planner.accounts(page.accounts);
        planner.broken_rows(page.broken);
        world.progress("accounts", listing.came(), total);
        match step {
            // Go on after what was sent, not after what was asked for: on some servers `itemsPerPage` is only the limit.
            Step::GoOn(rows) => read_rows = rows,
            Step::Complete => return Ok(Ok(())),
            Step::Incomplete(seen) => return Ok(Err(seen)),
        }
    }
    Err(JobError::nonsense(
        &scim::list_users(settings, read_rows + 1, size),
        format!("the listing has more than {PAGES_MAX} pages"),
    ))
}

/// Looks up, one by one, accounts that the listing lacks ([`Planner::unlisted`]).
fn look_up_unlisted(world: &mut dyn World, settings: &Settings, planner: &mut Planner<'_>) -> Result<(), JobError> {
    let unlisted = planner.unlisted();
    if unlisted.missing > LOOKUPS_MAX {
        let what = format!("the listing lacks {} accounts that this sync created or adopted", unlisted.missing);
        return Err(JobError::nonsense(&scim::list_users(settings, 1, PAGE_USERS_MAX), what));
    }
    for id in unlisted.ids {
        match look_up(world, settings, &id)? {
            Some(Row::Account(account)) => planner.accounts([account]),
            Some(Row::Broken(broken)) => planner.broken_rows([BrokenRow { id: Some(id.into()), ..broken }]),
            None => {}
        }
    }
    Ok(())
}

/// Looks up, one by one, accounts of which the listing does not say whether they are active.
fn look_up_unclear(world: &mut dyn World, settings: &Settings, planner: &mut Planner<'_>) -> Result<(), JobError> {
    for id in planner.unclear() {
        // What is gone by now, or cannot be read alone, stays as it was listed.
        if let Some(Row::Account(account)) = look_up(world, settings, &id)? {
            planner.accounts([account]);
        }
    }
    Ok(())
}

/// One account by its id; none if TravelPerk does not have it.
fn look_up(world: &mut dyn World, settings: &Settings, account_id: &str) -> Result<Option<Row>, JobError> {
    let request = scim::get_user(settings, account_id);
    let Some(body) = read_if_there(world, &request)? else { return Ok(None) };
    let row = serde_json::from_slice(&body).map_err(|error| JobError::nonsense(&request, where_wrong(&error)))?;
    match row {
        // An answer about another account says nothing about this one.
        Row::Account(account) if account.id != account_id => {
            Err(JobError::nonsense(&request, "the account has another id than was asked for"))
        }
        row => Ok(Some(row)),
    }
}
