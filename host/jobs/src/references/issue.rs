//! Issuing a reference: claims that HiBob's answers confirm are signed, and recorded before anybody gets the document.

use crate::references::fonts::fonts;
use crate::references::keys::{Signer, time};
use crate::references::naming::{person_name, without_emoji};
use chrono::{NaiveDate, Utc};
use hibob_base::error::HostError;
use hibob_config::references::{PersonName, ReferencesConfig};
use hibob_contract::leaver::Confirmed;
use hibob_contract::offboarding_references::{Claims as ConfirmedClaims, Departure};
use hibob_policy::text_form::written;
use hibob_reference_format::claims::{ClaimText, Claims, ClaimsError, Employment, Issuer};
use hibob_reference_format::credential::{Credential, SignedCredential};
use hibob_reference_format::pdf::{self, Fonts};
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
    person_name: PersonName,
    /// The fonts that the pages can have.
    fonts: Fonts,
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
        (issuer, config): (Issuer, &ReferencesConfig),
        signer: Signer,
    ) -> Result<Self, HostError> {
        let (fonts, person_name) = (fonts(config).await?, config.person_name);
        let taken = database.status_positions().await?;
        let list = taken.iter().map(|(list, ..)| *list).max().unwrap_or(1);
        let places = IndexAllocator::new(taken.iter().filter(|(of, ..)| *of == list).map(|(_, index, _)| *index));
        Ok(Self { database, fence, keyring, issuer, person_name, fonts, signer, list, places })
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

    /// The claims of a reference that can be rendered as a page, and what had to be left out of them, as lines for people.
    /// The inner error says why there can be none.
    ///
    /// # Errors
    /// The system has no random numbers.
    pub(super) fn claims(&self, confirmed: &Confirmed) -> Result<Result<(Claims, Vec<String>), String>, HostError> {
        let (claims, left_out) = match claims(&self.issuer, self.person_name, &self.fonts, confirmed) {
            Ok(claims) => claims,
            Err(what) => return Ok(Err(what)),
        };
        // The place in the status lists is not on the page, so any will do.
        let place = StatusPosition { list: 1, index: 0 };
        let credential = Credential::new(claims, place, Utc::now()).map_err(no_randomness)?;
        Ok(match pdf::check(&credential, &self.fonts) {
            Ok(()) => Ok((credential.claims, left_out)),
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

/// The confirmed values as claims, and what was left out of them. The error says which value cannot be in a reference.
fn claims(
    issuer: &Issuer,
    how: PersonName,
    fonts: &Fonts,
    confirmed: &Confirmed,
) -> Result<(Claims, Vec<String>), String> {
    // Whole, without `..`: a new claim does not compile until it is in the reference.
    let ConfirmedClaims { given_name: _, family_name: _, job_title, department, started_on, ended_on } =
        &confirmed.claims;
    let mut left_out = Vec::new();
    let mut shown = |field: &str, text: &str| {
        let (kept, emoji) = without_emoji(text, fonts);
        if !emoji.is_empty() {
            let emoji: Vec<String> = emoji.iter().map(|c| format!("{c} (U+{:04X})", u32::from(*c))).collect();
            left_out
                .push(format!("the {field} is written without {}, which no font of the page has", emoji.join(", ")));
        }
        written(&kept)
    };
    let failed = |error: ClaimsError| error.to_string();
    let name = shown("name", &person_name(confirmed, how)?);
    let name = ClaimText::from_source("name", &name).map_err(failed)?;
    let mut optional = |field: &'static str, value: &Option<String>| -> Result<Option<ClaimText>, String> {
        let Some(value) = value else { return Ok(None) };
        let kept = shown(field, value);
        // A title of emoji alone says nothing that the page could show.
        if kept.is_empty() && !value.trim().is_empty() {
            return Ok(None);
        }
        ClaimText::from_source(field, &kept).map(Some).map_err(failed)
    };
    let (job_title, department) = (optional("job title", job_title)?, optional("department", department)?);
    let date = |value: &str| {
        NaiveDate::parse_from_str(value, "%Y-%m-%d").map_err(|_| "a date of the employment cannot be read".to_owned())
    };
    let employment = Employment { name, job_title, department, start: date(started_on)?, end: date(ended_on)? };
    let claims = Claims::new(issuer.clone(), employment).map_err(|error| error.to_string())?;
    Ok((claims, left_out))
}

fn no_randomness(error: impl std::fmt::Display) -> HostError {
    HostError::Engine(error.to_string())
}
