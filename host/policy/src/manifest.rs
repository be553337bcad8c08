//! The manifest: which requests a plugin declares to make in each kind of call. It is read without running the plugin.

use crate::request::{Action, Role, action, is_for_references};
use hibob_contract::CallKind;
use http::Method;
use serde::{Deserialize, Serialize, Serializer};
use std::fmt;

/// The name of the custom section of a component that has the manifest (`wit/world.wit`).
pub const SECTION: &str = "hibob-connector-manifest";

/// Largest manifest, in bytes.
pub const MANIFEST_BYTES_MAX: usize = 65_536;

/// Most requests that a manifest may declare for one kind of call. The policy allows fewer than 20 kinds of request.
pub const NEEDS_MAX: usize = 64;

/// Longest path, in bytes, and most parts of a path. The longest that the policy allows has three parts.
const PATH_BYTES_MAX: usize = 256;
const PATH_PARTS_MAX: usize = 16;

/// A plugin's manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Manifest {
    check: Vec<Need>,
    plan: Vec<Need>,
    apply: Vec<Need>,
    references: Vec<Need>,
}

/// One kind of request that a plugin declares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Need {
    /// The service.
    #[serde(serialize_with = "role_name")]
    pub role: Role,
    /// GET, POST or PATCH.
    #[serde(serialize_with = "method_name")]
    pub method: Method,
    /// The path below the service's base URL.
    pub path: PathPattern,
    /// Whether it reads or writes.
    #[serde(serialize_with = "access_name")]
    pub access: Action,
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} at {} ({})", self.method, self.path, name_of(self.role), access_of(self.access))
    }
}

/// A path, in which a part in braces, such as `{id}`, stands for any one part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct PathPattern(String);

impl PathPattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = |what: &str| Err(format!("the path {} {what}", shown(text)));
        let Some(parts) = text.strip_prefix('/') else { return wrong("does not begin with a slash") };
        if text.len() > PATH_BYTES_MAX || parts.split('/').count() > PATH_PARTS_MAX {
            return wrong(&format!("has more than {PATH_BYTES_MAX} bytes or {PATH_PARTS_MAX} parts"));
        }
        let is_plain = |part: &str| {
            !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte))
        };
        for part in parts.split('/') {
            let inner = part.strip_prefix('{').and_then(|part| part.strip_suffix('}')).unwrap_or(part);
            if !is_plain(inner) || [".", ".."].contains(&inner) {
                return wrong("is not made of plain parts, or parts like {id}");
            }
        }
        Ok(Self(text.to_owned()))
    }

    /// Whether `path` fits. A part in braces fits any one part that is not empty.
    pub fn matches(&self, path: &str) -> bool {
        let (mut patterns, mut parts) = (self.0.split('/'), path.split('/'));
        loop {
            match (patterns.next(), parts.next()) {
                (None, None) => return true,
                (Some(pattern), Some(part)) if pattern == part || (pattern.starts_with('{') && !part.is_empty()) => {}
                _ => return false,
            }
        }
    }

    /// A path that fits the pattern, for looking up what the policy says of such a request.
    fn example(&self) -> String {
        let part = |part: &str| if part.starts_with('{') { "1".to_owned() } else { part.to_owned() };
        self.0.split('/').map(part).collect::<Vec<_>>().join("/")
    }
}

impl fmt::Display for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A manifest as its JSON has it, before it is checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    check: Vec<RawNeed>,
    plan: Vec<RawNeed>,
    apply: Vec<RawNeed>,
    #[serde(default)]
    references: Vec<RawNeed>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawNeed {
    role: String,
    method: String,
    path: String,
    access: String,
}

impl Manifest {
    /// Reads a manifest and checks it against the request policy.
    ///
    /// # Errors
    /// What is wrong, with the kind of call and the number of the entry.
    pub fn read(json: &[u8]) -> Result<Self, String> {
        if json.len() > MANIFEST_BYTES_MAX {
            return Err(format!("has {} bytes, and at most {MANIFEST_BYTES_MAX} are read", json.len()));
        }
        let raw: Raw = serde_json::from_slice(json).map_err(|error| format!("cannot be read: {error}"))?;
        Ok(Self {
            check: needs("check", CallKind::Check, raw.check)?,
            plan: needs("plan", CallKind::Plan, raw.plan)?,
            apply: needs("apply", CallKind::Apply, raw.apply)?,
            references: needs("references", CallKind::References, raw.references)?,
        })
    }

    /// Every request that the policy allows: for plugins of version 0.1 of the contract, which has no manifests.
    pub fn everything() -> Self {
        let all = || {
            KNOWN.iter().map(|&(role, method, path, access)| Need {
                role,
                method: Method::from_bytes(method.as_bytes()).unwrap_or_default(),
                path: PathPattern(path.to_owned()),
                access,
            })
        };
        let reads: Vec<Need> = all().filter(|need| need.access == Action::Read).collect();
        // Version 0.1 has no references.
        Self { check: reads.clone(), plan: reads, apply: all().collect(), references: Vec::new() }
    }

    /// The requests that are declared for a kind of call.
    pub fn needs(&self, kind: CallKind) -> &[Need] {
        match kind {
            CallKind::Check => &self.check,
            CallKind::Plan => &self.plan,
            CallKind::Apply => &self.apply,
            CallKind::References => &self.references,
        }
    }

    /// The declaration that covers a request, if there is one for this kind of call. `path` is below the service's base
    /// URL.
    pub fn covers(&self, kind: CallKind, role: Role, method: &Method, path: &str) -> Option<&Need> {
        self.needs(kind).iter().find(|need| need.role == role && need.method == *method && need.path.matches(path))
    }
}

/// The requests that [`Manifest::everything`] declares. A test checks each against the policy.
const KNOWN: &[(Role, &str, &str, Action)] = &[
    (Role::HiBob, "POST", "/people/search", Action::Read),
    (Role::HiBob, "GET", "/company/people/fields", Action::Read),
    (Role::HiBob, "GET", "/company/named-lists", Action::Read),
    (Role::HiBob, "GET", "/company/named-lists/{name}", Action::Read),
    (Role::Scim, "GET", "/ServiceProviderConfig", Action::Read),
    (Role::Scim, "GET", "/ResourceTypes", Action::Read),
    (Role::Scim, "GET", "/Schemas", Action::Read),
    (Role::Scim, "GET", "/Users", Action::Read),
    (Role::Scim, "GET", "/Users/{id}", Action::Read),
    (Role::Scim, "POST", "/Users", Action::Write),
    (Role::Scim, "PATCH", "/Users/{id}", Action::Write),
    (Role::Rest, "GET", "/profiles", Action::Read),
    (Role::CostCenters, "GET", "/cost_centers", Action::Read),
    (Role::CostCenters, "GET", "/cost_centers/{id}", Action::Read),
    (Role::CostCenters, "POST", "/cost_centers", Action::Write),
    (Role::CostCenters, "PATCH", "/cost_centers/{id}", Action::Write),
];

const ROLES: [(&str, Role); 4] =
    [("hibob", Role::HiBob), ("scim", Role::Scim), ("rest", Role::Rest), ("cost-centers", Role::CostCenters)];

fn needs(call: &str, kind: CallKind, raw: Vec<RawNeed>) -> Result<Vec<Need>, String> {
    if raw.len() > NEEDS_MAX {
        return Err(format!("declares {} requests for `{call}`, and at most {NEEDS_MAX} are read", raw.len()));
    }
    let entry =
        |(number, raw)| need(kind, raw).map_err(|what| format!("is wrong in entry {} of `{call}`: {what}", number + 1));
    raw.into_iter().enumerate().map(entry).collect()
}

fn need(kind: CallKind, raw: RawNeed) -> Result<Need, String> {
    let role = ROLES.iter().find(|(name, _)| *name == raw.role).map(|(_, role)| *role);
    let role =
        role.ok_or_else(|| format!("the role {} is none of hibob, scim, rest, cost-centers", shown(&raw.role)))?;
    let method = match raw.method.as_str() {
        "GET" => Method::GET,
        "POST" => Method::POST,
        "PATCH" => Method::PATCH,
        other => return Err(format!("the method {} is none of GET, POST, PATCH", shown(other))),
    };
    let access = match raw.access.as_str() {
        "read" => Action::Read,
        "write" => Action::Write,
        other => return Err(format!("the access {} is neither read nor write", shown(other))),
    };
    let need = Need { role, method, path: PathPattern::parse(&raw.path)?, access };
    match action(role, &need.method, &need.path.example()) {
        None => Err(format!("{need} is not a request that this host allows")),
        Some(real) if real != access => Err(format!("{need} is in fact a {}", access_of(real))),
        Some(Action::Write) if kind != CallKind::Apply => Err(format!("{need} writes, and this call may only read")),
        Some(_) if kind == CallKind::References && role != Role::HiBob => {
            Err(format!("{need} does not go to HiBob, and a call for references may read only there"))
        }
        Some(_) if kind != CallKind::References && is_for_references(role, &need.path.example()) => {
            Err(format!("{need} is allowed for references only"))
        }
        Some(_) => Ok(need),
    }
}

/// Text from a plugin for a message: at most 80 characters, control characters escaped.
fn shown(text: &str) -> String {
    const CHARS_MAX: usize = 80;
    text.escape_debug().take(CHARS_MAX).collect()
}

fn name_of(role: Role) -> &'static str {
    ROLES.iter().find(|(_, other)| *other == role).map_or("?", |(name, _)| name)
}

fn access_of(action: Action) -> &'static str {
    match action {
        Action::Read => "read",
        Action::Write => "write",
    }
}

fn role_name<S: Serializer>(role: &Role, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(name_of(*role))
}

fn method_name<S: Serializer>(method: &Method, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(method.as_str())
}

fn access_name<S: Serializer>(action: &Action, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(access_of(*action))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(call: &str, role: &str, method: &str, path: &str, access: &str) -> Result<Manifest, String> {
        let need = format!(r#"{{"role":"{role}","method":"{method}","path":"{path}","access":"{access}"}}"#);
        let list = |name: &str| format!("\"{name}\":[{}]", if name == call { need.as_str() } else { "" });
        Manifest::read(format!("{{{},{},{}}}", list("check"), list("plan"), list("apply")).as_bytes())
    }

    #[test]
    fn the_table_and_the_policy_agree() {
        let everything = Manifest::everything();
        for need in everything.needs(CallKind::Apply) {
            assert_eq!(action(need.role, &need.method, &need.path.example()), Some(need.access), "{need}");
        }
        // All of it can be declared, and reading it back gives the same manifest.
        assert_eq!(Manifest::read(&serde_json::to_vec(&everything).unwrap()), Ok(everything));
    }

    #[test]
    fn a_manifest_says_what_each_call_may_ask() {
        let manifest = read("apply", "scim", "PATCH", "/Users/{id}", "write").unwrap();
        let covers = |kind, role, method, path| manifest.covers(kind, role, &method, path).is_some();
        assert!(covers(CallKind::Apply, Role::Scim, Method::PATCH, "/Users/7"));
        assert!(!covers(CallKind::Plan, Role::Scim, Method::PATCH, "/Users/7"));
        assert!(!covers(CallKind::Apply, Role::CostCenters, Method::PATCH, "/Users/7"));
        assert!(!covers(CallKind::Apply, Role::Scim, Method::GET, "/Users/7"));
        for path in ["/Users", "/Users/", "/Users/7/x", "/users/7", "Users/7", "/x/Users/7"] {
            assert!(!covers(CallKind::Apply, Role::Scim, Method::PATCH, path), "{path}");
        }
    }

    #[test]
    fn what_a_manifest_must_not_say() {
        for (call, role, method, path, access, words) in [
            ("plan", "hibob2", "GET", "/x", "read", "the role hibob2 is none of"),
            ("plan", "hibob", "DELETE", "/people/{id}", "write", "the method DELETE is none of"),
            ("plan", "hibob", "get", "/x", "read", "the method get is none of"),
            ("plan", "scim", "GET", "/Users", "all", "neither read nor write"),
            ("plan", "scim", "GET", "Users", "read", "begin with a slash"),
            ("plan", "scim", "GET", "/Users/../x", "read", "plain parts"),
            ("plan", "scim", "GET", "/Users/{id", "read", "plain parts"),
            ("plan", "scim", "GET", "/Users?x=1", "read", "plain parts"),
            ("plan", "scim", "GET", "/Users/%2e", "read", "plain parts"),
            ("plan", "scim", "GET", "//Users", "read", "plain parts"),
            ("plan", "scim", "GET", "/*", "read", "plain parts"),
            ("plan", "scim", "GET", "/Groups", "read", "not a request that this host allows"),
            ("apply", "hibob", "PATCH", "/people/{id}", "write", "not a request that this host allows"),
            ("plan", "scim", "POST", "/Users", "read", "is in fact a write"),
            ("check", "scim", "POST", "/Users", "write", "may only read"),
            ("plan", "hibob", "GET", "/bulk/people/lifecycle", "read", "is allowed for references only"),
            ("plan", "hibob", "GET", "/bulk/people/{table}", "read", "not a request that this host allows"),
        ] {
            let error = read(call, role, method, path, access).unwrap_err();
            assert!(error.contains(words) && error.contains(&format!("entry 1 of `{call}`")), "{path}: {error}");
        }
        let long = format!("/{}", "x".repeat(PATH_BYTES_MAX));
        assert!(read("plan", "scim", "GET", &long, "read").unwrap_err().len() < 250);
        assert!(read("plan", "scim", "GET", &"/x".repeat(PATH_PARTS_MAX + 1), "read").is_err());
    }

    #[test]
    fn a_manifest_of_absurd_size_or_form_is_refused() {
        let many = format!(
            r#"{{"check":[],"plan":[],"apply":[{}]}}"#,
            vec![r#"{"role":"scim","method":"GET","path":"/Users","access":"read"}"#; NEEDS_MAX + 1].join(",")
        );
        assert!(Manifest::read(many.as_bytes()).unwrap_err().contains("declares 65 requests for `apply`"));
        assert!(Manifest::read(&vec![b' '; MANIFEST_BYTES_MAX + 1]).unwrap_err().contains("65537 bytes"));
        for json in [
            "",
            "{}",
            "[]",
            r#"{"check":[],"plan":[]}"#,
            r#"{"check":[],"plan":[],"apply":[],"more":[]}"#,
            r#"{"check":[],"plan":[],"apply":[],"apply":[]}"#,
            r#"{"check":[],"plan":[],"apply":[{"role":"scim","method":"GET","path":"/Users","access":"read","x":1}]}"#,
        ] {
            assert!(Manifest::read(json.as_bytes()).is_err(), "{json}");
        }
        assert!(Manifest::read(br#"{"check":[],"plan":[],"apply":[]}"#).is_ok(), "a plugin may need nothing");
    }
}
