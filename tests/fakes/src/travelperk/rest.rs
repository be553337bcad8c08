//! The REST API for cost centres, invoice profiles and users, after the stubs of a client library.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{TravelPerk, User, refusal::Refusal};
use crate::message::{Request, Response};

/// The default page size, as in the stubs.
const LIMIT_DEFAULT: usize = 10;

/// A cost centre. Its members are the users whose `costCenter` has its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CostCenter {
    /// The id. The REST API sends it as a number, although SCIM writes ids as strings.
    pub id: u64,
    /// The name. After archiving, another cost centre may have it.
    pub name: String,
    /// Whether it is archived, so that it can no longer be assigned.
    pub archived: bool,
}

impl CostCenter {
    pub(super) fn to_json(&self) -> Value {
        json!({ "id": self.id, "name": self.name, "archived": self.archived })
    }
}

impl TravelPerk {
    pub(super) fn rest(&mut self, request: &Request, path: &str) -> Result<Response, Refusal> {
        if request.header("api-version") != Some("1") {
            return Err(Refusal::new(400, None, "The Api-Version header must be 1"));
        }
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        match (request.method.as_str(), parts.as_slice()) {
            ("GET", ["cost_centers"]) => self.cost_center_page(request),
            ("POST", ["cost_centers"]) => self.new_cost_center(request),
            ("PATCH", ["cost_centers", "bulk_update"]) => self.bulk_update(request),
            ("GET", ["cost_centers", id]) => self.cost_center(id),
            ("PATCH", ["cost_centers", id]) => self.change_cost_center(id, request),
            ("PUT", ["cost_centers", id, "users"]) => self.replace_members(id, request),
            ("GET", ["profiles"]) => self.profile_page(request),
            ("GET", ["users"]) => self.user_page(request),
            (_, ["cost_centers", ..] | ["profiles"] | ["users"]) => Err(Refusal::method_not_allowed(&request.method)),
            _ => Err(Refusal::not_found()),
        }
    }

    fn cost_center_page(&self, request: &Request) -> Result<Response, Refusal> {
        let (offset, limit) = window(request)?;
        let offset = if self.switches.cost_center_offset_ignored { 0 } else { offset };
        let mut members: BTreeMap<&str, usize> = BTreeMap::new();
        for name in self.users.iter().filter_map(|user| user.cost_center.as_deref()) {
            *members.entry(name).or_default() += 1;
        }
        let all = self.switches.archived_cost_centers_in_list;
        let listed = self.cost_centers.values().filter(|center| all || !center.archived);
        let page = listed.clone().skip(offset).take(limit).map(|center| {
            let count = members.get(center.name.as_str()).copied().unwrap_or_default();
            let mut row = json!({ "id": center.id, "name": center.name, "count_users": count });
            if let Some(row) = row.as_object_mut().filter(|_| all) {
                row.insert("archived".to_owned(), json!(center.archived));
            }
            row
        });
        let page: Vec<Value> = page.collect();
        let mut body = json!({ "offset": offset, "limit": limit, "cost_centers": page });
        if let Some(body) = body.as_object_mut()
            && self.switches.cost_center_total
        {
            body.insert("total".to_owned(), json!(listed.count()));
        }
        Ok(Response::json(200, &body))
    }

    fn cost_center(&self, id: &str) -> Result<Response, Refusal> {
        let center = id.parse().ok().and_then(|id: u64| self.cost_centers.get(&id));
        let center = center.ok_or_else(Refusal::not_found)?;
        let belongs = |user: &&User| !center.archived && user.cost_center.as_ref() == Some(&center.name);
        let member = |user: &User| {
            json!({
                "id": user.id, "first_name": user.given_name, "last_name": user.family_name,
                "email": user.user_name, "phone": user.phones.first().map(|phone| &phone.value),
                "profile_picture": null,
            })
        };
        let users: Vec<Value> = self.users.iter().filter(belongs).map(member).collect();
        let mut body = center.to_json();
        if let Some(body) = body.as_object_mut() {
            body.insert("count_users".to_owned(), json!(users.len()));
            body.insert("users".to_owned(), Value::Array(users));
        }
        Ok(Response::json(200, &body))
    }

    /// Creates a cost centre. A name that is in use is refused; the status is unconfirmed.
    fn new_cost_center(&mut self, request: &Request) -> Result<Response, Refusal> {
        let body = json_body(request)?;
        let name = body.get("name").and_then(Value::as_str).filter(|name| !name.trim().is_empty());
        let name = name.ok_or_else(|| Refusal::new(400, None, "name: this field is required"))?;
        self.check_cost_center_name(name)?;
        let id = self.insert_cost_center(name);
        let response = self.cost_center(&id.to_string())?;
        Ok(Response { status: 201, ..response })
    }

    /// Changes a cost centre. The key is `archive` in requests, but `archived` in answers.
    fn change_cost_center(&mut self, id: &str, request: &Request) -> Result<Response, Refusal> {
        let body = json_body(request)?;
        self.cost_center(id)?;
        let number: u64 = id.parse().map_err(|_| Refusal::not_found())?;
        if let Some(name) = body.get("name").and_then(Value::as_str) {
            self.check_cost_center_name(name)?;
            if let Some(center) = self.cost_centers.get_mut(&number) {
                let old = std::mem::replace(&mut center.name, name.to_owned());
                self.rename_members(&old, Some(name));
            }
        }
        if let Some(archive) = body.get("archive").and_then(Value::as_bool)
            && let Some(center) = self.cost_centers.get_mut(&number)
        {
            center.archived = archive;
        }
        self.cost_center(id)
    }

    fn bulk_update(&mut self, request: &Request) -> Result<Response, Refusal> {
        let body = json_body(request)?;
        let ids = numbers(&body, "id_list")?;
        let archive = body.get("archive").and_then(Value::as_bool);
        let archive = archive.ok_or_else(|| Refusal::new(400, None, "archive: this field is required"))?;
        let mut updated = 0;
        for center in self.cost_centers.values_mut().filter(|center| ids.contains(&center.id)) {
            updated += usize::from(center.archived != archive);
            center.archived = archive;
        }
        Ok(Response::json(200, &json!({ "updated_count": updated })))
    }

    /// Replaces all members: users who are not listed are removed.
    fn replace_members(&mut self, id: &str, request: &Request) -> Result<Response, Refusal> {
        let ids = numbers(&json_body(request)?, "user_ids")?;
        self.cost_center(id)?;
        let center = id.parse().ok().and_then(|id: u64| self.cost_centers.get(&id));
        let name = center.ok_or_else(Refusal::not_found)?.name.clone();
        if ids.iter().any(|id| self.users.get(*id).is_none()) {
            return Err(Refusal::new(400, None, "user_ids: unknown user"));
        }
        self.rename_members(&name, None);
        for id in ids {
            if let Some(user) = self.users.get_mut(id) {
                user.cost_center = Some(name.clone());
            }
        }
        self.cost_center(id)
    }

    fn check_cost_center_name(&self, name: &str) -> Result<(), Refusal> {
        match self.cost_center_by_name(name) {
            Some(_) => Err(Refusal::new(400, None, "name: a cost center with this name already exists")),
            None => Ok(()),
        }
    }

    fn rename_members(&mut self, old: &str, new: Option<&str>) {
        let members = self.users.iter().filter(|user| user.cost_center.as_deref() == Some(old));
        let members: Vec<u64> = members.map(|user| user.id).collect();
        for id in members {
            if let Some(user) = self.users.get_mut(id) {
                user.cost_center = new.map(str::to_owned);
            }
        }
    }

    fn profile_page(&self, request: &Request) -> Result<Response, Refusal> {
        let (offset, limit) = window(request)?;
        let profile = |(place, name): (usize, &String)| {
            json!({
                "id": format!("f2dd1aa3-0000-4000-8000-{place:012}"), "name": name,
                "payment_method_type": "manual", "billing_period": "monthly", "currency": "EUR",
                "billing_information": {
                    "legal_name": name, "vat_number": null, "address_line_1": "", "address_line_2": "",
                    "city": "", "postal_code": "", "country_name": "",
                },
            })
        };
        let profiles: Vec<Value> =
            self.invoice_profiles.iter().enumerate().skip(offset).take(limit).map(profile).collect();
        let total = self.invoice_profiles.len();
        Ok(Response::json(200, &json!({ "offset": offset, "limit": limit, "total": total, "profiles": profiles })))
    }

    fn user_page(&self, request: &Request) -> Result<Response, Refusal> {
        let (offset, limit) = window(request)?;
        let row = |user: &User| {
            json!({
                "id": user.id.to_string(), "user_name": user.user_name,
                "name": {
                    "first_name": user.given_name, "last_name": user.family_name,
                    "middle_name": user.middle_name, "title": user.honorific_prefix,
                },
                "preferred_language": user.preferred_language, "locale": user.locale, "active": user.active,
                "job_title": user.title,
                "phone_numbers": user.phones.iter().map(|phone| &phone.value).collect::<Vec<_>>(),
                "emergency_contact": user.emergency_name.as_ref().map(|name| {
                    json!({ "name": name, "phone": user.emergency_phone })
                }),
            })
        };
        let users: Vec<Value> = self.users.iter().skip(offset).take(limit).map(row).collect();
        let total = self.users.len();
        Ok(Response::json(200, &json!({ "users": users, "limit": limit, "offset": offset, "total": total })))
    }
}

fn window(request: &Request) -> Result<(usize, usize), Refusal> {
    let number = |name: &str, default: usize| match request.parameter(name) {
        None => Ok(default),
        Some(text) => text.parse().map_err(|_| Refusal::new(400, None, &format!("{name}: not a number"))),
    };
    Ok((number("offset", 0)?, number("limit", LIMIT_DEFAULT)?))
}

fn json_body(request: &Request) -> Result<Value, Refusal> {
    if request.media_type() != "application/json" {
        return Err(Refusal::new(415, None, "Unsupported media type in request."));
    }
    serde_json::from_slice(&request.body).map_err(|_| Refusal::new(400, None, "JSON parse error"))
}

fn numbers(body: &Value, name: &str) -> Result<BTreeSet<u64>, Refusal> {
    let numbers = body.get(name).and_then(Value::as_array);
    let numbers = numbers.and_then(|all| all.iter().map(Value::as_u64).collect());
    numbers.ok_or_else(|| Refusal::new(400, None, &format!("{name}: must be a list of numbers")))
}
