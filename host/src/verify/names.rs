//! Asking DNS, through `hickory-resolver`: over UDP, and over TCP where an answer is cut short (RFC 7766).

use super::NameServers;
use crate::egress::Resolve;
use futures::future::BoxFuture;
use hibob_references::verify::Answer;
use hickory_resolver::TokioResolver;
use hickory_resolver::config::{NameServerConfig, ResolveHosts, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{Name, RData, RecordType};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// Attempts within the time limit: a datagram may get lost.
const ATTEMPTS: u32 = 2;

/// A resolver and how long it is waited for.
pub(super) struct Names {
    resolver: TokioResolver,
    timeout: Duration,
}

impl Names {
    /// A resolver that has asked nothing yet.
    ///
    /// # Errors
    /// The system's name servers are not known. The text says what to do.
    pub(super) fn new(servers: &NameServers, timeout: Duration) -> Result<Self, String> {
        let mut builder = match servers {
            NameServers::One(address) => {
                let config = ResolverConfig::from_name_servers(vec![at(*address)]);
                TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
            }
            NameServers::System | NameServers::Nobody => TokioResolver::builder_tokio().map_err(unknown)?,
        };
        let options = builder.options_mut();
        options.timeout = timeout / ATTEMPTS;
        options.attempts = 1; // beside the first one
        options.use_hosts_file = ResolveHosts::Never;
        let resolver = builder.build().map_err(unknown)?;
        Ok(Self { resolver, timeout })
    }

    /// The texts of the TXT records of a name, each with its strings put together (RFC 7208 section 3.3 does the same).
    /// That there is no such name, or none with such a record, is [`Answer::Absent`]; anything else that is no answer is
    /// [`Answer::Unreachable`].
    pub(super) async fn texts(&self, name: &str) -> Answer<Vec<String>> {
        // With the dot at its end no search list is tried.
        let Ok(name) = Name::from_ascii(format!("{name}.")) else {
            return Answer::Unreachable("it is too long for a DNS name".to_owned());
        };
        let asked = tokio::time::timeout(self.timeout, self.resolver.lookup(name, RecordType::TXT));
        let Ok(found) = asked.await else { return Answer::Unreachable(late(self.timeout)) };
        let texts: Vec<String> = match found {
            Ok(found) => found.answers().iter().filter_map(|record| text(&record.data)).collect(),
            Err(error) if is_absent(&error) => Vec::new(),
            Err(NetError::Timeout) => return Answer::Unreachable(late(self.timeout)),
            Err(error) => return Answer::Unreachable(told(&error)),
        };
        if texts.is_empty() { Answer::Absent } else { Answer::Found(texts) }
    }
}

/// Finds the addresses of the issuer's web server.
impl Resolve for Names {
    fn resolve(&self, name: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        let (resolver, name) = (self.resolver.clone(), format!("{name}."));
        Box::pin(async move {
            let found = resolver.lookup_ip(name).await.map_err(|error| io::Error::other(told(&error)))?;
            Ok(found.iter().collect())
        })
    }
}

fn at(address: SocketAddr) -> NameServerConfig {
    let mut server = NameServerConfig::udp_and_tcp(address.ip());
    server.connections.iter_mut().for_each(|connection| connection.port = address.port());
    server
}

fn text(data: &RData) -> Option<String> {
    let RData::TXT(text) = data else { return None };
    Some(String::from_utf8_lossy(&text.txt_data.concat()).into_owned())
}

/// Whether the domain's servers said that there is nothing. A server that could not find out has not said so.
fn is_absent(error: &NetError) -> bool {
    let NetError::Dns(DnsError::NoRecordsFound(nothing)) = error else { return false };
    matches!(nothing.response_code, ResponseCode::NXDomain | ResponseCode::NoError)
}

fn told(error: &NetError) -> String {
    match error {
        NetError::Dns(DnsError::ResponseCode(code)) => format!("the resolver answered: {code}"),
        NetError::Dns(DnsError::NoRecordsFound(_)) => "there is no such name".to_owned(),
        NetError::NoConnections => "no connection to the resolver could be made".to_owned(),
        other => format!("the resolver gave no answer: {other}"),
    }
}

fn late(timeout: Duration) -> String {
    format!("the resolver gave no answer within {} seconds", timeout.as_secs())
}

fn unknown(error: NetError) -> String {
    format!("the system's name servers are not known ({error}); name one with --dns ADDRESS")
}
