//! Tests of `[sync.approvals]`: who approves trips in TravelPerk, what the sync writes for it, and which rules a person
//! has to make.

use super::sync::employee;
use hibob_base::error::Exit;
use hibob_contract::Planned;
use hibob_fakes::company::Employee;
use hibob_fakes::travelperk::User;
use hibob_tests::setup::Setup;

/// Ana reports to Ben, and both are synced. Ana's account has another line manager.
async fn two() -> Setup {
    let ana = Employee { manager: Some("2".to_owned()), ..employee("1", "Ana", "1@x.example") };
    let setup = Setup::of(vec![ana, employee("2", "Ben", "2@x.example")]).await;
    assert_eq!(setup.sync().await.created, 2);
    setup.writes();
    setup
}

async fn with(setup: &Setup, plan: &str, approvals: &str) {
    let extra = format!("[sync.approvals]\n{approvals}\n");
    let path = setup.tenant_file("acme", &extra);
    let text = std::fs::read_to_string(&path).unwrap().replace("[travelperk]\n", &format!("[travelperk]\n{plan}\n"));
    std::fs::write(&path, text).unwrap();
    let config = setup.unchecked(&path);
    setup.data.control().put_tenant("acme", &serde_json::to_string(&config).unwrap(), 0).await.unwrap();
}

fn code<'p>(planned: &'p Planned, code: &str) -> Vec<&'p str> {
    planned.findings.iter().filter(|finding| finding.code == code).map(|finding| finding.message.as_str()).collect()
}

fn account(setup: &Setup, employee: &str) -> User {
    setup.world().travelperk.user_by_external_id(employee).unwrap().clone()
}

const PRO: &str = "plan = \"pro\"";

#[tokio::test(flavor = "multi_thread")]
async fn switching_approvals_on_needs_the_plan_a_confirmation_and_the_line_manager() {
    let setup = two().await;
    for (plan, approvals, words) in [
        ("", "method = \"A\"\nreplaces_existing = true", "Pro plan"),
        ("plan = \"premium\"", "method = \"A\"\nreplaces_existing = true", "Pro plan"),
        (PRO, "method = \"A\"", "replaces the approval processes"),
        (PRO, "method = \"D\"\nreplaces_existing = true", "no method `D`"),
        (PRO, "method = \"A\"\nreplaces_existing = true\n[sync]\ndetails = [\"title\"]", "not among the details"),
        ("plan = \"gold\"", "method = \"A\"\nreplaces_existing = true", "TravelPerk has no plan of this name"),
    ] {
        with(&setup, plan, approvals).await;
        let error = setup.plan().await.unwrap_err();
        assert_eq!(error.exit(), Exit::Usage);
        assert!(error.to_string().contains(words), "{words}: {error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_method_says_which_rules_to_make_by_hand() {
    let setup = two().await;
    for (method, rules) in [
        ("A", vec!["Request approval - out-of-policy trips - Line manager"]),
        (
            "B",
            vec![
                "Request approval - out-of-policy trips - Line manager",
                "Send notification - in-policy trips - Line manager",
            ],
        ),
        ("C", vec!["Request approval - all trips - Line manager"]),
    ] {
        with(&setup, PRO, &format!("method = \"{method}\"\nreplaces_existing = true")).await;
        let planned = setup.plan().await.unwrap();
        let said = code(&planned, "APPROVAL_RULES")[0];
        assert!(rules.iter().all(|rule| said.contains(rule)), "{said}");
        assert_eq!(said.matches("Line manager").count(), rules.len(), "{said}");
        assert_eq!(code(&planned, "APPROVAL_PROCESSES_UNSEEN").len(), 1);
        assert!(code(&planned, "APPROVAL_GROUPS_NOT_WRITTEN").is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_would_no_longer_approve_is_named() {
    let setup = two().await;
    {
        let mut world = setup.world();
        let boss = world.travelperk.insert_user(User::new("boss@x.example", "Old", "Boss"));
        let id = world.travelperk.user_by_external_id("1").unwrap().id;
        world.travelperk.users.get_mut(id).unwrap().manager = Some(boss);
    }
    with(&setup, PRO, "method = \"C\"\nreplaces_existing = true").await;
    let planned = setup.plan().await.unwrap();
    let replaced = planned.findings.iter().find(|finding| finding.code == "APPROVER_REPLACED").unwrap();
    assert_eq!(replaced.employee_id.as_deref(), Some("1"));
    let report = setup.sync().await;
    assert_eq!((report.updated, report.exit()), (1, Exit::Done), "{:?}", report.errors);
    assert!(account(&setup, "1").approvers.is_empty(), "without conditions only the line manager is written");
}

#[tokio::test(flavor = "multi_thread")]
async fn approvers_are_written_only_with_the_operators_conditions() {
    let setup = two().await;
    let conditions = "method = \"B\"\nreplaces_existing = true\nconditions = [\"OUT_OF_POLICY\", \"IN_POLICY\"]";
    with(&setup, PRO, conditions).await;
    let report = setup.sync().await;
    assert_eq!((report.updated, report.exit()), (1, Exit::Done), "{:?}", report.errors);
    let ben = account(&setup, "2").id;
    let both = |id: u64| vec![(id, Some("OUT_OF_POLICY".to_owned())), (id, Some("IN_POLICY".to_owned()))];
    assert_eq!(account(&setup, "1").approvers, both(ben));
    setup.writes();
    assert_eq!((setup.sync().await.exit(), setup.writes()), (Exit::Done, 0));

    // A new line manager, whose account is created in the same run, is the approver from then on.
    setup.world().hibob.insert(employee("3", "Eva", "3@x.example"));
    setup.world().hibob.employee_mut("1").manager = Some("3".to_owned());
    let report = setup.sync().await;
    assert_eq!((report.created, report.updated, report.exit()), (1, 1, Exit::Done), "{:?}", report.errors);
    let eva = account(&setup, "3").id;
    assert_eq!((account(&setup, "1").manager, account(&setup, "1").approvers), (Some(eva), both(eva)));
}

/// Whether TravelPerk keeps `approvers` is not documented. If it does not, that is reported.
#[tokio::test(flavor = "multi_thread")]
async fn approvers_that_are_not_kept_are_reported() {
    let setup = two().await;
    setup.world().travelperk.switches.approvers_writable = false;
    with(&setup, PRO, "method = \"A\"\nreplaces_existing = true\nconditions = [\"X\"]").await;
    let report = setup.sync().await;
    assert_eq!((report.updated, report.not_taken, report.exit()), (0, 1, Exit::SomeFailed));
    assert_eq!(report.errors[0].code, "WRITE_NOT_APPLIED");
    assert!(report.errors[0].message.ends_with("not: approvers"), "{}", report.errors[0].message);
}

/// With line managers in a circle, both are set in the end, with their approvers.
#[tokio::test(flavor = "multi_thread")]
async fn a_circle_of_managers_approves_for_each_other() {
    let ana = Employee { manager: Some("2".to_owned()), ..employee("1", "Ana", "1@x.example") };
    let ben = Employee { manager: Some("1".to_owned()), ..employee("2", "Ben", "2@x.example") };
    let setup = Setup::of(vec![ana, ben]).await;
    with(&setup, PRO, "method = \"A\"\nreplaces_existing = true\nconditions = [\"X\"]").await;
    let report = setup.sync().await;
    assert_eq!((report.created, report.exit()), (2, Exit::Done), "{:?}", report.errors);
    let (ana, ben) = (account(&setup, "1"), account(&setup, "2"));
    assert_eq!((ana.approvers[0].0, ben.approvers[0].0), (ben.id, ana.id));
    setup.writes();
    assert_eq!((setup.sync().await.exit(), setup.writes()), (Exit::Done, 0));
}
