//! What wasmtime generates for `wit/`, version 0.3.

mod generated {
    #![expect(missing_docs, reason = "generated; the WIT package documents it")]

    wasmtime::component::bindgen!({
        path: "../../wit",
        world: "plugin",
        imports: { default: async | trappable },
        exports: { default: async },
    });
}

pub use generated::*;

use super::translate::{directory_sync, offboarding_references, records, types};

/// Translates the interface `types`.
mod shared {
    use super::generated::hibob::connector::types as wit;
    use hibob_contract::types as host;

    super::types!(wit => host);
    super::types!(host => wit);
}

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
    super::records! { wit => host;
        Detection {
            seen: list, departures: list, cancelled: list, corrected: list, overlaps: list, held, employees,
            findings: list,
        }
        EmployeeClaims { employee_id, claims: option }
        Overlap { employee_id, by, has_same_names }
    }
}
