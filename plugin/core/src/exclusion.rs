//! Who is left out of the sync by settings: by employee id, by the domain of the work email, or by the value of a field
//! in HiBob.
//!
//! The account of somebody who is excluded is left as it is, whatever their lifecycle status: nobody is archived for it.
//! If HiBob sends one of the fields for nobody, nobody can be told to be excluded or not, and everybody is left as they
//! are.

use crate::field::fold;
use crate::finding::{Finding, Severity};
use crate::hibob::{Datum, NameList};
use crate::text_form;
use std::collections::BTreeSet;

/// Who is excluded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exclusion {
    employees: BTreeSet<String>,
    domains: BTreeSet<String>,
    /// HiBob fields with a value each, as the settings have them.
    fields: Vec<(String, String)>,
}

/// What excludes an employee.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ExcludedBy {
    /// The employee's id.
    Employee(String),
    /// The domain of the work email.
    Domain(String),
    /// The setting at this place of [`Exclusion::field_ids`].
    Field(usize),
}

/// Which settings have excluded somebody, and which fields HiBob has sent.
#[derive(Clone, Debug, Default)]
pub struct Matched {
    by: BTreeSet<ExcludedBy>,
    sent: BTreeSet<String>,
    asked: bool,
}

/// The finding about somebody whom a person has put on hold until the end of this day.
pub(crate) fn on_hold(day: &str) -> Finding {
    Finding::new(
        Severity::Notice,
        "ON_HOLD",
        format!("on hold until the end of {day}; the account, if there is one, is left as it is"),
        "nothing, if that is right; hibob hold TENANT says why, and with the employee's id and --end it ends the hold",
    )
}

/// A value as it is compared: as a name, without case.
fn key(value: &str) -> String {
    text_form::key(value).to_lowercase()
}

impl Exclusion {
    /// Excludes these employees by id, those with a work email of these domains, and those whose fields have these
    /// values.
    pub fn new(employees: &[String], domains: &[String], fields: &[(String, String)]) -> Self {
        let domain = |domain: &String| fold(domain.trim().trim_start_matches('@'));
        let field = |(field, value): &(String, String)| (field.trim().to_owned(), value.trim().to_owned());
        Self {
            employees: employees.iter().map(|id| text_form::key(id).into_owned()).collect(),
            domains: domains.iter().map(domain).collect(),
            fields: fields.iter().map(field).collect(),
        }
    }

    /// Whether nobody is excluded.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The HiBob fields that decide, in the order in which [`Self::of`] takes their values; one may come twice.
    pub fn field_ids(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|(field, _)| field.as_str())
    }

    /// What excludes an employee with this id, work email, and values of [`Self::field_ids`]; none if nothing does.
    pub(crate) fn of<'d>(
        &self,
        id: &str,
        email: Option<&str>,
        values: impl Iterator<Item = &'d Datum<'d>>,
        names: [(&str, &NameList); 2],
        matched: &mut Matched,
    ) -> Option<ExcludedBy> {
        matched.asked = true;
        let mut found = self.employees.get(&*text_form::key(id)).cloned().map(ExcludedBy::Employee);
        let domain = email.and_then(|email| Some(fold(&text_form::address(email)).rsplit_once('@')?.1.to_owned()));
        found = found.or_else(|| self.domains.get(&domain?).cloned().map(ExcludedBy::Domain));
        for (at, ((field, wanted), value)) in self.fields.iter().zip(values).enumerate() {
            if *value != Datum::Absent && !matched.sent.contains(field) {
                matched.sent.insert(field.clone());
            }
            let Some(value) = value.text() else { continue };
            // The items of a list have ids in the records, and names for people.
            let list = names.into_iter().find(|(of, _)| of == field);
            let name = list.and_then(|(_, list)| list.resolve(value));
            if key(value) == key(wanted) || name.is_some_and(|name| key(name) == key(wanted)) {
                found = found.or(Some(ExcludedBy::Field(at)));
            }
        }
        if let Some(by) = &found
            && !matched.by.contains(by)
        {
            matched.by.insert(by.clone());
        }
        found
    }

    /// The finding about somebody who is excluded.
    pub(crate) fn finding(&self, by: &ExcludedBy) -> Finding {
        Finding::new(
            Severity::Notice,
            "EXCLUDED",
            format!("excluded from the sync by {}; the account, if there is one, is left as it is", self.setting(by)),
            "nothing, if that is right; else correct [sync.exclude] in the tenant's file",
        )
    }

    fn setting(&self, by: &ExcludedBy) -> String {
        match by {
            ExcludedBy::Employee(_) => "employee id (sync.exclude.employees)".to_owned(),
            ExcludedBy::Domain(domain) => format!("the email domain {domain} (sync.exclude.email_domains)"),
            ExcludedBy::Field(at) => {
                let (field, value) = self.fields.get(*at).map_or(("", ""), |(field, value)| (field, value));
                format!("{field} = {value} (sync.exclude.fields)")
            }
        }
    }

    /// The fields that HiBob has sent for nobody, after all employees were seen.
    pub(crate) fn unreadable<'e>(&'e self, matched: &Matched) -> Option<&'e str> {
        let sent = &matched.sent;
        self.field_ids().find(|field| matched.asked && !sent.contains(*field))
    }

    /// The finding that a field cannot be read, so that nobody is synced.
    pub(crate) fn unreadable_finding(field: &str) -> Finding {
        Finding::new(
            Severity::Error,
            "EXCLUSION_NOT_READABLE",
            format!(
                "HiBob sends {field} for nobody, so that it does not show who is excluded from the sync; everybody is left as they are"
            ),
            "give the service user's group the permission to see that field, or correct sync.exclude.fields in the tenant's file",
        )
        .field(field)
    }

    /// A finding for each setting that excludes nobody: it may be misspelt.
    pub(crate) fn unmatched(&self, matched: &Matched) -> Vec<Finding> {
        let employees = self.employees.iter().cloned().map(ExcludedBy::Employee);
        let domains = self.domains.iter().cloned().map(ExcludedBy::Domain);
        let fields = (0..self.fields.len()).map(ExcludedBy::Field);
        let unmatched = employees.chain(domains).chain(fields).filter(|by| !matched.by.contains(by));
        let finding = |by: ExcludedBy| {
            let what = match &by {
                ExcludedBy::Employee(id) => format!("the employee id {id} (sync.exclude.employees)"),
                by => self.setting(by),
            };
            Finding::new(
                Severity::Warning,
                "EXCLUSION_WITHOUT_EMPLOYEES",
                format!("nobody is excluded by {what}"),
                "correct it, or take it out of [sync.exclude] in the tenant's file",
            )
        };
        if matched.asked { unmatched.map(finding).collect() } else { Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::borrow::Cow;

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn each_setting_excludes_and_what_excludes_nobody_is_reported() {
        let fields = [("payroll.employment.type", "Contractor"), ("work.department", "Board")];
        let fields = fields.map(|(field, value)| (field.to_owned(), value.to_owned()));
        let exclusion = Exclusion::new(&texts(&["7", "8"]), &texts(&["@Agency.example"]), &fields);
        let departments = crate::hibob::read_list(br#"{"values":[{"id":"1001","value":"Board"}]}"#).unwrap();
        let titles = NameList::default();
        let names = [("work.department", &departments), ("work.title", &titles)];
        let mut matched = Matched::default();
        let text = |text: &'static str| Datum::Text(Cow::Borrowed(text));
        let mut of = |id: &str, email: &str, values: [Datum<'static>; 2]| {
            exclusion.of(id, Some(email), values.iter(), names, &mut matched)
        };
        let nothing = || [Datum::Absent, Datum::Absent];
        assert_eq!(of("7", "ana@acme.example", nothing()), Some(ExcludedBy::Employee("7".to_owned())));
        let domain = Some(ExcludedBy::Domain("agency.example".to_owned()));
        assert_eq!(of("1", "Ben\u{200b}@AGENCY.example", nothing()), domain);
        assert_eq!(of("2", "cy@sub.agency.example", nothing()), None);
        assert_eq!(of("3", "di@acme.example", [text("employee"), text("1001")]), Some(ExcludedBy::Field(1)));
        assert_eq!(of("4", "ed@acme.example", [Datum::Null, text("1002")]), None);
        let codes: Vec<_> = exclusion.unmatched(&matched).into_iter().map(|finding| finding.message).collect();
        assert_eq!(
            codes,
            [
                "nobody is excluded by the employee id 8 (sync.exclude.employees)",
                "nobody is excluded by payroll.employment.type = Contractor (sync.exclude.fields)",
            ]
        );
        assert_eq!(exclusion.unreadable(&matched), None);
        let mut unsent = Matched::default();
        exclusion.of("9", None, nothing().iter(), names, &mut unsent);
        assert_eq!(exclusion.unreadable(&unsent), Some("payroll.employment.type"));
        assert!(Exclusion::default().is_empty() && Exclusion::default().unreadable(&unsent).is_none());
    }
}
