//! What the calls of a tenant share in one process: the pace of requests, linear memory, and turns at a processor. It
//! is shared, so opening a tenant twice does not double its limits. The budget of refused credentials is shared by all
//! tenants.

pub mod memory;
pub mod pace;
pub mod refusals;
pub mod tenant;
pub mod turns;
pub mod wait;
pub mod waits;
pub mod windows;

pub use memory::TenantMemory;
pub use pace::Pace;
pub use refusals::RefusalBudget;
pub use tenant::{Shared, SharedByTenant};
pub use turns::Turns;
pub use waits::Waits;
