//! Faults that a test injects into the answers to single DNS queries.

use std::time::Duration;

use hickory_proto::op::{Message, ResponseCode};

use super::Transport;

/// A fault for matching queries. For each query, the first fault in the list that matches is used up.
#[derive(Debug, Clone)]
pub struct DnsFault {
    /// The fault applies only to names that contain this text, in upper or lower case.
    pub name_contains: String,
    /// The fault applies only to queries over this transport; to all if `None`.
    pub transport: Option<Transport>,
    /// The number of matching queries that are answered right first.
    pub after: usize,
    /// The number of matching queries after these to which the fault applies.
    pub times: usize,
    /// What happens to these queries.
    pub kind: DnsFaultKind,
}

/// What happens instead of the right answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DnsFaultKind {
    /// SERVFAIL: the server could not get an answer.
    ServFail,
    /// REFUSED: the server does not answer this client.
    Refused,
    /// NXDOMAIN: the server says that the name does not exist.
    NoSuchName,
    /// The server says that the name exists, but has no such record.
    NoData,
    /// No answer, so that the client reaches its timeout.
    Silent,
    /// The right answer, but so much later.
    Late(Duration),
    /// A truncated answer without records, so that the client asks over TCP. Over TCP this fault has no effect.
    Truncated,
    /// The right answer, but with another id than the query's.
    WrongId,
    /// The right answer, but with another name in its question section.
    WrongQuestion,
}

impl DnsFault {
    /// A fault for the next query.
    #[must_use]
    pub fn once(kind: DnsFaultKind) -> Self {
        Self { name_contains: String::new(), transport: None, after: 0, times: 1, kind }
    }

    /// A fault for all queries.
    #[must_use]
    pub fn always(kind: DnsFaultKind) -> Self {
        Self::once(kind).times(usize::MAX)
    }

    /// Limits the fault to names that contain the text.
    #[must_use]
    pub fn at(mut self, name_contains: &str) -> Self {
        self.name_contains = name_contains.to_ascii_lowercase();
        self
    }

    /// Limits the fault to one transport.
    #[must_use]
    pub fn over(mut self, transport: Transport) -> Self {
        self.transport = Some(transport);
        self
    }

    /// Applies the fault to so many queries.
    #[must_use]
    pub fn times(mut self, times: usize) -> Self {
        self.times = times;
        self
    }

    /// Applies the fault only after so many matching queries.
    #[must_use]
    pub fn after(mut self, after: usize) -> Self {
        self.after = after;
        self
    }

    fn matches(&self, name: &str, transport: Transport) -> bool {
        let possible = self.kind != DnsFaultKind::Truncated || transport == Transport::Udp;
        possible
            && self.times > 0
            && self.transport.is_none_or(|only| only == transport)
            && name.to_ascii_lowercase().contains(&self.name_contains)
    }
}

impl DnsFaultKind {
    /// The answer that is sent in place of the right one; `None` for no answer.
    pub(super) fn spoil(self, mut response: Message) -> Option<Message> {
        let code = match self {
            Self::Late(_) => return Some(response),
            Self::Silent => return None,
            Self::Truncated => return Some(response.truncate()),
            Self::WrongId => {
                response.metadata.id = !response.metadata.id;
                return Some(response);
            }
            Self::WrongQuestion => {
                for query in &mut response.queries {
                    let other = query.name().base_name();
                    query.set_name(other);
                }
                return Some(response);
            }
            Self::ServFail => ResponseCode::ServFail,
            Self::Refused => ResponseCode::Refused,
            Self::NoSuchName => ResponseCode::NXDomain,
            Self::NoData => ResponseCode::NoError,
        };
        response.answers.clear();
        response.authorities.clear();
        response.metadata.response_code = code;
        Some(response)
    }
}

/// Finds the first fault that matches this query, and uses it up.
pub(super) fn next_fault(faults: &mut [DnsFault], name: &str, transport: Transport) -> Option<DnsFaultKind> {
    for fault in faults.iter_mut().filter(|fault| fault.matches(name, transport)) {
        if fault.after > 0 {
            fault.after -= 1;
            continue;
        }
        fault.times -= 1;
        return Some(fault.kind);
    }
    None
}
