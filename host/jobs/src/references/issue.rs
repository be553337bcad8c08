//! Issuing a reference: claims that HiBob's answers confirm are signed, and recorded before anybody gets the document.

use crate::references::keys::{Signer, time};
use chrono::{NaiveDate, Utc};
use hibob_base::error::HostError;
use hibob_contract::leaver::Confirmed;
use hibob_contract::offboarding_references::{Claims as ConfirmedClaims, Departure};
use hibob_policy::text_form::written;
use hibob_reference_format::claims::{ClaimText, Claims, ClaimsError, Employment, Issuer};
use hibob_reference_format::credential::{Credential, SignedCredential};
use hibob_reference_format::pdf;
use hibob_reference_format::status_list::{IndexAllocator, StatusPosition};
use hibob_store::database::{Fence, NewReference, TenantDatabase};
use hibob_store::privacy::{Keyring, Purpose};

/// Signs references of one issuer and records them.
pub(super) struct Issuing<'d> {
    database: &'d TenantDatabase,
    fence: Fence,
    /// Encrypts the documents that are recorded.
    keyring: &'d Keyring,
    issuer: Issuer,
    signer: Signer,
    /// The number of the newest pair of status lists, and its free places.
    list: u32,
    places: IndexAllocator,
}

impl<'d> Issuing<'d> {
    pub(super) async fn open(
        database: &'d TenantDatabase,
        fence: Fence,
        keyring: &'d Keyring,
        issuer: Issuer,
        signer: Signer,
    ) -> Result<Self, HostError> {
        let taken = database.status_positions().await?;
        let list = taken.iter().map(|(list, ..)| *list).max().unwrap_or(1);
        let places = IndexAllocator::new(taken.iter().filter(|(of, ..)| *of == list).map(|(_, index, _)| *index));
        Ok(Self { database, fence, keyring, issuer, signer, list, places })
    }

    /// Signs and records a reference with these claims for a departure. If `supersedes` has a reason, it replaces the
    /// employee's latest reference. Returns its id; none if the departure has one already.
    ///
    /// # Errors
    /// The system has no random numbers, or the database failed.
    pub(super) async fn issue(
        &mut self,
        departure: &Departure,
        confirmed: &Confirmed,
        claims: Claims,
        supersedes: Option<&str>,
    ) -> Result<Option<String>, HostError> {
        let status = self.place()?;
        // Never before the key's first second, even if the clock was set back since.
        let issued = time(Utc::now().timestamp().max(self.signer.signs_from));
        let credential = Credential::new(claims, status, issued).map_err(no_randomness)?;
        let id = credential.id.uuid();
        let signed = SignedCredential::sign(credential, &self.signer.key, &self.signer.selector);
        let signed = signed.map_err(|error| HostError::Engine(error.to_string()))?;
        let (employee, document) = (&departure.employee_id, signed.canonical());
        let document = self.keyring.encrypt_bytes(self.fence, Purpose::Reference, employee, document).await?;
        let reference = NewReference {
            id: id.clone(),
            departure: departure.clone(),
            document,
            digest: signed.digest(),
            selector: self.signer.selector.to_string(),
            status_list: status.list,
            status_index: status.index,
            plugin_digest: confirmed.plugin_digest.clone(),
            answers_digest: confirmed.answers_digest,
            issued_at: issued.timestamp(),
            message_id: format!("<{id}@{}>", self.issuer.domain),
        };
        let recorded = self.database.record_reference(self.fence, &reference, supersedes).await?;
        Ok(recorded.map(|_| id))
    }

    /// The claims of a reference that can be rendered as a page. The inner error says why it cannot.
    ///
    /// # Errors
    /// The system has no random numbers.
    pub(super) fn claims(&self, confirmed: &Confirmed) -> Result<Result<Claims, String>, HostError> {
        let claims = match claims(&self.issuer, confirmed) {
            Ok(claims) => claims,
            Err(what) => return Ok(Err(what)),
        };
        // The place in the status lists is not on the page, so any will do.
        let place = StatusPosition { list: 1, index: 0 };
        let credential = Credential::new(claims, place, Utc::now()).map_err(no_randomness)?;
        Ok(match pdf::check(&credential) {
            Ok(()) => Ok(credential.claims),
            Err(error) => Err(error.to_string()),
        })
    }

    /// A free place in the status lists, drawn at random. If the newest lists are full, it is in new ones.
    fn place(&mut self) -> Result<StatusPosition, HostError> {
        loop {
            if let Some(index) = self.places.draw().map_err(no_randomness)? {
                return Ok(StatusPosition { list: self.list, index });
            }
            self.list += 1;
            self.places = IndexAllocator::new([]);
        }
    }
}

/// The confirmed values as claims. The error says which value cannot be in a reference.
fn claims(issuer: &Issuer, confirmed: &Confirmed) -> Result<Claims, String> {
    let ConfirmedClaims { given_name, family_name, job_title, department, started_on, ended_on } = &confirmed.claims;
    let text = |field, text: &str| ClaimText::from_source(field, &written(text));
    let optional = |field, value: &Option<String>| -> Result<Option<ClaimText>, ClaimsError> {
        value.as_deref().map(|value| text(field, value)).transpose()
    };
    let date = |value: &str| {
        NaiveDate::parse_from_str(value, "%Y-%m-%d").map_err(|_| "a date of the employment cannot be read".to_owned())
    };
    let employment = || -> Result<Employment, String> {
        let failed = |error: ClaimsError| error.to_string();
        Ok(Employment {
            name: text("name", &format!("{given_name} {family_name}")).map_err(failed)?,
            job_title: optional("job title", job_title).map_err(failed)?,
            department: optional("department", department).map_err(failed)?,
            start: date(started_on)?,
            end: date(ended_on)?,
        })
    };
    Claims::new(issuer.clone(), employment()?).map_err(|error| error.to_string())
}

fn no_randomness(error: impl std::fmt::Display) -> HostError {
    HostError::Engine(error.to_string())
}
