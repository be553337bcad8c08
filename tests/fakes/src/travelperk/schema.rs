//! The attributes of a user: where they live, what they hold, who may write them.

/// Where SCIM begins.
pub(super) const SCIM: &str = "/api/v2/scim";
/// RFC 7643 section 4.1.
pub(super) const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// RFC 7643 section 4.3.
pub(super) const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
/// TravelPerk's own extension.
pub(super) const TRAVELPERK: &str = "urn:ietf:params:scim:schemas:extension:travelperk:2.0:User";
/// RFC 7644 section 3.5.2.
pub(super) const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// What an attribute holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Text,
    Flag,
    /// An object of texts with these names.
    Complex(&'static [&'static str]),
    /// Several such objects.
    Multi(&'static [&'static str]),
    /// An object of which only `value` may be written.
    Manager,
    /// Set by the server.
    ReadOnly,
    /// In no official sample; ignored or refused by switch.
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

/// The attributes that the samples and the Entra tutorial show. Known ones of other standards (`displayName`,
/// `department`, `timezone`, ...) are not among them: ignored in a whole user, `invalidPath` in a PATCH.
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
    // In live answers since 2021; that it can be written is unconfirmed.
    at(TRAVELPERK, "countryOfResidence", Shape::Text),
    at(TRAVELPERK, "travelPolicy", Shape::Text),
    at(TRAVELPERK, "invoiceProfiles", Shape::Multi(&["value"])),
    at(TRAVELPERK, "approvers", Shape::Multi(&["value", "condition"])),
    at(TRAVELPERK, "emergencyContact", Shape::Complex(&["name", "phone"])),
    at(TRAVELPERK, "lineManagerEmail", Shape::Text),
];

/// The attribute of this name in this schema; names are compared without case (RFC 7643 section 2.1).
pub(super) fn attribute(urn: &str, name: &str) -> Option<&'static Attribute> {
    ATTRIBUTES.iter().find(|one| one.urn == urn && one.name.eq_ignore_ascii_case(name))
}

/// The extension of this name.
pub(super) fn extension(name: &str) -> Option<&'static str> {
    [ENTERPRISE, TRAVELPERK].into_iter().find(|urn| urn.eq_ignore_ascii_case(name))
}

/// The sub-attribute of this name, spelled as in the schema.
pub(super) fn spelled(names: &'static [&'static str], name: &str) -> Option<&'static str> {
    names.iter().copied().find(|one| one.eq_ignore_ascii_case(name))
}
