//! The scenario `flaky`: faults that depend only on the request and the seed, not on the order of arrival.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    fault::FaultKind,
    message::{Request, Service},
};

/// The number of TravelPerk requests of a thousand that fail.
const SPOILED_PER_MILLE: u64 = 80;

/// What has failed so far, so that a client that makes three attempts succeeds.
#[derive(Debug, Clone, Default)]
pub(crate) struct Flaky {
    seed: u64,
    searches: u32,
    /// The number of times that each identical request was made.
    attempts: BTreeMap<u64, u64>,
    /// The identical requests of which the last one failed.
    spoiled: BTreeSet<u64>,
    /// Methods and paths of which the last request failed.
    spoiled_paths: BTreeSet<(String, String)>,
}

impl Flaky {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, ..Self::default() }
    }

    /// The fault for this request, if any.
    pub(crate) fn fault(&mut self, service: Service, request: &Request, now: f64) -> Option<FaultKind> {
        match service {
            Service::HiBob => self.search_fault(request, now),
            Service::TravelPerk => self.target_fault(request),
        }
    }

    /// The first search fails with 500, the second with 429 and a reset at the next second. All others succeed.
    fn search_fault(&mut self, request: &Request, now: f64) -> Option<FaultKind> {
        if request.method != "POST" || !request.path.ends_with("/people/search") {
            return None;
        }
        self.searches += 1;
        match self.searches {
            1 => Some(FaultKind::status(500)),
            2 => Some(FaultKind::Status {
                status: 429,
                headers: vec![
                    ("X-RateLimit-Limit".to_owned(), "50".to_owned()),
                    ("X-RateLimit-Remaining".to_owned(), "0".to_owned()),
                    ("X-RateLimit-Reset".to_owned(), format!("{:.0}", now.floor() + 1.0)),
                ],
                body: r#"{"error":"You have exceeded the rate limit","key":"rate_limit"}"#.to_owned(),
                content_type: "application/json".to_owned(),
            }),
            _ => None,
        }
    }

    fn target_fault(&mut self, request: &Request) -> Option<FaultKind> {
        let same = hash(&[
            &self.seed.to_le_bytes(),
            request.method.as_bytes(),
            request.path.as_bytes(),
            request.query.as_deref().unwrap_or_default().as_bytes(),
            &request.body,
        ]);
        let path = (request.method.clone(), request.path.clone());
        let count = self.attempts.entry(same).or_default();
        *count += 1;
        let roll = hash(&[&same.to_le_bytes(), &count.to_le_bytes()]);
        let (same_before, path_before) = (self.spoiled.remove(&same), self.spoiled_paths.remove(&path));
        if same_before || path_before || roll % 1000 >= SPOILED_PER_MILLE {
            return None;
        }
        self.spoiled.insert(same);
        self.spoiled_paths.insert(path);
        Some(match roll / 1000 % 5 {
            0 => FaultKind::too_many("0"),
            1 => FaultKind::status(500),
            2 => FaultKind::StatusAfter(500),
            3 => FaultKind::ResetBefore,
            _ => FaultKind::ResetAfter,
        })
    }
}

/// FNV-1a with a final mixing step. It is stable over releases of Rust, unlike the hashers of `std`.
fn hash(parts: &[&[u8]]) -> u64 {
    let mut state = 0xcbf2_9ce4_8422_2325_u64;
    for part in parts {
        for byte in part.iter().chain([&0xff]) {
            state = (state ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    state ^= state >> 33;
    state = state.wrapping_mul(0xff51_afd7_ed55_8ccd);
    state ^ (state >> 33)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn create(n: u32) -> Request {
        Request::new("POST", "/api/v2/scim/Users").with_json(&json!({ "userName": format!("u{n}@a.example") }))
    }

    #[test]
    fn about_one_in_twelve_is_spoiled_and_never_twice_in_a_row() {
        let mut flaky = Flaky::new(7);
        let faults: Vec<bool> = (0..2000).map(|n| flaky.target_fault(&create(n)).is_some()).collect();
        let spoiled = faults.iter().filter(|f| **f).count();
        assert!((100..220).contains(&spoiled), "{spoiled}");
        assert!(faults.windows(2).all(|pair| pair != [true, true]));
    }

    #[test]
    fn a_retried_request_passes_even_when_others_come_between() {
        let mut flaky = Flaky::new(7);
        let first = (0..1000).find(|n| flaky.target_fault(&create(*n)).is_some()).unwrap();
        for n in 2000..2010 {
            flaky.target_fault(&create(n));
        }
        assert_eq!(flaky.target_fault(&create(first)), None);
    }

    #[test]
    fn every_kind_occurs() {
        let mut flaky = Flaky::new(1);
        let kinds: BTreeSet<String> =
            (0..3000).filter_map(|n| flaky.target_fault(&create(n))).map(|kind| format!("{kind:?}")).collect();
        assert_eq!(kinds.len(), 5, "{kinds:?}");
    }
}
