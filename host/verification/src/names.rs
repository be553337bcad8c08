//! DNS queries, made with `hickory-resolver`: over UDP, and over TCP if an answer is truncated (RFC 7766).

use super::NameServers;
use futures::future::BoxFuture;
use hibob_net::address::Resolve;
use hibob_reference_format::verify::Answer;
use hickory_resolver::TokioResolver;
use hickory_resolver::config::{NameServerConfig, ResolveHosts, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{Name, RData, RecordType};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// The number of attempts within the time limit, because a datagram may get lost.
const ATTEMPTS: u32 = 2;

/// The file in which the system lists its resolvers (resolv.conf(5)).
const RESOLV_CONF: &str = "/etc/resolv.conf";

/// The most resolvers of the system that are used: the C library's limit (MAXNS).
const SYSTEM_SERVERS_MAX: usize = 3;

/// The port of DNS.
pub const PORT: u16 = 53;

/// A resolver with a time limit.
pub(super) struct Names {
    resolver: TokioResolver,
    timeout: Duration,
}

impl Names {
    /// Makes a resolver. Nothing is sent yet.
    ///
    /// # Errors
    /// The system's resolvers are unknown. The text says what to do.
    pub(super) fn new(servers: &NameServers, timeout: Duration) -> Result<Self, String> {
        let addresses = match servers {
            NameServers::One(address) => vec![*address],
            NameServers::System | NameServers::Nobody => of_system()?,
        };
        let config = ResolverConfig::from_name_servers(addresses.into_iter().map(at).collect());
        let mut builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
        let options = builder.options_mut();
        options.timeout = timeout / ATTEMPTS;
        options.attempts = 1; // retries after the first attempt
        options.use_hosts_file = ResolveHosts::Never;
        let resolver = builder.build().map_err(|error| describe(&error))?;
        Ok(Self { resolver, timeout })
    }

    /// The texts of the TXT records of a name. The strings of one record are joined, as in RFC 7208 section 3.3. The
    /// result is [`Answer::Absent`] if the name or such a record does not exist, and [`Answer::Unreachable`] if there
    /// was no answer.
    pub(super) async fn texts(&self, name: &str) -> Answer<Vec<String>> {
        // The dot at the end keeps the resolver from trying its search list.
        let Ok(name) = Name::from_ascii(format!("{name}.")) else {
            return Answer::Unreachable("it is too long for a DNS name".to_owned());
        };
        let lookup = tokio::time::timeout(self.timeout, self.resolver.lookup(name, RecordType::TXT));
        let Ok(found) = lookup.await else { return Answer::Unreachable(late(self.timeout)) };
        let texts: Vec<String> = match found {
            Ok(found) => found.answers().iter().filter_map(|record| text(&record.data)).collect(),
            Err(error) if is_absent(&error) => Vec::new(),
            Err(NetError::Timeout) => return Answer::Unreachable(late(self.timeout)),
            Err(error) => return Answer::Unreachable(describe(&error)),
        };
        if texts.is_empty() { Answer::Absent } else { Answer::Found(texts) }
    }
}

/// Resolves the addresses of the issuer's web server.
impl Resolve for Names {
    fn resolve(&self, name: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        let (resolver, name) = (self.resolver.clone(), format!("{name}."));
        Box::pin(async move {
            let found = resolver.lookup_ip(name).await.map_err(|error| io::Error::other(describe(&error)))?;
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

/// Whether the domain's name servers answered that there is no such record. A server error is not such an answer.
fn is_absent(error: &NetError) -> bool {
    let NetError::Dns(DnsError::NoRecordsFound(nothing)) = error else { return false };
    matches!(nothing.response_code, ResponseCode::NXDomain | ResponseCode::NoError)
}

fn describe(error: &NetError) -> String {
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

fn of_system() -> Result<Vec<SocketAddr>, String> {
    let unknown = |why: String| format!("the system's resolver is not known ({why}); name one with --dns ADDRESS");
    let text = std::fs::read_to_string(RESOLV_CONF).map_err(|error| unknown(format!("{RESOLV_CONF}: {error}")))?;
    let servers: Vec<SocketAddr> = servers_in(&text).take(SYSTEM_SERVERS_MAX).collect();
    if servers.is_empty() { Err(unknown(format!("{RESOLV_CONF} names none"))) } else { Ok(servers) }
}

/// The resolvers in the text of a resolv.conf. Lines of other kinds, and addresses with a zone, are ignored.
fn servers_in(text: &str) -> impl Iterator<Item = SocketAddr> {
    text.lines().filter_map(|line| {
        let mut words = line.strip_prefix("nameserver")?.split([' ', '\t']);
        let (None | Some("")) = words.next() else { return None };
        let address: IpAddr = words.find(|word| !word.is_empty())?.parse().ok()?;
        Some(SocketAddr::new(address, PORT))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_systems_resolvers_are_read() {
        let text = "# nameserver 10.0.0.1\nsearch example\nnameserver 10.0.0.2\nnameserver\t \t::1 # here\n\
                    nameservers 10.0.0.3\nnameserver\nnameserver fe80::1%eth0\nnameserver resolver.example\n\
                    options edns0\nnameserver 127.0.0.53\n";
        let servers: Vec<String> = servers_in(text).map(|server| server.to_string()).collect();
        assert_eq!(servers, ["10.0.0.2:53", "[::1]:53", "127.0.0.53:53"]);
    }
}
