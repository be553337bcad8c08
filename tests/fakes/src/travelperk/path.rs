//! Reads paths in PATCH operations (RFC 7644 section 3.5.2, figure 7).

use super::{
    refusal::Refusal,
    schema::{Attribute, CORE, Shape, attribute, extension, spelled},
};

/// The target of an operation.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// A whole schema extension.
    Extension(&'static str),
    /// An attribute, or a part of it.
    Attribute(Path),
}

/// An attribute, or a part of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Path {
    pub(super) attribute: &'static Attribute,
    /// The filter for elements, such as `[type eq "work"]`.
    pub(super) condition: Option<Condition>,
    /// The sub-attribute, such as `.value`. It may be read-only.
    pub(super) part: Option<&'static str>,
}

/// A filter for the elements whose sub-attribute has this value.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Condition {
    pub(super) part: &'static str,
    pub(super) value: String,
}

/// Reads a path. Names are compared without regard to case (RFC 7644 section 3.10).
pub(super) fn parse(path: &str) -> Result<Target, Refusal> {
    if let Some(urn) = extension(path) {
        return Ok(Target::Extension(urn));
    }
    let invalid = || Refusal::bad("invalidPath", &format!("{path}: no such attribute"));
    let (urn, rest) = split_urn(path).unwrap_or((CORE, path));
    let end = rest.find(['[', '.']).unwrap_or(rest.len());
    let (name, rest) = rest.split_at(end);
    let attribute = attribute(urn, name).ok_or_else(invalid)?;
    let parts: &'static [&'static str] = match attribute.shape {
        Shape::Complex(parts) | Shape::Multi(parts) => parts,
        Shape::Manager => &["value", "$ref", "displayName"],
        _ => &[],
    };
    let (condition, rest) = match rest.strip_prefix('[') {
        Some(rest) => {
            let (filter, rest) = rest.split_once(']').ok_or_else(invalid)?;
            if !matches!(attribute.shape, Shape::Multi(_)) {
                return Err(invalid());
            }
            (Some(condition(filter, parts)?), rest)
        }
        None => (None, rest),
    };
    let part = match rest.strip_prefix('.') {
        Some(part) => Some(spelled(parts, part).ok_or_else(invalid)?),
        None if rest.is_empty() => None,
        None => return Err(invalid()),
    };
    Ok(Target::Attribute(Path { attribute, condition, part }))
}

/// Splits a path such as `urn:...:User:costCenter` into the schema's URN and the attribute.
fn split_urn(path: &str) -> Option<(&'static str, &str)> {
    let (urn, name) = path.rsplit_once(':')?;
    let urn = if urn.eq_ignore_ascii_case(CORE) { CORE } else { extension(urn)? };
    Some((urn, name))
}

fn condition(filter: &str, parts: &'static [&'static str]) -> Result<Condition, Refusal> {
    let invalid = || Refusal::bad("invalidFilter", &format!("[{filter}] is not valid or not supported"));
    let mut words = filter.trim().splitn(3, ' ');
    let part = words.next().and_then(|name| spelled(parts, name)).ok_or_else(invalid)?;
    if !words.next().is_some_and(|operator| operator.eq_ignore_ascii_case("eq")) {
        return Err(invalid());
    }
    let value = words.next().and_then(|literal| serde_json::from_str(literal.trim()).ok());
    Ok(Condition { part, value: value.ok_or_else(invalid)? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::travelperk::schema::ENTERPRISE;

    #[track_caller]
    fn parts(path: &str) -> (&'static str, Option<String>, Option<&'static str>) {
        match parse(path) {
            Ok(Target::Attribute(path)) => {
                (path.attribute.name, path.condition.map(|c| format!("{}={}", c.part, c.value)), path.part)
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn forms_that_clients_send() {
        assert_eq!(parts("active"), ("active", None, None));
        assert_eq!(parts("NAME.GivenName"), ("name", None, Some("givenName")));
        let work = Some("type=work".to_owned());
        assert_eq!(parts(r#"phoneNumbers[type eq "work"].value"#), ("phoneNumbers", work, Some("value")));
        assert_eq!(parts(&format!("{ENTERPRISE}:costCenter")), ("costCenter", None, None));
        assert_eq!(parts(&format!("{}:manager.value", ENTERPRISE.to_lowercase())), ("manager", None, Some("value")));
        assert_eq!(parts(&format!("{CORE}:userName")), ("userName", None, None));
        assert_eq!(parse(ENTERPRISE).unwrap(), Target::Extension(ENTERPRISE));
    }

    #[test]
    fn forms_that_are_refused() {
        for path in [
            "",
            "costCenter",
            "displayName",
            "name.nickName",
            "active.value",
            "name[type eq \"x\"]",
            "phoneNumbers[type",
            "phoneNumbers[type eq work].value",
            "phoneNumbers[kind eq \"work\"]",
            "urn:x:costCenter",
            "nameé",
        ] {
            assert!(parse(path).is_err(), "{path}");
        }
    }
}
