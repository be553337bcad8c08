//! Tests of the findings of `check` about HiBob's permissions and about the employees that HiBob shows.

use super::sync::employee;
use hibob_base::error::Exit;
use hibob_base::progress::NoProgress;
use hibob_contract::directory_sync::CheckReport;
use hibob_contract::types::{Finding, Severity};
use hibob_fakes::Service;
use hibob_fakes::hibob::{Audience, Category, HiddenSites};
use hibob_tests::setup::{Setup, plugin, today};
use std::sync::Arc;

async fn check(setup: &Setup) -> CheckReport {
    let report = hibob_runner::check(plugin(), &setup.tenant().await, Arc::new(NoProgress)).await.unwrap();
    assert_eq!(setup.world().writes(), 0);
    report
}

fn number(report: &CheckReport, name: &str) -> Option<u64> {
    report.counts.iter().find(|count| count.name == name).map(|count| count.number)
}

/// The codes of the findings with their severities.
fn codes(report: &CheckReport) -> Vec<(&str, Severity)> {
    report.findings.iter().map(|finding| (finding.code.as_str(), finding.severity)).collect()
}

fn only(report: &CheckReport) -> &Finding {
    assert_eq!(report.findings.len(), 1, "{:?}", report.findings);
    &report.findings[0]
}

#[tokio::test(flavor = "multi_thread")]
async fn with_every_permission_there_are_no_findings() {
    let setup = Setup::realistic(60).await;
    let report = check(&setup).await;
    assert_eq!(codes(&report), []);
    for category in Category::ALL {
        assert_eq!(number(&report, &format!("permission:{}", category.display_name())), Some(60), "{category:?}");
    }
    assert_eq!(number(&report, "permission:Personal (edit)"), Some(60));
    assert_eq!(number(&report, "permission:Site settings"), Some(6));
    let world = setup.world();
    let asked: Vec<&str> =
        world.log().iter().filter(|entry| entry.service == Service::HiBob).map(|entry| entry.path.as_str()).collect();
    assert_eq!(asked.iter().filter(|path| **path == "/v1/people/search").count(), 1);
    assert_eq!(
        asked.last(),
        Some(&"/v1/company/named-lists/site"),
        "the request that may be refused is not the last one: {asked:?}"
    );
}

/// Each missing permission is named once for all employees, as HiBob's settings show it.
#[tokio::test(flavor = "multi_thread")]
async fn each_permission_that_is_missing_is_named() {
    let setup = Setup::realistic(60).await;
    for category in Category::ALL {
        setup.world().hibob.permissions.remove(&category);
        let report = check(&setup).await;
        setup.world().hibob.permissions.insert(category);
        let (code, severity, detail) = match category {
            Category::BasicInfo => ("PERMISSION_MISSING", Severity::Error, "user-name"),
            Category::Lifecycle => ("PERMISSION_MISSING", Severity::Error, "lifecycle-status"),
            Category::Work => ("PERMISSION_MISSING", Severity::Error, "start-date"),
            Category::Home => ("PERMISSION_MISSING", Severity::Warning, "gender"),
            Category::Personal => ("PERMISSION_MISSING", Severity::Warning, "date-of-birth"),
            Category::WorkContactDetails => ("PERMISSION_MISSING", Severity::Warning, "phone"),
            Category::About | Category::Address | Category::Employment | Category::PersonalContactDetails => {
                ("PERMISSIONS_NOT_NEEDED", Severity::Notice, "")
            }
        };
        let (name, finding) = (category.display_name(), only(&report));
        assert_eq!((finding.code.as_str(), finding.severity), (code, severity), "{name}: {finding:?}");
        assert!(finding.message.contains(name) && finding.message.contains(detail), "{finding:?}");
        assert!(finding.remedy.contains("Permission groups"), "{finding:?}");
        assert_eq!(number(&report, &format!("permission:{name}")), Some(0));
        let others = Category::ALL.into_iter().filter(|other| *other != category);
        for other in others {
            assert_eq!(number(&report, &format!("permission:{}", other.display_name())), Some(60), "{category:?}");
        }
    }
}

/// Permissions that are not needed are one notice. A detail that is named in the settings makes its permission needed;
/// without it no employee can be synced.
#[tokio::test(flavor = "multi_thread")]
async fn the_details_decide_which_permissions_are_needed() {
    let setup = Setup::realistic(40).await;
    for category in [Category::About, Category::Address, Category::Employment] {
        setup.world().hibob.permissions.remove(&category);
    }
    let report = check(&setup).await;
    assert!(only(&report).message.contains("About, Address, Employment"), "{:?}", report.findings);
    setup.apply_tenant("acme", "[sync]\ndetails = [\"country\"]\n").await;
    let report = check(&setup).await;
    assert_eq!(
        codes(&report),
        [("PERMISSION_MISSING", Severity::Error), ("PERMISSIONS_NOT_NEEDED", Severity::Notice)],
        "{:?}",
        report.findings
    );
    assert!(report.findings[0].message.contains("Address, View"), "{:?}", report.findings);
    assert_eq!(number(&report, "needed:Address:country"), Some(0));
    assert_eq!(setup.sync().await.exit(), Exit::SomeFailed, "the check predicted otherwise");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_date_of_birth_needs_edit_on_personal_as_well() {
    let setup = Setup::realistic(40).await;
    setup.world().hibob.personal_edit = false;
    let report = check(&setup).await;
    let finding = only(&report);
    assert_eq!((finding.code.as_str(), finding.severity), ("PERMISSION_MISSING", Severity::Warning));
    assert!(finding.message.contains("Personal, Edit") && finding.message.contains("date-of-birth"), "{finding:?}");
    for words in ["`View` and `Edit selected employees' Personal sections`", "this host never writes to HiBob"] {
        assert!(finding.remedy.contains(words), "{finding:?}");
    }
    assert_eq!(
        (number(&report, "permission:Personal"), number(&report, "permission:Personal (edit)")),
        (Some(40), Some(0))
    );
    // If the date of birth is not synced, Edit is not needed, and no date of birth is requested.
    setup.apply_tenant("acme", "[sync]\ndetails = [\"title\"]\n").await;
    setup.world().clear_log();
    assert_eq!(codes(&check(&setup).await), [("PERMISSIONS_NOT_NEEDED", Severity::Notice)]);
    let world = setup.world();
    let asked = world.requests(Service::HiBob, "POST", "/v1/people/search")[0].value();
    assert!(!asked["fields"].to_string().contains("birthDate"), "{asked}");
    assert!(asked["fields"].as_array().unwrap().len() < 400);
}

/// If no employee has any optional value, no permission is reported missing, as long as HiBob sends nulls.
#[tokio::test(flavor = "multi_thread")]
async fn an_explicit_null_is_not_a_missing_permission() {
    let mut left = employee("2", "Eva", "eva@x.example");
    left.terminate(today());
    let setup = Setup::of(vec![employee("1", "Ana", "ana@x.example"), left]).await;
    for (nested, twins) in [(true, false), (false, true)] {
        {
            let mut world = setup.world();
            let switches = &mut world.hibob.switches;
            (switches.nested_nulls, switches.null_twins) = (nested, twins);
        }
        let report = check(&setup).await;
        // This company has no sites; all else is visible.
        assert_eq!(codes(&report), [("PERMISSIONS_NOT_NEEDED", Severity::Notice)], "{:?}", report.findings);
        assert!(report.findings[0].message.contains("nothing of Site settings,"), "{:?}", report.findings);
        assert_eq!((number(&report, "permission:Home"), number(&report, "field:home.legalGender")), (Some(2), Some(0)));
        assert_eq!(number(&report, "needed:Personal (edit):date-of-birth"), Some(2));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_audience_of_employed_people_only_is_found() {
    let setup = Setup::realistic(60).await;
    assert_eq!(codes(&check(&setup).await), []);
    setup.world().hibob.audience = Audience::EmployedOnly;
    let report = check(&setup).await;
    let finding = only(&report);
    assert_eq!((finding.code.as_str(), finding.severity), ("AUDIENCE_EMPLOYED_ONLY", Severity::Warning));
    assert!(finding.remedy.contains("remove the condition `Lifecycle status equals Employed`"), "{finding:?}");
    assert!(!finding.message.contains("evidence"), "nothing was synced yet: {finding:?}");
    setup.world().hibob.audience = Audience::Nobody;
    let report = check(&setup).await;
    assert_eq!(codes(&report), [("NO_EMPLOYEES", Severity::Error)]);
    assert_eq!(number(&report, "permission:Work"), None, "without employees there are no such counts");
}

/// Leavers with managed accounts vanish from HiBob's answer, instead of becoming terminated.
#[tokio::test(flavor = "multi_thread")]
async fn accounts_of_people_who_vanished_are_strong_evidence() {
    let people = (1..=5).map(|id| employee(&id.to_string(), "Ana", &format!("{id}@x.example")));
    let setup = Setup::of(people.collect()).await;
    let warned = |report: &CheckReport| {
        let finding = report.findings.iter().find(|finding| finding.code == "AUDIENCE_EMPLOYED_ONLY").cloned();
        finding.map(|finding| (finding.severity, finding.message))
    };
    // A small company that nobody has left looks the same, so there is a warning without evidence.
    let (severity, message) = warned(&check(&setup).await).unwrap();
    assert!(severity == Severity::Warning && !message.contains("evidence"), "{message}");
    assert_eq!(setup.sync().await.created, 5);
    setup.writes();
    for id in ["1", "2"] {
        setup.world().hibob.employee_mut(id).terminate(today());
    }
    setup.world().hibob.audience = Audience::EmployedOnly;
    let report = check(&setup).await;
    let (severity, message) = warned(&report).unwrap();
    assert_eq!(severity, Severity::Warning);
    assert!(message.contains("2 of the 5 accounts") && message.contains("strong evidence"), "{message}");
    assert_eq!((number(&report, "linked"), number(&report, "linked-unseen")), (Some(5), Some(2)));
    setup.world().hibob.audience = Audience::Everyone;
    assert_eq!(warned(&check(&setup).await), None);
}

/// What HiBob answers without the permission is not documented. Whatever it is, the check is complete, and the refusal
/// of this list is not taken for a refusal of the credentials.
#[tokio::test(flavor = "multi_thread")]
async fn site_settings_may_be_missing_without_ending_anything() {
    let setup = Setup::realistic(40).await;
    setup.world().hibob.site_settings = false;
    let tenant = setup.tenant().await;
    for (hidden, sites) in [(HiddenSites::Refused, 0), (HiddenSites::Empty, 0), (HiddenSites::Listed, 6)] {
        setup.world().hibob.switches.hidden_sites = hidden;
        for _ in 0..2 {
            let report = hibob_runner::check(plugin(), &tenant, Arc::new(NoProgress)).await.unwrap();
            assert_eq!(number(&report, "permission:Site settings"), Some(sites), "{hidden:?}");
            if sites == 0 {
                assert!(only(&report).message.contains("nothing of Site settings,"), "{:?}", report.findings);
                assert_eq!(only(&report).severity, Severity::Notice);
            }
        }
        let planned = hibob_runner::plan(plugin(), &tenant, Arc::new(NoProgress)).await;
        assert!(planned.is_ok_and(|planned| planned.count("create") > 0), "{hidden:?}");
    }
}

/// Refused credentials end the check at the first refusal.
#[tokio::test(flavor = "multi_thread")]
async fn refused_credentials_are_still_refused_credentials() {
    let setup = Setup::realistic(20).await;
    setup.world().hibob.token = "another".to_owned();
    let error = hibob_runner::check(plugin(), &setup.tenant().await, Arc::new(NoProgress)).await.unwrap_err();
    assert_eq!(error.exit(), Exit::Refused, "{error}");
    assert_eq!(setup.world().log().iter().filter(|entry| entry.status == 401).count(), 1);
}

/// A site that HiBob does not have, and an admin who is nobody: errors of a check, warnings of every run.
#[tokio::test(flavor = "multi_thread")]
async fn settings_that_name_nothing_are_errors_of_a_check_and_warnings_of_a_run() {
    let setup = Setup::realistic(60).await;
    let sites: Vec<String> = setup.world().hibob.employees.values().map(|employee| employee.site.clone()).collect();
    let text = format!("[sync]\nsites = [\"{}\", \"Nowhere\"]\n", sites[0]);
    setup.apply_tenant("acme", &text).await;
    let mut config = setup.data.config("acme").await.unwrap();
    config.enabled_by = Some("nobody@x.example".to_owned());
    setup.data.put(&config, hibob_config::applied_by::AppliedBy::Operator).await.unwrap();
    let report = check(&setup).await;
    let errors: Vec<&str> =
        report.findings.iter().filter(|found| found.severity == Severity::Error).map(|found| &*found.code).collect();
    assert_eq!(errors, ["SITE_UNKNOWN", "ENABLED_BY_UNKNOWN"]);
    let warned: Vec<String> = setup
        .plan()
        .await
        .unwrap()
        .findings
        .into_iter()
        .filter(|finding| ["SITE_WITHOUT_EMPLOYEES", "ENABLED_BY_UNKNOWN"].contains(&finding.code.as_str()))
        .map(|finding| format!("{} {:?}", finding.code, finding.severity))
        .collect();
    assert_eq!(warned, ["SITE_WITHOUT_EMPLOYEES Warning", "ENABLED_BY_UNKNOWN Warning"]);
}
