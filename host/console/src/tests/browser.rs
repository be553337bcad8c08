//! The console in a real Chromium, which `browser/journeys.py` drives: accessibility of every page in light and dark, wide
//! and narrow; journeys by keyboard alone and without JavaScript; nothing that the content policy reports.
//!
//! `HIBOB_BROWSER` names a folder in which the packages of `browser/requirements.txt` are installed, in `venv`. Where it is
//! not set, the test says so and passes; where it is, Chromium has to be there.

use super::{MARKUP, Site, TURNED, change, changes, config, guards};
use hibob_base::progress::Progress;
use hibob_config::applied_by::AppliedBy;
use hibob_contract::directory_sync::{Change, ChangeKind, FieldChange};
use hibob_contract::types::Value;
use hibob_jobs::interrupt::Interrupt;
use hibob_server::api::{Access, Listener};
use hibob_server::serve::{Phase, Settings, Work, serve};
use hibob_store::database::{DeliveryState, WhyNone};
use hibob_store::queue::{Claimed, End, State};
use hibob_store::token::TokenRole;
use serde_json::json;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// A worker that does nothing, and says how far it is. In the middle of each job it waits as long as this file is there.
struct Idle {
    hold: PathBuf,
}

/// How many steps a job has.
const STEPS: u64 = 25;

/// Between two looks at the file.
const LOOK: Duration = Duration::from_millis(20);

impl Work for Idle {
    async fn carry_out(&self, _: &Claimed, progress: Arc<dyn Progress>, _: Interrupt) -> End {
        for step in 1..=STEPS {
            progress.report("reading employees", step, Some(STEPS));
            while step == STEPS / 2 && self.hold.exists() {
                tokio::time::sleep(LOOK).await;
            }
        }
        let permissions = json!([{ "permission": "Work", "granted": true, "needed_for": ["names"] }]);
        End::Ended(State::Done, json!({ "exit_code": 0, "employees": 250, "permissions": permissions }))
    }
}

fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|path| path.is_file())
}

/// A thousand changes of people with plain names.
fn many() -> Vec<Change> {
    let row = |number: u32| {
        let text = |text: String| Some(Value::Text(text));
        let field = FieldChange {
            field: "cost-center".to_owned(),
            before: text("Sales".to_owned()),
            after: text(format!("Customer Care {}", number % 7)),
        };
        change(&format!("update-{number}"), ChangeKind::Update, &format!("Person {number}"), vec![field])
    };
    (0..1_000).map(row).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_in_chromium() {
    let Some(folder) = std::env::var_os("HIBOB_BROWSER").map(PathBuf::from) else {
        let message = "HIBOB_BROWSER is not set: the test of the console in Chromium is passed over";
        writeln!(std::io::stderr(), "{message}").unwrap();
        return;
    };
    let chromium = program("chromium").expect("HIBOB_BROWSER is set, and there is no `chromium` in PATH");
    let site = Site::new().await;
    site.api.answer_beside(site.router.clone());
    let listener = Listener::bind(SocketAddr::from(([127, 0, 0, 1], 0)), Access::default()).await.unwrap();
    let url = format!("http://{}", listener.address());
    let (say, phase) = watch::channel(Phase::Work);
    let (api, leaving) = (site.api.clone(), phase.clone());
    let answering = tokio::spawn(async move { listener.serve(&api, leaving, std::future::pending()).await });

    let (_, token) = site.token(TokenRole::Operator, None).await;
    let (admin, _) = site.token(TokenRole::Admin, Some("acme")).await;
    let link = crate::new_link(site.data.control(), &admin, "joe@acme.example").await.unwrap();
    site.data.put(&config("initech"), AppliedBy::Api).await.unwrap();
    let run = site.run().await;
    let plan_path = |digest: &str| format!("/console/tenants/acme/plans/{}", &digest[..12]);
    let long = site.plan(many(), &json!([])).await;
    // Each takes the place of the one before; the last one of each tenant waits.
    let replaced = site.plan(changes(), &guards()).await;
    let rejectable = site.plan_of("globex", changes(), &json!([])).await;
    let waiting = site.plan(changes(), &guards()).await;
    site.issuing().await;
    let valid = site.reference("7", "Maeve Quinn").await;
    let refused = site.reference("8", "Yael Peretz").await;
    site.attempted(&refused, DeliveryState::Refused, "550 5.1.1 no such user").await;
    let revocable = site.reference("9", "Freja Cohen").await;
    site.attempted(&revocable, DeliveryState::Delivered, "250 OK").await;
    site.waits(&[("11", MARKUP, WhyNone::Transfer), ("12", TURNED, WhyNone::LastDay)]).await;
    let queued = site.job().await;
    let (data, working) = (site.data.clone(), phase.clone());
    let settings = Settings { workers: 4, ..Settings::default() };
    let hold = site.data.path().join("hold");
    let idle = Arc::new(Idle { hold: hold.clone() });
    let working = tokio::spawn(async move {
        serve(data.queue(), idle, settings, data.metrics(), working).await;
    });
    let argument = json!({
        "url": url, "token": token, "link": link, "chromium": chromium, "hold": hold,
        // Those of the first 500 whose name begins with "Person 47".
        "found": 11, "long_plan": plan_path(&long), "revocable": &revocable[..12],
        "pages": {
            "overview": "/console", "tenant": "/console/tenants/acme", "plan": plan_path(&waiting),
            "job": format!("/console/tenants/acme/jobs/{queued}"),
            "history": "/console/tenants/acme/runs", "run": format!("/console/tenants/acme/runs/{run}"),
            "empty": "/console/tenants/globex", "empty-history": "/console/tenants/globex/runs",
            "timeline": "/console/tenants/acme/timeline", "timeline-empty": "/console/tenants/globex/timeline?kind=secret",
            "secrets": "/console/tenants/acme/secrets", "settings": "/console/tenants/acme/settings",
            "setup": "/console/tenants/acme/setup", "setup-people": "/console/tenants/acme/setup/people",
            "setup-permissions": "/console/tenants/acme/setup/permissions",
            "setup-companies": "/console/tenants/acme/setup/companies",
            "setup-approvals": "/console/tenants/acme/setup/approvals",
            "settings-versions": "/console/tenants/acme/settings/versions", "disable": "/console/tenants/acme/disable", "replaced-plan": plan_path(&replaced),
            "references": "/console/tenants/acme/references", "references-off": "/console/tenants/globex/references",
            "references-held": "/console/tenants/acme/references?state=held",
            "reference": format!("/console/tenants/acme/references/{valid}"),
            "reference-refused": format!("/console/tenants/acme/references/{refused}"),
            "keys": "/console/tenants/acme/references/keys", "keys-dns": "/console/tenants/acme/references/keys?dns",
            "rejectable-plan": format!("/console/tenants/globex/plans/{}", &rejectable[..12]),
        },
    });
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("browser/journeys.py");
    let done = tokio::task::spawn_blocking(move || {
        Command::new(folder.join("venv/bin/python")).arg(script).arg(argument.to_string()).output()
    });
    let output = done.await.unwrap().unwrap();
    say.send_replace(Phase::Save);
    working.await.unwrap();
    answering.await.unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    writeln!(std::io::stderr(), "{text}").unwrap();
    assert!(output.status.success(), "{text}");
}
