//! A stand-in for a DNS server, with TXT and A records, and with faults (RFC 1035).
//!
//! By default it acts as a machine's resolver: it answers for all names, and says that recursion is available.

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
/// The most bytes of an answer over UDP without EDNS (RFC 1035 section 4.2.1).
const UDP_BYTES_MIN: u16 = 512;
/// The most bytes of one string of a TXT record (RFC 1035 section 3.3).
const STRING_BYTES_MAX: usize = 255;

/// A DNS server's records and settings, and the log of its queries.
#[derive(Debug, Clone)]
pub struct Dns {
    /// Records by name. Upper and lower case are equal in names (RFC 4343).
    records: BTreeMap<Name, Vec<RData>>,
    /// A file with a zone's text (see [`Dns::insert_zone`]). If it exists, it replaces all records before each query.
    pub zone_file: Option<PathBuf>,
    /// Faults for single queries, used up as they match.
    pub faults: Vec<DnsFault>,
    /// Whether it acts as a resolver (flag RA), or as the authority for its names (flag AA).
    pub recursion: bool,
    /// Whether EDNS is supported. A server without it answers FORMERR (RFC 6891 section 7).
    pub edns: bool,
    /// The most bytes of an answer over UDP, even if the client accepts more. 1232 avoids fragments.
    pub udp_bytes_max: u16,
    /// How long clients may cache answers, in seconds.
    pub ttl: u32,
    log: Vec<LoggedQuery>,
}

/// The transport of a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// UDP: one datagram.
    Udp,
    /// TCP: each message is preceded by its length (RFC 1035 section 4.2.2).
    Tcp,
}

/// A query in the log, with the code of its answer.
#[derive(Debug, Clone, PartialEq)]
pub struct LoggedQuery {
    /// The name in the spelling of the query, with a dot at the end.
    pub name: String,
    /// The type of record: `TXT`, `A`, ...
    pub kind: String,
    /// The transport of the query.
    pub transport: Transport,
    /// The response code; `None` if there was no answer.
    pub code: Option<u16>,
    /// The time of the query, in Unix seconds.
    pub at: f64,
}

/// An answer with its delay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The message, without the length that precedes it on TCP.
    pub bytes: Vec<u8>,
    /// The delay before it is sent.
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
    /// Adds a TXT record. A long text is split into several strings, as zone editors do it.
    ///
    /// # Panics
    ///
    /// If the name is not a domain name.
    pub fn insert_txt(&mut self, name: &str, text: &str) {
        let strings: Vec<&[u8]> = text.as_bytes().chunks(STRING_BYTES_MAX).collect();
        self.insert_txt_strings(name, &strings);
    }

    /// Adds a TXT record with these strings.
    ///
    /// # Panics
    ///
    /// If the name is not a domain name, or a string is longer than 255 bytes.
    pub fn insert_txt_strings(&mut self, name: &str, strings: &[&[u8]]) {
        assert!(strings.iter().all(|string| string.len() <= STRING_BYTES_MAX), "a string of more than 255 bytes");
        // A TXT record has at least one string (RFC 1035 section 3.3.14).
        let strings = if strings.is_empty() { vec![&[][..]] } else { strings.to_vec() };
        self.insert(name, RData::TXT(TXT::from_bytes(strings)));
    }

    /// Adds an A record.
    ///
    /// # Panics
    ///
    /// If the name is not a domain name.
    pub fn insert_a(&mut self, name: &str, address: Ipv4Addr) {
        self.insert(name, RData::A(A(address)));
    }

    fn insert(&mut self, name: &str, data: RData) {
        self.records.entry(parsed(name)).or_default().push(data);
    }

    /// Adds the TXT records of a zone's text: lines `NAME TXT "TEXT"`, as `hibob references key list` prints them.
    /// Other lines are ignored.
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

    /// Removes all records of a name, and returns whether there were any.
    ///
    /// # Panics
    ///
    /// If the name is not a domain name.
    pub fn remove(&mut self, name: &str) -> bool {
        self.records.remove(&parsed(name)).is_some()
    }

    /// All queries so far, in order.
    #[must_use]
    pub fn log(&self) -> &[LoggedQuery] {
        &self.log
    }

    /// Answers one message and logs its query. `None` if there is no answer, as to a message that is not a query.
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
        self.log.push(LoggedQuery {
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
            // A name without records exists if there are names below it (RFC 8020 section 2).
            if !self.records.keys().any(|known| name.zone_of(known)) {
                response.metadata.response_code = ResponseCode::NXDomain;
            }
            // The SOA record says how long clients may cache that there is none (RFC 2308 section 3).
            let zone = name.trim_to(2);
            let soa = SOA::new(zone.clone(), zone.clone(), 1, 3600, 600, 86400, self.ttl);
            response.add_authority(Record::from_rdata(zone, self.ttl, RData::SOA(soa)));
        }
    }

    /// The bytes of the answer. If it is too long for UDP, it is truncated and TC is set, so that the client asks over
    /// TCP (RFC 2181 section 9).
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

/// A response without records, with the question and this code.
fn refused(request: &Message, code: ResponseCode) -> Message {
    let mut response = Message::error_msg(request.metadata.id, request.metadata.op_code, code);
    response.metadata.recursion_desired = request.metadata.recursion_desired;
    response.metadata.checking_disabled = request.metadata.checking_disabled;
    response.add_queries(request.queries.iter().cloned());
    response
}

/// FORMERR to a malformed query that has a header; no answer to anything else.
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
