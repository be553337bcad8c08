use super::*;

/// The example note in c2sp.org/signed-note.
const EXAMPLE: &str = "This is an example message.\n\n\u{2014} example.com/foo \
                       Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";
const EXAMPLE_KEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";

#[test]
fn the_specifications_example_verifies() {
    let key = NoteKey::parse(EXAMPLE_KEY).unwrap();
    assert_eq!((key.to_string().as_str(), key.id()), (EXAMPLE_KEY, [0x53, 0x0d, 0x90, 0x3a]));
    let note = SignedNote::parse(EXAMPLE).unwrap();
    assert_eq!((note.to_string().as_str(), note.text()), (EXAMPLE, "This is an example message.\n"));
    assert_eq!(note.is_signed_by(std::slice::from_ref(&key)), Ok(true));
    let changed = SignedNote::parse(&EXAMPLE.replace("message", "massage")).unwrap();
    assert_eq!(
        changed.is_signed_by(std::slice::from_ref(&key)),
        Err(NoteError::Signature("example.com/foo".to_owned()))
    );
    let of_another = SignedNote::parse(&EXAMPLE.replace("com/foo", "com/bar")).unwrap();
    assert_eq!(of_another.is_signed_by(&[key]), Ok(false));
}

#[test]
fn other_forms_are_refused() {
    for bad in [
        "",
        "\n\n",
        "text\n",
        "text\n\n",
        "text\n\n\u{2014} name\n",
        "text\n\n- name AAAAAAAA\n",
        "text\n\n\u{2014} na+me AAAAAAAA\n",
        "text\n\n\u{2014} name AAAA\n",
        "text\n\n\u{2014} name AAAAAA==\n",
        "text\n\n\u{2014} name AAAAAAB=\n",
        "te\txt\n\n\u{2014} name AAAAAAAA\n",
        "text\n\n\u{2014} name AAAAAAAA",
        "text\n\n\u{2014} name AAAAAAAA\n\n",
    ] {
        assert_eq!(SignedNote::parse(bad), Err(NoteError::Malformed), "{bad:?}");
    }
    assert!(SignedNote::parse("text\n\n\u{2014} name AAAAAAAA\n").is_ok());
    let many = format!("text\n\n{}", "\u{2014} name AAAAAAAA\n".repeat(SIGNATURES_MAX + 1));
    assert_eq!(SignedNote::parse(&many), Err(NoteError::Malformed));
    for bad in [
        "",
        "a+b",
        "+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        &EXAMPLE_KEY.replace("530d", "530e"),
        &EXAMPLE_KEY.replace("+Aek", "+Bek"),
    ] {
        assert!(NoteKey::parse(bad).is_err(), "{bad}");
    }
}
