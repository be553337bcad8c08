//! Two tenants in one process: `mallory`, whose plugin is hostile, and `acme`, whose sync must not be affected.

use crate::sync::employee;
use hibob_base::error::{Exit, HostError};
use hibob_base::job::RunKind;
use hibob_base::progress::NoProgress;
use hibob_config::tenant::TenantConfig;
use hibob_contract::Planned;
use hibob_contract::directory_sync::CheckReport;
use hibob_fakes::company::Company;
use hibob_fakes::travelperk::User;
use hibob_fakes::{Server, World};
use hibob_jobs::run::Report;
use hibob_policy::guard::Release;
use hibob_sandbox::Open as _;
use hibob_sandbox::identity::Trust;
use hibob_sandbox::plugin::Plugin;
use hibob_sandbox::tenant::Tenant;
use hibob_store::database::LedgerEntry;
use hibob_tests::setup::{Setup, runtime};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// The hostile plugin, compiled once for all tests of the process.
static HOSTILE: LazyLock<Plugin> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("hostile.wasm");
    std::fs::write(&file, hibob_hostile_component::COMPONENT).unwrap();
    Plugin::from_file(runtime(), &file, &Trust::built_in().or_unsigned()).unwrap()
});

/// The hostile plugin.
pub(super) fn hostile() -> &'static Plugin {
    &HOSTILE
}

/// How many employees the honest tenant has. Each gets an account.
const HONEST: u64 = 6;

/// Longest time of acme's sync. It takes a fraction of a second, but more on a very busy machine.
const LONGEST: Duration = Duration::from_secs(120);

/// What the hostile plugin has to do, and the limits of its tenant.
#[derive(Clone, Default)]
pub(super) struct Orders {
    /// Lines of `[limits]`.
    limits: String,
    /// What each exported function has to do.
    words: Vec<(&'static str, Vec<String>)>,
    /// What the functions for references have to do, as texts of `references.statuses`.
    statuses: Vec<String>,
    /// The URL of the tenant's HiBob, if that is not its own stand-in.
    hibob: Option<String>,
    /// The URL of its SCIM service, if that is not its own stand-in.
    scim: Option<String>,
}

impl Orders {
    /// The function `export` does what the first word says, with the other words as arguments.
    pub(super) fn of(export: &'static str, words: &[&str]) -> Self {
        Self::default().and(export, words)
    }

    /// Adds what another function does.
    pub(super) fn and(mut self, export: &'static str, words: &[&str]) -> Self {
        self.words.push((export, words.iter().map(|&word| word.to_owned()).collect()));
        self
    }

    /// Adds this line to `[limits]`.
    pub(super) fn limit(mut self, line: &str) -> Self {
        self.limits.push_str(line);
        self.limits.push('\n');
        self
    }

    /// Says what the functions for references do.
    pub(super) fn statuses(mut self, words: &[&str]) -> Self {
        self.statuses = words.iter().map(|&word| word.to_owned()).collect();
        self
    }

    /// Sets the URL of HiBob in the tenant's file.
    pub(super) fn hibob(mut self, url: &str) -> Self {
        self.hibob = Some(url.to_owned());
        self
    }

    /// Sets the URL of the SCIM service in the tenant's file.
    pub(super) fn scim(mut self, url: &str) -> Self {
        self.scim = Some(url.to_owned());
        self
    }
}

/// The two tenants.
pub(super) struct Arena {
    /// The honest tenant `acme`.
    pub(super) honest: Arc<Setup>,
    world: Arc<Mutex<World>>,
    /// Mallory's own stand-ins.
    pub(super) server: Server,
}

impl Arena {
    /// Both tenants in one data directory, each with its own stand-ins. Mallory's target has three accounts, `100` to
    /// `102`.
    pub(super) async fn new() -> Self {
        let people = (1..=HONEST).map(|id| employee(&id.to_string(), "Ana", &format!("{id}@acme.example"))).collect();
        let honest = Arc::new(Setup::of(people).await);
        let mut world = World::new(Company::of(vec![employee("1", "Mallory", "m@mallory.example")]), 2);
        for name in ["a", "b", "c"] {
            world.travelperk.insert_user(User::new(&format!("{name}@mallory.example"), "Given", "Family"));
        }
        world.hibob.token = "mallorys-hibob-token".to_owned();
        world.travelperk.api_key = "mallorys-travelperk-key".to_owned();
        let world = Arc::new(Mutex::new(world));
        let server = Server::start(world.clone()).await.unwrap();
        Self { honest, world, server }
    }

    /// Mallory's world, between requests.
    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    /// A URL of mallory's SCIM service.
    pub(super) fn scim(&self, path: &str) -> String {
        format!("{}{path}", self.server.scim_url())
    }

    /// Writes mallory's tenant file.
    pub(super) fn tenant_file(&self, orders: &Orders) -> PathBuf {
        let (user, token, key) = {
            let world = self.world();
            (world.hibob.service_user_id.clone(), world.hibob.token.clone(), world.travelperk.api_key.clone())
        };
        let folder = self.honest.folder.path();
        std::fs::write(folder.join("mallory.token"), token).unwrap();
        std::fs::write(folder.join("mallory.key"), key).unwrap();
        let (hibob, scim) = (self.server.hibob_url(), self.server.scim_url());
        let (hibob, scim) = (orders.hibob.as_ref().unwrap_or(&hibob), orders.scim.as_ref().unwrap_or(&scim));
        let limits = &orders.limits;
        let text = format!(
            "id = \"mallory\"\n[safety]\nallow_first = true\n[hibob]\nurl = \"{hibob}\"\nservice_user = \"{user}\"\ntoken = \"file:mallory.token\"\n\
             [travelperk]\nscim_url = \"{scim}\"\nkey = \"file:mallory.key\"\nplan = \"pro\"\ncalls_per_minute = 600000\n\
             [limits]\nretry_pause_milliseconds = 5\nrate_limit_wait_seconds = 0\n{limits}"
        );
        let file = folder.join("mallory.toml");
        std::fs::write(&file, text).unwrap();
        file
    }

    /// The tenant `mallory`, applied anew with these orders. The host's ledger has the three accounts.
    pub(super) async fn mallory(&self, orders: &Orders) -> Tenant {
        let mut config = TenantConfig::read(&self.tenant_file(orders)).unwrap();
        // The orders of the hostile plugin go where the fields of HiBob are named. No file could say this.
        config.sync.sources =
            orders.words.iter().map(|(export, words)| ((*export).to_string(), words.clone())).collect();
        if let (false, Some(references)) = (orders.statuses.is_empty(), &mut config.references) {
            references.statuses.clone_from(&orders.statuses);
        }
        let json = serde_json::to_string(&config).unwrap();
        self.honest.data.control().put_tenant("mallory", &json, 0).await.unwrap();
        let tenant = self.honest.data.tenant("mallory").await.unwrap();
        for id in ["100", "101", "102"] {
            let entry = LedgerEntry { account_id: id.to_owned(), employee_id: id.to_owned(), archived_at: None };
            tenant.database().write_entries(&BTreeMap::new(), Some(&entry)).await.unwrap();
        }
        tenant
    }

    /// Repeats an attack, at least once, until acme's sync has ended, and asserts that the sync did the same as without
    /// the attack. Returns the last result.
    pub(super) async fn beside<T>(&self, mut attack: impl AsyncFnMut() -> T) -> T {
        let honest = self.honest.clone();
        let sync = tokio::spawn(async move { honest.sync().await });
        let (started, mut result) = (Instant::now(), attack().await);
        while !sync.is_finished() {
            assert!(started.elapsed() < LONGEST, "acme's sync does not end");
            result = attack().await;
        }
        let report = sync.await.unwrap();
        let synced = report.created + report.kept; // a second time there is nothing to do
        assert_eq!((report.exit(), synced, report.failed), (Exit::Done, HONEST, 0), "{:?}", report.error);
        self.nothing_has_leaked().await;
        result
    }

    /// Asserts that acme's services got requests from acme only, and no wrong ones.
    fn no_foreign_request(&self) {
        let foreign = {
            let world = self.world();
            [world.hibob.authorization(), world.travelperk.authorization()]
        };
        let world = self.honest.world();
        assert_eq!(world.travelperk.users.len() as u64, HONEST);
        let is_foreign = |(_, value): &(String, String)| foreign.contains(value);
        assert!(world.log().iter().all(|entry| entry.status < 400 && !entry.headers.iter().any(is_foreign)));
    }

    /// Asserts that nobody but acme changed acme's data.
    async fn nothing_has_leaked(&self) {
        self.no_foreign_request();
        let database = self.honest.tenant().await;
        let entries = database.database().entries("", None, 1_000, usize::MAX).await.unwrap().entries;
        assert!(!entries.is_empty() && entries.iter().all(|(key, _)| !key.starts_with("key-")));
    }

    /// A check by the hostile plugin, beside acme's sync.
    pub(super) async fn check(&self, orders: &Orders) -> Result<CheckReport, HostError> {
        let tenant = self.mallory(orders).await;
        self.beside(async || hibob_runner::check(hostile(), &tenant, Arc::new(NoProgress)).await).await
    }

    /// What the plugin reports from a check, which must have succeeded.
    pub(super) async fn saw(&self, orders: &Orders) -> Vec<String> {
        let report = self.check(orders).await.unwrap();
        report.findings.into_iter().map(|finding| finding.message).collect()
    }

    /// A plan by the hostile plugin, beside acme's sync.
    pub(super) async fn plan(&self, orders: &Orders) -> Result<Planned, HostError> {
        let tenant = self.mallory(orders).await;
        self.beside(async || hibob_runner::plan(hostile(), &tenant, Arc::new(NoProgress)).await).await
    }

    /// Whole syncs by the hostile plugin, beside acme's sync. Returns the report of the last one.
    pub(super) async fn sync(&self, orders: &Orders) -> Report {
        let tenant = self.mallory(orders).await;
        self.beside(async || self.run(&tenant).await).await
    }

    /// A whole sync by the hostile plugin, without a sync of acme.
    pub(super) async fn sync_alone(&self, orders: &Orders) -> Report {
        self.run(&self.mallory(orders).await).await
    }

    async fn run(&self, tenant: &Tenant) -> Report {
        let run = hibob_runner::start(&self.honest.data, tenant, hostile(), RunKind::Sync, Arc::new(NoProgress))
            .await
            .unwrap();
        let (mut report, planned) = match run.plan().await {
            Ok(planned) => (run.apply(&planned, Release::default()).await, Some(planned)),
            Err(error) => (Report::stopped("mallory", error), None),
        };
        run.finish(&mut report, planned.as_ref()).await.unwrap();
        report
    }
}

/// Asserts that a call ended with this error code and a message with these words.
#[track_caller]
pub(super) fn stopped<T: std::fmt::Debug>(result: Result<T, HostError>, code: &str, words: &str) {
    let error = result.unwrap_err();
    assert!(error.code() == code && error.to_string().contains(words), "{}: {error}", error.code());
}

/// The resident memory of this process, in bytes.
pub(super) fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap();
    status.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap() * 4_096
}

/// By how many bytes the process's memory grew at most during some work. Other tests of the process count too, so the
/// bounds are generous.
pub(super) async fn growth<T>(work: impl Future<Output = T>) -> (T, u64) {
    let (before, mut most) = (resident_bytes(), 0);
    let mut work = std::pin::pin!(work);
    loop {
        tokio::select! {
            done = &mut work => return (done, most.max(resident_bytes()).saturating_sub(before)),
            () = tokio::time::sleep(Duration::from_millis(20)) => most = most.max(resident_bytes()),
        }
    }
}
