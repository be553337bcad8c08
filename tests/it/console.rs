//! Tests of the console of the real program, over HTTP: a person signs in by a link, makes a plan, approves it and reads
//! what was done, against stand-ins.

use super::api::{Host, tenant};
use super::cli::Shell;
use calamine::{Reader, Xlsx};
use serde_json::Value;
use std::io::{Cursor, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// Longer than anything here takes, so that a test that waits in vain fails.
const TIME_MAX: Duration = Duration::from_secs(120);

const PERSON: &str = "ana@acme.example";

/// A browser, as far as a server sees it.
struct Browser<'h> {
    host: &'h Host,
    cookie: String,
}

struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    fn header(&self, name: &str) -> String {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        let mut values = lines.filter(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned());
        values.next().unwrap_or_default()
    }
}

impl Browser<'_> {
    fn get(&self, path: &str) -> Answer {
        self.send("GET", path, "", "")
    }

    fn post(&self, path: &str, form: &str) -> Answer {
        let origin = format!("origin: http://{}\r\nsec-fetch-site: same-origin\r\n", self.host.address());
        self.send("POST", path, &origin, form)
    }

    fn send(&self, method: &str, path: &str, more: &str, form: &str) -> Answer {
        let mut stream = TcpStream::connect(self.host.address()).unwrap();
        stream.set_read_timeout(Some(TIME_MAX)).unwrap();
        let (host, cookie, length) = (self.host.address(), &self.cookie, form.len());
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {host}\r\ncookie: {cookie}\r\nconnection: close\r\ncontent-length: {length}\r\n\
             content-type: application/x-www-form-urlencoded\r\naccept-language: en\r\n{more}\r\n{form}"
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let end = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
        let head = String::from_utf8(answer[..end].to_vec()).unwrap();
        let body = decoded(&head, &answer[end + 4..]);
        Answer { status: head[9..12].parse().unwrap(), head, body }
    }

    /// Follows a job until it has ended, and returns where its page leads to.
    fn outcome(&self, job: &str) -> String {
        let begun = Instant::now();
        loop {
            let page = self.get(job).text();
            // The stream ends with the job, so that reading it to its end waits for the job.
            if page.contains("data-events=") {
                self.get(&format!("{job}/events"));
                assert!(begun.elapsed() < TIME_MAX, "{page}");
                continue;
            }
            let link = page.split("class=\"button main\" href=\"").nth(1).unwrap_or_else(|| panic!("{page}"));
            return link.split('"').next().unwrap().to_owned();
        }
    }
}

/// The body, without the lengths of its chunks (RFC 9112 section 7.1).
fn decoded(head: &str, body: &[u8]) -> Vec<u8> {
    if !head.to_ascii_lowercase().contains("transfer-encoding: chunked") {
        return body.to_vec();
    }
    let (mut rest, mut whole) = (body, Vec::new());
    while let Some(end) = rest.windows(2).position(|window| window == b"\r\n") {
        let length = usize::from_str_radix(std::str::from_utf8(&rest[..end]).unwrap(), 16).unwrap();
        if length == 0 {
            break;
        }
        whole.extend_from_slice(&rest[end + 2..end + 2 + length]);
        rest = &rest[end + 2 + length + 2..];
    }
    whole
}

/// Signs in by the link that the command prints.
fn sign_in<'h>(shell: &Shell, host: &'h Host, args: &[&str]) -> Browser<'h> {
    let url = format!("http://{}", host.address());
    let (code, made) = shell.json(&[&["console", "--by", PERSON, "--url", &url], args].concat());
    assert_eq!(code, 0, "{made}");
    let path = made["link"].as_str().unwrap().strip_prefix(&url).unwrap().to_owned();
    let browser = Browser { host, cookie: String::new() };
    let page = browser.get(&path);
    assert!(page.status == 200 && page.text().contains("Opening this page has not used it up"), "{}", page.text());
    let signed = browser.post("/console/link", path.split_once('?').unwrap().1);
    assert_eq!(signed.status, 303, "{}", signed.text());
    let cookie = signed.header("set-cookie").split(';').next().unwrap().to_owned();
    Browser { cookie, ..browser }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_signs_in_makes_a_plan_approves_it_and_reads_what_was_done() {
    let shell = Shell::new();
    let _server = tenant(&shell, "acme").await;
    let host = Host::start(&shell, &[]);
    let ana = sign_in(&shell, &host, &["--role", "admin", "--tenant", "acme"]);
    assert_eq!(ana.get("/console").header("location"), "/console/tenants/acme", "who has one tenant sees it at once");
    let started = ana.post("/console/tenants/acme/jobs", "kind=plan");
    let plan = ana.outcome(&started.header("location"));
    let page = ana.get(&plan).text();
    let digest = page.split("data-digest>").nth(1).unwrap().split('<').next().unwrap().to_owned();
    let rows = page.matches("data-change=").count();
    let (_, shown) = shell.json(&["plans", "show", "acme", &digest]);
    assert_eq!((&shown["approval"]["plan"], &shown["approval"]["state"]), (&digest.clone().into(), &"offered".into()));
    assert_eq!(
        rows,
        shown["content"]["changes"].as_array().unwrap().len(),
        "the page and the JSON have the same changes"
    );
    let approved = ana.post(&format!("/console/tenants/acme/plans/{digest}/approve"), "");
    assert_eq!(approved.status, 303, "{}", approved.text());
    let run = ana.outcome(&approved.header("location"));
    let page = ana.get(&run).text();
    let number = run.rsplit('/').next().unwrap();
    let (_, history) = shell.json(&["history", "acme", number]);
    let approval = &history["report"]["approval"];
    assert_eq!(
        (&approval["plan"], &approval["by"]),
        (&Value::from(digest), &PERSON.into()),
        "what was shown was applied"
    );
    // The page, the JSON and the workbook have the same rows.
    let in_table =
        page.split("data-rows").nth(1).unwrap().split("</table>").next().unwrap().matches("<tr>").count() - 1;
    let book = ana.get(&format!("{run}/workbook"));
    assert!(book.header("content-disposition").contains("acme-run-"), "{}", book.head);
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(book.body)).unwrap();
    let in_book = book.worksheet_range("Employee Updates").unwrap().height() - 1;
    assert_eq!((in_table, in_book), (history["updates"].as_array().unwrap().len(), in_table));
    // The token behind the link ends the session within one request.
    let (_, tokens) = shell.json(&["token", "list"]);
    let id = tokens["tokens"][0]["id"].as_str().unwrap();
    assert_eq!(tokens["tokens"][0]["name"], PERSON);
    assert_eq!(shell.json(&["token", "revoke", id]).0, 0);
    assert!(ana.get("/console/tenants/acme").header("location").starts_with("/console/sign-in"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_listener_refuses_pages_of_other_sites_and_leaves_the_console_out() {
    let shell = Shell::new();
    let _server = tenant(&shell, "acme").await;
    let host = Host::start(&shell, &[]);
    let ana = sign_in(&shell, &host, &[]);
    for more in [
        "origin: https://attacker.example\r\n",
        "origin: null\r\n",
        "origin: http://127.0.0.1:1\r\n",
        "sec-fetch-site: cross-site\r\n",
        "",
    ] {
        let answer = ana.send("POST", "/console/tenants/acme/jobs", more, "kind=sync");
        assert_eq!(answer.status, 403, "{more}");
    }
    assert_eq!(shell.json(&["jobs", "acme"]).1["jobs"], serde_json::json!([]), "nothing was started");
    let without = Host::start(&shell, &["--no-console"]);
    let (status, _, body) = without.ask("", "GET", "/console", "");
    assert!(status == 404 && body.starts_with(b"{"), "{status}");
}
