//! Faults a test puts in the way of single questions.

use std::time::Duration;

use hickory_proto::op::{Message, ResponseCode};

use super::Transport;

/// A fault that waits for a matching question. Faults are used up as they match, first come first.
#[derive(Debug, Clone)]
pub struct DnsFault {
    /// Only names that contain this, whatever their case.
    pub name_contains: String,
    /// Only questions that came this way; any when absent.
    pub transport: Option<Transport>,
    /// Let this many matching questions pass first.
    pub after: usize,
    /// Then spoil this many.
    pub times: usize,
    /// What happens to them.
    pub kind: DnsFaultKind,
}

/// What happens to a spoiled question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DnsFaultKind {
    /// The server could not find out.
    ServFail,
    /// The server does not answer this client.
    Refused,
    /// There is no such name, says the server.
    NoSuchName,
    /// There is such a name without such a record, says the server.
    NoData,
    /// No answer: the client runs into its timeout.
    Silent,
    /// Answered right, but so much later.
    Late(Duration),
    /// An answer without records that sends the client to TCP. Never there.
    Truncated,
    /// The right answer to another question: its id is not the one that was sent.
    WrongId,
    /// The right answer with another name in its question.
    WrongQuestion,
}

impl DnsFault {
    /// Spoils the next question.
    #[must_use]
    pub fn once(kind: DnsFaultKind) -> Self {
        Self { name_contains: String::new(), transport: None, after: 0, times: 1, kind }
    }

    /// Spoils all questions.
    #[must_use]
    pub fn always(kind: DnsFaultKind) -> Self {
        Self::once(kind).times(usize::MAX)
    }

    /// The same fault for some names only.
    #[must_use]
    pub fn at(mut self, name_contains: &str) -> Self {
        self.name_contains = name_contains.to_ascii_lowercase();
        self
    }

    /// The same fault on one way only.
    #[must_use]
    pub fn over(mut self, transport: Transport) -> Self {
        self.transport = Some(transport);
        self
    }

    /// The same fault for so many questions.
    #[must_use]
    pub fn times(mut self, times: usize) -> Self {
        self.times = times;
        self
    }

    /// The same fault, after letting so many matching questions pass.
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
    /// What becomes of the right answer.
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

/// Takes the next fault for this question out of the list.
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
