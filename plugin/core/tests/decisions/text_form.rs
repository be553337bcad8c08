//! The form in which names and addresses are written and compared.

use hibob_connector_core::text_form::{address, key, same, same_address, text};
use proptest::prelude::*;

#[test]
fn an_address_has_neither_invisible_characters_nor_a_scheme() {
    for text in [
        "ben@acme.example",
        "ben@acme.example\u{200b}",
        "\u{feff}ben@\u{ad}acme.example",
        " mailto:ben@acme.example ",
        "\u{202a}MAILTO: ben@acme.example\u{202c}",
        "be\u{200c}n@acme.\u{2060}example\u{a0}",
    ] {
        assert_eq!(address(text), "ben@acme.example", "{text:?}");
        assert!(same_address(text, "BEN@Acme.example"));
    }
    assert_eq!(address("jo\u{308}rg@acme.example"), "jörg@acme.example");
    assert!(same_address("JO\u{308}RG@x.example", "jörg@x.example"));
    assert!(!same_address("ben@acme.example", "ben@acme.exampl"));
}

#[test]
fn a_name_keeps_what_its_script_needs() {
    assert_eq!(text(" Ana\u{a0}\u{2009}Mari\u{301}a\u{200b}  Ruiz\t"), "Ana María Ruiz");
    let persian = "علی\u{200c}رضا";
    assert_eq!(text(persian), persian);
    assert!(same(persian, "علیرضا"));
    let japanese = "渡邊\u{e0100}";
    assert_eq!(text(japanese), japanese);
    assert_eq!(text("\u{200d}Ana\u{200c} "), "Ana");
    assert!(!same("Ana Ruiz", "AnaRuiz") && !same("ana", "Ana"));
}

proptest! {
    #[test]
    fn each_form_is_reached_at_once(raw in "[a-zé\u{301}\u{200b}-\u{200f}\u{a0}\u{fe0f}\u{ad} :\u{3000}م@]{0,12}|mailto:.{0,9}") {
        let (written, compared) = (text(&raw).into_owned(), key(&raw).into_owned());
        prop_assert_eq!(&text(&written), &written);
        prop_assert_eq!(&key(&written), &compared);
        prop_assert_eq!(&key(&compared), &compared);
        prop_assert!(same(&raw, &text(&raw)) && same_address(&raw, &address(&raw)));
    }
}
