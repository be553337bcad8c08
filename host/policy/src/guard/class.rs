//! The table of classes: one row for each class of changes that a guard counts.
//!
//! The enum, the numbers of a [`Release`], the options of the command line, the arguments of jobs and the description of
//! the API follow from the rows. What belongs to a class is in `count.rs`, and its limit in `limits.rs`.

use serde::{Deserialize, Serialize};

macro_rules! classes {
    ($($(#[doc = $doc:literal])+ $class:ident {
        number: $number:ident, option: $option:literal, argument: $argument:literal, help: $help:literal,
        would: $would:literal, check: $check:literal,
    })+) => {
        /// A class of changes that a guard counts.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Class {
            $($(#[doc = $doc])+ $class,)+
        }

        impl Class {
            /// Every class, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$class,)+];

            /// The option of the command line that releases changes of this class, without the leading hyphens.
            pub fn option(self) -> &'static str {
                match self { $(Self::$class => $option,)+ }
            }

            /// The argument of a job that does the same.
            pub fn argument(self) -> &'static str {
                match self { $(Self::$class => $argument,)+ }
            }

            /// What the option does, in one sentence.
            pub fn help(self) -> &'static str {
                match self { $(Self::$class => $help,)+ }
            }

            /// What would become of the accounts, after "would".
            pub(super) fn would(self) -> &'static str {
                match self { $(Self::$class => $would,)+ }
            }

            /// What a person should look at before releasing it.
            pub(super) fn check(self) -> &'static str {
                match self { $(Self::$class => $check,)+ }
            }
        }

        /// What the operator lets the guards pass, for one run.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct Release {
            $($(#[doc = $doc])+ ///
            /// This is the number of accounts that is released, whatever their share.
            pub $number: usize,)+
            /// Whether the source may be much smaller, or its fields much emptier, than in earlier accepted runs.
            pub changed_source: bool,
        }

        impl Release {
            /// The number of accounts that is released of a class.
            pub fn number(&self, class: Class) -> usize {
                match class { $(Class::$class => self.$number,)+ }
            }

            /// Releases so many accounts of a class.
            pub fn set(&mut self, class: Class, number: usize) {
                match class { $(Class::$class => self.$number = number,)+ }
            }
        }
    };
}

classes! {
    /// Changes that archive an account.
    Archiving {
        number: archiving, option: "allow-archiving", argument: "allow_archiving",
        help: "Allow up to N accounts to be archived in this run, even if that is above the limit",
        would: "be archived", check: "check the lifecycle statuses in HiBob, and if they are right",
    }
    /// Changes that give an account another user name.
    Renaming {
        number: renaming, option: "allow-renaming", argument: "allow_renaming",
        help: "Allow up to N user names to be changed in this run, even if that is above the limit",
        would: "get another user name", check: "check the work emails in HiBob, and if they are right",
    }
    /// Changes that create an account.
    Creating {
        number: creating, option: "allow-creating", argument: "allow_creating",
        help: "Allow up to N accounts to be created in this run, even if that is above the limit",
        would: "be added as new accounts",
        check: "check that all of these people are employees who should have an account, and that the TravelPerk key is this company's, and if so",
    }
    /// Changes that make an archived account active again.
    Reactivating {
        number: reactivating, option: "allow-reactivating", argument: "allow_reactivating",
        help: "Allow up to N accounts to be reactivated in this run, even if that is above the limit",
        would: "be reactivated",
        check: "check that nobody has archived these accounts on purpose, and if so",
    }
    /// Changes of the first or last name of an account.
    Names {
        number: names, option: "allow-names", argument: "allow_names",
        help: "Allow the first or last names of up to N accounts to be changed in this run, even if that is above the limit",
        would: "get another first or last name", check: "check the names in HiBob, and if they are right",
    }
    /// Changes that remove the value of a field, counted for each field.
    Clearing {
        number: clearing, option: "allow-clearing", argument: "allow_clearing",
        help: "Allow each field to be cleared on up to N accounts in this run, even if that is above the limit",
        would: "lose their value", check: "check that HiBob really has no value there, and if so",
    }
    /// Changes of the line manager or the approvers to others.
    Managers {
        number: managers, option: "allow-managers", argument: "allow_managers",
        help: "Allow up to N accounts to get another line manager or approver in this run, even if that is above the limit",
        would: "get another line manager or approver", check: "check the line managers in HiBob, and if they are right",
    }
    /// Changes of the cost center to another one.
    CostCenters {
        number: cost_centers, option: "allow-cost-centers", argument: "allow_cost_centers",
        help: "Allow up to N accounts to get another cost center in this run, even if that is above the limit",
        would: "get another cost center", check: "check the departments in HiBob, and if they are right",
    }
    /// Changes that give an account to another employee: somebody who was rehired under a new id.
    Reassigning {
        number: reassigning, option: "allow-reassigning", argument: "allow_reassigning",
        help: "Allow up to N accounts to be given to another employee in this run, even if that is above the limit",
        would: "be given to another employee",
        check: "check that these people were rehired under a new id in HiBob, and if so",
    }
}
