//! Tests of the key of the secret store: its place, its loss, and its rotation.

use super::{SET_TOKEN, Stored, said, with_input};
use crate::cli::{Fakes, Shell};
use hibob_base::secret::{Secret, SecretName};
use hibob_tests::setup::Setup;
use serde_json::json;
use std::os::unix::fs::PermissionsExt;

#[test]
fn a_wrong_key_a_lost_one_and_one_that_others_can_read_are_reported() {
    let stored = Stored::entered();
    let run =
        |key: &str| said(&stored.shell.command(&["sync", "acme"]).env("HIBOB_SECRETS_KEY", key).output().unwrap());
    let told = run(&"ab".repeat(32));
    assert!(told.contains("is encrypted with key") && told.contains("HIBOB_SECRETS_KEY holds key"), "{told}");
    let told = run("hunter2");
    assert!(told.contains("HIBOB_SECRETS_KEY is not a key") && !told.contains("hunter2"), "{told}");
    // A secret that would need another key is not added either.
    let mut other = stored.shell.command(&SET_TOKEN);
    let output = with_input(other.env("HIBOB_SECRETS_KEY", "ab".repeat(32)), &stored.token);
    assert!(output.status.code() == Some(2) && said(&output).contains("the store is encrypted with key"));

    std::fs::set_permissions(stored.key_file(), PermissionsExt::from_mode(0o604)).unwrap();
    let (exit, error) = stored.sync();
    assert!(exit == 2 && error.contains("can be read or written by others") && error.contains("chmod 600"), "{error}");
    let (exit, list) = stored.shell.json(&["secret", "list", "acme"]);
    assert!(exit == 2 && list["error"]["remedy"].as_str().unwrap().contains("chmod 600"), "{list}");
    std::fs::set_permissions(stored.key_file(), PermissionsExt::from_mode(0o600)).unwrap();
    assert_eq!(stored.sync().0, 0);

    std::fs::rename(stored.key_file(), stored.shell.path("lost")).unwrap();
    let (exit, error) = stored.sync();
    assert!(exit == 2 && error.contains("secrets.key is missing"), "{error}");
    // The list says so too: there it would look as if all were well but for a word.
    let (exit, list) = stored.shell.json(&["secret", "list", "acme"]);
    assert_eq!((exit, list["secrets"].as_array().map(Vec::len)), (2, Some(3)), "{list}");
    assert!(
        list["error"]["message"].as_str().unwrap().contains("none of the 3 stored secrets of tenant acme"),
        "{list}"
    );
    let output = stored.shell.run(&["secret", "list", "acme"]);
    let (text, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.code() == Some(2) && text.lines().count() == 3, "{text}");
    assert!(error.contains("secrets.key is missing") && error.contains("bring key"), "{error}");
    let output = stored.set(&SET_TOKEN, &stored.token);
    assert!(output.status.code() == Some(2) && !stored.key_file().exists(), "no second key: {}", said(&output));
    for name in ["hibob.token", "travelperk.key"] {
        assert_eq!(stored.shell.json(&["secret", "remove", "acme", name]).0, 0);
    }
    let people = ["secret", "remove", "acme", "people.key"];
    assert_eq!((stored.shell.json(&people).0, stored.set(&SET_TOKEN, &stored.token).status.code()), (2, Some(2)));
    assert_eq!(stored.shell.json(&[&people[..], &["--yes"]].concat()).0, 0);
    assert_eq!(stored.set(&SET_TOKEN, &stored.token).status.code(), Some(0), "an empty store gets a new key");
    stored.set(&["secret", "set", "acme", "travelperk.key"], &stored.key);
    assert_eq!(stored.sync().0, 0);
    let (_, history) = stored.shell.json(&["history", "acme", "1"]);
    assert_eq!(history["updates"][0]["name"], "forgotten", "what was sealed is lost, and says so");
}

/// A rotation has three steps: writing the new key's file, changing the rows in one transaction, renaming the file. A
/// crash between any two of them loses nothing.
#[test]
fn a_rotation_may_crash_at_any_point() {
    let stored = Stored::entered();
    let next = stored.shell.path("data/secrets.key.next");
    let key_id = || stored.shell.json(&["secret", "list", "acme"]).1["secrets"][0]["key"].clone();
    let (old, first) = (std::fs::read(stored.key_file()).unwrap(), key_id());
    // After the first step, there is only the new file.
    std::fs::write(&next, "cd".repeat(32)).unwrap();
    std::fs::set_permissions(&next, PermissionsExt::from_mode(0o600)).unwrap();
    assert_eq!((stored.sync().0, key_id()), (0, first.clone()));
    assert_eq!(stored.set(&SET_TOKEN, &stored.token).status.code(), Some(0));
    // The next rotation goes on where this one stopped.
    let (exit, rotated) = stored.shell.json(&["secret", "rotate"]);
    assert_eq!((exit, &rotated["secrets"], next.exists()), (0, &json!(3), false));
    assert_eq!(std::fs::read(stored.key_file()).unwrap(), "cd".repeat(32).into_bytes());
    assert!(rotated["key"] == key_id() && key_id() != first);
    // After the second step, the rows are encrypted with a key whose file still has the name of the next key.
    std::fs::rename(stored.key_file(), &next).unwrap();
    std::fs::write(stored.key_file(), old).unwrap();
    std::fs::set_permissions(stored.key_file(), PermissionsExt::from_mode(0o600)).unwrap();
    assert_eq!(stored.sync().0, 0);
    assert_eq!(stored.set(&SET_TOKEN, &stored.token).status.code(), Some(0));
    assert_eq!(stored.shell.json(&["secret", "rotate"]), (0, json!({ "secrets": 3, "key": rotated["key"] })));
    assert!(!next.exists() && stored.sync().0 == 0);
    // A rotation without a crash.
    let (exit, again) = stored.shell.json(&["secret", "rotate"]);
    assert!(exit == 0 && again["key"] != rotated["key"] && stored.sync().0 == 0);

    // The new key is in the environment, and the old one is the file's.
    let file = std::fs::read_to_string(stored.key_file()).unwrap();
    let run = |args: &[&str], old: Option<&str>| {
        let mut command = stored.shell.command(args);
        command.env("HIBOB_SECRETS_KEY", "ef".repeat(32));
        if let Some(old) = old {
            command.env("HIBOB_SECRETS_KEY_OLD", old);
        }
        command.output().unwrap()
    };
    assert!(said(&run(&["secret", "rotate"], None)).contains("HIBOB_SECRETS_KEY_OLD is not set"));
    assert_eq!(run(&["sync", "acme"], Some(&file)).status.code(), Some(0), "before");
    assert_eq!(run(&["secret", "rotate"], Some(&file)).status.code(), Some(0));
    std::fs::remove_file(stored.key_file()).unwrap();
    assert_eq!(run(&["sync", "acme"], None).status.code(), Some(0), "after");
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_are_read_and_entered_while_the_key_changes() {
    let setup = Setup::realistic(3).await;
    let mut config = setup.data.config("acme").await.unwrap();
    config.hibob.token = "store".to_owned().try_into().unwrap();
    let (store, secret) = (setup.data.secrets(), Secret::checked("a-token-of-hibob").unwrap());
    store.set(&config, SecretName::HiBobToken, &secret).await.unwrap();
    let rotations = async {
        for _ in 0..10 {
            store.rotate().await.unwrap();
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    let others = async {
        loop {
            store.read(&config, SecretName::HiBobToken).await.unwrap();
            store.set(&config, SecretName::HiBobToken, &secret).await.unwrap();
        }
    };
    tokio::select! {
        () = rotations => {}
        () = others => {}
    }
    store.read(&config, SecretName::HiBobToken).await.unwrap();
}

/// A secret that others can read is named by whichever command reads it, and nothing else is said on standard output. A
/// key of the data directory is refused.
#[test]
fn files_that_others_can_read_are_named() {
    let shell = Shell::new();
    let _fakes = Fakes::start(&shell, &["--employees", "3"]);
    let open =
        |name: &str, mode: u32| std::fs::set_permissions(shell.path(name), PermissionsExt::from_mode(mode)).unwrap();
    assert_eq!(shell.json(&["tenant", "apply", "acme.toml"]).0, 0);
    let warnings = |args: &[&str]| {
        let output = shell.command(args).arg("--json").output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        serde_json::from_slice::<serde_json::Value>(&output.stdout).expect(&error);
        error.lines().filter(|line| line.contains("can be read or written by others")).count()
    };
    let plan = ["plan", "acme", "--out", "acme.plan"];
    assert_eq!(warnings(&plan), 0);
    for mode in [0o640, 0o604, 0o620] {
        open("data/plan.key", mode);
        for args in [&plan[..], &["apply", "acme.plan"]] {
            let (exit, object) = shell.json(args);
            let message = object["error"]["message"].as_str().unwrap_or_default();
            assert!(exit == 2 && message.contains("plan.key can be read or written by others"), "{mode:o}: {object}");
        }
    }
    open("data/plan.key", 0o600);
    let commands = [&["check", "acme"][..], &["sync", "acme"], &["tenant", "apply", "acme.toml"]];
    for mode in [0o640, 0o604, 0o620] {
        open("acme.hibob-token", mode);
        for args in commands {
            assert_eq!(warnings(args), 1, "{args:?}: the token's file has mode {mode:o}");
        }
    }
    open("acme.hibob-token", 0o600);
    assert!(commands.iter().all(|args| warnings(args) == 0));
}
