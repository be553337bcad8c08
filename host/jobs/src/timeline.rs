//! The timeline of a tenant: runs, plans and decisions, settings, secrets, enabling and references, in one list.
//!
//! Nothing is kept for it. Each source of records is asked for what it has before a place in the list, and what they have
//! is put in order.

use hibob_base::error::HostError;
use hibob_config::key::who::Who;
use hibob_store::api_log::{ApiLogRow, COMMAND_LINE};
use hibob_store::data_dir::DataDir;
use hibob_store::database::ApprovalRow;
use serde::Serialize;

/// The most plans that are looked at. Those that have ended are removed with the runs of their time.
const PLANS_MAX: u32 = 10_000;

/// What an event is about. In the order in which events of one second are listed, the last one first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EventKind {
    /// A change of the settings.
    Settings,
    /// A secret that was entered, removed or encrypted anew.
    Secret,
    /// The tenant was enabled or disabled.
    Enabling,
    /// What somebody did with references or their keys.
    References,
    /// A plan was made that waits, or is there to look at.
    Plan,
    /// A plan was decided about, or closed without that.
    Decision,
    /// A run ended.
    Run,
}

impl EventKind {
    /// Every kind.
    pub const ALL: [Self; 7] =
        [Self::Settings, Self::Secret, Self::Enabling, Self::References, Self::Plan, Self::Decision, Self::Run];

    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Settings => "settings",
            Self::Secret => "secret",
            Self::Enabling => "enabling",
            Self::References => "references",
            Self::Plan => "plan",
            Self::Decision => "decision",
            Self::Run => "run",
        }
    }

    /// The kind of this word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// The actions of the API and of commands that are events of this kind, each with what happened.
    fn actions(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Secret => &[
                ("put-secret", "entered"),
                ("secret-set", "entered"),
                ("secret-remove", "removed"),
                ("secret-rotate", "encrypted-anew"),
            ],
            Self::Enabling => &[
                ("enable-tenant", "enabled"),
                ("tenant-enable", "enabled"),
                ("disable-tenant", "disabled"),
                ("tenant-disable", "disabled"),
            ],
            Self::References => &[
                ("issue-references", "asked-to-issue"),
                ("references-issue", "asked-to-issue"),
                ("revoke-reference", "revoked"),
                ("references-revoke", "revoked"),
                ("waive-reference", "waived"),
                ("references-waive", "waived"),
                ("deliver-reference", "asked-to-deliver"),
                ("references-deliver", "asked-to-deliver"),
                ("references-publish", "published"),
                ("references-key-new", "key-made"),
                ("references-key-rotate", "key-rotated"),
                ("references-key-revoke", "key-revoked"),
            ],
            Self::Settings | Self::Plan | Self::Decision | Self::Run => &[],
        }
    }
}

/// Something that happened to a tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Event {
    /// Its place in the list, to ask for what comes after it.
    pub id: String,
    /// When, in Unix seconds.
    pub at: i64,
    /// What it is about.
    pub kind: EventKind,
    /// What happened, in a word.
    pub what: String,
    /// To which run, plan, version of the settings, secret, reference or key; none where it is about the tenant.
    pub object: Option<String>,
    /// The work email of the person who did it, where that is known.
    pub person: Option<String>,
    /// With what it was done: `token ID`, `command-line`, or what started a run. None where nobody knows.
    pub by: Option<String>,
    /// The reason that was given for a decision.
    pub reason: Option<String>,
    /// The settings that were changed.
    pub settings: Vec<String>,
    /// How many changes a plan has.
    pub changes: Option<i64>,
    /// How a run ended.
    pub exit_code: Option<i64>,
}

/// A place in the list: nothing that is at it or above it comes after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    at: i64,
    kind: EventKind,
    number: i64,
}

impl Place {
    /// Reads the id of an event.
    pub fn of_id(id: &str) -> Option<Self> {
        let mut parts = id.splitn(3, '.');
        let (at, kind, number) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Self { at: at.parse().ok()?, kind: EventKind::of_word(kind)?, number: number.parse().ok()? })
    }

    fn id(self) -> String {
        format!("{}.{}.{}", self.at, self.kind.word(), self.number)
    }

    /// Before which second, and in that second below which number, a source of this kind has what comes after the place.
    fn bounds(self, kind: EventKind) -> (i64, i64) {
        let number = match kind.cmp(&self.kind) {
            std::cmp::Ordering::Less => i64::MAX,
            std::cmp::Ordering::Equal => self.number,
            std::cmp::Ordering::Greater => i64::MIN,
        };
        (self.at, number)
    }

    /// Before everything.
    const TOP: Self = Self { at: i64::MAX, kind: EventKind::Run, number: i64::MAX };
}

impl Event {
    fn new(place: Place, what: &str) -> Self {
        Self {
            id: place.id(),
            at: place.at,
            kind: place.kind,
            what: what.to_owned(),
            object: None,
            person: None,
            by: None,
            reason: None,
            settings: Vec::new(),
            changes: None,
            exit_code: None,
        }
    }
}

/// What happened to a tenant, of these kinds, after this place of the list: at most `limit` events, the newest first. The
/// second value says whether there are more.
///
/// # Errors
/// The tenant does not exist, or a database failed.
pub async fn events(
    data: &DataDir,
    tenant: &str,
    kinds: &[EventKind],
    after: Option<Place>,
    limit: u32,
) -> Result<(Vec<Event>, bool), HostError> {
    let after = after.unwrap_or(Place::TOP);
    // One more than is shown, so that it is known whether there are more.
    let wanted = limit.saturating_add(1);
    let mut found: Vec<(Place, Event)> = Vec::new();
    for kind in kinds {
        match kind {
            EventKind::Run => found.extend(runs(data, tenant, after, wanted).await?),
            EventKind::Settings => found.extend(settings(data, tenant).await?),
            EventKind::Plan | EventKind::Decision => found.extend(plans(data, tenant, *kind).await?),
            EventKind::Secret | EventKind::Enabling | EventKind::References => {
                found.extend(actions(data, tenant, *kind, after, wanted).await?);
            }
        }
    }
    found.retain(|(place, _)| *place < after);
    found.sort_by(|(one, _), (other, _)| other.cmp(one));
    let shown = usize::try_from(limit).unwrap_or(usize::MAX);
    let is_more = found.len() > shown;
    Ok((found.into_iter().take(shown).map(|(_, event)| event).collect(), is_more))
}

async fn runs(data: &DataDir, tenant: &str, after: Place, limit: u32) -> Result<Vec<(Place, Event)>, HostError> {
    let database = data.tenant_database(tenant).await?;
    let rows = database.runs_before(after.bounds(EventKind::Run), limit).await?;
    let event = |row: hibob_store::database::EndedRun| {
        let place = Place { at: row.finished_at, kind: EventKind::Run, number: row.id };
        let event = Event {
            object: Some(row.id.to_string()),
            by: Some(row.trigger),
            exit_code: Some(row.exit_code),
            ..Event::new(place, &row.kind)
        };
        (place, event)
    };
    Ok(rows.into_iter().map(event).collect())
}

/// A tenant has few versions, so all of them are looked at.
async fn settings(data: &DataDir, tenant: &str) -> Result<Vec<(Place, Event)>, HostError> {
    let versions = data.settings_versions(tenant, Who::Admin).await?;
    let event = |changed: hibob_store::settings::ChangedVersion| {
        let version = changed.version;
        let place = Place { at: version.stored_at, kind: EventKind::Settings, number: version.version };
        let token = version.token.map(|token| format!("token {token}"));
        let event = Event {
            object: Some(version.version.to_string()),
            person: version.person,
            by: token.or(Some(version.stored_by)),
            settings: changed.changes.into_iter().map(|change| change.key).collect(),
            ..Event::new(place, "changed")
        };
        (place, event)
    };
    Ok(versions.into_iter().map(event).collect())
}

async fn plans(data: &DataDir, tenant: &str, kind: EventKind) -> Result<Vec<(Place, Event)>, HostError> {
    let database = data.tenant_database(tenant).await?;
    let rows = database.approvals(chrono::Utc::now().timestamp(), PLANS_MAX).await?;
    Ok(rows.iter().filter_map(|row| if kind == EventKind::Plan { Some(made(row)) } else { decided(row) }).collect())
}

fn made(row: &ApprovalRow) -> (Place, Event) {
    let place = Place { at: row.created_at, kind: EventKind::Plan, number: row.id };
    let event = Event {
        object: Some(row.plan.clone()),
        by: Some(row.requested_by.clone().unwrap_or_else(|| row.trigger.clone())),
        changes: Some(row.changes),
        ..Event::new(place, "made")
    };
    (place, event)
}

/// What a person has decided, or how a plan ended about which nobody did; none of one that still waits.
fn decided(row: &ApprovalRow) -> Option<(Place, Event)> {
    let (at, what) = match (row.decided_at, row.ended_at) {
        (Some(at), _) if row.state.word() == "rejected" => (at, "rejected"),
        (Some(at), _) => (at, "approved"),
        (None, Some(at)) => (at, row.state.word()),
        (None, None) => return None,
    };
    let place = Place { at, kind: EventKind::Decision, number: row.id };
    let event = Event {
        object: Some(row.plan.clone()),
        person: row.decided_by.clone(),
        by: row.decided_with.clone(),
        reason: row.reason.clone(),
        changes: Some(row.changes),
        ..Event::new(place, what)
    };
    Some((place, event))
}

async fn actions(
    data: &DataDir,
    tenant: &str,
    kind: EventKind,
    after: Place,
    limit: u32,
) -> Result<Vec<(Place, Event)>, HostError> {
    let words: Vec<&'static str> = kind.actions().iter().map(|(action, _)| *action).collect();
    let rows = data.control().done_before(tenant, &words, after.bounds(kind), limit).await?;
    let event = |row: ApiLogRow| {
        let place = Place { at: row.at, kind, number: row.id };
        let what = kind.actions().iter().find(|(action, _)| *action == row.action).map_or("", |(_, what)| *what);
        let by = if row.actor == COMMAND_LINE { row.actor } else { format!("token {}", row.actor) };
        (place, Event { object: row.object, person: row.asked_by, by: Some(by), ..Event::new(place, what) })
    };
    Ok(rows.into_iter().map(event).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_back_and_bounds_what_comes_after_it() {
        for kind in EventKind::ALL {
            let place = Place { at: 1_795_485_600, kind, number: 41 };
            assert_eq!(Place::of_id(&place.id()), Some(place));
            assert_eq!(place.bounds(kind), (place.at, 41));
            assert!(place < Place::TOP);
        }
        for wrong in ["", "1", "1.run", "1.run.", "1.walk.2", "x.run.2", "1.run.2.3"] {
            assert_eq!(Place::of_id(wrong), None, "{wrong}");
        }
        let place = Place { at: 7, kind: EventKind::Plan, number: 3 };
        // In the same second, what is listed above a plan is not shown again, and what is listed below it all is.
        assert_eq!(place.bounds(EventKind::Run), (7, i64::MIN));
        assert_eq!(place.bounds(EventKind::Secret), (7, i64::MAX));
    }
}
