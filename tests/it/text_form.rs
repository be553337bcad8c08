//! The core and the host's policy compare names, addresses and telephone numbers each by code of its own. Tests that the
//! two agree.

use hibob_connector_core::field::TextField;
use hibob_connector_core::text_form as core;
use hibob_policy::text_form as host;
use proptest::prelude::*;

fn agree(text: &str) {
    assert_eq!(core::text(text), host::written(text), "written: {text:?}");
    assert_eq!(core::key(text), host::compared(text), "compared: {text:?}");
    assert_eq!(core::address(text), host::address(text), "address: {text:?}");
    assert_eq!(core::address_key(text), host::address_compared(text), "address compared: {text:?}");
    // The core's form of the host's form is the host's form itself. Of a text that is no number it may begin with the
    // digits 00, which the core would take for a plus sign.
    let number = host::phone_compared(text);
    assert!(number.starts_with("00") || TextField::Phone.same(text, &number), "telephone number: {text:?}");
}

#[test]
fn each_single_character_has_one_form() {
    for character in '\0'..=char::MAX {
        for text in [format!("{character}"), format!("a{character}e"), format!("e{character}\u{301} b")] {
            if character.is_ascii() || core::text(&text) != text || host::written(&text) != text {
                agree(&text);
            }
        }
    }
}

proptest! {
    #[test]
    fn any_text_has_one_form(
        text in "[a-z A-Zé\u{301}\u{308}\u{200b}-\u{200f}\u{a0}\u{2060}\u{feff}\u{fe0f}\u{ad}\u{e0100}:@\u{3000}می]{0,16}|(mailto:){0,2}.{0,12}",
    ) {
        agree(&text);
    }

    #[test]
    fn any_number_has_one_form(text in "(tel:|00|\\+|\u{ff0b})?[0-9 ()./\u{2011}\u{a0}\u{ff10}-\u{ff19}-]{0,20}(\\(0\\)[0-9 ]{0,12})?(;? ?(ext|x|#|Ext\\.|доб)[. =:]?[0-9]{0,9})?\\)?") {
        agree(&text);
    }
}

#[test]
fn the_forms_of_an_address_are_one_account() {
    let plain = "ben@acme.example";
    for text in ["ben@acme.example\u{200b}", "MAILTO:Ben@acme.example", "\u{202a}ben@acme\u{ad}.example\u{202c} "] {
        assert!(TextField::UserName.same(plain, text), "{text:?}");
    }
}
