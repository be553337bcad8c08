//! The discovery documents, by which the server describes itself (RFC 7644 section 4).

use serde_json::{Value, json};

use super::{
    refusal::Refusal,
    schema::{ATTRIBUTES, CORE, ENTERPRISE, Shape, TRAVELPERK},
};

/// The document at this path. There are no groups, no bulk operations and no `/Me`.
pub(super) fn document(path: &[&str], page_max: usize) -> Result<Value, Refusal> {
    match path {
        ["ServiceProviderConfig"] => Ok(configuration(page_max)),
        ["ResourceTypes"] => Ok(list(vec![resource_type()])),
        ["ResourceTypes", "User"] => Ok(resource_type()),
        ["Schemas"] => Ok(list([CORE, ENTERPRISE, TRAVELPERK].map(schema).to_vec())),
        ["Schemas", "User"] => Ok(schema(CORE)),
        ["Schemas", urn] => {
            [CORE, ENTERPRISE, TRAVELPERK].into_iter().find(|one| one == urn).map(schema).ok_or_else(Refusal::not_found)
        }
        _ => Err(Refusal::not_found()),
    }
}

/// The body that the scim-server specification 1.5 publishes. Its `Schemas` collides with `schemas` for clients that
/// compare attribute names without regard to case.
fn configuration(page_max: usize) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
        "patch": { "supported": true },
        "bulk": { "supported": false, "maxOperations": 0, "maxPayloadSize": 0 },
        "filter": { "supported": true, "maxResults": page_max },
        "changePassword": { "supported": false },
        "sort": { "supported": false },
        "etag": { "supported": false },
        "authenticationSchemes": [{
            "type": "oauthbearertoken", "name": "OAuth 2", "description": "Oauth 2 implemented with bearer token",
        }],
        "Schemas": [{ "id": "User", "name": "User", "description": "User Account" }],
        "meta": {
            "location": "https://app.perk.com/api/v2/scim/ServiceProviderConfig",
            "resourceType": "ServiceProviderConfig",
        },
    })
}

/// The resource type of users. The order of the extensions and the values of `required` are unconfirmed.
fn resource_type() -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
        "id": "User", "name": "User", "endpoint": "/Users", "description": "User Account", "schema": CORE,
        "schemaExtensions": [
            { "schema": ENTERPRISE, "required": false }, { "schema": TRAVELPERK, "required": false },
        ],
        "meta": { "location": "https://app.perk.com/api/v2/scim/ResourceTypes/User", "resourceType": "ResourceType" },
    })
}

/// The schema with this URN. The real schema bodies are not public; this one follows RFC 7643 section 7.
fn schema(urn: &'static str) -> Value {
    let attributes: Vec<Value> = ATTRIBUTES
        .iter()
        .filter(|one| one.urn == urn && !matches!(one.name, "schemas" | "id" | "meta" | "emails" | "lineManagerEmail"))
        .map(|one| {
            let kind = match one.shape {
                Shape::Flag => "boolean",
                Shape::Text => "string",
                _ => "complex",
            };
            let mutability = if one.shape == Shape::ReadOnly { "readOnly" } else { "readWrite" };
            json!({
                "name": one.name, "type": kind, "multiValued": matches!(one.shape, Shape::Multi(_)),
                "required": matches!(one.name, "userName" | "name" | "active"), "mutability": mutability,
                "uniqueness": if one.name == "userName" { "server" } else { "none" },
            })
        })
        .collect();
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"],
        "id": urn, "name": "User", "attributes": attributes, "meta": { "resourceType": "Schema" },
    })
}

fn list(resources: Vec<Value>) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        "totalResults": resources.len(), "itemsPerPage": resources.len(), "startIndex": 1, "Resources": resources,
    })
}
