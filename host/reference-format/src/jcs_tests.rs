use super::*;
use serde_json::{Number, json};

fn text(value: &Value) -> String {
    String::from_utf8(canonical(value).unwrap()).unwrap()
}

/// RFC 8785 appendix B: the bits of an IEEE 754 double, and how ECMAScript writes it.
#[test]
fn numbers_of_appendix_b() {
    let cases: &[(u64, &str)] = &[
        (0x0000_0000_0000_0000, "0"),
        (0x8000_0000_0000_0000, "0"),
        (0x0000_0000_0000_0001, "5e-324"),
        (0x8000_0000_0000_0001, "-5e-324"),
        (0x7fef_ffff_ffff_ffff, "1.7976931348623157e+308"),
        (0xffef_ffff_ffff_ffff, "-1.7976931348623157e+308"),
        (0x4340_0000_0000_0000, "9007199254740992"),
        (0xc340_0000_0000_0000, "-9007199254740992"),
        (0x4430_0000_0000_0000, "295147905179352830000"),
        (0x44b5_2d02_c7e1_4af5, "9.999999999999997e+22"),
        (0x44b5_2d02_c7e1_4af6, "1e+23"),
        (0x44b5_2d02_c7e1_4af7, "1.0000000000000001e+23"),
        (0x444b_1ae4_d6e2_ef4e, "999999999999999700000"),
        (0x444b_1ae4_d6e2_ef4f, "999999999999999900000"),
        (0x444b_1ae4_d6e2_ef50, "1e+21"),
        (0x3eb0_c6f7_a0b5_ed8c, "9.999999999999997e-7"),
        (0x3eb0_c6f7_a0b5_ed8d, "0.000001"),
        (0x41b3_de43_5555_5553, "333333333.3333332"),
        (0x41b3_de43_5555_5554, "333333333.33333325"),
        (0x41b3_de43_5555_5555, "333333333.3333333"),
        (0x41b3_de43_5555_5556, "333333333.3333334"),
        (0x41b3_de43_5555_5557, "333333333.33333343"),
        (0xbecb_f647_612f_3696, "-0.0000033333333333333333"),
        (0x4314_3ff3_c1cb_0959, "1424953923781206.2"),
    ];
    for (bits, written) in cases {
        let number = Number::from_f64(f64::from_bits(*bits)).unwrap();
        assert_eq!(text(&Value::Number(number)), *written, "{bits:016x}");
    }
    // NaN and infinity (the last two rows) are not JSON numbers: serde_json cannot even represent them.
    assert!(Number::from_f64(f64::NAN).is_none() && Number::from_f64(f64::INFINITY).is_none());
    // Integers beyond 2^53 are rounded, because other programs read numbers as doubles.
    assert_eq!(text(&json!(9_007_199_254_740_993_u64)), "9007199254740992");
}

/// RFC 8785 section 3.2.2 and 3.2.3: the sample document.
#[test]
fn the_sample_of_section_3_2() {
    let sample = r#"{
        "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
        "literals": [null, true, false]
    }"#;
    let expected = "{\"literals\":[null,true,false],\"numbers\":[333333333.3333333,1e+30,4.5,0.002,1e-27],\
                    \"string\":\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}";
    assert_eq!(text(&serde_json::from_str(sample).unwrap()), expected);
}

/// RFC 8785 section 3.2.2.2: which characters are escaped, and how.
#[test]
fn escapes_of_strings() {
    assert_eq!(text(&json!("\u{8}\t\n\u{c}\r\"\\/")), r#""\b\t\n\f\r\"\\/""#);
    for control in (0..0x20_u8).filter(|byte| ![8, 9, 10, 12, 13].contains(byte)) {
        assert_eq!(text(&json!(char::from(control).to_string())), format!("\"\\u{control:04x}\""));
    }
    // All other characters are written unescaped, also DEL, line separators and characters beyond 16 bits.
    assert_eq!(text(&json!("\u{7f}\u{2028}\u{2029}é😀<>&")), "\"\u{7f}\u{2028}\u{2029}é😀<>&\"");
}

/// RFC 8785 section 3.2.3: names are sorted by their UTF-16 code units, where 😀 (d83d) comes before דּ (fb33).
#[test]
fn names_are_sorted_by_utf_16() {
    let unsorted = json!({
        "\u{20ac}": "Euro Sign", "\r": "Carriage Return", "\u{fb33}": "Hebrew Letter Dalet With Dagesh", "1": "One",
        "\u{1f600}": "Emoji: Grinning Face", "\u{80}": "Control", "\u{f6}": "Latin Small Letter O With Diaeresis"
    });
    let expected = "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u{80}\":\"Control\",\
                    \"ö\":\"Latin Small Letter O With Diaeresis\",\"€\":\"Euro Sign\",\
                    \"😀\":\"Emoji: Grinning Face\",\"\u{fb33}\":\"Hebrew Letter Dalet With Dagesh\"}";
    assert_eq!(text(&unsorted), expected);
    // Names are also sorted in objects inside of arrays and objects, and a prefix comes before a longer name.
    assert_eq!(text(&json!([{"b": {"aa": 1, "a": 2, "": 3}, "a": []}])), r#"[{"a":[],"b":{"":3,"a":2,"aa":1}}]"#);
}
