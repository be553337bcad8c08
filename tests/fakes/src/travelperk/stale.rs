//! Stale reads: reads that do not show the latest writes yet.

use std::{collections::BTreeSet, mem};

use super::{TravelPerk, User, refusal::Refusal};
use crate::message::{Request, Response};

/// Earlier states of users, the oldest first, for as long as a read may show them.
#[derive(Debug, Clone, Default)]
pub(super) struct Versions(Vec<Version>);

#[derive(Debug, Clone)]
struct Version {
    /// The time of the write that ended this state, in Unix seconds.
    until: f64,
    id: u64,
    /// The user before the write; `None` if the write created the user.
    user: Option<User>,
}

impl TravelPerk {
    /// Answers a request to SCIM, and stores the earlier states of the users that it changes.
    pub(super) fn remember(&mut self, request: &Request, path: &str, now: f64) -> Result<Response, Refusal> {
        let lag = self.switches.listing_behind_seconds;
        if lag <= 0.0 || request.method == "GET" {
            return self.scim_route(request, path, now);
        }
        let named = path.trim_end_matches('/').rsplit('/').next().and_then(|id| id.parse().ok());
        let before = named.and_then(|id| self.users.get(id)).cloned();
        let response = self.scim_route(request, path, now)?;
        // An answer may lack the user; the `Location` and the newest id are the same.
        let created = || (request.method == "POST").then(|| self.users.iter().last().map(|user| user.id)).flatten();
        if let Some(id) = named.or_else(created) {
            self.versions.0.retain(|version| version.until > now - lag);
            self.versions.0.push(Version { until: now, id, user: before });
        }
        Ok(response)
    }

    /// Answers a read with the state of some time ago, if such reads are stale.
    pub(super) fn behind<T>(&mut self, is_behind: bool, now: f64, read: impl FnOnce(&Self) -> T) -> T {
        let then = now - self.switches.listing_behind_seconds;
        if !is_behind || self.versions.0.iter().all(|version| version.until <= then) {
            return read(self);
        }
        let mut users = self.users.clone();
        let mut seen = BTreeSet::new();
        // The state at that time is the one before the first write since then.
        for version in self.versions.0.iter().filter(|version| version.until > then && seen.insert(version.id)) {
            users.set(version.id, version.user.clone());
        }
        mem::swap(&mut self.users, &mut users);
        let read = read(self);
        self.users = users;
        read
    }
}
