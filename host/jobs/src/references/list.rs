//! The list of a tenant's references, as JSON.

use hibob_base::error::HostError;
use hibob_reference_format::credential::SignedCredential;
use hibob_store::database::{DeliveryRow, ReferenceRow};
use hibob_store::privacy::FORGOTTEN;
use std::collections::BTreeMap;

/// The references with their deliveries, as one JSON object.
///
/// # Errors
/// A stored reference cannot be read.
pub fn list_json(
    tenant: &str,
    rows: &[ReferenceRow],
    deliveries: &[DeliveryRow],
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
    Ok(serde_json::json!({ "tenant": tenant, "references": rows? }))
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
