//! The attributes of a user: the schema of each, the form of its value, and whether it can be written.

/// The path below which SCIM is served.
pub(super) const SCIM: &str = "/api/v2/scim";
/// The schema of users (RFC 7643 section 4.1).
pub(super) const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// The enterprise extension (RFC 7643 section 4.3).
pub(super) const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
/// TravelPerk's own extension.
pub(super) const TRAVELPERK: &str = "urn:ietf:params:scim:schemas:extension:travelperk:2.0:User";
/// The schema of PATCH requests (RFC 7644 section 3.5.2).
pub(super) const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// The form of an attribute's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Text,
    Flag,
    /// An object of texts with these names.
    Complex(&'static [&'static str]),
    /// A list of objects of texts with these names.
    Multi(&'static [&'static str]),
    /// An object of which only `value` may be written.
    Manager,
    /// A value that only the server sets.
    ReadOnly,
    /// `emails`, which is in no official sample. A switch says whether it is ignored or refused.
    Emails,
}

/// One attribute.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Attribute {
    pub(super) urn: &'static str,
    pub(super) name: &'static str,
    pub(super) shape: Shape,
}

const fn at(urn: &'static str, name: &'static str, shape: Shape) -> Attribute {
    Attribute { urn, name, shape }
}

/// The attributes that the samples and the Entra tutorial show. Other attributes of the standards (`displayName`,
/// `department`, `timezone`, ...) are not among them: in a whole user they are ignored, and a PATCH of one gets
/// `invalidPath`.
pub(super) const ATTRIBUTES: &[Attribute] = &[
    at(CORE, "schemas", Shape::ReadOnly),
    at(CORE, "id", Shape::ReadOnly),
    at(CORE, "meta", Shape::ReadOnly),
    at(CORE, "groups", Shape::ReadOnly),
    at(CORE, "externalId", Shape::Text),
    at(CORE, "userName", Shape::Text),
    at(CORE, "active", Shape::Flag),
    at(CORE, "name", Shape::Complex(&["givenName", "familyName", "middleName", "honorificPrefix"])),
    at(CORE, "title", Shape::Text),
    at(CORE, "locale", Shape::Text),
    at(CORE, "preferredLanguage", Shape::Text),
    at(CORE, "phoneNumbers", Shape::Multi(&["value", "type"])),
    at(CORE, "emails", Shape::Emails),
    at(ENTERPRISE, "costCenter", Shape::Text),
    at(ENTERPRISE, "manager", Shape::Manager),
    at(TRAVELPERK, "gender", Shape::Text),
    at(TRAVELPERK, "dateOfBirth", Shape::Text),
    // It has been in real answers since 2021. Whether it can be written is unconfirmed.
    at(TRAVELPERK, "countryOfResidence", Shape::Text),
    at(TRAVELPERK, "travelPolicy", Shape::Text),
    at(TRAVELPERK, "invoiceProfiles", Shape::Multi(&["value"])),
    at(TRAVELPERK, "approvers", Shape::Multi(&["value", "condition"])),
    at(TRAVELPERK, "emergencyContact", Shape::Complex(&["name", "phone"])),
    at(TRAVELPERK, "lineManagerEmail", Shape::Text),
];

/// The attribute with this name in this schema. Names are compared without regard to case (RFC 7643 section 2.1).
pub(super) fn attribute(urn: &str, name: &str) -> Option<&'static Attribute> {
    ATTRIBUTES.iter().find(|one| one.urn == urn && one.name.eq_ignore_ascii_case(name))
}

/// The extension with this URN.
pub(super) fn extension(name: &str) -> Option<&'static str> {
    [ENTERPRISE, TRAVELPERK].into_iter().find(|urn| urn.eq_ignore_ascii_case(name))
}

/// The sub-attribute with this name, in the spelling of the schema.
pub(super) fn spelled(names: &'static [&'static str], name: &str) -> Option<&'static str> {
    names.iter().copied().find(|one| one.eq_ignore_ascii_case(name))
}
