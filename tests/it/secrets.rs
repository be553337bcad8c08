//! Tests of the secret store, through the program and through the host.

mod keys;

use crate::cli::{Fakes, Shell};
use hibob_base::error::{Exit, HostError};
use hibob_base::secret::{Secret, SecretName};
use hibob_config::applied_by::AppliedBy;
use hibob_config::tenant::TenantConfig;
use hibob_fakes::{Fault, FaultKind};
use hibob_tests::setup::Setup;
use serde_json::{Value, json};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

const SET_TOKEN: [&str; 4] = ["secret", "set", "acme", "hibob.token"];
const SET_KEY: [&str; 4] = ["secret", "set", "acme", "travelperk.key"];

/// Stand-ins, and a tenant `acme` whose secrets are in the store.
struct Stored {
    shell: Shell,
    fakes: Fakes,
    token: String,
    key: String,
}

impl Stored {
    /// The tenant is applied, and its secrets are not entered yet.
    fn applied() -> Self {
        let shell = Shell::new();
        let fakes = Fakes::start(&shell, &["--employees", "8"]);
        let read = |name: &str| std::fs::read_to_string(shell.path(name)).unwrap();
        let (token, key) = (read("acme.hibob-token"), read("acme.travelperk-key"));
        let file = read("acme.toml").replace("file:acme.hibob-token", "store");
        std::fs::write(shell.path("acme.toml"), file.replace("file:acme.travelperk-key", "store")).unwrap();
        // From here on the program can get the secrets only from the store.
        std::fs::remove_file(shell.path("acme.hibob-token")).unwrap();
        std::fs::remove_file(shell.path("acme.travelperk-key")).unwrap();
        let (exit, applied) = shell.json(&["tenant", "apply", "acme.toml"]);
        assert_eq!((exit, applied["secrets_to_enter"].as_array().map(Vec::len)), (0, Some(2)), "{applied}");
        Self { shell, fakes, token, key }
    }

    /// With both secrets entered.
    fn entered() -> Self {
        let stored = Self::applied();
        for (args, secret) in [(SET_TOKEN, &stored.token), (SET_KEY, &stored.key)] {
            let output = stored.set(&args, secret);
            assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        }
        stored
    }

    fn set(&self, args: &[&str], secret: &str) -> Output {
        with_input(&mut self.shell.command(args), secret)
    }

    /// Replaces a text in the tenant's file, and applies it.
    fn change(&self, what: &str, to: &str) -> Value {
        let file = std::fs::read_to_string(self.shell.path("acme.toml")).unwrap();
        assert!(file.contains(what), "{what} is not in\n{file}");
        std::fs::write(self.shell.path("acme.toml"), file.replace(what, to)).unwrap();
        let (exit, applied) = self.shell.json(&["tenant", "apply", "acme.toml"]);
        assert_eq!(exit, 0, "{applied}");
        applied["secrets_to_enter"].clone()
    }

    /// Makes a run. Returns its exit code and the error that ended it.
    fn sync(&self) -> (i32, String) {
        let (exit, report) = self.shell.json(&["sync", "acme"]);
        (exit, report["error"].to_string())
    }

    /// How many requests the stand-ins have received.
    fn requests(&self) -> usize {
        ["hibob_url", "scim_url"].map(|url| self.fakes.get(url, "/_stand-in/requests").to_string().len()).iter().sum()
    }

    fn key_file(&self) -> std::path::PathBuf {
        self.shell.path("data/secrets.key")
    }

    async fn sql(&self, statement: &'static str) {
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(self.shell.path("data/control.db"));
        let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
        assert!(sqlx::query(statement).execute(&pool).await.unwrap().rows_affected() > 0, "{statement}");
        pool.close().await;
    }
}

pub(crate) fn with_input(command: &mut Command, input: &str) -> Output {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes()); // the program may end without reading it
    child.wait_with_output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// Every regular file below a folder with its content, except compiled code.
fn files(folder: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        match entry.file_type().unwrap() {
            kind if kind.is_dir() => files(&entry.path(), found),
            kind if kind.is_file() => {
                found.push((entry.path().display().to_string(), std::fs::read(entry.path()).unwrap()))
            }
            _ => {}
        }
    }
}

fn contains(haystack: &[u8], needle: &str) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle.as_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn stored_secrets_run_a_sync_and_are_found_nowhere() {
    let stored = Stored::applied();
    // While another connection reads, SQLite keeps the write-ahead log.
    let reader = sqlx::SqlitePool::connect(stored.shell.path("data/control.db").to_str().unwrap()).await.unwrap();
    sqlx::query("SELECT count(*) FROM tenants").fetch_one(&reader).await.unwrap();
    let (exit, error) = stored.sync();
    assert!(exit == 2 && error.contains("not entered yet") && error.contains("hibob secret set acme"), "{error}");
    let mut outputs = vec![stored.set(&SET_TOKEN, &stored.token)];
    outputs.push(stored.set(&[&SET_KEY[..], &["--json"]].concat(), &format!("{}\n", stored.key)));
    let set: Value = serde_json::from_slice(&outputs[1].stdout).unwrap();
    assert_eq!((&set["name"], &set["replaced"], &set["used"]), (&json!("travelperk.key"), &json!(false), &json!(true)));
    let (_, list) = stored.shell.json(&["secret", "list", "acme"]);
    let rows = list["secrets"].as_array().unwrap();
    assert!(rows.len() == 2 && rows.iter().all(|row| row["state"] == "in-use" && row["key"] == set["key"]), "{list}");
    assert!(rows[1]["origins"][0].as_str().unwrap().starts_with("http://127.0.0.1:") && rows[1]["entered_at"].is_i64());
    for args in [
        &["secret", "list", "acme"][..],
        &["tenant", "show", "acme"],
        &["check", "acme", "-vv"],
        &["plan", "acme", "--out", "data/acme.plan", "-vv"],
        &["sync", "acme", "-vv"],
        &["history", "acme", "1"],
        &["secret", "rotate", "-vv"],
        &["secret", "remove", "acme", "hibob.token", "-vv"],
    ] {
        outputs.push(stored.shell.run(args));
        assert_eq!(outputs.last().unwrap().status.code(), Some(0), "{args:?}: {}", said(outputs.last().unwrap()));
    }
    let mut places: Vec<_> = outputs.iter().map(|output| ("an output".to_owned(), said(output).into_bytes())).collect();
    files(&stored.shell.path("data"), &mut places);
    assert!(places.iter().any(|(name, bytes)| name.ends_with("control.db") && contains(bytes, "travelperk.key")));
    assert!(places.iter().any(|(name, _)| name.ends_with("control.db-wal")));
    for (name, bytes) in &places {
        for secret in [&stored.token, &stored.key] {
            assert!(!contains(bytes, secret), "a secret is in {name}");
        }
    }
    reader.close().await;
    assert_eq!(std::fs::metadata(stored.key_file()).unwrap().permissions().mode() & 0o777, 0o600);
    let (exit, error) = stored.sync();
    assert!(exit == 2 && error.contains("hibob.token was not entered yet"), "{error}");
}

#[test]
fn a_secret_goes_to_no_origin_that_it_was_not_entered_for() {
    let stored = Stored::entered();
    assert_eq!(stored.sync().0, 0);
    let before = stored.requests();
    let file = std::fs::read_to_string(stored.shell.path("acme.toml")).unwrap();
    let (_, url) = file.split_once("scim_url = \"").unwrap();
    let url = url.split('"').next().unwrap();
    let moved = url.replace("127.0.0.1", "localhost");
    let to_enter = stored.change(url, &moved);
    assert_eq!((to_enter[0]["name"].as_str(), to_enter.as_array().map(Vec::len)), (Some("travelperk.key"), Some(1)));
    for args in [&["sync", "acme"], &["plan", "acme"], &["check", "acme"]] {
        let (exit, object) = stored.shell.json(args);
        let text = object.to_string();
        assert!(
            exit == 2 && text.contains("was entered for http://127.0.0.1:") && text.contains("enter the secret again")
        );
        assert!(text.contains("not sent to http://localhost:"), "{text}");
    }
    assert_eq!(stored.requests(), before, "nothing left");
    let (_, list) = stored.shell.json(&["secret", "list", "acme"]);
    assert_eq!(
        (&list["secrets"][0]["state"], &list["secrets"][1]["state"]),
        (&json!("in-use"), &json!("other-origin"))
    );
    stored.set(&SET_KEY, &stored.key);
    assert_eq!(stored.sync().0, 0);
    // The URL is changed back. The secret was entered for both origins, since the other APIs were still at the old one.
    assert!(stored.change(&moved, url).is_null());
    assert_eq!(stored.sync().0, 0);
    // With one origin fewer, there is no new one.
    let rest = file.lines().find(|line| line.starts_with("rest_url")).unwrap();
    assert!(stored.change(&format!("{rest}\n"), "").is_null());
    assert_eq!(stored.sync().0, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_was_moved_or_changed_does_not_open() {
    let stored = Stored::entered();
    let file = std::fs::read_to_string(stored.shell.path("acme.toml")).unwrap();
    std::fs::write(
        stored.shell.path("beta.toml"),
        file.replace("id = \"acme\"", "id = \"beta\"").replace("\"acme.example\"", "\"beta.example\""),
    )
    .unwrap();
    stored.shell.run(&["tenant", "apply", "beta.toml"]);
    stored
        .sql("INSERT INTO secrets SELECT 'beta', name, origins, key_id, nonce, ciphertext, entered_at FROM secrets")
        .await;
    let (exit, report) = stored.shell.json(&["sync", "beta"]);
    let error = report["error"].to_string();
    assert!(exit == 2 && error.contains("encrypted for another tenant, name or origin"), "{error}");
    assert_eq!(stored.shell.json(&["secret", "list", "beta"]).1["secrets"][0]["state"], "broken");
    let applied = stored.shell.json(&["tenant", "apply", "beta.toml"]).1;
    assert!(applied["secrets_to_enter"][0]["reason"].to_string().contains("encrypted for another tenant"), "{applied}");
    assert_eq!(stored.sync().0, 0, "the row's own tenant is not harmed");
    // Origins that are added in the database are not those for which the secret was encrypted.
    stored.sql("UPDATE secrets SET origins = origins || ' https://evil.example' WHERE tenant = 'acme'").await;
    let (exit, error) = stored.sync();
    assert!(exit == 2 && error.contains("encrypted for another tenant, name or origin"), "{error}");
    // A rotation changes nothing if it cannot change every row.
    let key = std::fs::read(stored.key_file()).unwrap();
    let (exit, object) = stored.shell.json(&["secret", "rotate"]);
    assert!(exit == 2 && object["error"]["message"].to_string().contains("cannot be decrypted"), "{object}");
    assert_eq!(std::fs::read(stored.key_file()).unwrap(), key);
    stored.sql("UPDATE secrets SET origins = replace(origins, ' https://evil.example', '')").await;
    assert_eq!(stored.sync().0, 0);
}

#[test]
fn mistakes_with_secrets_are_reported_without_repeating_them() {
    let stored = Stored::applied();
    let told = |args: &[&str], input: &str, words: &str| {
        let output = stored.set(args, input);
        let text = said(&output);
        assert!(output.status.code() == Some(2) && text.contains(words), "{args:?}: {text}");
        assert!(!text.contains("s3cr3t") && !text.contains("panicked"), "{text}");
    };
    told(&["secret", "set", "acme", "hibob.token", "s3cr3t-token"], "", "never given as an argument");
    told(&["secret", "set", "acme", "s3cr3t-token"], "", "one of hibob.token, travelperk.key, hibob.references.token");
    told(&SET_TOKEN, "", "the secret is empty");
    told(&SET_TOKEN, "s3cr3t-one\ns3cr3t-two\n", "more than one line");
    told(&SET_TOKEN, &"s3cr3t".repeat(9_000), "over 16384 bytes");
    told(&SET_TOKEN, "s3cr3t", "fewer than 8 characters");
    told(&["secret", "set", "nobody", "hibob.token"], "s3cr3t-token", "there is no tenant nobody");
    told(&["secret", "remove", "acme", "hibob.token"], "", "no hibob.token is stored");
    assert_eq!(stored.shell.json(&["secret", "list", "acme"]).1["secrets"][0]["state"], "missing");
    // A secret may be entered before the tenant's file uses it.
    let args = ["secret", "set", "acme", "hibob.references.token"];
    assert!(said(&stored.set(&args, "s3cr3t-token")).contains("not used yet"));
    assert_eq!(stored.shell.json(&["secret", "list", "acme"]).1["secrets"][2]["state"], "unused");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_configuration_from_an_api_names_no_file_or_variable() {
    let setup = Setup::realistic(3).await;
    let applied: TenantConfig = setup.data.config("acme").await.unwrap();
    let over_api = async |config: &TenantConfig| match setup.data.put(config, AppliedBy::Api).await {
        Err(HostError::Configuration { message, .. }) => message,
        other => panic!("{other:?}"),
    };
    // A secret that the operator wrote in the file is not sent to an address that comes through an API.
    let mut config = applied.clone();
    config.hibob.url = "https://evil.example/v1".to_owned();
    assert!(over_api(&config).await.contains("hibob.token may be `store` only"));
    config.hibob.token = "store".to_owned().try_into().unwrap();
    config.travelperk.as_mut().unwrap().key = "store".to_owned().try_into().unwrap();
    assert!(over_api(&config).await.contains("is for the local operator only"));
    assert_eq!(setup.data.config("acme").await.unwrap(), applied, "nothing was stored");
    config.travelperk.as_mut().unwrap().scim_url = "https://app.perk.com/api/v2/scim".to_owned();
    let put = setup.data.put(&config, AppliedBy::Api).await.unwrap();
    let names: Vec<_> = put.to_enter.iter().map(|entry| entry.name).collect();
    assert_eq!((put.stored.is_new, names), (false, vec![SecretName::HiBobToken, SecretName::TravelPerkKey]));
    let secret = Secret::checked("a-token-of-hibob").unwrap();
    let entered = setup.data.secrets().set(&config, SecretName::HiBobToken, &secret).await.unwrap();
    assert!(entered.origins.iter().map(|origin| origin.as_str()).eq(["https://evil.example"]) && entered.is_used);
}

/// If a service repeats the credential in an error, it is removed before the error is shown.
#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_a_service_repeats_is_in_no_report_and_no_file() {
    let setup = Setup::realistic(6).await;
    let key = setup.world().travelperk.api_key.clone();
    let kind = FaultKind::Status {
        status: 400,
        headers: Vec::new(),
        body: json!({ "detail": format!("not with ApiKey {key}, please") }).to_string(),
        content_type: "application/json".to_owned(),
    };
    setup.world().travelperk.faults.push(Fault::once("/Users", kind).on("POST").times(99));
    let report = setup.sync().await;
    assert_eq!(report.exit(), Exit::SomeFailed);
    let told = serde_json::to_string(&report).unwrap();
    assert!(told.contains("not with ApiKey [secret], please"), "{told}");
    let mut places = vec![("the report".to_owned(), told.into_bytes())];
    files(setup.data.path(), &mut places);
    for (name, bytes) in places {
        assert!(!contains(&bytes, &key), "the key is in {name}");
    }
}
