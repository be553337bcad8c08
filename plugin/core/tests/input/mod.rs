//! The readers and their random inputs, for the tests of robustness and of memory.

use hibob_connector_core::hibob::{ArraySplitter, RecordReader, SplitError, read_list};
use hibob_connector_core::http::{Request, Response, SendError};
use hibob_connector_core::link;
use hibob_connector_core::scim::{Account, detail, service_page_size, user_page};
use hibob_connector_core::world::{Entry, StorageError, World};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};
use std::fmt;

/// A reader: the name of what it reads, the most bytes of memory for each byte of input, and the function, which
/// returns the error as text. The multiples follow from the smallest elements that are stored: an object with one key
/// in a tree of values, and a user with only an id, each in a list that was just copied in order to grow.
pub(crate) type Reader = (&'static str, usize, fn(&[u8]) -> Option<String>);
pub(crate) const READERS: [Reader; 8] = [
    ("people/search", 1, |bytes| whole(bytes).err().map(|error| error.to_string())),
    ("employee", 2, |bytes| RecordReader::new(FIELDS).read(bytes).err()),
    ("named list", 128, |bytes| read_list(bytes).err()),
    ("page of users", 80, |bytes| user_page(bytes).err()),
    ("user", 32, |bytes| serde_json::from_slice::<Account>(bytes).err().map(|_| String::new())),
    ("service provider config", 128, |bytes| service_page_size(bytes).err()),
    ("error", 128, |bytes| detail(bytes).filter(|text| text.chars().count() > 200)),
    ("link", 16, |bytes| link::all(&mut Storage(bytes)).err().map(|error| error.0)),
];

const FIELDS: [&str; 6] =
    ["root.id", "root.email", "work.title", "work.siteId", "work.reportsTo.id", "work.custom.field_1"];

/// A storage whose only entry is a link with these bytes.
struct Storage<'b>(&'b [u8]);

impl World for Storage<'_> {
    fn send(&mut self, _request: &Request) -> Result<Response<'_>, SendError> {
        Err(SendError::Denied("a storage only".to_owned()))
    }

    fn get(&mut self, _key: &str) -> Result<Option<Vec<u8>>, StorageError> {
        Ok(Some(self.0.to_vec()))
    }

    fn scan(&mut self, prefix: &str, after: Option<&str>) -> Result<Vec<Entry>, StorageError> {
        Ok(after.is_none().then(|| (format!("{prefix}7"), self.0.to_vec())).into_iter().collect())
    }

    fn put(&mut self, _key: &str, _value: &[u8]) -> Result<(), StorageError> {
        Ok(())
    }

    fn remove(&mut self, _key: &str) -> Result<(), StorageError> {
        Ok(())
    }

    fn log(&mut self, _message: &str) {}

    fn progress(&mut self, _phase: &str, _done: usize, _total: Option<usize>) {}
}

/// Splits a body that arrives in one piece, and drops the elements.
fn whole(bytes: &[u8]) -> Result<(), SplitError> {
    let mut splitter = ArraySplitter::new("employees");
    splitter.feed(bytes, &mut |_| {})?;
    splitter.finish()
}

/// Bytes that are shown as text, since they are mostly text.
#[derive(Clone)]
pub(crate) struct Input(pub(crate) Vec<u8>);

impl fmt::Debug for Input {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?}", String::from_utf8_lossy(&self.0))
    }
}

/// Random JSON with little nesting.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        ".{0,12}".prop_map(Into::into),
        Just("y".repeat(600).into()),
        select(&["29", "a@x.example", "\u{0}", "1001", ""][..]).prop_map(Into::into),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Into::into),
            prop::collection::btree_map("id|value|.{0,3}", inner, 0..3).prop_map(|map| map.into_iter().collect()),
        ]
    })
}

/// An answer of a service, or an entry of the storage, with random values.
pub(crate) fn document() -> impl Strategy<Value = Vec<u8>> {
    (0..8_usize, prop::collection::vec(value(), 12)).prop_map(|(kind, values)| {
        let [a, b, c, d, e, f, g, h, i, j, k, l]: [Value; 12] = values.try_into().unwrap();
        let employee = json!({ "id": a, "email": b, "/root/email": { "value": c }, "humanReadable": d,
            "work": { "title": e, "siteId": f, "reportsTo": { "id": g }, "custom": { "field_1": h } },
            "/work/title": { "value": i }, "/work/reportsTo": { "value": j } });
        let user = json!({ "id": "29", "externalId": b, "userName": c, "active": d, "name": { "givenName": e, "familyName": f },
            "phoneNumbers": [{ "value": g, "type": "work" }, h], "groups": i,
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": { "costCenter": j, "manager": { "value": k } },
            "urn:ietf:params:scim:schemas:extension:travelperk:2.0:User": { "invoiceProfiles": [{ "value": l }] } });
        let document = match kind {
            0 => json!({ "a": l, "employees": [employee, employee, user] }),
            1 => employee,
            2 => user,
            3 => json!({ "totalResults": 2, "Resources": [user, user] }),
            4 => json!({ "values": [{ "id": 1001, "value": a, "children": [{ "id": b, "name": c }] }, d] }),
            5 => json!({ "patch": { "supported": a }, "filter": { "maxResults": b }, "schemas": c, "Schemas": d }),
            6 => json!({ "detail": a, "error": b, "userName": [c] }),
            _ => json!({ "account": "29", "writes": { "title": { "digest": 7, "times": 2, "at": a } } }),
        };
        serde_json::to_vec(&document).unwrap()
    })
}

/// Bytes that no valid document has, or that are expensive.
fn nasty() -> impl Strategy<Value = Vec<u8>> {
    let pieces: Vec<Vec<u8>> = vec![
        b"\0".to_vec(),
        b"\"\\ud800\"".to_vec(),
        b"\\ud800\\u0041".to_vec(),
        b"\xed\xa0\x80".to_vec(),
        b"\xff".to_vec(),
        b"\xef\xbb\xbf".to_vec(),
        b"[".repeat(3_000),
        b"{\"work\":".repeat(3_000),
        b"{\"children\":[".repeat(3_000),
        b"9".repeat(3_000),
        b"1e999999,".to_vec(),
        b"-0.".to_vec(),
        [b"\"", &b"x".repeat(20_000)[..], b"\","].concat(),
        b"\"id\":null,".repeat(300),
        b"\"employees\":[],".to_vec(),
        b"\"Resources\":[{}],".to_vec(),
        b"null,".to_vec(),
    ];
    let signs = select(br#"{}[]",:\ "#.to_vec()).prop_map(|byte| vec![byte]);
    prop_oneof![select(pieces), signs, prop::collection::vec(any::<u8>(), 1..4)]
}

/// A document with a few mistakes: bytes inserted, left out, or repeated.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let mistake = (any::<Index>(), 0..40_usize, prop_oneof![2 => nasty().prop_map(Some), 1 => Just(None)], 0..4_usize);
    (document(), prop::collection::vec(mistake, 0..5)).prop_map(|(mut bytes, mistakes)| {
        for (at, length, insert, times) in mistakes {
            let at = at.index(bytes.len() + 1);
            let end = (at + length).min(bytes.len());
            match insert {
                Some(piece) => drop(bytes.splice(at..at, piece)),
                None => {
                    let piece = bytes.get(at..end).unwrap_or_default().repeat(times);
                    bytes.splice(at..end, piece);
                }
            }
        }
        bytes
    })
}

/// Random inputs: mostly documents with mistakes, sometimes noise.
pub(crate) fn input() -> impl Strategy<Value = Input> {
    let noise = prop::collection::vec(nasty(), 0..40).prop_map(|pieces| pieces.concat());
    prop_oneof![3 => mutated(), 1 => noise].prop_map(Input)
}
