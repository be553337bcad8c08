//! The table of routes: what each does, who may call it, and how it answers.

use hibob_store::token::TokenRole;

/// The holder of a token: its role, and whether it is limited to one tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// An operator.
    Operator,
    /// An admin of one tenant.
    Admin,
    /// A reader of one tenant.
    Reader,
    /// A reader of all tenants.
    ReaderOfAll,
}

impl Holder {
    /// The holder of a token of this role.
    pub fn of(role: TokenRole, tenant: Option<&str>) -> Self {
        match (role, tenant) {
            (TokenRole::Operator, _) => Self::Operator,
            (TokenRole::Admin, _) => Self::Admin,
            (TokenRole::Reader, Some(_)) => Self::Reader,
            (TokenRole::Reader, None) => Self::ReaderOfAll,
        }
    }
}

/// The action of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Health,
    Readiness,
    Description,
    Messages,
    Metrics,
    Audit,
    ShowToken,
    Overview,
    ListTenants,
    ShowTenant,
    PutTenant,
    DisableTenant,
    EnableTenant,
    PutSecret,
    ShowSettings,
    CompareSettings,
    PutSettings,
    ListSettingsVersions,
    ShowSetup,
    SettleStep,
    ShowCheck,
    ListJobs,
    StartJob,
    ShowJob,
    CancelJob,
    FollowJob,
    ListPlans,
    ShowPlan,
    ListChanges,
    ApprovePlan,
    RejectPlan,
    ListEvents,
    ListRuns,
    ShowRun,
    ResumeRun,
    AbandonRun,
    Workbook,
    ListReferences,
    IssueReferences,
    WaiveReference,
    ListKeys,
    LookUpKeys,
    DeliverReference,
    RevokeReference,
    ShowCredential,
    ExportReference,
    VerifyReference,
}

/// The HTTP method of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Get,
    Put,
    Post,
    Delete,
}

/// The body that a route reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Body {
    /// The route reads no body.
    None,
    /// JSON, of the schema with this name in the description.
    Json(&'static str),
    /// Plain text, and declared as such.
    Text,
    /// A reference as a file, or the link of its code, whatever it is declared as.
    Document,
}

/// A part of a query that selects what is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// `kind=WORD`: changes, or events, of one kind.
    Kind,
    /// `q=TEXT`: changes that have this text.
    Text,
    /// `after=ID`: what comes after the last one of the page before.
    After,
    /// `from=SECONDS`: runs that began then or later.
    From,
    /// `until=SECONDS`: runs that began before.
    Until,
}

impl Asked {
    /// Its name in the query.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Kind => "kind",
            Self::Text => "q",
            Self::After => "after",
            Self::From => "from",
            Self::Until => "until",
        }
    }
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Route {
    pub(super) action: Action,
    /// Its name in the API log and in the description.
    pub(super) name: &'static str,
    pub(super) method: Method,
    pub(super) path: &'static str,
    /// Who may call it. None means everybody, without a token.
    pub(super) holders: Option<&'static [Holder]>,
    pub(super) body: Body,
    /// Whether it takes `?limit=N`.
    pub(super) has_limit: bool,
    /// What else it takes in the query.
    pub(super) query: &'static [Asked],
    /// The successful answers: status and media type.
    pub(super) done: &'static [(u16, &'static str)],
    /// Further statuses that it may answer, beside [`Route::refusals`].
    pub(super) also: &'static [u16],
}

const EVERYBODY: Option<&[Holder]> = Some(&[Holder::Operator, Holder::Admin, Holder::Reader, Holder::ReaderOfAll]);
const WHO_CHANGES: Option<&[Holder]> = Some(&[Holder::Operator, Holder::Admin]);
const OPERATOR: Option<&[Holder]> = Some(&[Holder::Operator]);
const WHO_SEES_ALL: Option<&[Holder]> = Some(&[Holder::Operator, Holder::ReaderOfAll]);

/// A `GET` route without a body.
const fn get(action: Action, name: &'static str, path: &'static str, holders: Option<&'static [Holder]>) -> Route {
    Route {
        action,
        name,
        method: Method::Get,
        path,
        holders,
        body: Body::None,
        has_limit: false,
        query: &[],
        done: &[(200, "application/json")],
        also: &[],
    }
}

pub(super) static ROUTES: [Route; 47] = [
    Route { done: &[(200, "text/plain")], ..get(Action::Health, "health", "/healthz", None) },
    Route { also: &[503], ..get(Action::Readiness, "readiness", "/readyz", None) },
    get(Action::Description, "description", "/openapi.json", None),
    Route { done: &[(200, "text/plain")], ..get(Action::Metrics, "metrics", "/metrics", WHO_SEES_ALL) },
    Route { has_limit: true, ..get(Action::Audit, "audit", "/v1/audit", OPERATOR) },
    get(Action::Messages, "messages", "/v1/messages", EVERYBODY),
    get(Action::ShowToken, "token", "/v1/token", EVERYBODY),
    Route { has_limit: true, ..get(Action::Overview, "overview", "/v1/overview", EVERYBODY) },
    get(Action::ListTenants, "tenants", "/v1/tenants", EVERYBODY),
    get(Action::ShowTenant, "tenant", "/v1/tenants/{tenant}", EVERYBODY),
    Route {
        method: Method::Put,
        body: Body::Json("TenantConfig"),
        done: &[(200, "application/json"), (201, "application/json")],
        also: &[422],
        ..get(Action::PutTenant, "put-tenant", "/v1/tenants/{tenant}", OPERATOR)
    },
    Route {
        method: Method::Post,
        body: Body::Json("Disabling"),
        also: &[422],
        ..get(Action::DisableTenant, "disable-tenant", "/v1/tenants/{tenant}/disable", OPERATOR)
    },
    Route {
        method: Method::Post,
        body: Body::Json("Enabling"),
        also: &[422],
        ..get(Action::EnableTenant, "enable-tenant", "/v1/tenants/{tenant}/enable", OPERATOR)
    },
    Route {
        method: Method::Put,
        body: Body::Text,
        also: &[422],
        ..get(Action::PutSecret, "put-secret", "/v1/tenants/{tenant}/secrets/{name}", WHO_CHANGES)
    },
    get(Action::ShowSettings, "settings", "/v1/tenants/{tenant}/settings", EVERYBODY),
    Route {
        method: Method::Put,
        body: Body::Json("NewSettings"),
        also: &[409, 412, 422, 428],
        ..get(Action::PutSettings, "put-settings", "/v1/tenants/{tenant}/settings", WHO_CHANGES)
    },
    Route {
        method: Method::Post,
        body: Body::Json("SettingsToCompare"),
        also: &[422],
        ..get(Action::CompareSettings, "compare-settings", "/v1/tenants/{tenant}/settings/changes", WHO_CHANGES)
    },
    Route {
        has_limit: true,
        ..get(Action::ListSettingsVersions, "settings-versions", "/v1/tenants/{tenant}/settings/versions", EVERYBODY)
    },
    get(Action::ShowSetup, "setup", "/v1/tenants/{tenant}/setup", EVERYBODY),
    Route {
        method: Method::Put,
        body: Body::Json("Settling"),
        also: &[422],
        ..get(Action::SettleStep, "settle-step", "/v1/tenants/{tenant}/setup/{step}", WHO_CHANGES)
    },
    get(Action::ShowCheck, "check", "/v1/tenants/{tenant}/check", EVERYBODY),
    Route { has_limit: true, ..get(Action::ListJobs, "jobs", "/v1/tenants/{tenant}/jobs", EVERYBODY) },
    Route {
        method: Method::Post,
        body: Body::Json("NewJob"),
        done: &[(202, "application/json")],
        also: &[409, 422],
        ..get(Action::StartJob, "start-job", "/v1/tenants/{tenant}/jobs", WHO_CHANGES)
    },
    get(Action::ShowJob, "job", "/v1/jobs/{job}", EVERYBODY),
    Route {
        method: Method::Delete,
        done: &[(200, "application/json"), (202, "application/json")],
        also: &[409],
        ..get(Action::CancelJob, "cancel-job", "/v1/jobs/{job}", WHO_CHANGES)
    },
    Route {
        done: &[(200, "text/event-stream")],
        ..get(Action::FollowJob, "follow-job", "/v1/jobs/{job}/events", EVERYBODY)
    },
    Route { has_limit: true, ..get(Action::ListPlans, "plans", "/v1/tenants/{tenant}/plans", EVERYBODY) },
    Route { also: &[422], ..get(Action::ShowPlan, "plan", "/v1/tenants/{tenant}/plans/{plan}", EVERYBODY) },
    Route {
        has_limit: true,
        query: &[Asked::Kind, Asked::Text, Asked::After],
        also: &[422],
        ..get(Action::ListChanges, "changes", "/v1/tenants/{tenant}/plans/{plan}/changes", EVERYBODY)
    },
    Route {
        method: Method::Post,
        body: Body::Json("Approval"),
        done: &[(200, "application/json"), (202, "application/json")],
        also: &[409, 422],
        ..get(Action::ApprovePlan, "approve-plan", "/v1/tenants/{tenant}/plans/{plan}/approve", WHO_CHANGES)
    },
    Route {
        method: Method::Post,
        body: Body::Json("Rejection"),
        also: &[409, 422],
        ..get(Action::RejectPlan, "reject-plan", "/v1/tenants/{tenant}/plans/{plan}/reject", WHO_CHANGES)
    },
    Route {
        has_limit: true,
        query: &[Asked::Kind, Asked::After],
        ..get(Action::ListEvents, "events", "/v1/tenants/{tenant}/events", EVERYBODY)
    },
    Route {
        has_limit: true,
        query: &[Asked::From, Asked::Until],
        ..get(Action::ListRuns, "runs", "/v1/tenants/{tenant}/runs", EVERYBODY)
    },
    get(Action::ShowRun, "run", "/v1/tenants/{tenant}/runs/{run}", EVERYBODY),
    Route {
        method: Method::Post,
        done: &[(202, "application/json")],
        also: &[409],
        ..get(Action::ResumeRun, "resume-run", "/v1/tenants/{tenant}/runs/resume", WHO_CHANGES)
    },
    Route {
        method: Method::Post,
        done: &[(202, "application/json")],
        also: &[409],
        ..get(Action::AbandonRun, "abandon-run", "/v1/tenants/{tenant}/runs/abandon", WHO_CHANGES)
    },
    Route {
        done: &[(200, XLSX)],
        ..get(Action::Workbook, "workbook", "/v1/tenants/{tenant}/runs/{run}/workbook", EVERYBODY)
    },
    get(Action::ListReferences, "references", "/v1/tenants/{tenant}/references", WHO_CHANGES),
    Route {
        method: Method::Post,
        body: Body::Json("Waiving"),
        also: &[409, 422],
        ..get(Action::WaiveReference, "waive-reference", "/v1/tenants/{tenant}/references/waive", WHO_CHANGES)
    },
    Route {
        method: Method::Post,
        body: Body::Json("Issuing"),
        done: &[(202, "application/json")],
        also: &[409, 422],
        ..get(Action::IssueReferences, "issue-references", "/v1/tenants/{tenant}/references/issue", WHO_CHANGES)
    },
    Route {
        also: &[422],
        ..get(Action::ListKeys, "reference-keys", "/v1/tenants/{tenant}/references/keys", WHO_CHANGES)
    },
    Route {
        also: &[422],
        ..get(Action::LookUpKeys, "look-up-keys", "/v1/tenants/{tenant}/references/keys/dns", WHO_CHANGES)
    },
    Route {
        method: Method::Post,
        body: Body::Json("Delivering"),
        done: &[(202, "application/json")],
        also: &[409, 422],
        ..get(
            Action::DeliverReference,
            "deliver-reference",
            "/v1/tenants/{tenant}/references/{reference}/deliver",
            WHO_CHANGES,
        )
    },
    Route {
        method: Method::Post,
        body: Body::Json("Revoking"),
        also: &[422],
        ..get(
            Action::RevokeReference,
            "revoke-reference",
            "/v1/tenants/{tenant}/references/{reference}/revoke",
            WHO_CHANGES,
        )
    },
    Route {
        also: &[409, 422],
        ..get(
            Action::ShowCredential,
            "credential",
            "/v1/tenants/{tenant}/references/{reference}/credential",
            WHO_CHANGES,
        )
    },
    Route {
        done: &[(200, "application/pdf")],
        also: &[409, 422],
        ..get(
            Action::ExportReference,
            "export-reference",
            "/v1/tenants/{tenant}/references/{reference}/export",
            WHO_CHANGES,
        )
    },
    Route {
        method: Method::Post,
        body: Body::Document,
        also: &[422],
        ..get(Action::VerifyReference, "verify", "/v1/verify", EVERYBODY)
    },
];

/// The media type of a workbook (ECMA-376, registered with IANA).
pub(super) const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

impl Method {
    /// The method's name in the description.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Put => "put",
            Self::Post => "post",
            Self::Delete => "delete",
        }
    }
}

impl Route {
    /// Whether the API log gets a row for each call. It gets none for routes without a token, which have no data of a
    /// tenant, and none for metrics, which monitoring reads every few seconds. A refused call is recorded even so.
    pub(super) fn is_recorded(&self) -> bool {
        self.holders.is_some() && self.action != Action::Metrics
    }

    /// Whether it says how the host is: then it is answered over connections beyond the regular ones as well.
    pub(super) fn is_health(&self) -> bool {
        matches!(self.action, Action::Health | Action::Readiness)
    }

    /// Whether it is for monitoring, which may ask under any name, and at an address of its own.
    pub(super) fn is_monitoring(&self) -> bool {
        self.is_health() || self.action == Action::Metrics
    }

    /// The statuses with which it may refuse a request.
    pub(super) fn refusals(&self) -> Vec<u16> {
        let mut statuses = self.also.to_vec();
        if let Some(holders) = self.holders {
            statuses.extend([401, 429, 500, 504]);
            if Some(holders) != EVERYBODY {
                statuses.push(403);
            }
        }
        if self.path.contains('{') {
            statuses.push(404);
        }
        if self.has_limit || !self.query.is_empty() || matches!(self.body, Body::Json(_)) {
            statuses.push(400);
        }
        if self.body != Body::None {
            statuses.extend([408, 413]);
        }
        if self.body == Body::Text {
            statuses.push(415);
        }
        // What the listener refuses: malformed hosts, pages of other sites, other hosts, and when it is full.
        statuses.push(400);
        if !self.is_monitoring() {
            statuses.extend([403, 421]);
        }
        if !self.is_health() {
            statuses.push(503);
        }
        statuses.sort_unstable();
        statuses.dedup();
        statuses
    }
}
