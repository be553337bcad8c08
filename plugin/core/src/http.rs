//! HTTP as a job sees it: a request, the head of an answer, and a body that comes in pieces.

/// One of the two services.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The HR system; only read.
    HiBob,
    /// The directory that is kept in step: TravelPerk.
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

/// Where HiBob's API is.
pub const HIBOB_URL: &str = "hibob.url";
/// Where the target's SCIM service is.
pub const SCIM_URL: &str = "travelperk.scim_url";
/// Where the target's REST API is: invoice profiles.
pub const REST_URL: &str = "travelperk.rest_url";
/// Where the target's cost centers are; another host than the rest of its REST API.
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
    /// The method as it stands in a request.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Patch => "PATCH",
        }
    }
}

/// A request without credentials; the host adds those.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Which service it goes to.
    pub side: Side,
    /// The setting of the tenant's file that says where that is.
    pub setting: &'static str,
    /// The method.
    pub method: Method,
    /// The whole URL.
    pub url: String,
    /// The path below the service's base URL, without query or ids: what errors show.
    pub label: String,
    /// Header names and values.
    pub headers: Vec<(&'static str, String)>,
    /// The body; empty where there is none.
    pub body: Vec<u8>,
}

impl Request {
    /// Method and path for messages, without ids, query or credentials.
    pub fn name(&self) -> String {
        format!("{} {}", self.method.as_str(), self.label)
    }
}

/// Why no (whole) answer came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendError {
    /// The host's policy refused the request. Nothing was sent.
    Denied(String),
    /// No connection could be made. Nothing was sent.
    NotSent(String),
    /// The request may have been carried out: the answer was lost, late, or not HTTP.
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

/// A body that comes in pieces.
pub trait Body {
    /// The next piece; `None` after the last.
    ///
    /// # Errors
    /// [`SendError::Unknown`] when the body ends early or the connection fails.
    fn chunk(&mut self) -> Result<Option<Vec<u8>>, SendError>;
}

/// An answer: its head, and its body yet to be read.
pub struct Response<'a> {
    /// The status code.
    pub status: u16,
    /// The `Content-Type`, if one was sent.
    pub content_type: Option<String>,
    /// The body.
    pub body: Box<dyn Body + 'a>,
}

/// Largest answer that is gathered as a whole, in bytes. A SCIM page holds at most 50 users of about 2 kB and the
/// longest list of departments a few thousand names; whatever is larger is not the answer that was asked for. An
/// answer made for that can take a hundred times its size in memory once it is read.
pub const GATHERED_BYTES_MAX: usize = 2 * 1024 * 1024;

impl Response<'_> {
    /// The whole body, at most [`GATHERED_BYTES_MAX`].
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
        Ok(body)
    }

    /// Whether the answer says that it is JSON. An answer without a content type is given the benefit of the doubt.
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

    #[test]
    fn a_plus_in_an_address_is_encoded() {
        assert_eq!(percent_encode("userName eq \"a+b@c.d\""), "userName%20eq%20%22a%2Bb%40c.d%22");
    }
}
