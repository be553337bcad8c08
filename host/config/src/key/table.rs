//! The rows: every table of a tenant's file with its keys, in the order of the documents.
//!
//! To add a key: a field in `tenant.rs` or beside it, and a row here. A test fails where one of the two is missing; the
//! file in docs/use/configuration.md and the JSON Schema are made from the row.

use super::{Free, Key, Keys, Need, Rule, Table};

/// The details of `sync.details`: the plugin's, which a test compares.
const DETAILS: &[&str] = &[
    "title",
    "phone",
    "language",
    "locale",
    "gender",
    "date-of-birth",
    "country",
    "cost-center",
    "company",
    "travel-policy",
    "manager",
    "emergency-contact",
];

/// The fields of `[sync.sources]`: those that the plugin reads from fields of HiBob that a setting may name.
const SOURCES: &[&str] = &[
    "title",
    "phone",
    "language",
    "locale",
    "gender",
    "date-of-birth",
    "country",
    "cost-center",
    "company",
    "travel-policy",
    "emergency-name",
    "emergency-phone",
];

const fn key(name: &'static str, need: Need, rule: Rule, example: &'static str, comment: &'static str) -> Key {
    Key { name, need, rule, example, comment }
}

/// Every table of a tenant's file.
#[rustfmt::skip] // a row is a line
pub const TABLES: &[Table] = &[
    Table {
        path: "",
        need: Need::Required,
        comment: "",
        is_list: false,
        keys: Keys::Named(&[
            key("id", Need::Required, Rule::TenantId, "\"acme\"", "small letters, digits and hyphens; at most 63"),
            key("enabled_by", Need::Optional, Rule::Email, "\"ana@acme.example\"", "default: nobody. The admin who is responsible for the sync: see \"Stopping a sync\""),
        ]),
    },
    Table {
        path: "hibob",
        need: Need::Required,
        comment: "where employees are read",
        is_list: false,
        keys: Keys::Named(&[
            key("url", Need::Required, Rule::BaseUrl, "\"https://api.hibob.com/v1\"", ""),
            key("service_user", Need::Required, Rule::ServiceUser, "\"SERVICE-1234\"", ""),
            key("token", Need::Required, Rule::Secret, "\"store\"", "or env:NAME, or file:PATH relative to this file; never the token itself"),
            key("calls_per_minute", Need::Optional, Rule::Number { min: 1, max: 4_294_967_295, unit: "requests" }, "45", "default; HiBob allows 50 of people/search"),
        ]),
    },
    Table {
        path: "hibob.references",
        need: Need::Rare,
        comment: "default: the same service user. Another one for offboarding references",
        is_list: false,
        keys: Keys::Named(&[
            key("service_user", Need::Required, Rule::ServiceUser, "\"SERVICE-5678\"", ""),
            key("token", Need::Required, Rule::Secret, "\"env:HIBOB_REFERENCES_TOKEN\"", "or store, or file:PATH"),
        ]),
    },
    Table {
        path: "references",
        need: Need::Rare,
        comment: "who issues references",
        is_list: false,
        keys: Keys::Named(&[
            key("domain", Need::Required, Rule::Domain, "\"acme.example\"", "its DNS and web site vouch for the keys"),
            key("name", Need::Required, Rule::IssuerName, "\"ACME GmbH\"", "the issuer's name on the reference"),
            key("statuses", Need::Optional, Rule::Texts { may_be_empty: false }, "[\"terminated\"]", "default; HiBob's lifecycle statuses that are a departure"),
            key("address", Need::Optional, Rule::Word(&["root.email", "home.privateEmail"]), "\"root.email\"", "default; or \"home.privateEmail\": where references are delivered to"),
            key("garden_leave", Need::Optional, Rule::Word(&["ignore", "is-departure"]), "\"ignore\"", "default; or \"is-departure\": see \"Garden leave\""),
            key("plugins", Need::Optional, Rule::Digests, "[]", "default; digests of plugins that may have references signed, beside the built-in one"),
        ]),
    },
    Table {
        path: "references.smtp",
        need: Need::Rare,
        comment: "delivery by e-mail. Without a channel, references wait for one",
        is_list: false,
        keys: Keys::Named(&[
            key("host", Need::Required, Rule::MailServer, "\"smtp.acme.example\"", "its certificate must be for this name"),
            key("port", Need::Optional, Rule::Number { min: 1, max: 65_535, unit: "the port" }, "587", "default; 465 with tls"),
            key("security", Need::Optional, Rule::Word(&["starttls", "tls", "none"]), "\"starttls\"", "default; \"tls\" from the first byte; \"none\" only where the server is this machine"),
            key("user", Need::Optional, Rule::Text, "\"hr\"", "default: no login"),
            key("password", Need::Optional, Rule::Secret, "\"store\"", "together with user; or env:NAME, or file:PATH"),
            key("from", Need::Required, Rule::Sender, "\"ACME HR <hr@acme.example>\"", ""),
            key("timeout_seconds", Need::Optional, Rule::Number { min: 1, max: 3_600, unit: "seconds" }, "60", "default, for one whole delivery"),
        ]),
    },
    Table {
        path: "references.webhook",
        need: Need::Rare,
        comment: "delivery by webhook, instead of [references.smtp], never both",
        is_list: false,
        keys: Keys::Named(&[
            key("url", Need::Required, Rule::DeliveryUrl, "\"https://intranet.acme.example/references\"", ""),
            key("key", Need::Required, Rule::Secret, "\"store\"", "whsec_ and 24 to 64 bytes in base64; or env:NAME, or file:PATH"),
            key("timeout_seconds", Need::Optional, Rule::Number { min: 1, max: 3_600, unit: "seconds" }, "30", "default, for one whole delivery"),
        ]),
    },
    Table {
        path: "references.witnesses",
        need: Need::Rare,
        comment: "default: none. Who confirms the order of the log; up to 8",
        is_list: true,
        keys: Keys::Named(&[
            key("key", Need::Required, Rule::WitnessKey, "\"w1.example+1a2b3c4d+BAAA…\"", "the witness's verifier key"),
            key("url", Need::Required, Rule::WitnessUrl, "\"https://w1.example\"", "heads of the log are posted to add-checkpoint below it"),
        ]),
    },
    Table {
        path: "travelperk",
        need: Need::Optional,
        comment: "the sync; leave it out for a tenant that only issues references",
        is_list: false,
        keys: Keys::Named(&[
            key("scim_url", Need::Required, Rule::BaseUrl, "\"https://app.perk.com/api/v2/scim\"", ""),
            key("rest_url", Need::Optional, Rule::BaseUrl, "\"https://api.travelperk.com\"", "default: companies are not compared"),
            key("cost_centers_url", Need::Optional, Rule::BaseUrl, "\"https://api.perk.com\"", "default: cost centers are only assigned by name, never created"),
            key("plan", Need::Optional, Rule::Word(&["starter", "premium", "pro"]), "\"pro\"", "starter, premium or pro; only trip approvals need it"),
            key("scheme", Need::Optional, Rule::Word(&["ApiKey", "Bearer"]), "\"ApiKey\"", "default; or \"Bearer\", for partners"),
            key("key", Need::Required, Rule::Secret, "\"store\"", "or env:NAME, or file:PATH"),
            key("content_type", Need::Optional, Rule::Word(&["application/json", "application/scim+json"]), "\"application/json\"", "default; or \"application/scim+json\""),
            key("calls_per_minute", Need::Optional, Rule::Number { min: 1, max: 4_294_967_295, unit: "requests" }, "100", "default"),
        ]),
    },
    Table {
        path: "sync",
        need: Need::Optional,
        comment: "",
        is_list: false,
        keys: Keys::Named(&[
            key("details", Need::Optional, Rule::Words(DETAILS), "[\"title\", \"phone\", \"language\", \"cost-center\", \"company\", \"manager\"]", "default: see the table of details"),
            key("missing_detail", Need::Optional, Rule::Word(&["fail", "skip"]), "\"fail\"", "default where details are named; or \"skip\""),
            key("default_language", Need::Optional, Rule::Word(&["de", "en", "es", "fr"]), "\"en\"", "for accounts without one: de, en, es or fr; default: none"),
            key("swap_address", Need::Optional, Rule::SwapAddress, "\"swap-{id}@acme.example\"", "default: none, and exchanged work emails are reported as a conflict"),
            key("sites", Need::Optional, Rule::Texts { may_be_empty: false }, "[\"London\", \"Madrid\"]", "default: all"),
            key("out_of_selection", Need::Optional, Rule::Word(&["leave", "archive"]), "\"leave\"", "default; or \"archive\": the account of somebody who moves to another site"),
            key("create_days_before_start", Need::Optional, Rule::Number { min: 0, max: 365, unit: "days" }, "0", "default"),
            key("garden_leave", Need::Optional, Rule::Word(&["keep", "archive"]), "\"keep\"", "default; or \"archive\": the account of somebody on garden leave"),
            key("time_zone", Need::Optional, Rule::Zone, "\"Europe/Madrid\"", "where a day begins and ends; default UTC"),
            key("stops_with_its_admin", Need::Optional, Rule::Flag, "true", "default: the sync stops when the admin of enabled_by has left"),
            key("parallel_changes", Need::Optional, Rule::Number { min: 1, max: 256, unit: "changes" }, "8", "default"),
            key("plan_age_hours_max", Need::Optional, Rule::Number { min: 0, max: 1_000_000, unit: "hours" }, "24", "default; an older saved plan is not applied. 0: none is"),
        ]),
    },
    Table {
        path: "sync.sources",
        need: Need::Optional,
        comment: "other HiBob fields to read a detail from, in this order",
        is_list: false,
        keys: Keys::Words(
            SOURCES,
            Free { rule: Rule::FieldIds, example: ("language", "[\"work.custom.field_1680000000000\"]") },
        ),
    },
    Table {
        path: "sync.companies",
        need: Need::Optional,
        comment: "names of invoice profiles, where HiBob's site has another name",
        is_list: false,
        keys: Keys::Free(Free { rule: Rule::Text, example: ("Madrid", "\"ACME Iberia SL\"") }),
    },
    Table {
        path: "sync.site_time_zones",
        need: Need::Optional,
        comment: "time zones of single sites, where they differ from time_zone",
        is_list: false,
        keys: Keys::Free(Free { rule: Rule::Zone, example: ("London", "\"Europe/London\"") }),
    },
    Table {
        path: "sync.approvals",
        need: Need::Optional,
        comment: "default: none. Trip approvals, not the approval of plans",
        is_list: false,
        keys: Keys::Named(&[
            key("method", Need::Required, Rule::Word(&["A", "B", "C"]), "\"B\"", "A, B or C: see \"Trip approvals\""),
            key("replaces_existing", Need::Optional, Rule::Flag, "true", "required: it replaces the approval processes that exist in TravelPerk"),
            key("conditions", Need::Optional, Rule::Texts { may_be_empty: true }, "[]", "default: `approvers` is not written"),
        ]),
    },
    Table {
        path: "schedule",
        need: Need::Optional,
        comment: "",
        is_list: false,
        keys: Keys::Named(&[
            key("sync", Need::Optional, Rule::Cron, "\"0 2 * * *\"", "default: never. Minute, hour, day, month, weekday in sync.time_zone; needs [travelperk]"),
            key("references", Need::Rare, Rule::Cron, "\"0 6 * * *\"", "default: never. The same form; needs [references]"),
            key("spread_minutes", Need::Optional, Rule::Number { min: 0, max: 59, unit: "minutes" }, "30", "default. A start comes up to so many minutes later; for one tenant always the same number"),
        ]),
    },
    Table {
        path: "retention",
        need: Need::Optional,
        comment: "these are the defaults",
        is_list: false,
        keys: Keys::Named(&[
            key("runs_days", Need::Optional, Rule::Number { min: 1, max: 36_500, unit: "days" }, "400", "runs of the run history, with their lines"),
            key("plans_days", Need::Optional, Rule::Number { min: 1, max: 36_500, unit: "days" }, "30", "plans that were applied or decided about, with their journals"),
        ]),
    },
    Table {
        path: "safety",
        need: Need::Optional,
        comment: "these are the defaults",
        is_list: false,
        keys: Keys::Named(&[
            key("archive_limit_min", Need::Optional, Rule::Number { min: 0, max: 10_000_000, unit: "accounts" }, "5", "archivings that are always allowed in one run"),
            key("archive_limit_percent", Need::Optional, Rule::Number { min: 0, max: 100, unit: "percent" }, "10", "share of the active managed accounts that one run may archive"),
            key("rename_limit_min", Need::Optional, Rule::Number { min: 0, max: 10_000_000, unit: "accounts" }, "5", "changed user names that are always allowed in one run"),
            key("rename_limit_percent", Need::Optional, Rule::Number { min: 0, max: 100, unit: "percent" }, "10", "share of the active managed accounts that may get another user name in one run"),
            key("source_shrink_percent", Need::Optional, Rule::Number { min: 0, max: 100, unit: "percent" }, "20", "how far the number of employees may fall below the last accepted run"),
            key("coverage_drop_points", Need::Optional, Rule::Number { min: 1, max: 100, unit: "points of percent" }, "30", "how far the share of employees who have a field may fall, in points of percent"),
            key("leak_percent", Need::Optional, Rule::Number { min: 0, max: 100, unit: "percent" }, "20", "share of the accounts that may be archived within leak_days"),
            key("leak_days", Need::Optional, Rule::Number { min: 1, max: 36_500, unit: "days" }, "30", "over how many days archivings are counted together"),
            key("admins", Need::Optional, Rule::Texts { may_be_empty: true }, "[]", "user names of accounts that are never archived"),
            key("approval", Need::Optional, Rule::Word(&["never", "above-limits", "always"]), "\"never\"", "or \"above-limits\", or \"always\": which plans wait for a person"),
            key("approval_days", Need::Optional, Rule::Number { min: 1, max: 365, unit: "days" }, "7", "how long a plan waits before it lapses"),
            key("approval_by_another", Need::Optional, Rule::Flag, "false", "true: whoever asked for a plan may not approve it"),
            key("allow_first", Need::Optional, Rule::Flag, "false", "true: the first sync creates and adopts accounts without a person's yes"),
        ]),
    },
    Table {
        path: "network",
        need: Need::Optional,
        comment: "where the host may connect to, beside the public internet",
        is_list: false,
        keys: Keys::Named(&[
            key("allow_addresses", Need::Optional, Rule::Networks, "[]", "default; such as [\"10.0.0.0/8\"]. This machine: where a URL names it"),
            key("ca_file", Need::Rare, Rule::File, "\"company-ca.pem\"", "certificates that are trusted beside the platform's; relative to this file"),
        ]),
    },
    Table {
        path: "limits",
        need: Need::Optional,
        comment: "these are the defaults",
        is_list: false,
        keys: Keys::Named(&[
            key("cpu_milliseconds_max", Need::Optional, Rule::Number { min: 1, max: 86_400_000, unit: "milliseconds" }, "60000", "processor time of one call; waiting does not count"),
            key("processors_max", Need::Optional, Rule::Number { min: 1, max: 1_024, unit: "processors" }, "1", "processors that the tenant's calls keep busy at one time"),
            key("call_memory_mebibytes_max", Need::Optional, Rule::Number { min: 1, max: 4_096, unit: "mebibytes" }, "256", "linear memory of one call"),
            key("tenant_memory_mebibytes_max", Need::Optional, Rule::Number { min: 1, max: 1_048_576, unit: "mebibytes" }, "512", "linear memory of all of the tenant's calls together"),
            key("check_seconds_max", Need::Optional, Rule::Number { min: 1, max: 86_400, unit: "seconds" }, "900", "one check from start to end, without polite waiting"),
            key("plan_seconds_max", Need::Optional, Rule::Number { min: 1, max: 86_400, unit: "seconds" }, "3600", "one plan"),
            key("apply_seconds_max", Need::Optional, Rule::Number { min: 1, max: 86_400, unit: "seconds" }, "600", "one change"),
            key("references_seconds_max", Need::Optional, Rule::Number { min: 1, max: 86_400, unit: "seconds" }, "3600", "one call for references"),
            key("waiting_seconds_max", Need::Optional, Rule::Number { min: 1, max: 86_400, unit: "seconds" }, "7200", "polite waiting in one call: pace, 429s, repeated reads"),
            key("parallel_calls_max", Need::Optional, Rule::Number { min: 1, max: 10_000, unit: "calls" }, "16", "calls of the tenant at the same time"),
            key("slot_wait_seconds_max", Need::Optional, Rule::Number { min: 0, max: 86_400, unit: "seconds" }, "600", "how long a call waits for its turn"),
            key("requests_max", Need::Optional, Rule::Number { min: 1, max: 100_000_000, unit: "requests" }, "20000", "HTTP requests of one check or plan"),
            key("apply_requests_max", Need::Optional, Rule::Number { min: 1, max: 1_000_000, unit: "requests" }, "64", "HTTP requests of one change"),
            key("call_response_bytes_max", Need::Optional, Rule::Number { min: 1, max: 1_099_511_627_776, unit: "bytes" }, "2147483648", "bytes of all answers of one call"),
            key("response_bytes_max", Need::Optional, Rule::Number { min: 1, max: 1_099_511_627_776, unit: "bytes" }, "1073741824", "bytes of a single answer"),
            key("storage_bytes_max", Need::Optional, Rule::Number { min: 1, max: 1_099_511_627_776, unit: "bytes" }, "268435456", "what the plugin stores"),
            key("storage_keys_max", Need::Optional, Rule::Number { min: 1, max: 1_000_000_000, unit: "keys" }, "1000000", "keys that the plugin stores"),
            key("log_lines_max", Need::Optional, Rule::Number { min: 0, max: 1_000_000, unit: "lines" }, "1000", "of one call; more are dropped"),
            key("plan_changes_max", Need::Optional, Rule::Number { min: 1, max: 1_000_000_000, unit: "changes" }, "1000000", "changes, findings or employees of one plan"),
            key("plan_bytes_max", Need::Optional, Rule::Number { min: 1, max: 1_099_511_627_776, unit: "bytes" }, "1073741824", "bytes of one plan"),
            key("connect_timeout_seconds", Need::Optional, Rule::Number { min: 1, max: 3_600, unit: "seconds" }, "10", "until a connection is there"),
            key("first_byte_timeout_seconds", Need::Optional, Rule::Number { min: 1, max: 3_600, unit: "seconds" }, "120", "until an answer begins"),
            key("between_bytes_timeout_seconds", Need::Optional, Rule::Number { min: 1, max: 3_600, unit: "seconds" }, "30", "the longest pause within an answer"),
            key("read_attempts_max", Need::Optional, Rule::Number { min: 1, max: 100, unit: "attempts" }, "4", "attempts at one read, the first included"),
            key("retry_pause_milliseconds", Need::Optional, Rule::Number { min: 0, max: 3_600_000, unit: "milliseconds" }, "500", "before a read is repeated; twice as long each time"),
            key("rate_limit_wait_seconds", Need::Optional, Rule::Number { min: 0, max: 86_400, unit: "seconds" }, "60", "after a 429 that does not say how long to wait"),
            key("rate_limit_wait_seconds_max", Need::Optional, Rule::Number { min: 0, max: 86_400, unit: "seconds" }, "300", "the longest single wait after a 429"),
        ]),
    },
];
