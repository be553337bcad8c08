//! PATCH (RFC 7644 section 3.5.2). It is carried out on a copy, so that a request with an error changes nothing.

use serde_json::{Map, Value, json};

use super::{
    Switches,
    path::{Condition, Path, Target, parse},
    refusal::Refusal,
    schema::{CORE, PATCH_OP, Shape, spelled},
};

/// Attributes that every user has to have.
const REQUIRED: &[&str] = &["userName", "active", "givenName", "familyName"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Add,
    Replace,
    Remove,
}

/// Carries out all operations of a PATCH body on the writable attributes of a user.
pub(super) fn apply(view: &mut Map<String, Value>, body: &Value, switches: Switches) -> Result<(), Refusal> {
    let syntax = |what| Refusal::bad("invalidSyntax", what);
    let schemas = body.get("schemas").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if !schemas.iter().any(|one| one == PATCH_OP) {
        return Err(syntax("schemas must contain the PatchOp message"));
    }
    // `Operations` is spelled with a capital letter, unlike all other names.
    let operations = body.get("Operations").and_then(Value::as_array);
    let operations = operations.filter(|all| switches.empty_operations || !all.is_empty());
    for operation in operations.ok_or_else(|| syntax("Operations must be a non-empty list"))? {
        // Entra writes `Replace`, the RFC `replace`.
        let verb = match operation.get("op").and_then(Value::as_str).map(str::to_ascii_lowercase).as_deref() {
            Some("add") => Verb::Add,
            Some("replace") => Verb::Replace,
            Some("remove") => Verb::Remove,
            _ => return Err(syntax("op must be add, replace or remove")),
        };
        let value = operation.get("value");
        match operation.get("path") {
            Some(Value::String(path)) => change(view, verb, path, value, switches)?,
            Some(path) if !path.is_null() => {
                return Err(Refusal::bad("invalidPath", "path must be a string"));
            }
            _ if verb == Verb::Remove => return Err(Refusal::bad("noTarget", "remove needs a path")),
            _ => {
                let value = value.and_then(Value::as_object);
                let value = value.ok_or_else(|| Refusal::value("value", "must be an object without a path"))?;
                for (key, value) in value.iter().filter(|(key, _)| !key.eq_ignore_ascii_case("schemas")) {
                    change(view, verb, key, Some(value), switches)?;
                }
            }
        }
    }
    Ok(())
}

fn change(
    view: &mut Map<String, Value>,
    verb: Verb,
    path: &str,
    value: Option<&Value>,
    switches: Switches,
) -> Result<(), Refusal> {
    match parse(path)? {
        Target::Extension(urn) if verb == Verb::Remove => {
            view.insert(urn.to_owned(), json!({}));
            Ok(())
        }
        Target::Extension(urn) => {
            let value = value.and_then(Value::as_object);
            for (key, value) in value.ok_or_else(|| Refusal::value(path, "must be an object"))? {
                change(view, verb, &format!("{urn}:{key}"), Some(value), switches)?;
            }
            Ok(())
        }
        Target::Attribute(path) => set(view, verb, &path, value, switches),
    }
}

/// Carries out one operation on one attribute.
pub(super) fn set(
    view: &mut Map<String, Value>,
    verb: Verb,
    path: &Path,
    value: Option<&Value>,
    switches: Switches,
) -> Result<(), Refusal> {
    let name = path.attribute.name;
    let holder = if path.attribute.urn == CORE {
        view
    } else {
        let extension = view.entry(path.attribute.urn).or_insert_with(|| json!({}));
        extension.as_object_mut().expect("extensions are objects")
    };
    let given = match (verb, value) {
        (Verb::Remove, _) => &Value::Null,
        (_, Some(value)) => value,
        (_, None) => return Err(Refusal::value(name, "a value is needed")),
    };
    match path.attribute.shape {
        Shape::ReadOnly => Err(read_only(name)),
        Shape::Emails if switches.emails_refused => Err(Refusal::bad("invalidPath", "emails: not supported")),
        Shape::Emails => Ok(()),
        Shape::Text if name == "lineManagerEmail" && !switches.line_manager_email => {
            Err(Refusal::bad("invalidPath", "lineManagerEmail: no such attribute"))
        }
        Shape::Text => put(holder, verb, name, text(name, given)?),
        Shape::Flag => put(holder, verb, name, flag(name, given)?),
        Shape::Complex(parts) => complex(holder, verb, name, parts, path.part, given),
        Shape::Manager => match path.part {
            Some("value") | None => manager(holder, verb, given),
            Some(part) => Err(read_only(&format!("manager.{part}"))),
        },
        Shape::Multi(parts) => {
            let mut elements = match holder.remove(name) {
                Some(Value::Array(elements)) => elements,
                _ => Vec::new(),
            };
            multi(&mut elements, verb, path, parts, given)?;
            holder.insert(name.to_owned(), Value::Array(elements));
            Ok(())
        }
    }
}

/// Writes an attribute. Null unassigns it (RFC 7643 section 2.5); removing a required attribute is an error (RFC 7644
/// section 3.5.2.2).
fn put(holder: &mut Map<String, Value>, verb: Verb, name: &str, value: Value) -> Result<(), Refusal> {
    if verb == Verb::Remove && REQUIRED.contains(&name) {
        return Err(Refusal::bad("mutability", &format!("{name} is required")));
    }
    if value.is_null() {
        holder.remove(name);
    } else {
        holder.insert(name.to_owned(), value);
    }
    Ok(())
}

/// Writes a complex attribute. Without a part in the path, the parts in the value are merged and the others stay
/// (section 3.5.2.3).
fn complex(
    holder: &mut Map<String, Value>,
    verb: Verb,
    name: &str,
    parts: &'static [&'static str],
    part: Option<&'static str>,
    given: &Value,
) -> Result<(), Refusal> {
    let object = holder.entry(name).or_insert_with(|| json!({}));
    let object = object.as_object_mut().expect("complex attributes are objects");
    match (part, given) {
        (Some(part), given) => put(object, verb, part, text(part, given)?)?,
        (None, Value::Null) => {
            for part in parts {
                put(object, verb, part, Value::Null)?;
            }
        }
        (None, Value::Object(given)) => {
            // Parts of the standard that this stand-in does not store, such as `name.formatted`, are ignored.
            for (key, value) in given {
                if let Some(part) = spelled(parts, key) {
                    put(object, verb, part, text(part, value)?)?;
                }
            }
        }
        (None, _) => return Err(Refusal::value(name, "must be an object")),
    }
    if object.is_empty() {
        holder.remove(name);
    }
    Ok(())
}

/// Writes the manager. The value is an object with `value`, or only an id, as Entra sometimes sends it.
fn manager(holder: &mut Map<String, Value>, verb: Verb, given: &Value) -> Result<(), Refusal> {
    let id = match given {
        Value::Object(object) => object.iter().find(|(key, _)| key.eq_ignore_ascii_case("value")).map(|(_, id)| id),
        other => Some(other),
    };
    let id = id.ok_or_else(|| Refusal::value("manager", "value is missing"))?;
    match text("manager.value", id)? {
        Value::Null => put(holder, verb, "manager", Value::Null),
        id => put(holder, verb, "manager", json!({ "value": id })),
    }
}

fn multi(
    elements: &mut Vec<Value>,
    verb: Verb,
    path: &Path,
    parts: &'static [&'static str],
    given: &Value,
) -> Result<(), Refusal> {
    let name = path.attribute.name;
    if path.condition.is_none() && path.part.is_none() {
        let given = given_elements(name, parts, given)?;
        if verb != Verb::Add {
            elements.clear();
        }
        // `add` appends the elements that do not exist yet (section 3.5.2.1).
        for element in given {
            if !elements.contains(&element) {
                elements.push(element);
            }
        }
        return Ok(());
    }
    let matches = |element: &Value| path.condition.as_ref().is_none_or(|condition| condition.holds(element));
    if !elements.iter().any(matches) {
        // Entra adds elements by a filter that matches nothing yet. For `replace` the RFC requires an error
        // (section 3.5.2.3). For `remove` the RFC says nothing; an error shows the client its mistake.
        return match (&path.condition, verb) {
            (Some(condition), Verb::Add) => {
                let mut element = json!({ condition.part: condition.value });
                write(&mut element, name, parts, path.part, given)?;
                elements.push(element);
                Ok(())
            }
            _ => Err(Refusal::bad("noTarget", &format!("{name}: no element matches"))),
        };
    }
    if verb == Verb::Remove && path.part.is_none() {
        elements.retain(|element| !matches(element));
        return Ok(());
    }
    for element in elements.iter_mut().filter(|element| matches(element)) {
        write(element, name, parts, path.part, given)?;
    }
    // Elements without a value are removed.
    elements.retain(|element| element.get("value").is_some());
    Ok(())
}

impl Condition {
    fn holds(&self, element: &Value) -> bool {
        let found = element.get(self.part).and_then(Value::as_str);
        found.is_some_and(|found| found.eq_ignore_ascii_case(&self.value))
    }
}

fn write(
    element: &mut Value,
    name: &str,
    parts: &'static [&'static str],
    part: Option<&'static str>,
    given: &Value,
) -> Result<(), Refusal> {
    let element = element.as_object_mut().expect("elements are objects");
    match (part, given) {
        (Some(part), given) => put(element, Verb::Replace, part, text(part, given)?),
        (None, Value::Object(given)) => {
            for (key, value) in given {
                if let Some(part) = spelled(parts, key) {
                    put(element, Verb::Replace, part, text(part, value)?)?;
                }
            }
            Ok(())
        }
        (None, _) => Err(Refusal::value(name, "must be an object")),
    }
}

fn given_elements(name: &str, parts: &'static [&'static str], given: &Value) -> Result<Vec<Value>, Refusal> {
    let given = match given {
        Value::Null => &[][..],
        Value::Array(elements) => elements,
        one => std::slice::from_ref(one),
    };
    let element = |given: &Value| {
        let mut element = json!({});
        write(&mut element, name, parts, None, given)?;
        if element.get("value").is_none() {
            return Err(Refusal::value(name, "an element without a value"));
        }
        if let Some(element) = element.as_object_mut()
            && parts.contains(&"type")
        {
            element.entry("type").or_insert_with(|| json!("work"));
        }
        Ok(element)
    };
    given.iter().map(element).collect()
}

fn text(name: &str, value: &Value) -> Result<Value, Refusal> {
    match value {
        Value::Null | Value::String(_) => Ok(value.clone()),
        _ => Err(Refusal::value(name, "must be a string")),
    }
}

/// Reads a boolean, or a string in place of one, as Entra sends it.
fn flag(name: &str, value: &Value) -> Result<Value, Refusal> {
    match value {
        Value::Null | Value::Bool(_) => Ok(value.clone()),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Ok(json!(true)),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Ok(json!(false)),
        _ => Err(Refusal::value(name, "must be a boolean")),
    }
}

fn read_only(name: &str) -> Refusal {
    Refusal::bad("mutability", &format!("{name} is read-only"))
}
