//! Macros that translate between the types that wasmtime generates for a version of the contract and the host's own
//! types.
//!
//! They name every field of a record and every case of a variant, so a version whose types differ does not compile
//! until its translation is written. Such a version gets a list of its own.

/// Translates records of equal names and fields. After a field stands how it is translated: nothing for an equal type,
/// `into`, `list` (each item) or `option`.
macro_rules! records {
    ($from:ident => $to:ident; $($name:ident { $($field:ident $(: $how:ident)?),+ $(,)? })+) => {
        $(impl From<$from::$name> for $to::$name {
            fn from(value: $from::$name) -> Self {
                let $from::$name { $($field),+ } = value;
                Self { $($field: $crate::bindings::translate::translated!($field $($how)?)),+ }
            }
        })+
    };
}

/// Translates enums and variants of equal names and cases. How the content of a case is translated stands in
/// parentheses: `same` for an equal type, `into` or `list`.
macro_rules! variants {
    ($from:ident => $to:ident; $($name:ident { $($case:ident $(($how:ident))?),+ $(,)? })+) => {
        $(impl From<$from::$name> for $to::$name {
            fn from(value: $from::$name) -> Self {
                $crate::bindings::translate::matched!(value, $from, $name, [] $($case $(($how))?,)+)
            }
        })+
    };
}

/// Builds the match of one `variants!`, case by case.
macro_rules! matched {
    ($value:ident, $from:ident, $name:ident, [$($arms:tt)*]) => {
        match $value { $($arms)* }
    };
    ($value:ident, $from:ident, $name:ident, [$($arms:tt)*] $case:ident, $($rest:tt)*) => {
        $crate::bindings::translate::matched!($value, $from, $name,
            [$($arms)* $from::$name::$case => Self::$case,] $($rest)*)
    };
    ($value:ident, $from:ident, $name:ident, [$($arms:tt)*] $case:ident ($how:ident), $($rest:tt)*) => {
        $crate::bindings::translate::matched!($value, $from, $name,
            [$($arms)* $from::$name::$case(content) =>
                Self::$case($crate::bindings::translate::translated!(content $how)),] $($rest)*)
    };
}

/// Translates one value.
macro_rules! translated {
    ($value:ident) => {
        $value
    };
    ($value:ident same) => {
        $value
    };
    ($value:ident into) => {
        $value.into()
    };
    ($value:ident list) => {
        $value.into_iter().map(Into::into).collect()
    };
    ($value:ident option) => {
        $value.map(Into::into)
    };
}

/// The interface `types`, unchanged since 0.1.
macro_rules! types {
    ($from:ident => $to:ident) => {
        $crate::bindings::translate::records! { $from => $to;
            Person { employee_id, account_id, display_name }
            NamedValue { name, value: into }
            Count { name, number }
            Job { settings: list, now_unix_seconds }
            SideError { side: into, request, status, message, remedy }
            Finding { severity: into, code, employee_id, field, message, remedy }
        }
        $crate::bindings::translate::variants! { $from => $to;
            Value { Text(same), Flag(same), Integer(same), Texts(same), Pairs(same), Person(into) }
            Side { Hibob, Target }
            JobError {
                Settings(list), Credentials(into), Unavailable(into), NotAllowed(same), Unsound(same), Storage(same),
            }
            Severity { Notice, Warning, Error }
        }
    };
}

/// The interface `directory-sync`, unchanged since 0.1.
macro_rules! directory_sync {
    ($from:ident => $to:ident) => {
        $crate::bindings::translate::records! { $from => $to;
            FieldChange { field, before: option, after: option }
            Change { id, kind: into, employee_id, target_id, display_name, depends_on, after, fields: list, reason }
            PlanSummary { counts: list, baseline: list }
            RosterEntry { employee_id, display_name, state: into, account_id }
            CheckReport { findings: list, counts: list }
            Mismatch { field, expected: option, found: option }
            Failure { code, message, remedy, next: into }
            Written { target_id, not_taken: list }
        }
        $crate::bindings::translate::variants! { $from => $to;
            ChangeKind { Create, Adopt, Update, Reactivate, Archive, CreateCostCenter, RestoreCostCenter }
            EmployeeState { Synced, Pending, Waiting, OutOfSelection, Archived, Left, Failed, Vanished }
            Attempt { First, AfterUnknownOutcome }
            NextStep { Fix, Later, Look }
            Outcome { Done(into), Partly(into), Drifted(list), Failed(into), Refused(into) }
        }
    };
}

/// The records and enums of `offboarding-references` that have not changed since 0.2.
macro_rules! offboarding_references {
    ($from:ident => $to:ident) => {
        $crate::bindings::translate::records! { $from => $to;
            Departure { employee_id, ended_on, basis }
            Issued { departure: into, issued_at_unix_seconds }
            Known { employee_id, standing: into, issued: option }
            Seen { employee_id, standing: into }
            Claims { given_name, family_name, job_title, department, started_on, ended_on }
        }
        $crate::bindings::translate::variants! { $from => $to;
            Standing { Employed, Left }
        }
    };
}

pub(super) use {directory_sync, offboarding_references, types};
pub(crate) use {matched, records, translated, variants};
