//! Tests of the first sync of a tenant, which a person confirms once. They can be read as a manual.

use super::cli::{Fakes, Shell, program, share_compiled};
use super::every_command::has_script;
use super::sync::employee;
use hibob_fakes::travelperk::User;
use hibob_fakes::{Fault, FaultKind};
use hibob_tests::setup::{Setup, today};
use serde_json::{Value, json};
use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// The pause between two looks at whether something has happened.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// A company of six. Two have accounts already: Bea's is active, and Cem's was archived by somebody. A guest has the
/// company's domain too, and a partner has another one.
async fn company() -> Setup {
    let names = ["Ana", "Bea", "Cem", "Dov", "Eva", "Fay"];
    let people = names.iter().zip(1..).map(|(name, id)| {
        let id: i32 = id;
        employee(&id.to_string(), name, &format!("{}@x.example", name.to_lowercase()))
    });
    let setup = Setup::of(people.collect()).await;
    {
        let mut world = setup.world();
        for (name, is_active) in
            [("bea@x.example", true), ("cem@x.example", false), ("guest@x.example", true), ("p@y.example", true)]
        {
            let id = world.travelperk.insert_user(User::new(name, "Some", "Body"));
            world.travelperk.users.get_mut(id).unwrap().active = is_active;
        }
    }
    share_compiled(setup.data.path());
    store(&setup, |_| {}).await;
    setup
}

/// Stores the tenant as its file has it, with this change: what a first sync needs a yes for is not set.
async fn store(setup: &Setup, change: impl FnOnce(&mut hibob_config::tenant::TenantConfig)) {
    let mut config = setup.unchecked(&setup.tenant_file("acme", ""));
    change(&mut config);
    setup.data.control().put_tenant("acme", &serde_json::to_string(&config).unwrap(), 0).await.unwrap();
}

/// Runs a command with `--json` against the company's data, without a terminal.
fn run(setup: &Setup, args: &[&str]) -> (i32, Value) {
    let output = program(setup.folder.path(), args).arg("--json").stdin(Stdio::null()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    (output.status.code().unwrap(), serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}")))
}

/// Whether the employee with this id has an account, and whether it is active.
fn account(setup: &Setup, id: &str) -> Option<bool> {
    setup.world().travelperk.user_by_external_id(id).map(|user| user.active)
}

/// What the company's first sync would do.
fn numbers() -> Value {
    json!({ "create": 4, "adopt": 1, "update": 0, "reactivate": 1, "archive": 0, "same_domain_accounts": 3 })
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_terminal_the_first_sync_is_held_until_yes_is_given() {
    let setup = company().await;
    let (exit, plan) = run(&setup, &["plan", "acme"]);
    assert_eq!((exit, &plan["first"]), (3, &numbers()), "Cem's account would be held: {plan}");
    for _ in 0..2 {
        let (exit, held) = run(&setup, &["sync", "acme"]);
        assert_eq!((exit, &held["error"]["code"], &held["first"]), (3, &"HELD".into(), &numbers()), "{held}");
        let message = held["error"]["message"].as_str().unwrap();
        let told = "4 accounts to create, 1 to adopt, 0 to update, 0 to archive and 1 to reactivate; 3 of the accounts that TravelPerk has share the company's email domains";
        assert!(message.contains(told), "{message}");
        assert!(held["error"]["remedy"].as_str().unwrap().contains("--yes"), "{held}");
        assert_eq!(held["held"], json!([{ "class": "reactivating", "employee_id": "3", "display_name": "Cem Ruiz" }]));
        assert_eq!(setup.writes(), 0);
    }
    // Cem's account stays held; everybody else's is made.
    let (exit, report) = run(&setup, &["sync", "acme", "--yes"]);
    assert_eq!((exit, &report["created"], &report["adopted"]), (3, &4.into(), &1.into()), "{report}");
    assert_eq!(report["held"][0]["employee_id"], "3");
    assert!(report["guards"][0]["remedy"].as_str().unwrap().contains("--reactivate"), "{report}");
    assert_eq!((account(&setup, "1"), account(&setup, "2"), account(&setup, "3")), (Some(true), Some(true), None));
    // The first sync is over: whoever is hired gets an account without a yes. Cem still needs one.
    setup.world().hibob.employees.insert("7".to_owned(), employee("7", "Gil", "gil@x.example"));
    let (exit, report) = run(&setup, &["sync", "acme"]);
    assert_eq!((exit, &report["created"], &report["held"][0]["employee_id"]), (3, &1.into(), &"3".into()), "{report}");
    assert!(
        report["first"].is_null()
            && setup.world().travelperk.user_by_name("cem@x.example").is_some_and(|user| !user.active)
    );
    let (exit, report) = run(&setup, &["sync", "acme", "--reactivate"]);
    assert_eq!((exit, &report["reactivated"], account(&setup, "3")), (0, &1.into(), Some(true)), "{report}");
    // That yes is given: Cem leaves, comes back, and is active again.
    setup.world().hibob.employee_mut("3").terminate(today());
    assert_eq!((run(&setup, &["sync", "acme"]).0, account(&setup, "3")), (0, Some(false)));
    setup.world().hibob.employee_mut("3").employ(today());
    assert_eq!((run(&setup, &["sync", "acme"]).0, account(&setup, "3")), (0, Some(true)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saved_plan_of_the_first_sync_is_held_and_is_not_used_up() {
    let setup = company().await;
    run(&setup, &["plan", "acme", "--out", "acme.plan"]);
    let (exit, held) = run(&setup, &["apply", "acme.plan"]);
    assert_eq!((exit, &held["error"]["code"], setup.writes()), (3, &"HELD".into(), 0), "{held}");
    let (exit, report) = run(&setup, &["apply", "acme.plan", "--yes", "--reactivate"]);
    assert_eq!((exit, &report["created"], &report["reactivated"]), (0, &4.into(), &1.into()), "{report}");
    let (_, audit) = run(&setup, &["audit"]);
    assert_eq!(audit["audit"][0]["object"], "--yes --reactivate", "{audit}");
}

/// `safety.allow_first` is the yes for creating and adopting, and not for inactive accounts.
#[tokio::test(flavor = "multi_thread")]
async fn a_setting_allows_the_first_sync_but_no_reactivation() {
    let setup = company().await;
    store(&setup, |config| config.safety.allow_first = true).await;
    let (exit, report) = run(&setup, &["sync", "acme"]);
    assert_eq!((exit, &report["created"], &report["adopted"]), (3, &4.into(), &1.into()), "{report}");
    assert_eq!(report["held"][0]["employee_id"], "3");
}

/// What an interruption has left of a confirmed plan needs no second yes, and anything else does.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_left_of_a_confirmed_first_sync_needs_no_second_yes() {
    let setup = company().await;
    store(&setup, |config| config.sync.parallel_changes = std::num::NonZeroU32::MIN).await;
    setup.world().travelperk.faults.push(Fault::once("/Users", FaultKind::Hang).on("POST").after(1));
    let command = |args: &[&str]| {
        let mut command = program(setup.folder.path(), args);
        command.arg("--json").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    };
    let mut child: Child = command(&["sync", "acme", "--yes", "--reactivate"]);
    while setup.world().travelperk.faults.iter().any(|fault| fault.times > 0) {
        assert!(child.try_wait().unwrap().is_none(), "the sync has ended");
        tokio::time::sleep(LOOK_EVERY).await;
    }
    Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    let marked = async || {
        let open = setup.data.tenant_database("acme").await.unwrap().interrupted_plan().await.unwrap();
        open.is_some_and(|open| open.interrupted.is_some())
    };
    while !marked().await {
        assert!(child.try_wait().unwrap().is_none(), "the sync has ended");
        tokio::time::sleep(LOOK_EVERY).await;
    }
    setup.world().travelperk.faults.clear();
    // The second signal does not wait for what hangs.
    Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(8));
    let url = format!("sqlite:{}", setup.data.path().join("control.db").display());
    let control = sqlx::SqlitePool::connect(&url).await.unwrap();
    sqlx::query("UPDATE leases SET expires_at = 0").execute(&control).await.unwrap();
    assert_eq!(run(&setup, &["runs", "abandon", "acme"]).0, 0);
    let made = setup.writes();
    assert!(made < 6, "{made} writes");

    // Somebody is hired meanwhile: that was not confirmed.
    setup.world().hibob.employees.insert("7".to_owned(), employee("7", "Gil", "gil@x.example"));
    let (exit, held) = run(&setup, &["sync", "acme"]);
    assert_eq!((exit, &held["error"]["code"], setup.writes()), (3, &"HELD".into(), 0), "{held}");
    setup.world().hibob.employees.remove("7");
    let (exit, report) = run(&setup, &["sync", "acme"]);
    assert_eq!((exit, &report["held"]), (0, &json!([])), "{report}");
    assert_eq!((1..=6).map(|id| account(&setup, &id.to_string())).collect::<Vec<_>>(), [Some(true); 6]);
}

/// A host that serves has nobody to ask: the plan waits for its approval, which is also the yes for inactive accounts.
#[test]
fn in_a_host_that_serves_the_first_sync_waits_for_an_approval_of_its_plan() {
    let shell = Shell::new();
    let fakes = Fakes::unconfirmed(&shell, &["--employees", "12"]);
    assert_eq!(shell.json(&["tenant", "apply", "acme.toml"]).0, 0);
    let _host =
        Serving(shell.command(&["serve", "--json"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    let sync = || shell.json(&["jobs", "start", "acme", "sync", "--wait"]);
    let (exit, job) = sync();
    assert_eq!((exit, &job["state"], fakes.writes()), (6, &"waiting-for-approval".into(), 0), "{job}");
    let (_, plans) = shell.json(&["plans", "acme"]);
    let plan = &plans["plans"][0];
    assert!(plan["why"][0].as_str().unwrap().contains("the first sync has"), "{plans}");
    assert_eq!((&plan["state"], plans["plans"].as_array().unwrap().len()), (&"waiting".into(), 1));
    // It goes on waiting, and a command without a yes names it.
    assert_eq!((sync().0, fakes.writes()), (6, 0));
    let digest = plan["plan"].as_str().unwrap();
    let (exit, held) = shell.json(&["sync", "acme"]);
    assert_eq!((exit, fakes.writes()), (3, 0), "{held}");
    assert!(held["error"]["remedy"].as_str().unwrap().contains(&digest[..12]), "{held}");
    let by = ["--by", "ana@acme.example"];
    let (exit, approved) = shell.json(&[&["plans", "approve", "acme", digest][..], &by].concat());
    assert_eq!((exit, &approved["state"]), (0, &"approved".into()), "{approved}");
    let ended = || {
        let (_, jobs) = shell.json(&["jobs", "acme"]);
        let apply = jobs["jobs"].as_array().unwrap().iter().find(|job| job["kind"] == "apply").unwrap().clone();
        (!apply["ended_at"].is_null()).then_some(apply)
    };
    let applied = loop {
        if let Some(job) = ended() {
            break job;
        }
    };
    assert_eq!(applied["state"], "done", "{applied}");
    assert!(fakes.writes() > 0);
    // From now on nothing waits.
    let (exit, job) = sync();
    assert_eq!((exit, &job["state"]), (0, &"done".into()), "{job}");
}

/// The file that `tenant init` writes has plans above the limits wait. A person's yes is enough for a first sync that is
/// not above them. Without one a saved plan waits, and once it is approved it can be applied as the file that it is.
#[test]
fn where_plans_above_the_limits_wait_the_first_sync_needs_a_yes_or_an_approval() {
    let above_limits = |shell: &Shell| {
        let fakes = Fakes::unconfirmed(shell, &["--employees", "12"]);
        let file = shell.path("acme.toml");
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, format!("{text}\n[safety]\napproval = \"above-limits\"\n")).unwrap();
        assert_eq!(shell.json(&["tenant", "apply", "acme.toml"]).0, 0);
        fakes
    };
    let shell = Shell::new();
    let fakes = above_limits(&shell);
    let (exit, report) = shell.json(&["sync", "acme", "--yes"]);
    assert_eq!((exit, report["created"].as_u64().unwrap() > 5), (0, true), "{report}");
    assert!(fakes.writes() > 0);

    let shell = Shell::new();
    let fakes = above_limits(&shell);
    assert_eq!(shell.json(&["plan", "acme", "--out", "acme.plan"]).0, 0);
    let (exit, waits) = shell.json(&["apply", "acme.plan"]);
    assert_eq!((exit, fakes.writes()), (6, 0), "{waits}");
    let digest = waits["waiting"]["plan"].as_str().unwrap();
    let approve = ["plans", "approve", "acme", digest, "--by", "ana@acme.example"];
    assert_eq!(shell.json(&approve).0, 0);
    let (exit, report) = shell.json(&["apply", "acme.plan"]);
    assert_eq!((exit, report["created"].as_u64().unwrap() > 5), (0, true), "{report}");
    let (exit, again) = shell.json(&["apply", "acme.plan"]);
    assert_eq!((exit, &again["error"]["code"]), (2, &"PLAN_ALREADY_APPLIED".into()), "{again}");
}

/// At a terminal there is a question. Anything but `yes` is a no.
#[test]
fn at_a_terminal_the_first_sync_asks() {
    if !has_script() {
        let _ = writeln!(std::io::stderr(), "SKIPPED: the program `script`, which makes a terminal, is not installed");
        return;
    }
    let shell = Shell::new();
    let fakes = Fakes::unconfirmed(&shell, &["--employees", "12"]);
    assert_eq!(shell.json(&["tenant", "apply", "acme.toml"]).0, 0);
    let answer = |answer: &str| {
        let command = shell.command(&["sync", "acme"]);
        let words: Vec<_> = command.get_args().map(|word| word.to_string_lossy().into_owned()).collect();
        let line = format!("{} {}", command.get_program().to_string_lossy(), words.join(" "));
        let mut script = Command::new("script");
        script.args(["--quiet", "--return", "--command", &line, "/dev/null"]).current_dir(shell.path(""));
        let mut terminal = script.env("TERM", "dumb").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut input = terminal.stdin.take().unwrap();
        writeln!(input, "{answer}").unwrap();
        // The terminal stays open until the program has ended.
        let output = terminal.wait_with_output().unwrap();
        drop(input);
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let (code, text) = answer("no");
    assert_eq!((code, fakes.writes()), (Some(3), 0), "{text}");
    assert!(text.contains("accounts to create") && text.contains("type yes to go on"), "{text}");
    let (code, text) = answer("yes");
    assert_eq!(code, Some(0), "{text}");
    assert!(fakes.writes() > 0);
    // It is asked once.
    let (code, text) = answer("no");
    assert!(code == Some(0) && !text.contains("type yes"), "{text}");
}

/// A host that serves, until the end of the test.
struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
