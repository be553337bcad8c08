//! POST, PUT and PATCH of users, and the checks that a user has to pass.

use chrono::NaiveDate;
use serde_json::{Map, Value};

use super::{
    CreateAnswer, Phone, Switches, TravelPerk, Unknown, User, patch,
    patch::{Verb, set},
    path::Path,
    refusal::Refusal,
    schema::{Attribute, CORE, ENTERPRISE, Shape, TRAVELPERK, attribute, extension},
};
use crate::message::{Request, Response};

/// The languages in the enum of a client library of 2022. Newer values are unconfirmed.
const LANGUAGES: &[&str] = &["en", "fr", "de", "es"];
/// The fewest digits of a phone number.
const PHONE_DIGITS_MIN: usize = 5;

impl TravelPerk {
    pub(super) fn create(&mut self, request: &Request, now: f64) -> Result<Response, Refusal> {
        let view = self.whole_user(&json_body(request, self.switches)?)?;
        let mut user = self.draft(&view, None)?;
        user.created = now;
        let user = self.commit(user, None, now);
        let location = format!("{}/Users/{}", self.public_base, user.id);
        Ok(match self.switches.create_answer {
            CreateAnswer::User => {
                Response::json(201, &self.as_sent(self.scim(&user), false)).with_header("Location", &location)
            }
            CreateAnswer::Location => Response::empty(201).with_header("Location", &location),
            CreateAnswer::Nothing => Response::empty(201),
        })
    }

    /// PUT: replaces all attributes. Those that are left out are cleared (RFC 7644 section 3.5.1).
    pub(super) fn replace(&mut self, id: &str, request: &Request, now: f64) -> Result<Response, Refusal> {
        let before = self.one(id)?.clone();
        let view = self.whole_user(&json_body(request, self.switches)?)?;
        let user = self.draft(&view, Some(&before))?;
        let user = self.commit(user, Some(&before), now);
        Ok(Response::json(200, &self.as_sent(self.scim(&user), false)))
    }

    /// PATCH: carries out all operations or none (RFC 7644 section 3.5.2).
    pub(super) fn patch(&mut self, id: &str, request: &Request, now: f64) -> Result<Response, Refusal> {
        let before = self.one(id)?.clone();
        let mut view = before.writable();
        patch::apply(&mut view, &json_body(request, self.switches)?, self.switches)?;
        let asked = self.draft(&view, Some(&before))?;
        let written = self.commit(asked.clone(), Some(&before), now);
        let user = if self.switches.answers_repeat_the_request { asked } else { written };
        // If the client requests attributes, the answer has a body (section 3.5.2).
        if self.switches.patch_answers_204 && request.parameter("attributes").is_none() {
            return Ok(Response::empty(204));
        }
        Ok(Response::json(200, &self.as_sent(self.scim(&user), false)))
    }

    /// The writable attributes in the body of a POST or PUT, with canonical names. Attributes that are read-only (RFC
    /// 7644 section 3.3) or not in the schema are ignored.
    fn whole_user(&self, body: &Value) -> Result<Map<String, Value>, Refusal> {
        let body = body.as_object().ok_or_else(|| Refusal::bad("invalidSyntax", "the body must be an object"))?;
        let schemas: Vec<&str> = match body.get("schemas") {
            Some(Value::Array(schemas)) => schemas.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        if !schemas.contains(&CORE) {
            return Err(Refusal::bad("invalidSyntax", "schemas must contain the User schema"));
        }
        let mut view = Map::new();
        for (key, value) in body {
            if let Some(attribute) = attribute(CORE, key) {
                self.take(&mut view, attribute, value)?;
            } else if let Some(urn) = extension(key) {
                // `schemas` has to name every schema that is used (RFC 7643 section 3).
                if !schemas.contains(&urn) {
                    return Err(Refusal::bad("invalidSyntax", &format!("schemas must contain {urn}")));
                }
                let value = value.as_object().ok_or_else(|| Refusal::value(urn, "must be an object"))?;
                for (key, value) in value {
                    if let Some(attribute) = attribute(urn, key) {
                        self.take(&mut view, attribute, value)?;
                    }
                }
            }
        }
        Ok(view)
    }

    fn take(&self, view: &mut Map<String, Value>, attribute: &'static Attribute, value: &Value) -> Result<(), Refusal> {
        let unknown = attribute.name == "lineManagerEmail" && !self.switches.line_manager_email;
        if attribute.shape == Shape::ReadOnly || unknown {
            return Ok(());
        }
        set(view, Verb::Replace, &Path { attribute, condition: None, part: None }, Some(value), self.switches)
    }

    /// The user with these attributes. Attributes that do not change are not checked again: an archived cost centre may
    /// stay, but cannot be newly assigned.
    fn draft(&self, view: &Map<String, Value>, before: Option<&User>) -> Result<User, Refusal> {
        let enterprise = object(view, ENTERPRISE);
        let own = object(view, TRAVELPERK);
        let name = object(view, "name");
        let contact = own.and_then(|own| object(own, "emergencyContact"));

        let mut user = User::new(&required(Some(view), "userName")?, "", "");
        user.given_name = required(name, "givenName")?;
        user.family_name = required(name, "familyName")?;
        user.middle_name = text(name, "middleName").unwrap_or_default();
        user.honorific_prefix = text(name, "honorificPrefix").unwrap_or_default();
        if let Some(before) = before {
            (user.id, user.created) = (before.id, before.created);
        }
        // One source says that it is optional, another that it is required.
        user.active = view.get("active").and_then(Value::as_bool).unwrap_or(true);
        user.external_id = text(Some(view), "externalId");
        user.title = text(Some(view), "title");
        user.locale = text(Some(view), "locale");
        user.preferred_language = one_of("preferredLanguage", text(Some(view), "preferredLanguage"), LANGUAGES)?;
        user.gender = one_of("gender", text(own, "gender"), &["M", "F"])?;
        user.date_of_birth = text(own, "dateOfBirth").map(|date| iso_date(&date)).transpose()?;
        user.country = text(own, "countryOfResidence");
        user.emergency_name = text(contact, "name");
        user.emergency_phone = text(contact, "phone");
        user.phones = phones(view, before)?;

        self.check_name(&user, before)?;
        let text_before = |get: fn(&User) -> &Option<String>| before.and_then(|user| get(user).clone());
        user.cost_center = chosen(
            ("costCenter", self.switches.unknown_cost_center),
            text(enterprise, "costCenter"),
            text_before(|user| &user.cost_center),
            |name| self.cost_center_by_name(name).is_some(),
        )?;
        user.travel_policy = chosen(
            ("travelPolicy", self.switches.unknown_travel_policy),
            text(own, "travelPolicy"),
            text_before(|user| &user.travel_policy),
            |name| self.travel_policies.contains(name),
        )?;
        user.invoice_profiles = self.profiles(own)?;
        user.approvers = match before {
            Some(before) if !self.switches.approvers_writable => before.approvers.clone(),
            _ => self.approvers(own)?,
        };
        let manager = enterprise.and_then(|enterprise| text(object(enterprise, "manager"), "value"));
        user.manager = self.manager(manager, before, |id| self.users.get(id.parse().ok()?))?;
        if let Some(email) = text(own, "lineManagerEmail") {
            user.manager = self.manager(Some(email), before, |email| self.users.by_name(email))?;
        }
        Ok(user)
    }

    fn check_name(&self, user: &User, before: Option<&User>) -> Result<(), Refusal> {
        if before.is_some_and(|before| before.user_name == user.user_name) {
            return Ok(());
        }
        if !is_email(&user.user_name) {
            return Err(Refusal::value("userName", "must be an e-mail address"));
        }
        // A user name stays in use when its user is archived.
        let taken = self.users.by_name(&user.user_name).is_some_and(|other| other.id != user.id);
        if taken || self.taken_elsewhere.contains(&user.user_name.to_lowercase()) {
            return Err(Refusal::new(409, Some("uniqueness"), "A user with this userName already exists."));
        }
        Ok(())
    }

    fn profiles(&self, own: Option<&Map<String, Value>>) -> Result<Vec<String>, Refusal> {
        let mut profiles = values(own, "invoiceProfiles");
        match self.switches.unknown_invoice_profile {
            Unknown::Ignore => profiles.retain(|name| self.invoice_profiles.contains(name)),
            Unknown::Create => {}
            Unknown::Refuse => {
                if profiles.iter().any(|name| !self.invoice_profiles.contains(name)) {
                    return Err(Refusal::value("invoiceProfiles", "no such name"));
                }
            }
        }
        Ok(profiles)
    }

    /// Reads approvers. A user has to exist before they can become an approver (Entra tutorial).
    fn approvers(&self, own: Option<&Map<String, Value>>) -> Result<Vec<(u64, Option<String>)>, Refusal> {
        let elements = own.and_then(|own| own.get("approvers")).and_then(Value::as_array);
        let approver = |element: &Value| {
            let id = element.get("value").and_then(Value::as_str).and_then(|id| id.parse().ok());
            let id = id.filter(|id| self.users.get(*id).is_some());
            let condition = element.get("condition").and_then(Value::as_str).map(str::to_owned);
            Ok((id.ok_or_else(|| Refusal::value("approvers", "no such user"))?, condition))
        };
        elements.into_iter().flatten().map(approver).collect()
    }

    fn manager<'a>(
        &'a self,
        wanted: Option<String>,
        before: Option<&User>,
        find: impl FnOnce(&str) -> Option<&'a User>,
    ) -> Result<Option<u64>, Refusal> {
        let Some(wanted) = wanted else { return Ok(None) };
        match (find(&wanted), self.switches.unknown_manager) {
            (Some(manager), _) => Ok(Some(manager.id)),
            (None, Unknown::Ignore) => Ok(before.and_then(|before| before.manager)),
            (None, _) => Err(Refusal::value("manager", "no such user")),
        }
    }

    /// Stores the user, and creates the cost centre and the travel policy if necessary.
    fn commit(&mut self, mut user: User, before: Option<&User>, now: f64) -> User {
        user.last_modified = now;
        let empty = User::new("", "", "");
        for path in &self.drops {
            user.keep(path, before.unwrap_or(&empty));
        }
        let changed = user.cost_center != before.and_then(|before| before.cost_center.clone());
        if let Some(name) = &user.cost_center
            && changed
            && self.cost_center_by_name(name).is_none()
        {
            self.insert_cost_center(name);
        }
        self.travel_policies.extend(user.travel_policy.clone());
        user.id = self.users.insert(user.clone());
        user
    }
}

impl User {
    /// Restores one attribute from the earlier state of the user.
    fn keep(&mut self, path: &str, before: &Self) {
        let name = path.rsplit(':').next().unwrap_or(path);
        match name {
            "externalId" => self.external_id.clone_from(&before.external_id),
            "active" => self.active = before.active,
            "name.givenName" => self.given_name.clone_from(&before.given_name),
            "name.familyName" => self.family_name.clone_from(&before.family_name),
            "name.middleName" => self.middle_name.clone_from(&before.middle_name),
            "title" => self.title.clone_from(&before.title),
            "locale" => self.locale.clone_from(&before.locale),
            "preferredLanguage" => self.preferred_language.clone_from(&before.preferred_language),
            "phoneNumbers" => self.phones.clone_from(&before.phones),
            "costCenter" => self.cost_center.clone_from(&before.cost_center),
            "manager" => self.manager = before.manager,
            "gender" => self.gender.clone_from(&before.gender),
            "dateOfBirth" => self.date_of_birth.clone_from(&before.date_of_birth),
            "countryOfResidence" => self.country.clone_from(&before.country),
            "travelPolicy" => self.travel_policy.clone_from(&before.travel_policy),
            "approvers" => self.approvers.clone_from(&before.approvers),
            "invoiceProfiles" => self.invoice_profiles.clone_from(&before.invoice_profiles),
            "userName" if before.id != 0 => self.user_name.clone_from(&before.user_name),
            other => unreachable!("this attribute cannot be dropped: {other}"),
        }
    }
}

/// Resolves a name of something, with the switch for unknown names.
fn chosen(
    (attribute, unknown): (&str, Unknown),
    name: Option<String>,
    before: Option<String>,
    exists: impl FnOnce(&str) -> bool,
) -> Result<Option<String>, Refusal> {
    let Some(name) = name else { return Ok(None) };
    if before.as_ref() == Some(&name) || exists(&name) {
        return Ok(Some(name));
    }
    match unknown {
        Unknown::Create => Ok(Some(name)),
        Unknown::Refuse => Err(Refusal::value(attribute, "no such name")),
        Unknown::Ignore => Ok(before),
    }
}

fn json_body(request: &Request, switches: Switches) -> Result<Value, Refusal> {
    if !switches.any_content_type
        && !matches!(request.media_type().as_str(), "application/json" | "application/scim+json")
    {
        return Err(Refusal::new(415, None, "Unsupported media type in request."));
    }
    serde_json::from_slice(&request.body).map_err(|_| Refusal::bad("invalidSyntax", "JSON parse error"))
}

fn object<'a>(holder: &'a Map<String, Value>, name: &str) -> Option<&'a Map<String, Value>> {
    holder.get(name).and_then(Value::as_object)
}

/// Reads a text. An unassigned or empty text is `None`; only for names does the resource show a difference.
fn text(holder: Option<&Map<String, Value>>, name: &str) -> Option<String> {
    holder?.get(name)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

fn required(holder: Option<&Map<String, Value>>, name: &str) -> Result<String, Refusal> {
    let text = text(holder, name).filter(|text| !text.trim().is_empty());
    text.ok_or_else(|| Refusal::value(name, "this field is required"))
}

fn values(holder: Option<&Map<String, Value>>, name: &str) -> Vec<String> {
    let elements = holder.and_then(|holder| holder.get(name)).and_then(Value::as_array);
    elements.into_iter().flatten().filter_map(|one| text(one.as_object(), "value")).collect()
}

fn one_of(name: &str, text: Option<String>, allowed: &[&str]) -> Result<Option<String>, Refusal> {
    match text {
        Some(text) if !allowed.contains(&text.as_str()) => {
            Err(Refusal::value(name, &format!("must be one of {}", allowed.join(", "))))
        }
        text => Ok(text),
    }
}

/// Reads a date. Answers have `YYYY-MM-DD`, client libraries write `YYYY/MM/DD`. Which form the service accepts is
/// unconfirmed, so both are accepted.
fn iso_date(text: &str) -> Result<String, Refusal> {
    let date = ["%Y-%m-%d", "%Y/%m/%d"].iter().find_map(|form| NaiveDate::parse_from_str(text, form).ok());
    date.filter(|_| text.len() == 10)
        .map(|date| date.to_string())
        .ok_or_else(|| Refusal::value("dateOfBirth", "not a date"))
}

fn phones(view: &Map<String, Value>, before: Option<&User>) -> Result<Vec<Phone>, Refusal> {
    let elements = view.get("phoneNumbers").and_then(Value::as_array);
    let phone = |element: &Value| {
        let element = element.as_object();
        let value = text(element, "value").unwrap_or_default();
        let phone = Phone { value, kind: text(element, "type").unwrap_or_default().to_lowercase() };
        let kept = before.is_some_and(|before| before.phones.contains(&phone));
        if !kept && phone.kind != "work" {
            return Err(Refusal::value("phoneNumbers.type", "must be work"));
        }
        if !kept && !is_phone(&phone.value) {
            return Err(Refusal::value("phoneNumbers.value", "must be +(area code) (phone number)"));
        }
        Ok(phone)
    };
    elements.into_iter().flatten().map(phone).collect()
}

/// Whether a text is a phone number: `+` and digits, with spaces, brackets and dashes (sync log: `+(area code) (phone
/// number)`).
fn is_phone(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('+') else {
        return false;
    };
    let digits = rest.bytes().filter(u8::is_ascii_digit).count();
    digits >= PHONE_DIGITS_MIN && rest.chars().all(|c| c.is_ascii_digit() || " ()-".contains(c))
}

fn is_email(text: &str) -> bool {
    let Some((mailbox, domain)) = text.split_once('@') else {
        return false;
    };
    let blank = text.contains(|c: char| c.is_whitespace() || c == ',');
    let dotted = domain.contains('.') && !domain.starts_with('.') && !domain.ends_with('.');
    !mailbox.is_empty() && !blank && dotted && !domain.contains('@')
}
