//! Tests of cost centers and companies, and of those that the sync creates.

use super::sync::employee;
use hibob_base::error::Exit;
use hibob_fakes::company::Employee;
use hibob_fakes::travelperk::Unknown;
use hibob_fakes::{Fault, FaultKind, Service, World};
use hibob_tests::setup::Setup;

/// One employee in each of these departments, and a TravelPerk that refuses unknown cost centers.
async fn departments(names: &[&str]) -> Setup {
    let person = |(number, department): (usize, &&str)| {
        let id = (number + 1).to_string();
        Employee { department: (*department).to_owned(), ..employee(&id, "Ana", &format!("{id}@x.example")) }
    };
    let mut setup = Setup::of(names.iter().enumerate().map(person).collect()).await;
    setup.rest = true;
    {
        let mut world = setup.world();
        world.travelperk.switches.unknown_cost_center = Unknown::Refuse;
        world.travelperk.switches.unknown_invoice_profile = Unknown::Refuse;
    }
    setup.apply_tenant("acme", "").await;
    setup
}

fn centers(setup: &Setup) -> Vec<(u64, String, bool)> {
    let world = setup.world();
    world.travelperk.cost_centers.values().map(|center| (center.id, center.name.clone(), center.archived)).collect()
}

fn assigned(setup: &Setup) -> Vec<Option<String>> {
    let world = setup.world();
    let mut users: Vec<_> = world.travelperk.users.iter().collect();
    users.sort_by(|a, b| a.external_id.cmp(&b.external_id));
    users.into_iter().map(|user| user.cost_center.clone()).collect()
}

fn row(id: u64, name: &str, archived: bool) -> (u64, String, bool) {
    (id, name.to_owned(), archived)
}

#[tokio::test(flavor = "multi_thread")]
async fn cost_centers_are_created_once_and_accounts_are_assigned_by_name() {
    let setup = departments(&["Sales", "Sales", "R&D / Labs"]).await;
    let plan = setup.plan().await.unwrap();
    let ids: Vec<&str> = plan.changes.iter().take(2).map(|change| change.id.as_str()).collect();
    assert_eq!(ids, ["create-cost-center:R&D / Labs", "create-cost-center:Sales"]);
    assert!(plan.changes[2].after.contains(&"create-cost-center:Sales".to_owned()));

    let report = setup.sync().await;
    assert_eq!((report.cost_centers_created, report.created, report.exit()), (2, 3, Exit::Done), "{:?}", report.errors);
    let names: Vec<String> = centers(&setup).into_iter().map(|(_, name, _)| name).collect();
    assert_eq!(names.len(), 2);
    assert_eq!(assigned(&setup), ["Sales", "Sales", "R&D / Labs"].map(|name| Some(name.to_owned())));
    setup.writes();
    assert_eq!((setup.sync().await.exit(), setup.writes()), (Exit::Done, 0));
    // The request that replaces all members of a cost center is never sent.
    assert!(setup.world().requests(Service::TravelPerk, "PUT", "/").is_empty());
}

/// The listing may leave out archived cost centers. Then the id is known from the baseline.
#[tokio::test(flavor = "multi_thread")]
async fn an_archived_cost_center_is_restored() {
    for listed in [true, false] {
        let setup = departments(&["Sales", "Support"]).await;
        setup.world().travelperk.switches.archived_cost_centers_in_list = listed;
        // The second run finds the cost center that the first one has created.
        for _ in 0..2 {
            assert_eq!(setup.sync().await.exit(), Exit::Done);
        }
        let sales = centers(&setup).into_iter().find(|(_, name, _)| name == "Sales").unwrap().0;
        setup.world().travelperk.cost_centers.get_mut(&sales).unwrap().archived = true;
        setup.world().hibob.insert(Employee { department: "Sales".to_owned(), ..employee("3", "Eva", "3@x.example") });
        let report = setup.sync().await;
        assert_eq!((report.cost_centers_restored, report.cost_centers_created, report.created), (1, 0, 1), "{listed}");
        assert_eq!(report.exit(), Exit::Done, "{:?}", report.errors);
        assert!(centers(&setup).contains(&row(sales, "Sales", false)));
        assert_eq!(assigned(&setup)[2].as_deref(), Some("Sales"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cost_center_that_cannot_be_created_does_not_keep_accounts_from_being_created() {
    let setup = departments(&["Sales", "Support"]).await;
    let failing = Fault::once("/cost_centers", FaultKind::status(500)).on("POST").times(100);
    setup.world().travelperk.faults.push(failing);
    setup.world().travelperk.insert_cost_center("Support");
    let report = setup.sync().await;
    assert_eq!((report.created, report.exit()), (2, Exit::SomeFailed));
    let codes: Vec<(Option<&str>, &str)> =
        report.errors.iter().map(|row| (row.employee_id.as_deref(), row.code.as_str())).collect();
    assert_eq!(codes, [(None, "TARGET_FAILED"), (Some("1"), "WRITE_NOT_APPLIED")]);
    assert_eq!(assigned(&setup), [None, Some("Support".to_owned())]);
    setup.world().travelperk.faults.clear();
    assert_eq!(setup.sync().await.exit(), Exit::Done);
    assert_eq!(assigned(&setup)[0].as_deref(), Some("Sales"));
}

/// If the answer is lost after a cost center was created, no second one is created.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_creates_no_second_cost_center() {
    let setup = departments(&["Sales"]).await;
    setup.world().travelperk.faults.push(Fault::once("/cost_centers", FaultKind::ResetAfter).on("POST"));
    let report = setup.sync().await;
    assert_eq!((report.cost_centers_created, report.created, report.exit()), (1, 1, Exit::Done), "{:?}", report.errors);
    assert_eq!(centers(&setup).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_differs_in_case_or_spaces_is_reported() {
    let setup = departments(&["Customer  care"]).await;
    setup.world().travelperk.insert_cost_center("Customer Care");
    let plan = setup.plan().await.unwrap();
    let finding = plan.findings.iter().find(|finding| finding.code == "COST_CENTER_NEARLY_THERE").unwrap();
    assert!(finding.message.contains("`Customer Care`"), "{}", finding.message);
}

/// Without the URL of the cost centers, they are assigned by name and never created.
#[tokio::test(flavor = "multi_thread")]
async fn without_a_url_no_cost_center_is_created() {
    let mut setup = departments(&["Sales"]).await;
    setup.rest = false;
    setup.apply_tenant("acme", "").await;
    let report = setup.sync().await;
    assert_eq!((report.cost_centers_created, report.created, report.exit()), (0, 1, Exit::SomeFailed));
    assert_eq!(report.errors[0].code, "WRITE_NOT_APPLIED");
    assert!(centers(&setup).is_empty());
}

const COMPANIES: &str = "[sync]\ndetails = [\"company\"]\n";

async fn company(site: &str, extra: &str) -> Setup {
    let setup = departments(&[]).await;
    {
        let mut world: std::sync::MutexGuard<'_, World> = setup.world();
        world.travelperk.invoice_profiles = ["ACME Iberia SL", "ACME Ltd"].map(str::to_owned).into();
        world.hibob.insert(Employee { site: site.to_owned(), ..employee("1", "Ana", "1@x.example") });
        world.hibob.insert(Employee { site: "ACME Ltd".to_owned(), ..employee("2", "Ben", "2@x.example") });
    }
    setup.apply_tenant("acme", &format!("{COMPANIES}{extra}")).await;
    setup
}

#[tokio::test(flavor = "multi_thread")]
async fn a_company_that_travelperk_does_not_have_fails_its_people_and_names_the_nearest() {
    let setup = company("acme iberia  SL", "").await;
    let report = setup.sync().await;
    assert_eq!((report.created, report.failed, report.exit()), (1, 1, Exit::SomeFailed));
    let error = &report.errors[0];
    assert_eq!((error.employee_id.as_deref(), error.code.as_str()), (Some("1"), "COMPANY_IS_MISSING_OR_INVALID"));
    assert!(error.message.contains("`ACME Iberia SL` differs only in case or spaces"), "{}", error.message);
    // With `missing_detail = "skip"` the company is left out instead.
    setup.apply_tenant("acme", &format!("{COMPANIES}missing_detail = \"skip\"\n")).await;
    let report = setup.sync().await;
    assert_eq!((report.created, report.warnings.len(), report.exit()), (1, 1, Exit::Done));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_in_the_settings_maps_sites_to_companies() {
    let setup = company("Madrid", "[sync.companies]\nMadrid = \"ACME Iberia SL\"\n").await;
    let report = setup.sync().await;
    assert_eq!((report.created, report.exit()), (2, Exit::Done), "{:?}", report.errors);
    assert_eq!(setup.world().travelperk.user_by_external_id("1").unwrap().invoice_profiles, ["ACME Iberia SL"]);
}

/// An employee who has left is archived, whatever their company is.
#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_company_does_not_prevent_archiving() {
    let setup = company("ACME Ltd", "").await;
    assert_eq!(setup.sync().await.created, 2);
    for id in ["1", "2"] {
        setup.world().hibob.employee_mut(id).site = "Nowhere".to_owned();
    }
    setup.world().hibob.employee_mut("1").terminate(hibob_tests::setup::today());
    let report = setup.sync().await;
    assert_eq!((report.archived, report.failed), (1, 1), "{:?}", report.errors);
}
