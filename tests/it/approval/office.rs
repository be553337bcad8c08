//! A company of twenty employees, all synced, whose plans wait for Ana's approval.

use crate::sync::employee;
use hibob_base::error::HostError;
use hibob_base::progress::NoProgress;
use hibob_fakes::company::Employee;
use hibob_fakes::{Fault, FaultKind};
use hibob_jobs::approval;
use hibob_jobs::approval::{Decider, DecisionResult};
use hibob_jobs::interrupt::Interrupt;
use hibob_policy::guard::Release;
use hibob_runner::Jobs;
use hibob_server::serve::Work;
use hibob_store::database::{ApprovalRow, PastRun, TenantDatabase};
use hibob_store::queue::{Arguments, End, NewJob, Selection, State};
use hibob_tests::setup::{Setup, plugin, today};
use serde_json::Value;
use sqlx::{Connection, SqliteConnection};
use std::sync::Arc;
use std::time::Duration;

pub(crate) const ABOVE_LIMITS: &str = "[safety]\napproval = \"above-limits\"\n";
pub(crate) const ANA: &str = "ana@acme.example";
pub(crate) const EVA: &str = "eva@acme.example";
const BY_ANA: Decider<'static> = Decider { by: ANA, with: "token 1" };

/// Longer than anything here takes.
const LEASE: Duration = Duration::from_secs(120);

pub(crate) struct Office {
    pub(crate) setup: Setup,
}

impl Office {
    pub(crate) async fn new(safety: &str) -> Self {
        let people: Vec<Employee> =
            (1..=20).map(|id| employee(&id.to_string(), "Ana", &format!("{id}@x.example"))).collect();
        let setup = Setup::of(people).await;
        // One change after the other, so that accounts get the same ids in each test.
        setup.apply_tenant("acme", "[sync]\nparallel_changes = 1\n").await;
        assert_eq!(setup.sync().await.created, 20);
        setup.writes();
        setup.apply_tenant("acme", safety).await;
        Self { setup }
    }

    pub(crate) fn leave(&self, ids: impl IntoIterator<Item = usize>) {
        for id in ids {
            self.setup.world().hibob.employee_mut(&id.to_string()).terminate(today());
        }
    }

    /// Takes terminations back, as if they had been a mistake.
    pub(crate) fn come_back(&self, ids: impl IntoIterator<Item = usize>) {
        for id in ids {
            let id = id.to_string();
            *self.setup.world().hibob.employee_mut(&id) = employee(&id, "Ana", &format!("{id}@x.example"));
        }
    }

    pub(crate) fn rename(&self, id: &str, first: &str) {
        self.setup.world().hibob.employee_mut(id).first_name = first.to_owned();
    }

    pub(crate) fn hire(&self, id: &str) {
        self.setup.world().hibob.insert(employee(id, "Eva", &format!("{id}@x.example")));
    }

    /// How many accounts are archived.
    pub(crate) fn archived(&self) -> usize {
        self.setup.world().travelperk.users.iter().filter(|user| user.external_id.is_some() && !user.active).count()
    }

    /// How many archivings the stand-in has carried out since the last call.
    pub(crate) fn archivings(&self) -> usize {
        self.setup.world().log().iter().filter(|entry| entry.is_write() && (200..300).contains(&entry.status)).count()
    }

    /// Makes a sync, and returns the plan that waits after it.
    pub(crate) async fn waiting(&self) -> String {
        let report = self.setup.sync().await;
        report.waiting.unwrap_or_else(|| panic!("nothing waits: {:?}", report.error)).plan
    }

    pub(crate) async fn database(&self) -> TenantDatabase {
        self.setup.data.tenant_database("acme").await.unwrap()
    }

    /// The plan that is waiting or approved.
    pub(crate) async fn open(&self) -> Option<String> {
        Some(self.database().await.open_approval(now()).await.unwrap()?.plan)
    }

    pub(crate) async fn row(&self, plan: &str) -> ApprovalRow {
        approval::get(&self.database().await, "acme", plan, now()).await.unwrap()
    }

    /// The states of all plans, the newest first.
    pub(crate) async fn states(&self) -> Vec<&'static str> {
        self.database().await.approvals(now(), 100).await.unwrap().iter().map(|row| row.state.word()).collect()
    }

    pub(crate) async fn approve(&self, plan: &str) -> Result<DecisionResult, HostError> {
        self.approve_by(plan, BY_ANA).await
    }

    pub(crate) async fn approve_by(&self, plan: &str, who: Decider<'_>) -> Result<DecisionResult, HostError> {
        approval::approve(&self.setup.data, "acme", plan, who, now()).await
    }

    pub(crate) async fn approve_at(&self, plan: &str, now: i64) -> Result<DecisionResult, HostError> {
        approval::approve(&self.setup.data, "acme", plan, BY_ANA, now).await
    }

    pub(crate) async fn reject(&self, plan: &str) -> Result<DecisionResult, HostError> {
        approval::reject(&self.setup.data, "acme", plan, BY_ANA, "they still work here", now()).await
    }

    pub(crate) async fn start_sync(&self, who: &str) {
        let (tenant, arguments) = ("acme".to_owned(), Arguments::Sync(Release::default()));
        let new = NewJob { tenant, arguments, requested_by: Some(who.to_owned()) };
        self.setup.data.start(&new).await.unwrap();
    }

    /// How many jobs are queued or running.
    pub(crate) async fn jobs(&self) -> usize {
        self.setup.data.queue().list(Selection { tenant: None, ended_max: 0 }).await.unwrap().len()
    }

    /// Carries out the next job, as a serving host does.
    pub(crate) async fn serve(&self) -> (State, Value) {
        let queue = self.setup.data.queue();
        let job = queue.claim("a host", LEASE).await.unwrap().unwrap();
        let end = jobs(&self.setup).carry_out(&job, Arc::new(NoProgress), Interrupt::default()).await;
        queue.end(&job, &end).await.unwrap();
        match end {
            End::Ended(state, result) => (state, result),
            End::Again(_) => panic!("another run goes on"),
        }
    }

    /// Begins the next job, and ends its host while the third write gets no answer.
    pub(crate) async fn serve_until_a_write_hangs(&self) {
        let hang = Fault::once("/Users/", FaultKind::Hang).on("PATCH").after(2);
        self.setup.world().travelperk.faults.push(hang);
        let queue = self.setup.data.queue();
        let job = queue.claim("a host", LEASE).await.unwrap().unwrap();
        let hangs = async {
            while self.archivings() < 2 {
                tokio::time::sleep(Duration::from_millis(1)).await; // between two looks at the condition
            }
        };
        let jobs = jobs(&self.setup);
        tokio::select! {
            end = jobs.carry_out(&job, Arc::new(NoProgress), Interrupt::default()) => panic!("it ended: {end:?}"),
            () = hangs => {}
        }
        queue.end(&job, &End::Again(Duration::ZERO)).await.unwrap();
        self.setup.world().travelperk.faults.clear();
        while self.setup.data.control().is_leased("acme").await.unwrap() {
            tokio::time::sleep(Duration::from_millis(1)).await; // between two looks at the condition
        }
    }

    /// The run in which a job has ended.
    pub(crate) async fn past_run(&self, result: &Value) -> PastRun {
        let run = result["run"].as_i64().unwrap_or_else(|| panic!("no run: {result}"));
        self.setup.data.records("acme").await.unwrap().past_run(run).await.unwrap().unwrap()
    }

    /// The codes in a run's workbook.
    pub(crate) async fn workbook_codes(&self, run: &PastRun) -> Vec<String> {
        use calamine::{Reader, Xlsx};
        let path = self.setup.folder.path().join("run.xlsx");
        let number = run.id.to_string();
        let args = ["history", "acme", &number, "--xlsx", path.to_str().unwrap()];
        assert!(crate::cli::program(self.setup.folder.path(), &args).output().unwrap().status.success());
        let mut book: Xlsx<_> = calamine::open_workbook(path).unwrap();
        let sheet = book.worksheet_range("Errors").unwrap();
        sheet.rows().skip(1).map(|row| row[1].to_string()).collect()
    }

    async fn connection(&self) -> SqliteConnection {
        let path = self.setup.folder.path().join("data/tenants/acme.db");
        SqliteConnection::connect(&format!("sqlite://{}", path.display())).await.unwrap()
    }

    /// The ids of the plans that have a journal since the first sync.
    pub(crate) async fn journalled(&self) -> Vec<String> {
        let sql = "SELECT plan FROM journals ORDER BY id LIMIT 100 OFFSET 1";
        sqlx::query_scalar(sql).fetch_all(&mut self.connection().await).await.unwrap()
    }

    /// Replaces the stored bytes of a plan.
    pub(crate) async fn replace_plan(&self, plan: &str, content: &str) {
        let sql = "UPDATE plans SET content = CAST($1 AS BLOB) WHERE digest = $2";
        sqlx::query(sql).bind(content).bind(plan).execute(&mut self.connection().await).await.unwrap();
    }

    pub(crate) async fn execute(&self, sql: &'static str) {
        sqlx::query(sql).execute(&mut self.connection().await).await.unwrap();
    }
}

fn jobs(setup: &Setup) -> Jobs {
    Jobs::new(setup.data.clone(), plugin().clone())
}

fn now() -> i64 {
    chrono::Utc::now().timestamp()
}
