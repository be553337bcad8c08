//! Tests of the sandbox: what the plugin can reach, and that it never gets a secret.

use expect_test::expect;
use hibob_base::job::RunKind;
use hibob_base::progress::NoProgress;
use hibob_egress::AsMade;
use hibob_fakes::Service;
use hibob_net::address::AddressPolicy;
use hibob_net::transport::{HttpTransport, Transport, TransportBody, TransportError};
use hibob_policy::guard::Release;
use hibob_sandbox::engine::Runtime;
use hibob_sandbox::identity::Trust;
use hibob_sandbox::plugin::Plugin;
use hibob_sandbox::tenant::Tenant;
use hibob_tests::setup::{Setup, plugin, runtime};
use http_body_util::{BodyExt, Full};
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[test]
fn the_component_imports_no_sockets_and_no_files() {
    expect![[r#"
        hibob:connector/log@0.3.0
        hibob:connector/progress@0.3.0
        hibob:connector/storage@0.3.0
        hibob:connector/types@0.3.0
        wasi:cli/environment@0.2.6
        wasi:cli/exit@0.2.6
        wasi:cli/stderr@0.2.6
        wasi:cli/stdin@0.2.6
        wasi:cli/stdout@0.2.6
        wasi:cli/terminal-input@0.2.6
        wasi:cli/terminal-output@0.2.6
        wasi:cli/terminal-stderr@0.2.6
        wasi:cli/terminal-stdin@0.2.6
        wasi:cli/terminal-stdout@0.2.6
        wasi:clocks/monotonic-clock@0.2.6
        wasi:http/outgoing-handler@0.2.4
        wasi:http/types@0.2.4
        wasi:io/error@0.2.6
        wasi:io/poll@0.2.6
        wasi:io/streams@0.2.6
        wasi:random/insecure-seed@0.2.6"#]]
    .assert_eq(&plugin().imports().join("\n"));
    expect![[r#"
        hibob:connector/directory-sync@0.3.0
        hibob:connector/offboarding-references@0.3.0"#]]
    .assert_eq(&plugin().exports().join("\n"));
}

#[test]
fn a_file_that_is_no_plugin_is_refused_with_a_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |bytes: &[u8], words: &str| {
        let file = folder.path().join("plugin.wasm");
        std::fs::write(&file, wat::parse_bytes(bytes).unwrap_or_else(|_| bytes.into())).unwrap();
        let Err(error) = Plugin::from_file(runtime(), &file, &Trust::built_in().or_unsigned()) else {
            panic!("the plugin was loaded")
        };
        assert!(error.to_string().contains(words), "{error}");
        assert!(error.remedy().contains("hibob:connector/plugin@0.3.0"));
    };
    refused(b"not wasm at all", "is not a plugin for this host");
    refused(b"(component)", "built for no version of the contract");
    refused(
        b"(component (import \"wasi:sockets/network@0.2.0\" (instance (export \"network\" (type (sub resource))))))",
        "wasi:sockets/network",
    );
}

/// An address policy that allows the stand-ins.
fn this_machine() -> AddressPolicy {
    AddressPolicy { allowed: vec!["127.0.0.1/32".parse().unwrap()], localhost: false }
}

/// A transport that records the requests and forwards them.
struct Recording {
    inner: HttpTransport,
    seen: Arc<Mutex<Vec<u8>>>,
}

type Sending = Pin<Box<dyn Future<Output = Result<http::Response<TransportBody>, TransportError>> + Send>>;

impl Transport for Recording {
    fn send(&self, request: http::Request<Full<bytes::Bytes>>) -> Sending {
        let made = request.extensions().get::<AsMade>().cloned().unwrap();
        let seen = self.seen.clone();
        let sent = self.inner.send(request.clone());
        Box::pin(async move {
            let body = request.into_body().collect().await.unwrap().to_bytes();
            let made = format!("{} {:?}\n", made.uri, made.headers).into_bytes();
            seen.lock().unwrap().extend([made, body.to_vec()].concat());
            sent.await
        })
    }
}

/// Linear memory that a test can read after its instance has ended.
#[expect(unsafe_code, reason = "wasmtime's traits for memory of one's own are unsafe")]
mod memory {
    use std::sync::{Arc, Mutex};
    use wasmtime::{LinearMemory, MemoryCreator, MemoryType};

    /// The memories of a test's instances after their end.
    pub(super) type Remains = Arc<Mutex<Vec<Vec<u8>>>>;

    pub(super) struct Creator(pub(super) Remains);

    /// Enough for a small sync. Pages that are not used cost nothing.
    const CAPACITY: usize = 64 * 1024 * 1024;

    struct Memory {
        bytes: Vec<u8>,
        size: usize,
        remains: Remains,
    }

    // SAFETY: `bytes` is allocated once, zeroed, with the capacity it reports, and is neither moved nor shrunk.
    unsafe impl LinearMemory for Memory {
        fn byte_size(&self) -> usize {
            self.size
        }

        fn byte_capacity(&self) -> usize {
            self.bytes.len()
        }

        fn grow_to(&mut self, new_size: usize) -> wasmtime::Result<()> {
            wasmtime::ensure!(new_size <= self.bytes.len(), "the test's memory is full");
            self.size = new_size;
            Ok(())
        }

        fn as_ptr(&self) -> *mut u8 {
            self.bytes.as_ptr().cast_mut()
        }
    }

    impl Drop for Memory {
        fn drop(&mut self) {
            self.remains.lock().unwrap().push(self.bytes[..self.size].to_vec());
        }
    }

    // SAFETY: the memory has no guard pages, and none are asked for (`memory_guard_size` and `memory_reservation` are
    // 0).
    unsafe impl MemoryCreator for Creator {
        fn new_memory(
            &self,
            _ty: MemoryType,
            minimum: usize,
            _maximum: Option<usize>,
            _reserved: Option<usize>,
            guard: usize,
        ) -> Result<Box<dyn LinearMemory>, String> {
            assert_eq!(guard, 0);
            Ok(Box::new(Memory { bytes: vec![0; CAPACITY], size: minimum, remains: self.0.clone() }))
        }
    }
}

fn looking_runtime(remains: &memory::Remains) -> Runtime {
    let mut config = wasmtime::Config::new();
    config.wasm_component_model(true).epoch_interruption(true).memory_init_cow(false);
    config.memory_reservation(0).memory_guard_size(0).memory_reservation_for_growth(0);
    config.with_host_memory(Arc::new(memory::Creator(remains.clone())));
    config.cranelift_opt_level(wasmtime::OptLevel::None); // compiled for this test alone
    Runtime::with_engine(wasmtime::Engine::new(&config).unwrap())
}

/// Everything that was written to the log.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn contains(haystack: &[u8], needle: &str) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle.as_bytes())
}

/// Every file below a folder, except those into which the test itself has written the secrets.
fn files(folder: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push((path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
}

/// Secrets from the tenant's file must reach the services and nothing else.
#[tokio::test]
async fn secrets_never_enter_the_sandbox_nor_anything_that_is_kept() {
    const TOKEN: &str = "canary-hibob-token-5f1c";
    const KEY: &str = "canary-travelperk-key-77ab";
    let mut world = hibob_fakes::World::realistic(20, 3, hibob_tests::setup::today());
    world.hibob.token = TOKEN.to_owned();
    world.travelperk.api_key = KEY.to_owned();
    let basic = world.hibob.authorization();
    let setup = Setup::new(world).await;

    let log = Log::default();
    let writer = log.clone();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(move || writer.clone()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    // With a single subscriber, tracing decides once per call site whether it is enabled, by the first thread that
    // reaches it, and tests on other threads do not log. With a second subscriber it asks each of them.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    tracing::callsite::rebuild_interest_cache();

    let remains = memory::Remains::default();
    let runtime = looking_runtime(&remains);
    let plugin = Plugin::embedded(&runtime).unwrap();
    let seen = Arc::default();
    let recording = Recording {
        inner: HttpTransport::new(Duration::from_secs(5), this_machine(), None).unwrap(),
        seen: Arc::clone(&seen),
    };
    let config = setup.data.config("acme").await.unwrap();
    let tenant = Tenant::open_with(&setup.data, config, Arc::new(recording)).await.unwrap();

    let run = hibob_runner::start(&setup.data, &tenant, &plugin, RunKind::Sync, Arc::new(NoProgress)).await.unwrap();
    let planned = run.plan().await.unwrap();
    let mut report = run.apply(&planned, Release::default()).await;
    run.finish(&mut report, Some(&planned)).await.unwrap();
    assert!(report.created > 10, "{report:?}");
    hibob_store::plan_file::save(
        &setup.data,
        &tenant.basis(&plugin).unwrap(),
        &planned,
        &setup.data.path().join("p.plan"),
    )
    .unwrap();

    // The services received the secrets, so the search would find them.
    {
        let world = setup.world();
        let sent = |service, want: &str| {
            world.log().iter().filter(|entry| entry.service == service).all(|entry| {
                entry.headers.iter().any(|(name, value)| name.eq_ignore_ascii_case("authorization") && value == want)
            })
        };
        assert!(sent(Service::HiBob, &basic) && sent(Service::TravelPerk, &format!("ApiKey {KEY}")));
    }
    let encoded = basic.strip_prefix("Basic ").unwrap();
    let memories = remains.lock().unwrap();
    assert!(memories.len() > 10, "there are fewer memories than calls");
    assert!(memories.iter().any(|memory| contains(memory, "/people/search")), "the memories are not the plugin's");
    let mut places: Vec<(String, Vec<u8>)> =
        memories.iter().cloned().map(|memory| ("a linear memory".to_owned(), memory)).collect();
    places.push(("the requests as made".to_owned(), seen.lock().unwrap().clone()));
    places.push(("the log".to_owned(), log.0.lock().unwrap().clone()));
    files(setup.data.path(), &mut places);
    places.push(("the report".to_owned(), serde_json::to_vec(&report).unwrap()));
    let requests = &places.iter().find(|(name, _)| name == "the requests as made").unwrap().1;
    assert!(contains(requests, "/Users") && !contains(requests, "authorization"));
    let (_, log) = places.iter().find(|(name, _)| name == "the log").unwrap();
    assert!(contains(log, "changes planned") && contains(log, "authority"), "the log is not complete");
    for (name, bytes) in &places {
        for secret in [TOKEN, KEY, encoded] {
            assert!(!contains(bytes, secret), "{secret} is in {name}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_services_receive_proper_requests() {
    let setup = Setup::realistic(20).await;
    setup.sync().await;
    let world = setup.world();
    let host = |url: &str| url.split('/').nth(2).unwrap().to_owned();
    let header = |entry: &hibob_fakes::Recorded, name: &str| {
        let values: Vec<_> = entry
            .headers
            .iter()
            .filter(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.clone())
            .collect();
        assert!(values.len() <= 1, "{name} is sent twice: {values:?}");
        values.into_iter().next()
    };
    let (mut with_body, mut without_body) = (0, 0);
    for entry in world.log() {
        let (url, api_version) = match entry.service {
            Service::HiBob => (setup.server.hibob_url(), None),
            Service::TravelPerk => (setup.server.scim_url(), Some("1".to_owned())),
        };
        assert_eq!(header(entry, "host"), Some(host(&url)));
        assert_eq!(header(entry, "accept").as_deref(), Some("application/json"));
        assert_eq!(header(entry, "api-version"), api_version);
        assert!(header(entry, "user-agent").unwrap().starts_with("hibob-connector/"));
        assert_eq!(header(entry, "transfer-encoding"), None);
        if entry.body.is_empty() {
            without_body += 1;
        } else {
            with_body += 1;
            assert_eq!(header(entry, "content-length"), Some(entry.body.len().to_string()));
            assert_eq!(header(entry, "content-type").as_deref(), Some("application/json"));
        }
    }
    assert!(with_body > 10 && without_body > 3);
}

/// `wasi-http-client` traps on a body of more than 4,096 bytes. This one has 100,000.
#[tokio::test(flavor = "multi_thread")]
async fn a_large_request_body_passes() {
    let setup = Setup::realistic(10).await;
    let fields: Vec<String> = (0..190).map(|number| format!("\"work.custom.field_{number:0>520}\"")).collect();
    setup.apply_tenant("acme", &format!("[sync]\nsources.phone = [{}]\n", fields.join(","))).await;
    let report = setup.sync().await;
    assert!(!report.is_stopped(), "{:?}", report.error);
    let world = setup.world();
    let search = world.requests(Service::HiBob, "POST", "/v1/people/search");
    assert!(search[0].body.len() > 100_000, "{} bytes", search[0].body.len());
    let asked = search[0].value().pointer("/fields").unwrap().as_array().unwrap().len();
    assert_eq!(
        asked,
        190 + 13,
        "the 13 others are 6 mandatory ones, title, department, manager twice, gender, birth date, termination date"
    );
}
