//! Metadata: the field list and the named lists.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    Category, HiBob, HiddenSites, ListKey,
    catalogue::{FIELDS, Kind},
    refusal,
};
use crate::{
    company::ListItem,
    message::{Request, Response},
};

impl HiBob {
    /// `GET company/people/fields`: needs no permission (fields metadata reference page).
    pub(super) fn fields(&self) -> Response {
        let standard = FIELDS.iter().map(|field| item(field.id, Some(field.category), field.kind));
        let custom: BTreeSet<&String> = self.employees.values().flat_map(|e| e.custom.keys()).collect();
        let custom = custom.into_iter().map(|id| item(id, Category::of_prefix(id), Kind::Text));
        let fields: Vec<Value> = standard.chain(custom).collect();
        if self.switches.fields_wrapped {
            Response::json(200, &json!({ "fields": fields }))
        } else {
            Response::json(200, &Value::Array(fields))
        }
    }

    /// `GET company/named-lists`.
    pub(super) fn named_lists(&self, request: &Request) -> Response {
        let shown = |name: &String| !self.hides(name) || self.switches.hidden_sites != HiddenSites::Refused;
        let lists = self.lists.iter().filter(|(name, _)| shown(name));
        let lists = lists.map(|(name, items)| (name.clone(), self.list(name, items, request)));
        if self.switches.lists_as_array {
            Response::json(200, &Value::Array(lists.map(|(_, list)| list).collect()))
        } else {
            Response::json(200, &Value::Object(lists.collect()))
        }
    }

    /// `GET company/named-lists/{name}`. The status for an unknown name is unconfirmed.
    pub(super) fn named_list(&self, name: &str, request: &Request) -> Response {
        if self.hides(name) && self.switches.hidden_sites == HiddenSites::Refused {
            return refusal(403, "forbidden", "No permission to access this list");
        }
        match self.lists.get(name) {
            Some(items) => Response::json(200, &self.list(name, items, request)),
            None => refusal(404, "not_found", "No such list"),
        }
    }

    /// Whether this list needs a permission that is not granted.
    fn hides(&self, name: &str) -> bool {
        name == "site" && !self.site_settings
    }

    fn list(&self, name: &str, items: &[ListItem], request: &Request) -> Value {
        let with_archived = request.parameter("includeArchived").as_deref() == Some("true");
        let empty = self.hides(name) && self.switches.hidden_sites == HiddenSites::Empty;
        let items: Vec<Value> = items
            .iter()
            .filter(|item| !empty && (with_archived || !item.archived))
            .map(|item| {
                let number = item.id.parse::<u64>().ok().filter(|_| self.switches.list_ids_as_numbers);
                let id = number.map_or_else(|| json!(item.id), |number| json!(number));
                json!({
                    "id": id, "value": item.name, "name": item.name, "archived": item.archived, "children": [],
                })
            })
            .collect();
        match self.switches.list_key {
            ListKey::Values => json!({ "name": name, "values": items }),
            ListKey::Items => json!({ "name": name, "items": items }),
        }
    }
}

fn item(id: &str, category: Option<Category>, kind: Kind) -> Value {
    let (branch, leaf) = id.split_once('.').unwrap_or(("", id));
    let type_data = match kind {
        Kind::List(list) => json!({ "listId": list }),
        _ => json!({}),
    };
    json!({
        "id": id, "name": leaf, "category": branch, "categoryId": branch,
        "categoryDisplayName": category.map(Category::display_name), "description": "",
        "jsonPath": id.strip_prefix("root.").unwrap_or(id), "type": kind.type_name(), "typeData": type_data,
        "historical": branch == "work",
    })
}
