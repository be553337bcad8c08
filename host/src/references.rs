//! Offboarding references: what the plugin is asked, and what of its answers the host believes.

mod ask;

pub use crate::bindings::references::{Claims, Departure, Detection, Issued, Known, Seen, Standing};
pub use ask::{Confirmed, address, claims, departures, look_up};
