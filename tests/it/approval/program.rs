//! The same in the program itself: what an admin reads, and a plan's way through a host that serves and its API.

use super::office::{ABOVE_LIMITS, Office};
use crate::api::{Host, tenant, token};
use crate::cli::{Shell, program, share_compiled};
use expect_test::{Expect, expect};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What a command says, with what differs from run to run by name.
async fn said(office: &Office, args: &[&str], exit: i32) -> String {
    let output = program(office.setup.folder.path(), args).output().unwrap();
    assert_eq!(output.status.code(), Some(exit), "{}", String::from_utf8_lossy(&output.stderr));
    let mut text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    let time =
        |seconds: i64| chrono::DateTime::from_timestamp(seconds, 0).unwrap().format("%Y-%m-%d %H:%M UTC").to_string();
    let rows = office.database().await.approvals(0, 100).await.unwrap();
    for row in &rows {
        text =
            text.replace(&row.plan, "DIGEST").replace(&row.plan[..12], "PLAN").replace(&time(row.lapses_at), "LATER");
    }
    for row in rows {
        let times = [Some(row.created_at), row.decided_at, row.ended_at];
        text = times.into_iter().flatten().fold(text, |text, at| text.replace(&time(at), "NOW"));
    }
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_reads_what_waits_why_and_what_became_of_it() {
    let office = Office::new(ABOVE_LIMITS).await;
    office.setup.world().hibob.employees.retain(|employee| employee.id.parse::<u32>().unwrap() < 13);
    for id in 1..=6 {
        office.setup.world().hibob.employee_mut(&id.to_string()).email = Some(format!("{id}@y.example"));
    }
    share_compiled(&office.setup.folder.path().join("data"));
    let look = async |args: &[&str], exit: i32, expected: Expect| expected.assert_eq(&said(&office, args, exit).await);
    look(&["sync", "acme"], 6, expect![[""]]).await;
    let plan = office.open().await.unwrap();
    look(&["plans", "acme"], 0, expect![[""]]).await;
    look(&["plans", "show", "acme", &plan[..8]], 0, expect![[""]]).await;
    let approve = ["plans", "approve", "acme", &plan[..12], "--by", "ana@acme.example"];
    look(&approve, 0, expect![[""]]).await;
    look(&approve, 0, expect![[""]]).await;
    office.rename("7", "Anna");
    look(&["sync", "acme"], 6, expect![[""]]).await;
    let newer = office.open().await.unwrap();
    look(&["plans", "approve", "acme", &plan, "--by", "ana@acme.example"], 2, expect![[""]]).await;
    let reject = ["plans", "reject", "acme", &newer, "--by", "ana@acme.example", "--reason", "a wrong domain"];
    look(&reject, 0, expect![[""]]).await;
    look(&["plans", "acme"], 0, expect![[""]]).await;
    look(&["history", "acme", "--limit", "1", "--json"], 0, expect![[""]]).await;
    assert_eq!(office.setup.writes(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_waits_is_approved_by_the_api_and_is_applied_by_the_host() {
    let shell = Shell::new();
    let _servers = (tenant(&shell, "acme").await, tenant(&shell, "globex").await);
    let file = std::fs::read_to_string(shell.path("acme.toml")).unwrap();
    std::fs::write(shell.path("acme.toml"), file + "[safety]\napproval = \"always\"\napproval_by_another = true\n")
        .unwrap();
    assert_eq!(shell.json(&["tenant", "apply", "acme.toml"]).0, 0);
    let starter = token(&shell, &["--role", "admin", "--tenant", "acme"]);
    let admin = token(&shell, &["--role", "admin", "--tenant", "acme"]);
    let reader = token(&shell, &["--role", "reader", "--tenant", "acme"]);
    let other = token(&shell, &["--role", "admin", "--tenant", "globex"]);
    let operator = token(&shell, &["--role", "operator"]);
    let host = Host::start(&shell, &[]);
    // A stream of events ends with its job.
    let ended = |job: &Value| {
        host.ask(&admin, "GET", &format!("/v1/jobs/{job}/events"), "");
        host.json(&admin, "GET", &format!("/v1/jobs/{job}"), "").1
    };
    let (_, started) = host.json(&starter, "POST", "/v1/tenants/acme/jobs", r#"{"kind":"sync"}"#);
    let job = ended(&started["job"]);
    assert_eq!((&job["state"], &job["result"]["exit_code"]), (&json!("waiting-for-approval"), &json!(6)), "{job}");

    let (_, listed) = host.json(&reader, "GET", "/v1/tenants/acme/plans", "");
    let row = &listed["plans"][0];
    assert_eq!(
        (&row["state"], &row["requested_by"]),
        (&json!("waiting"), &json!(format!("token {}", &starter[4..16])))
    );
    let plan = row["plan"].as_str().unwrap();
    let path = format!("/v1/tenants/acme/plans/{plan}");
    let (status, shown) = host.json(&reader, "GET", &format!("/v1/tenants/acme/plans/{}", &plan[..8]), "");
    assert_eq!(
        (status, shown["content"]["changes"].as_array().unwrap().len()),
        (200, row["changes"].as_u64().unwrap() as usize)
    );

    let (approve, yes) = (format!("{path}/approve"), r#"{"by":"ana@acme.example"}"#);
    let (status, refused) = host.json(&starter, "POST", &approve, yes);
    assert_eq!((status, &refused["code"]), (409, &json!("APPROVER_IS_STARTER")), "{refused}");
    assert_eq!(host.json(&reader, "POST", &approve, yes).0, 403);
    assert_eq!(host.json(&other, "POST", &approve, yes).0, 404);
    assert_eq!(host.json(&admin, "POST", &approve, "{}").0, 400);
    let (status, decided) = host.json(&admin, "POST", &approve, yes);
    assert_eq!((status, &decided["new"], &decided["state"]), (202, &json!(true), &json!("approved")), "{decided}");
    let job = ended(&decided["job"]);
    assert_eq!((&job["state"], &job["kind"]), (&json!("done"), &json!("apply")), "{job}");
    let (_, run) = host.json(&reader, "GET", &format!("/v1/tenants/acme/runs/{}", job["result"]["run"]), "");
    assert_eq!(run["report"]["approval"]["by"], "ana@acme.example", "{run}");
    assert_eq!(run["report"]["errors"], json!([]));
    let (status, again) = host.json(&admin, "POST", &approve, yes);
    assert_eq!(
        (status, &again["new"], &again["state"], &again["job"]),
        (200, &json!(false), &json!("applied"), &Value::Null)
    );
    let (status, late) = host.json(&admin, "POST", &format!("{path}/reject"), r#"{"by":"a@b","reason":"no"}"#);
    assert_eq!((status, &late["code"]), (409, &json!("PLAN_DECIDED")));
    // Everything is as it should be now, so nothing waits.
    let (_, started) = host.json(&admin, "POST", "/v1/tenants/acme/jobs", r#"{"kind":"sync"}"#);
    assert_eq!(ended(&started["job"])["state"], "done");

    let (_, record) = host.json(&operator, "GET", "/v1/audit", "");
    let rows = record["audit"].as_array().unwrap().iter().filter(|row| row["action"] == "approve-plan");
    let told: BTreeSet<(&str, &str, &str)> = rows
        .map(|row| {
            (row["actor"].as_str().unwrap(), row["outcome"].as_str().unwrap(), row["code"].as_str().unwrap_or(""))
        })
        .collect();
    let expected = [
        (&starter[4..16], "refused", "APPROVER_IS_STARTER"),
        (&reader[4..16], "refused", "FORBIDDEN"),
        (&other[4..16], "refused", "NOT_FOUND"),
        (&admin[4..16], "refused", "BAD_REQUEST"),
        (&admin[4..16], "done", ""),
    ];
    assert_eq!(told, BTreeSet::from(expected));
    assert!(record.to_string().contains(plan) && !record.to_string().contains("ana@acme.example"));
}
