//! A stand-in for a HiBob with one employee, whose status changes over time.

use chrono::{Days, NaiveDate};
use hibob_connector_core::http::{Body, Method, Request, Response, SendError};
use hibob_connector_core::references::{
    Claims, Departure, Detection, Known, ReferenceSettings, claims, detect, look_up,
};
use hibob_connector_core::value::{NamedValue, Value as SettingValue};
use hibob_connector_core::world::{Entry, StorageError, World};
use serde_json::{Value, json};

/// One employee as HiBob has them, and the day that it is.
pub(super) struct Bob {
    pub(super) today: NaiveDate,
    pub(super) status: &'static str,
    pub(super) last_day: Option<NaiveDate>,
    pub(super) termination: Option<NaiveDate>,
    pub(super) title: &'static str,
    /// Values of further fields, by JSON pointer.
    pub(super) more: Value,
    /// The items of the lists, all archived: id and name.
    pub(super) archived: Vec<(&'static str, &'static str)>,
    pub(super) rows: Vec<(NaiveDate, &'static str)>,
    /// Rows of the lifecycle table on one page.
    pub(super) page: usize,
    /// The queries of the requests for the lifecycle table.
    pub(super) table_queries: Vec<String>,
}

struct Once(Option<Vec<u8>>);

impl Body for Once {
    fn chunk(&mut self) -> Result<Option<Vec<u8>>, SendError> {
        Ok(self.0.take())
    }
}

pub(super) fn day(text: &str) -> NaiveDate {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").unwrap()
}

impl Bob {
    /// An employee who works here.
    pub(super) fn new(today: &str) -> Self {
        let rows = vec![(day("2020-01-06"), "employed")];
        let (last_day, termination) = (None, None);
        let (more, archived, table_queries) = (json!({}), vec![], vec![]);
        Self {
            today: day(today),
            status: "employed",
            last_day,
            termination,
            title: "1",
            more,
            archived,
            rows,
            page: 50,
            table_queries,
        }
    }

    /// An employee on garden leave since a day, with a termination date in the future.
    pub(super) fn released(since: &str, today: &str) -> Self {
        let mut bob = Self::new(today);
        bob.status = "garden leave";
        bob.rows.push((day(since), "garden leave"));
        bob.termination = Some(day("2027-01-31"));
        bob
    }

    pub(super) fn terminate(&mut self, on: &str) {
        self.status = "terminated";
        self.termination = Some(day(on));
        self.rows.push((day(on), "terminated"));
        self.today = day(on) + Days::new(1);
    }

    pub(super) fn now(&self) -> u64 {
        u64::try_from(self.today.and_hms_opt(12, 0, 0).unwrap().and_utc().timestamp()).unwrap()
    }

    pub(super) fn detect(&mut self, known: &[Known]) -> Detection {
        let (settings, now) = (garden_leave_is_departure(), self.now());
        detect(self, &settings, now, known).unwrap()
    }

    pub(super) fn claims(&mut self, departure: &Departure) -> Option<Claims> {
        let (settings, now) = (garden_leave_is_departure(), self.now());
        claims(self, &settings, now, std::slice::from_ref(departure)).unwrap().pop().unwrap()
    }

    pub(super) fn look_up(&mut self) -> Option<Departure> {
        let (settings, now) = (garden_leave_is_departure(), self.now());
        look_up(self, &settings, now, "7").unwrap()
    }

    fn record(&self) -> Value {
        let mut record = json!({
            "id": "7", "firstName": "Ana", "surname": "Ruiz",
            "internal": { "lifecycleStatus": self.status, "terminationDate": self.termination },
            "employee": { "lastDayOfWork": self.last_day },
            "work": { "startDate": "2020-01-06", "title": self.title, "site": "Kiritimati" },
        });
        for (pointer, value) in self.more.as_object().into_iter().flatten() {
            let (parent, name) = pointer.rsplit_once('/').unwrap();
            record.pointer_mut(parent).unwrap()[name] = value.clone();
        }
        record
    }

    /// A page of the lifecycle table; its cursor is the number of rows before it.
    fn table(&self, url: &str) -> Value {
        let after = url.split_once("&cursor=").map_or(0, |(_, cursor)| cursor.parse().unwrap());
        let rows = self.rows.iter().skip(after).take(self.page);
        let rows: Vec<_> = rows.map(|(from, status)| json!({ "effectiveDate": from, "status": status })).collect();
        let next = Some(after + self.page).filter(|next| *next < self.rows.len()).map(|next| next.to_string());
        let results = json!([{ "employeeId": "7", "values": rows }]);
        json!({ "results": results, "response_metadata": { "next_cursor": next }, "errors": [] })
    }
}

/// Settings with an address of HiBob and these texts.
pub(super) fn settings(words: &[(&str, &str)]) -> ReferenceSettings {
    let text =
        |(name, text): (&str, &str)| NamedValue { name: name.to_owned(), value: SettingValue::Text(text.to_owned()) };
    let values: Vec<_> = [("hibob-url", "https://x")].iter().chain(words).copied().map(text).collect();
    ReferenceSettings::read(&values).unwrap()
}

/// Settings by which garden leave is a departure.
pub(super) fn garden_leave_is_departure() -> ReferenceSettings {
    settings(&[("garden-leave", "is-departure")])
}

/// The methods of a world that references do not use.
macro_rules! no_storage {
    () => {
        fn get(&mut self, _key: &str) -> Result<Option<Vec<u8>>, StorageError> {
            panic!("references use no storage")
        }

        fn scan(&mut self, _prefix: &str, _after: Option<&str>) -> Result<Vec<Entry>, StorageError> {
            panic!("references use no storage")
        }

        fn put(&mut self, _key: &str, _value: &[u8]) -> Result<(), StorageError> {
            panic!("references use no storage")
        }

        fn remove(&mut self, _key: &str) -> Result<(), StorageError> {
            panic!("references use no storage")
        }

        fn log(&mut self, _message: &str) {}

        fn progress(&mut self, _phase: &str, _done: usize, _total: Option<usize>) {}
    };
}

/// A HiBob that answers with this JSON.
pub(super) struct Answers<F: FnMut(&Request) -> Value>(pub(super) F);

impl<F: FnMut(&Request) -> Value> World for Answers<F> {
    fn send(&mut self, request: &Request) -> Result<Response<'_>, SendError> {
        Ok(ok(&(self.0)(request)))
    }

    no_storage!();
}

/// A successful answer with this JSON.
fn ok(body: &Value) -> Response<'static> {
    let body = Box::new(Once(Some(body.to_string().into_bytes())));
    Response { status: 200, content_type: Some("application/json".to_owned()), location: None, body }
}

impl World for Bob {
    fn send(&mut self, request: &Request) -> Result<Response<'_>, SendError> {
        let body = match (request.method, request.url.as_str()) {
            (Method::Post, _) => json!({ "employees": [self.record()] }),
            (_, url) if url.starts_with("https://x/bulk/people/lifecycle?") => {
                self.table_queries.push(url.trim_start_matches("https://x/bulk/people/lifecycle").to_owned());
                self.table(url)
            }
            (_, url) if url.ends_with("?includeArchived=true") => {
                let items = self.archived.iter().map(|(id, name)| json!({ "id": id, "value": name, "archived": true }));
                json!({ "values": Vec::from_iter(items) })
            }
            _ => json!({ "values": [] }),
        };
        Ok(ok(&body))
    }

    no_storage!();
}
