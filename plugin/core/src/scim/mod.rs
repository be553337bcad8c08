//! SCIM 2.0 as TravelPerk implements it (RFC 7643, RFC 7644): the requests, and reading users and listings.

mod answer;
mod lenient;
mod request;
mod user;

pub(crate) use answer::truth;
pub use answer::{UserPage, announces_groups, detail, service_page_size, user_page};
pub use request::{
    attribute_path, create, find_by_external_id, find_by_user_name, get_user, list_users, patch, resource_types,
    service_provider_config,
};
pub use user::{Account, Approver, BrokenRow, Manager, Row, State};

/// The core user schema (RFC 7643, section 8.7.1).
pub const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// The message of a PATCH (RFC 7644, section 3.5.2).
pub const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// Users on one page of a listing: TravelPerk's `filter.maxResults`.
pub const PAGE_USERS_MAX: usize = 50;
