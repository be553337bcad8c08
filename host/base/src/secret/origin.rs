//! Origins: scheme, host and port of a URL. A secret is bound to the origins to which it may be sent.

use http::Uri;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

/// Scheme, host and port (RFC 6454), in a normal form: `https://api.hibob.com`, `http://127.0.0.1:4000`.
///
/// Two origins are equal if these texts are equal. The scheme's default port is left out, so `https://x` and
/// `https://x:443` are equal. A dot at the end of a name, or another notation of an address, makes another origin.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    text: String,
    is_https: bool,
    is_loopback: bool,
}

impl Origin {
    /// The origin of a URL.
    ///
    /// # Errors
    /// What is wrong with the URL. The message does not repeat the URL.
    pub fn of(url: &str) -> Result<Self, &'static str> {
        let uri: Uri = url.parse().map_err(|_| "it is not a URL")?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err("it has no scheme or no host");
        };
        let (is_https, default_port) = match scheme {
            "https" => (true, 443),
            "http" => (false, 80),
            _ => return Err("it must begin with https://"),
        };
        if authority.as_str().contains('@') || authority.host().is_empty() {
            return Err("it has no host, or a user name in it");
        }
        let host = authority.host().to_ascii_lowercase();
        // The port is read from the text: a number that is not a port must not be taken for the default port.
        let port = authority.as_str().get(host.len()..).unwrap_or_default();
        let port: u16 = match port.strip_prefix(':').unwrap_or(port) {
            "" => default_port,
            digits => digits.parse().map_err(|_| "its port is not a number up to 65535")?,
        };
        let shown = if port == default_port { String::new() } else { format!(":{port}") };
        Ok(Self { text: format!("{scheme}://{host}{shown}"), is_https, is_loopback: is_loopback(&host) })
    }

    /// The origin as text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the scheme is https, so that connections are encrypted.
    pub fn is_https(&self) -> bool {
        self.is_https
    }

    /// Whether the host is this machine, by name or by address.
    pub fn is_loopback(&self) -> bool {
        self.is_loopback
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn is_loopback(host: &str) -> bool {
    let name = host.trim_end_matches('.');
    if name == "localhost" || name.ends_with(".localhost") {
        return true;
    }
    let number = name.trim_start_matches('[').trim_end_matches(']');
    match number.parse() {
        Ok(IpAddr::V4(v4)) => v4.is_loopback() || v4.is_unspecified(),
        Ok(IpAddr::V6(v6)) => {
            v6 == Ipv6Addr::LOCALHOST
                || v6.is_unspecified()
                || v6.to_ipv4().is_some_and(|v4| v4.is_loopback() || v4.is_unspecified())
        }
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scheme_host_and_port_make_an_origin_and_the_path_does_not() {
        for (url, origin) in [
            ("https://api.hibob.com/v1", "https://api.hibob.com"),
            ("https://API.hibob.com:443/v2", "https://api.hibob.com"),
            ("https://api.hibob.com:8443", "https://api.hibob.com:8443"),
            ("https://api.hibob.com.", "https://api.hibob.com."),
            ("http://127.0.0.1:4000/v1", "http://127.0.0.1:4000"),
            ("http://localhost:80", "http://localhost"),
            ("https://[::1]:5/", "https://[::1]:5"),
        ] {
            assert_eq!(Origin::of(url).unwrap().as_str(), origin, "{url}");
            assert_eq!(Origin::of(origin).unwrap().as_str(), origin);
        }
        for url in ["api.hibob.com", "ftp://x", "https://u:p@x", "https://x:99999", "https://x:443x", "https://", "/v1"]
        {
            assert!(Origin::of(url).is_err(), "{url}");
        }
    }

    #[test]
    fn this_machine_has_many_names() {
        let local = |url: &str| Origin::of(url).unwrap().is_loopback();
        for url in [
            "http://localhost",
            "https://a.localhost.:1",
            "https://127.9.9.9",
            "https://[::1]",
            "https://[::ffff:127.0.0.1]",
            "https://0.0.0.0",
        ] {
            assert!(local(url), "{url}");
        }
        assert!(!local("https://api.hibob.com") && !local("https://localhost.example"));
    }
}
