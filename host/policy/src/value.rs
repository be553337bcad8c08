//! The values of fields in a plan.

use hibob_contract::types::Value;

/// Whether a value counts as none: it is absent, an empty text, or a list without an item.
pub(crate) fn is_none(value: &Option<Value>) -> bool {
    match value {
        None => true,
        Some(Value::Text(text)) => text.is_empty(),
        Some(Value::Texts(texts)) => texts.is_empty(),
        Some(Value::Pairs(pairs)) => pairs.is_empty(),
        Some(Value::Flag(_) | Value::Integer(_) | Value::Person(_)) => false,
    }
}
