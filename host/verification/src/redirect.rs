//! The one redirect that is followed: between an issuer's domain and the same name with `www.` before it, or without it.
//!
//! Many sites send every visitor from the one to the other. Both names are under the control of whoever has the domain:
//! `www.acme.example` is a part of `acme.example`'s own DNS, and an issuer that is `www.acme.example` is a part of
//! `acme.example`. Anything else could be anybody's, so it is not followed.

use hibob_reference_format::domain::Domain;
use http::Uri;
use http::uri::Scheme;

const WWW: &str = "www.";

/// The port of `https` (RFC 9110 section 4.2.2).
const HTTPS_PORT: u16 = 443;

/// The other name of the same site: with `www.` before it, or without it.
pub(super) fn sibling(domain: &Domain) -> Option<Domain> {
    let name = domain.as_str();
    let other = name.strip_prefix(WWW).map_or_else(|| format!("{WWW}{name}"), str::to_owned);
    Domain::parse(&other).ok()
}

/// The domain to ask instead, if the redirect from `path` of the domain to `location` is one to follow.
///
/// # Errors
/// Why it is not.
pub(super) fn followed(domain: &Domain, path: &str, location: Option<&str>) -> Result<Domain, String> {
    let location = location.ok_or("to nowhere")?;
    let shown: String = location.chars().take(200).collect();
    let elsewhere = |why: &str| format!("to {shown}, {why}");
    let uri: Uri = location.parse().map_err(|_| elsewhere("which is no URL"))?;
    if uri.scheme() != Some(&Scheme::HTTPS) {
        return Err(elsewhere("which is not an https URL"));
    }
    let authority = uri.authority().ok_or_else(|| elsewhere("which has no host"))?;
    let to = sibling(domain).ok_or_else(|| elsewhere("which is another host"))?;
    // The whole of what stands before the path, so that a user's name in it is found as well.
    let (plain, with_port) = (to.as_str(), format!("{to}:{HTTPS_PORT}"));
    let named = authority.as_str();
    if !named.eq_ignore_ascii_case(plain) && !named.eq_ignore_ascii_case(&with_port) {
        return Err(elsewhere("which is another host or port"));
    }
    if uri.path().strip_prefix('/') != Some(path) || uri.query().is_some() || location.contains('#') {
        return Err(elsewhere("which is another path"));
    }
    Ok(to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_path_with_or_without_www_is_followed() {
        let path = "references/status/1/revoked.json";
        let from = |domain: &str, location: &str| {
            followed(&Domain::parse(domain).unwrap(), path, Some(location)).map(|domain| domain.to_string())
        };
        let good = [
            ("acme.example", "https://www.acme.example/references/status/1/revoked.json", "www.acme.example"),
            ("acme.example", "HTTPS://WWW.acme.example:443/references/status/1/revoked.json", "www.acme.example"),
            ("www.acme.example", "https://acme.example/references/status/1/revoked.json", "acme.example"),
            (
                "jobs.acme.example",
                "https://www.jobs.acme.example/references/status/1/revoked.json",
                "www.jobs.acme.example",
            ),
        ];
        for (domain, location, to) in good {
            assert_eq!(from(domain, location), Ok(to.to_owned()), "{location}");
        }
        for location in [
            "http://www.acme.example/references/status/1/revoked.json",
            "https://www.acme.example:8443/references/status/1/revoked.json",
            "https://acme.example/references/status/1/revoked.json",
            "https://www.acme.example.evil.example/references/status/1/revoked.json",
            "https://www.acme.example@evil.example/references/status/1/revoked.json",
            "https://user@www.acme.example/references/status/1/revoked.json",
            "https://cdn.acme.example/references/status/1/revoked.json",
            "https://127.0.0.1/references/status/1/revoked.json",
            "https://www.acme.example/",
            "https://www.acme.example/references/status/1/revoked.json/",
            "https://www.acme.example/references/status/2/revoked.json",
            "https://www.acme.example/references/status/1/revoked.json?x",
            "https://www.acme.example/references/status/1/revoked.json#x",
            "https://www.acme.example//references/status/1/revoked.json",
            "//www.acme.example/references/status/1/revoked.json",
            "/references/status/1/revoked.json",
            "www.acme.example",
            "",
        ] {
            assert!(from("acme.example", location).is_err(), "{location}");
        }
        assert!(followed(&Domain::parse("acme.example").unwrap(), path, None).is_err());
    }
}
