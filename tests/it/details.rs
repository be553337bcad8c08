//! Tests of details beyond names and work email, and of what happens if HiBob lacks one.

use super::sync::employee;
use hibob_base::error::Exit;
use hibob_fakes::company::Employee;
use hibob_fakes::travelperk::User;
use hibob_tests::setup::Setup;
use serde_json::json;

/// Ana, with a value for every detail.
fn ana() -> Employee {
    let mut ana = employee("1", "Ana", "ana@x.example");
    ana.title = "Engineer".to_owned();
    ana.department = "Research".to_owned();
    ana.site = "Madrid".to_owned();
    ana.work_phone = Some("+34 600.100.200".to_owned());
    for (field, value) in [
        ("home.legalGender", "Female"),
        ("personal.birthDate", "1990-02-28"),
        ("address.country", "Spain"),
        ("work.custom.field_1", "en-GB"),
        ("work.custom.field_2", "Standard"),
        ("work.custom.field_3", "Eva Ruiz"),
        ("work.custom.field_4", "+34 600 300 400"),
    ] {
        ana.overrides.insert(field.to_owned(), json!(value));
    }
    ana
}

const EVERYTHING: &str = "[sync]
details = [\"title\", \"phone\", \"language\", \"locale\", \"gender\", \"date-of-birth\", \"country\", \"cost-center\",
           \"company\", \"travel-policy\", \"manager\", \"emergency-contact\"]
sources.language = [\"work.custom.field_1\"]
sources.locale = [\"work.custom.field_1\"]
sources.travel-policy = [\"work.custom.field_2\"]
sources.emergency-name = [\"work.custom.field_3\"]
sources.emergency-phone = [\"work.custom.field_4\"]
companies.Madrid = \"ACME Iberia SL\"
";

async fn setup(person: Employee, settings: &str) -> Setup {
    let setup = Setup::of(vec![person]).await;
    setup.world().travelperk.invoice_profiles.push("ACME Iberia SL".to_owned());
    setup.apply_tenant("acme", settings).await;
    setup
}

fn account(setup: &Setup) -> User {
    setup.world().travelperk.user_by_external_id("1").unwrap().clone()
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_detail_arrives_from_its_own_or_a_mapped_field() {
    let setup = setup(ana(), EVERYTHING).await;
    let report = setup.sync().await;
    assert_eq!((report.created, report.exit()), (1, Exit::Done), "{:?}", report.errors);
    let user = account(&setup);
    assert_eq!(
        (user.title, user.cost_center, user.phones[0].value.as_str()),
        (some("Engineer"), some("Research"), "+34 600 100 200")
    );
    assert_eq!((user.preferred_language, user.locale), (some("en"), some("en-GB")));
    assert_eq!((user.gender, user.date_of_birth, user.country), (some("F"), some("1990-02-28"), some("Spain")));
    assert_eq!((user.travel_policy, user.invoice_profiles), (some("Standard"), vec!["ACME Iberia SL".to_owned()]));
    assert_eq!((user.emergency_name, user.emergency_phone), (some("Eva Ruiz"), some("+34 600 300 400")));
    assert!(setup.plan().await.unwrap().changes.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn each_detail_can_change_and_be_emptied() {
    let setup = setup(ana(), &format!("{EVERYTHING}missing_detail = \"skip\"\n")).await;
    setup.sync().await;
    {
        let mut world = setup.world();
        world.travelperk.travel_policies.insert("Executives".to_owned());
        let ana = world.hibob.employee_mut("1");
        for (field, value) in [
            ("work.title", json!("Lead")),
            ("work.department", json!("Sales")),
            ("work.workPhone", json!("+34 1 2345 678")),
            ("home.legalGender", json!("M")),
            ("personal.birthDate", json!("1991-01-01")),
            ("work.custom.field_1", json!("fr")),
            ("work.custom.field_2", json!("Executives")),
            ("work.custom.field_4", json!("+1 555 0100")),
        ] {
            ana.overrides.insert(field.to_owned(), value);
        }
    }
    let report = setup.sync().await;
    assert_eq!((report.updated, report.exit()), (1, Exit::Done), "{:?}", report.errors);
    let user = account(&setup);
    assert_eq!((user.title, user.cost_center, user.preferred_language), (some("Lead"), some("Sales"), some("fr")));
    assert_eq!(
        (user.gender, user.travel_policy, user.emergency_phone),
        (some("M"), some("Executives"), some("+1 555 0100"))
    );
    {
        let mut world = setup.world();
        let ana = world.hibob.employee_mut("1");
        for field in [
            "work.title",
            "work.department",
            "work.workPhone",
            "work.workMobile",
            "home.legalGender",
            "work.custom.field_2",
        ] {
            ana.overrides.insert(field.to_owned(), json!(null));
        }
        // A field that is not sent does not count as empty, since its permission may be missing.
        ana.overrides.remove("personal.birthDate");
        ana.removed.insert("personal.birthDate".to_owned());
    }
    let report = setup.sync().await;
    assert_eq!((report.updated, report.exit()), (1, Exit::Done), "{:?}", report.errors);
    let user = account(&setup);
    assert_eq!(
        (user.title, user.cost_center, user.phones.len(), user.gender, user.travel_policy),
        (None, None, 0, None, None)
    );
    assert_eq!(user.date_of_birth, some("1991-01-01"));
    assert!(setup.plan().await.unwrap().changes.is_empty());
}

/// As in TravelPerk's guide: if a detail that the settings name is missing, that employee fails, and no other.
#[tokio::test(flavor = "multi_thread")]
async fn a_named_detail_that_is_missing_fails_its_employee_only() {
    for (field, value, code) in [
        ("work.title", json!(null), "TITLE_IS_MISSING_OR_INVALID"),
        ("work.workPhone", json!("600100200"), "PHONE_IS_MISSING_OR_INVALID"),
        ("personal.birthDate", json!("28/02/1990"), "DATE_OF_BIRTH_IS_MISSING_OR_INVALID"),
        ("personal.birthDate", json!("2190-02-28"), "DATE_OF_BIRTH_IS_MISSING_OR_INVALID"),
        ("home.legalGender", json!("X"), "GENDER_IS_MISSING_OR_INVALID"),
        ("work.custom.field_1", json!("Klingon"), "LANGUAGE_IS_MISSING_OR_INVALID"),
        ("work.site", json!(null), "COMPANY_IS_MISSING_OR_INVALID"),
        ("work.custom.field_3", json!(""), "EMERGENCY_CONTACT_IS_MISSING_OR_INVALID"),
    ] {
        let mut broken = ana();
        broken.overrides.insert(field.to_owned(), value);
        let setup = setup(broken, EVERYTHING).await;
        let mut other = ana();
        (other.id, other.email) = ("2".to_owned(), some("2@x.example"));
        setup.world().hibob.insert(other);
        let report = setup.sync().await;
        assert_eq!((report.created, report.failed, report.exit()), (1, 1, Exit::SomeFailed), "{field}");
        assert_eq!((report.errors[0].employee_id.as_deref(), report.errors[0].code.as_str()), (Some("1"), code));
        // With `missing_detail = "skip"` the field is left out instead.
        setup.apply_tenant("acme", &format!("{EVERYTHING}missing_detail = \"skip\"\n")).await;
        assert_eq!((setup.sync().await.created, setup.world().travelperk.users.len()), (1, 2), "{field}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leaver_with_a_missing_detail_is_archived() {
    let setup = setup(ana(), &format!("{EVERYTHING}{}", hibob_tests::setup::LAST_MAY_LEAVE)).await;
    setup.sync().await;
    setup.world().hibob.employee_mut("1").overrides.insert("work.title".to_owned(), json!(null));
    setup.world().hibob.employee_mut("1").terminate(hibob_tests::setup::today());
    let report = setup.sync().await;
    assert_eq!((report.archived, report.exit()), (1, Exit::Done));
}

/// Fields that are not synced are not requested from HiBob. Without the setting `details`, those details are synced
/// that are safe for every company.
#[tokio::test(flavor = "multi_thread")]
async fn only_synced_fields_are_requested() {
    let setup = setup(ana(), "[sync]\ndetails = [\"title\"]\n").await;
    setup.sync().await;
    let asked = setup.world().requests(hibob_fakes::Service::HiBob, "POST", "/v1/people/search")[0].value();
    // The title, four fields that identify, three that say whether somebody works here.
    assert_eq!(asked["fields"].as_array().unwrap().len(), 8);
    let user = account(&setup);
    assert_eq!((user.title, user.cost_center, user.gender, user.phones.len()), (some("Engineer"), None, None, 0));

    setup.apply_tenant("acme", "").await;
    let report = setup.sync().await;
    assert_eq!((report.updated, report.exit()), (1, Exit::Done), "{:?}", report.errors);
    let user = account(&setup);
    assert_eq!((user.gender, user.country, user.emergency_name), (some("F"), None, None));
    assert!(user.invoice_profiles.is_empty());
}
