//! Tests of waiting plans with the program itself: what an admin reads on the command line, and a plan that is approved
//! through the API of a serving host.

use super::office::{ABOVE_LIMITS, Office};
use crate::api::{Host, tenant, token};
use crate::cli::{Shell, program, share_compiled};
use expect_test::{Expect, expect};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What a command prints, with digests and times replaced by words, as they differ from run to run.
async fn printed(office: &Office, args: &[&str], exit: i32) -> String {
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

/// Runs a command as an admin does, and compares what it prints.
async fn compare(office: &Office, args: &[&str], exit: i32, expected: Expect) {
    expected.assert_eq(&printed(office, args, exit).await);
}

/// Step 1: a sync makes a plan above the limits, and its output, the list and the plan itself say why it waits. Returns
/// the plan.
async fn step_1_a_plan_waits(office: &Office) -> String {
    for id in 1..=6 {
        office.setup.world().hibob.employee_mut(&id.to_string()).email = Some(format!("{id}@y.example"));
    }
    compare(
        office,
        &["sync", "acme"],
        6,
        expect![[r#"
            ! waiting plan PLAN waits for approval: 6 changes, none of them applied
                because  6 of 20 accounts would get another user name, and the limit is 5 (10 %, at least 5)
                since    NOW
                to go on look at it until LATER: hibob plans show acme PLAN
            Waiting for approval: 14 kept
        "#]],
    )
    .await;
    let plan = office.open().await.unwrap();
    compare(
        office,
        &["plans", "acme"],
        0,
        expect![[r#"
        PLAN  waiting     made NOW, 6 changes; waits until LATER
            because  6 of 20 accounts would get another user name, and the limit is 5 (10 %, at least 5)
    "#]],
    )
    .await;
    compare(
        office,
        &["plans", "show", "acme", &plan[..8]],
        0,
        expect![[r#"
        PLAN  waiting     made NOW, 6 changes; waits until LATER
            asked by somebody on the command line
            digest   DIGEST
            because  6 of 20 accounts would get another user name, and the limit is 5 (10 %, at least 5)

        Plan for acme: 6 to update
        20 employees and 20 accounts read; 14 right as it is

        ~ update Ana Ruiz (employee 1, account 100)
            because  differs from HiBob: user-name
            user-name        1@x.example → 1@y.example

        ~ update Ana Ruiz (employee 2, account 101)
            because  differs from HiBob: user-name
            user-name        2@x.example → 2@y.example

        ~ update Ana Ruiz (employee 3, account 102)
            because  differs from HiBob: user-name
            user-name        3@x.example → 3@y.example

        ~ update Ana Ruiz (employee 4, account 103)
            because  differs from HiBob: user-name
            user-name        4@x.example → 4@y.example

        ~ update Ana Ruiz (employee 5, account 104)
            because  differs from HiBob: user-name
            user-name        5@x.example → 5@y.example

        ~ update Ana Ruiz (employee 6, account 105)
            because  differs from HiBob: user-name
            user-name        6@x.example → 6@y.example

        to go on: hibob plans approve acme PLAN --by EMAIL, or hibob plans reject acme PLAN --by EMAIL --reason TEXT
    "#]],
    )
    .await;
    plan
}

/// Step 2: the plan is approved, and a repeated approval changes nothing.
async fn step_2_the_plan_is_approved_twice(office: &Office, plan: &str) {
    let approve = ["plans", "approve", "acme", &plan[..12], "--by", "ana@acme.example"];
    compare(
        office,
        &approve,
        0,
        expect![[r#"
        plan PLAN is approved; job 1 applies it on a host that serves (hibob serve), or else the next: hibob sync acme
    "#]],
    )
    .await;
    compare(office, &approve, 0, expect![[r#"
        plan PLAN was already approved; job 1 applies it on a host that serves (hibob serve), or else the next: hibob sync acme
    "#]]).await;
}

/// Step 3: HiBob changes, so the next sync finds the approved plan stale, and another one waits. The stale one cannot
/// be approved any more. Returns the newer plan.
async fn step_3_the_approved_plan_is_stale(office: &Office, plan: &str) -> String {
    office.setup.world().hibob.employee_mut("1").email = Some("1@z.example".to_owned());
    compare(
        office,
        &["sync", "acme"],
        6,
        expect![[r#"
            ! stale PLAN: the data in HiBob or TravelPerk has changed since it was made, so that a new plan makes other changes
                update Ana Ruiz (employee 1): user-name was approved as 1@x.example → 1@y.example, and would be 1@x.example → 1@z.example now
            ! waiting plan PLAN waits for approval: 6 changes, none of them applied
                because  6 of 20 accounts would get another user name, and the limit is 5 (10 %, at least 5)
                since    NOW
                to go on look at it until LATER: hibob plans show acme PLAN
            Waiting for approval: 14 kept
        "#]],
    )
    .await;
    let newer = office.open().await.unwrap();
    compare(
        office,
        &["plans", "approve", "acme", plan, "--by", "ana@acme.example"],
        2,
        expect![[r#"
        error: the plan PLAN is stale, and cannot be approved
        help: look at what there is: hibob plans acme; the next sync makes a new plan
    "#]],
    )
    .await;
    newer
}

/// Step 4: the newer plan is rejected, and the list says what became of both.
async fn step_4_the_newer_plan_is_rejected(office: &Office, newer: &str) {
    let reject = ["plans", "reject", "acme", newer, "--by", "ana@acme.example", "--reason", "a wrong domain"];
    compare(
        office,
        &reject,
        0,
        expect![[r#"
        plan PLAN is rejected; nothing of it is applied
    "#]],
    )
    .await;
    compare(
        office,
        &["plans", "acme"],
        0,
        expect![[r#"
            PLAN  rejected    made NOW, 6 changes; rejected by ana@acme.example on NOW: a wrong domain
                because  6 of 20 accounts would get another user name, and the limit is 5 (10 %, at least 5)
            PLAN  stale       made NOW, 6 changes; approved by ana@acme.example on NOW, out of date NOW (run 3)
                because  6 of 20 accounts would get another user name, and the limit is 5 (10 %, at least 5)
        "#]],
    )
    .await;
    let history = printed(office, &["history", "acme", "--json"], 0).await;
    assert!(history.contains(r#""status":"waiting for approval""#), "{history}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_reads_what_waits_why_and_what_became_of_it() {
    let office = Office::new(ABOVE_LIMITS).await;
    share_compiled(&office.setup.folder.path().join("data"));
    let plan = step_1_a_plan_waits(&office).await;
    step_2_the_plan_is_approved_twice(&office, &plan).await;
    let newer = step_3_the_approved_plan_is_stale(&office, &plan).await;
    step_4_the_newer_plan_is_rejected(&office, &newer).await;
    assert_eq!(office.setup.writes(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_waits_is_approved_by_the_api_and_is_applied_by_the_host() {
    let shell = Shell::new();
    let _servers = (tenant(&shell, "acme").await, tenant(&shell, "globex").await);
    let file = std::fs::read_to_string(shell.path("acme.toml")).unwrap();
    let file = file.replace("[safety]\n", "[safety]\napproval = \"always\"\napproval_by_another = true\n");
    std::fs::write(shell.path("acme.toml"), file).unwrap();
    assert_eq!(shell.json(&["tenant", "apply", "acme.toml"]).0, 0);
    let starter = token(&shell, &["--role", "admin", "--tenant", "acme"]);
    let admin = token(&shell, &["--role", "admin", "--tenant", "acme"]);
    let reader = token(&shell, &["--role", "reader", "--tenant", "acme"]);
    let other = token(&shell, &["--role", "admin", "--tenant", "globex"]);
    let operator = token(&shell, &["--role", "operator"]);
    let host = Host::start(&shell, &[]);
    // A job's stream of events ends with the job.
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

    let (approve, approval) = (format!("{path}/approve"), r#"{"by":"ana@acme.example"}"#);
    let (status, refused) = host.json(&starter, "POST", &approve, approval);
    assert_eq!((status, &refused["code"]), (409, &json!("APPROVER_IS_STARTER")), "{refused}");
    assert_eq!(host.json(&reader, "POST", &approve, approval).0, 403);
    assert_eq!(host.json(&other, "POST", &approve, approval).0, 404);
    assert_eq!(host.json(&admin, "POST", &approve, "{}").0, 400);
    let (status, decided) = host.json(&admin, "POST", &approve, approval);
    assert_eq!((status, &decided["new"], &decided["state"]), (202, &json!(true), &json!("approved")), "{decided}");
    let job = ended(&decided["job"]);
    assert_eq!((&job["state"], &job["kind"]), (&json!("done"), &json!("apply")), "{job}");
    let (_, run) = host.json(&reader, "GET", &format!("/v1/tenants/acme/runs/{}", job["result"]["run"]), "");
    assert_eq!(run["report"]["approval"]["by"], "ana@acme.example", "{run}");
    assert_eq!(run["report"]["errors"], json!([]));
    let (status, again) = host.json(&admin, "POST", &approve, approval);
    assert_eq!(
        (status, &again["new"], &again["state"], &again["job"]),
        (200, &json!(false), &json!("applied"), &Value::Null)
    );
    let (status, late) = host.json(&admin, "POST", &format!("{path}/reject"), r#"{"by":"a@b.example","reason":"no"}"#);
    assert_eq!((status, &late["code"]), (409, &json!("PLAN_DECIDED")));
    // Everything is synced now, so no plan waits.
    let (_, started) = host.json(&admin, "POST", "/v1/tenants/acme/jobs", r#"{"kind":"sync"}"#);
    assert_eq!(ended(&started["job"])["state"], "done");

    let (_, record) = host.json(&operator, "GET", "/v1/audit", "");
    let rows = record["audit"].as_array().unwrap().iter().filter(|row| row["action"] == "approve-plan");
    let logged: BTreeSet<(&str, &str, &str)> = rows
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
    assert_eq!(logged, BTreeSet::from(expected));
    assert!(record.to_string().contains(plan) && !record.to_string().contains("ana@acme.example"));
}
