//! Tests of a tenant with references and without TravelPerk: whatever needs TravelPerk names the missing table, and
//! nothing of TravelPerk is stored, read or called.

use super::cli::{Fakes, Shell};
use super::references::TABLE;
use super::secrets::with_input;
use super::sync::employee;
use hibob_base::error::HostError;
use hibob_base::job::RunKind;
use hibob_base::progress::NoProgress;
use hibob_base::secret::SecretName;
use hibob_config::applied_by::AppliedBy;
use hibob_config::tenant::TenantConfig;
use hibob_fakes::Service;
use hibob_sandbox::call::{Call, Job};
use hibob_tests::setup::{Setup, plugin};
use serde_json::{Value, json};
use std::sync::Arc;

/// The text of a tenant's file without its table `[travelperk]`.
pub(crate) fn without_travelperk(text: &str) -> String {
    let (before, table) = text.split_once("[travelperk]\n").unwrap();
    let (_, after) = table.split_once("\n[").unwrap();
    format!("{before}[{after}")
}

#[track_caller]
fn assert_names_the_table(error: &HostError) {
    assert_eq!((error.code(), error.to_string().as_str()), ("CONFIGURATION", "tenant acme has no TravelPerk to sync"));
    assert!(error.remedy().contains("add the table [travelperk]"), "{}", error.remedy());
}

#[test]
fn commands_of_the_sync_say_what_to_add_and_the_others_work() {
    let shell = Shell::new();
    let fakes = Fakes::start(&shell, &["--employees", "5"]);
    shell.run(&["tenant", "apply", "acme.toml"]);
    assert_eq!(shell.json(&["sync", "acme"]).0, 0);
    assert_eq!(shell.json(&["plan", "acme", "--out", "acme.plan"]).0, 0);

    // From here on there is neither TravelPerk nor its key.
    std::fs::remove_file(shell.path("acme.travelperk-key")).unwrap();
    let file = std::fs::read_to_string(shell.path("acme.toml")).unwrap();
    let file = without_travelperk(&file);
    let apply = |file: &str| {
        std::fs::write(shell.path("acme.toml"), file).unwrap();
        shell.json(&["tenant", "apply", "acme.toml", "--yes"])
    };
    let (exit, applied) = apply(&file.replace("file:acme.hibob-token", "store"));
    let to_enter = applied["secrets_to_enter"].as_array().unwrap();
    assert_eq!((exit, to_enter.len(), to_enter[0]["name"].as_str()), (0, 1, Some("hibob.token")));
    let (exit, listed) = shell.json(&["secret", "list", "acme"]);
    let listed = listed["secrets"].as_array().unwrap();
    let names: Vec<_> = listed.iter().map(|row| row["name"].as_str().unwrap()).collect();
    assert_eq!((exit, names), (0, vec!["hibob.token", "people.key"]));
    let (exit, applied) = apply(&file);
    assert_eq!((exit, &applied["new"], &applied["secrets_to_enter"]), (0, &json!(false), &Value::Null));
    let requests = || ["hibob_url", "scim_url"].map(|url| fakes.get(url, "/_stand-in/requests"));
    let before = requests();

    for args in [
        &["plan", "acme"][..],
        &["plan", "acme", "--out", "other.plan"],
        &["employees", "acme"],
        &["sync", "acme"],
        &["apply", "acme.plan"],
        &["secret", "set", "acme", "travelperk.key"],
        &["tenant", "credentials", "acme", "--key", "file:acme.travelperk-key"],
    ] {
        let (exit, object) = shell.json(args);
        let error = &object["error"];
        assert_eq!((exit, error["code"].as_str()), (2, Some("CONFIGURATION")), "{args:?}: {object}");
        assert_eq!(error["message"].as_str(), Some("tenant acme has no TravelPerk to sync"), "{args:?}");
        assert!(error["remedy"].as_str().unwrap().contains("[travelperk]"), "{args:?}: {object}");
    }
    assert_eq!(requests(), before);

    assert_eq!(shell.json(&["tenant", "credentials", "acme", "--token", "file:acme.hibob-token"]).0, 0);
    let (exit, shown) = shell.json(&["tenant", "show", "acme"]);
    assert_eq!((exit, shown.get("travelperk")), (0, None));
    assert_eq!(shown["references"]["domain"], "acme.example");
    assert_eq!(shell.json(&["tenant", "list"]).1["tenants"][0]["tenant"], "acme");
    assert_eq!(shell.json(&["history", "acme"]).1["runs"].as_array().map(Vec::len), Some(1));
    for args in [&["tenant", "apply", "acme.toml"][..], &["tenant", "enable", "acme"]] {
        let text = String::from_utf8(shell.run(args).stdout).unwrap();
        assert!(text.contains("nothing is synced") && !text.contains("hibob "), "{text}");
    }
}

/// The check of such a tenant is that of its references, and it leaves nothing behind.
#[test]
fn a_check_covers_what_references_need() {
    let shell = Shell::new();
    let fakes = Fakes::start(&shell, &["--employees", "40"]);
    let file = without_travelperk(&std::fs::read_to_string(shell.path("acme.toml")).unwrap());
    let apply = |file: &str| {
        std::fs::write(shell.path("acme.toml"), file).unwrap();
        assert_eq!(shell.json(&["tenant", "apply", "acme.toml"]).0, 0);
    };
    let check = || {
        let mut command = shell.command(&["check", "acme", "--json"]);
        let output = command.env("HIBOB_DNS", fakes.text("dns")).output().unwrap();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let codes = report["findings"].as_array().unwrap_or(&Vec::new()).clone();
        let codes: Vec<String> = codes.iter().map(|finding| finding["code"].as_str().unwrap().to_owned()).collect();
        (output.status.code().unwrap(), report, codes)
    };
    let has = |codes: &[String], code: &str| codes.iter().any(|other| other == code);
    apply(&file);
    let (exit, report, codes) = check();
    assert!(exit == 1 && has(&codes, "NO_SIGNING_KEY"), "{report}");
    assert_eq!(report["counts"]["employees"], 40, "{report}");
    assert!(report["counts"]["left"].as_u64().unwrap() > 0, "{report}");
    let key = shell.run(&["references", "key", "new", "acme"]);
    let (exit, report, codes) = check();
    assert!(exit == 1 && has(&codes, "ISSUER_DNS_MISSING") && !has(&codes, "NO_SIGNING_KEY"), "{report}");
    std::fs::write(shell.path("acme.zone"), &key.stdout).unwrap();
    let (exit, report, codes) = check();
    assert_eq!(exit, 0, "{report}");
    // The stand-in has no address of the issuer's site.
    assert_eq!(codes, ["ISSUER_SITE_UNKNOWN", "WORK_MAILBOX_ONLY"], "{report}");
    let text = shell.command(&["check", "acme"]).env("HIBOB_DNS", fakes.text("dns")).output().unwrap().stdout;
    let text = String::from_utf8(text).unwrap();
    assert!(text.contains("HiBob's credentials work; it sends 40 employees") && text.contains("have left"), "{text}");

    // A mail server that is not there.
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let smtp = file.find("[references.smtp]").unwrap();
    let (before, table) = file.split_at(smtp);
    let table: Vec<String> = table
        .lines()
        .map(|line| if line.starts_with("port") { format!("port = {nobody}") } else { line.to_owned() })
        .collect();
    apply(&format!("{before}{}\n", table.join("\n")));
    let (exit, report, codes) = check();
    assert!(exit == 1 && has(&codes, "CHANNEL_FAILED"), "{report}");
    std::fs::write(shell.path("acme.hibob-token"), "not-the-token").unwrap();
    assert_eq!(check().0, 4);
    // Nothing was issued, sent or stored, and a serving host takes the same check as a job.
    assert_eq!(shell.json(&["references", "list", "acme"]).1["references"], json!([]));
    assert!(!shell.path("acme.mail/1").exists());
    assert_eq!(fakes.get("scim_url", "/_stand-in/requests")["writes"], 0);
    assert_eq!(shell.json(&["jobs", "start", "acme", "check"]).1["new"], true);
}

#[test]
fn a_file_that_makes_no_sense_without_travelperk_is_refused() {
    let shell = Shell::new();
    let lean = "id = \"acme\"\n[hibob]\nurl = \"https://api.hibob.com/v1\"\nservice_user = \"S\"\ntoken = \"store\"\n";
    for (file, message, remedy) in [
        (lean.to_owned(), "there is neither [travelperk] nor [references]", "add [travelperk] to sync the directory"),
        (
            format!("{lean}{TABLE}[schedule]\nsync = \"0 2 * * *\"\n"),
            "schedule.sync is set, and there is no [travelperk]",
            "add the table [travelperk], or leave schedule.sync out",
        ),
    ] {
        std::fs::write(shell.path("acme.toml"), file).unwrap();
        let (exit, object) = shell.json(&["tenant", "apply", "acme.toml"]);
        let said = |name: &str| object["error"][name].as_str().unwrap().to_owned();
        assert_eq!((exit, said("code").as_str()), (2, "CONFIGURATION"));
        assert!(said("message").contains(message) && said("remedy").contains(remedy), "{object}");
    }
    assert_eq!(shell.json(&["tenant", "list"]), (0, json!({ "tenants": [] })));
    // Without those mistakes the file is accepted, also through an API.
    std::fs::write(shell.path("acme.toml"), format!("{lean}{TABLE}")).unwrap();
    let config = TenantConfig::read(&shell.path("acme.toml")).unwrap();
    config.permit(AppliedBy::Api).unwrap();
    assert_names_the_table(&config.origins(SecretName::TravelPerkKey).unwrap_err());
}

/// A key that was stored while there was a TravelPerk is listed, does no harm, and can be removed.
#[test]
fn a_key_that_was_stored_before_is_unused() {
    let shell = Shell::new();
    let _fakes = Fakes::start(&shell, &["--employees", "5"]);
    shell.run(&["tenant", "apply", "acme.toml"]);
    let set = with_input(&mut shell.command(&["secret", "set", "acme", "travelperk.key"]), "a-key-of-travelperk");
    assert_eq!(set.status.code(), Some(0));
    let file = without_travelperk(&std::fs::read_to_string(shell.path("acme.toml")).unwrap());
    std::fs::write(shell.path("acme.toml"), file).unwrap();
    assert_eq!(shell.json(&["tenant", "apply", "acme.toml", "--yes"]).0, 0);
    assert_eq!(shell.json(&["secret", "rotate"]).1["secrets"], 1);
    let (exit, listed) = shell.json(&["secret", "list", "acme"]);
    let row = &listed["secrets"][0];
    assert_eq!((exit, row["name"].as_str(), row["state"].as_str()), (0, Some("travelperk.key"), Some("unused")));
    assert_eq!(shell.json(&["secret", "remove", "acme", "travelperk.key"]).0, 0);
    assert_eq!(shell.json(&["secret", "list", "acme"]), (0, json!({ "tenant": "acme", "secrets": [] })));
}

/// The references job needs only HiBob. A call or run of the sync does not begin.
#[tokio::test(flavor = "multi_thread")]
async fn the_host_sends_requests_to_hibob_alone() {
    let setup = Setup::of(vec![employee("1", "Ana", "1@acme.example")]).await;
    let path = setup.tenant_file("acme", TABLE);
    let text = without_travelperk(&std::fs::read_to_string(&path).unwrap());
    std::fs::write(&path, text).unwrap();
    std::fs::remove_file(setup.folder.path().join("acme.key")).unwrap();
    setup.data.put(&TenantConfig::read(&path).unwrap(), AppliedBy::Operator).await.unwrap();
    let tenant = setup.tenant().await;

    assert_names_the_table(&setup.plan().await.unwrap_err());
    let run = hibob_runner::start(&setup.data, &tenant, plugin(), RunKind::Sync, Arc::new(NoProgress)).await;
    assert_names_the_table(&run.err().unwrap());
    for job in [Job::Check, Job::Plan] {
        let call = Call::open(plugin(), &tenant, job, Arc::new(NoProgress)).await;
        assert_names_the_table(&call.err().unwrap());
    }
    assert!(setup.world().log().is_empty());

    let (detection, _) =
        hibob_sandbox::leavers::departures(plugin(), &tenant, &[], Arc::new(NoProgress)).await.unwrap();
    assert_eq!(detection.employees, 1);
    let world = setup.world();
    assert!(!world.log().is_empty() && world.log().iter().all(|entry| entry.service == Service::HiBob));
}
