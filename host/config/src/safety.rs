//! `[safety]`: the limits of the guards, and which plans wait for approval.

use hibob_policy::guard::{GuardLimits, Limit, ReferenceLimits};
use serde::{Deserialize, Serialize};
use std::num::NonZeroU32;

/// The limits of the guards ([`GuardLimits`]), and which plans wait for approval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SafetyConfig {
    /// Number of archivings that one run may always make; none for the default of [`GuardLimits`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archive_limit_min: Option<u32>,
    /// Share of the active managed accounts that one run may archive, in percent.
    pub archive_limit_percent: u32,
    /// Number of accounts that may always get another user name in one run; none for the default of [`GuardLimits`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rename_limit_min: Option<u32>,
    /// Share of the active managed accounts that may get another user name in one run, in percent.
    pub rename_limit_percent: u32,
    /// Number of accounts that one run may always create; none for the default of [`GuardLimits`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub create_limit_min: Option<u32>,
    /// Share of the active managed accounts that one run may create in addition, in percent.
    pub create_limit_percent: u32,
    /// Number of accounts that one run may always reactivate; none for the default of [`GuardLimits`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reactivate_limit_min: Option<u32>,
    /// Share of the active managed accounts that one run may reactivate, in percent.
    pub reactivate_limit_percent: u32,
    /// Number of accounts whose first or last name one run may always change; none for the default of [`GuardLimits`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub names_limit_min: Option<u32>,
    /// Share of the active managed accounts whose first or last name one run may change, in percent.
    pub names_limit_percent: u32,
    /// Number of accounts on which one run may always clear a field; none for the default of [`GuardLimits`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clear_limit_min: Option<u32>,
    /// Share of the accounts with a value of a field on which one run may clear it, in percent.
    pub clear_limit_percent: u32,
    /// Number of accounts that may always get another line manager or approver in one run; none for the default of [`GuardLimits`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manager_limit_min: Option<u32>,
    /// Share of the active managed accounts that may get another line manager or approver in one run, in percent.
    pub manager_limit_percent: u32,
    /// Number of accounts that may always get another cost center in one run; none for the default of [`GuardLimits`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_center_limit_min: Option<u32>,
    /// Share of the active managed accounts that may get another cost center in one run, in percent.
    pub cost_center_limit_percent: u32,
    /// Number of accounts that one run may always give to another employee; none for the default of [`GuardLimits`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reassign_limit_min: Option<u32>,
    /// Share of the active managed accounts that one run may give to another employee, in percent.
    pub reassign_limit_percent: u32,
    /// Number of references that one run may always issue, or revoke; none for the default of [`GuardLimits`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference_limit_min: Option<u32>,
    /// Share of the employed for whom one run may issue references, or revoke them, in percent.
    pub reference_limit_percent: u32,
    /// Share of the employed for whom references may be issued within `leak_days`, in percent.
    pub reference_leak_percent: u32,
    /// How far the number of employees may fall below that of an earlier accepted run, in percent.
    pub source_shrink_percent: u32,
    /// How far the share of employees who have a field may fall below that of an earlier accepted run, in percentage
    /// points. A lost permission makes it fall from 98 % to 0 %, for example.
    pub coverage_drop_points: u32,
    /// Share of the accounts that may be archived within `leak_days`, in percent.
    pub leak_percent: u32,
    /// Over how many days archivings are counted together, and references, and the source is compared with its largest
    /// state.
    pub leak_days: u32,
    /// User names of accounts that are never archived, since TravelPerk needs an admin.
    pub admins: Vec<String>,
    /// Which plans wait until a person approves them.
    pub approval: Approval,
    /// For how many days a plan waits for approval before it lapses.
    pub approval_days: NonZeroU32,
    /// Whether the person who started the job that made a plan may not approve it.
    pub approval_by_another: bool,
    /// Whether the tenant's first sync creates and adopts accounts without a person's yes.
    pub allow_first: bool,
    /// Whether leavers wait with the plan that they are in, where every plan waits.
    pub approval_leavers: ApprovalLeavers,
    /// After how many days a warning that a person should have settled is an error, and so is what a guard holds.
    pub warning_days: NonZeroU32,
}

/// What becomes of leavers' archivings that are within the limits, where every plan waits ([`Approval::Always`]).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ApprovalLeavers {
    /// They wait with the rest of the plan.
    #[default]
    Wait,
    /// They are made at once, and the rest of the plan waits.
    AtOnce,
}

/// Which plans wait until a person approves them, as a whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Approval {
    /// No plan waits. The guards hold what is above their limits, and the rest is applied.
    #[default]
    Never,
    /// Plans of which the guards would hold some changes or all of them.
    AboveLimits,
    /// All plans that have changes.
    Always,
}

impl Default for SafetyConfig {
    fn default() -> Self {
        const APPROVAL_DAYS: NonZeroU32 = NonZeroU32::new(7).unwrap();
        const WARNING_DAYS: NonZeroU32 = NonZeroU32::new(14).unwrap();
        let (limits, references) = (GuardLimits::DEFAULT, ReferenceLimits::DEFAULT);
        Self {
            archive_limit_min: None,
            archive_limit_percent: limits.archive.percent,
            rename_limit_min: None,
            rename_limit_percent: limits.rename.percent,
            create_limit_min: None,
            create_limit_percent: limits.create.percent,
            reactivate_limit_min: None,
            reactivate_limit_percent: limits.reactivate.percent,
            names_limit_min: None,
            names_limit_percent: limits.names.percent,
            clear_limit_min: None,
            clear_limit_percent: limits.clear.percent,
            manager_limit_min: None,
            manager_limit_percent: limits.manager.percent,
            cost_center_limit_min: None,
            cost_center_limit_percent: limits.cost_center.percent,
            reassign_limit_min: None,
            reassign_limit_percent: limits.reassign.percent,
            reference_limit_min: None,
            reference_limit_percent: references.run.percent,
            reference_leak_percent: references.leak_percent,
            source_shrink_percent: limits.source_shrink_percent,
            coverage_drop_points: limits.coverage_drop_points,
            leak_percent: limits.leak_percent,
            leak_days: limits.leak_days,
            admins: Vec::new(),
            approval: Approval::Never,
            approval_days: APPROVAL_DAYS,
            approval_by_another: false,
            approval_leavers: ApprovalLeavers::Wait,
            allow_first: false,
            warning_days: WARNING_DAYS,
        }
    }
}

impl SafetyConfig {
    /// The limits as the guards take them.
    pub fn guard_limits(&self) -> GuardLimits {
        GuardLimits {
            archive: Limit { min: self.archive_limit_min, percent: self.archive_limit_percent },
            rename: Limit { min: self.rename_limit_min, percent: self.rename_limit_percent },
            create: Limit { min: self.create_limit_min, percent: self.create_limit_percent },
            reactivate: Limit { min: self.reactivate_limit_min, percent: self.reactivate_limit_percent },
            names: Limit { min: self.names_limit_min, percent: self.names_limit_percent },
            clear: Limit { min: self.clear_limit_min, percent: self.clear_limit_percent },
            manager: Limit { min: self.manager_limit_min, percent: self.manager_limit_percent },
            cost_center: Limit { min: self.cost_center_limit_min, percent: self.cost_center_limit_percent },
            reassign: Limit { min: self.reassign_limit_min, percent: self.reassign_limit_percent },
            source_shrink_percent: self.source_shrink_percent,
            coverage_drop_points: self.coverage_drop_points,
            leak_percent: self.leak_percent,
            leak_days: self.leak_days,
        }
    }

    /// The limits as the guard of the references job takes them.
    pub fn reference_limits(&self) -> ReferenceLimits {
        ReferenceLimits {
            run: Limit { min: self.reference_limit_min, percent: self.reference_limit_percent },
            leak_percent: self.reference_leak_percent,
            leak_days: self.leak_days,
        }
    }
}
