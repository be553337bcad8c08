//! The exports of `offboarding-references`: each function converts its arguments, calls the core, and converts the
//! result.

use crate::bindings::exports::hibob::connector::offboarding_references as wit;
use crate::convert;
use crate::exports::Plugin;
use crate::world::Host;
use hibob_connector_core::error::JobError;
use hibob_connector_core::references::{
    Claims, Departure, Detection, Issued, Known, Overlap, ReferenceSettings, Seen, Standing, address, claims, detect,
    look_up,
};

impl wit::Guest for Plugin {
    fn detect(job: wit::Job, known: Vec<wit::Known>) -> Result<wit::Detection, wit::JobError> {
        let settings = settings(&job)?;
        let known: Vec<_> = known.into_iter().map(known_in).collect();
        let detection = detect(&mut Host, &settings, job.now_unix_seconds, &known);
        detection.map(detection_out).map_err(convert::job_error_out)
    }

    fn look_up(job: wit::Job, employee_id: String) -> Result<Option<wit::Departure>, wit::JobError> {
        let departure =
            look_up(&mut Host, &settings(&job)?, job.now_unix_seconds, &employee_id).map_err(convert::job_error_out)?;
        Ok(departure.map(departure_out))
    }

    fn read_claims(job: wit::Job, departures: Vec<wit::Departure>) -> Result<Vec<wit::EmployeeClaims>, wit::JobError> {
        let departures: Vec<_> = departures.into_iter().map(departure_in).collect();
        let claims = claims(&mut Host, &settings(&job)?, job.now_unix_seconds, &departures);
        let claims = claims.map_err(convert::job_error_out)?.into_iter().map(|claims| claims.map(claims_out));
        let ids = departures.into_iter().map(|departure| departure.employee_id);
        Ok(ids.zip(claims).map(|(employee_id, claims)| wit::EmployeeClaims { employee_id, claims }).collect())
    }

    fn read_address(job: wit::Job, employee_id: String) -> Result<Option<String>, wit::JobError> {
        address(&mut Host, &settings(&job)?, &employee_id).map_err(convert::job_error_out)
    }
}

fn settings(job: &wit::Job) -> Result<ReferenceSettings, wit::JobError> {
    let values: Vec<_> = job.settings.iter().cloned().map(convert::named_value_in).collect();
    ReferenceSettings::read(&values).map_err(|findings| convert::job_error_out(JobError::Settings(findings)))
}

fn standing_in(standing: wit::Standing) -> Standing {
    match standing {
        wit::Standing::Employed => Standing::Employed,
        wit::Standing::Left => Standing::Left,
    }
}

fn departure_in(departure: wit::Departure) -> Departure {
    Departure { employee_id: departure.employee_id, ended_on: departure.ended_on, basis: departure.basis }
}

fn departure_out(departure: Departure) -> wit::Departure {
    wit::Departure { employee_id: departure.employee_id, ended_on: departure.ended_on, basis: departure.basis }
}

fn known_in(known: wit::Known) -> Known {
    let issued = known.issued.map(|issued| Issued {
        departure: departure_in(issued.departure),
        issued_at_unix_seconds: issued.issued_at_unix_seconds,
    });
    Known { employee_id: known.employee_id, standing: standing_in(known.standing), issued }
}

fn seen_out(seen: Seen) -> wit::Seen {
    let standing = match seen.standing {
        Standing::Employed => wit::Standing::Employed,
        Standing::Left => wit::Standing::Left,
    };
    wit::Seen { employee_id: seen.employee_id, standing }
}

fn overlap_out(overlap: Overlap) -> wit::Overlap {
    let Overlap { employee_id, by, has_same_names } = overlap;
    wit::Overlap { employee_id, by, has_same_names }
}

fn detection_out(detection: Detection) -> wit::Detection {
    let departures = |list: Vec<Departure>| list.into_iter().map(departure_out).collect();
    wit::Detection {
        seen: detection.seen.into_iter().map(seen_out).collect(),
        departures: departures(detection.departures),
        cancelled: departures(detection.cancelled),
        corrected: departures(detection.corrected),
        overlaps: detection.overlaps.into_iter().map(overlap_out).collect(),
        held: detection.held,
        employees: detection.employees as u64,
        findings: detection.findings.into_iter().map(convert::finding_out).collect(),
    }
}

fn claims_out(claims: Claims) -> wit::Claims {
    let Claims { given_name, family_name, job_title, department, started_on, ended_on } = claims;
    wit::Claims { given_name, family_name, job_title, department, started_on, ended_on }
}
