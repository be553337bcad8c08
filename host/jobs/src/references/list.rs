//! The list of a tenant's references, as JSON, and how one of them is named.

use crate::references::revoke::unknown;
use hibob_base::error::HostError;
use hibob_reference_format::credential::SignedCredential;
use hibob_store::database::{DeliveryRow, DepartureDetails, DepartureRow, ReferenceRow};
use hibob_store::privacy::FORGOTTEN;
use std::collections::BTreeMap;

/// The references with their deliveries, and the departures without a reference, as one JSON object.
///
/// # Errors
/// A stored reference cannot be read.
pub fn list_json(
    tenant: &str,
    rows: &[ReferenceRow],
    deliveries: &[DeliveryRow],
    open: &[(DepartureRow, DepartureDetails)],
) -> Result<serde_json::Value, HostError> {
    let deliveries: BTreeMap<u64, &DeliveryRow> = deliveries.iter().map(|row| (row.log_index, row)).collect();
    let json = |row: &ReferenceRow| {
        let delivery = deliveries.get(&row.log_index).map(|row| {
            serde_json::json!({
                "state": row.state, "attempts": row.attempts, "next_at": row.next_at, "said": row.said,
                "changed_at": row.changed_at,
            })
        });
        Ok(serde_json::json!({
            "id": row.id,
            "log_index": row.log_index,
            "employee_id": row.departure.employee_id,
            "ended_on": row.departure.ended_on,
            "name": name_of(row)?,
            "issued_at": row.issued_at,
            "selector": row.selector,
            "plugin_digest": row.plugin_digest,
            "state": row.state,
            "state_reason": row.state_reason,
            "delivery": delivery,
        }))
    };
    let rows: Result<Vec<_>, HostError> = rows.iter().map(json).collect();
    let open: Vec<_> = open
        .iter()
        .map(|(row, details)| {
            serde_json::json!({
                "employee_id": row.employee_id, "ended_on": row.ended_on, "name": details.name, "seen_at": row.seen_at,
                "why": row.why, "waived_by": details.by, "waived_because": details.reason,
            })
        })
        .collect();
    Ok(serde_json::json!({ "tenant": tenant, "references": rows?, "without_reference": open }))
}

/// The name in the reference, or `forgotten` where its document is gone because the person was erased.
///
/// # Errors
/// The stored reference cannot be read.
pub fn name_of(row: &ReferenceRow) -> Result<String, HostError> {
    if row.document.is_empty() {
        return Ok(FORGOTTEN.to_owned());
    }
    let signed = SignedCredential::parse(&row.document)
        .map_err(|error| HostError::Storage(format!("the reference {} cannot be read: {error}", row.id)))?;
    Ok(signed.credential().claims.name().to_string())
}

/// The id of the one reference of a tenant whose id begins with `prefix`.
///
/// # Errors
/// No id begins so, or several do and none of them is exactly that; the error lists them.
pub fn whole_id(tenant: &str, ids: &[&str], prefix: &str) -> Result<String, HostError> {
    let found: Vec<&str> = ids.iter().copied().filter(|id| !prefix.is_empty() && id.starts_with(prefix)).collect();
    match found.as_slice() {
        [id] => Ok((*id).to_owned()),
        _ if found.contains(&prefix) => Ok(prefix.to_owned()),
        [] => Err(unknown(tenant, prefix)),
        several => Err(HostError::configuration(
            format!("{} references of tenant {tenant} begin with {prefix}: {}", several.len(), several.join(", ")),
            "give more characters of the one that is meant",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_names_one_reference_or_lists_those_that_it_may_mean() {
        let ids = ["6f1c0a", "6f1c", "6f2d", "90ab"];
        let named = |prefix| whole_id("acme", &ids, prefix);
        assert_eq!(named("9").unwrap(), "90ab");
        assert_eq!(named("6f1c0a").unwrap(), "6f1c0a");
        // An id that is also the beginning of another one is meant itself.
        assert_eq!(named("6f1c").unwrap(), "6f1c");
        let ambiguous = named("6f").unwrap_err().to_string();
        assert!(ambiguous.contains("6f1c0a, 6f1c, 6f2d") && !ambiguous.contains("90ab"), "{ambiguous}");
        for unknown in ["", "7", "90ab1"] {
            assert!(named(unknown).unwrap_err().to_string().contains("has no reference"));
        }
    }
}
