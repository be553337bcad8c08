//! Tests that the host and the plugin, which list the fields of a change independently, have the same ones.

use hibob_connector_core::field::Field;
use hibob_connector_core::scim::attribute_path;
use hibob_policy::writable_attributes;
use std::collections::BTreeSet;

#[test]
fn the_host_lets_a_change_write_the_plugins_fields_and_no_others() {
    let writable: BTreeSet<(String, &str)> = writable_attributes().collect();
    for field in Field::all() {
        let own = (attribute_path(field), field.name());
        assert!(writable.contains(&own), "the egress lacks {own:?}");
    }
    let fields: BTreeSet<&str> = Field::all().map(Field::name).collect();
    assert_eq!(writable.iter().map(|(_, field)| *field).collect::<BTreeSet<_>>(), fields);
}
