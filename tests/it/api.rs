//! Tests of the API of the real program, over HTTP, with two tenants that have their own stand-ins.

use crate::cli::Shell;
use calamine::{Reader, Xlsx};
use hibob_fakes::{Server, World};
use hibob_tests::setup::today;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Cursor, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Longer than any answer takes, so that a test that waits in vain fails.
const TIME_MAX: Duration = Duration::from_secs(120);

/// A serving host. It ends with the test.
pub(crate) struct Host {
    process: Child,
    address: String,
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Host {
    pub(crate) fn start(shell: &Shell, args: &[&str]) -> Self {
        Self::start_with(shell, args, &[])
    }

    /// With these environment variables.
    pub(crate) fn start_with(shell: &Shell, args: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut command = shell.command(&["serve", "--json", "--listen", "127.0.0.1:0"]);
        let mut process = command
            .args(args)
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let said: Value = serde_json::from_str(&line).unwrap();
        let address = said["api"].as_str().unwrap().strip_prefix("http://").unwrap().to_owned();
        Self { process, address }
    }

    /// Address and port.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Sends a request. Returns status, head and body of the answer, which is read to its end.
    pub(crate) fn ask(&self, token: &str, method: &str, path: &str, body: impl AsRef<[u8]>) -> (u16, String, Vec<u8>) {
        ask(&self.address, token, method, path, body)
    }

    pub(crate) fn json(&self, token: &str, method: &str, path: &str, body: impl AsRef<[u8]>) -> (u16, Value) {
        let (status, _, body) = self.ask(token, method, path, body);
        (status, serde_json::from_slice(&body).unwrap())
    }
}

/// Sends a request to a host. Returns status, head and body of the answer, which is read to its end.
pub(crate) fn ask(
    address: &str,
    token: &str,
    method: &str,
    path: &str,
    body: impl AsRef<[u8]>,
) -> (u16, String, Vec<u8>) {
    let body = body.as_ref();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(TIME_MAX)).unwrap();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\nconnection: close\r\ncontent-length: {}\r\n",
        body.len()
    );
    stream.write_all(&[format!("{head}\r\n").as_bytes(), body].concat()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(answer[..end].to_vec()).unwrap();
    (head[9..12].parse().unwrap(), head, answer[end + 4..].to_vec())
}

/// Whether a host is ready: the status of its answer, and the answer.
pub(crate) fn readiness(address: &str) -> (u16, Value) {
    let (status, _, body) = ask(address, "", "GET", "/readyz", "");
    (status, serde_json::from_slice(&body).unwrap())
}

/// A tenant with a company of five and its stand-ins.
pub(crate) async fn tenant(shell: &Shell, id: &str) -> Server {
    let world = World::realistic(5, 1, today());
    let (user, token, key) =
        (world.hibob.service_user_id.clone(), world.hibob.token.clone(), world.travelperk.api_key.clone());
    let server = Server::start(Arc::new(Mutex::new(world))).await.unwrap();
    let write = |name: String, text: &str| std::fs::write(shell.path(&name), text).unwrap();
    write(format!("{id}.token"), &token);
    write(format!("{id}.key"), &key);
    let text = format!(
        "id = \"{id}\"\n[safety]\nallow_first = true\n[hibob]\nurl = \"{}\"\nservice_user = \"{user}\"\ntoken = \"file:{id}.token\"\n\
         [travelperk]\nscim_url = \"{}\"\nkey = \"file:{id}.key\"\ncalls_per_minute = 600000\n",
        server.hibob_url(),
        server.scim_url()
    );
    write(format!("{id}.toml"), &text);
    assert_eq!(shell.json(&["tenant", "apply", &format!("{id}.toml")]).0, 0);
    server
}

pub(crate) fn token(shell: &Shell, args: &[&str]) -> String {
    let (code, made) = shell.json(&[&["token", "new"], args].concat());
    assert_eq!(code, 0, "{made}");
    made["token"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_is_started_followed_and_read() {
    let shell = Shell::new();
    let _servers = (tenant(&shell, "acme").await, tenant(&shell, "globex").await);
    let admin = token(&shell, &["--role", "admin", "--tenant", "acme"]);
    let other = token(&shell, &["--role", "admin", "--tenant", "globex"]);
    let host = Host::start(&shell, &[]);
    let (status, ready) = host.json("", "GET", "/readyz", "");
    assert!(status == 200 || ready["missing"] == json!(["worker-loop"]), "{ready}");
    let (status, started) = host.json(&admin, "POST", "/v1/tenants/acme/jobs", r#"{"kind":"sync"}"#);
    assert_eq!(status, 202, "{started}");
    let job = started["job"].as_i64().unwrap();
    // The stream ends with the job, so reading it to its end waits for the job.
    let (status, head, events) = host.ask(&admin, "GET", &format!("/v1/jobs/{job}/events"), "");
    let events = String::from_utf8(events).unwrap();
    assert!(status == 200 && head.contains("text/event-stream"), "{head}");
    assert!(events.contains(r#""state":"done""#), "{events}");
    let (_, done) = host.json(&admin, "GET", &format!("/v1/jobs/{job}"), "");
    let run = done["result"]["run"].as_i64().unwrap();
    let (status, head, book) = host.ask(&admin, "GET", &format!("/v1/tenants/acme/runs/{run}/workbook"), "");
    assert!(status == 200 && head.contains("acme-run-"), "{head}");
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(book)).unwrap();
    assert!(book.worksheet_range("Employee Updates").unwrap().height() > 1);
    // The other tenant's admin cannot see any of this.
    for path in [format!("/v1/jobs/{job}"), "/v1/tenants/acme".to_owned(), format!("/v1/tenants/acme/runs/{run}")] {
        assert_eq!(host.json(&other, "GET", &path, "").0, 404, "{path}");
    }
    let (_, seen) = host.json(&other, "GET", "/v1/tenants/globex/jobs", "");
    assert_eq!(seen["jobs"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_made_listed_and_revoked() {
    let shell = Shell::new();
    let _server = tenant(&shell, "acme").await;
    let reader = token(&shell, &["--role", "reader", "--name", "monitoring", "--expires", "30"]);
    let host = Host::start(&shell, &[]);
    assert_eq!(host.json(&reader, "GET", "/v1/tenants", "").0, 200);
    let (_, listed) = shell.json(&["token", "list"]);
    let row = &listed["tokens"][0];
    assert_eq!((&row["role"], &row["state"], &row["name"]), (&json!("reader"), &json!("valid"), &json!("monitoring")));
    assert!(!listed.to_string().contains(&reader) && row["used_on"].is_string(), "{listed}");
    assert_eq!(shell.json(&["token", "revoke", row["id"].as_str().unwrap()]).0, 0);
    assert_eq!(host.json(&reader, "GET", "/v1/tenants", "").0, 401, "at once");
    for (args, words) in [
        (&["token", "new", "--role", "admin"][..], "--tenant T"),
        (&["token", "new", "--role", "operator", "--tenant", "acme"], "leave --tenant out"),
        (&["token", "new", "--role", "reader", "--tenant", "nobody"], "choose from acme"),
        (&["token", "revoke", &reader], "hibob token list"),
        (&["serve", "--listen", "0.0.0.0:0"], "--allow-remote"),
    ] {
        let (code, error) = shell.json(args);
        assert_eq!(code, 2, "{error}");
        assert!(error["error"]["remedy"].as_str().unwrap().contains(words), "{error}");
        assert!(!error.to_string().contains(&reader), "{error}");
    }
    // The database file has no token.
    let stored = std::fs::read(shell.path("data/control.db")).unwrap();
    let secret = &reader.as_bytes()[17..];
    assert!(!stored.windows(secret.len()).any(|window| window == secret));
}
