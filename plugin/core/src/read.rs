//! Sending reads and taking in their JSON answers: what every part of the core that reads a service shares.

use crate::error::{JobError, expect_json};
use crate::http::{Request, Response};
use crate::world::World;

/// Most pages of one listing; at 50 users a page that is five million accounts. A listing that goes on is broken.
pub(crate) const PAGES_MAX: usize = 100_000;

/// Most linked accounts that are looked up one by one because the listing lacks them. More than that is not a few
/// archived accounts but a listing that cannot be trusted.
pub(crate) const LOOKUPS_MAX: usize = 1_000;

/// Sends a read and accepts a JSON answer only. Its body is yet to be read.
///
/// # Errors
/// Those of [`expect_json`], and no answer.
pub(crate) fn open<'w>(world: &'w mut dyn World, request: &Request) -> Result<Response<'w>, JobError> {
    let response = world.send(request).map_err(|error| JobError::from_send(request, error))?;
    expect_json(request, &response)?;
    Ok(response)
}

/// Sends a read of one thing and gathers its JSON answer; none if it is not there.
pub(crate) fn read_if_there(world: &mut dyn World, request: &Request) -> Result<Option<Vec<u8>>, JobError> {
    let mut response = world.send(request).map_err(|error| JobError::from_send(request, error))?;
    if response.status == 404 {
        return Ok(None);
    }
    expect_json(request, &response)?;
    response.gather().map(Some).map_err(|error| JobError::from_send(request, error))
}

/// Sends a read and gathers its JSON answer.
pub(crate) fn read(world: &mut dyn World, request: &Request) -> Result<Vec<u8>, JobError> {
    open(world, request)?.gather().map_err(|error| JobError::from_send(request, error))
}
