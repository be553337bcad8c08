//! A tenant's configuration: its types, and the checks that refuse wrong settings with the setting's name and a remedy.

pub mod applied_by;
mod conflicts;
mod days;
pub mod delivery;
pub mod due;
pub mod key;
pub mod limits;
pub mod plugin_settings;
pub mod references;
mod safety;
pub mod schedule;
pub mod tenant;
pub mod witnesses;
pub mod zone;

pub use applied_by::AppliedBy;
pub use hibob_net::proxy::Proxy;
pub use limits::Limits;
pub use tenant::TenantConfig;
