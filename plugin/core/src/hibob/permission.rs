//! Which of HiBob's permissions lets a field be read.

/// The permission behind a field id, by the name that HiBob's settings show. HiBob drops a field that may not be read without a word (people/{identifier}
/// reference page), so this is the only way to name what is missing.
pub fn permission_for(field_id: &str) -> &'static str {
    match field_id {
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
    }
}
