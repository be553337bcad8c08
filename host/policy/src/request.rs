//! The request policy: which requests a plugin may send to which of the tenant's services. A pure table.

use crate::grant::Grant;
use http::{Method, Uri};
use std::fmt;

/// Which of the services it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// HiBob. It is never written to.
    HiBob,
    /// TravelPerk's SCIM service.
    Scim,
    /// TravelPerk's REST API. Only the names of companies are read there.
    Rest,
    /// TravelPerk's cost centers.
    CostCenters,
}

/// A service's base URL, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The service.
    pub role: Role,
    /// `http` or `https`.
    pub scheme: String,
    /// Host, and the port if the URL has one, in lower case.
    pub authority: String,
    /// The path, without a slash at its end.
    pub path: String,
}

impl Route {
    /// Reads a base URL. It must be https; http is allowed for this machine, where stand-ins run.
    ///
    /// # Errors
    /// What is wrong with the URL.
    pub fn new(role: Role, url: &str) -> Result<Self, String> {
        let uri: Uri = url.parse().map_err(|_| "it is not a URL".to_owned())?;
        let scheme = uri.scheme_str().unwrap_or_default().to_owned();
        let authority = uri.authority().map(|authority| authority.as_str().to_ascii_lowercase()).unwrap_or_default();
        if authority.is_empty() || authority.contains('@') {
            return Err("it has no host, or a user name in it".to_owned());
        }
        if uri.query().is_some() {
            return Err("a base URL has no query".to_owned());
        }
        let local = ["127.0.0.1", "localhost", "[::1]"].contains(&uri.host().unwrap_or_default());
        match scheme.as_str() {
            "https" => {}
            "http" if local => {} // the stand-ins
            "http" => return Err("it must be https; http is for this machine only".to_owned()),
            _ => return Err("it must begin with https://".to_owned()),
        }
        Ok(Self { role, scheme, authority, path: uri.path().trim_end_matches('/').to_owned() })
    }

    /// Scheme and authority, as `https://api.hibob.com`.
    pub fn origin(&self) -> String {
        format!("{}://{}", self.scheme, self.authority)
    }

    /// The part of the URL's path below this route, if the request goes there. It begins with a slash.
    fn below<'u>(&self, uri: &'u Uri) -> Option<&'u str> {
        let same = uri.scheme_str() == Some(&self.scheme)
            && uri.authority().is_some_and(|authority| authority.as_str().eq_ignore_ascii_case(&self.authority));
        uri.path().strip_prefix(&self.path).filter(|rest| same && rest.starts_with('/'))
    }
}

/// What a request does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// It reads, and may be repeated.
    Read,
    /// It writes, and is not repeated if its outcome is unknown.
    Write,
}

/// Why the host refuses a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal(String);

impl Refusal {
    /// A refusal with this reason, as a message for people.
    pub fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A request that the policy allows: where it goes and what it does there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// The position of the service's route among the tenant's.
    pub position: usize,
    /// What the request does.
    pub action: Action,
    /// The path below the service's base URL.
    pub path: String,
}

impl Decided {
    fn new(position: usize, action: Action, path: &str) -> Self {
        Self { position, action, path: path.to_owned() }
    }
}

/// Finds the route of a request and checks the request against the policy and the call's grant.
///
/// # Errors
/// The request goes to none of the tenant's services, or is not one that this call may send.
pub fn decide<'r>(
    routes: impl Iterator<Item = &'r Route>,
    grant: &Grant,
    method: &Method,
    uri: &Uri,
) -> Result<Decided, Refusal> {
    // Several services may share a base URL: the first one that allows the request counts.
    let mut below = routes.enumerate().filter_map(|(position, route)| Some((position, route, route.below(uri)?)));
    let Some(first) = below.next() else {
        let origin = format!(
            "{}://{}",
            uri.scheme_str().unwrap_or("?"),
            uri.authority().map_or("?", |authority| authority.as_str())
        );
        return Err(Refusal::new(format!(
            "{method} to {origin} is outside the tenant's services; only the URLs in the tenant's file are allowed"
        )));
    };
    let mut refusal = match at(first.1, grant, method, first.2) {
        Ok(action) => return Ok(Decided::new(first.0, action, first.2)),
        Err(refusal) => refusal,
    };
    for (position, route, path) in below {
        match at(route, grant, method, path) {
            Ok(action) => return Ok(Decided::new(position, action, path)),
            Err(other) => refusal = other,
        }
    }
    Err(refusal)
}

/// What a request to a service does, or `None` if no call of any plugin may send it. `path` is below the base URL.
pub fn action(role: Role, method: &Method, path: &str) -> Option<Action> {
    policy(role, method, path).ok()
}

/// What a request does at one service, if this call may send it.
fn at(route: &Route, grant: &Grant, method: &Method, path: &str) -> Result<Action, Refusal> {
    if route.role == Role::HiBob && !grant.is_read() {
        return Err(Refusal::new(format!("{method} {path}: a plugin that makes a change may not ask HiBob")));
    }
    let action = policy(route.role, method, path)?;
    if action == Action::Write && grant.is_read() {
        return Err(Refusal::new(format!("{method} {path} would write, and checking and planning may only read")));
    }
    Ok(action)
}

/// What a request does, if the policy allows it for some call. Paths with dot segments, escapes or empty segments are
/// refused, since services could read them in another way than the host.
fn policy(role: Role, method: &Method, path: &str) -> Result<Action, Refusal> {
    if path.split('/').any(|part| [".", ".."].contains(&part)) || path.contains(['%', '\\', ';']) || path.contains("//")
    {
        return Err(Refusal::new(format!(
            "{method} {path} is not a plain path: parts such as .., escapes and empty parts are not allowed"
        )));
    }
    let action = match (role, method.as_str()) {
        (Role::HiBob, "POST") if path == PEOPLE_SEARCH => Action::Read,
        (Role::HiBob, "GET") if is_hibob_read(path) => Action::Read,
        (Role::HiBob, _) => {
            return Err(Refusal::new(format!(
                "{method} {path} at HiBob is not one of the reads that this host allows; HiBob is never written to"
            )));
        }
        (Role::Scim, "GET") if is_scim_path(path) => Action::Read,
        (Role::Scim, "POST") if path == "/Users" => Action::Write,
        (Role::Scim, "PATCH") if is_scim_user(path) => Action::Write,
        (Role::Rest, "GET") if path == "/profiles" => Action::Read,
        (Role::CostCenters, "GET") if path == "/cost_centers" || is_cost_center(path) => Action::Read,
        (Role::CostCenters, "POST") if path == "/cost_centers" => Action::Write,
        // `PUT /cost_centers/{id}/users` is left out: it would remove everybody else from the cost center.
        (Role::CostCenters, "PATCH") if is_cost_center(path) => Action::Write,
        (Role::Scim | Role::Rest | Role::CostCenters, _) => {
            return Err(Refusal::new(format!(
                "{method} {path} at TravelPerk is not one of the calls that this host allows"
            )));
        }
    };
    Ok(action)
}

/// The path of HiBob's search, which answers with employees.
pub const PEOPLE_SEARCH: &str = "/people/search";

/// The path of HiBob's lifecycle table: rows with the dates of employees' lifecycle statuses.
pub const LIFECYCLE_TABLE: &str = "/bulk/people/lifecycle";

fn is_hibob_read(path: &str) -> bool {
    let listed = ["/company/people/fields", "/company/named-lists", LIFECYCLE_TABLE].contains(&path);
    listed || is_child(path, "/company/named-lists/")
}

/// Whether only a call for references may send such a request.
pub fn is_for_references(role: Role, path: &str) -> bool {
    role == Role::HiBob && path == LIFECYCLE_TABLE
}

fn is_scim_path(path: &str) -> bool {
    ["/Users", "/ServiceProviderConfig", "/ResourceTypes", "/Schemas"].contains(&path) || is_scim_user(path)
}

/// Whether the path is that of one cost center. Its id is a number, so `bulk_update` is not one of them.
fn is_cost_center(path: &str) -> bool {
    is_child(path, "/cost_centers/")
        && path.rsplit('/').next().is_some_and(|id| id.bytes().all(|byte| byte.is_ascii_digit()))
}

fn is_scim_user(path: &str) -> bool {
    is_child(path, "/Users/")
}

/// Whether `path` is `parent` and one more segment.
fn is_child(path: &str, parent: &str) -> bool {
    path.strip_prefix(parent).is_some_and(|rest| !rest.is_empty() && !rest.contains('/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::change_scope::{ApplyScope, LedgerFacts, TargetSettings};
    use hibob_contract::directory_sync::{Change, ChangeKind};
    use std::sync::Arc;

    fn apply() -> Grant {
        let change = Change {
            id: String::new(),
            kind: ChangeKind::Update,
            employee_id: None,
            target_id: None,
            display_name: String::new(),
            depends_on: Vec::new(),
            after: Vec::new(),
            fields: Vec::new(),
            reason: String::new(),
        };
        Grant::Apply(Arc::new(ApplyScope::new(&change, LedgerFacts::default(), TargetSettings::default())))
    }

    fn decided(grant: &Grant, method: &str, url: &str) -> Result<(usize, Action), String> {
        let routes = [
            Route::new(Role::HiBob, "https://api.hibob.com/v1").unwrap(),
            Route::new(Role::Scim, "https://app.perk.com/api/v2/scim/").unwrap(),
            Route::new(Role::Rest, "https://api.perk.com").unwrap(),
            Route::new(Role::CostCenters, "https://api.perk.com").unwrap(),
        ];
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let decided = decide(routes.iter(), grant, &method, &url.parse().unwrap());
        decided.map(|decided| (decided.position, decided.action)).map_err(|refusal| refusal.to_string())
    }

    #[test]
    fn the_requests_of_a_sync_are_allowed() {
        let write = apply();
        for (grant, method, url, want) in [
            (&Grant::Read, "POST", "https://api.hibob.com/v1/people/search", (0, Action::Read)),
            (&Grant::Read, "GET", "https://API.hibob.com/v1/company/named-lists/department", (0, Action::Read)),
            (&Grant::Read, "GET", "https://api.hibob.com/v1/bulk/people/lifecycle?employeeIds=7", (0, Action::Read)),
            (&Grant::Read, "GET", "https://app.perk.com/api/v2/scim/Users?startIndex=1&count=50", (1, Action::Read)),
            (&write, "POST", "https://app.perk.com/api/v2/scim/Users", (1, Action::Write)),
            (&write, "PATCH", "https://app.perk.com/api/v2/scim/Users/29", (1, Action::Write)),
            (&Grant::Read, "GET", "https://api.perk.com/profiles?offset=0", (2, Action::Read)),
            (&Grant::Read, "GET", "https://api.perk.com/cost_centers?offset=0", (3, Action::Read)),
            (&write, "POST", "https://api.perk.com/cost_centers", (3, Action::Write)),
            (&write, "PATCH", "https://api.perk.com/cost_centers/7", (3, Action::Write)),
        ] {
            assert_eq!(decided(grant, method, url), Ok(want), "{method} {url}");
        }
    }

    #[test]
    fn everything_else_is_refused() {
        let write = apply();
        for (grant, method, url, reason) in [
            (&Grant::Read, "PUT", "https://api.hibob.com/v1/people/1", "never written to"),
            (&Grant::Read, "POST", "https://api.hibob.com/v1/people", "never written to"),
            (&Grant::Read, "POST", "https://api.hibob.com/v1/people/search/x", "never written to"),
            (&Grant::Read, "GET", "https://api.hibob.com/v1/bulk/people/salaries", "never written to"),
            (&Grant::Read, "POST", "https://api.hibob.com/v1/bulk/people/lifecycle", "never written to"),
            (&Grant::Read, "GET", "https://api.hibob.com/v1/people/1/lifecycle", "never written to"),
            (&write, "GET", "https://api.hibob.com/v1/bulk/people/lifecycle", "may not ask HiBob"),
            (&write, "PUT", "https://api.hibob.com/v1/people/1", "may not ask HiBob"),
            (&write, "POST", "https://api.hibob.com/v1/people/search", "may not ask HiBob"),
            (&write, "DELETE", "https://app.perk.com/api/v2/scim/Users/29", "not one of the calls"),
            (&write, "PUT", "https://app.perk.com/api/v2/scim/Users/29", "not one of the calls"),
            (&write, "PATCH", "https://app.perk.com/api/v2/scim/Users/29/x", "not one of the calls"),
            (&Grant::Read, "POST", "https://app.perk.com/api/v2/scim/Users", "may only read"),
            (&write, "GET", "https://app.perk.com/api/v2/scimitar", "outside"),
            (&write, "PUT", "https://api.perk.com/cost_centers/7/users", "not one of the calls"),
            (&write, "PATCH", "https://api.perk.com/cost_centers/bulk_update", "not one of the calls"),
            (&Grant::Read, "POST", "https://api.perk.com/cost_centers", "may only read"),
            (&write, "GET", "https://api.perk.com/users", "not one of the calls"),
            (&write, "GET", "https://app.perk.com/api/v2/scim/../scim/Users", "plain path"),
            (&write, "GET", "https://app.perk.com/api/v2/scim/Users%2F1", "plain path"),
            (&write, "PATCH", "https://app.perk.com/api/v2/scim/Users/%2e%2e", "plain path"),
            (&write, "PATCH", "https://app.perk.com/api/v2/scim/Users/29%3F", "plain path"),
            (&write, "GET", "http://app.perk.com/api/v2/scim/Users", "outside"),
            (&write, "GET", "https://app.perk.com:8443/api/v2/scim/Users", "outside"),
            (&write, "GET", "https://evil.example/v1/people/search", "outside"),
            (&write, "GET", "https://api.hibob.com.evil.example/v1/x", "outside"),
            (&write, "GET", "http://169.254.169.254/latest", "outside"),
        ] {
            let refusal = decided(grant, method, url).unwrap_err();
            assert!(refusal.contains(reason), "{method} {url}: {refusal}");
        }
    }

    #[test]
    fn base_urls_are_https_or_this_machine() {
        for url in ["http://api.hibob.com/v1", "ftp://x", "https://u:p@api.hibob.com", "https://x/?q", "api.hibob.com"]
        {
            assert!(Route::new(Role::HiBob, url).is_err(), "{url}");
        }
        assert!(Route::new(Role::HiBob, "http://127.0.0.1:4000/v1").is_ok());
    }
}
