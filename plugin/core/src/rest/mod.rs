//! TravelPerk's REST API, for what SCIM does not have: cost centers, and the invoice profiles that stand for companies.
//!
//! `PUT /cost_centers/{id}/users` is never used: it replaces everybody. Who belongs to a cost center is written to the
//! users, over SCIM.

mod answer;
mod request;

pub use answer::{CostCenter, Page, cost_center, cost_center_page, profile_page};
pub use request::{create_cost_center, get_cost_center, list_cost_centers, list_profiles, restore_cost_center};

/// Rows asked for in one page of a listing. What comes may be fewer: its own limit is not published.
pub const PAGE_ROWS: usize = 50;
