//! Making a plan: reads HiBob and TravelPerk, hands both to the planner, and has the plan audited.

use crate::approvers;
use crate::catalogue::read_catalogue;
use crate::error::{JobError, where_wrong};
use crate::field::{List, TextField};
use crate::hibob::{ArraySplitter, NameList, named_list, read_list, search};
use crate::http::Request;
use crate::link;
use crate::plan::{Plan, Planner};
use crate::plan_audit;
use crate::read::{LOOKUPS_MAX, PAGES_MAX, open, read, read_if_there};
use crate::scim::{self, Account, PAGE_USERS_MAX};
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
    read_employees(world, settings, &mut planner)?;
    read_accounts(world, settings, &mut planner)?;
    let wanted = planner.wanted(TextField::CostCenter);
    planner.catalogue(read_catalogue(world, settings, baseline, &wanted)?);
    if let Some(approvals) = &settings.approvals {
        let groups = reads_groups(world, settings)?;
        planner.note(approvers::instructions(approvals, groups));
    }
    world.progress("plan", 0, None);
    let plan = planner.finish();
    if let Some(left) = settings.enabled_by.as_deref().and_then(|email| plan.has_left(email)) {
        return Err(JobError::Settings(vec![left]));
    }
    let (employees, accounts) = (plan.count("employees"), plan.count("accounts"));
    world.log(&format!("{employees} employees and {accounts} accounts read, {} changes planned", plan.len()));
    plan_audit::check(plan.changes(0), plan.accounts(), plan.links(), &plan.leavers())
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

/// Reads all accounts of TravelPerk.
pub(crate) fn read_accounts(
    world: &mut dyn World,
    settings: &Settings,
    planner: &mut Planner<'_>,
) -> Result<(), JobError> {
    let request = scim::service_provider_config(settings);
    let size = scim::service_page_size(&read(world, &request)?).map_err(|error| JobError::nonsense(&request, error))?;
    let size = size.filter(|size| *size > 0).map_or(PAGE_USERS_MAX, |size| size.min(PAGE_USERS_MAX));
    let mut start = 1;
    for _ in 0..PAGES_MAX {
        let request = scim::list_users(settings, start, size);
        let body = read(world, &request)?;
        let (accounts, total) = scim::user_page(&body).map_err(|error| JobError::nonsense(&request, error))?;
        // Go on after what was sent, not after what was asked for: on some servers `itemsPerPage` is only the limit.
        start += accounts.len();
        let last = accounts.is_empty() || total.is_some_and(|total| start > total);
        planner.accounts(accounts);
        world.progress("accounts", start - 1, total);
        if last {
            return look_up_unlisted(world, settings, planner);
        }
    }
    Err(JobError::nonsense(
        &scim::list_users(settings, start, size),
        format!("the listing has more than {PAGES_MAX} pages"),
    ))
}

/// Looks up, one by one, the linked accounts that the listing lacks.
fn look_up_unlisted(world: &mut dyn World, settings: &Settings, planner: &mut Planner<'_>) -> Result<(), JobError> {
    let unlisted = planner.unlisted();
    if unlisted.len() > LOOKUPS_MAX {
        let what = format!("the listing lacks {} accounts that this sync created or adopted", unlisted.len());
        return Err(JobError::nonsense(&scim::list_users(settings, 1, PAGE_USERS_MAX), what));
    }
    for id in unlisted {
        planner.accounts(look_up(world, settings, &id)?);
    }
    Ok(())
}

/// One account by its id; none if TravelPerk does not have it.
fn look_up(world: &mut dyn World, settings: &Settings, account_id: &str) -> Result<Option<Account>, JobError> {
    let request = scim::get_user(settings, account_id);
    let Some(body) = read_if_there(world, &request)? else { return Ok(None) };
    serde_json::from_slice(&body).map(Some).map_err(|error| JobError::nonsense(&request, where_wrong(&error)))
}
