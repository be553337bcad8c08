//! A set of text fields.

use super::table::{TEXT_FIELDS_COUNT, TextField};

/// Bytes of a set: a bit for each text field. The table's length decides them, so there is no field without a bit of
/// its own.
const BYTES: usize = TEXT_FIELDS_COUNT.div_ceil(u8::BITS as usize);

const _: () = assert!(BYTES * u8::BITS as usize >= TEXT_FIELDS_COUNT, "a text field has no bit of its own in a set");

/// A set of text fields, with as many bits as the table has text fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FieldSet([u8; BYTES]);

impl FieldSet {
    /// No field.
    pub const EMPTY: Self = Self([0; BYTES]);

    /// Whether a field is in the set.
    pub fn contains(self, field: TextField) -> bool {
        let (byte, bit) = place(field);
        self.0.get(byte).is_some_and(|bits| bits & bit != 0)
    }

    /// Whether there is no field in the set.
    pub fn is_empty(self) -> bool {
        self == Self::EMPTY
    }

    /// Adds a field. Returns whether it is new to the set.
    pub fn insert(&mut self, field: TextField) -> bool {
        let is_new = !self.contains(field);
        let (byte, bit) = place(field);
        if let Some(bits) = self.0.get_mut(byte) {
            *bits |= bit;
        }
        is_new
    }
}

impl FromIterator<TextField> for FieldSet {
    fn from_iter<T: IntoIterator<Item = TextField>>(fields: T) -> Self {
        let mut set = Self::EMPTY;
        for field in fields {
            set.insert(field);
        }
        set
    }
}

/// The byte that has a field's bit, and the bit.
fn place(field: TextField) -> (usize, u8) {
    let index = field.index();
    (index / 8, 1 << (index % 8))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::TEXT_FIELDS;

    #[test]
    fn every_field_has_a_bit_of_its_own() {
        for field in TEXT_FIELDS {
            let mut set = FieldSet::EMPTY;
            assert!(set.insert(field) && !set.insert(field));
            let found: Vec<TextField> = TEXT_FIELDS.into_iter().filter(|other| set.contains(*other)).collect();
            assert_eq!(found, [field]);
            assert!(!set.is_empty());
        }
        let all: FieldSet = TEXT_FIELDS.into_iter().collect();
        assert!(TEXT_FIELDS.into_iter().all(|field| all.contains(field)));
    }
}
