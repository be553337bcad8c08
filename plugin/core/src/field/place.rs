//! The places in a SCIM user at which attributes are.

/// The enterprise extension (RFC 7643, section 4.3): cost center and manager.
pub const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
/// TravelPerk's own extension: what [`Place::TravelPerk`] holds.
pub const TRAVELPERK: &str = "urn:ietf:params:scim:schemas:extension:travelperk:2.0:User";

/// An object within a SCIM user that has attributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// The user itself.
    User,
    /// `name`
    Name,
    /// The enterprise extension.
    Enterprise,
    /// TravelPerk's extension.
    TravelPerk,
    /// `emergencyContact` of TravelPerk's extension.
    EmergencyContact,
}

/// How many places there are.
pub(crate) const PLACES_COUNT: usize = PLACES.len();

/// Every place, each after the place that contains it.
pub(crate) const PLACES: [Place; 5] =
    [Place::User, Place::Name, Place::Enterprise, Place::TravelPerk, Place::EmergencyContact];

impl Place {
    /// The place that contains this one, and the key there; none for the user itself.
    pub(crate) const fn within(self) -> Option<(Self, &'static str)> {
        match self {
            Self::User => None,
            Self::Name => Some((Self::User, "name")),
            Self::Enterprise => Some((Self::User, ENTERPRISE)),
            Self::TravelPerk => Some((Self::User, TRAVELPERK)),
            Self::EmergencyContact => Some((Self::TravelPerk, "emergencyContact")),
        }
    }

    /// The place under a key of this one.
    pub(crate) fn inside(self, key: &str) -> Option<Self> {
        PLACES.into_iter().find(|place| place.within() == Some((self, key)))
    }

    /// The path of an attribute here (RFC 7644, section 3.5.2: `urn:…:User:attribute.subAttribute`).
    pub(crate) fn path(self, attribute: &str) -> String {
        match self.within() {
            None => attribute.to_owned(),
            Some((parent, key)) => {
                let separator = if key.starts_with("urn:") { ':' } else { '.' };
                parent.path(&format!("{key}{separator}{attribute}"))
            }
        }
    }

    /// The index of the place in arrays by place.
    pub(crate) const fn index(self) -> usize {
        self as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_stands_at_its_index_after_the_one_that_it_is_in() {
        for (position, place) in PLACES.into_iter().enumerate() {
            assert_eq!(place.index(), position);
            assert!(place.within().is_none_or(|(parent, key)| parent < place && parent.inside(key) == Some(place)));
        }
    }

    #[test]
    fn paths_are_written_as_scim_has_them() {
        assert_eq!(Place::User.path("title"), "title");
        assert_eq!(Place::Name.path("givenName"), "name.givenName");
        assert_eq!(Place::Enterprise.path("manager"), format!("{ENTERPRISE}:manager"));
        assert_eq!(Place::EmergencyContact.path("phone"), format!("{TRAVELPERK}:emergencyContact.phone"));
    }
}
