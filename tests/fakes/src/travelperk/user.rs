//! A user, the collection of users, and how a user is written as SCIM.

use std::collections::{BTreeMap, HashMap};

use chrono::DateTime;
use serde_json::{Map, Value, json};

use super::schema::{CORE, ENTERPRISE, TRAVELPERK};

/// A phone number. Only the type `work` is supported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phone {
    /// The number, as it was written.
    pub value: String,
    /// The type, `work`.
    pub kind: String,
}

/// A user in TravelPerk (after the client library's stub `scim_user.json`).
#[derive(Debug, Clone, PartialEq)]
pub struct User {
    /// The id: a number that is sent as a decimal string.
    pub id: u64,
    /// `externalId`: the employee id in the HR system.
    pub external_id: Option<String>,
    /// `userName`: the work e-mail.
    pub user_name: String,
    /// `active`: false for archived users.
    pub active: bool,
    /// `name.givenName`
    pub given_name: String,
    /// `name.familyName`
    pub family_name: String,
    /// `name.middleName`; `""` if empty, never absent.
    pub middle_name: String,
    /// `name.honorificPrefix`; `""` if empty, never absent.
    pub honorific_prefix: String,
    /// `title`
    pub title: Option<String>,
    /// `locale`
    pub locale: Option<String>,
    /// `preferredLanguage`
    pub preferred_language: Option<String>,
    /// `phoneNumbers`
    pub phones: Vec<Phone>,
    /// `costCenter`, by name.
    pub cost_center: Option<String>,
    /// The id of the manager.
    pub manager: Option<u64>,
    /// `gender`: `M` or `F`.
    pub gender: Option<String>,
    /// `countryOfResidence`.
    pub country: Option<String>,
    /// `dateOfBirth`, `YYYY-MM-DD`.
    pub date_of_birth: Option<String>,
    /// `travelPolicy`, by name.
    pub travel_policy: Option<String>,
    /// `approvers`: the ids of the users who approve trips, with a condition each. Its values are unconfirmed.
    pub approvers: Vec<(u64, Option<String>)>,
    /// `invoiceProfiles`, by name.
    pub invoice_profiles: Vec<String>,
    /// `emergencyContact.name`
    pub emergency_name: Option<String>,
    /// `emergencyContact.phone`
    pub emergency_phone: Option<String>,
    /// When, in Unix seconds.
    pub created: f64,
    /// When, in Unix seconds.
    pub last_modified: f64,
}

impl User {
    /// An active user who has only names. The id is assigned when the user is inserted.
    #[must_use]
    pub fn new(user_name: &str, given_name: &str, family_name: &str) -> Self {
        Self {
            id: 0,
            external_id: None,
            user_name: user_name.to_owned(),
            active: true,
            given_name: given_name.to_owned(),
            family_name: family_name.to_owned(),
            middle_name: String::new(),
            honorific_prefix: String::new(),
            title: None,
            locale: None,
            preferred_language: None,
            phones: Vec::new(),
            cost_center: None,
            manager: None,
            gender: None,
            country: None,
            date_of_birth: None,
            travel_policy: None,
            approvers: Vec::new(),
            invoice_profiles: Vec::new(),
            emergency_name: None,
            emergency_phone: None,
            created: 0.0,
            last_modified: 0.0,
        }
    }

    /// The attributes that a client may write, with canonical names.
    pub(super) fn writable(&self) -> Map<String, Value> {
        let texts = |pairs: &[(&str, Option<&str>)]| {
            let set = pairs.iter().filter_map(|(name, text)| text.map(|text| ((*name).to_owned(), json!(text))));
            set.collect::<Map<String, Value>>()
        };
        let phones: Vec<Value> =
            self.phones.iter().map(|phone| json!({ "value": phone.value, "type": phone.kind })).collect();
        let mut core = texts(&[
            ("externalId", self.external_id.as_deref()),
            ("userName", Some(&self.user_name)),
            ("title", self.title.as_deref()),
            ("locale", self.locale.as_deref()),
            ("preferredLanguage", self.preferred_language.as_deref()),
        ]);
        core.insert("active".to_owned(), json!(self.active));
        let name = texts(&[
            ("givenName", Some(&self.given_name)),
            ("familyName", Some(&self.family_name)),
            ("middleName", Some(&self.middle_name)),
            ("honorificPrefix", Some(&self.honorific_prefix)),
        ]);
        core.insert("name".to_owned(), Value::Object(name));
        core.insert("phoneNumbers".to_owned(), json!(phones));

        let mut enterprise = texts(&[("costCenter", self.cost_center.as_deref())]);
        if let Some(manager) = self.manager {
            enterprise.insert("manager".to_owned(), json!({ "value": manager.to_string() }));
        }
        core.insert(ENTERPRISE.to_owned(), Value::Object(enterprise));

        let mut own = texts(&[
            ("gender", self.gender.as_deref()),
            ("countryOfResidence", self.country.as_deref()),
            ("dateOfBirth", self.date_of_birth.as_deref()),
            ("travelPolicy", self.travel_policy.as_deref()),
        ]);
        let profiles: Vec<Value> = self.invoice_profiles.iter().map(|name| json!({ "value": name })).collect();
        own.insert("invoiceProfiles".to_owned(), json!(profiles));
        let approver = |(id, condition): &(u64, Option<String>)| match condition {
            Some(condition) => json!({ "value": id.to_string(), "condition": condition }),
            None => json!({ "value": id.to_string() }),
        };
        if !self.approvers.is_empty() {
            own.insert("approvers".to_owned(), self.approvers.iter().map(approver).collect());
        }
        let contact = texts(&[("name", self.emergency_name.as_deref()), ("phone", self.emergency_phone.as_deref())]);
        if !contact.is_empty() {
            own.insert("emergencyContact".to_owned(), Value::Object(contact));
        }
        core.insert(TRAVELPERK.to_owned(), Value::Object(own));
        core
    }

    /// The whole resource. Its links begin with `base`. `$ref` ends with a slash and `meta.location` does not, as in
    /// the stub.
    pub(super) fn to_scim(&self, base: &str, manager: Option<&Self>) -> Value {
        let mut whole = self.writable();
        whole.insert("schemas".to_owned(), json!([CORE, ENTERPRISE, TRAVELPERK]));
        whole.insert("id".to_owned(), json!(self.id.to_string()));
        whole.insert("groups".to_owned(), json!([]));
        whole.insert(
            "meta".to_owned(),
            json!({
                "resourceType": "User",
                "created": instant(self.created),
                "lastModified": instant(self.last_modified),
                "location": format!("{base}/Users/{}", self.id),
            }),
        );
        if let Some(manager) = manager
            && let Some(Value::Object(enterprise)) = whole.get_mut(ENTERPRISE)
        {
            let id = manager.id.to_string();
            enterprise.insert(
                "manager".to_owned(),
                json!({
                    "value": id,
                    "$ref": format!("{base}/Users/{id}/"),
                    "displayName": format!("{} {}", manager.given_name, manager.family_name),
                }),
            );
        }
        Value::Object(whole)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "Unix microseconds of this century")]
fn instant(at: f64) -> String {
    let at = DateTime::from_timestamp_micros((at * 1e6) as i64).unwrap_or_default();
    at.format("%Y-%m-%dT%H:%M:%S%.6f+00:00").to_string()
}

/// Users by id, with an index of their user names. An id is never used twice.
#[derive(Debug, Clone)]
pub struct Users {
    by_id: BTreeMap<u64, User>,
    by_name: HashMap<String, u64>,
    /// Whether the index may be wrong, because a mutable borrow of a user was given out.
    stale: bool,
    next_id: u64,
}

impl Default for Users {
    fn default() -> Self {
        Self { by_id: BTreeMap::new(), by_name: HashMap::new(), stale: false, next_id: 100 }
    }
}

impl Users {
    /// The number of users, including archived ones.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether there are no users.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// All users, in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = &User> {
        self.by_id.values()
    }

    /// The user with this id.
    #[must_use]
    pub fn get(&self, id: u64) -> Option<&User> {
        self.by_id.get(&id)
    }

    /// The user with this id, to be changed without the API.
    pub fn get_mut(&mut self, id: u64) -> Option<&mut User> {
        self.stale = true;
        self.by_id.get_mut(&id)
    }

    /// The user with this `userName`, in upper or lower case (RFC 7643 section 4.1.1: not case-exact).
    #[must_use]
    pub fn by_name(&self, name: &str) -> Option<&User> {
        let name = name.to_lowercase();
        if self.stale {
            return self.iter().find(|user| user.user_name.to_lowercase() == name);
        }
        self.by_name.get(&name).and_then(|id| self.get(*id))
    }

    /// Adds or replaces a user, and returns the id. An id of 0 means the next free id.
    pub fn insert(&mut self, mut user: User) -> u64 {
        if user.id == 0 {
            user.id = self.next_id;
        }
        let id = user.id;
        self.next_id = self.next_id.max(id + 1);
        let name = user.user_name.to_lowercase();
        if let Some(before) = self.by_id.insert(id, user) {
            self.by_name.remove(&before.user_name.to_lowercase());
        }
        self.by_name.insert(name, id);
        id
    }

    /// Removes a user. The users whom they managed then have no manager.
    pub fn erase(&mut self, id: u64) {
        self.by_id.remove(&id);
        for user in self.by_id.values_mut().filter(|user| user.manager == Some(id)) {
            user.manager = None;
        }
        self.stale = true;
    }

    /// Restores an earlier state of the user with this id; `None` removes the user.
    pub(super) fn set(&mut self, id: u64, user: Option<User>) {
        match user {
            Some(user) => self.by_id.insert(id, user),
            None => self.by_id.remove(&id),
        };
        self.stale = true;
    }

    /// Rebuilds the index, if it may be wrong.
    pub(super) fn refresh(&mut self) {
        if std::mem::take(&mut self.stale) {
            self.by_name = self.by_id.values().map(|user| (user.user_name.to_lowercase(), user.id)).collect();
        }
    }
}
