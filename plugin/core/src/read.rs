//! Sending read requests and taking in their JSON answers, for every part of the core that reads a service.

use crate::error::{JobError, expect_json};
use crate::http::{Request, Response};
use crate::world::World;

/// Most pages that are read of one listing; at 50 users a page that is five million accounts. A longer listing is
/// broken.
pub(crate) const PAGES_MAX: usize = 100_000;

/// How often a listing is read that is not shown to be complete.
pub(crate) const READINGS_MAX: usize = 2;

/// Most accounts that are read alone because the listing does not say whether they are active.
pub(crate) const STATE_READS_MAX: usize = 20;

/// Most linked accounts that are looked up one by one because the listing lacks them, without those that may be
/// archived. If it lacks more, the listing cannot be trusted.
pub(crate) const LOOKUPS_MAX: usize = 1_000;

/// Sends a read request and checks that the answer is JSON. Its body is not read yet.
///
/// # Errors
/// No answer came, or the errors of [`expect_json`].
pub(crate) fn open<'w>(world: &'w mut dyn World, request: &Request) -> Result<Response<'w>, JobError> {
    let response = world.send(request).map_err(|error| JobError::from_send(request, error))?;
    expect_json(request, &response)?;
    Ok(response)
}

/// Sends a read request for one thing and returns the whole JSON answer; none if the status is 404.
pub(crate) fn read_if_there(world: &mut dyn World, request: &Request) -> Result<Option<Vec<u8>>, JobError> {
    let mut response = world.send(request).map_err(|error| JobError::from_send(request, error))?;
    if response.status == 404 {
        return Ok(None);
    }
    expect_json(request, &response)?;
    response.gather().map(Some).map_err(|error| JobError::from_send(request, error))
}

/// Sends the request for a page of a listing and returns the whole JSON answer. If what came so far `is_all`, a service
/// may refuse a page behind the last one (400, 404 or 416); then there is none.
pub(crate) fn read_page(world: &mut dyn World, request: &Request, is_all: bool) -> Result<Option<Vec<u8>>, JobError> {
    let mut response = world.send(request).map_err(|error| JobError::from_send(request, error))?;
    if is_all && [400, 404, 416].contains(&response.status) {
        return Ok(None);
    }
    expect_json(request, &response)?;
    response.gather().map(Some).map_err(|error| JobError::from_send(request, error))
}

/// Sends a read request and returns the whole JSON answer.
pub(crate) fn read(world: &mut dyn World, request: &Request) -> Result<Vec<u8>, JobError> {
    open(world, request)?.gather().map_err(|error| JobError::from_send(request, error))
}
