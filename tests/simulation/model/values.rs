//! Tables of the values that HiBob's fields may have and of their forms in TravelPerk. They are tables so that the
//! core's conversions are not repeated here.

use super::rules::{
    CUSTOM_CONTACT, CUSTOM_CONTACT_PHONE, CUSTOM_LANGUAGE, CUSTOM_LOCALE, CUSTOM_POLICY, CUSTOM_TITLE, SITES,
};
use hibob_fakes::Employee;
use serde_json::Value;

/// The title of an archived item of HiBob's list. HiBob sends an id for it that is in no list.
pub(crate) const ARCHIVED_TITLE: &str = "Intern";

/// The values that each HiBob field may have. The first value of each is valid.
pub(crate) const POOLS: [(&str, &[&str]); 14] = [
    ("work.title", &["Engineer", "Lead", ARCHIVED_TITLE]),
    ("work.department", &["Sales", "R&D"]),
    ("work.site", &SITES),
    ("work.workPhone", &["+34 600.100.200", "+1 (555) 010-0100", "600100200"]),
    ("work.workMobile", &["+34 600100200", "+44 20 7946 0000", "+34"]),
    ("home.legalGender", &["Female", "male", "X"]),
    ("personal.birthDate", &["1990-02-28", "1971-12-31", "28/02/1990", "2190-01-01"]),
    ("address.country", &["Spain", "Germany"]),
    (CUSTOM_TITLE, &["Engineer", "Cap\u{200b}tain"]),
    (CUSTOM_LANGUAGE, &["en-GB", "fr", "Klingon"]),
    (CUSTOM_LOCALE, &["en-GB", "es-ES"]),
    (CUSTOM_POLICY, &["Standard", "Executives"]),
    (CUSTOM_CONTACT, &["Eva\u{a0} Ruiz", "Zoe\u{308}"]),
    (CUSTOM_CONTACT_PHONE, &["+34 600 300 400", "112"]),
];

/// Values that have another form in TravelPerk than in HiBob; `None` if TravelPerk does not accept them.
const TAKEN: [(&str, &str, Option<&str>); 12] = [
    ("title", ARCHIVED_TITLE, None),
    ("phone", "+34 600.100.200", Some("+34 600 100 200")),
    ("phone", "600100200", None),
    ("phone", "+34", None),
    ("gender", "Female", Some("F")),
    ("gender", "male", Some("M")),
    ("gender", "X", None),
    ("date-of-birth", "28/02/1990", None),
    ("date-of-birth", "2190-01-01", None),
    ("language", "en-GB", Some("en")),
    ("language", "Klingon", None),
    ("emergency-phone", "112", None),
];

/// Characters that show nothing. None of them belongs into a name in Latin letters.
const INVISIBLE: [char; 6] = ['\u{200b}', '\u{feff}', '\u{ad}', '\u{2060}', '\u{200e}', '\u{202c}'];
/// Letters that are written as a letter and a mark (NFD), and as one letter (NFC).
const COMPOSED: [(&str, &str); 3] = [("e\u{301}", "é"), ("e\u{308}", "ë"), ("a\u{301}", "á")];

/// A text as everybody reads it: without what nobody sees, with single blanks between words, and composed letters.
pub(crate) fn plain(text: &str) -> String {
    let mut seen: String = text.chars().filter(|character| !INVISIBLE.contains(character)).collect();
    for (parts, letter) in COMPOSED {
        seen = seen.replace(parts, letter);
    }
    seen.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The same text with something in it that nobody sees, or that is written in another way.
pub(crate) fn dress(text: &str, how: usize) -> String {
    let middle = text.char_indices().nth(1).map_or(text.len(), |(at, _)| at);
    let (start, end) = text.split_at(middle);
    match how % 5 {
        0 => format!("{text}\u{200b}"),
        1 => format!("\u{feff}{start}\u{ad}{end}\u{202c}"),
        2 => format!("{start}\u{2060}\u{200e}{end}"),
        3 => format!(" {}\u{3000}", text.replace(' ', "\u{a0} \u{2003}")),
        _ => COMPOSED.into_iter().fold(text.to_owned(), |text, (parts, letter)| text.replace(letter, parts)),
    }
}

/// HiBob's text in TravelPerk's form.
pub(crate) fn taken(field: &str, text: &str) -> Option<String> {
    let known = TAKEN.iter().find(|(of, said, _)| *of == field && *said == text);
    known.map_or(Some(text), |(.., taken)| *taken).map(str::to_owned)
}

/// Whether TravelPerk's text counts as the same as the wanted one.
pub(crate) fn same(field: &str, now: &str, wanted: &str) -> bool {
    let dialled = |phone: &str| phone.replace([' ', '(', ')', '-', '.'], "");
    match field {
        "user-name" => plain(now).to_lowercase() == wanted.to_lowercase(),
        "phone" | "emergency-phone" => dialled(now) == dialled(wanted),
        "company" => now.split('|').any(|company| company == wanted),
        _ => plain(now) == wanted,
    }
}

/// HiBob's value of a field as everybody reads it: `None` if it is not sent, `Some(None)` if it is empty.
pub(crate) fn says(person: &Employee, field: &str) -> Option<Option<String>> {
    let text = as_sent(person, field)?;
    Some(text.map(|text| plain(&text)).filter(|text| !text.is_empty()))
}

fn as_sent(person: &Employee, field: &str) -> Option<Option<String>> {
    if person.removed.contains(field) {
        return None;
    }
    if let Some(value) = person.overrides.get(field) {
        return Some(value.as_str().map(str::to_owned));
    }
    let text = match field {
        "root.firstName" => person.first_name.clone(),
        "root.surname" => person.surname.clone(),
        "root.email" => person.email.clone().unwrap_or_default(),
        "internal.lifecycleStatus" => person.lifecycle_status.clone(),
        "work.startDate" => person.start_date.to_string(),
        "work.title" => person.title.clone(),
        "work.department" => person.department.clone(),
        "work.site" => person.site.clone(),
        "work.manager" => person.manager.clone().unwrap_or_default(),
        _ => String::new(),
    };
    Some(Some(text).filter(|text| !text.is_empty()))
}

/// Sets HiBob's value of a field.
pub(crate) fn say(person: &mut Employee, field: &str, said: Option<Option<&str>>) {
    person.removed.remove(field);
    if field == "work.manager" {
        // HiBob has the line manager in two fields, which are both visible or both hidden.
        person.removed.remove("work.reportsTo");
        if said.is_none() {
            person.removed.insert("work.reportsTo".to_owned());
        }
    }
    let text = said.flatten().unwrap_or_default().to_owned();
    match field {
        _ if said.is_none() => drop(person.removed.insert(field.to_owned())),
        "root.email" => person.email = Some(text).filter(|text| !text.is_empty()),
        "work.manager" => person.manager = Some(text).filter(|text| !text.is_empty()),
        "work.title" => person.title = text,
        "work.department" => person.department = text,
        "work.site" => person.site = text,
        _ => drop(person.overrides.insert(field.to_owned(), said.flatten().map_or(Value::Null, Value::from))),
    }
}
