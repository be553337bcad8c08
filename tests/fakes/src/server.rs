//! The stand-ins for HiBob and TravelPerk on 127.0.0.1.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use crate::{
    listen::{Running, listen, lock, now},
    message::Service,
    wire,
    world::World,
};

/// Two HTTP servers on ports that the system chooses. Dropping this stops them.
#[derive(Debug)]
pub struct Server {
    world: Arc<Mutex<World>>,
    hibob: SocketAddr,
    travelperk: SocketAddr,
    _running: [Running; 2],
}

impl Server {
    /// Starts both services. Call it inside a tokio runtime.
    ///
    /// # Errors
    ///
    /// No port can be bound.
    pub async fn start(world: Arc<Mutex<World>>) -> io::Result<Self> {
        let (hibob, first) = listen_for(Service::HiBob, &world).await?;
        let (travelperk, second) = listen_for(Service::TravelPerk, &world).await?;
        Ok(Self { world, hibob, travelperk, _running: [first, second] })
    }

    /// The base URL of HiBob.
    #[must_use]
    pub fn hibob_url(&self) -> String {
        format!("http://{}/v1", self.hibob)
    }

    /// The base URL of TravelPerk's SCIM.
    #[must_use]
    pub fn scim_url(&self) -> String {
        format!("http://{}/api/v2/scim", self.travelperk)
    }

    /// The base URL of TravelPerk's REST.
    #[must_use]
    pub fn rest_url(&self) -> String {
        format!("http://{}", self.travelperk)
    }

    /// The state of both services, and the log.
    #[must_use]
    pub fn world(&self) -> &Arc<Mutex<World>> {
        &self.world
    }
}

async fn listen_for(service: Service, world: &Arc<Mutex<World>>) -> io::Result<(SocketAddr, Running)> {
    let world = Arc::clone(world);
    listen(move |stream| {
        let world = Arc::clone(&world);
        wire::serve(stream, move |request| {
            let response = lock(&world).handle(service, &request, now());
            async { response }
        })
    })
    .await
}

#[cfg(test)]
mod tests;
