//! What wasmtime generates for `wit/frozen/0.2.0`.
//!
//! The interface `types` has not changed since, so its Rust types are those of 0.3.

use super::translate::{directory_sync, offboarding_references};

mod generated {
    #![expect(missing_docs, reason = "generated; the WIT package documents it")]

    wasmtime::component::bindgen!({
        path: "../../wit/frozen/0.2.0",
        world: "plugin",
        imports: { default: async | trappable },
        exports: { default: async },
        with: { "hibob:connector/types@0.2.0": crate::bindings::v0_3::hibob::connector::types },
    });
}

pub use generated::*;

mod sync {
    use super::generated::exports::hibob::connector::directory_sync as wit;
    use hibob_contract::directory_sync as host;

    super::directory_sync!(wit => host);
    super::directory_sync!(host => wit);
}

mod references {
    use super::generated::exports::hibob::connector::offboarding_references as wit;
    use hibob_contract::offboarding_references as host;

    super::offboarding_references!(wit => host);
    super::offboarding_references!(host => wit);

    impl From<wit::Detection> for host::Detection {
        fn from(from: wit::Detection) -> Self {
            use super::super::list;
            Self {
                seen: list(from.seen),
                departures: list(from.departures),
                cancelled: list(from.cancelled),
                corrected: list(from.corrected),
                overlaps: Vec::new(),
                held: Vec::new(),
                employees: from.employees,
                findings: list(from.findings),
            }
        }
    }
}
