//! Which addresses the host connects to. It resolves a name, checks each address, and connects to exactly these
//! addresses, so that a name that resolves to another address a moment later (DNS rebinding) changes nothing.

use crate::literal::{Literal, literal};
use futures::future::BoxFuture;
use hyper_util::client::legacy::connect::dns::Name;
use ipnet::IpNet;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::task::{Context, Poll};

/// Which addresses are allowed beside those of the public internet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddressPolicy {
    /// Ranges that the operator allows: `network.allow_addresses` in the tenant's configuration.
    pub allowed: Vec<IpNet>,
    /// Whether the name `localhost` may stand for this machine, because a URL in the tenant's configuration has it.
    pub localhost: bool,
}

impl AddressPolicy {
    /// Allows every address: for a server that the operator names.
    pub fn everywhere() -> Self {
        let all = [IpAddr::V4(Ipv4Addr::UNSPECIFIED), IpAddr::V6(Ipv6Addr::UNSPECIFIED)];
        Self { allowed: all.into_iter().filter_map(|first| IpNet::new(first, 0).ok()).collect(), localhost: true }
    }

    /// Checks an address that `name` resolves to, or that a URL has in place of a name.
    ///
    /// # Errors
    /// The address is not allowed. The text says what kind of address it is, and which setting would allow it.
    pub fn check(&self, name: &str, address: IpAddr) -> Result<(), String> {
        let real = embedded(address);
        let Some(kind) = special(real) else { return Ok(()) };
        let is_localhost = self.localhost && name.eq_ignore_ascii_case("localhost") && real.is_loopback();
        if is_localhost || self.allowed.iter().any(|net| net.contains(&address) || net.contains(&real)) {
            return Ok(());
        }
        let whole = if real.is_ipv4() { 32 } else { 128 };
        Err(format!(
            "{name} has the address {address}, which is {kind}; network.allow_addresses = [\"{real}/{whole}\"] in the tenant's file would allow it"
        ))
    }

    /// Checks the host of a URL as far as it is an address and no name: when a configuration is stored, and again when a
    /// request is sent. Names are checked by what they resolve to.
    ///
    /// # Errors
    /// As [`Self::check`]; or the address is in an odd spelling, or what looks like one is none. The text names the usual
    /// spelling.
    pub fn check_host(&self, host: &str) -> Result<(), String> {
        match literal(host) {
            None => Ok(()),
            Some(Literal::Usual(address)) => self.check(host, address),
            Some(Literal::Odd(address)) => {
                self.check(host, address)?;
                Err(format!("{host} is the address {}, and has to be written so", embedded(address)))
            }
            Some(Literal::Broken) => Err(format!("{host} is neither a name nor an address")),
        }
    }

    /// Checks all addresses of a name. One that is not allowed refuses the name as a whole: whoever mixes such an
    /// address in wants the host to try it.
    ///
    /// # Errors
    /// The first error of [`Self::check`], as one of the kind `PermissionDenied`.
    pub fn check_all(&self, name: &str, addresses: &[IpAddr]) -> io::Result<()> {
        let refused = |why| io::Error::new(io::ErrorKind::PermissionDenied, why);
        addresses.iter().try_for_each(|address| self.check(name, *address).map_err(refused))
    }
}

/// The IPv4 address that an IPv6 address contains, in any of the known forms; else the address itself.
fn embedded(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else { return address };
    let [a, b, c, d, e, f, g, h] = v6.segments();
    let v4 = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        IpAddr::V4(Ipv4Addr::new(a, b, c, d))
    };
    match [a, b, c, d, e, f] {
        [0, 0, 0, 0, 0, 0xffff] => v4(g, h), // mapped (RFC 4291, section 2.5.5.2)
        [0, 0, 0, 0, 0, 0] if v6 != Ipv6Addr::LOCALHOST && v6 != Ipv6Addr::UNSPECIFIED => v4(g, h), // compatible
        [0x64, 0xff9b, 0, 0, 0, 0] => v4(g, h), // NAT64 (RFC 6052)
        [0x2002, high, low, ..] => v4(high, low), // 6to4 (RFC 3056)
        _ => address,
    }
}

/// What kind of address this is, if it does not belong to the public internet (IANA's special-purpose address
/// registries); `None` for a public one.
fn special(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            match (a, b, c) {
                (127, ..) => Some("this machine"),
                (10, ..) | (172, 16..=31, _) | (192, 168, _) => Some("private"),
                (169, 254, _) => Some("link-local, where clouds keep their metadata"),
                (100, 64..=127, _) => Some("shared by a carrier"),
                (0, ..) | (192, 0, 0 | 2) | (198, 18..=19, _) | (198, 51, 100) | (203, 0, 113) | (224.., ..) => {
                    Some("reserved")
                }
                _ => None,
            }
        }
        IpAddr::V6(v6) => {
            let [first, second, ..] = v6.segments();
            match (first, second) {
                _ if v6.is_loopback() => Some("this machine"),
                (0xfc00..=0xfdff, _) => Some("private"),
                (0xfe80..=0xfebf, _) => Some("link-local"),
                // Nothing outside 2000::/3 is routed, and inside it neither are Teredo, documentation and benchmarking.
                (0..=0x1fff | 0x4000.., _) | (0x2001, 0 | 2 | 0xdb8) | (0x3fff, 0..=0xfff) => Some("reserved"),
                _ => None,
            }
        }
    }
}

/// Resolves names.
pub trait Resolve: Send + Sync {
    /// All addresses of a name.
    fn resolve(&self, name: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>>;
}

/// The resolver of the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve(&self, name: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        let name = name.to_owned();
        Box::pin(async move { Ok(tokio::net::lookup_host((name, 0)).await?.map(|address| address.ip()).collect()) })
    }
}

/// A resolver that gives out only addresses that the policy allows.
#[derive(Clone)]
pub(super) struct Checked {
    pub(super) resolver: Arc<dyn Resolve>,
    pub(super) policy: Arc<AddressPolicy>,
}

impl tower_service::Service<Name> for Checked {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = BoxFuture<'static, io::Result<Self::Response>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let (policy, name) = (self.policy.clone(), name.as_str().to_owned());
        let found = self.resolver.resolve(&name);
        Box::pin(async move {
            let addresses = found.await?;
            policy.check_all(&name, &addresses)?;
            let addresses: Vec<SocketAddr> = addresses.into_iter().map(|address| (address, 0).into()).collect();
            Ok(addresses.into_iter())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_public_internet_is_allowed() {
        let policy = AddressPolicy::default();
        for address in ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "64:ff9b::5db8:d70e"] {
            assert_eq!(policy.check("x", address.parse().unwrap()), Ok(()), "{address}");
        }
        for address in [
            "127.0.0.1",
            "127.255.0.9",
            "0.0.0.0",
            "10.1.2.3",
            "172.31.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.100.100.200",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "ff02::1",
            "2001:db8::1",
            "::ffff:169.254.169.254",
            "::ffff:7f00:1",
            "::127.0.0.1",
            "64:ff9b::a9fe:a9fe",
            "2002:a9fe:a9fe::1",
            "2001:0:1::1",
        ] {
            assert!(policy.check("x", address.parse().unwrap()).is_err(), "{address}");
        }
    }

    #[test]
    fn the_operator_allows_what_the_refusal_names() {
        let address = "::ffff:10.1.2.3".parse().unwrap();
        let why = AddressPolicy::default().check("hr.intern", address).unwrap_err();
        assert!(why.contains("network.allow_addresses = [\"10.1.2.3/32\"]"), "{why}");
        let allowed = AddressPolicy { allowed: vec!["10.0.0.0/8".parse().unwrap()], localhost: false };
        assert_eq!(allowed.check("hr.intern", address), Ok(()));
        let local = AddressPolicy { localhost: true, ..AddressPolicy::default() };
        assert_eq!(local.check("localhost", Ipv4Addr::LOCALHOST.into()), Ok(()));
        assert_eq!(allowed.check_host("10.1.2.3"), Ok(()));
        for odd in ["10.66051", "0x0a010203", "10.1.2.3.", "[::ffff:10.1.2.3]"] {
            let why = allowed.check_host(odd).unwrap_err();
            assert!(why.ends_with("is the address 10.1.2.3, and has to be written so"), "{why}");
            assert!(AddressPolicy::default().check_host(odd).unwrap_err().contains("which is private"), "{odd}");
        }
        assert!(allowed.check_host("1.2.3.4.5").is_err() && allowed.check_host("hr.intern").is_ok());
        assert!(local.check("evil.example", Ipv4Addr::LOCALHOST.into()).is_err());
    }
}
