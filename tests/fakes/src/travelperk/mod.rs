//! The stand-in for TravelPerk: SCIM 2.0 below `/api/v2/scim`, and a few calls of the REST API.

mod discovery;
mod listing;
mod odd;
mod patch;
mod path;
mod refusal;
mod rest;
mod schema;
mod stale;
mod user;
mod writing;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

pub use self::{
    odd::{ActiveForm, CreateAnswer, ManagerForm, Paging, PhoneType},
    rest::CostCenter,
    user::{Phone, User, Users},
};
use self::{refusal::Refusal, schema::SCIM, stale::Versions};
use crate::{
    fault::Fault,
    message::{Request, Response},
    window::{Window, reset_at},
};

/// What happens if a value names something that does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unknown {
    /// It is created.
    Create,
    /// The request is refused: 400 `invalidValue`.
    Refuse,
    /// The attribute stays unchanged, and the answer is a success.
    Ignore,
}

/// What happens to a filter on another attribute than `userName`. Unconfirmed: only `userName` is marked as filterable
/// in the Entra tutorial, while one client sends `externalId eq`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OtherFilters {
    /// `externalId eq` is supported; other filters are refused.
    Supported,
    /// The filter is ignored, and all users are returned.
    Ignored,
    /// The request is refused: 400 `invalidFilter` (RFC 7644 section 3.4.2.2).
    Refused,
}

/// What DELETE does. Unconfirmed: the reference index no longer has such a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delete {
    /// It has the effect of `active: false`.
    Archive,
    /// It removes the user (RFC 7644 section 3.6).
    Erase,
    /// It is refused: 405.
    NotAllowed,
}

/// The form of the body of SCIM errors: unconfirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorBody {
    /// The form of RFC 7644 section 3.12.
    Scim,
    /// Only `{"detail": ..}`.
    Plain,
    /// An HTML page.
    Html,
}

/// Switches for behaviour that the vendor does not document.
#[derive(Debug, Clone, Copy)]
pub struct Switches {
    /// Whether SCIM is disabled, because no administrator has enabled it: requests get 403. The status is unconfirmed.
    pub scim_disabled: bool,
    /// Whether a PATCH is answered with 204 instead of 200 with the user (RFC 7644 section 3.5.2 allows both).
    pub patch_answers_204: bool,
    /// What happens to filters on other attributes than `userName`.
    pub other_filters: OtherFilters,
    /// The page size if `count` is absent: unconfirmed; never more than [`Self::page_max`].
    pub page_size_default: usize,
    /// Most users on a page (`filter.maxResults`): 50 at TravelPerk.
    pub page_max: usize,
    /// Whether archived users are listed: unconfirmed.
    pub archived_in_list: bool,
    /// Whether an empty list has no `Resources` key (RFC 7644 section 3.4.2 allows both).
    pub empty_list_without_resources: bool,
    /// What happens to a `costCenter` if no active cost centre has this name: unconfirmed.
    pub unknown_cost_center: Unknown,
    /// What happens to a `travelPolicy` that does not exist: unconfirmed.
    pub unknown_travel_policy: Unknown,
    /// What happens to an invoice profile that does not exist: unconfirmed. No API call creates one.
    pub unknown_invoice_profile: Unknown,
    /// What happens to a manager id that no user has. The manager must exist (Entra tutorial); the answer is
    /// unconfirmed.
    pub unknown_manager: Unknown,
    /// Whether `approvers` can be written: unconfirmed.
    pub approvers_writable: bool,
    /// Whether `emails` is refused instead of ignored: unconfirmed, no official sample has it.
    pub emails_refused: bool,
    /// Whether `lineManagerEmail` of the TravelPerk extension is known. Its URN is unconfirmed.
    pub line_manager_email: bool,
    /// What DELETE does.
    pub delete: Delete,
    /// The body of SCIM errors.
    pub error_body: ErrorBody,
    /// Whether a 429 has `Retry-After`. Existing clients fall back to 60 s without it.
    pub retry_after: bool,
    /// Whether `GET /cost_centers` lists archived ones, with `archived` in each row: unconfirmed; the rows in the
    /// client library's stub do not show it.
    pub archived_cost_centers_in_list: bool,
    /// Whether the answer to `GET /cost_centers` has a `total`: the client library's stub has none, the page on
    /// conventions says that it has.
    pub cost_center_total: bool,
    /// The number of seconds after which a write is visible in `GET /Users`. Unconfirmed: no document says that a read
    /// shows all earlier writes.
    pub listing_behind_seconds: f64,
    /// Whether writes are visible in `GET /Users/{id}` only after this time as well: unconfirmed.
    pub reads_by_id_behind: bool,
    /// Whether `attributes` and `excludedAttributes` leave attributes out of answers (RFC 7644 section 3.9):
    /// unconfirmed.
    pub projections: bool,
    /// Whether a body is read as JSON whatever its content type and its character set are: unconfirmed.
    pub any_content_type: bool,
    /// Whether a PATCH without operations is answered as one that changes nothing: unconfirmed.
    pub empty_operations: bool,
    /// How answers say whether a user is active.
    pub active_form: ActiveForm,
    /// How answers write a phone's type.
    pub phone_type: PhoneType,
    /// How answers write the manager.
    pub manager_form: ManagerForm,
    /// Whether answers write the names of attributes in lower case (RFC 7643 section 2.1: names have no case).
    pub names_in_lower_case: bool,
    /// Whether the answer to a PATCH shows what was asked for, also where [`TravelPerk::drops`] keeps it from being
    /// written.
    pub answers_repeat_the_request: bool,
    /// What is wrong with the pages of `GET /Users`.
    pub paging: Paging,
    /// Whether `offset` of `GET /cost_centers` is ignored.
    pub cost_center_offset_ignored: bool,
    /// What the answer to a POST has.
    pub create_answer: CreateAnswer,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            scim_disabled: false,
            patch_answers_204: false,
            other_filters: OtherFilters::Refused,
            page_size_default: 50,
            page_max: 50,
            archived_in_list: true,
            empty_list_without_resources: true,
            unknown_cost_center: Unknown::Create,
            unknown_travel_policy: Unknown::Refuse,
            unknown_invoice_profile: Unknown::Refuse,
            unknown_manager: Unknown::Refuse,
            approvers_writable: true,
            emails_refused: false,
            line_manager_email: false,
            delete: Delete::NotAllowed,
            error_body: ErrorBody::Scim,
            retry_after: true,
            archived_cost_centers_in_list: false,
            cost_center_total: false,
            listing_behind_seconds: 0.0,
            reads_by_id_behind: false,
            projections: false,
            any_content_type: false,
            empty_operations: false,
            active_form: ActiveForm::Boolean,
            phone_type: PhoneType::Kept,
            manager_form: ManagerForm::Object,
            names_in_lower_case: false,
            answers_repeat_the_request: false,
            paging: Paging::Right,
            cost_center_offset_ignored: false,
            create_answer: CreateAnswer::User,
        }
    }
}

/// The stand-in for TravelPerk.
#[derive(Debug, Clone)]
pub struct TravelPerk {
    /// The key in `Authorization: ApiKey <key>`.
    pub api_key: String,
    /// The token in `Authorization: Bearer <token>`, if partners have access.
    pub bearer: Option<String>,
    /// The users, including archived ones.
    pub users: Users,
    /// The cost centres by id.
    pub cost_centers: BTreeMap<u64, CostCenter>,
    /// The travel policies by name.
    pub travel_policies: BTreeSet<String>,
    /// The invoice profiles ("companies") by name; case matters.
    pub invoice_profiles: Vec<String>,
    /// E-mails (in lower case) that have an account in another company. Creating such a user gets 409, and no user with
    /// this e-mail is visible.
    pub taken_elsewhere: BTreeSet<String>,
    /// Ids of users whom no listing and no search shows, though a GET by their id does.
    pub unlisted: BTreeSet<u64>,
    /// Names (given, family) that an identity provider enforces, by `userName` in lower case. They are restored at each
    /// search in HiBob (help centre: the identity provider overrides the HR system).
    pub sso_overwrites: BTreeMap<String, (String, String)>,
    /// Attributes that are silently not written: `title`, `name.givenName`, `phoneNumbers`, `costCenter`, ...
    pub drops: BTreeSet<String>,
    /// Ids of users whose row in a listing has no id.
    pub broken_rows: BTreeSet<String>,
    /// After how many pages of `GET /Users` [`Switches::paging`] is right again; none if it stays as it is.
    pub odd_pages: Option<usize>,
    /// The limit of all requests per minute. The vendor does not publish it.
    pub requests_per_minute: Option<u32>,
    /// The beginning of `meta.location` and `$ref`.
    pub public_base: String,
    /// The content type of SCIM answers; the public example shows `application/json`.
    pub content_type: String,
    /// The switches for undocumented behaviour.
    pub switches: Switches,
    /// The faults for single requests.
    pub faults: Vec<Fault>,
    window: Window,
    versions: Versions,
}

impl Default for TravelPerk {
    fn default() -> Self {
        Self {
            api_key: "123456.travelperk-test-key".to_owned(),
            bearer: None,
            users: Users::default(),
            cost_centers: BTreeMap::new(),
            travel_policies: BTreeSet::from(["Standard".to_owned(), "Executives".to_owned()]),
            invoice_profiles: Vec::new(),
            taken_elsewhere: BTreeSet::new(),
            unlisted: BTreeSet::new(),
            sso_overwrites: BTreeMap::new(),
            drops: BTreeSet::new(),
            broken_rows: BTreeSet::new(),
            odd_pages: None,
            requests_per_minute: None,
            public_base: "https://app.travelperk.com/api/v2/scim".to_owned(),
            content_type: "application/json".to_owned(),
            switches: Switches::default(),
            faults: Vec::new(),
            window: Window::default(),
            versions: Versions::default(),
        }
    }
}

impl TravelPerk {
    /// A stand-in for TravelPerk without users and cost centres, with these invoice profiles.
    #[must_use]
    pub fn new(invoice_profiles: Vec<String>) -> Self {
        Self { invoice_profiles, ..Self::default() }
    }

    /// The `Authorization` header of a customer.
    #[must_use]
    pub fn authorization(&self) -> String {
        format!("ApiKey {}", self.api_key)
    }

    /// The user with this `userName`, in upper or lower case.
    #[must_use]
    pub fn user_by_name(&self, name: &str) -> Option<&User> {
        self.users.by_name(name)
    }

    /// The first user with this `externalId`.
    #[must_use]
    pub fn user_by_external_id(&self, external_id: &str) -> Option<&User> {
        self.users.iter().find(|user| user.external_id.as_deref() == Some(external_id))
    }

    /// Adds or replaces a user, and returns the id. An id of 0 means the next free id.
    pub fn insert_user(&mut self, user: User) -> u64 {
        self.users.insert(user)
    }

    /// The SCIM body of a user, as GET returns it.
    #[must_use]
    pub fn scim(&self, user: &User) -> Value {
        user.to_scim(&self.public_base, user.manager.and_then(|id| self.users.get(id)))
    }

    /// The active cost centre with this name.
    #[must_use]
    pub fn cost_center_by_name(&self, name: &str) -> Option<&CostCenter> {
        self.cost_centers.values().find(|center| center.name == name && !center.archived)
    }

    /// Adds an active cost centre and returns its id.
    pub fn insert_cost_center(&mut self, name: &str) -> u64 {
        let id = self.cost_centers.keys().next_back().map_or(1, |last| last + 1);
        self.cost_centers.insert(id, CostCenter { id, name: name.to_owned(), archived: false });
        id
    }

    /// Restores the names that the identity provider enforces.
    pub fn overwrite_names(&mut self) {
        for (name, (given, family)) in &self.sso_overwrites {
            if let Some(id) = self.users.by_name(name).map(|user| user.id)
                && let Some(user) = self.users.get_mut(id)
            {
                user.given_name.clone_from(given);
                user.family_name.clone_from(family);
            }
        }
    }

    /// Answers one request.
    pub fn handle(&mut self, request: &Request, now: f64) -> Response {
        self.users.refresh();
        let path = request.decoded_path();
        let scim = path.strip_prefix(SCIM).filter(|rest| rest.is_empty() || rest.starts_with('/'));
        if !self.knows(request) {
            return self.refuse(Refusal::new(401, None, "Authentication credentials were not provided."), scim);
        }
        if let Some(limit) = self.requests_per_minute
            && self.window.take(limit, now).is_none()
        {
            let refusal = Refusal::new(429, None, "Request was throttled.");
            let response = self.refuse(refusal, scim);
            return if self.switches.retry_after { response.with_header("Retry-After", &wait(now)) } else { response };
        }
        let Some(scim) = scim else {
            return self.rest(request, &path).unwrap_or_else(|refusal| self.refuse(refusal, None));
        };
        if self.switches.scim_disabled {
            let refusal = Refusal::new(403, None, "SCIM is not enabled for this account.");
            return self.refuse(refusal, Some(scim));
        }
        match self.remember(request, scim, now) {
            Ok(mut response) => {
                if !response.body.is_empty() {
                    response.headers.retain(|(name, _)| name != "Content-Type");
                    response = response.with_header("Content-Type", &self.content_type);
                }
                response
            }
            Err(refusal) => self.refuse(refusal, Some(scim)),
        }
    }

    /// The stand-in's state, for `/_stand-in/state`.
    pub(crate) fn state(&self) -> Value {
        let users: Vec<Value> = self.users.iter().map(|user| self.scim(user)).collect();
        let centers: Vec<Value> = self.cost_centers.values().map(CostCenter::to_json).collect();
        json!({ "count": users.len(), "users": users, "cost_centers": centers })
    }

    fn knows(&self, request: &Request) -> bool {
        let header = request.header("authorization").unwrap_or_default();
        let Some((scheme, credential)) = header.split_once(' ') else {
            return false;
        };
        match scheme.to_ascii_lowercase().as_str() {
            "apikey" => credential == self.api_key,
            "bearer" => self.bearer.as_deref() == Some(credential),
            _ => false,
        }
    }

    fn scim_route(&mut self, request: &Request, path: &str, now: f64) -> Result<Response, Refusal> {
        // `$ref` ends with a slash, so a slash at the end of a path is ignored.
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        match (request.method.as_str(), parts.as_slice()) {
            ("GET", ["Users"]) => {
                let page = self.behind(true, now, |perk| perk.list(request));
                self.odd_pages = self.odd_pages.map(|left| left.saturating_sub(1));
                if self.odd_pages == Some(0) {
                    (self.switches.paging, self.odd_pages) = (Paging::Right, None);
                }
                page
            }
            ("POST", ["Users"]) => self.create(request, now),
            ("GET", ["Users", id]) => self.behind(self.switches.reads_by_id_behind, now, |perk| {
                let user = perk.scim(perk.one(id)?);
                Ok(Response::json(200, &perk.projected(request, perk.as_sent(user, false))))
            }),
            ("PUT", ["Users", id]) => self.replace(id, request, now),
            ("PATCH", ["Users", id]) => self.patch(id, request, now),
            ("DELETE", ["Users", id]) => self.delete(id, now),
            (_, ["Users"] | ["Users", _]) => Err(Refusal::method_not_allowed(&request.method)),
            ("GET", _) => discovery::document(&parts, self.switches.page_max).map(|body| Response::json(200, &body)),
            _ => Err(Refusal::not_found()),
        }
    }

    /// A user with the attributes that the request asks for, if projections are honoured. The id is always there. Names
    /// are compared without regard to case, and only those of the user itself.
    pub(super) fn projected(&self, request: &Request, mut user: Value) -> Value {
        let Some(attributes) = user.as_object_mut().filter(|_| self.switches.projections) else { return user };
        let names = |parameter| {
            let text: Option<String> = request.parameter(parameter);
            text.map(|text| text.split(',').map(|name| name.trim().to_ascii_lowercase()).collect::<Vec<_>>())
        };
        let (wanted, excluded) = (names("attributes"), names("excludedAttributes").unwrap_or_default());
        attributes.retain(|name, _| {
            let name = name.to_ascii_lowercase();
            name == "id" || (wanted.as_ref().is_none_or(|wanted| wanted.contains(&name)) && !excluded.contains(&name))
        });
        user
    }

    fn one(&self, id: &str) -> Result<&User, Refusal> {
        // Ids are decimal strings; another text is answered like an unknown id.
        id.parse().ok().and_then(|id| self.users.get(id)).ok_or_else(Refusal::not_found)
    }

    fn delete(&mut self, id: &str, now: f64) -> Result<Response, Refusal> {
        let id = self.one(id)?.id;
        match self.switches.delete {
            Delete::NotAllowed => return Err(Refusal::method_not_allowed("DELETE")),
            Delete::Erase => self.users.erase(id),
            Delete::Archive => {
                let user = self.users.get_mut(id).ok_or_else(Refusal::not_found)?;
                user.active = false;
                user.last_modified = now;
            }
        }
        Ok(Response::empty(204))
    }

    fn refuse(&self, refusal: Refusal, scim: Option<&str>) -> Response {
        let body = if scim.is_some() { self.switches.error_body } else { ErrorBody::Plain };
        refusal.respond(body, &self.content_type)
    }
}

#[expect(clippy::cast_precision_loss, reason = "Unix seconds fit")]
fn wait(now: f64) -> String {
    format!("{:.0}", (reset_at(now) as f64 - now).ceil())
}

#[cfg(test)]
mod tests;
