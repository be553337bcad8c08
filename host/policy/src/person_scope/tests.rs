use crate::person_scope::*;
use serde_json::json;

fn search(id: &str, fields: &[&str]) -> Value {
    let filter = json!({ "fieldPath": "root.id", "operator": "equals", "values": [id] });
    json!({ "fields": fields, "filters": [filter], "showInactive": true })
}

/// What a call for claims reads, where `terminated` is the only departure, and garden leave if it counts.
fn claims_read(garden_leave: bool) -> PersonRead {
    PersonRead::Claims { statuses: vec!["Terminated".to_owned()], garden_leave }
}

fn allows(scope: &PersonScope, body: &Value) -> bool {
    scope.check(&Method::POST, "/people/search", None, body.to_string().as_bytes()).is_ok()
}

#[test]
fn one_person_is_asked_about_and_nothing_else() {
    let claims = PersonScope::new("7", claims_read(false));
    assert!(allows(&claims, &search("7", &["root.id", "work.title"])));
    assert!(!allows(&claims, &search("8", &["root.id"])));
    assert!(!allows(&claims, &search("7", &["root.id", "root.email"])));
    assert!(!allows(&claims, &json!({ "fields": ["root.id"], "showInactive": true })));
    let mut more = search("7", &["root.id"]);
    more["humanReadable"] = json!("APPEND");
    assert!(!allows(&claims, &more));
    let two = json!({ "fieldPath": "root.id", "operator": "equals", "values": ["7", "8"] });
    assert!(!allows(&claims, &json!({ "fields": ["root.id"], "filters": [two] })));
    let address = PersonScope::new("7", PersonRead::Address("home.privateEmail".to_owned()));
    assert!(allows(&address, &search("7", &["root.id", "home.privateEmail"])));
    assert!(!allows(&address, &search("7", &["root.id", "work.title"])));
    let list = |scope: &PersonScope, list: &str| {
        scope.check(&Method::GET, &format!("/company/named-lists/{list}"), None, b"").is_ok()
    };
    assert!(list(&claims, "title") && !list(&claims, "site") && !list(&address, "title"));
}

fn claims() -> Claims {
    Claims {
        given_name: "Ana".to_owned(),
        family_name: "Ruiz".to_owned(),
        job_title: Some("Engineer".to_owned()),
        department: Some("Research".to_owned()),
        started_on: "2020-01-06".to_owned(),
        ended_on: "2026-11-20".to_owned(),
    }
}

fn departure(id: &str) -> Departure {
    Departure { employee_id: id.to_owned(), ended_on: "2026-11-20".to_owned(), basis: String::new() }
}

/// Ana's record as HiBob has it.
fn person() -> Value {
    json!({
        "id": "7", "firstName": "Ana", "surname": " Ruiz ",
        "internal": { "lifecycleStatus": "terminated", "terminationDate": "2026-12-31" },
        "work": { "title": "100001", "department": "Research", "startDate": "2020-01-06", "site": "Berlin" },
        "/employee/lastDayOfWork": { "value": "2026-11-20" },
    })
}

fn scope() -> PersonScope {
    scope_of(false, person())
}

fn scope_of(garden_leave: bool, person: Value) -> PersonScope {
    let scope = PersonScope::new("7", claims_read(garden_leave));
    let note = |path: &str, body: Value| {
        scope.note_answer(Role::HiBob, path, StatusCode::OK, body.to_string().as_bytes());
    };
    note("/people/search", json!({ "employees": [person] }));
    note(
        "/company/named-lists/title",
        json!({ "values": [
        { "id": "100001", "value": "Engineer" }, { "id": 100002, "name": "Director" },
    ] }),
    );
    scope
}

#[test]
fn only_what_hibob_has_answered_is_confirmed() {
    assert_eq!(scope().confirm(&departure("7"), &claims()), Ok(()));
    for (changed, name) in [
        (Claims { given_name: "Eve".to_owned(), ..claims() }, "given-name"),
        (Claims { job_title: Some("Director".to_owned()), ..claims() }, "job-title"),
        (Claims { job_title: Some("100001".to_owned()), ..claims() }, "job-title"),
        (Claims { job_title: Some("Research".to_owned()), ..claims() }, "job-title"),
        (Claims { job_title: Some("Berlin".to_owned()), ..claims() }, "job-title"),
        (Claims { department: Some("Engineer".to_owned()), ..claims() }, "department"),
        (Claims { department: Some("terminated".to_owned()), ..claims() }, "department"),
        (Claims { given_name: "Ruiz".to_owned(), family_name: "Ana".to_owned(), ..claims() }, "given-name"),
        (Claims { family_name: "Ana".to_owned(), ..claims() }, "family-name"),
        (Claims { started_on: "2026-11-20".to_owned(), ..claims() }, "started-on"),
        (Claims { started_on: "2010-01-06".to_owned(), ..claims() }, "started-on"),
        (Claims { ended_on: "2020-01-06".to_owned(), ..claims() }, "ended-on"),
    ] {
        assert_eq!(scope().confirm(&departure("7"), &changed), Err(name));
    }
    assert_eq!(scope().confirm(&departure("8"), &claims()), Err("employee"));
    assert!(PersonScope::new("7", claims_read(false)).confirm(&departure("7"), &claims()).is_err());
}

/// Answers about somebody else, or also about somebody else, confirm nothing.
#[test]
fn another_persons_record_confirms_nothing() {
    let scope = PersonScope::new("7", claims_read(false));
    let person = |id: &str| json!({ "id": id, "firstName": "Ana" });
    for people in [json!([person("8")]), json!([person("7"), person("8")])] {
        let body = json!({ "employees": people }).to_string();
        scope.note_answer(Role::HiBob, "/people/search", StatusCode::OK, body.as_bytes());
    }
    assert_eq!(scope.confirm(&departure("7"), &claims()), Err("given-name"));
    assert_ne!(scope.answers_digest(), PersonScope::new("7", claims_read(false)).answers_digest());
}

fn garden() -> PersonScope {
    PersonScope::new("7", claims_read(true))
}

#[test]
fn the_rows_of_one_person_are_asked_for_where_garden_leave_counts() {
    let asks = |scope: &PersonScope, query: Option<&str>| {
        scope.check(&Method::GET, "/bulk/people/lifecycle", query, b"").is_ok()
    };
    for query in ["employeeIds=7", "employeeIds=7&limit=200"] {
        assert!(asks(&garden(), Some(query)), "{query}");
        assert!(!asks(&PersonScope::new("7", claims_read(false)), Some(query)));
        assert!(!asks(&PersonScope::new("7", PersonRead::Address("root.email".to_owned())), Some(query)));
    }
    for query in [
        "",
        "limit=200",
        "employeeIds=8",
        "employeeIds=7,8",
        "employeeIds=7%2C8",
        "employeeIds=7&employeeIds=8",
        "employeeIds=7&limit=200&employeeIds=8",
        "employeeIds=7&cursor=YWZ0ZXI6OA",
        "employeeIds=7&limit=200&cursor=YWZ0ZXI6OA",
        "limit=200&employeeIds=7",
    ] {
        assert!(!asks(&garden(), Some(query)), "{query}");
    }
    assert!(!asks(&garden(), None));
    assert!(!asks(&PersonScope::new("7,8", claims_read(true)), Some("employeeIds=7,8")));
    let list = |query| garden().check(&Method::GET, "/company/named-lists/title", query, b"").is_ok();
    assert!(list(None) && list(Some("includeArchived=true")));
    for query in ["", "includeArchived", "includeArchived=false", "includeArchived=true&limit=1"] {
        assert!(!list(Some(query)), "{query}");
    }
    let site = garden().check(&Method::GET, "/company/named-lists/site", Some("includeArchived=true"), b"");
    assert!(site.is_err());
}

/// The day before a garden leave is confirmed by the person's own row, and by nothing else.
#[test]
fn the_day_before_a_garden_leave_is_worked_out_from_its_row() {
    let row = |day: &str, status: &str| json!({ "effectiveDate": day, "status": status });
    let own = |rows: Value| json!({ "results": [{ "employeeId": "7", "values": rows }] });
    let confirms = |answer: Value| {
        let mut person = person();
        person.as_object_mut().unwrap().remove("/employee/lastDayOfWork");
        person["internal"]["lifecycleStatus"] = json!("gardenLeave");
        let scope = scope_of(true, person);
        let body = answer.to_string();
        scope.note_answer(Role::HiBob, "/bulk/people/lifecycle", StatusCode::OK, body.as_bytes());
        let ended_on = "2026-11-15".to_owned();
        let departure = Departure { ended_on: ended_on.clone(), ..departure("7") };
        scope.confirm(&departure, &Claims { ended_on, ..claims() }).is_ok()
    };
    let released = || row("2026-11-16", "garden leave");
    assert!(confirms(own(json!([row("2020-01-06", "employed"), released()]))));
    assert!(confirms(own(json!([{ "values": [released()] }]))));
    for spelling in ["gardenLeave", "garden-leave", "Garden Leave"] {
        assert!(confirms(own(json!([row("2026-11-16", spelling)]))), "{spelling}");
    }
    for (other, why) in [
        (own(json!([row("2026-11-16", "leave")])), "another status"),
        (own(json!([row("2026-11-15", "garden leave")])), "the first day itself"),
        (own(json!([row("2026-11-17", "garden leave")])), "another day"),
        (json!({ "results": [{ "employeeId": "8", "values": [released()] }] }), "somebody else"),
        (
            json!({ "results": [{ "employeeId": "7", "values": [released()] }, { "employeeId": "8", "values": [] }] }),
            "several people",
        ),
        (json!({ "employees": [{ "id": "7", "values": [released()] }] }), "another answer"),
    ] {
        assert!(!confirms(other), "{why}");
    }
}

/// Status and last day are HiBob's, whatever the plugin says of the departure.
#[test]
fn only_somebody_who_has_left_on_that_day_gets_a_reference() {
    let last_day = |status: &str, day: Option<&str>, termination: Option<&str>, ended_on: &str| {
        let mut person = person();
        person["/employee/lastDayOfWork"] = json!({ "value": day });
        person["internal"] = json!({ "lifecycleStatus": status, "terminationDate": termination });
        let departure = Departure { ended_on: ended_on.to_owned(), ..departure("7") };
        scope_of(false, person).confirm(&departure, &Claims { ended_on: ended_on.to_owned(), ..claims() })
    };
    let (day, other) = ("2026-11-20", "2026-12-31");
    assert_eq!(last_day("terminated", Some(day), Some(other), day), Ok(()));
    assert_eq!(last_day("Terminated", None, Some(other), other), Ok(()));
    for (status, last, termination, ended_on, refused) in [
        ("employed", Some(day), None, day, "status"),
        ("garden leave", Some(day), None, day, "status"),
        ("", Some(day), None, day, "status"),
        ("terminated", Some(day), Some(other), other, "ended-on"),
        ("terminated", None, None, day, "ended-on"),
        ("terminated", None, Some(other), "2020-01-06", "ended-on"),
    ] {
        assert_eq!(last_day(status, last, termination, ended_on), Err(refused), "{status} {last:?} {ended_on}");
    }
}

#[test]
fn an_address_is_the_value_of_its_own_field() {
    let scope = PersonScope::new("7", PersonRead::Address("home.privateEmail".to_owned()));
    let person = json!({ "id": "7", "home": { "privateEmail": "ana@home.example" }, "email": "other@x.example" });
    let body = json!({ "employees": [person] }).to_string();
    scope.note_answer(Role::HiBob, "/people/search", StatusCode::OK, body.as_bytes());
    assert!(scope.has_address("7", "ana@home.example"));
    assert!(!scope.has_address("7", "other@x.example") && !scope.has_address("7", "7"));
}

/// A call about Ana (7) and Bo (8), in which HiBob has answered about both.
fn batch(people: &Value) -> PersonScope {
    let scope = PersonScope::of(["7", "8"].map(str::to_owned), claims_read(false));
    let body = json!({ "employees": people }).to_string();
    scope.note_answer(Role::HiBob, "/people/search", StatusCode::OK, body.as_bytes());
    scope
}

/// Bo's record as HiBob has it.
fn bo() -> Value {
    json!({
        "id": "8", "firstName": "Bo", "surname": "Lind",
        "internal": { "lifecycleStatus": "terminated", "terminationDate": "2026-10-31" },
        "work": { "title": "Director", "department": "Sales", "startDate": "2015-02-01" },
    })
}

fn claims_of_bo() -> Claims {
    Claims {
        given_name: "Bo".to_owned(),
        family_name: "Lind".to_owned(),
        job_title: Some("Director".to_owned()),
        department: Some("Sales".to_owned()),
        started_on: "2015-02-01".to_owned(),
        ended_on: "2026-10-31".to_owned(),
    }
}

fn departure_of_bo() -> Departure {
    Departure { ended_on: "2026-10-31".to_owned(), ..departure("8") }
}

#[test]
fn in_a_batch_each_claim_is_compared_with_its_own_persons_record() {
    let mut ana = person();
    ana["work"]["title"] = json!("Engineer");
    let scope = batch(&json!([ana, bo()]));
    assert_eq!(scope.confirm(&departure("7"), &claims()), Ok(()));
    assert_eq!(scope.confirm(&departure_of_bo(), &claims_of_bo()), Ok(()));
    let (ana, bo) = (claims, claims_of_bo);
    for (mixed, name) in [
        (Claims { given_name: bo().given_name, ..ana() }, "given-name"),
        (Claims { family_name: bo().family_name, ..ana() }, "family-name"),
        (Claims { job_title: bo().job_title, ..ana() }, "job-title"),
        (Claims { department: bo().department, ..ana() }, "department"),
        (Claims { started_on: bo().started_on, ..ana() }, "started-on"),
        (Claims { ended_on: bo().ended_on, ..ana() }, "ended-on"),
        (bo(), "given-name"),
    ] {
        assert_eq!(scope.confirm(&departure("7"), &mixed), Err(name));
    }
    let other_day = Departure { ended_on: bo().ended_on, ..departure("7") };
    assert_eq!(scope.confirm(&other_day, &Claims { ended_on: bo().ended_on, ..ana() }), Err("ended-on"));
    assert_eq!(scope.confirm(&departure("9"), &ana()), Err("employee"));
}

/// Nobody's record counts from an answer that has a record of anybody else, or two of one person.
#[test]
fn an_answer_that_is_not_about_the_batch_confirms_nobody() {
    let ana = || {
        let mut ana = person();
        ana["work"]["title"] = json!("Engineer");
        ana
    };
    let mut stranger = bo();
    stranger["id"] = json!("9");
    let mut promoted = ana();
    promoted["work"]["title"] = json!("Director");
    for people in [json!([ana(), stranger]), json!([ana(), promoted]), json!([ana(), { "firstName": "Bo" }])] {
        assert_eq!(batch(&people).confirm(&departure("7"), &claims()), Err("given-name"), "{people}");
    }
    assert_eq!(batch(&json!([ana()])).confirm(&departure("7"), &claims()), Ok(()));
}

#[test]
fn a_batch_is_asked_about_and_nobody_else() {
    let scope = PersonScope::of(["7", "8"].map(str::to_owned), claims_read(true));
    let search = |ids: Value| {
        let filter = json!({ "fieldPath": "root.id", "operator": "equals", "values": ids });
        allows(&scope, &json!({ "fields": ["root.id"], "filters": [filter], "showInactive": true }))
    };
    for ids in [json!(["7", "8"]), json!(["8"]), json!(["8", "7"])] {
        assert!(search(ids.clone()), "{ids}");
    }
    for ids in [json!([]), json!(["7", "9"]), json!(["9"]), json!([7]), json!("7"), json!(null), json!(["7,8"])] {
        assert!(!search(ids.clone()), "{ids}");
    }
    for (filter, why) in [
        (json!({ "fieldPath": "root.email", "operator": "equals", "values": ["7"] }), "another field"),
        (json!({ "fieldPath": "root.id", "operator": "notEquals", "values": ["7"] }), "another operator"),
        (json!({ "fieldPath": "root.id", "operator": "equals", "values": ["7"], "or": [] }), "another key"),
    ] {
        assert!(!allows(&scope, &json!({ "fields": ["root.id"], "filters": [filter] })), "{why}");
        assert!(!allows(&scope, &json!({ "fields": ["root.id"], "filters": [filter, filter] })), "{why}");
    }
    let asks = |query| scope.check(&Method::GET, "/bulk/people/lifecycle", Some(query), b"").is_ok();
    for query in ["employeeIds=7,8&limit=200", "employeeIds=8", "employeeIds=8,7"] {
        assert!(asks(query), "{query}");
    }
    for query in ["employeeIds=7,9", "employeeIds=", "employeeIds=7,", "employeeIds=7,8&limit=200&cursor=YQ"] {
        assert!(!asks(query), "{query}");
    }
}

/// One person's garden leave is no day of another's.
#[test]
fn in_a_batch_lifecycle_rows_count_for_their_own_person() {
    let without_last_day = |mut person: Value| {
        person.as_object_mut().unwrap().remove("/employee/lastDayOfWork");
        person["internal"] = json!({ "lifecycleStatus": "gardenLeave" });
        person["work"]["title"] = json!("Engineer");
        person
    };
    let scope = PersonScope::of(["7", "8"].map(str::to_owned), claims_read(true));
    let note = |path: &str, body: Value| {
        scope.note_answer(Role::HiBob, path, StatusCode::OK, body.to_string().as_bytes());
    };
    note("/people/search", json!({ "employees": [without_last_day(person()), without_last_day(bo())] }));
    let row = |day: &str| json!([{ "effectiveDate": day, "status": "garden leave" }]);
    note(
        "/bulk/people/lifecycle",
        json!({ "results": [
            { "employeeId": "7", "values": row("2026-11-21") }, { "employeeId": "8", "values": row("2026-11-01") },
        ] }),
    );
    assert_eq!(scope.confirm(&departure("7"), &claims()), Ok(()));
    let ended_on = "2026-10-31".to_owned();
    let other = Departure { ended_on: ended_on.clone(), ..departure("7") };
    assert_eq!(scope.confirm(&other, &Claims { ended_on, ..claims() }), Err("ended-on"));
}
