//! HiBob's fields, and the permission that each needs.

/// A permission category, as the people page and the setup guides name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    /// `about.*`
    About,
    /// `address.*`
    Address,
    /// `root.*`
    BasicInfo,
    /// `payroll.employment.*`
    Employment,
    /// `home.*` except the personal contact details
    Home,
    /// `internal.*` and `employee.lastDayOfWork`
    Lifecycle,
    /// `personal.*`
    Personal,
    /// `home.privateEmail`, `home.privatePhone`, `home.mobilePhone`
    PersonalContactDetails,
    /// `work.*` except the phones
    Work,
    /// `work.workPhone`, `work.workMobile`
    WorkContactDetails,
}

impl Category {
    /// Every category.
    pub const ALL: [Self; 10] = [
        Self::About,
        Self::Address,
        Self::BasicInfo,
        Self::Employment,
        Self::Home,
        Self::Lifecycle,
        Self::Personal,
        Self::PersonalContactDetails,
        Self::Work,
        Self::WorkContactDetails,
    ];

    /// The name that an administrator sees.
    #[must_use]
    pub fn display_name(self) -> &'static str {
        match self {
            Self::About => "About",
            Self::Address => "Address",
            Self::BasicInfo => "Basic info",
            Self::Employment => "Employment",
            Self::Home => "Home",
            Self::Lifecycle => "Lifecycle",
            Self::Personal => "Personal",
            Self::PersonalContactDetails => "Personal contact details",
            Self::Work => "Work",
            Self::WorkContactDetails => "Work contact details",
        }
    }

    /// The category of a field that is not in the catalogue, such as a custom one.
    pub(super) fn of_prefix(id: &str) -> Option<Self> {
        Some(match id.split('.').next()? {
            "about" => Self::About,
            "address" => Self::Address,
            "root" => Self::BasicInfo,
            "payroll" => Self::Employment,
            "home" => Self::Home,
            "internal" => Self::Lifecycle,
            "personal" => Self::Personal,
            "work" | "employee" => Self::Work,
            _ => return None,
        })
    }
}

/// The type of a field's value, in the terms of the field-types page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Texts,
    Number,
    Flag,
    Date,
    /// A status in lower case; the human-readable modes write it in title case.
    Status,
    /// The id of an item of this named list.
    List(&'static str),
    /// The id of an employee.
    Reference,
    /// An object about an employee.
    ReportsTo,
}

impl Kind {
    /// The `type` in the field list.
    pub(super) fn type_name(self) -> &'static str {
        match self {
            Self::Text | Self::Status => "text",
            Self::Texts => "multi-list",
            Self::Number => "number",
            Self::Flag => "boolean",
            Self::Date => "date",
            Self::List(_) => "list",
            Self::Reference | Self::ReportsTo => "employee-reference",
        }
    }
}

/// One field of the dictionary.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) id: &'static str,
    pub(super) category: Category,
    pub(super) kind: Kind,
    /// Whether it is sent if a search names no fields: `root.*` and the categories about, employment and work.
    pub(super) default: bool,
}

const fn field(id: &'static str, category: Category, kind: Kind, default: bool) -> Field {
    Field { id, category, kind, default }
}

/// The fields of this stand-in: those of the field dictionary that a directory sync may request.
pub(super) const FIELDS: &[Field] = &{
    use Category::{
        About, Address, BasicInfo, Employment, Home, Lifecycle, Personal, PersonalContactDetails, Work,
        WorkContactDetails,
    };
    use Kind::{Date, Flag, List, Number, Reference, ReportsTo, Status, Text, Texts};
    [
        field("root.id", BasicInfo, Text, true),
        field("root.companyId", BasicInfo, Number, true),
        field("root.email", BasicInfo, Text, true),
        field("root.firstName", BasicInfo, Text, true),
        field("root.surname", BasicInfo, Text, true),
        field("root.secondName", BasicInfo, Text, true),
        field("root.fullName", BasicInfo, Text, true),
        field("root.displayName", BasicInfo, Text, true),
        field("root.creationDate", BasicInfo, Date, false),
        field("root.creationDateTime", BasicInfo, Text, true),
        field("root.avatarUrl", BasicInfo, Text, true),
        field("about.about", About, Text, true),
        field("about.avatar", About, Text, true),
        field("about.hobbies", About, Texts, true),
        field("address.country", Address, Text, false),
        field("address.city", Address, Text, false),
        field("payroll.employment.type", Employment, Text, true),
        field("payroll.employment.contract", Employment, Text, true),
        field("payroll.employment.fte", Employment, Number, true),
        field("home.legalGender", Home, Text, false),
        field("home.privateEmail", PersonalContactDetails, Text, false),
        field("home.privatePhone", PersonalContactDetails, Text, false),
        field("home.mobilePhone", PersonalContactDetails, Text, false),
        field("internal.status", Lifecycle, Text, false),
        field("internal.lifecycleStatus", Lifecycle, Status, false),
        field("internal.terminationDate", Lifecycle, Date, false),
        field("internal.terminationReason", Lifecycle, Text, false),
        field("employee.lastDayOfWork", Lifecycle, Date, false),
        field("personal.birthDate", Personal, Date, false),
        field("personal.age", Personal, Number, false),
        field("personal.shortBirthDate", Personal, Text, false),
        field("personal.pronouns", Personal, Text, false),
        field("personal.honorific", Personal, Text, false),
        field("personal.nationality", Personal, Texts, false),
        field("work.startDate", Work, Date, true),
        field("work.originalStartDate", Work, Date, false),
        field("work.title", Work, List("title"), true),
        field("work.department", Work, List("department"), true),
        field("work.site", Work, Text, true),
        field("work.siteId", Work, Number, true),
        field("work.manager", Work, Reference, true),
        field("work.reportsTo", Work, ReportsTo, true),
        field("work.reportsTo.email", Work, Text, false),
        field("work.secondLevelManager", Work, Reference, true),
        field("work.isManager", Work, Flag, true),
        field("work.tenureDurationYears", Work, Number, true),
        field("work.workPhone", WorkContactDetails, Text, true),
        field("work.workMobile", WorkContactDetails, Text, true),
    ]
};

/// The field with this id.
pub(super) fn find(id: &str) -> Option<&'static Field> {
    FIELDS.iter().find(|field| field.id == id)
}
