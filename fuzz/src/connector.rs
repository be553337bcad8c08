//! What the connector reads of HiBob, of TravelPerk, of its own storage and of the tenant's file.

use crate::Reading;
use crate::world::Answers;
use hibob_connector_core::change::{Change, ChangeKind, FieldChange};
use hibob_connector_core::field::{TEXT_FIELDS, TextField};
use hibob_connector_core::hibob::{ArraySplitter, Datum, ELEMENT_BYTES_MAX, RecordReader, SplitError, read_list};
use hibob_connector_core::link;
use hibob_connector_core::references::ReferenceSettings;
use hibob_connector_core::scim::{Account, State, announces_groups, create, detail, service_page_size, user_page};
use hibob_connector_core::settings::Settings;
use hibob_connector_core::value::{NamedValue, Value as SettingValue};
use hibob_connector_core::{rest, scim};
use hibob_policy::answer_reader::AnswerReader;
use hibob_policy::work_emails::WorkEmails;
use serde_json::{Map, Value};
use std::sync::LazyLock;

/// Longest error of a reader, in bytes: it says where the fault is and repeats nothing of what was read.
const ERROR_BYTES_MAX: usize = 500;

fn assert_short(error: Option<&String>) {
    assert!(error.is_none_or(|error| error.len() <= ERROR_BYTES_MAX), "{error:?}");
}

/// Splits a `people/search` answer that comes in pieces of this many bytes.
fn split(bytes: &[u8], piece: usize) -> (Vec<Vec<u8>>, Result<(), SplitError>) {
    let mut elements = Vec::new();
    let mut splitter = ArraySplitter::new("employees");
    for piece in bytes.chunks(piece) {
        if let Err(error) = splitter.feed(piece, &mut |element| elements.push(element.to_vec())) {
            return (elements, Err(error));
        }
    }
    (elements, splitter.finish())
}

/// The first byte is the length of the pieces in which the rest arrives. How it arrives does not matter, no element is
/// larger than allowed, and where a whole parser reads exactly one list, the splitter gives its elements. Whatever id and
/// work email the plugin reads in an answer, the host has noted.
pub(crate) fn people_search(bytes: &[u8]) -> Reading {
    let Some((length, body)) = bytes.split_first() else { return Reading::Refused };
    let (mut reader, mut work_emails) = (AnswerReader::default(), WorkEmails::default());
    body.chunks(usize::from(*length).max(1)).for_each(|piece| reader.read(piece, &mut work_emails));
    let (elements, result) = split(body, usize::from(*length).max(1));
    assert_eq!((&elements, &result), (&split(body, usize::MAX).0, &split(body, usize::MAX).1));
    assert!(elements.iter().all(|element| element.len() <= ELEMENT_BYTES_MAX));
    // A key may be spelled with escapes, which the splitter does not read, or be there twice: then nothing is compared.
    let is_plain = !body.contains(&b'\\') && String::from_utf8_lossy(body).matches("employees").count() == 1;
    if let (Ok(Value::Object(answer)), true) = (serde_json::from_slice(body), is_plain)
        && let Some(Value::Array(list)) = answer.get("employees")
    {
        assert_eq!(result, Ok(()));
        let read: Vec<Value> = elements.iter().map(|element| serde_json::from_slice(element).unwrap()).collect();
        assert_eq!(&read, list);
    }
    let records = elements.iter().filter_map(|element| RECORD_READER.read(element).ok());
    for record in records {
        if let (Datum::Text(id), Datum::Text(email)) = (record.at(0), record.at(1)) {
            assert!(result.is_err() || work_emails.has(id, email), "{id} {email}");
        }
    }
    Reading::of(&result)
}

static RECORD_READER: LazyLock<RecordReader> = LazyLock::new(|| RecordReader::new(FIELDS));

const FIELDS: [&str; 6] =
    ["root.id", "root.email", "work.title", "work.siteId", "work.reportsTo.id", "work.custom.field_1"];

/// A text is never empty and has no white space around it; white space around the record does not matter; whatever is
/// read is JSON.
pub(crate) fn employee_record(bytes: &[u8]) -> Reading {
    let record = RECORD_READER.read(bytes);
    assert_short(record.as_ref().err());
    let padded = [b" \n", bytes, b"\t"].concat();
    assert_eq!(record.as_ref().ok(), RECORD_READER.read(&padded).as_ref().ok());
    if let Ok(record) = &record {
        assert!(serde_json::from_slice::<serde::de::IgnoredAny>(bytes).is_ok());
        for place in 0..FIELDS.len() {
            if let Datum::Text(text) = record.at(place) {
                assert!(!text.is_empty() && text.trim() == text, "{text:?}");
            }
        }
        assert_eq!(record.at(FIELDS.len()), &Datum::Absent);
    }
    Reading::of(&record)
}

/// A list has no more names than its bytes can hold, and no empty one.
pub(crate) fn named_list(bytes: &[u8]) -> Reading {
    const ITEM_BYTES_MIN: usize = r#"{"id":1,"name":"a"}"#.len();
    let list = read_list(bytes);
    assert_short(list.as_ref().err());
    if let Ok(list) = &list {
        assert!(list.count() * ITEM_BYTES_MIN <= bytes.len());
        assert_eq!(list.resolve("Engineering").map(str::is_empty), Some(false));
    }
    Reading::of(&list)
}

static SETTINGS: LazyLock<Settings> = LazyLock::new(|| {
    let text =
        |name: &str, text: &str| NamedValue { name: name.to_owned(), value: SettingValue::Text(text.to_owned()) };
    Settings::read(&[text("hibob-url", "https://hibob/v1"), text("scim-url", "https://travelperk/scim")]).unwrap()
});

/// The change that makes an account with these texts.
fn creation(account: &Account) -> Change {
    let field = |field: TextField| {
        let after = Some(SettingValue::Text(account.text(field)?.to_owned()));
        Some(FieldChange { field: field.name().to_owned(), before: None, after })
    };
    Change {
        id: "create:7".to_owned(),
        kind: ChangeKind::Create,
        employee_id: Some("7".to_owned()),
        target_id: None,
        display_name: account.display_name(),
        depends_on: Vec::new(),
        after: Vec::new(),
        fields: TEXT_FIELDS.into_iter().filter_map(field).collect(),
        reason: "new".to_owned(),
    }
}

/// A page of users, or one user. An account that is written as it was read is read as it was written.
pub(crate) fn scim_users(bytes: &[u8]) -> Reading {
    let page = user_page(bytes);
    assert_short(page.as_ref().err());
    let user = serde_json::from_slice::<Account>(bytes);
    let accounts = page.iter().flat_map(|page| &page.accounts).chain(&user);
    for account in accounts {
        assert!(!account.id.is_empty() && !account.display_name().is_empty());
        let request = create(&SETTINGS, &creation(account), None);
        let mut written: Map<String, Value> = serde_json::from_slice(&request.body).unwrap();
        written.insert("id".to_owned(), "1".into());
        let read: Account = serde_json::from_value(Value::Object(written)).unwrap();
        assert_eq!(read.texts, account.texts);
        assert_eq!(read.state, State::Active);
    }
    Reading::accepted_if(page.is_ok() || user.is_ok())
}

/// Everything else that TravelPerk answers: its SCIM configuration, cost centers, invoice profiles, errors. What an
/// error says is short and one line.
pub(crate) fn service_answers(bytes: &[u8]) -> Reading {
    if let Some(text) = detail(bytes) {
        assert!(text.chars().count() <= 200 && !text.contains(char::is_control) && !text.trim().is_empty(), "{text:?}");
    }
    let size = service_page_size(bytes);
    let groups = announces_groups(bytes);
    let centers = rest::cost_center_page(bytes);
    let center = rest::cost_center(bytes);
    let profiles = rest::profile_page(bytes);
    for error in [size.as_ref().err(), groups.as_ref().err(), centers.as_ref().err(), center.as_ref().err()] {
        assert_short(error);
    }
    assert_short(profiles.as_ref().err());
    if let Ok(page) = &centers {
        assert!(page.items.len() <= page.rows && page.items.iter().all(|center| !center.id.is_empty()));
    }
    if let Ok(page) = &profiles {
        assert!(page.items.len() <= page.rows);
    }
    Reading::accepted_if(size.is_ok())
}

/// An entry of the tenant's storage. A link that is put and read is the same.
pub(crate) fn stored_link(bytes: &[u8]) -> Reading {
    let mut world = Answers::new(Vec::new(), |_, number| number);
    world.storage.insert("link/7".to_owned(), bytes.to_vec());
    let link = link::get(&mut world, "7");
    assert_short(link.as_ref().err().map(|error| &error.0));
    let all = link::all(&mut world);
    assert_eq!(link.is_ok(), all.is_ok());
    if let Ok(Some(link)) = &link {
        assert_eq!(all.unwrap().get("7"), Some(link));
        link::put(&mut world, "7", link).unwrap();
        assert_eq!(link::get(&mut world, "7").as_ref(), Ok(&Some(link.clone())));
        let mut link = link.clone();
        link.wrote("title", Some("Engineer"), u64::MAX);
        link.wrote("title", Some("Engineer"), u64::MAX);
        assert!(link.is_contested("title", Some("Engineer"), u64::MAX));
    }
    Reading::of(&link)
}

/// Named values of a JSON object: what a host makes of a tenant's file. Whatever is refused is refused with a finding
/// that names its setting, and the order of the values does not matter.
pub(crate) fn settings(bytes: &[u8]) -> Reading {
    let Ok(Value::Object(object)) = serde_json::from_slice(bytes) else { return Reading::Refused };
    let mut values: Vec<NamedValue> = object
        .into_iter()
        .filter_map(|(name, value)| {
            let texts = |items: Vec<Value>| -> Option<Vec<String>> {
                items.iter().map(|item| Some(item.as_str()?.to_owned())).collect()
            };
            let pairs = |table: Map<String, Value>| -> Option<Vec<(String, String)>> {
                table.into_iter().map(|(key, value)| Some((key, value.as_str()?.to_owned()))).collect()
            };
            let value = match value {
                Value::String(text) => SettingValue::Text(text),
                Value::Bool(flag) => SettingValue::Flag(flag),
                Value::Number(number) => SettingValue::Integer(number.as_i64()?),
                Value::Array(items) => SettingValue::Texts(texts(items)?),
                Value::Object(table) => SettingValue::Pairs(pairs(table)?),
                Value::Null => return None,
            };
            Some(NamedValue { name, value })
        })
        .collect();
    let sync = Settings::read(&values);
    let references = ReferenceSettings::read(&values);
    for findings in [sync.as_ref().err(), references.as_ref().err()].into_iter().flatten() {
        assert!(!findings.is_empty() && findings.iter().all(|finding| finding.field.is_some()));
    }
    if let Ok(settings) = &sync {
        assert!(!settings.hibob_url.ends_with('/') && !settings.scim_url.ends_with('/'));
        let request = scim::get_user(settings, "../7");
        assert_eq!(request.url, format!("{}/Users/..%2F7", settings.scim_url));
    }
    values.reverse();
    assert_eq!(Settings::read(&values).as_ref().ok(), sync.as_ref().ok());
    assert_eq!(ReferenceSettings::read(&values).as_ref().ok(), references.as_ref().ok());
    Reading::accepted_if(sync.is_ok() || references.is_ok())
}
