//! Reads the issuer's published files, over HTTPS or from a folder.

use super::names::Names;
use super::{Published, redirect};
use bytes::Bytes;
use hibob_net::address::{AddressPolicy, Resolve, SystemResolver};
use hibob_net::proxy::Proxy;
use hibob_net::transport::{HttpTransport, NotSent, Transport, TransportError, read_whole, too_long};
use hibob_reference_format::domain::Domain;
use hibob_reference_format::verify::Answer;
use http::header::{ACCEPT, HOST, LOCATION, USER_AGENT};
use http::{Request, StatusCode};
use http_body_util::Full;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// The `User-Agent` of the requests.
const AGENT: &str = concat!("hibob-verify/", env!("CARGO_PKG_VERSION"));

/// The published files of one domain.
pub(super) struct Site {
    domain: Domain,
    /// The beginning of every URL of this domain.
    root: String,
    place: Place,
    timeout: Duration,
}

enum Place {
    Nowhere,
    /// A server that cannot be used, for this reason.
    Closed(String),
    /// A server, with the beginning of its URLs if they are not those of the domain.
    Server(HttpTransport, Option<String>),
    Folder(PathBuf),
}

impl Site {
    /// Makes a site. Nothing is requested yet. A server's addresses are resolved by `names`, or else by the system.
    pub(super) fn new(published: &Published, domain: &Domain, names: Option<Arc<Names>>, timeout: Duration) -> Self {
        let root = domain.url("");
        let server = |policy: AddressPolicy, start, proxy: Option<Proxy>, ca_file: Option<&Path>| {
            let resolver: Arc<dyn Resolve> = match names {
                Some(names) => names,
                None => Arc::new(SystemResolver),
            };
            match HttpTransport::through(proxy, timeout, policy, ca_file, resolver) {
                Ok(transport) => Place::Server(transport, start),
                Err(why) => Place::Closed(format!("TLS cannot be used: {why}")),
            }
        };
        let place = match published {
            Published::Nowhere => Place::Nowhere,
            Published::Folder(folder) => Place::Folder(folder.clone()),
            Published::Https { allow, proxy, ca_file } => {
                let policy = AddressPolicy { allowed: allow.clone(), localhost: false };
                server(policy, None, proxy.clone(), ca_file.as_deref())
            }
            Published::Local(address) => {
                let only = AddressPolicy { allowed: vec![address.ip().into()], localhost: false };
                server(only, Some(format!("http://{address}/")), None, None)
            }
        };
        Self { domain: domain.clone(), root, place, timeout }
    }

    /// Reads the file at a URL of the domain, of at most `bytes_max` bytes. There is one attempt, and one redirect is
    /// followed: to the same path with or without `www.` before the domain, whose address is checked like the first.
    pub(super) async fn get(&self, url: &str, bytes_max: usize) -> Answer<Vec<u8>> {
        let Some(path) = url.strip_prefix(&self.root) else {
            return Answer::Unreachable(format!("{url} is not on the issuer's domain"));
        };
        match &self.place {
            Place::Nowhere => Answer::NotAsked,
            Place::Closed(why) => Answer::Unreachable(why.clone()),
            Place::Folder(folder) => read(&folder.join(path), bytes_max),
            Place::Server(transport, start) => {
                let answer = self.fetch(transport, start.as_deref(), path, bytes_max);
                let late =
                    |_| Answer::Unreachable(format!("no whole answer within {} seconds", self.timeout.as_secs()));
                tokio::time::timeout(self.timeout, answer).await.unwrap_or_else(late)
            }
        }
    }

    async fn fetch(
        &self,
        transport: &HttpTransport,
        start: Option<&str>,
        path: &str,
        bytes_max: usize,
    ) -> Answer<Vec<u8>> {
        let to = match ask(transport, &self.domain, start, path, bytes_max).await {
            Ok(answer) => return answer,
            Err(Redirect { status, location }) => match redirect::followed(&self.domain, path, location.as_deref()) {
                Ok(to) => to,
                Err(where_to) => return Answer::Unreachable(not_followed(status, &where_to)),
            },
        };
        match ask(transport, &to, start, path, bytes_max).await {
            Ok(answer) => answer,
            Err(Redirect { status, .. }) => {
                Answer::Unreachable(not_followed(status, &format!("again, by https://{to}/{path}")))
            }
        }
    }
}

/// A redirect that a server answered with.
struct Redirect {
    status: u16,
    location: Option<String>,
}

/// What the reason says where a redirect is not followed.
pub(super) const REDIRECT: &str = "the server answered with a redirect (status ";

fn not_followed(status: u16, where_to: &str) -> String {
    format!("{REDIRECT}{status}), which is not followed: {where_to}")
}

/// Asks a domain for a file, at its own address or at the one that URLs begin with instead.
async fn ask(
    transport: &HttpTransport,
    domain: &Domain,
    start: Option<&str>,
    path: &str,
    bytes_max: usize,
) -> Result<Answer<Vec<u8>>, Redirect> {
    let url = start.map_or_else(|| domain.url(path), |start| format!("{start}{path}"));
    let mut request = Request::get(&url).header(USER_AGENT, AGENT).header(ACCEPT, "application/json");
    if start.is_some() {
        // A server of this machine is asked in the name of the domain, so that it can answer as the site does.
        request = request.header(HOST, domain.as_str());
    }
    let Ok(request) = request.body(Full::<Bytes>::default()) else {
        return Ok(Answer::Unreachable(format!("{url} is no URL")));
    };
    let (head, body) = match transport.send(request).await {
        Ok(response) => response.into_parts(),
        Err(error) => return Ok(Answer::Unreachable(describe(&error))),
    };
    match head.status {
        StatusCode::OK => {}
        StatusCode::NOT_FOUND | StatusCode::GONE => return Ok(Answer::Absent),
        status if status.is_redirection() => {
            let location = head.headers.get(LOCATION).and_then(|location| location.to_str().ok()).map(str::to_owned);
            return Err(Redirect { status: status.as_u16(), location });
        }
        status => return Ok(Answer::Unreachable(format!("the server answered with status {}", status.as_u16()))),
    }
    Ok(match read_whole(body, bytes_max).await {
        Ok(body) => Answer::Found(body.into()),
        Err(why) => Answer::Unreachable(why),
    })
}

fn describe(error: &TransportError) -> String {
    match error {
        TransportError::NotSent(NotSent::Prohibited, _) => {
            "its address is not one of the public internet; --allow-address ADDRESS would allow it".to_owned()
        }
        error => error.to_string(),
    }
}

fn read(path: &Path, bytes_max: usize) -> Answer<Vec<u8>> {
    let mut bytes = Vec::new();
    let opened = std::fs::File::open(path);
    match opened.and_then(|file| file.take(bytes_max as u64 + 1).read_to_end(&mut bytes)) {
        Ok(length) if length > bytes_max => Answer::Unreachable(too_long(bytes_max)),
        Ok(_) => Answer::Found(bytes),
        Err(error) if error.kind() == ErrorKind::NotFound => Answer::Absent,
        Err(error) => Answer::Unreachable(format!("{}: {error}", path.display())),
    }
}
