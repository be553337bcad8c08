//! Why a job could not be done. The cases differ in who has to act next.

use crate::finding::{Finding, Severity};
use crate::http::{Request, Response, SCIM_URL, SendError, Side};
use crate::world::StorageError;

/// An answer, or the lack of one, that ended a job or a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SideError {
    /// The service.
    pub side: Side,
    /// Method and path, without ids or query.
    pub request: String,
    /// The HTTP status, if an answer came.
    pub status: Option<u16>,
    /// What is wrong, in one sentence.
    pub message: String,
    /// What a person can do about it, in one sentence.
    pub remedy: String,
}

/// The code of a listing that is not shown to be complete. The contract has no error of its own for it, so it goes the way
/// of the settings, and the host knows it by its code.
const LISTING_INCOMPLETE: &str = "LISTING_INCOMPLETE";

/// Why a job could not be done; mirrors `types.job-error` of the WIT package.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the cases are documented in the WIT package")]
pub enum JobError {
    Settings(Vec<Finding>),
    Credentials(SideError),
    Unavailable(SideError),
    NotAllowed(String),
    Unsound(String),
    Storage(String),
}

impl From<StorageError> for JobError {
    fn from(error: StorageError) -> Self {
        Self::Storage(error.0)
    }
}

impl JobError {
    /// The error for a request that got no answer, or no complete one.
    pub fn from_send(request: &Request, error: SendError) -> Self {
        match error {
            SendError::Denied(reason) => Self::NotAllowed(reason),
            SendError::NotSent(reason) => Self::Unavailable(side_error(
                request,
                None,
                format!("no connection to {}: {reason}", request.side.name()),
                format!("check {} in the tenant's file and the network, then start the job again", request.setting),
            )),
            SendError::Unknown(reason) => Self::Unavailable(side_error(
                request,
                None,
                format!("{} gave no complete answer: {reason}", request.side.name()),
                "start the job again; if it stays so, tell that service's support".to_owned(),
            )),
        }
    }

    /// The error for a listing that is not shown to be complete, though it was read twice. `seen` is what was seen, as the
    /// rest of a sentence.
    pub fn incomplete(request: &Request, seen: &str) -> Self {
        let finding = Finding::new(
            Severity::Error,
            LISTING_INCOMPLETE,
            format!(
                "the listing {} of {} is not shown to be complete: {seen}; as an account that is not in it may well be there, \
                 nothing is planned",
                request.name(),
                request.side.name()
            ),
            format!(
                "start the run again, as accounts may have changed while they were read; if it stays so, show this to \
                 {}'s support, and check that {} is the address of its API",
                request.side.name(),
                request.setting
            ),
        );
        Self::Settings(vec![finding])
    }

    /// The error for an answer whose content type is JSON but whose content is not as expected.
    pub fn nonsense(request: &Request, what: impl std::fmt::Display) -> Self {
        Self::Unavailable(side_error(
            request,
            None,
            format!("{} gave an answer that cannot be understood: {what}", request.side.name()),
            format!("check that {} is the address of its API; if it is, start the job again", request.setting),
        ))
    }
}

/// Accepts an answer with a 2xx status and JSON as its content type.
///
/// # Errors
/// [`JobError::Credentials`] for 401 and 403, [`JobError::Unavailable`] for everything else.
pub fn expect_json(request: &Request, response: &Response<'_>) -> Result<(), JobError> {
    let name = request.side.name();
    let url = request.setting;
    let status = response.status;
    let (message, remedy) = match status {
        200..=299 if response.is_json() => return Ok(()),
        200..=299 => (
            format!("{name} answered {} instead of JSON", response.content_type.as_deref().unwrap_or("nothing")),
            format!("check that {url} is the address of its API and not of a web page"),
        ),
        401 => return Err(JobError::Credentials(refused(request, status))),
        403 => return Err(JobError::Credentials(refused(request, status))),
        300..=399 => (
            format!("{name} answers with a redirect, which is not followed"),
            format!("change {url} in the tenant's file to the address where its API is now"),
        ),
        404 => (format!("{name} does not know this address"), format!("check {url} in the tenant's file")),
        410 => (
            format!("{name} has withdrawn this address"),
            format!("check {url}, and look for a newer release of this plugin"),
        ),
        429 => (
            format!(
                "{name} takes no more requests for now, and the time for waiting was used up (limits.waiting_seconds_max)"
            ),
            "start the job later, or lower calls_per_minute in the tenant's file".to_owned(),
        ),
        500..=599 => (
            format!("{name} failed"),
            "start the job again later; if it stays so, tell that service's support".to_owned(),
        ),
        _ => (
            format!("{name} answered with a status that was not expected"),
            format!("check {url} in the tenant's file; if it is right, tell that service's support"),
        ),
    };
    Err(JobError::Unavailable(side_error(request, Some(status), message, remedy)))
}

/// The error for refused credentials.
pub fn refused(request: &Request, status: u16) -> SideError {
    let (message, remedy) = match (request.side, status) {
        (Side::HiBob, 403) => (
            "HiBob's service user may not read this",
            "in HiBob: Settings, Permission groups, the service user's group: grant the People permissions of the setup guide, and check the account's IP allow-list",
        ),
        (Side::HiBob, _) => (
            "HiBob refused the service user's id or token",
            "make a new token in HiBob (Integrations, Service users) and enter it: hibob secret set TENANT hibob.token (or put it where the tenant's file names another place)",
        ),
        (Side::Target, 403) if request.setting != SCIM_URL => (
            "TravelPerk refused access to its REST API with this key",
            "the key needs an account admin's rights; or leave rest_url and cost_centers_url out of the tenant's file, and companies are not checked and cost centers not created",
        ),
        (Side::Target, 403) => (
            "TravelPerk refused access with this key",
            "in TravelPerk: Company settings, Integrations, SCIM: enable the SCIM API; the key needs an account admin's rights",
        ),
        (Side::Target, _) => (
            "TravelPerk refused the key",
            "make a new key in TravelPerk (Settings, Developer, API tools), enter it: hibob secret set TENANT travelperk.key (or put it where the tenant's file names another place), and check travelperk.scheme",
        ),
    };
    side_error(request, Some(status), message.to_owned(), remedy.to_owned())
}

fn side_error(request: &Request, status: Option<u16>, message: String, remedy: String) -> SideError {
    SideError { side: request.side, request: request.name(), status, message, remedy }
}

/// Says where JSON is wrong, without its content: serde's own message would repeat values, which may be personal data.
pub(crate) fn where_wrong(error: &serde_json::Error) -> String {
    let shape = "its JSON lacks something that belongs there, or has it in another form";
    let what = if error.is_data() { shape } else { "it is not valid JSON" };
    format!("{what} (line {}, column {})", error.line(), error.column())
}
