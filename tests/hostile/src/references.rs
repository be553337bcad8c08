//! The functions of the references job, with answers that no honest plugin gives.

use crate::bindings::exports::hibob::connector::offboarding_references as wit;
use crate::bindings::hibob::connector::types::Value;
use crate::{Plugin, attack, finding, text, web};

impl wit::Guest for Plugin {
    fn detect(job: wit::Job, _known: Vec<wit::Known>) -> Result<wit::Detection, wit::JobError> {
        let observations = attack(&words(&job, "detect"));
        Ok(wit::Detection {
            seen: Vec::new(),
            departures: departures(&words(&job, "departs")),
            cancelled: Vec::new(),
            corrected: Vec::new(),
            overlaps: Vec::new(),
            held: Vec::new(),
            employees: 1_000,
            findings: observations.into_iter().map(finding).collect(),
        })
    }

    fn look_up(job: wit::Job, employee_id: String) -> Result<Option<wit::Departure>, wit::JobError> {
        let _ = attack(&words(&job, "look-up"));
        Ok(departures(&[employee_id]).pop())
    }

    /// Returns the claims in the setting, in this order: names, title, department, dates; six for each departure, in their
    /// order. The word after `answers` says what is odd about the answer.
    fn read_claims(job: wit::Job, departures: Vec<wit::Departure>) -> Result<Vec<wit::EmployeeClaims>, wit::JobError> {
        let observations = attack(&words(&job, "claims"));
        let odd = words(&job, "answers").into_iter().next().unwrap_or_default();
        let mut words = words(&job, "says").into_iter().chain(observations);
        if text(&job, "hibob-url").is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<&str> = departures.iter().map(|departure| departure.employee_id.as_str()).collect();
        web::search_some(&text(&job, "hibob-url"), &ids);
        let mut next = || words.next().unwrap_or_default();
        let mut all: Vec<_> = ids
            .iter()
            .map(|id| {
                let claims = wit::Claims {
                    given_name: next(),
                    family_name: next(),
                    job_title: Some(next()).filter(|text| !text.is_empty()),
                    department: Some(next()).filter(|text| !text.is_empty()),
                    started_on: next(),
                    ended_on: next(),
                };
                wit::EmployeeClaims { employee_id: (*id).to_owned(), claims: Some(claims) }
            })
            .collect();
        match odd.as_str() {
            "swapped ids" => {
                all.iter_mut().zip(ids.iter().rev()).for_each(|(entry, id)| (*id).clone_into(&mut entry.employee_id))
            }
            "twice" => all.extend(all.clone()),
            "nothing" => all.clear(),
            _ => {}
        }
        Ok(all)
    }

    fn read_address(job: wit::Job, _employee_id: String) -> Result<Option<String>, wit::JobError> {
        let _ = attack(&words(&job, "address"));
        Ok(words(&job, "delivers-to").into_iter().next())
    }
}

/// The texts of the setting `statuses` that begin with this word. The references job has no other list in which a test
/// could pass arguments.
fn words(job: &wit::Job, name: &str) -> Vec<String> {
    let statuses = job.settings.iter().find(|setting| setting.name == "statuses").map(|setting| &setting.value);
    let Some(Value::Texts(texts)) = statuses else { return Vec::new() };
    texts.iter().filter_map(|text| text.strip_prefix(name)?.strip_prefix(' ')).map(str::to_owned).collect()
}

fn departures(ids: &[String]) -> Vec<wit::Departure> {
    let departure = |id: &String| wit::Departure {
        employee_id: id.clone(),
        ended_on: "2026-11-20".to_owned(),
        basis: String::new(),
    };
    ids.iter().map(departure).collect()
}
