//! The text fields of one employee or account in a single allocation. 100,000 employees are compared with 100,000
//! accounts field by field, and that is faster the closer the texts are in memory.

use crate::field::{TEXT_FIELDS_COUNT, TextField};

/// A text for each text field; an empty one counts as none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Texts {
    buffer: Box<str>,
    /// Where each field's text ends; it begins where the one before ends.
    ends: [u32; TEXT_FIELDS_COUNT],
}

impl Texts {
    /// Packs texts, in the order of the fields. A text that does not fit into 4 GiB with those before it counts as
    /// none.
    pub fn pack<T: AsRef<str>>(texts: &[Option<T>; TEXT_FIELDS_COUNT]) -> Self {
        let text = |text: &Option<T>| text.as_ref().map_or(0, |text| text.as_ref().len());
        let mut buffer = String::with_capacity(texts.iter().map(text).sum());
        let mut ends = [0; TEXT_FIELDS_COUNT];
        for (text, end) in texts.iter().zip(&mut ends) {
            let text = text.as_ref().map(AsRef::as_ref).unwrap_or_default();
            if u32::try_from(buffer.len() + text.len()).is_ok() {
                buffer.push_str(text);
            }
            *end = u32::try_from(buffer.len()).unwrap_or(u32::MAX);
        }
        Self { buffer: buffer.into(), ends }
    }

    /// The text of a field.
    pub fn get(&self, field: TextField) -> Option<&str> {
        let index = field.index();
        let start = index.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or_default();
        let end = self.ends.get(index).copied()?;
        self.buffer.get(start as usize..end as usize).filter(|text| !text.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::TEXT_FIELDS;

    #[test]
    fn each_text_comes_back_and_an_empty_one_is_none() {
        let mut texts: [Option<&str>; TEXT_FIELDS_COUNT] = [None; TEXT_FIELDS_COUNT];
        texts[TextField::UserName.index()] = Some("zoë@x");
        texts[TextField::Title.index()] = Some("");
        texts[TextField::EmergencyPhone.index()] = Some("+34 1");
        let packed = Texts::pack(&texts);
        for field in TEXT_FIELDS {
            let want = texts[field.index()].filter(|text| !text.is_empty());
            assert_eq!(packed.get(field), want, "{}", field.name());
        }
        assert_eq!(Texts::default().get(TextField::UserName), None);
    }
}
