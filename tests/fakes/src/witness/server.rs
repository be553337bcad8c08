//! The witness on 127.0.0.1.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard},
};

use chrono::Utc;

use super::Witness;
use crate::{
    listen::{Running, listen, lock},
    wire,
};

/// An HTTP server on a port that the system chooses. Dropping it stops the server.
#[derive(Debug)]
pub struct WitnessServer {
    witness: Arc<Mutex<Witness>>,
    address: SocketAddr,
    _running: Running,
}

impl WitnessServer {
    /// Starts the server. Call it inside a tokio runtime.
    ///
    /// # Errors
    ///
    /// No port can be bound.
    pub async fn start(witness: Witness) -> io::Result<Self> {
        let witness = Arc::new(Mutex::new(witness));
        let shared = Arc::clone(&witness);
        let (address, running) = listen(move |stream| {
            let witness = Arc::clone(&shared);
            wire::serve(stream, move |request| {
                let response = lock(&witness).handle(&request, Utc::now());
                async { response }
            })
        })
        .await?;
        Ok(Self { witness, address, _running: running })
    }

    /// The base URL, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The witness. No request is processed while the guard is held.
    pub fn witness(&self) -> MutexGuard<'_, Witness> {
        lock(&self.witness)
    }
}
