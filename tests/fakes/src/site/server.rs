//! The site on 127.0.0.1.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use super::Site;
use crate::{
    listen::{Running, listen, lock, now},
    wire,
};

/// An HTTP server on a port that the system chooses. Dropping it stops the server.
#[derive(Debug)]
pub struct SiteServer {
    site: Arc<Mutex<Site>>,
    address: SocketAddr,
    _running: Running,
}

impl SiteServer {
    /// Starts the server. Call it inside a tokio runtime.
    ///
    /// # Errors
    ///
    /// No port can be bound.
    pub async fn start(site: Arc<Mutex<Site>>) -> io::Result<Self> {
        let shared = Arc::clone(&site);
        let (address, running) = listen(move |stream| {
            let site = Arc::clone(&shared);
            wire::serve(stream, move |request| {
                let answer = lock(&site).handle(&request, now());
                async move {
                    tokio::time::sleep(answer.after).await;
                    answer.response
                }
            })
        })
        .await?;
        Ok(Self { site, address, _running: running })
    }

    /// The address at which it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The base URL, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The files, settings and log.
    #[must_use]
    pub fn site(&self) -> &Arc<Mutex<Site>> {
        &self.site
    }
}
