//! The fields of an account that this sync owns: what a row of their table (`field/table.rs`) says, and what follows
//! from it.

/// Makes the enums of fields, and the look-ups by name and by attribute, from the rows of the table.
///
/// A row that lacks a column does not compile, nor do two rows with one name or one attribute: the second arm of a
/// match would be unreachable.
macro_rules! synced_fields {
    (
        texts { $( $text:ident {
            name: $name:literal, detail: $detail:expr, sources: $sources:expr,
            scim: $place:ident.$attribute:literal as $shape:expr, form: $form:expr,
            code: $code:expr, remedy: $remedy:expr, can_be_cleared: $cleared:expr $(,)?
        } )* }
        others { $( $other:ident {
            name: $other_name:literal, detail: $other_detail:expr, sources: $other_sources:expr,
            scim: $other_place:ident.$other_attribute:literal, can_be_cleared: $other_cleared:expr $(,)?
        } )* }
    ) => {
        /// A field whose value is a text.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[expect(missing_docs, reason = "named after what they hold; their rows say the rest")]
        pub enum TextField { $($text),* }

        /// How many text fields there are.
        pub const TEXT_FIELDS_COUNT: usize = TEXT_FIELDS.len();

        /// Every text field, in the order in which changes list them.
        pub const TEXT_FIELDS: [TextField; { [$($name),*].len() }] = [$(TextField::$text),*];

        impl TextField {
            /// The field's row.
            pub const fn text_row(self) -> &'static TextRow {
                match self { $( Self::$text => {
                    const ROW: TextRow = TextRow {
                        row: Row {
                            name: $name, detail: $detail, sources: &$sources,
                            place: Place::$place, attribute: $attribute, can_be_cleared: $cleared,
                        },
                        source_setting: concat!("source-", $name),
                        shape: $shape, form: $form, code: $code, remedy: $remedy,
                    };
                    &ROW
                } )* }
            }

            /// How HiBob's value is read, and when two values are the same.
            pub const fn form(self) -> super::Form {
                match self { $( Self::$text => $form ),* }
            }
        }

        /// A field of an account.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[expect(missing_docs, reason = "named after what they hold; their rows say the rest")]
        pub enum Field {
            Text(TextField),
            $($other),*
        }

        /// Every field whose value is not a text, in the order in which the table has them.
        const OTHER_FIELDS: [Field; { [$($other_name),*].len() }] = [$(Field::$other),*];

        impl Field {
            /// Every field: texts first.
            pub fn all() -> impl Iterator<Item = Self> {
                TEXT_FIELDS.into_iter().map(Self::Text).chain(OTHER_FIELDS)
            }

            /// The field's row.
            pub const fn row(self) -> &'static Row {
                match self {
                    Self::Text(text) => &text.text_row().row,
                    $( Self::$other => {
                        const ROW: Row = Row {
                            name: $other_name, detail: $other_detail, sources: &$other_sources,
                            place: Place::$other_place, attribute: $other_attribute, can_be_cleared: $other_cleared,
                        };
                        &ROW
                    } )*
                }
            }

            /// The field of this name.
            pub fn from_name(name: &str) -> Option<Self> {
                Some(match name {
                    $( $name => Self::Text(TextField::$text), )*
                    $( $other_name => Self::$other, )*
                    _ => return None,
                })
            }

            /// The field that this attribute of this object of a SCIM user holds.
            pub(crate) fn at(place: Place, attribute: &str) -> Option<Self> {
                Some(match (place, attribute) {
                    $( (Place::$place, $attribute) => Self::Text(TextField::$text), )*
                    $( (Place::$other_place, $other_attribute) => Self::$other, )*
                    _ => return None,
                })
            }
        }
    };
}

use crate::phone;
use crate::text_form;

mod place;
mod set;
mod table;

pub use place::{ENTERPRISE, Place, TRAVELPERK};
pub(crate) use place::{PLACES, PLACES_COUNT};
pub use set::FieldSet;
pub use table::{Field, TEXT_FIELDS, TEXT_FIELDS_COUNT, TextField};

/// The columns of the table that every field has.
#[derive(Debug)]
pub struct Row {
    /// The name in plans, changes and links.
    pub name: &'static str,
    /// Whether the field is synced.
    pub detail: Detail,
    /// The HiBob fields to read unless a setting names others; the first one with a value counts.
    pub sources: &'static [&'static str],
    /// The object of a SCIM user that holds the attribute.
    pub place: Place,
    /// The attribute's name in that object.
    pub attribute: &'static str,
    /// Whether an account's value may be removed.
    pub can_be_cleared: bool,
}

/// The columns of the table that a text field has.
#[derive(Debug)]
pub struct TextRow {
    /// The columns that every field has.
    pub row: Row,
    /// The name of the setting with other sources. A field that is always synced has no such setting.
    pub source_setting: &'static str,
    /// How the text is written into its attribute.
    pub shape: TextShape,
    /// How HiBob's value is read, and when two values are the same.
    pub form: Form,
    /// The code of the finding where HiBob's value is missing or does not fit: TravelPerk's own where its sync log has
    /// one.
    pub code: &'static str,
    /// What to do about that, in one sentence.
    pub remedy: &'static str,
}

/// Whether a field is synced. A detail is what the setting `details` chooses from; it may have several fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Always; an employee without it is not synced. Holds its name in messages.
    Mandatory(&'static str),
    /// With the detail of this name, which is synced unless `details` leaves it out.
    Usual(&'static str),
    /// With the detail of this name, which is synced only if `details` names it.
    OnlyIfNamed(&'static str),
    /// It is not a detail: the sync itself decides when to write it.
    Decided,
}

impl Detail {
    /// The name in the setting `details`; none for a field that cannot be chosen.
    pub const fn name(self) -> Option<&'static str> {
        match self {
            Self::Usual(name) | Self::OnlyIfNamed(name) => Some(name),
            Self::Mandatory(_) | Self::Decided => None,
        }
    }
}

/// How HiBob's value of a text field is read, and when two values are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Any text. Two values are the same if they are equal.
    Text,
    /// A work email. Compared without regard to case (RFC 7643, section 4.1.1).
    UserName,
    /// A telephone number. Compared by what is dialled ([`phone::key`]).
    Phone,
    /// A language of [`LANGUAGES`]. HiBob may have a locale such as `en-GB`.
    Language,
    /// `M` or `F`.
    Gender,
    /// A date in the past. Compared without regard to the separators.
    Date,
    /// An item of one of HiBob's lists, by id or by name.
    Item(List),
    /// The name of an invoice profile. An account may have several; it is enough if one of them is the desired one.
    Company,
}

/// Languages that TravelPerk's SCIM clients write (`preferredLanguage`).
pub const LANGUAGES: [&str; 4] = ["de", "en", "es", "fr"];

/// A list of HiBob whose items are values of fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    /// Departments.
    Departments,
    /// Job titles.
    Titles,
}

impl List {
    /// HiBob's name of the list.
    pub fn name(self) -> &'static str {
        match self {
            Self::Departments => "department",
            Self::Titles => "title",
        }
    }
}

/// How a text is written into its SCIM attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextShape {
    /// As it is.
    Plain,
    /// `[{ "type": "work", "value": … }]`; entries of other types are neither read nor written.
    WorkPhone,
    /// `[{ "value": … }]`
    List,
}

/// The mandatory fields, without which an employee is not synced, in the order of findings about them.
pub(crate) const MANDATORY_FIELDS: [TextField; 4] =
    [TextField::ExternalId, TextField::GivenName, TextField::FamilyName, TextField::UserName];

const _: () = assert!(mandatory_fields_are_the_tables(), "MANDATORY_FIELDS differs from the rows that are mandatory");

const fn mandatory_fields_are_the_tables() -> bool {
    let (mut all, mut mandatory, mut listed) = (TEXT_FIELDS.as_slice(), 0, MANDATORY_FIELDS.as_slice());
    while let [field, rest @ ..] = all {
        mandatory += field.is_mandatory() as usize;
        all = rest;
    }
    while let [field, rest @ ..] = listed {
        if !field.is_mandatory() {
            return false;
        }
        listed = rest;
    }
    mandatory == MANDATORY_FIELDS.len()
}

/// Separates the values if an account has several companies, or several phones of no known type. No value has a control
/// character.
pub(crate) const COMPANY_SEPARATOR: char = '\u{1f}';

/// The field name of the line manager in changes and settings.
pub const MANAGER: &str = Field::Manager.name();
/// The field name of the approvers in changes.
pub const APPROVERS: &str = Field::Approvers.name();
/// The field name of the account's state in changes.
pub const ACTIVE: &str = Field::Active.name();
/// The field name of a cost center's name in changes.
pub const NAME: &str = "name";
/// The field name of a cost center's state in changes.
pub const ARCHIVED: &str = "archived";

impl Field {
    /// The name in changes and settings.
    pub const fn name(self) -> &'static str {
        self.row().name
    }
}

impl TextField {
    /// The name in changes and settings.
    pub const fn name(self) -> &'static str {
        self.row().name
    }

    /// The field's row, with the columns that every field has.
    pub const fn row(self) -> &'static Row {
        &self.text_row().row
    }

    /// The text field of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        match Field::from_name(name)? {
            Field::Text(field) => Some(field),
            Field::Manager | Field::Approvers | Field::Active => None,
        }
    }

    /// Whether settings may name the HiBob fields that it is read from.
    pub(crate) const fn takes_sources(self) -> bool {
        matches!(self, Self::GivenName | Self::FamilyName) || self.row().detail.name().is_some()
    }

    /// Whether an employee without it is not synced.
    pub const fn is_mandatory(self) -> bool {
        matches!(self.row().detail, Detail::Mandatory(_))
    }

    /// The index of the field in arrays by field.
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Whether two values of this field count as the same, by its [`Form`]. Texts are compared in the form of
    /// [`text_form`].
    pub fn same(self, a: &str, b: &str) -> bool {
        match self.form() {
            _ if a == b => true,
            Form::UserName => text_form::same_address(a, b),
            // An account may have several phones of no known type: it is enough if one of them is the desired one.
            Form::Phone if [a, b].iter().any(|text| text.contains(COMPANY_SEPARATOR)) => {
                b.split(COMPANY_SEPARATOR).any(|b| a.split(COMPANY_SEPARATOR).any(|a| self.same(a, b)))
            }
            Form::Phone => phone::key(a) == phone::key(b),
            // TravelPerk's clients write YYYY/MM/DD and read YYYY-MM-DD.
            Form::Date => a.replace('/', "-") == b.replace('/', "-"),
            Form::Company => {
                b.split(COMPANY_SEPARATOR).any(|b| a.split(COMPANY_SEPARATOR).any(|a| text_form::same(a, b)))
            }
            Form::Text | Form::Language | Form::Gender | Form::Item(_) => text_form::same(a, b),
        }
    }

    /// [`Self::same`] for values that may be missing.
    pub fn same_option(self, a: Option<&str>, b: Option<&str>) -> bool {
        match (a, b) {
            (None, None) => true,
            (Some(a), Some(b)) => self.same(a, b),
            (None, Some(_)) | (Some(_), None) => false,
        }
    }
}

/// A user name as it is compared ([`text_form::address_key`]): two accounts cannot have user names that are the same in
/// this form.
pub fn fold(user_name: &str) -> String {
    text_form::address_key(user_name)
}

/// Whether a text can be a work email: one `@` with something on either side, no white space, at most 254 bytes (RFC
/// 5321).
pub(crate) fn is_email(text: &str) -> bool {
    let is_graphic = text.bytes().all(|byte| byte.is_ascii_graphic());
    text.len() <= 254
        && (is_graphic || !text.chars().any(|c| c.is_whitespace() || c.is_control()))
        && text
            .split_once('@')
            .is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty() && !domain.contains('@'))
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
        for field in Field::all() {
            assert_eq!(Field::from_name(field.name()), Some(field));
            assert_eq!(Field::at(field.row().place, field.row().attribute), Some(field));
        }
    }

    /// No setting names the source of a mandatory field, so the table has one, and the field is never emptied.
    #[test]
    fn a_mandatory_field_has_one_source_and_is_never_cleared() {
        for field in TEXT_FIELDS.into_iter().filter(|field| field.is_mandatory()) {
            assert_eq!((field.row().sources.len(), field.row().can_be_cleared), (1, false), "{}", field.name());
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
