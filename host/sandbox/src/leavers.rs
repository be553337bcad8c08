//! The calls of the references job, each in a fresh instance that may read HiBob and nothing else.

use crate::bindings::References;
use crate::call::{Call, Job};
use crate::identity::Identity;
use crate::planning::explained;
use crate::plugin::Plugin;
use crate::state::CallState;
use crate::tenant::Tenant;
use hibob_base::clock::now_unix_seconds;
use hibob_base::error::HostError;
use hibob_base::progress::{NoProgress, Progress};
use hibob_config::references::issuing;
use hibob_config::references::{GardenLeave, ReferencesConfig};
use hibob_contract::leaver::{Confirmed, LeaverFacts};
use hibob_contract::offboarding_references::{Departure, Detection, EmployeeClaims, Known};
use hibob_contract::types::{Job as CallArguments, JobError, NamedValue, Value};
use hibob_policy::person_scope::{PersonRead, PersonScope};
use hibob_store::privacy::TitleDigests;
use std::sync::Arc;
use wasmtime::Store;

/// Finds out who has left since the last run, given what the host has recorded (`known`), and which title each employee
/// has by HiBob's answers. It writes nothing.
///
/// # Errors
/// The tenant issues no references, the plugin returned an error, or the call failed.
pub async fn departures(
    plugin: &Plugin,
    tenant: &Tenant,
    known: &[Known],
    progress: Arc<dyn Progress>,
) -> Result<(Detection, TitleDigests), HostError> {
    let arguments = arguments(tenant)?;
    let mut call = Call::open(plugin, tenant, Job::Departures, progress).await?;
    let detection =
        call_in(&mut call, tenant, async |store, references| references.call_detect(store, &arguments, known).await);
    let mut detection = detection.await?;
    let titles = call.take_titles();
    call.finish();
    count(tenant, &detection)?;
    tenant.references_egress().redactor().findings(&mut detection.findings);
    tenant.people().erased_people().await?.leave_out_leavers(&mut detection);
    Ok((detection, tenant.people().title_digests(titles.into_known()).await?))
}

/// One employee's departure as it is now; `None` if the employee has not left.
///
/// # Errors
/// As [`departures`].
pub async fn look_up(plugin: &Plugin, tenant: &Tenant, employee_id: &str) -> Result<Option<Departure>, HostError> {
    let arguments = arguments(tenant)?;
    let (mut call, _) = about(plugin, tenant, PersonScope::new(employee_id, claims_of(config(tenant)?))).await?;
    let departure = call_in(&mut call, tenant, async |store, references| {
        references.call_look_up(store, &arguments, employee_id).await
    });
    match departure.await? {
        Some(departure) if departure.employee_id != employee_id => Err(invented("the employee")),
        departure => Ok(departure),
    }
}

/// The claims of a reference for a departure, after HiBob's answers have confirmed each value; `None` if HiBob no
/// longer has the departure.
///
/// # Errors
/// As [`departures`]; or the plugin may not have references signed; or HiBob's answers do not confirm a value.
pub async fn claims(plugin: &Plugin, tenant: &Tenant, departure: &Departure) -> Result<Option<Confirmed>, HostError> {
    let answers = facts_and_claims(plugin, tenant, std::slice::from_ref(departure)).await?;
    answers.into_iter().next().map_or(Ok(None), |(_, claims)| claims)
}

/// What HiBob has answered about one leaver, and what [`claims`] returns for their departure. The error is of this leaver
/// alone: of the plugin, or a limit of the call.
pub type LeaverClaims = (LeaverFacts, Result<Option<Confirmed>, HostError>);

/// The claims of these departures, in their order, from one call of the plugin. They are of different employees, and not
/// more than [`hibob_contract::WitVersion::leavers_max`] of the plugin's version.
///
/// If a call about several fails because of the plugin, each of them is asked for alone, so that one person's data cannot
/// keep others from their references.
///
/// # Errors
/// As [`departures`]; or the plugin may not have references signed. Then there are claims of nobody.
pub async fn facts_and_claims(
    plugin: &Plugin,
    tenant: &Tenant,
    departures: &[Departure],
) -> Result<Vec<LeaverClaims>, HostError> {
    match in_one_call(plugin, tenant, departures).await {
        Err(error) if is_of_plugin(&error) && departures.len() > 1 => {}
        answers => return answers,
    }
    let mut all = Vec::with_capacity(departures.len());
    for departure in departures {
        all.extend(in_one_call(plugin, tenant, std::slice::from_ref(departure)).await?);
    }
    Ok(all)
}

async fn in_one_call(
    plugin: &Plugin,
    tenant: &Tenant,
    departures: &[Departure],
) -> Result<Vec<LeaverClaims>, HostError> {
    let read = claims_of(config(tenant)?);
    require_trusted(plugin, tenant)?;
    let ids = departures.iter().map(|departure| departure.employee_id.clone());
    let (mut call, scope) = about(plugin, tenant, PersonScope::of(ids, read)).await?;
    let arguments = arguments(tenant)?;
    let answer = call_in(&mut call, tenant, async |store, references| {
        references.call_read_claims(store, &arguments, departures).await
    });
    let mut answer = match (answer.await, departures) {
        (Ok(answer), _) => answer,
        (Err(error), [departure]) if is_of_plugin(&error) => {
            return Ok(vec![(facts(tenant, &scope, departure), Err(error))]);
        }
        (Err(error), _) => return Err(error),
    };
    let claims = departures.iter().map(|departure| {
        // What it returns about anybody else is dropped.
        let own = answer.extract_if(.., |entry| entry.employee_id == departure.employee_id).collect::<Vec<_>>();
        (facts(tenant, &scope, departure), confirmed(plugin, &scope, departure, own))
    });
    Ok(claims.collect())
}

/// Whether an error is the plugin's, or a limit that its call exceeded, and says nothing about other people.
fn is_of_plugin(error: &HostError) -> bool {
    matches!(error, HostError::Plugin(_) | HostError::OverLimit { .. })
}

/// What HiBob has answered about the employee of a departure.
fn facts(tenant: &Tenant, scope: &PersonScope, departure: &Departure) -> LeaverFacts {
    let value = |field: &str| scope.value(&departure.employee_id, field);
    let name = [value("root.firstName"), value("root.surname")].into_iter().flatten();
    let name = name.collect::<Vec<_>>().join(" ");
    let today = tenant.config().day_at(value("work.site").as_deref(), now_unix_seconds()).to_string();
    LeaverFacts { name: Some(name).filter(|name| !name.is_empty()), today }
}

/// The claims of a departure, each value confirmed by the record of its own employee. `own` is what the plugin returned
/// about this employee.
fn confirmed(
    plugin: &Plugin,
    scope: &PersonScope,
    departure: &Departure,
    own: Vec<EmployeeClaims>,
) -> Result<Option<Confirmed>, HostError> {
    let [EmployeeClaims { claims, .. }] = <[_; 1]>::try_from(own).map_err(|own| {
        HostError::Plugin(format!("gave {} answers about one leaver, so no reference was issued for them", own.len()))
    })?;
    let Some(claims) = claims else { return Ok(None) };
    scope.confirm(departure, &claims).map_err(invented)?;
    let plugin_digest = plugin.digest().to_owned();
    let display_name = scope.value(&departure.employee_id, "root.displayName");
    Ok(Some(Confirmed { claims, display_name, answers_digest: scope.answers_digest(), plugin_digest }))
}

/// Checks that the plugin may have references signed.
fn require_trusted(plugin: &Plugin, tenant: &Tenant) -> Result<(), HostError> {
    let digest = plugin.digest();
    if *plugin.identity() == Identity::BuiltIn || config(tenant)?.plugins.iter().any(|trusted| trusted == digest) {
        return Ok(());
    }
    let message = format!("the plugin {digest} may not have references signed");
    let remedy = "use the built-in plugin, or name the digest in references.plugins";
    Err(HostError::configuration(message, remedy))
}

/// The first address to deliver a reference to; `None` if HiBob has none. The caller must not store it.
///
/// # Errors
/// As [`departures`]; or HiBob's answers do not have the address that the plugin returned.
pub async fn address(plugin: &Plugin, tenant: &Tenant, employee_id: &str) -> Result<Option<String>, HostError> {
    address_in(plugin, tenant, employee_id, &config(tenant)?.address).await
}

/// The address in one of the HiBob fields that the tenant's settings name; `None` if it is empty. The caller must not
/// store it.
///
/// # Errors
/// As [`address`].
pub async fn address_in(
    plugin: &Plugin,
    tenant: &Tenant,
    employee_id: &str,
    field: &str,
) -> Result<Option<String>, HostError> {
    let arguments = arguments_with(tenant, field)?;
    let read = PersonRead::Address(field.to_owned());
    let (mut call, scope) = about(plugin, tenant, PersonScope::new(employee_id, read)).await?;
    let address = call_in(&mut call, tenant, async |store, references| {
        references.call_read_address(store, &arguments, employee_id).await
    });
    match address.await? {
        Some(address) if !scope.has_address(employee_id, &address) => Err(invented("the address")),
        address => Ok(address),
    }
}

/// The read that a reference needs.
fn claims_of(config: &ReferencesConfig) -> PersonRead {
    PersonRead::Claims {
        statuses: config.statuses.clone(),
        garden_leave: config.garden_leave == GardenLeave::IsDeparture,
    }
}

/// Opens a call that may ask HiBob about the people of this scope.
async fn about(plugin: &Plugin, tenant: &Tenant, scope: PersonScope) -> Result<(Call, Arc<PersonScope>), HostError> {
    let scope = Arc::new(scope);
    let call = Call::open(plugin, tenant, Job::People(&scope), Arc::new(NoProgress)).await?;
    Ok((call, scope))
}

/// Makes the only step of a call.
async fn call_in<T>(
    call: &mut Call,
    tenant: &Tenant,
    ask: impl AsyncFnOnce(&mut Store<CallState>, &References<'_>) -> wasmtime::Result<Result<T, JobError>>,
) -> Result<T, HostError> {
    let answer = call.step(async |store, instance| {
        Ok(match instance.references() {
            Ok(references) => Ok(ask(store, &references).await?),
            Err(error) => Err(error),
        })
    });
    let answer = answer.await??;
    let refusals = call.refusals();
    let redactor = tenant.references_egress().redactor();
    answer.map_err(|error| explained("references", redactor.job_error(error), &refusals))
}

fn config(tenant: &Tenant) -> Result<&ReferencesConfig, HostError> {
    issuing(tenant.config())
}

/// The arguments of a call: the settings that the plugin gets, and the time.
fn arguments(tenant: &Tenant) -> Result<CallArguments, HostError> {
    arguments_with(tenant, &config(tenant)?.address)
}

/// The arguments of a call that reads addresses in this field.
fn arguments_with(tenant: &Tenant, address_field: &str) -> Result<CallArguments, HostError> {
    let config = config(tenant)?;
    let sync = &tenant.config().sync;
    let zones: Vec<_> = sync.site_time_zones.clone().into_iter().collect();
    let settings = [
        ("hibob-url", Value::Text(tenant.config().hibob.url.clone())),
        ("statuses", Value::Texts(config.statuses.clone())),
        ("address-field", Value::Text(address_field.to_owned())),
        ("garden-leave", Value::Text(config.garden_leave.word().to_owned())),
        ("time-zone", Value::Text(sync.time_zone.clone().unwrap_or_else(|| "UTC".to_owned()))),
        ("site-time-zones", Value::Pairs(zones)),
    ];
    // What is at its default is not sent: plugins of version 0.2 do not know these settings.
    let holds = [("hold-reasons", &config.hold_reasons), ("hold-types", &config.hold_types)];
    let holds = holds.into_iter().filter(|(_, words)| !words.is_empty());
    let holds = holds.map(|(name, words)| (name, Value::Texts(words.clone())));
    let settings = settings.into_iter().chain(holds);
    let settings = settings.map(|(name, value)| NamedValue { name: name.to_owned(), value });
    Ok(CallArguments { settings: settings.collect(), now_unix_seconds: now_unix_seconds() })
}

/// Counts a detection against the limits of a plan.
///
/// # Errors
/// It exceeds one of them.
fn count(tenant: &Tenant, detection: &Detection) -> Result<(), HostError> {
    let departure = |departure: &Departure| {
        size_of::<Departure>() + departure.employee_id.len() + departure.ended_on.len() + departure.basis.len()
    };
    let lists = [&detection.departures, &detection.cancelled, &detection.corrected];
    let items = detection.seen.len() + lists.iter().map(|list| list.len()).sum::<usize>();
    let bytes = lists.into_iter().flatten().map(departure).sum::<usize>()
        + detection.seen.iter().map(|seen| size_of_val(seen) + seen.employee_id.len()).sum::<usize>();
    let mut intake = tenant.intake();
    let counted = intake.count(items, bytes).and_then(|()| intake.findings(&detection.findings));
    counted.map_err(|over| HostError::over(&over))
}

/// The error for a value of the plugin that HiBob's answers do not have.
fn invented(what: &str) -> HostError {
    HostError::Plugin(format!("gave something about a leaver that HiBob has not sent, so it is not used: {what}"))
}
