//! Tests that all calls of a tenant together keep to the rate limits of the services.

use super::sync::employee;
use futures::future::BoxFuture;
use hibob_base::progress::NoProgress;
use hibob_net::transport::{HttpTransport, Transport, TransportBody, TransportError};
use hibob_sandbox::tenant::Tenant;
use hibob_tests::setup::{Setup, plugin};
use http_body_util::Full;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

/// States with each page of accounts that the rate limit is used up until the second after the next one begins.
struct UsedUp {
    inner: HttpTransport,
    /// When each page was requested, in Unix time.
    asked: Arc<Mutex<Vec<Duration>>>,
}

fn unix_time() -> Duration {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap()
}

impl Transport for UsedUp {
    fn send(
        &self,
        request: http::Request<Full<bytes::Bytes>>,
    ) -> BoxFuture<'static, Result<http::Response<TransportBody>, TransportError>> {
        let is_page = request.uri().path().ends_with("/Users");
        if is_page {
            self.asked.lock().unwrap().push(unix_time());
        }
        let sent = self.inner.send(request);
        Box::pin(async move {
            let mut response = sent.await?;
            if is_page {
                let reset = (unix_time().as_secs() + 1).to_string();
                response.headers_mut().insert("x-ratelimit-remaining", "0".parse().unwrap());
                response.headers_mut().insert("x-ratelimit-reset", reset.parse().unwrap());
            }
            Ok(response)
        })
    }
}

/// No request is sent while the rate limit is used up, so none is refused.
#[tokio::test(flavor = "multi_thread")]
async fn a_window_that_is_used_up_is_waited_for() {
    let people = (1..=60).map(|id| employee(&id.to_string(), "Ana", &format!("{id}@acme.example"))).collect();
    let setup = Setup::of(people).await;
    setup.sync().await;
    let config = setup.tenant().await.config().clone();
    let inner = HttpTransport::new(Duration::from_secs(10), config.addresses(), None).unwrap();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let transport = UsedUp { inner, asked: asked.clone() };
    let tenant = Tenant::open_with(&setup.data, config, Arc::new(transport)).await.unwrap();
    hibob_runner::plan(plugin(), &tenant, Arc::new(NoProgress)).await.unwrap();
    let asked = asked.lock().unwrap();
    assert!(asked.len() >= 2, "two pages");
    // The second in which the limit is reset may not be over, so the request is sent in the second after it.
    assert!(asked.windows(2).all(|pair| pair[1].as_secs() >= pair[0].as_secs() + 2), "{asked:?}");
}

/// Opening a tenant twice does not double its limits.
#[tokio::test]
async fn all_openings_of_a_tenant_share_its_limits() {
    let setup = Setup::of(Vec::new()).await;
    let (one, other) = (setup.tenant().await, setup.tenant().await);
    assert!(Arc::ptr_eq(one.memory(), other.memory()));
    setup.apply_tenant("acme", "tenant_memory_mebibytes_max = 100\n").await;
    assert!(!Arc::ptr_eq(one.memory(), setup.tenant().await.memory()), "with changed limits the counting begins anew");
}
