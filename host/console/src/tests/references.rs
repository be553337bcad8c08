//! References: their states, who waits for one, what is done with them, and the keys with their DNS records.

use super::{MARKUP, PERSON, Site, TURNED, config, proved_before};
use axum::http::StatusCode;
use hibob_config::applied_by::AppliedBy;
use hibob_contract::offboarding_references::Departure;
use hibob_jobs::references::{IssuerKeys, NameServers};
use hibob_reference_format::claims::{ClaimText, Claims, Employment};
use hibob_reference_format::credential::{Credential, SignedCredential};
use hibob_reference_format::keys::Selector;
use hibob_reference_format::status_list::StatusPosition;
use hibob_store::database::{
    AttemptRecord, DeliveryState, DepartureDetails, DepartureRow, Message, NewReference, WhyNone,
};
use hibob_store::privacy::Purpose;
use hibob_store::queue::{Arguments, Selection};
use hibob_store::token::TokenRole;

const PATH: &str = "/console/tenants/acme/references";

impl Site {
    /// Has `acme` issue references, with a key that signs.
    pub(super) async fn issuing(&self) {
        let mut file = serde_json::to_value(config("acme")).unwrap();
        file["references"] = serde_json::json!({ "domain": "acme.example", "name": "ACME GmbH" });
        let config = serde_json::from_value(file).unwrap();
        self.data.put(&config, AppliedBy::Api).await.unwrap();
        IssuerKeys::open(&self.data, &config).await.unwrap().make(Some("k1")).await.unwrap();
        self.api.ask_names_of(NameServers::Nobody);
    }

    /// A reference of `acme` for the person of this name, by its id.
    pub(super) async fn reference(&self, employee: &str, name: &str) -> String {
        let keys = IssuerKeys::open(&self.data, &self.data.config("acme").await.unwrap()).await.unwrap();
        let (issuer, selector) = (keys.issuer().clone(), Selector::parse("k1").unwrap());
        let key = self.data.secrets().signing_key("acme", &issuer.domain, &selector).await.unwrap();
        let employment = Employment {
            name: ClaimText::parse("name", name).unwrap(),
            job_title: None,
            department: None,
            start: "2019-03-01".parse().unwrap(),
            end: "2026-10-31".parse().unwrap(),
        };
        let (place, now) = (u32::from(rand::random::<u16>()), chrono::Utc::now());
        let claims = Claims::new(issuer, employment).unwrap();
        let credential = Credential::new(claims, StatusPosition { list: 1, index: place }, now).unwrap();
        let id = credential.id.uuid();
        let signed = SignedCredential::sign(credential, &key, &selector).unwrap();
        let (employee_id, ended_on) = (employee.to_owned(), "2026-10-31".to_owned());
        let new = NewReference {
            id: id.clone(),
            departure: Departure { employee_id, ended_on, basis: String::new() },
            document: signed.canonical().to_vec(),
            digest: signed.digest(),
            selector: selector.to_string(),
            status_list: 1,
            status_index: place,
            plugin_digest: String::new(),
            answers_digest: [0; 32],
            issued_at: now.timestamp(),
            message_id: format!("<{id}@acme.example>"),
        };
        let database = self.data.tenant_database("acme").await.unwrap();
        let lease = self.data.control().lease("acme", "a reference").await.unwrap();
        let fence = database.take_fence(lease.generation()).await.unwrap();
        database.record_reference(fence, &new, None).await.unwrap().unwrap();
        lease.release().await.unwrap();
        id
    }

    /// Records what became of the delivery of a reference.
    pub(super) async fn attempted(&self, reference: &str, state: DeliveryState, said: &str) {
        let database = self.data.tenant_database("acme").await.unwrap();
        let lease = self.data.control().lease("acme", "an attempt").await.unwrap();
        let fence = database.take_fence(lease.generation()).await.unwrap();
        let now = chrono::Utc::now().timestamp();
        let due = database.due_deliveries(now + 1, 1).await.unwrap();
        let place = due.iter().find(|delivery| delivery.reference == reference).unwrap().log_index;
        let attempt = AttemptRecord { state, said, next_at: now, is_counted: true };
        assert!(database.record_attempt(fence, (Message::Reference, place), &attempt, now).await.unwrap());
        lease.release().await.unwrap();
    }

    /// Has this employee of `acme` wait for a reference, for this reason.
    pub(super) async fn waits(&self, rows: &[(&str, &str, WhyNone)]) {
        let people = self.data.people("acme").await.unwrap();
        let lease = self.data.control().lease("acme", "departures").await.unwrap();
        let fence = people.database().take_fence(lease.generation()).await.unwrap();
        let keyring = people.writing_keyring().await.unwrap();
        let mut departures = Vec::new();
        for (employee, name, why) in rows {
            let details = DepartureDetails { name: Some((*name).to_owned()), ..DepartureDetails::default() };
            let details = serde_json::to_vec(&details).unwrap();
            departures.push(DepartureRow {
                employee_id: (*employee).to_owned(),
                ended_on: "2026-10-31".to_owned(),
                seen_at: 1_795_485_600,
                why: *why,
                details: keyring.encrypt_bytes(fence, Purpose::Departure, employee, &details).await.unwrap(),
            });
        }
        people.database().put_open_departures(fence, &departures).await.unwrap();
        lease.release().await.unwrap();
    }

    /// The arguments of the one job of `acme` that waits.
    async fn waiting(&self) -> Arguments {
        let acme = Selection { tenant: Some("acme"), ended_max: 0 };
        let jobs = self.data.queue().list(acme).await.unwrap();
        assert_eq!(jobs.len(), 1, "{jobs:?}");
        jobs[0].arguments.clone()
    }
}

#[tokio::test]
async fn each_reference_has_its_state_and_each_departure_without_one_its_reason() {
    let site = Site::new().await;
    let operator = site.operator().await;
    let off = site.get(&operator, PATH).await.text();
    assert!(off.contains("This tenant issues no references") && !off.contains("name=\"numbers\""), "{off}");
    assert!(!site.get(&operator, "/console/tenants/acme").await.text().contains(&format!("href=\"{PATH}\"")));
    site.issuing().await;
    assert!(site.get(&operator, "/console/tenants/acme").await.text().contains(&format!("href=\"{PATH}\"")));
    let empty = site.get(&operator, PATH).await.text();
    assert!(empty.contains("No reference was issued yet"), "{empty}");
    let [waiting, delivered, refused, revoked] = [
        site.reference("1", "Maeve Quinn").await,
        site.reference("2", "Yael Peretz").await,
        site.reference("3", "Freja Cohen").await,
        site.reference("4", MARKUP).await,
    ];
    site.attempted(&delivered, DeliveryState::Delivered, "250 OK").await;
    site.attempted(&refused, DeliveryState::Refused, "550 no such user").await;
    site.data.tenant_database("acme").await.unwrap().revoke_reference(&revoked, MARKUP, 1).await.unwrap();
    site.waits(&[("8", TURNED, WhyNone::Transfer), ("9", MARKUP, WhyNone::LastDay)]).await;
    let all = site.get(&operator, PATH).await.text();
    for (word, number) in
        [("All", 6), ("Held", 2), ("Delivery refused", 1), ("Issued", 1), ("Delivered", 1), ("Revoked", 1)]
    {
        assert!(all.contains(&format!("{word} <span class=\"n\">{number}</span>")), "{word}: {all}");
    }
    assert!(!all.contains("Replaced <span"), "no state that none is in: {all}");
    assert!(all.contains("Somebody who works here under another number") && all.contains("The last day is not over"));
    // Before the last day is over nothing is signed, so that nobody can choose it.
    assert_eq!(all.matches("name=\"employee\" value=\"8\"").count(), 2, "choosing and waiving: {all}");
    assert_eq!(all.matches("name=\"employee\" value=\"9\"").count(), 1, "waiving: {all}");
    for (state, id) in [("issued", &waiting), ("delivered", &delivered), ("refused", &refused), ("revoked", &revoked)] {
        let page = site.get(&operator, &format!("{PATH}?state={state}")).await.text();
        let shown: Vec<&String> = [&waiting, &delivered, &refused, &revoked]
            .into_iter()
            .filter(|id| page.contains(&format!("{PATH}/{id}\"")))
            .collect();
        assert_eq!(shown, [id], "{state}");
        assert!(!page.contains("name=\"employee\""), "{state}: {page}");
    }
    let page = site.get(&operator, &format!("{PATH}/{refused}")).await.text();
    assert!(
        page.contains("Freja Cohen") && page.contains("550 no such user") && page.contains("Deliver now"),
        "{page}"
    );
    assert!(site.get(&operator, &format!("{PATH}/{delivered}")).await.text().contains("Deliver again"));
    let page = site.get(&operator, &format!("{PATH}/{revoked}")).await.text();
    assert!(!page.contains("/deliver\"") && !page.contains("/revoke\""), "{page}");
    // Names that mean harm are only text, and no name is in an address.
    for language in ["en", "de", "es", "fr"] {
        let browser = super::Browser { cookie: operator.cookie.clone(), language };
        for path in [PATH.to_owned(), format!("{PATH}/{revoked}"), format!("{PATH}/keys"), format!("{PATH}/keys?dns")] {
            let text = site.get(&browser, &path).await.text();
            assert!(text.contains("<h1>"), "{path}: {text}");
            assert!(
                !text.contains("<script>alert") && !text.contains("\" onfocus=") && !text.contains("{0}"),
                "{path}"
            );
            assert!(!text.contains(['\u{202e}', '\u{200b}', '\u{2066}']), "{path}");
            let addresses =
                text.split("href=\"").chain(text.split("action=\"")).map(|part| part.split('"').next().unwrap());
            assert!(
                addresses.skip(1).all(|address| !address.contains("Quinn") && !address.contains("alert")),
                "{path}"
            );
        }
    }
}

#[tokio::test]
async fn a_long_list_comes_in_pages_and_each_reference_once() {
    let site = Site::new().await;
    let operator = site.operator().await;
    site.issuing().await;
    for number in 0..205 {
        site.reference(&number.to_string(), "Maeve Quinn").await;
    }
    let ids = |text: &str| -> Vec<String> {
        let link = format!("href=\"{PATH}/");
        let ids = text.split(&link).skip(1).filter_map(|part| part.get(..36));
        ids.filter(|id| !id.starts_with("keys")).map(str::to_owned).collect()
    };
    let first = site.get(&operator, PATH).await.text();
    let next = first.split("class=\"button\" href=\"").nth(1).unwrap().split('"').next().unwrap().replace("&#38;", "&");
    let second = site.get(&operator, &next).await.text();
    let (one, two) = (ids(&first), ids(&second));
    assert_eq!((one.len(), two.len()), (200, 5));
    assert_eq!(one.iter().chain(&two).collect::<std::collections::BTreeSet<_>>().len(), 205);
}

#[tokio::test]
async fn more_than_a_run_may_issue_is_issued_when_the_number_is_typed() {
    let site = Site::new().await;
    let (_, token) = site.token(TokenRole::Admin, Some("acme")).await;
    let admin = site.sign_in(&token).await;
    site.issuing().await;
    let path = format!("{PATH}/issue");
    for form in ["", "numbers=+", "numbers=Ana", "numbers=7%0AAna"] {
        let answer = site.post(&admin, &path, form).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{form}");
        assert!(answer.text().contains("Nobody is chosen"), "{form}");
    }
    let form = "employee=7&numbers=8%0A9%0A10";
    let ask = site.post(&admin, &path, form).await;
    let text = ask.text();
    assert!(ask.status == StatusCode::OK && text.contains("These are 4 references, and a run may issue"), "{text}");
    assert!(text.contains(">Issue 4 references</button>"), "{text}");
    let wrong = site.post(&admin, &path, &format!("{form}&number=3")).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    proved_before(&site, &admin, 600).await;
    let unproved = site.post(&admin, &path, &format!("{form}&number=4")).await;
    assert_eq!(unproved.status, StatusCode::FORBIDDEN);
    assert!(site.data.queue().list(Selection { tenant: Some("acme"), ended_max: 0 }).await.unwrap().is_empty());
    let done = site.post(&admin, &path, &format!("{form}&number=4&proof={token}&now=yes")).await;
    assert!(done.location().starts_with("/console/tenants/acme/jobs/"), "{}", done.text());
    let Arguments::References(arguments) = site.waiting().await else { panic!("another job") };
    assert_eq!((arguments.allow_issuing, arguments.skips_grace), (4, true));
    assert_eq!(arguments.employees.unwrap().len(), 4);
}

#[tokio::test]
async fn what_is_within_the_limit_is_issued_without_releasing_anything() {
    let site = Site::new().await;
    let operator = site.operator().await;
    site.issuing().await;
    let done = site.post(&operator, &format!("{PATH}/issue"), "numbers=7").await;
    assert!(done.location().starts_with("/console/tenants/acme/jobs/"), "{}", done.text());
    let Arguments::References(arguments) = site.waiting().await else { panic!("another job") };
    assert_eq!((arguments.allow_issuing, arguments.skips_grace), (0, false));
}

#[tokio::test]
async fn a_reference_is_revoked_by_somebody_who_shows_the_token_and_had_as_files() {
    let site = Site::new().await;
    let (_, token) = site.token(TokenRole::Admin, Some("acme")).await;
    let admin = site.sign_in(&token).await;
    site.issuing().await;
    let id = site.reference("7", "Maeve Quinn").await;
    let path = format!("{PATH}/{id}");
    let pdf = site.get(&admin, &format!("{path}/pdf")).await;
    assert!(pdf.body.starts_with(b"%PDF-") && pdf.header("content-type") == "application/pdf");
    let json = site.get(&admin, &format!("{path}/json")).await;
    assert_eq!(SignedCredential::parse(&json.body).unwrap().credential().id.uuid(), id);
    for file in [&pdf, &json] {
        assert!(file.header("content-disposition").starts_with("attachment"), "{}", file.header("content-disposition"));
    }
    proved_before(&site, &admin, 600).await;
    assert!(site.get(&admin, &path).await.text().contains("name=\"proof\""));
    let state = async || {
        let records = site.data.records("acme").await.unwrap();
        records.references().await.unwrap()[0].state.word()
    };
    let revoke = format!("{path}/revoke");
    for (form, status) in [
        ("reason=a+mistake".to_owned(), StatusCode::FORBIDDEN),
        ("reason=a+mistake&proof=hbt_0".to_owned(), StatusCode::FORBIDDEN),
        (format!("reason=+&proof={token}"), StatusCode::UNPROCESSABLE_ENTITY),
    ] {
        let answer = site.post(&admin, &revoke, &form).await;
        assert_eq!(answer.status, status, "{form}");
        assert!(answer.text().contains("role=\"alert\""), "{form}");
        assert_eq!(state().await, "valid");
    }
    let done = site.post(&admin, &revoke, &format!("reason=a+mistake&proof={token}")).await;
    assert_eq!((done.status, done.location()), (StatusCode::SEE_OTHER, path.as_str()));
    assert_eq!(state().await, "revoked");
    let text = site.get(&admin, &path).await.text();
    assert!(text.contains("a mistake") && text.contains(">Revoked<"), "{text}");
    let rows = site.data.control().api_log(20).await.unwrap();
    let row = rows.iter().find(|row| row.action == "revoke-reference" && row.outcome == "done").unwrap();
    assert_eq!((row.asked_by.as_deref(), row.object.as_deref()), (Some(PERSON), Some(id.as_str())));
    assert_eq!(site.get(&admin, &format!("{PATH}/00000000")).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_departure_is_waived_in_the_name_of_whoever_has_signed_in_and_a_reference_delivered_again() {
    let site = Site::new().await;
    let operator = site.operator().await;
    site.issuing().await;
    site.waits(&[("8", "Maeve Quinn", WhyNone::NotPossible)]).await;
    let path = format!("{PATH}/waive");
    let refused = site.post(&operator, &path, "employee=8&reason=+").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let done = site.post(&operator, &path, "employee=8&reason=was+never+employed").await;
    assert_eq!((done.status, done.location()), (StatusCode::SEE_OTHER, PATH));
    let text = site.get(&operator, PATH).await.text();
    assert!(text.contains(&format!("Waived by {PERSON}: was never employed")), "{text}");
    let id = site.reference("7", "Yael Peretz").await;
    site.attempted(&id, DeliveryState::Delivered, "250 OK").await;
    let done = site.post(&operator, &format!("{PATH}/{id}/deliver"), "again=yes").await;
    assert!(done.location().starts_with("/console/tenants/acme/jobs/"), "{}", done.text());
    let Arguments::Deliver(arguments) = site.waiting().await else { panic!("another job") };
    assert_eq!((arguments.reference, arguments.again), (id, true));
}

#[tokio::test]
async fn the_keys_have_their_records_and_dns_is_asked_when_somebody_wants_it() {
    let site = Site::new().await;
    let operator = site.operator().await;
    let none = site.get(&operator, &format!("{PATH}/keys")).await;
    assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY, "a tenant that issues none");
    site.issuing().await;
    let text = site.get(&operator, &format!("{PATH}/keys")).await.text();
    assert!(
        text.contains("k1._workreferences.acme.example") && text.contains("k=ed25519") && text.contains(">Signs<"),
        "{text}"
    );
    assert!(!text.contains("Not there"), "{text}");
    let text = site.get(&operator, &format!("{PATH}/keys?dns")).await.text();
    assert_eq!(text.matches(">Not there<").count(), 2, "{text}");
}

/// Readers see no references, as in the API; a stranger sees nothing at all.
#[tokio::test]
async fn who_may_not_see_references_sees_none() {
    let site = Site::new().await;
    site.issuing().await;
    let id = site.reference("7", "Maeve Quinn").await;
    let pages = [
        PATH.to_owned(),
        format!("{PATH}/{id}"),
        format!("{PATH}/keys"),
        format!("{PATH}/{id}/pdf"),
        format!("{PATH}/{id}/json"),
    ];
    let actions = [
        (format!("{PATH}/issue"), "numbers=7"),
        (format!("{PATH}/waive"), "employee=7&reason=x"),
        (format!("{PATH}/{id}/deliver"), ""),
        (format!("{PATH}/{id}/revoke"), "reason=x"),
    ];
    for (role, tenant, status) in [
        (TokenRole::Reader, Some("acme"), StatusCode::FORBIDDEN),
        (TokenRole::Reader, None, StatusCode::FORBIDDEN),
        (TokenRole::Admin, Some("globex"), StatusCode::NOT_FOUND),
    ] {
        let (_, token) = site.token(role, tenant).await;
        let browser = site.sign_in(&token).await;
        for path in &pages {
            let answer = site.get(&browser, path).await;
            assert_eq!(answer.status, status, "{role:?} {path}");
            assert!(!answer.text().contains("Maeve"), "{role:?} {path}");
        }
        for (path, form) in &actions {
            assert_eq!(site.post(&browser, path, form).await.status, status, "{role:?} {path}");
        }
        if tenant != Some("globex") {
            assert!(!site.get(&browser, "/console/tenants/acme").await.text().contains(PATH), "{role:?}");
        }
    }
    let nobody = super::Browser { cookie: String::new(), language: "en" };
    for path in pages {
        assert!(site.get(&nobody, &path).await.location().starts_with("/console/sign-in"), "{path}");
    }
}
