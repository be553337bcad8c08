//! A name server: TXT records, and everything that can go wrong on the way to them (RFC 1035).
//!
//! By default it plays the resolver that a machine is told to ask: it knows all names there are, and says that
//! recursion is available.

mod fault;
mod server;

use std::{collections::BTreeMap, net::Ipv4Addr, path::PathBuf, time::Duration};

use hickory_proto::{
    op::{Edns, Message, MessageType, OpCode, Query, ResponseCode},
    rr::{
        DNSClass, Name, RData, Record, RecordType,
        rdata::{A, SOA, TXT},
    },
};

use fault::next_fault;
pub use fault::{DnsFault, DnsFaultKind};
pub use server::DnsServer;

/// The length of a header (RFC 1035 section 4.1.1).
const HEADER_BYTES: usize = 12;
/// What an answer over UDP may have without EDNS (RFC 1035 section 4.2.1).
const UDP_BYTES_MIN: u16 = 512;
/// What one string of a TXT record holds (RFC 1035 section 3.3).
const STRING_BYTES_MAX: usize = 255;

/// Names, and how questions for them are answered.
#[derive(Debug, Clone)]
pub struct Dns {
    /// Names compare without regard to case (RFC 4343).
    records: BTreeMap<Name, Vec<RData>>,
    /// A zone's text (see [`Dns::insert_zone`]) that takes the place of all records before each question, if it is there.
    pub zone_file: Option<PathBuf>,
    /// Faults for single questions, used up as they match.
    pub faults: Vec<DnsFault>,
    /// Whether it is a resolver for others (RA) or the authority for its names (AA).
    pub recursion: bool,
    /// Whether EDNS is understood. A server from before it answers FORMERR (RFC 6891 section 7).
    pub edns: bool,
    /// No longer answer leaves over UDP, whatever the client would take. 1232 avoids fragments.
    pub udp_bytes_max: u16,
    /// How long answers may be kept, in seconds.
    pub ttl: u32,
    log: Vec<Asked>,
}

/// Which way a question came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// One datagram.
    Udp,
    /// With a length in front (RFC 1035 section 4.2.2).
    Tcp,
}

/// A question, and how it was answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// The name as it was written, with a dot at the end.
    pub name: String,
    /// `TXT`, `A`, ...
    pub kind: String,
    /// Which way it came.
    pub transport: Transport,
    /// The response code; nothing when there was no answer.
    pub code: Option<u16>,
    /// When, in Unix seconds.
    pub at: f64,
}

/// An answer, and how long it waits before it leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The message, without a length in front.
    pub bytes: Vec<u8>,
    /// How much later.
    pub after: Duration,
}

impl Default for Dns {
    fn default() -> Self {
        Self {
            records: BTreeMap::new(),
            zone_file: None,
            faults: Vec::new(),
            recursion: true,
            edns: true,
            udp_bytes_max: 1232,
            ttl: 300,
            log: Vec::new(),
        }
    }
}

impl Dns {
    /// Adds a TXT record; a long text becomes several strings, as zone editors do it.
    ///
    /// # Panics
    ///
    /// When the name is none.
    pub fn insert_txt(&mut self, name: &str, text: &str) {
        let strings: Vec<&[u8]> = text.as_bytes().chunks(STRING_BYTES_MAX).collect();
        self.insert_txt_strings(name, &strings);
    }

    /// Adds a TXT record of these strings.
    ///
    /// # Panics
    ///
    /// When the name is none, or a string is longer than 255 bytes.
    pub fn insert_txt_strings(&mut self, name: &str, strings: &[&[u8]]) {
        assert!(strings.iter().all(|string| string.len() <= STRING_BYTES_MAX), "a string of more than 255 bytes");
        // A TXT record has one string at least (RFC 1035 section 3.3.14).
        let strings = if strings.is_empty() { vec![&[][..]] } else { strings.to_vec() };
        self.insert(name, RData::TXT(TXT::from_bytes(strings)));
    }

    /// Adds an address.
    ///
    /// # Panics
    ///
    /// When the name is none.
    pub fn insert_a(&mut self, name: &str, address: Ipv4Addr) {
        self.insert(name, RData::A(A(address)));
    }

    fn insert(&mut self, name: &str, data: RData) {
        self.records.entry(parsed(name)).or_default().push(data);
    }

    /// Adds the TXT records of a zone's text: lines `NAME TXT "TEXT"`, as `hibob references key list` prints them. Other
    /// lines are passed over.
    pub fn insert_zone(&mut self, text: &str) {
        for line in text.lines() {
            let Some((name, value)) = line.trim().split_once(" TXT \"") else { continue };
            if let Some(value) = value.strip_suffix('"')
                && Name::from_ascii(name).is_ok()
            {
                self.insert_txt(name, value);
            }
        }
    }

    /// Forgets all records of a name; whether there were any.
    ///
    /// # Panics
    ///
    /// When the name is none.
    pub fn remove(&mut self, name: &str) -> bool {
        self.records.remove(&parsed(name)).is_some()
    }

    /// Every question so far, in order.
    #[must_use]
    pub fn log(&self) -> &[Asked] {
        &self.log
    }

    /// Answers one message and logs the question. What is no question gets no answer.
    pub fn handle(&mut self, packet: &[u8], transport: Transport, now: f64) -> Option<Reply> {
        let Ok(request) = Message::from_vec(packet) else { return malformed(packet) };
        if request.metadata.message_type != MessageType::Query {
            return None;
        }
        let [query] = request.queries.as_slice() else { return prompt(&refused(&request, ResponseCode::FormErr)) };
        if let Some(text) = self.zone_file.as_ref().and_then(|path| std::fs::read_to_string(path).ok()) {
            self.records.clear();
            self.insert_zone(&text);
        }
        let fault = next_fault(&mut self.faults, &query.name().to_ascii(), transport);
        let response = self.answer(&request, query);
        let (response, after) = match fault {
            None => (Some(response), Duration::ZERO),
            Some(DnsFaultKind::Late(after)) => (Some(response), after),
            Some(kind) => (kind.spoil(response), Duration::ZERO),
        };
        self.log.push(Asked {
            name: query.name().to_ascii(),
            kind: query.query_type().to_string(),
            transport,
            code: response.as_ref().map(|response| response.metadata.response_code.into()),
            at: now,
        });
        Some(Reply { bytes: self.encoded(&request, response?, transport)?, after })
    }

    fn answer(&self, request: &Message, query: &Query) -> Message {
        if request.metadata.op_code != OpCode::Query {
            return refused(request, ResponseCode::NotImp);
        }
        if request.edns.is_some() && !self.edns {
            return refused(request, ResponseCode::FormErr);
        }
        let mut response = refused(request, ResponseCode::NoError);
        response.metadata.recursion_available = self.recursion;
        response.metadata.authoritative = !self.recursion;
        if request.edns.is_some() {
            response.set_edns(self.offer());
        }
        if request.version() > 0 {
            response.metadata.response_code = ResponseCode::BADVERS;
        } else if query.query_class() != DNSClass::IN
            || matches!(query.query_type(), RecordType::AXFR | RecordType::IXFR)
        {
            response.metadata.response_code = ResponseCode::Refused;
        } else {
            self.look_up(query, &mut response);
        }
        response
    }

    fn offer(&self) -> Edns {
        let mut edns = Edns::new();
        edns.set_max_payload(self.udp_bytes_max).set_version(0);
        edns
    }

    fn look_up(&self, query: &Query, response: &mut Message) {
        let name = query.name();
        let wanted =
            |data: &&RData| matches!(query.query_type(), RecordType::ANY) || data.record_type() == query.query_type();
        let found = self.records.get(name).into_iter().flatten().filter(wanted);
        response.add_answers(found.map(|data| Record::from_rdata(name.clone(), self.ttl, data.clone())));
        if response.answers.is_empty() {
            // A name that only has names below it exists (RFC 8020 section 2).
            if !self.records.keys().any(|known| name.zone_of(known)) {
                response.metadata.response_code = ResponseCode::NXDomain;
            }
            // Says how long the absence may be kept (RFC 2308 section 3).
            let zone = name.trim_to(2);
            let soa = SOA::new(zone.clone(), zone.clone(), 1, 3600, 600, 86400, self.ttl);
            response.add_authority(Record::from_rdata(zone, self.ttl, RData::SOA(soa)));
        }
    }

    /// Cut to what the way back allows: then TC is set and the client asks over TCP (RFC 2181 section 9).
    fn encoded(&self, request: &Message, response: Message, transport: Transport) -> Option<Vec<u8>> {
        let bytes = response.to_vec().ok()?;
        let room = request.max_payload().clamp(UDP_BYTES_MIN, self.udp_bytes_max.max(UDP_BYTES_MIN));
        if transport == Transport::Udp && bytes.len() > usize::from(room) {
            return response.truncate().to_vec().ok();
        }
        Some(bytes)
    }
}

fn parsed(name: &str) -> Name {
    let mut name = Name::from_ascii(name).expect("a domain name");
    name.set_fqdn(true);
    name
}

/// An empty response with the question in it.
fn refused(request: &Message, code: ResponseCode) -> Message {
    let mut response = Message::error_msg(request.metadata.id, request.metadata.op_code, code);
    response.metadata.recursion_desired = request.metadata.recursion_desired;
    response.metadata.checking_disabled = request.metadata.checking_disabled;
    response.add_queries(request.queries.iter().cloned());
    response
}

/// FORMERR to what has a header and is a question, nothing to the rest.
fn malformed(packet: &[u8]) -> Option<Reply> {
    let (&[high, low, flags, ..], true) = (packet, packet.len() >= HEADER_BYTES) else { return None };
    let is_response = flags & 0x80 != 0;
    let id = u16::from_be_bytes([high, low]);
    if is_response { None } else { prompt(&Message::error_msg(id, OpCode::Query, ResponseCode::FormErr)) }
}

fn prompt(message: &Message) -> Option<Reply> {
    Some(Reply { bytes: message.to_vec().ok()?, after: Duration::ZERO })
}

#[cfg(test)]
mod tests;
