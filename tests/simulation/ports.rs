//! The ports of a run in the simulation: the real core and the real egress, over a simulated network, clock and database.

use crate::convert::{attempt_in, change_in, job_error_out, named_value_in, outcome_out, plan_out};
use crate::host::Host;
use crate::network::{HIBOB_URL, SCIM_URL, Wire};
use crate::planted::Planted;
use crate::plugin::call;
use crate::run_store::{SimLease, SimRunStore};
use crate::sim::Sim;
use hibob_base::error::HostError;
use hibob_base::progress::{NoProgress, Progress};
use hibob_base::secret::Redactor;
use hibob_base::secret::Secret;
use hibob_config::tenant::TenantConfig;
use hibob_connector_core::apply::apply;
use hibob_connector_core::settings::Settings;
use hibob_connector_core::sync;
use hibob_connector_core::value::{NamedValue, Value};
use hibob_contract::CallKind;
use hibob_contract::Planned;
use hibob_contract::directory_sync::{Attempt, Change, Outcome};
use hibob_egress::{CallEgress, ClockAndChance, Credential, Declared, Egress, Service};
use hibob_jobs::interrupt::Interrupt;
use hibob_jobs::run::ports::{Attempted, RunPorts};
use hibob_policy::change_scope::{ApplyScope, Made};
use hibob_policy::grant::Grant;
use hibob_policy::manifest::Manifest;
use hibob_policy::over::Overrun;
use hibob_policy::request::{Role, Route};
use hibob_shares::Pace;
use hibob_store::database::Fence;
use hibob_store::privacy::Keyring;
use hibob_store::run_store::RunStore as _;
use hibob_telemetry::{Telemetry, TenantMetrics};
use serde_json::json;
use std::num::NonZeroU32;
use std::sync::{Arc, LazyLock};

/// Changes that a run makes side by side.
const PARALLEL: u32 = 4;

/// The tenant's key for personal data. The persons' keys under it and the encrypted texts differ in each history, and
/// are in no trace.
pub(crate) const PEOPLE_KEY: [u8; 32] = [7; 32];

/// The tenant's configuration, settings and metrics, which are the same in all histories.
pub(crate) static TENANT: LazyLock<(TenantConfig, Arc<Settings>, TenantMetrics)> = LazyLock::new(|| {
    let config = json!({
        "id": "acme",
        "hibob": { "url": HIBOB_URL, "service_user": "user", "token": "env:TOKEN" },
        "travelperk": { "scim_url": SCIM_URL, "key": "env:KEY" },
        // What is kept of an adopted account is tested with days written out: `it/safety.rs`.
        "sync": { "details": DETAILS, "missing_detail": "skip", "parallel_changes": PARALLEL, "clear_adopted": true },
        "safety": { "archive_limit_min": 2, "rename_limit_min": 3 },
        "limits": { "first_byte_timeout_seconds": 40 },
    });
    let text = |name: &str, text: &str| NamedValue { name: name.to_owned(), value: Value::Text(text.to_owned()) };
    let details = Value::Texts(DETAILS.iter().map(ToString::to_string).collect());
    let settings = [
        text("hibob-url", HIBOB_URL),
        text("scim-url", SCIM_URL),
        text("missing-detail", "skip"),
        NamedValue { name: "details".to_owned(), value: details },
    ];
    let metrics = Telemetry::default().metrics().of("acme");
    (serde_json::from_value(config).unwrap(), Arc::new(Settings::read(&settings).unwrap()), metrics)
});

const DETAILS: [&str; 3] = ["title", "cost-center", "manager"];

/// The ports of one run of one process.
pub(crate) struct Simulated {
    sim: Sim,
    host: Arc<Host>,
    run_store: SimRunStore,
    egress: Arc<Egress>,
    manifest: Arc<Manifest>,
}

impl Simulated {
    pub(crate) fn new(sim: &Sim, host: Arc<Host>) -> Self {
        let pace = || Pace::new(NonZeroU32::MAX, NonZeroU32::MAX); // pacing would use the real clock
        let service = |role, url: &str, credential| Service::new(Route::new(role, url).unwrap(), credential, pace());
        let services = {
            let fakes = &sim.lock().fakes;
            let user = fakes.hibob.service_user_id.clone();
            let hibob = Credential::Basic { user, password: Secret::new(fakes.hibob.token.clone()) };
            let key = Secret::new(fakes.travelperk.api_key.clone());
            let scim = Credential::Key { scheme: "ApiKey".to_owned(), key };
            vec![service(Role::HiBob, HIBOB_URL, hibob), service(Role::Scim, SCIM_URL, scim)]
        };
        let (config, _, metrics) = &*TENANT;
        let wire = Arc::new(Wire { sim: sim.clone(), host: host.clone() });
        let limits = config.limits.clone();
        let egress = Egress::new(config.id.clone(), services, wire, limits, Arc::default(), metrics.clone());
        let (clock, skew, dice) = (sim.clone(), host.skew, sim.clone());
        let clock_and_chance = ClockAndChance::new(
            move || u64::try_from(clock.seconds() + skew).unwrap(),
            move || dice.lock().chance.fraction(),
        );
        Self {
            sim: sim.clone(),
            run_store: SimRunStore { sim: sim.clone(), host: host.clone() },
            host,
            egress: Arc::new(egress.with_clock_and_chance(clock_and_chance)),
            manifest: Arc::new(Manifest::everything()),
        }
    }

    fn call_egress(&self, kind: CallKind, grant: Grant, overrun: &Overrun) -> CallEgress {
        let declared = Declared { manifest: self.manifest.clone(), kind };
        self.egress.for_call(grant, declared, overrun.clone())
    }

    fn unix_seconds(&self) -> u64 {
        u64::try_from(self.now()).unwrap()
    }
}

fn within(overrun: &Overrun) -> Result<(), HostError> {
    overrun.get().map_or(Ok(()), |over| Err(HostError::over(over)))
}

impl RunPorts for Simulated {
    type RunStore = SimRunStore;
    type Lock = SimLease;

    fn config(&self) -> &TenantConfig {
        &TENANT.0
    }

    fn metrics(&self) -> &TenantMetrics {
        &TENANT.2
    }

    fn run_store(&self) -> &SimRunStore {
        &self.run_store
    }

    fn require(&self) -> Result<(), HostError> {
        Ok(())
    }

    fn reopen(&self, was_refused: bool) {
        self.egress.reopen(was_refused);
    }

    fn is_refused(&self) -> bool {
        self.egress.is_closed()
    }

    fn redactor(&self) -> Result<&Redactor, HostError> {
        Ok(self.egress.redactor())
    }

    fn progress(&self) -> &dyn Progress {
        &NoProgress
    }

    fn interrupt(&self) -> &Interrupt {
        &self.host.interrupt
    }

    fn now(&self) -> i64 {
        self.sim.seconds() + self.host.skew
    }

    fn settings_digest(&self) -> Result<String, HostError> {
        Ok("settings".to_owned())
    }

    fn plugin_digest(&self) -> &'static str {
        "core"
    }

    async fn lock(&self) -> Result<SimLease, HostError> {
        self.run_store.lease().await
    }

    async fn keyring(&self) -> Result<Keyring<SimRunStore>, HostError> {
        Ok(self.run_store.keyring())
    }

    async fn plan(&self) -> Result<Planned, HostError> {
        let now = self.unix_seconds();
        let facts = self.sim.lock().pages.host_facts();
        let baseline: Vec<_> = self.run_store.baseline().await?.into_iter().chain(facts).map(named_value_in).collect();
        let overrun = Overrun::default();
        let mut egress = self.call_egress(CallKind::Plan, Grant::Read, &overrun);
        let work = move |world: &mut dyn hibob_connector_core::world::World| {
            sync::plan(world, &TENANT.1, now, &baseline).map(|plan| plan_out(&plan, now))
        };
        let (planned, _) = call(&self.sim, &self.host, &mut egress, work).await;
        within(&overrun)?;
        let mut planned = planned.map_err(|error| HostError::from_job(job_error_out(error), &egress.refusals()))?;
        egress.take_work_emails().show_departures(&mut planned);
        Ok(planned)
    }

    async fn attempt(&self, change: &Change, attempt: Attempt, fence: Fence) -> Result<Attempted, HostError> {
        let repeats = self.sim.planted == Some(Planted::RepeatsWithoutLooking);
        let attempt = if repeats { Attempt::First } else { attempt };
        let ledger = hibob_egress::ledger_facts(&self.run_store, change).await?;
        let scope = ApplyScope::new(change, ledger, TENANT.0.target_settings());
        self.apply(change, attempt, fence, scope).await
    }

    async fn look(&self, change: &Change, fence: Fence) -> Result<Attempted, HostError> {
        let ledger = hibob_egress::ledger_facts(&self.run_store, change).await?;
        let scope = ApplyScope::new(change, ledger, TENANT.0.target_settings());
        self.apply(change, Attempt::AfterUnknownOutcome, fence, scope.without_writes()).await
    }

    /// The simulated host is told of a cancelled job at its own time.
    async fn stopped_by(&self, _job: Option<&str>) -> Result<Option<String>, HostError> {
        Ok(None)
    }

    async fn is_cancelled(&self, job: &str) -> Result<bool, HostError> {
        Ok(self.sim.lock().pages.cancelled.contains(job))
    }
}

impl Simulated {
    /// A call of `apply` with this scope.
    async fn apply(
        &self,
        change: &Change,
        attempt: Attempt,
        fence: Fence,
        scope: ApplyScope,
    ) -> Result<Attempted, HostError> {
        let (attempt, scope) = (attempt_in(attempt), Arc::new(scope));
        let overrun = Overrun::default();
        let egress = self.call_egress(CallKind::Apply, Grant::Apply(scope.clone()), &overrun);
        let mut egress = egress.fenced(self.run_store.clone(), fence);
        let (change, now) = (change_in(change.clone()), self.unix_seconds());
        let work =
            move |world: &mut dyn hibob_connector_core::world::World| apply(world, &TENANT.1, &change, attempt, now);
        let (outcome, entries) = call(&self.sim, &self.host, &mut egress, work).await;
        within(&overrun)?;
        let outcome = outcome_out(outcome);
        let (account, is_answered) = (scope.own(), scope.is_answered());
        let made = match (&outcome, &account) {
            (Outcome::Done(written) | Outcome::Partly(written), _) => scope.made(&written.target_id),
            (Outcome::Drifted(_) | Outcome::Failed(_) | Outcome::Refused(_), Some(account)) => scope.made(account),
            (Outcome::Drifted(_) | Outcome::Failed(_) | Outcome::Refused(_), None) => Made::Nothing,
        };
        Ok(Attempted { outcome, made, account, is_answered, refusals: egress.refusals(), entries })
    }
}
