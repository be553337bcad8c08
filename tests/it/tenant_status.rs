//! Tests of a tenant's status, through the program and the API.

use crate::api::{Host, tenant, token};
use crate::cli::Shell;
use hibob_base::job::RunKind;
use hibob_config::tenant::TenantConfig;
use hibob_store::data_dir::DataDir;
use hibob_store::database::NewJournal;
use serde_json::{Value, json};

/// The status of `acme`, as `tenant list`, `tenant show` and the API show it, which is the same.
fn status(shell: &Shell, host: &Host, token: &str) -> Value {
    let (exit, shown) = shell.json(&["tenant", "show", "acme"]);
    assert_eq!(exit, 0, "{shown}");
    let (_, listed) = shell.json(&["tenant", "list"]);
    let row = listed["tenants"].as_array().unwrap().iter().find(|row| row["tenant"] == "acme").unwrap().clone();
    let (_, answered) = host.json(token, "GET", "/v1/tenants/acme", "");
    assert_eq!((&shown["status"], &shown["status"]), (&row["status"], &answered["status"]));
    shown["status"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_status_is_the_same_wherever_it_is_shown() {
    let shell = Shell::new();
    let _server = tenant(&shell, "acme").await;
    let file = std::fs::read_to_string(shell.path("acme.toml")).unwrap();
    let file = file.replace("[safety]\n", "[safety]\napproval = \"always\"\n") + "[schedule]\nsync = \"0 2 * * *\"\n";
    std::fs::write(shell.path("acme.toml"), &file).unwrap();
    assert_eq!(shell.json(&["tenant", "apply", "acme.toml"]).0, 0);
    let operator = token(&shell, &["--role", "operator"]);
    let host = Host::start(&shell, &[]);
    let status = || status(&shell, &host, &operator);
    let conditions = || {
        let words = status()["conditions"].as_array().unwrap().clone();
        words.iter().map(|row| row["condition"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let ready = status();
    assert_eq!((&ready["state"], &ready["conditions"]), (&json!("ready"), &json!([])));
    let next = &ready["next_starts"][0];
    assert!(next["kind"] == "sync" && next["at"].as_i64().unwrap() > chrono::Utc::now().timestamp(), "{next}");

    // A plan that waits, a secret whose file is gone, and a run that was interrupted.
    assert_eq!(shell.json(&["sync", "acme"]).0, 6);
    assert_eq!(conditions(), ["plan-waiting"]);
    std::fs::rename(shell.path("acme.key"), shell.path("gone.key")).unwrap();
    assert_eq!(conditions(), ["secrets-missing", "plan-waiting"]);
    assert_eq!(status()["conditions"][0]["names"], json!(["travelperk.key"]));
    std::fs::rename(shell.path("gone.key"), shell.path("acme.key")).unwrap();
    let data = DataDir::open(&shell.path("data")).await.unwrap();
    let database = data.tenant_database("acme").await.unwrap();
    let new = NewJournal {
        kind: RunKind::Sync,
        started_at: 1_767_225_600,
        digest: "0",
        plan: b"{}",
        held: "{}",
        settings: "settings",
        plugin: "plugin",
        changes: 1,
        job: None,
        saved: None,
    };
    let lease = data.control().lease("acme", "a run").await.unwrap();
    let fence = database.take_fence(lease.generation()).await.unwrap();
    database.begin_journal(fence, &new).await.unwrap();
    assert_eq!(conditions(), ["plan-waiting"], "somebody is at work on it");
    lease.release().await.unwrap();
    assert_eq!(conditions(), ["run-interrupted", "plan-waiting"]);
    assert_eq!(status()["conditions"][0]["since"], 1_767_225_600);

    let disable = ["tenant", "disable", "acme", "--by", "ana@acme.example", "--reason", "a new contract"];
    assert_eq!(shell.json(&disable).0, 0);
    assert_eq!(conditions(), ["disabled", "run-interrupted", "plan-waiting"]);
    let disabled = status();
    assert_eq!((&disabled["state"], &disabled["next_starts"]), (&json!("disabled"), &json!([])));
    let row = &disabled["conditions"][0];
    assert_eq!((&row["by"], &row["reason"]), (&json!("ana@acme.example"), &json!("a new contract")));
    for args in [["tenant", "list"].as_slice(), &["tenant", "show", "acme"]] {
        let text = String::from_utf8(shell.run(args).stdout).unwrap();
        let words = [" by ana@acme.example: a new contract", "a run was interrupted", "waits for approval until"];
        assert!(words.iter().all(|word| text.contains(word)), "{text}");
    }
    // What is shown of a tenant is a tenant's file.
    let shown = String::from_utf8(shell.run(&["tenant", "show", "acme"]).stdout).unwrap();
    std::fs::write(shell.path("shown.toml"), shown).unwrap();
    assert_eq!(TenantConfig::read(&shell.path("shown.toml")).unwrap(), data.config("acme").await.unwrap());
    for (more, words) in [(["--by", "ana"], "by their work email"), (["--reason", " "], "in one line")] {
        let (exit, error) = shell.json(&[&["tenant", "disable", "acme"], more.as_slice()].concat());
        assert!(exit == 2 && error["error"]["remedy"].as_str().unwrap().contains(words), "{error}");
    }
    assert_eq!(shell.json(&["tenant", "enable", "acme", "--by", "ana@acme.example"]).0, 0);
    assert_eq!(conditions(), ["run-interrupted", "plan-waiting"]);
    assert_eq!(status()["next_starts"][0]["kind"], "sync");
}
