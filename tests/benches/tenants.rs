//! Many tenants on one machine: `cargo bench --bench tenants`, or with one of `neighbour`, `density`, `call`, `limits`.
//!
//! - `neighbour`: a small sync beside a tenant that uses all that its limits allow, compared with the same sync on a
//!   quiet host. Kinds of noise may be named after it: `loop`, `loop-in-host-calls`, `memory`, `requests-in-a-row`.
//! - `density`: the memory of a thousand tenants whose plans all wait for an answer at the same time.
//! - `call`: the time of a fresh instance with one small call.
//! - `limits`: a plan with and without the engine's interruption points.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark stops at what fails, and prints")]

mod tenants {
    pub(crate) mod density;
    pub(crate) mod gate;
    pub(crate) mod limits;
    pub(crate) mod neighbour;
}

use tenants::{density, limits, neighbour};

#[tokio::main]
async fn main() {
    let only: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    if only.first().is_some_and(|word| word == neighbour::HOG) {
        return neighbour::hog();
    }
    let wanted = |name: &str| only.is_empty() || only.iter().any(|only| only == name);
    if wanted("neighbour") {
        let kinds: Vec<String> = only.iter().skip_while(|word| *word != "neighbour").skip(1).cloned().collect();
        neighbour::measure(&kinds).await;
    }
    if wanted("density") {
        density::measure().await;
    }
    if wanted("call") {
        limits::call().await;
    }
    if wanted("limits") {
        limits::limits().await;
    }
}
