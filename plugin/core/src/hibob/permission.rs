//! The permissions of HiBob, and the fields that each of them makes readable.

/// A permission of the service user's group that TravelPerk's setup guide asks for. HiBob leaves out a field that may
/// not be read, without an error (people/{identifier} reference page). So a missing permission can be named only by
/// knowing which fields need it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "named as in HiBob's settings; see `name`")]
pub enum Permission {
    About,
    Address,
    BasicInfo,
    Employment,
    Home,
    Lifecycle,
    Personal,
    /// Edit on Personal. Without it HiBob shows neither date of birth nor age (page on field-level permissions).
    PersonalEdit,
    PersonalContactDetails,
    Work,
    WorkContactDetails,
    /// `Manage company sites`: a permission about the company, not about employees.
    SiteSettings,
}

/// Every permission, in the order of HiBob's settings.
pub const PERMISSIONS: [Permission; 12] = [
    Permission::About,
    Permission::Address,
    Permission::BasicInfo,
    Permission::Employment,
    Permission::Home,
    Permission::Lifecycle,
    Permission::Personal,
    Permission::PersonalEdit,
    Permission::PersonalContactDetails,
    Permission::Work,
    Permission::WorkContactDetails,
    Permission::SiteSettings,
];

impl Permission {
    /// The name that HiBob's settings show.
    pub fn name(self) -> &'static str {
        match self {
            Self::About => "About",
            Self::Address => "Address",
            Self::BasicInfo => "Basic info",
            Self::Employment => "Employment",
            Self::Home => "Home",
            Self::Lifecycle => "Lifecycle",
            Self::Personal => "Personal",
            Self::PersonalEdit => "Personal (edit)",
            Self::PersonalContactDetails => "Personal contact details",
            Self::Work => "Work",
            Self::WorkContactDetails => "Work contact details",
            Self::SiteSettings => "Site settings",
        }
    }

    /// The permission that a field needs; none if it is not in the guide's list. Other sections, such as emergency
    /// contacts, have permissions of their own. A custom field that was moved keeps its id (people/{identifier}
    /// reference page); for it this is the section in which it was created.
    pub fn of(field_id: &str) -> Option<Self> {
        Some(match field_id {
            "work.workPhone" | "work.workMobile" => Self::WorkContactDetails,
            "home.privateEmail" | "home.privatePhone" | "home.mobilePhone" => Self::PersonalContactDetails,
            "employee.lastDayOfWork" => Self::Lifecycle,
            "personal.birthDate" | "personal.age" => Self::PersonalEdit,
            _ => match field_id.split_once('.')?.0 {
                "root" => Self::BasicInfo,
                "about" => Self::About,
                "address" => Self::Address,
                "home" => Self::Home,
                "internal" => Self::Lifecycle,
                "payroll" => Self::Employment,
                "personal" => Self::Personal,
                "work" | "employee" => Self::Work,
                _ => return None,
            },
        })
    }

    /// Fields that show whether this permission is granted: of each section the least personal one that HiBob usually
    /// has for everybody. There is none for Site settings, as employees' records have nothing of it.
    pub fn probes(self) -> &'static [&'static str] {
        match self {
            Self::About => &["about.avatar"],
            Self::Address => &["address.country"],
            Self::BasicInfo => &["root.firstName"],
            Self::Employment => &["payroll.employment.type"],
            Self::Home => &["home.legalGender"],
            Self::Lifecycle => &["internal.lifecycleStatus"],
            // Few employees have an honorific, and whether HiBob always sends a null for the others is not documented.
            // Most have a birthday without its year.
            Self::Personal => &["personal.honorific", "personal.shortBirthDate"],
            Self::PersonalEdit => &["personal.age"],
            Self::PersonalContactDetails => &["home.mobilePhone"],
            Self::Work => &["work.startDate"],
            Self::WorkContactDetails => &["work.workPhone", "work.workMobile"],
            Self::SiteSettings => &[],
        }
    }

    /// How to grant it, in the words of HiBob's settings.
    pub fn click_path(self) -> String {
        const GROUP: &str = "in HiBob: Settings, Permission groups, the service user's group";
        match self {
            Self::SiteSettings => {
                format!("{GROUP}, Company, Settings, Site settings: tick `Manage company sites` and save")
            }
            Self::PersonalEdit => {
                format!(
                    "{GROUP}, People data, Personal: tick `View` and `Edit selected employees' Personal sections` and save"
                )
            }
            _ => {
                let name = self.name();
                format!("{GROUP}, People data, {name}: tick `View selected employees' {name} sections` and save")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probes_need_the_permission_that_they_show() {
        for permission in PERMISSIONS {
            for probe in permission.probes() {
                assert_eq!(Permission::of(probe), Some(permission), "{probe}");
            }
            assert!(permission.click_path().contains(permission.name().trim_end_matches(" (edit)")));
        }
    }

    #[test]
    fn fields_outside_the_guide_s_list_have_none_of_its_permissions() {
        assert_eq!(Permission::of("emergency.contactName"), None);
        assert_eq!(Permission::of("id"), None);
        assert_eq!(Permission::of("work.custom.field_1"), Some(Permission::Work));
    }
}
