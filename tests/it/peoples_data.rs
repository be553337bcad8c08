//! Tests with people's data as services and people write them: characters that nobody sees, telephone numbers, dates.

use super::sync::employee;
use hibob_base::error::Exit;
use hibob_fakes::company::Employee;
use hibob_fakes::travelperk::{Phone, User};
use hibob_tests::setup::Setup;
use serde_json::json;

async fn with(people: Vec<Employee>, extra: &str) -> Setup {
    let setup = Setup::of(people).await;
    setup.apply_tenant("acme", extra).await;
    setup
}

fn users(setup: &Setup) -> Vec<User> {
    setup.world().travelperk.users.iter().cloned().collect()
}

/// The characters are in HiBob's address, in TravelPerk's, or in both.
#[tokio::test(flavor = "multi_thread")]
async fn an_address_with_invisible_characters_is_the_same_account() {
    let plain = "ben@acme.example";
    let decomposed = "jo\u{308}rg@acme.example";
    for (hibob, travelperk) in [
        (plain, "ben@acme.example\u{200b}"),
        ("ben@acme.example\u{200b}", plain),
        ("mailto:ben@acme.example", "\u{feff}Ben@Acme\u{ad}.example"),
        ("jörg@acme.example", decomposed),
        (decomposed, "jörg@acme.example"),
        ("\u{202a}ben@acme.example\u{202c}", "be\u{200d}n@acme.example"),
    ] {
        let setup = with(vec![employee("1", "Ben", hibob)], "").await;
        setup.world().travelperk.insert_user(User::new(travelperk, "Ben", "Ruiz"));
        let report = setup.sync().await;
        assert_eq!((report.created, report.adopted, report.exit()), (0, 1, Exit::Done), "{hibob:?} {travelperk:?}");
        let users = users(&setup);
        assert_eq!((users.len(), users[0].user_name.as_str()), (1, travelperk), "the address is not written again");
        setup.writes();
        let report = setup.sync().await;
        assert_eq!((report.kept, setup.writes()), (1, 0), "{hibob:?} {travelperk:?}: {report:?}");
    }
}

/// An account that was made has neither the characters nor `mailto:`, and the plan says what was cleaned.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_cleaned_is_a_notice() {
    let mut ben = employee("1", "Ben\u{200b}", "mailto:ben@acme.example\u{200b}");
    ben.surname = "Mac\u{a0} Donald".to_owned();
    let mut ali = employee("2", "علی\u{200c}رضا", "ali@acme.example");
    ali.surname = "Kaya".to_owned();
    let setup = with(vec![ben, ali], "").await;
    let planned = setup.plan().await.unwrap();
    let notices: Vec<(&str, Option<&str>)> = planned
        .findings
        .iter()
        .filter(|finding| finding.code == "TEXT_CLEANED")
        .map(|finding| (finding.field.as_deref().unwrap(), finding.employee_id.as_deref()))
        .collect();
    let all = ["root.email", "root.firstName", "root.surname"];
    assert_eq!(notices.len(), all.len(), "{notices:?}");
    assert!(notices.iter().all(|(field, id)| all.contains(field) && *id == Some("1")), "{notices:?}");
    let report = setup.sync().await;
    assert_eq!((report.created, report.exit()), (2, Exit::Done), "{report:?}");
    let users = users(&setup);
    let ben = users.iter().find(|user| user.external_id.as_deref() == Some("1")).unwrap();
    assert_eq!(
        (ben.user_name.as_str(), ben.given_name.as_str(), ben.family_name.as_str()),
        ("ben@acme.example", "Ben", "Mac Donald")
    );
    let ali = users.iter().find(|user| user.external_id.as_deref() == Some("2")).unwrap();
    assert_eq!(ali.given_name, "علی\u{200c}رضا", "the letters' joiner is written as it stands");
}

/// TravelPerk shows names and phones in another form than they were written: nothing is written again.
#[tokio::test(flavor = "multi_thread")]
async fn another_form_in_travelperk_is_no_rewrite() {
    let mut ana = employee("1", "Ana María", "ana@acme.example");
    ana.work_phone = Some("+34 600 100 200".to_owned());
    let setup = with(vec![ana], "[sync]\ndetails = [\"phone\"]\n").await;
    assert_eq!(setup.sync().await.created, 1);
    let id = users(&setup)[0].id;
    {
        let mut world = setup.world();
        let user = world.travelperk.users.get_mut(id).unwrap();
        user.given_name = "Ana\u{a0} Mari\u{301}a\u{200b}".to_owned();
        user.external_id = Some(" 1\u{200b}".to_owned());
        user.phones = vec![Phone { value: "0034\u{a0}600\u{2011}100\u{2011}200".to_owned(), kind: "work".to_owned() }];
    }
    setup.writes();
    let report = setup.sync().await;
    assert_eq!((report.kept, setup.writes(), report.exit()), (1, 0, Exit::Done), "{report:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn telephone_numbers_get_the_country_of_their_site() {
    let forms = [
        ("London", "020 7946 0000", Some("+44 20 7946 0000")),
        ("London", "+44 (0)20 7946 0000", Some("+44 20 7946 0000")),
        ("Madrid", "600\u{2011}100\u{2011}200", Some("+34 600 100 200")),
        ("Madrid", "\u{ff10}\u{ff10}34 600100200", Some("+34 600100200")),
        ("Lisbon", "+1 (415) 555-2671 ext. 12", Some("+1 415 555 2671")),
        ("Madrid", "call Ana", None),
    ];
    let people = forms.iter().enumerate().map(|(number, (site, phone, _))| {
        let mut person = employee(&(number + 1).to_string(), "Ana", &format!("{number}@acme.example"));
        (person.site, person.work_phone) = ((*site).to_owned(), Some((*phone).to_owned()));
        person
    });
    let settings = "[sync]\ndetails = [\"phone\"]\nmissing_detail = \"skip\"\nphone_country = \"ES\"\n[sync.site_countries]\nLondon = \"GB\"\n";
    let setup = with(people.collect(), settings).await;
    let report = setup.sync().await;
    assert_eq!((report.created, report.exit()), (forms.len() as u64, Exit::Done), "{report:?}");
    for user in users(&setup) {
        let number: usize = user.external_id.as_deref().unwrap().parse().unwrap();
        let (_, sent, written) = forms[number - 1];
        assert_eq!(user.phones.first().map(|phone| phone.value.as_str()), written, "{sent:?}");
    }
    assert_eq!(report.warnings.iter().filter(|row| row.code == "PHONE_IS_MISSING_OR_INVALID").count(), 1);
    setup.writes();
    assert_eq!((setup.sync().await.kept, setup.writes()), (forms.len() as u64, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_date_that_could_mean_two_days_is_not_read() {
    let mut odd = employee("1", "Ana", "ana@acme.example");
    odd.overrides.insert("work.startDate".to_owned(), json!("06/01/2020"));
    let mut with_time = employee("2", "Ben", "ben@acme.example");
    with_time.overrides.insert("work.startDate".to_owned(), json!("2020-01-06T00:00:00.000Z"));
    let setup = with(vec![odd, with_time], "").await;
    let report = setup.sync().await;
    assert_eq!((report.created, report.exit()), (1, Exit::SomeFailed), "{report:?}");
    let [row] = report.errors.as_slice() else { panic!("{:?}", report.errors) };
    assert_eq!((row.code.as_str(), row.employee_id.as_deref()), ("START_DATE_NOT_READ", Some("1")));
    assert!(row.message.contains("is not read: 06/01/2020 cannot be read without guessing"), "{row:?}");
}
