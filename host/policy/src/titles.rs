//! Which job title each employee has by HiBob's answers.
//!
//! A title that changes after somebody's last day, such as "Alumni", is not what the person was. The host reads the titles
//! itself, so that this does not depend on the plugin.

use crate::answer_reader::Notes;
use crate::person_scope::value_of;
use crate::text_form::compared;
use serde_json::Value;
use std::collections::BTreeMap;

/// The titles of the employees in HiBob's answers to one call, as HiBob writes them: the id of an item of its list, or a
/// text.
#[derive(Debug, Default)]
pub struct Titles {
    /// By the employee's id; none where two records of an employee have different titles.
    by_employee: BTreeMap<String, Option<String>>,
}

impl Titles {
    /// Each employee who has one title, with it, in the order of the employee ids.
    pub fn into_known(self) -> impl Iterator<Item = (String, String)> {
        self.by_employee.into_iter().filter_map(|(employee, title)| Some((employee, title?)))
    }
}

impl Notes for Titles {
    type Employee<'a> = Value;

    fn note_employee(&mut self, employee: Value) {
        let Some(title) = value_of(&employee, "work.title") else { return };
        let Some(id) = value_of(&employee, "root.id") else { return };
        let title = compared(&title).into_owned();
        let known = self.by_employee.entry(id).or_insert_with(|| Some(title.clone()));
        if known.as_ref().is_some_and(|known| *known != title) {
            *known = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer_reader::AnswerReader;

    #[test]
    fn a_title_is_read_in_both_forms_and_only_where_all_records_agree() {
        const ANSWER: &str = r#"{"employees":[
            {"id":"1","work":{"title":"267900001","manager":{"title":"no"}}},
            {"/root/id":{"value":2},"/work/title":{"value":267900002}},
            {"id":"3","work":{"title":null}},{"id":"4","title":"no"},
            {"id":"5","work":{"title":"a"}},{"id":"5","work":{"title":"b"}},
            {"id":"6","work":{"title":"a "}},{"id":"6","work":{"title":"a"}}]}"#;
        let (mut reader, mut titles) = (AnswerReader::default(), Titles::default());
        ANSWER.as_bytes().chunks(7).for_each(|piece| reader.read(piece, &mut titles));
        let text = |(employee, title): (&str, &str)| (employee.to_owned(), title.to_owned());
        let known = [("1", "267900001"), ("2", "267900002"), ("6", "a")].map(text);
        assert_eq!(titles.into_known().collect::<Vec<_>>(), known);
    }
}
