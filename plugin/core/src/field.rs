//! The fields of an account that this sync owns.

/// A field whose value is text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "named after what they hold; `name` and `scim_path` say the rest")]
pub enum TextField {
    UserName,
    ExternalId,
    GivenName,
    FamilyName,
    Title,
    Phone,
    Language,
    Locale,
    Gender,
    DateOfBirth,
    Country,
    CostCenter,
    Company,
    TravelPolicy,
    EmergencyName,
    EmergencyPhone,
}

/// How many text fields there are.
pub const TEXT_FIELDS_COUNT: usize = 16;

/// Every text field, in the order in which changes list them.
pub const TEXT_FIELDS: [TextField; TEXT_FIELDS_COUNT] = [
    TextField::UserName,
    TextField::ExternalId,
    TextField::GivenName,
    TextField::FamilyName,
    TextField::Title,
    TextField::Phone,
    TextField::Language,
    TextField::Locale,
    TextField::Gender,
    TextField::DateOfBirth,
    TextField::Country,
    TextField::CostCenter,
    TextField::Company,
    TextField::TravelPolicy,
    TextField::EmergencyName,
    TextField::EmergencyPhone,
];

/// Between the names where an account has several companies; no name holds a control character.
pub(crate) const COMPANY_SEPARATOR: char = '\u{1f}';

/// The field name of the line manager in changes and settings.
pub const MANAGER: &str = "manager";
/// The field name, in changes, of those who approve trips.
pub const APPROVERS: &str = "approvers";
/// The field name of the account's state in changes.
pub const ACTIVE: &str = "active";
/// The field name of a cost center's name in changes.
pub const NAME: &str = "name";
/// The field name of a cost center's state in changes.
pub const ARCHIVED: &str = "archived";

impl TextField {
    /// The name in changes and settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::UserName => "user-name",
            Self::ExternalId => "external-id",
            Self::GivenName => "given-name",
            Self::FamilyName => "family-name",
            Self::Title => "title",
            Self::Phone => "phone",
            Self::Language => "language",
            Self::Locale => "locale",
            Self::Gender => "gender",
            Self::DateOfBirth => "date-of-birth",
            Self::Country => "country",
            Self::CostCenter => "cost-center",
            Self::Company => "company",
            Self::TravelPolicy => "travel-policy",
            Self::EmergencyName => "emergency-name",
            Self::EmergencyPhone => "emergency-phone",
        }
    }

    /// The field of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        TEXT_FIELDS.into_iter().find(|field| field.name() == name)
    }

    /// Where the value stands in arrays indexed by field.
    pub fn index(self) -> usize {
        self as usize
    }

    /// Whether two values of this field mean the same: the user name compares without regard to case
    /// (RFC 7643, section 4.1.1), a phone by its digits, a date by its parts, everything else to the letter.
    pub fn same(self, a: &str, b: &str) -> bool {
        match self {
            Self::UserName if a.is_ascii() && b.is_ascii() => a.eq_ignore_ascii_case(b),
            Self::UserName => fold(a) == fold(b),
            Self::Phone | Self::EmergencyPhone => phone_digits(a).eq(phone_digits(b)),
            // TravelPerk's clients write YYYY/MM/DD and read YYYY-MM-DD.
            Self::DateOfBirth => a.replace('/', "-") == b.replace('/', "-"),
            // An account may have several companies; that the wanted one is among them is enough.
            Self::Company => b.split(COMPANY_SEPARATOR).any(|b| a.split(COMPANY_SEPARATOR).any(|a| a == b)),
            Self::ExternalId
            | Self::GivenName
            | Self::FamilyName
            | Self::Title
            | Self::Language
            | Self::Locale
            | Self::Gender
            | Self::Country
            | Self::CostCenter
            | Self::TravelPolicy
            | Self::EmergencyName => a == b,
        }
    }

    /// [`Self::same`] where a value may be missing.
    pub fn same_option(self, a: Option<&str>, b: Option<&str>) -> bool {
        match (a, b) {
            (None, None) => true,
            (Some(a), Some(b)) => self.same(a, b),
            (None, Some(_)) | (Some(_), None) => false,
        }
    }
}

/// A user name as it is compared: without regard to case.
pub fn fold(user_name: &str) -> String {
    user_name.to_lowercase()
}

fn phone_digits(phone: &str) -> impl Iterator<Item = char> {
    phone.chars().filter(|c| c.is_ascii_digit() || *c == '+')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_found_by_its_name_and_stands_at_its_index() {
        for (position, field) in TEXT_FIELDS.into_iter().enumerate() {
            assert_eq!(TextField::from_name(field.name()), Some(field));
            assert_eq!(field.index(), position);
        }
    }

    #[test]
    fn comparison_follows_the_field() {
        assert!(TextField::UserName.same("Ana@Acme.example", "ana@acme.example"));
        assert!(TextField::Phone.same("+34 600-100 200", "+34600100200"));
        assert!(!TextField::Phone.same("+34600100200", "34600100200"));
        assert!(!TextField::CostCenter.same("Sales", "sales"));
    }
}
