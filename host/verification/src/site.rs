//! Reads the issuer's published files, over HTTPS or from a folder.

use super::Published;
use super::names::Names;
use bytes::Bytes;
use hibob_net::address::{AddressPolicy, Resolve, SystemResolver};
use hibob_net::transport::{HttpTransport, NotSent, Transport, TransportError, read_whole, too_long};
use hibob_reference_format::domain::Domain;
use hibob_reference_format::verify::Answer;
use http::header::{ACCEPT, USER_AGENT};
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
    /// The beginning of every URL of this domain.
    root: String,
    place: Place,
    timeout: Duration,
}

enum Place {
    Nowhere,
    /// A server that cannot be used, for this reason.
    Closed(String),
    /// A server, with the beginning of its URLs.
    Server(HttpTransport, String),
    Folder(PathBuf),
}

impl Site {
    /// Makes a site. Nothing is requested yet. A server's addresses are resolved by `names`, or else by the system.
    pub(super) fn new(published: &Published, domain: &Domain, names: Option<Arc<Names>>, timeout: Duration) -> Self {
        let root = domain.url("");
        let server = |policy: AddressPolicy, start: String| {
            let resolver: Arc<dyn Resolve> = match names {
                Some(names) => names,
                None => Arc::new(SystemResolver),
            };
            match HttpTransport::with_resolver(timeout, policy, None, resolver) {
                Ok(transport) => Place::Server(transport, start),
                Err(why) => Place::Closed(format!("TLS cannot be used: {why}")),
            }
        };
        let place = match published {
            Published::Nowhere => Place::Nowhere,
            Published::Folder(folder) => Place::Folder(folder.clone()),
            Published::Https { allow } => {
                server(AddressPolicy { allowed: allow.clone(), localhost: false }, root.clone())
            }
            Published::Local(address) => {
                let only = AddressPolicy { allowed: vec![address.ip().into()], localhost: false };
                server(only, format!("http://{address}/"))
            }
        };
        Self { root, place, timeout }
    }

    /// Reads the file at a URL of the domain, of at most `bytes_max` bytes. There is one attempt, and redirects are not
    /// followed.
    pub(super) async fn get(&self, url: &str, bytes_max: usize) -> Answer<Vec<u8>> {
        let Some(path) = url.strip_prefix(&self.root) else {
            return Answer::Unreachable(format!("{url} is not on the issuer's domain"));
        };
        match &self.place {
            Place::Nowhere => Answer::NotAsked,
            Place::Closed(why) => Answer::Unreachable(why.clone()),
            Place::Folder(folder) => read(&folder.join(path), bytes_max),
            Place::Server(transport, start) => {
                let url = format!("{start}{path}");
                let answer = fetch(transport, &url, bytes_max);
                let late =
                    |_| Answer::Unreachable(format!("no whole answer within {} seconds", self.timeout.as_secs()));
                tokio::time::timeout(self.timeout, answer).await.unwrap_or_else(late)
            }
        }
    }
}

async fn fetch(transport: &HttpTransport, url: &str, bytes_max: usize) -> Answer<Vec<u8>> {
    let request = Request::get(url).header(USER_AGENT, AGENT).header(ACCEPT, "application/json");
    let Ok(request) = request.body(Full::<Bytes>::default()) else {
        return Answer::Unreachable(format!("{url} is no URL"));
    };
    let (head, body) = match transport.send(request).await {
        Ok(response) => response.into_parts(),
        Err(error) => return Answer::Unreachable(describe(&error)),
    };
    match head.status {
        StatusCode::OK => {}
        StatusCode::NOT_FOUND | StatusCode::GONE => return Answer::Absent,
        status if status.is_redirection() => {
            let text =
                format!("the server answered with a redirect (status {}), which is not followed", status.as_u16());
            return Answer::Unreachable(text);
        }
        status => return Answer::Unreachable(format!("the server answered with status {}", status.as_u16())),
    }
    match read_whole(body, bytes_max).await {
        Ok(body) => Answer::Found(body.into()),
        Err(why) => Answer::Unreachable(why),
    }
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
