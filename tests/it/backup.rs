//! Tests of backups, restoring them, and removing a tenant, through the program and in the host.

use super::api::{tenant, token};
use super::cli::{Fakes, Shell};
use super::references_job::{Office, leave, people};
use hibob_jobs::references::publish;
use hibob_store::backup::{ForgottenSince, backup, restore};
use hibob_store::data_dir::DataDir;
use hibob_tests::setup::Setup;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// A copy that is made in the middle of a sync is complete, and a sync that starts from it ends as the first one did.
#[tokio::test(flavor = "multi_thread")]
async fn a_backup_in_the_middle_of_a_sync_is_whole() {
    let setup = Setup::realistic(60).await;
    let folder = setup.folder.path().join("backup");
    let (report, manifest) = tokio::join!(setup.sync(), async {
        // The copy is made once something was written.
        while setup.world().writes() == 0 {
            tokio::task::yield_now().await;
        }
        backup(&setup.data, &folder, true).await.unwrap()
    });
    assert!(report.created > 0 && manifest.files.contains_key("tenants/acme.db"), "{manifest:?}");
    let path = setup.folder.path().join("restored");
    restore(&folder, &path, ForgottenSince::Nobody).await.unwrap();
    let mut restored = setup;
    restored.data = DataDir::open(&path).await.unwrap();
    let writes = restored.writes();
    let report = restored.sync().await;
    assert_eq!((report.created, report.error), (0, None), "{writes} writes before");
    assert_eq!(restored.plan().await.unwrap().changes, []);
}

fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn backups_are_made_and_restored_by_commands() {
    let shell = Shell::new();
    let _fakes = Fakes::start(&shell, &["--employees", "5"]);
    shell.run(&["tenant", "apply", "acme.toml"]);
    super::secrets::with_input(&mut shell.command(&["secret", "set", "acme", "hibob.token"]), "a-token-of-hibob");
    shell.run(&["sync", "acme"]);
    let (exit, made) = shell.json(&["backup", "copy"]);
    assert_eq!((exit, made["tenants"].as_u64()), (0, Some(1)), "{made}");
    assert_eq!(files(&shell.path("copy")), ["backup.json", "control.db", "secrets.key", "tenants"]);
    for name in ["copy", "copy/control.db", "copy/tenants/acme.db", "copy/secrets.key"] {
        assert_eq!(std::fs::metadata(shell.path(name)).unwrap().permissions().mode() & 0o077, 0, "{name}");
    }
    assert_eq!(shell.json(&["backup", "copy"]).0, 2, "a second backup into the same folder");
    assert_eq!(shell.json(&["restore", "copy", "--nobody-forgotten"]).0, 2, "a restore over existing data");
    assert_eq!(shell.json(&["backup", "bare", "--without-secrets-key"]).0, 0);
    assert!(!shell.path("bare/secrets.key").exists());

    let elsewhere = |args: &[&str]| {
        let output = shell.command_in("other", args).arg("--json").output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        (output.status.code().unwrap(), serde_json::from_str::<serde_json::Value>(&text).unwrap())
    };
    // If a file has another size, or a name that leads out of the folder, nothing is written.
    let manifest = std::fs::read_to_string(shell.path("copy/backup.json")).unwrap();
    let good = std::fs::read(shell.path("copy/tenants/acme.db")).unwrap();
    for (file, bytes) in [
        ("copy/tenants/acme.db", good[..good.len() - 1].to_vec()),
        ("copy/backup.json", manifest.replace("tenants/acme.db", "tenants/../../acme.db").into_bytes()),
        ("copy/backup.json", manifest.replace("hibob-backup/1", "hibob-backup/9").into_bytes()),
        ("copy/backup.json", b"{}".to_vec()),
    ] {
        let before = std::fs::read(shell.path(file)).unwrap();
        std::fs::write(shell.path(file), bytes).unwrap();
        let (exit, error) = elsewhere(&["restore", "copy", "--nobody-forgotten"]);
        assert_eq!((exit, error["error"]["code"].as_str()), (2, Some("CONFIGURATION")), "{error}");
        assert!(!shell.path("other/control.db").exists());
        std::fs::write(shell.path(file), before).unwrap();
    }
    assert_eq!(elsewhere(&["restore", "copy", "--nobody-forgotten"]).0, 0);
    let (_, history) = elsewhere(&["history", "acme"]);
    assert_eq!(history["runs"].as_array().map(Vec::len), Some(1));
    // The stored secret can be decrypted, since its key was in the backup.
    let (_, listed) = elsewhere(&["secret", "list", "acme"]);
    assert_eq!(listed["secrets"][0]["state"], "unused");
    let (exit, report) = elsewhere(&["sync", "acme"]);
    assert_eq!((exit, report["created"].as_u64()), (0, Some(0)), "{report}");
}

/// A token that was revoked, because it leaked perhaps, does not come back with a backup of before.
#[tokio::test(flavor = "multi_thread")]
async fn a_restored_backup_revokes_the_tokens_that_were_revoked_since() {
    let shell = Shell::new();
    let _server = tenant(&shell, "acme").await;
    let (leaked, kept) = (token(&shell, &["--role", "operator"]), token(&shell, &["--role", "reader"]));
    assert_eq!(shell.json(&["backup", "copy"]).0, 0);
    assert_eq!(shell.json(&["token", "revoke", &leaked[4..16]]).0, 0);
    let list = std::fs::read_to_string(shell.path("data/revoked-tokens.list")).unwrap();
    assert!(list.lines().count() == 1 && !list.contains(&leaked[17..]), "{list}");

    let restore = |to: &str, args: &[&str]| {
        let args = [&["restore", "copy", "--nobody-forgotten", "--json"], args].concat();
        let output = shell.command_in(to, &args).output().unwrap();
        let object: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        (output.status.code().unwrap(), object["error"]["remedy"].as_str().unwrap_or_default().to_owned())
    };
    let (exit, remedy) = restore("other", &[]);
    assert!(exit == 2 && remedy.contains("--revoked-tokens FILE") && remedy.contains("--no-token-revoked"), "{remedy}");
    assert_eq!(restore("other", &["--revoked-tokens", "nowhere.list"]).0, 2);
    assert!(!shell.path("other/control.db").exists());
    let states = |data: &str| {
        let output = shell.command_in(data, &["token", "list", "--json"]).output().unwrap();
        let object: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let rows = object["tokens"].as_array().unwrap().clone();
        let state = |token: &str| rows.iter().find(|row| row["id"] == token[4..16]).unwrap()["state"].clone();
        (state(&leaked), state(&kept))
    };
    assert_eq!(restore("other", &["--revoked-tokens", "data/revoked-tokens.list"]).0, 0);
    assert_eq!(states("other"), ("revoked".into(), "valid".into()));
    assert_eq!(std::fs::read_to_string(shell.path("other/revoked-tokens.list")).unwrap(), list);
    assert_eq!(restore("third", &["--no-token-revoked"]).0, 0);
    assert_eq!(states("third"), ("valid".into(), "valid".into()));
    // The next backup has the list, and a list of before is refused.
    assert_eq!(shell.command_in("other", &["backup", "copy2"]).output().unwrap().status.code(), Some(0));
    std::fs::write(shell.path("older.list"), "").unwrap();
    let older = ["restore", "copy2", "--nobody-forgotten", "--revoked-tokens", "older.list"];
    let output = shell.command_in("fourth", &older).output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(2) && text.contains("lacks tokens that the backup's own list has"), "{text}");
}

/// A file of the backup is a link to another one, which may be changed after it was checked; so is a folder.
#[test]
fn links_in_a_backup_are_not_followed() {
    let shell = Shell::new();
    let _fakes = Fakes::start(&shell, &["--employees", "3"]);
    assert_eq!(shell.json(&["tenant", "apply", "acme.toml"]).0, 0);
    assert_eq!(shell.json(&["sync", "acme"]).0, 0);
    assert_eq!(shell.json(&["backup", "copy"]).0, 0);
    let restored = |name: &str| {
        let arguments = ["restore", name, "--nobody-forgotten"];
        let output = shell.command_in("other", &arguments).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    for name in ["control.db", "tenants/acme.db", "tenants", "backup.json"] {
        let (path, moved) = (shell.path("copy").join(name), shell.path("moved"));
        std::fs::rename(&path, &moved).unwrap();
        std::os::unix::fs::symlink(&moved, &path).unwrap();
        let (exit, said) = restored("copy");
        assert!(exit == Some(2) && said.contains("it is a link or behind one"), "{name}: {said}");
        assert!(!shell.path("other").exists(), "{name}");
        std::fs::remove_file(&path).unwrap();
        std::fs::rename(&moved, &path).unwrap();
    }
    // The backup itself may be a link.
    std::os::unix::fs::symlink("copy", shell.path("newest")).unwrap();
    assert_eq!(restored("newest").0, Some(0));
    let made = files(&shell.path("other"));
    assert!(made.contains(&"control.db".to_owned()) && !made.contains(&"restoring".to_owned()), "{made:?}");
}

/// A log that was restored from before its last references does not replace the published one.
#[tokio::test(flavor = "multi_thread")]
async fn an_old_backup_does_not_fork_the_published_log() {
    let office = Office::of(people(4), "").await;
    office.run().await;
    let (folder, public) = (office.setup.folder.path().join("backup"), office.setup.folder.path().join("public"));
    backup(&office.setup.data, &folder, true).await.unwrap();
    leave(&mut office.world(), "1", "2026-11-20");
    office.run().await;
    let config = office.setup.data.config("acme").await.unwrap();
    publish(&office.setup.data, &config, &public).await.unwrap();
    let path = office.setup.folder.path().join("restored");
    restore(&folder, &path, ForgottenSince::Nobody).await.unwrap();
    let restored = DataDir::open(&path).await.unwrap();
    let error = publish(&restored, &config, &public).await.unwrap_err();
    assert!(error.to_string().contains("its log has 1 entries, and this one only 0"), "{error}");
}

#[test]
fn nothing_is_left_of_a_removed_tenant() {
    let shell = Shell::new();
    let _fakes = Fakes::start(&shell, &["--employees", "5"]);
    shell.run(&["tenant", "apply", "acme.toml"]);
    super::secrets::with_input(&mut shell.command(&["secret", "set", "acme", "hibob.token"]), "a-token-of-hibob");
    shell.run(&["references", "key", "new", "acme", "--unpublished"]);
    shell.run(&["sync", "acme"]);
    assert_eq!(shell.json(&["tenant", "forget", "acme"]).0, 2, "without a confirmation");
    assert_eq!(shell.json(&["tenant", "forget", "beta", "--yes"]).0, 2);
    assert_eq!(shell.json(&["tenant", "forget", "acme", "--yes"]).0, 0);
    assert_eq!(shell.json(&["tenant", "list"]).1["tenants"].as_array().map(Vec::len), Some(0));
    assert!(files(&shell.path("data/tenants")).is_empty());
    for name in ["control.db", "control.db-wal"] {
        let bytes = std::fs::read(shell.path("data").join(name)).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        for words in ["acme.example", "SERVICE-8143", "hibob.token\u{0}", "references.key"] {
            assert!(!text.contains(words), "{words} is in {name}");
        }
    }
}

/// After an old backup was restored nothing is issued until somebody says that it may, and revocations that were
/// published do not come back as good.
#[tokio::test(flavor = "multi_thread")]
async fn a_restored_issuer_waits_and_revocations_stay() {
    let office = Office::of(people(4), "").await;
    office.run().await;
    leave(&mut office.world(), "1", "2026-11-20");
    office.run().await;
    let (folder, public) = (office.setup.folder.path().join("backup"), office.setup.folder.path().join("public"));
    backup(&office.setup.data, &folder, true).await.unwrap();
    let database = office.setup.data.tenant_database("acme").await.unwrap();
    let id = database.references().await.unwrap()[0].id.clone();
    database.revoke_reference(&id, "by mistake", 0).await.unwrap();
    let config = office.setup.data.config("acme").await.unwrap();
    publish(&office.setup.data, &config, &public).await.unwrap();

    let path = office.setup.folder.path().join("restored");
    restore(&folder, &path, ForgottenSince::Nobody).await.unwrap();
    let mut restored = office;
    restored.setup.data = DataDir::open(&path).await.unwrap();
    let error = publish(&restored.setup.data, &config, &public).await.unwrap_err();
    assert!(error.to_string().contains("1 references that are revoked or superseded there are valid here"), "{error}");
    leave(&mut restored.world(), "2", "2026-11-20");
    let paused = restored.run().await;
    let error = paused.error.as_ref().unwrap();
    assert!(paused.issued == 0 && error.remedy.contains("hibob references resume acme"), "{error:?}");
    restored.setup.data.tenant_database("acme").await.unwrap().pause_references(None).await.unwrap();
    assert_eq!(restored.run().await.issued, 1);
}
