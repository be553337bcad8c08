//! TravelPerk's REST API, for what SCIM does not have: cost centers, and invoice profiles, which are the companies.
//!
//! `PUT /cost_centers/{id}/users` is never used, since it replaces all members. Accounts are assigned to cost centers
//! over SCIM.

mod answer;
mod request;

pub use answer::{CostCenter, Page, cost_center, cost_center_page, profile_page};
pub use request::{create_cost_center, get_cost_center, list_cost_centers, list_profiles, restore_cost_center};

/// Rows that are requested for one page of a listing. TravelPerk may send fewer; its limit is not published.
pub const PAGE_ROWS: usize = 50;
