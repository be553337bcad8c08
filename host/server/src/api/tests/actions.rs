//! What the routes do.

use crate::api::tests::{Site, config};
use axum::http::Request;
use calamine::{Reader, Xlsx};
use hibob_store::queue::Selection;
use hibob_store::token::TokenRole;
use serde_json::{Value, json};
use std::io::Cursor;

#[tokio::test]
async fn an_operator_sets_a_tenant_up_and_its_admin_enters_the_secrets() {
    let site = Site::new().await;
    let operator = site.operator().await;
    let put = site.ask("PUT", "/v1/tenants/initech", &operator, &config("initech").to_string()).await;
    assert_eq!((put.status, put.json()["secrets_to_enter"].as_array().unwrap().len()), (201, 2));
    let again = site.ask("PUT", "/v1/tenants/initech", &operator, &config("initech").to_string()).await;
    assert_eq!((again.status, &again.json()["new"]), (200, &json!(false)));
    let admin = site.token(TokenRole::Admin, Some("initech")).await;
    for (name, secret) in [("hibob.token", "a-token-of-hibob"), ("travelperk.key", "a-key-of-travelperk")] {
        let put = site.ask("PUT", &format!("/v1/tenants/initech/secrets/{name}"), &admin, secret).await;
        assert_eq!((put.status, &put.json()["in_use"]), (200, &json!(true)));
        assert!(!String::from_utf8_lossy(&put.body).contains(secret));
    }
    let shown = site.get("/v1/tenants/initech", &admin).await.json();
    assert_eq!(shown.get("config"), None, "what the operator set is the operator's");
    assert!(!shown.to_string().contains("a-token-of-hibob") && shown.to_string().contains("in-use"), "{shown}");
    let shown = site.get("/v1/tenants/initech", &operator).await.json();
    assert_eq!(shown["config"]["hibob"]["service_user"], "SERVICE-1");
    // In no row of the record either.
    let audit = site.get("/v1/audit", &operator).await.json().to_string();
    assert!(audit.contains("put-secret") && audit.contains("hibob.token") && !audit.contains("a-token-of-hibob"));
}

#[tokio::test]
async fn what_an_api_must_not_say_is_refused() {
    let site = Site::new().await;
    let operator = site.operator().await;
    let mut environment = config("acme");
    environment["hibob"]["token"] = json!("env:HOME");
    let mut unknown = config("acme");
    unknown["colour"] = json!("blue");
    let secrets = "/v1/tenants/acme/secrets/hibob.token";
    let jobs = "/v1/tenants/acme/jobs";
    let long = "x".repeat(300_000);
    for (method, path, body, status, words) in [
        ("PUT", "/v1/tenants/acme", environment.to_string().as_str(), 422, "`store` only"),
        ("PUT", "/v1/tenants/acme", unknown.to_string().as_str(), 422, "there is no key `colour`"),
        ("PUT", "/v1/tenants/acme", config("globex").to_string().as_str(), 422, "another tenant"),
        ("PUT", "/v1/tenants/acme", "{", 400, "not a tenant's configuration"),
        ("PUT", "/v1/tenants/acme", long.as_str(), 413, "262144 bytes"),
        ("PUT", "/v1/tenants/ACME", config("ACME").to_string().as_str(), 404, "no such tenant"),
        ("PUT", secrets, "two words", 422, "not a secret"),
        ("PUT", secrets, "", 422, "not a secret"),
        ("PUT", secrets, long.as_str(), 413, "16384 bytes"),
        ("PUT", "/v1/tenants/acme/secrets/colour", "x", 422, "not the name of a secret"),
        ("POST", jobs, r#"{"kind":"apply","arguments":{"plan":"00"}}"#, 422, "no such kind"),
        ("POST", jobs, r#"{"kind":"sync","arguments":{"plan":"00"}}"#, 422, "does not take these arguments"),
        ("POST", jobs, r#"{"kind":"references"}"#, 422, "issues no references"),
        ("POST", jobs, r#"{"kind":"sync","colour":1}"#, 400, "colour"),
        ("GET", "/v1/tenants/acme/plans/0000000", "", 422, "names no plan"),
        ("GET", "/v1/tenants/acme/plans/00000000", "", 404, "no such plan"),
        ("GET", "/v1/tenants/acme/plans/of-today", "", 404, "no such plan"),
        ("POST", "/v1/tenants/acme/plans/00000000/approve", r#"{"by":"ana"}"#, 404, "no such plan"),
        ("POST", "/v1/tenants/acme/plans/00000000/reject", r#"{"by":"a@b"}"#, 400, "reason"),
        ("GET", "/v1/tenants/acme/jobs?limit=0", "", 400, "how many"),
        ("GET", "/v1/tenants/acme/runs?since=1", "", 400, "does not take"),
        ("GET", "/v1/tenants/acme/runs?from=1&from=2", "", 400, "comes twice"),
        ("GET", "/v1/tenants/acme/runs?from=today", "", 400, "no time"),
        ("GET", "/v1/tenants/acme/jobs?from=1", "", 400, "does not take"),
        ("GET", "/v1/jobs/one", "", 404, "no such job"),
        ("GET", "/v1/tenants/acme/runs/-1", "", 404, "no such run"),
    ] {
        let answer = site.ask(method, path, &operator, body).await;
        let problem = answer.json();
        assert_eq!((answer.status, &problem["status"]), (status, &json!(status)), "{method} {path}: {problem}");
        assert!(problem["detail"].as_str().unwrap().contains(words), "{problem}");
        assert!(!problem["remedy"].as_str().unwrap().is_empty() && !problem["code"].as_str().unwrap().is_empty());
        assert!(!problem.to_string().contains("HOME"));
    }
    site.data.set_disabled("acme", true).await.unwrap();
    let answer = site.ask("POST", jobs, &operator, r#"{"kind":"sync"}"#).await;
    assert_eq!((answer.status, &answer.json()["code"]), (409, &json!("TENANT_DISABLED")));
}

/// What widens trust is the local operator's, and no file is opened to find that out.
#[tokio::test]
async fn an_api_opens_no_file_and_trusts_no_plugin_and_no_odd_address() {
    let site = Site::new().await;
    let operator = site.operator().await;
    let put = async |change: &dyn Fn(&mut Value)| {
        let mut config = config("acme");
        change(&mut config);
        let answer = site.ask("PUT", "/v1/tenants/acme", &operator, &config.to_string()).await;
        (answer.status, answer.json()["detail"].as_str().unwrap_or_default().to_owned())
    };
    let only_the_operators = "is for the local operator only";
    for ca_file in ["/nowhere/ca.pem", "/etc/hostname"] {
        let (status, detail) = put(&|config| config["network"] = json!({ "ca_file": ca_file })).await;
        assert_eq!(status, 422);
        assert!(detail.contains("[network]") && detail.contains(only_the_operators), "{detail}");
    }
    let references = |plugins: Value| json!({ "domain": "acme.example", "name": "ACME GmbH", "plugins": plugins });
    assert_eq!(put(&|config| config["references"] = references(json!([]))).await.0, 200);
    let digest = format!("sha256:{}", "0".repeat(64));
    let (status, detail) = put(&|config| config["references"] = references(json!([digest]))).await;
    assert!(status == 422 && detail.contains("references.plugins") && detail.contains(only_the_operators), "{detail}");
    for host in ["2130706433", "0x7f.1", "0177.0.0.1", "127.1", "127.0.0.1.", "[::ffff:10.0.0.5]", "10.0.0.5"] {
        let (status, detail) = put(&|config| config["hibob"]["url"] = format!("https://{host}/v1").into()).await;
        assert!(status == 422 && detail.contains(only_the_operators), "{host}: {detail}");
    }
    for (limit, value) in [("call_memory_mebibytes_max", 1_000_000_000), ("cpu_milliseconds_max", 0)] {
        let (status, detail) = put(&|config| config["limits"] = json!({ limit: value })).await;
        assert!(status == 422 && detail.contains(limit), "{detail}");
    }
}

/// One rule for what people write, whichever way it comes: `person.rs`.
#[tokio::test]
async fn names_and_reasons_have_no_control_characters() {
    let site = Site::new().await;
    let operator = site.operator().await;
    let plan = site.plan().await;
    for by in ["ana@acme.example\n", "\u{1b}[2Jana@acme.example", "ana\u{202e}@acme.example"] {
        let mut config = config("acme");
        config["enabled_by"] = by.into();
        assert_eq!(site.ask("PUT", "/v1/tenants/acme", &operator, &config.to_string()).await.status, 422, "{by:?}");
        for (path, body) in [("approve", json!({ "by": by })), ("reject", json!({ "by": by, "reason": "no" }))] {
            let path = format!("/v1/tenants/acme/plans/{plan}/{path}");
            assert_eq!(site.ask("POST", &path, &operator, &body.to_string()).await.status, 422, "{path} {by:?}");
        }
    }
    for reason in ["no\nyes", "no\u{1b}[2J", "no\u{2028}yes", "no\u{202e}"] {
        let body = json!({ "by": "ana@acme.example", "reason": reason }).to_string();
        let answer = site.ask("POST", &format!("/v1/tenants/acme/plans/{plan}/reject"), &operator, &body).await;
        assert_eq!(answer.status, 422, "{reason:?}");
    }
}

/// Invariant 29: the row comes first, and without it nothing is done.
#[tokio::test]
async fn an_action_whose_row_cannot_be_written_is_not_carried_out() {
    let site = Site::new().await;
    let operator = site.operator().await;
    let path = "/v1/tenants/acme/jobs";
    assert_eq!(site.ask("POST", path, &operator, r#"{"kind":"check"}"#).await.status, 202);
    let url = format!("sqlite:{}", site.data.path().join("control.db").display());
    let database = sqlx::SqlitePool::connect(&url).await.unwrap();
    let refuse = "CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'the disk is full'); END";
    sqlx::query(refuse).execute(&database).await.unwrap();
    let acme = Selection { tenant: Some("acme"), ended_max: 0 };
    let waiting = async || site.data.queue().list(acme).await.unwrap().len();
    let before = waiting().await;
    assert_eq!(site.ask("POST", path, &operator, r#"{"kind":"sync"}"#).await.status, 500);
    let mut other = config("acme");
    other["hibob"]["service_user"] = "SERVICE-2".into();
    assert_eq!(site.ask("PUT", "/v1/tenants/acme", &operator, &other.to_string()).await.status, 500);
    assert_eq!(site.get("/v1/tenants/acme", &operator).await.status, 500, "what is read is an action, too");
    sqlx::query("DROP TRIGGER full").execute(&database).await.unwrap();
    assert_eq!(waiting().await, before);
    let shown = site.get("/v1/tenants/acme", &operator).await.json();
    assert_eq!(shown["config"]["hibob"]["service_user"], "SERVICE-1");
}

#[tokio::test]
async fn a_tenant_is_disabled_with_a_reason_and_enabled_again() {
    let site = Site::new().await;
    let operator = site.operator().await;
    let status = async || site.get("/v1/tenants/acme", &operator).await.json()["status"].clone();
    assert_eq!(status().await["state"], "secrets-missing");
    let disable = r#"{"by":"ana@acme.example","reason":"a new contract"}"#;
    let answer = site.ask("POST", "/v1/tenants/acme/disable", &operator, disable).await;
    assert_eq!((answer.status, &answer.json()["status"]), (200, &status().await));
    let now = chrono::Utc::now().timestamp();
    let disabled = status().await["conditions"][0].clone();
    assert_eq!(
        (&disabled["condition"], &disabled["by"], &disabled["reason"]),
        (&json!("disabled"), &json!("ana@acme.example"), &json!("a new contract"))
    );
    assert!((now - disabled["since"].as_i64().unwrap()).abs() < 60, "{disabled}");
    for (path, body, code) in [
        ("disable", r#"{"by":"ana@acme.example"}"#, 400),
        ("disable", r#"{"by":"ana","reason":"a new contract"}"#, 422),
        ("disable", r#"{"by":"ana@acme.example","reason":" "}"#, 422),
        ("enable", r#"{"by":"ana"}"#, 422),
        ("enable", "{}", 400),
    ] {
        let answer = site.ask("POST", &format!("/v1/tenants/acme/{path}"), &operator, body).await;
        assert_eq!(answer.status, code, "{path} {body}");
        assert_eq!(status().await["state"], "disabled");
    }
    let answer = site.ask("POST", "/v1/tenants/acme/enable", &operator, r#"{"by":"boss@acme.example"}"#).await;
    assert_eq!((answer.status, &answer.json()["status"]["state"]), (200, &json!("secrets-missing")));
    assert_eq!(site.get("/v1/tenants/acme", &operator).await.json()["config"]["enabled_by"], "boss@acme.example");
}

/// A waived reference is recorded with who waived it and why, and is in the list. Who waits for none is told so.
#[tokio::test]
async fn a_reference_is_waived_by_somebody_and_for_a_reason() {
    let site = Site::new().await;
    let operator = site.operator().await;
    let path = "/v1/tenants/acme/references/waive";
    let list = async || site.get("/v1/tenants/acme/references", &operator).await.json()["without_reference"].clone();
    site.open_departure("7").await;
    assert_eq!(list().await[0]["why"], "not-possible");
    let right = json!({ "employee": "7", "reason": "was never employed", "by": "ana@acme.example" });
    for (key, value, code) in [
        ("by", json!("ana"), 422),
        ("by", Value::Null, 400),
        ("reason", json!(" "), 422),
        ("reason", Value::Null, 400),
        ("employee", json!("8"), 422),
        ("employee", json!(7), 400),
        ("more", json!("x"), 400),
    ] {
        let mut body = right.clone();
        body[key] = value;
        let answer = site.ask("POST", path, &operator, &body.to_string()).await;
        assert_eq!(answer.status, code, "{body}");
        assert_eq!(list().await[0]["why"], "not-possible", "{body}");
    }
    let answer = site.ask("POST", path, &operator, &right.to_string()).await;
    let expected = json!({ "tenant": "acme", "employee_id": "7", "waived": true });
    assert_eq!((answer.status, answer.json()), (200, expected));
    let row = list().await[0].clone();
    let shown = [&row["why"], &row["waived_by"], &row["waived_because"], &row["name"]];
    assert_eq!(shown, ["waived", "ana@acme.example", "was never employed", "Maeve Quinn"]);
    // The log of the API has the call, and nobody's id or name.
    let log = site.get("/v1/audit", &operator).await.json().to_string();
    assert!(log.contains("waive-reference") && !log.contains("Maeve") && !log.contains("never employed"), "{log}");
    // A run goes on: nothing is recorded until it has ended.
    let lease = site.data.control().lease("acme", "a sync").await.unwrap();
    assert_eq!(site.ask("POST", path, &operator, &right.to_string()).await.status, 409);
    lease.release().await.unwrap();
}

/// `curl -d` and a client that sends JSON would store a secret that is none.
#[tokio::test]
async fn a_secret_is_taken_as_plain_text_alone() {
    let site = Site::new().await;
    let operator = site.operator().await;
    let path = "/v1/tenants/acme/secrets/hibob.token";
    for (headers, status) in [
        (&[("content-type", "text/plain")][..], 200),
        (&[("content-type", "Text/Plain; charset=UTF-8")], 200),
        (&[], 415),
        (&[("content-type", "application/x-www-form-urlencoded")], 415),
        (&[("content-type", "application/json")], 415),
        (&[("content-type", "text/plain; charset=utf-16")], 415),
        (&[("content-type", "text/plain"), ("content-encoding", "gzip")], 415),
    ] {
        let request = Request::builder().method("PUT").uri(path).header("authorization", format!("Bearer {operator}"));
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let answer = site.send("PUT", path, request, "a-token-of-hibob").await;
        assert_eq!(answer.status(), status, "{headers:?}");
    }
    let refused = site.data.control().api_log(1).await.unwrap();
    assert_eq!(refused[0].code.as_deref(), Some("UNSUPPORTED_MEDIA_TYPE"));
}

#[tokio::test]
async fn a_job_is_started_once_shown_and_cancelled() {
    let site = Site::new().await;
    let admin = site.token(TokenRole::Admin, Some("acme")).await;
    let order = r#"{"kind":"sync","arguments":{"allow_archiving":7}}"#;
    let started = site.ask("POST", "/v1/tenants/acme/jobs", &admin, order).await;
    let id = started.json()["job"].as_i64().unwrap();
    assert_eq!((started.status, started.header("location")), (202, format!("/v1/jobs/{id}").as_str()));
    let again = site.ask("POST", "/v1/tenants/acme/jobs", &admin, order).await;
    assert_eq!(again.json(), json!({ "job": id, "new": false }));
    let job = site.get(&format!("/v1/jobs/{id}"), &admin).await.json();
    assert_eq!((&job["state"], &job["arguments"]), (&json!("queued"), &json!({ "allow_archiving": 7 })));
    assert_eq!(job["requested_by"], format!("token {}", &admin[4..16]));
    let cancelled = site.ask("DELETE", &format!("/v1/jobs/{id}"), &admin, "").await;
    assert_eq!((cancelled.status, &cancelled.json()["state"]), (200, &json!("cancelled")));
    let late = site.ask("DELETE", &format!("/v1/jobs/{id}"), &admin, "").await;
    assert_eq!((late.status, &late.json()["code"]), (409, &json!("JOB_ENDED")));
    let jobs = site.get("/v1/tenants/acme/jobs", &admin).await.json();
    assert_eq!(jobs["jobs"].as_array().unwrap().len(), 1);
    let running = site.job().await;
    site.data.queue().claim("a host", std::time::Duration::from_mins(1)).await.unwrap().unwrap();
    let asked = site.ask("DELETE", &format!("/v1/jobs/{running}"), &admin, "").await;
    assert_eq!((asked.status, &asked.json()["state"]), (202, &json!("running")));
}

#[tokio::test]
async fn a_run_is_read_as_lines_and_as_a_workbook() {
    let site = Site::new().await;
    let reader = site.token(TokenRole::Reader, Some("acme")).await;
    let run = site.run().await;
    let runs = site.get("/v1/tenants/acme/runs", &reader).await.json();
    assert_eq!((&runs["runs"][0]["run"], &runs["runs"][0]["status"]), (&json!(run), &json!("done with errors")));
    let shown = site.get(&format!("/v1/tenants/acme/runs/{run}"), &reader).await.json();
    assert_eq!(shown["updates"][0]["name"], "Maeve Quinn");
    assert_eq!(site.get("/v1/tenants/acme/runs/99", &reader).await.status, 404);
    let file = site.get(&format!("/v1/tenants/acme/runs/{run}/workbook"), &reader).await;
    assert_eq!(file.header("content-disposition"), format!("attachment; filename=\"acme-run-{run}.xlsx\""));
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(file.body.to_vec())).unwrap();
    let text = |rows: calamine::Range<calamine::Data>| format!("{:?}", rows.rows().collect::<Vec<_>>());
    assert!(text(book.worksheet_range("Employee Updates").unwrap()).contains("Maeve Quinn"));
    assert!(text(book.worksheet_range("Errors").unwrap()).contains("MISSING_EMAIL"));
}

#[tokio::test]
async fn every_action_and_every_refusal_is_recorded() {
    let site = Site::new().await;
    let operator = site.operator().await;
    let reader = site.token(TokenRole::Reader, Some("acme")).await;
    let job = site.job().await;
    let done = site.ask("DELETE", &format!("/v1/jobs/{job}"), &operator, "").await;
    let refused = site.ask("DELETE", &format!("/v1/jobs/{job}"), &reader, "").await;
    let impossible = site.ask("DELETE", &format!("/v1/jobs/{job}"), &operator, "").await;
    let nobody = site.ask("PUT", "/v1/tenants/acme", "", "{}").await;
    let rows = site.get("/v1/audit?limit=5", &operator).await.json();
    let rows = rows["audit"].as_array().unwrap();
    let row = |answer: &crate::api::tests::Answer| {
        let id = answer.header("x-request-id");
        rows.iter().find(|row| row["request"] == id).unwrap().clone()
    };
    let facts =
        |row: Value| ["actor", "role", "action", "tenant", "object", "outcome", "code"].map(|key| row[key].clone());
    let (job, o, r) = (job.to_string(), &operator[4..16], &reader[4..16]);
    let expected = |values: Value| -> [Value; 7] { serde_json::from_value(values).unwrap() };
    assert_eq!(facts(row(&done)), expected(json!([o, "operator", "cancel-job", "acme", job, "done", null])));
    assert_eq!(facts(row(&refused)), expected(json!([r, "reader", "cancel-job", null, job, "refused", "FORBIDDEN"])));
    let late = json!([o, "operator", "cancel-job", "acme", job, "refused", "JOB_ENDED"]);
    assert_eq!(facts(row(&impossible)), expected(late));
    assert_eq!(
        facts(row(&nobody)),
        expected(json!(["unknown", null, "put-tenant", "acme", null, "refused", "NO_TOKEN"]))
    );
    assert_eq!(rows[0]["outcome"], "begun", "the question itself");
    assert!(!json!(rows).to_string().contains("hbt_"));
}

#[tokio::test]
async fn readiness_says_what_is_missing() {
    let site = Site::new().await;
    let missing = site.get("/readyz", "").await;
    assert_eq!((missing.status, missing.json()["missing"].clone()), (503, json!(["worker-loop", "plugin"])));
    site.api.set_plugin_loaded();
    site.data.queue().record_poll();
    let ready = site.get("/readyz", "").await;
    assert_eq!((ready.status, ready.json()), (200, json!({ "ready": true, "draining": false, "missing": [] })));
    site.phase.send_replace(crate::serve::Phase::Drain);
    let draining = site.get("/readyz", "").await;
    let body = json!({ "ready": false, "draining": true, "missing": ["staying"] });
    assert_eq!((draining.status, draining.json()), (503, body));
    assert_eq!(site.get("/healthz", "").await.status, 200);
    let operator = site.operator().await;
    site.data.metrics().of("acme").error("MISSING_EMAIL");
    let metrics = site.get("/metrics", &operator).await;
    assert!(String::from_utf8_lossy(&metrics.body).contains("MISSING_EMAIL"));
}
