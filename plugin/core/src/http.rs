//! HTTP as a job uses it: a request, and an answer whose body arrives in pieces.

/// One of the two services.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The source: HiBob, which is only read.
    HiBob,
    /// The target: TravelPerk.
    Target,
}

impl Side {
    /// The service's name in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::HiBob => "HiBob",
            Self::Target => "TravelPerk",
        }
    }
}

/// The setting with the base URL of HiBob's API.
pub const HIBOB_URL: &str = "hibob.url";
/// The setting with the base URL of TravelPerk's SCIM service.
pub const SCIM_URL: &str = "travelperk.scim_url";
/// The setting with the base URL of TravelPerk's REST API, which has the invoice profiles.
pub const REST_URL: &str = "travelperk.rest_url";
/// The setting with the base URL of TravelPerk's cost centers. They are on another host than the rest of the REST API.
pub const COST_CENTERS_URL: &str = "travelperk.cost_centers_url";

/// The methods that a job uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "HTTP's own names")]
pub enum Method {
    Get,
    Post,
    Patch,
}

impl Method {
    /// The method's name in a request.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Patch => "PATCH",
        }
    }
}

/// A request without credentials, which the host adds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The service that it goes to.
    pub side: Side,
    /// The setting of the tenant's file with that service's base URL.
    pub setting: &'static str,
    /// The method.
    pub method: Method,
    /// The whole URL.
    pub url: String,
    /// The path below the base URL, without query and with `{id}` in the place of ids. Errors show it.
    pub label: String,
    /// Header names and values.
    pub headers: Vec<(&'static str, String)>,
    /// The body; empty if there is none.
    pub body: Vec<u8>,
}

impl Request {
    /// Method and [`Self::label`], for messages.
    pub fn name(&self) -> String {
        format!("{} {}", self.method.as_str(), self.label)
    }
}

/// Why no answer came, or no complete one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendError {
    /// The host's policy refused the request. Nothing was sent.
    Denied(String),
    /// No connection could be made. Nothing was sent.
    NotSent(String),
    /// Whether the request was carried out is unknown: the answer was lost, came too late, or was not HTTP.
    Unknown(String),
}

impl SendError {
    /// The reason as text.
    pub fn reason(&self) -> &str {
        match self {
            Self::Denied(reason) | Self::NotSent(reason) | Self::Unknown(reason) => reason,
        }
    }
}

/// A body that arrives in pieces.
pub trait Body {
    /// The next piece; `None` after the last.
    ///
    /// # Errors
    /// [`SendError::Unknown`] when the body ends early or the connection fails.
    fn chunk(&mut self) -> Result<Option<Vec<u8>>, SendError>;
}

/// An answer: its head, and its body, which is not read yet.
pub struct Response<'a> {
    /// The status code.
    pub status: u16,
    /// The `Content-Type`, if one was sent.
    pub content_type: Option<String>,
    /// The `Location` of an answer 201: the address of what was created.
    pub location: Option<String>,
    /// The body.
    pub body: Box<dyn Body + 'a>,
}

/// Largest answer that is read as a whole, in bytes. A SCIM page has at most 50 users of about 2 kB, and the longest
/// list of departments a few thousand names; so a larger answer is not the expected one. Parsing an answer that was
/// made to do harm can take a hundred times its size in memory.
pub const GATHERED_BYTES_MAX: usize = 2 * 1024 * 1024;

/// The byte order mark in UTF-8. JSON should not begin with one, and some services' does (RFC 8259, section 8.1).
pub(crate) const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

impl Response<'_> {
    /// The whole body without a byte order mark, at most [`GATHERED_BYTES_MAX`].
    ///
    /// # Errors
    /// What [`Body::chunk`] returns, and [`SendError::Unknown`] where the body is larger than the limit.
    pub fn gather(&mut self) -> Result<Vec<u8>, SendError> {
        let mut body = Vec::new();
        while let Some(chunk) = self.body.chunk()? {
            body.extend_from_slice(&chunk);
            if body.len() > GATHERED_BYTES_MAX {
                return Err(SendError::Unknown(format!("the answer is larger than {GATHERED_BYTES_MAX} bytes")));
            }
        }
        if body.starts_with(BYTE_ORDER_MARK) {
            body.drain(..BYTE_ORDER_MARK.len());
        }
        Ok(body)
    }

    /// Whether the content type is JSON. An answer without a content type counts as JSON.
    pub fn is_json(&self) -> bool {
        self.content_type.as_deref().is_none_or(|kind| {
            let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
            kind == "application/json" || kind.ends_with("+json")
        })
    }
}

/// `text` with everything but unreserved characters percent-encoded (RFC 3986, section 2.3).
pub fn percent_encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Pieces(std::vec::IntoIter<Vec<u8>>);

    impl Body for Pieces {
        fn chunk(&mut self) -> Result<Option<Vec<u8>>, SendError> {
            Ok(self.0.next())
        }
    }

    #[test]
    fn a_byte_order_mark_is_left_out_however_the_body_is_cut() {
        for (sent, read) in [
            (&b"\xef\xbb\xbf{}"[..], &b"{}"[..]),
            (b"\xef\xbb{}", b"\xef\xbb{}"),
            (b"{}\xef\xbb\xbf", b"{}\xef\xbb\xbf"),
            (b"", b""),
        ] {
            for length in 1..=sent.len().max(1) {
                let pieces: Vec<Vec<u8>> = sent.chunks(length).map(<[u8]>::to_vec).collect();
                let body = Box::new(Pieces(pieces.into_iter()));
                let whole = Response { status: 200, content_type: None, location: None, body }.gather();
                assert_eq!(whole.as_deref(), Ok(read), "{sent:?} in pieces of {length}");
            }
        }
    }

    #[test]
    fn a_plus_in_an_address_is_encoded() {
        assert_eq!(percent_encode("userName eq \"a+b@c.d\""), "userName%20eq%20%22a%2Bb%40c.d%22");
    }
}
