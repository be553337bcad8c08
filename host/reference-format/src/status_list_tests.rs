use super::*;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::{Compression, write::GzEncoder};
use std::collections::BTreeSet;
use std::io::Write as _;

fn domain() -> Domain {
    Domain::parse("acme.example").unwrap()
}

fn list(purpose: Purpose, bits: Bitstring) -> StatusList {
    let issued = time::parse("2026-11-22T10:00:00Z").unwrap();
    StatusList::new(domain(), 1, purpose, issued, bits)
}

#[test]
fn a_signed_list_is_read_as_it_is_written() {
    let key = SecretKey::from_seed(&[7; 32]);
    let selector = Selector::parse("k1").unwrap();
    for purpose in Purpose::ALL {
        let set: BTreeSet<u32> = [0, 7, 8, 94_567, ENTRIES - 1].into();
        let bytes = list(purpose, Bitstring::with(set.clone())).sign(&key, &selector).unwrap();
        let (read, proof) = StatusList::parse(&bytes, &domain(), 1, purpose).unwrap();
        proof.verify(&key.public()).unwrap();
        assert_eq!(read.valid_until, time::parse("2026-11-29T10:00:00Z"));
        let read: BTreeSet<u32> = (0..ENTRIES).filter(|index| read.bits.get(*index) == Some(true)).collect();
        assert_eq!(read, set);
        // Another list of the issuer, or a list of another issuer, is refused.
        let other = Purpose::ALL.into_iter().find(|other| *other != purpose).unwrap();
        assert!(matches!(StatusList::parse(&bytes, &domain(), 1, other), Err(StatusListError::Shape(_))));
        assert!(matches!(StatusList::parse(&bytes, &domain(), 2, purpose), Err(StatusListError::Shape(_))));
        let elsewhere = Domain::parse("other.example").unwrap();
        assert!(matches!(StatusList::parse(&bytes, &elsewhere, 1, purpose), Err(StatusListError::Shape(_))));
    }
}

/// As version 0.1.0 published them. A list that says until when it counts cannot be taken for one of these.
#[test]
fn a_list_without_an_end_is_read_as_well() {
    let (key, selector) = (SecretKey::from_seed(&[7; 32]), Selector::parse("k1").unwrap());
    for purpose in Purpose::ALL {
        let old = StatusList { valid_until: None, ..list(purpose, Bitstring::with([7])) };
        let bytes = old.sign(&key, &selector).unwrap();
        let (read, proof) = StatusList::parse(&bytes, &domain(), 1, purpose).unwrap();
        proof.verify(&key.public()).unwrap();
        assert_eq!((read.valid_until, read.issued), (None, old.issued));
        let text = String::from_utf8(bytes).unwrap();
        assert!(!text.contains("ttl") && !text.contains("statusMessages"), "{text}");
        let new = String::from_utf8(list(purpose, Bitstring::default()).sign(&key, &selector).unwrap()).unwrap();
        assert!(new.contains(r#""ttl":3600000"#), "{new}");
        assert_eq!(new.contains("statusMessages"), purpose == Purpose::Supersession);
        for (from, to) in [("\"validUntil\"", "\"validTill\""), ("\"ttl\":3600000", "\"ttl\":1"), ("29T10", "29t10")] {
            let changed = new.replace(from, to);
            assert_ne!(changed, new);
            assert!(matches!(
                StatusList::parse(changed.as_bytes(), &domain(), 1, purpose),
                Err(StatusListError::Shape(_))
            ));
        }
    }
}

/// Draws ten thousand indices, as for a back-fill, and compares every entry of the published list with them.
#[test]
fn ten_thousand_drawn_indices_are_the_list() {
    let mut allocator = IndexAllocator::new([]);
    let drawn: BTreeSet<u32> = (0..10_000).map(|_| allocator.draw().unwrap().unwrap()).collect();
    assert_eq!(drawn.len(), 10_000);
    let revoked: BTreeSet<u32> = drawn.iter().copied().step_by(3).collect();
    let bits = Bitstring::with(revoked.iter().copied());
    let bytes = list(Purpose::Revocation, bits).sign(&SecretKey::from_seed(&[7; 32]), &Selector::parse("k1").unwrap());
    let (read, _) = StatusList::parse(&bytes.unwrap(), &domain(), 1, Purpose::Revocation).unwrap();
    assert!((0..ENTRIES).all(|index| read.bits.get(index) == Some(revoked.contains(&index))));
}

/// The Recommendation's example of an empty list: 16 KB of zeros.
#[test]
fn the_recommendations_example_is_an_empty_list() {
    let bits = Bitstring::decode("uH4sIAAAAAAAAA-3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAAAAAAAIC3AYbSVKsAQAAA").unwrap();
    assert_eq!((bits.count(), bits.get(ENTRIES - 1), bits.get(ENTRIES)), (0, Some(false), None));
    // The first index is the left-most bit.
    let first = Bitstring::with([0]).encode().unwrap();
    let gzip = URL_SAFE_NO_PAD.decode(&first[1..]).unwrap();
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(gzip.as_slice()), &mut bytes).unwrap();
    assert_eq!((bytes.len(), bytes[0]), (16_384, 0x80));
}

#[test]
fn other_lengths_and_bombs_are_refused() {
    let encoded = |length: usize| {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(&vec![0; length]).unwrap();
        format!("u{}", URL_SAFE_NO_PAD.encode(gzip.finish().unwrap()))
    };
    for length in [0, 16_383, 16_385, 100_000_000] {
        assert!(matches!(Bitstring::decode(&encoded(length)), Err(BitstringError::Length)), "{length}");
    }
    let good = encoded(16_384);
    assert!(Bitstring::decode(&good).is_ok());
    assert!(matches!(Bitstring::decode(&good[1..]), Err(BitstringError::Multibase)));
    assert!(matches!(Bitstring::decode(&format!("{good}=")), Err(BitstringError::Multibase)));
    assert!((1..good.len()).all(|length| Bitstring::decode(&good[..length]).is_err()));
    assert!(matches!(Bitstring::decode("uAAAA"), Err(BitstringError::Gzip(_))));
}

#[test]
fn indices_are_drawn_once_and_at_random() {
    let mut allocator = IndexAllocator::new([3, 4, 5]);
    let drawn: Vec<u32> = (0..1_000).map(|_| allocator.draw().unwrap().unwrap()).collect();
    let distinct: BTreeSet<u32> = drawn.iter().copied().collect();
    assert_eq!((distinct.len(), allocator.free()), (1_000, ENTRIES - 1_003));
    assert!([3, 4, 5].iter().all(|used| !distinct.contains(used)));
    // The indices are not in order, and spread over the whole list: each tenth has 100, within 6 standard deviations.
    assert!(drawn.windows(2).filter(|pair| pair[0] < pair[1]).count() < 700);
    for tenth in 0..10 {
        let count = drawn.iter().filter(|index| **index as usize * 10 / ENTRIES as usize == tenth).count();
        assert!((40..160).contains(&count), "{tenth}: {count}");
    }
    // The last two free indices are found as well; after that there is none.
    let mut nearly_full = IndexAllocator::new((0..ENTRIES).filter(|index| ![17, 130_000].contains(index)));
    let mut last = [nearly_full.draw().unwrap().unwrap(), nearly_full.draw().unwrap().unwrap()];
    last.sort_unstable();
    assert_eq!((last, nearly_full.draw().unwrap()), ([17, 130_000], None));
}
