//! The table of synced fields: one row for each field of an account that this sync writes.
//!
//! Settings, requests to HiBob, reading, comparing and writing accounts are derived from these rows. Two other places
//! list the fields again on purpose, so that a mistake here is caught there: `plan_audit.rs`, which checks every plan,
//! and the host's policy, which checks every request. Tests hold both to this table.
//!
//! To add a field: a row here; its name in `plan_audit.rs`; its attribute in `host/policy`
//! (`change_scope/attribute.rs`); a row for it, and one for its `source-` setting, in
//! `docs/develop/plugin-settings.md`. If one of them is forgotten, the build or a test fails.
//!
//! The order of the text rows is the order in which changes list fields.
//!
//! | column | means |
//! |---|---|
//! | `name` | the field's name in plans, changes and links; the setting for its sources is `source-` and this name |
//! | `detail` | whether the field is synced: always, by default, or only if the setting `details` names the detail |
//! | `sources` | HiBob fields to read unless a setting names others; the first one with a value counts |
//! | `scim` | the object of a SCIM user that holds the attribute, the attribute's name, and how a text is written there |
//! | `form` | how HiBob's value is read, and when two values are the same |
//! | `code`, `remedy` | the finding where HiBob's value is missing or does not fit |
//! | `can_be_cleared` | whether an account's value may be removed where HiBob holds none |

use super::Detail::{Decided, Mandatory, OnlyIfNamed, Usual};
use super::Form::{Company, Date, Gender, Item, Language, Phone, Text, UserName};
use super::List::{Departments, Titles};
use super::TextShape::{List, Plain, WorkPhone};
use super::{Place, Row, TextRow};

/// The remedy of most details.
const FILL_IN: &str = "fill it in in HiBob, or leave this detail out of the sync";
/// The remedy where the value is an item of one of HiBob's lists.
const CHOOSE_ANEW: &str = "choose the value anew in HiBob";
/// The remedy of telephone numbers.
const WRITE_AS_PHONE: &str = "write it as +34 600100200 in HiBob";

synced_fields! {
    texts {
        UserName {
            name: "user-name", detail: Mandatory("work email"), sources: ["root.email"],
            scim: User."userName" as Plain, form: UserName,
            code: "MISSING_EMAIL", remedy: "fill in the work email in HiBob", can_be_cleared: false,
        }
        ExternalId {
            name: "external-id", detail: Mandatory("employee id"), sources: ["root.id"],
            scim: User."externalId" as Plain, form: Text,
            code: "MISSING_EMPLOYEE_ID", remedy: "tell HiBob's support; nothing is done for this record",
            can_be_cleared: false,
        }
        GivenName {
            name: "given-name", detail: Mandatory("first name"), sources: ["root.firstName"],
            scim: Name."givenName" as Plain, form: Text,
            code: "MISSING_FIRST_NAME", remedy: "fill in the first name in HiBob", can_be_cleared: false,
        }
        FamilyName {
            name: "family-name", detail: Mandatory("last name"), sources: ["root.surname"],
            scim: Name."familyName" as Plain, form: Text,
            code: "MISSING_LAST_NAME", remedy: "fill in the last name in HiBob", can_be_cleared: false,
        }
        Title {
            name: "title", detail: Usual("title"), sources: ["work.title"],
            scim: User."title" as Plain, form: Item(Titles),
            code: "TITLE_IS_MISSING_OR_INVALID", remedy: CHOOSE_ANEW, can_be_cleared: true,
        }
        Phone {
            name: "phone", detail: Usual("phone"), sources: ["work.workPhone", "work.workMobile"],
            scim: User."phoneNumbers" as WorkPhone, form: Phone,
            code: "PHONE_IS_MISSING_OR_INVALID", remedy: WRITE_AS_PHONE, can_be_cleared: true,
        }
        Language {
            name: "language", detail: Usual("language"), sources: [],
            scim: User."preferredLanguage" as Plain, form: Language,
            code: "LANGUAGE_IS_MISSING_OR_INVALID", remedy: "choose de, en, es or fr in HiBob", can_be_cleared: true,
        }
        Locale {
            name: "locale", detail: Usual("locale"), sources: [],
            scim: User."locale" as Plain, form: Text,
            code: "LOCALE_IS_MISSING_OR_INVALID", remedy: FILL_IN, can_be_cleared: true,
        }
        Gender {
            name: "gender", detail: Usual("gender"), sources: ["home.legalGender"],
            scim: TravelPerk."gender" as Plain, form: Gender,
            code: "GENDER_IS_MISSING_OR_INVALID",
            remedy: "TravelPerk knows M and F only; leave gender out of the sync if that does not fit",
            can_be_cleared: true,
        }
        DateOfBirth {
            name: "date-of-birth", detail: Usual("date-of-birth"), sources: ["personal.birthDate"],
            scim: TravelPerk."dateOfBirth" as Plain, form: Date,
            code: "DATE_OF_BIRTH_IS_MISSING_OR_INVALID", remedy: FILL_IN, can_be_cleared: true,
        }
        // Whether TravelPerk accepts a country is not documented.
        Country {
            name: "country", detail: OnlyIfNamed("country"), sources: ["address.country"],
            scim: TravelPerk."countryOfResidence" as Plain, form: Text,
            code: "COUNTRY_IS_MISSING_OR_INVALID", remedy: FILL_IN, can_be_cleared: true,
        }
        CostCenter {
            name: "cost-center", detail: Usual("cost-center"), sources: ["work.department"],
            scim: Enterprise."costCenter" as Plain, form: Item(Departments),
            code: "COST_CENTER_IS_MISSING_OR_INVALID", remedy: CHOOSE_ANEW, can_be_cleared: true,
        }
        // TravelPerk refuses a company that it does not have.
        Company {
            name: "company", detail: OnlyIfNamed("company"), sources: ["work.site"],
            scim: TravelPerk."invoiceProfiles" as List, form: Company,
            code: "COMPANY_IS_MISSING_OR_INVALID", remedy: FILL_IN, can_be_cleared: true,
        }
        TravelPolicy {
            name: "travel-policy", detail: Usual("travel-policy"), sources: [],
            scim: TravelPerk."travelPolicy" as Plain, form: Text,
            code: "TRAVEL_POLICY_IS_MISSING_OR_INVALID", remedy: FILL_IN, can_be_cleared: true,
        }
        // The emergency contact is outside the permissions that TravelPerk's setup guide asks for.
        EmergencyName {
            name: "emergency-name", detail: OnlyIfNamed("emergency-contact"), sources: [],
            scim: EmergencyContact."name" as Plain, form: Text,
            code: "EMERGENCY_CONTACT_IS_MISSING_OR_INVALID", remedy: FILL_IN, can_be_cleared: true,
        }
        EmergencyPhone {
            name: "emergency-phone", detail: OnlyIfNamed("emergency-contact"), sources: [],
            scim: EmergencyContact."phone" as Plain, form: Phone,
            code: "EMERGENCY_CONTACT_IS_MISSING_OR_INVALID", remedy: WRITE_AS_PHONE, can_be_cleared: true,
        }
    }
    others {
        // The line manager: an account's id.
        Manager {
            name: "manager", detail: Usual("manager"), sources: ["work.reportsTo.id", "work.manager"],
            scim: Enterprise."manager", can_be_cleared: true,
        }
        // The accounts' ids of those who approve trips, with conditions. Written if an approval method is set.
        Approvers {
            name: "approvers", detail: Decided, sources: [],
            scim: TravelPerk."approvers", can_be_cleared: false,
        }
        // Whether the account can be used: true or false.
        Active {
            name: "active", detail: Decided, sources: [],
            scim: User."active", can_be_cleared: false,
        }
    }
}
