//! Which of HiBob's permissions lets a field be read.

/// A permission of the service user's group, by the name that HiBob's settings show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Permission {
    /// For example `Basic info`.
    pub name: &'static str,
}

/// The permission behind a field id. HiBob drops a field that may not be read without a word (people/{identifier}
/// reference page), so this is the only way to name what is missing.
pub fn permission_for(field_id: &str) -> Permission {
    let name = match field_id {
        "work.workPhone" | "work.workMobile" => "Work contact details",
        "home.privateEmail" | "home.privatePhone" | "home.mobilePhone" => "Personal contact details",
        "employee.lastDayOfWork" => "Lifecycle",
        _ => match field_id.split_once('.').map_or(field_id, |(category, _)| category) {
            "root" => "Basic info",
            "about" => "About",
            "address" => "Address",
            "home" => "Home",
            "internal" => "Lifecycle",
            "payroll" => "Employment",
            "personal" => "Personal",
            _ => "Work",
        },
    };
    Permission { name }
}
