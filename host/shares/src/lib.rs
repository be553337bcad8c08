//! What all calls of a tenant share in one process, so that opening a tenant twice does not double what it may take: how fast
//! services are asked, linear memory, turns at a processor. And what all tenants share: the budget of refused credentials.

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
