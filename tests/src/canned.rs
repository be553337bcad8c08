//! A company whose services answer from memory: the answers to the requests of a plan are recorded once and then
//! repeated.

use crate::native::NativeWorld;
use crate::setup::today;
use bytes::Bytes;
use hibob_config::tenant::TenantConfig;
use hibob_fakes::Service;
use hibob_net::transport::{Transport, TransportBody, TransportError};
use hibob_sandbox::tenant::Tenant;
use http_body_util::{BodyExt, Full, StreamBody};
use std::collections::BTreeMap;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;

/// Base URL of HiBob.
pub const HIBOB: &str = "https://hibob.example/v1";
/// Base URL of TravelPerk's SCIM service.
pub const SCIM: &str = "https://travelperk.example/api/v2/scim";
/// Size of the pieces of a body, in bytes: that of a socket's buffer.
pub const PIECE_BYTES: usize = 256 * 1024;

/// Recorded answers by path and query, and the content of the storage.
pub struct Canned {
    answers: BTreeMap<String, Bytes>,
    /// The links of a company whose accounts are as they should be.
    pub storage: BTreeMap<String, Vec<u8>>,
}

impl Canned {
    /// A company with so many employees, and its accounts: none, or with `converged` all of them, so that a plan has no
    /// changes.
    pub fn new(employees: usize, converged: bool) -> Self {
        let now = u64::try_from(chrono::Utc::now().timestamp()).unwrap();
        let mut world = NativeWorld::new(hibob_fakes::World::realistic(employees, 1, today()), now);
        let settings = NativeWorld::settings(&[]);
        if converged {
            let plan = world.plan(&settings).unwrap();
            world.apply(&settings, &plan);
        }
        world.fakes.clear_log();
        world.plan(&settings).unwrap();
        // Every plan makes the requests that this one made, so repeat them and record the answers.
        let asked: Vec<hibob_fakes::Recorded> = world.fakes.log().to_vec();
        let mut answers = BTreeMap::new();
        for (number, entry) in asked.into_iter().enumerate() {
            let query = entry.query.map(|query| format!("?{query}")).unwrap_or_default();
            let target = format!("{}{query}", entry.path);
            let mut request = hibob_fakes::Request::new(&entry.method, &target);
            request.headers = entry.headers;
            request.body = entry.body;
            let later = f64::from(u32::try_from(now).unwrap()) + 1_000_000.0 + 2.0 * number as f64;
            let answer = world.fakes.handle(entry.service, &request, later);
            assert_eq!(answer.status, 200, "{target}");
            let key = format!("{}{target}", if entry.service == Service::HiBob { "hibob" } else { "travelperk" });
            answers.insert(key, Bytes::from(answer.body));
        }
        Self { answers, storage: world.storage }
    }

    /// The answer to a request.
    pub fn answer(&self, url: &str) -> Bytes {
        let host = if url.starts_with(HIBOB) { "hibob" } else { "travelperk" };
        let path = &url[url.find("example").unwrap() + "example".len()..];
        self.answers.get(&format!("{host}{path}")).unwrap_or_else(|| panic!("no answer for {url}")).clone()
    }

    /// Writes the links into a tenant's storage.
    pub async fn remember(&self, tenant: &Tenant) {
        let links = self.storage.iter().map(|(key, value)| (key.clone(), Some(value.clone()))).collect();
        tenant.database().write_entries(&links, None).await.unwrap();
    }

    /// Size of the answer to `people/search`, in bytes.
    pub fn source_bytes(&self) -> usize {
        self.source().map(Bytes::len).sum()
    }

    /// The answers to `people/search`.
    pub fn source(&self) -> impl Iterator<Item = &Bytes> {
        self.answers.iter().filter(|(key, _)| key.contains("/people/search")).map(|(_, body)| body)
    }
}

/// A transport that gives these answers.
pub struct Memory(pub Arc<Canned>);

type Sending = Pin<Box<dyn Future<Output = Result<http::Response<TransportBody>, TransportError>> + Send>>;

impl Transport for Memory {
    fn send(&self, request: http::Request<Full<Bytes>>) -> Sending {
        let mut body = self.0.answer(&request.uri().to_string());
        let mut pieces = Vec::new();
        while !body.is_empty() {
            pieces.push(Ok(http_body::Frame::data(body.split_to(PIECE_BYTES.min(body.len())))));
        }
        let body = StreamBody::new(futures::stream::iter(pieces)).boxed_unsync();
        let answer = http::Response::builder().header("content-type", "application/json").body(body).unwrap();
        Box::pin(async move { Ok(answer) })
    }
}

/// A tenant of these services; its secrets are files in `folder`.
pub fn config(folder: &Path, id: &str, extra: &str) -> TenantConfig {
    std::fs::write(folder.join("secret"), "none").unwrap();
    let file = folder.join(format!("{id}.toml"));
    let text = format!(
        "id = \"{id}\"\n[safety]\nallow_first = true\n[hibob]\nurl = \"{HIBOB}\"\nservice_user = \"u\"\ntoken = \"file:secret\"\n[travelperk]\n\
         scim_url = \"{SCIM}\"\nkey = \"file:secret\"\ncalls_per_minute = 4000000000\n{extra}"
    );
    std::fs::write(&file, text).unwrap();
    TenantConfig::read(&file).unwrap()
}
