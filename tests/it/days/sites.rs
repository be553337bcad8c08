//! Only some sites are synced, and HR renames them or opens new ones.

use super::{account, codes, company_with, leaves, person};
use hibob_base::error::Exit;
use hibob_fakes::Employee;
use hibob_jobs::run::Report;
use hibob_tests::setup::Setup;

/// Settings by which only these sites are synced, and whoever moves elsewhere is archived.
fn only(sites: &str, more: &str) -> String {
    format!("[sync]\nsites = {sites}\nout_of_selection = \"archive\"\n{more}")
}

/// Twenty people in London, which is synced, and one in Berlin, which is not.
async fn london() -> Setup {
    let setup = company_with(20, &only("[\"London\"]", "")).await;
    setup.world().hibob.insert(Employee { site: "Berlin".to_owned(), ..person("90") });
    assert_eq!(setup.sync().await.exit(), Exit::Done);
    setup
}

fn move_to(setup: &Setup, ids: std::ops::RangeInclusive<u32>, site: &str) {
    for id in ids {
        setup.world().hibob.employee_mut(&id.to_string()).site = site.to_owned();
    }
}

fn findings(report: &Report) -> Vec<&str> {
    codes(report).into_iter().map(|(_, code)| code).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renamed_site_is_one_finding_and_nobody_is_archived() {
    let setup = london().await;
    // Day 2: HR renames London, and one of its people leaves in the same night.
    move_to(&setup, 1..=20, "London HQ");
    leaves(&setup, "20");
    let report = setup.sync().await;
    assert_eq!((report.exit(), report.archived, account(&setup, "20").active), (Exit::Done, 1, false));
    assert_eq!(findings(&report), ["SITE_TAKES_OVER"]);
    let finding = &report.warnings[0];
    assert!(finding.message.contains("`London` any more, and 19 people"), "{finding:?}");
    assert!(finding.remedy.contains("name `London HQ` in sync.sites"), "{finding:?}");
    // Days 3 and 4: it stays one finding, though the runs were accepted.
    for _ in 0..2 {
        let report = setup.sync().await;
        assert_eq!((report.archived, findings(&report)), (0, vec!["SITE_TAKES_OVER"]));
    }
    // Day 5: an admin corrects the setting.
    setup.apply_tenant("acme", &only("[\"London HQ\"]", "")).await;
    setup.writes();
    let report = setup.sync().await;
    assert_eq!((report.exit(), findings(&report), setup.writes()), (Exit::Done, vec![], 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_site_that_takes_over_people_of_a_selected_one_archives_nobody() {
    let setup = london().await;
    // Day 2: three people move to a site at which nobody has worked before.
    move_to(&setup, 1..=3, "Leeds");
    for _ in 0..2 {
        let report = setup.sync().await;
        assert_eq!((report.archived, findings(&report)), (0, vec!["SITE_TAKES_OVER"]));
        assert!(report.warnings[0].message.contains("3 people"), "{:?}", report.warnings);
    }
    // Day 4: an admin says that Leeds is not synced, and the three are archived.
    setup.apply_tenant("acme", &only("[\"London\"]", "other_sites = [\"Leeds\"]\n")).await;
    let report = setup.sync().await;
    assert_eq!((report.exit(), report.archived, findings(&report)), (Exit::Done, 3, vec![]));
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_moves_to_a_site_that_was_seen_before_is_archived() {
    let setup = london().await;
    // Day 2: Berlin was there before, and is not synced.
    move_to(&setup, 1..=1, "Berlin");
    let report = setup.sync().await;
    assert_eq!((report.exit(), report.archived, findings(&report)), (Exit::Done, 1, vec![]));
    // Day 3: a site opens with somebody new. Day 4: somebody of London moves there.
    setup.world().hibob.insert(Employee { site: "Leeds".to_owned(), ..person("91") });
    assert_eq!(findings(&setup.sync().await), Vec::<&str>::new());
    move_to(&setup, 2..=2, "Leeds");
    let report = setup.sync().await;
    assert_eq!((report.archived, account(&setup, "2").active, findings(&report)), (1, false, vec![]));
}
