//! The queries that a change may let out. Each is read, compared with the change, and written anew by the host.

use std::collections::BTreeSet;

/// A search for an account by a value of the change: `filter=userName eq "…"` or `filter=externalId eq "…"` (RFC 7644,
/// section 3.4.2.2), compared after decoding. Returns the query to send.
pub(super) fn search(query: &str, user_names: &BTreeSet<String>, external_ids: &BTreeSet<String>) -> Option<String> {
    let filter = decode(query.strip_prefix("filter=")?)?;
    let (attribute, literal) = filter.split_once(" eq ")?;
    let values = match attribute {
        "userName" => user_names,
        "externalId" => external_ids,
        _ => return None,
    };
    let value: String = serde_json::from_str(literal).ok()?;
    let value = values.get(&value)?;
    Some(format!("filter={}", encode(&format!("{attribute} eq {}", serde_json::Value::from(value.as_str())))))
}

/// A page of a listing: `offset` and `limit`, each once. Returns the query to send.
pub(super) fn page(query: &str) -> Option<String> {
    let mut numbers = [None, None];
    for part in query.split('&') {
        let (name, number) = part.split_once('=')?;
        let place = ["offset", "limit"].iter().position(|known| *known == name)?;
        let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        let number: u32 = number.parse().ok().filter(|_| is_number)?;
        if numbers.get_mut(place)?.replace(number).is_some() {
            return None;
        }
    }
    let [offset, limit] = numbers;
    let parts = [("offset", offset), ("limit", limit)];
    let parts: Vec<String> =
        parts.into_iter().filter_map(|(name, number)| Some(format!("{name}={}", number?))).collect();
    Some(parts.join("&"))
}

/// Decodes percent-encoding. `None` if the text is encoded wrongly, is not UTF-8, or has a plus sign or an ampersand,
/// which some services read as a space and as the end of the value.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                let (high, low) = (digit()?, digit()?);
                u8::try_from(high * 16 + low).ok()?
            }
            b'+' | b'&' => return None,
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len() * 3);
    for byte in text.bytes() {
        match byte {
            byte if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => encoded.push(char::from(byte)),
            byte => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn searched(query: &str) -> Option<String> {
        search(query, &BTreeSet::from(["a+b@x".to_owned()]), &BTreeSet::from(["7".to_owned()]))
    }

    #[test]
    fn a_change_searches_for_its_own_values_only() {
        let by_name = "filter=userName%20eq%20%22a%2Bb%40x%22";
        assert_eq!(searched(by_name).as_deref(), Some(by_name));
        assert_eq!(searched("filter=%75serName%20eq%20%22a%2bb@x%22").as_deref(), Some(by_name));
        assert_eq!(searched("filter=userName%20eq%20%22\\u0061%2Bb@x%22").as_deref(), Some(by_name));
        assert!(searched("filter=externalId%20eq%20%227%22").is_some());
        for query in [
            "",
            "filter=",
            "filter=userName%20eq%20%22c@x%22",
            "filter=userName%20eq%20%22a+b@x%22",
            "filter=userName+eq+%22a%2Bb@x%22",
            "filter=userName%20eq%20%22a%2Bb@x%22&attributes=id",
            "attributes=id&filter=userName%20eq%20%22a%2Bb@x%22",
            "filter=userName%20eq%20%22a%2Bb@x%22%20or%20active%20eq%20true",
            "filter=userName%20eq%20%22a%2Bb@x%22%26attributes=id",
            "filter=userName%20sw%20%22a%2Bb@x%22",
            "filter=externalId%20eq%20%22a%2Bb@x%22",
            "filter=title%20eq%20%227%22",
            "Filter=externalId%20eq%20%227%22",
            "filter=externalId%20eq%20%227%2",
            "filter=externalId%20eq%20%227%22%ff",
        ] {
            assert_eq!(searched(query), None, "{query}");
        }
    }

    #[test]
    fn a_page_is_two_numbers() {
        assert_eq!(page("limit=50&offset=100").as_deref(), Some("offset=100&limit=50"));
        assert_eq!(page("offset=007").as_deref(), Some("offset=7"));
        for query in
            ["", "offset=", "offset=-1", "offset=+1", "offset=1&offset=2", "limit=1&name=x", "limit=99999999999"]
        {
            assert_eq!(page(query), None, "{query}");
        }
    }
}
