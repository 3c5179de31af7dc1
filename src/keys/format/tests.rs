use std::collections::HashSet;

use proptest::prelude::*;

use super::*;

fn format() -> Format {
    Format::new("cflo_").unwrap()
}

fn text(minted: &Minted) -> Vec<u8> {
    minted.text.expose().to_vec()
}

#[test]
fn key_has_its_prefix_its_id_and_a_checksum_over_both() {
    for prefix in ["ab", "sfk_prod_", "x-y", &"p".repeat(32)] {
        let format = Format::new(prefix).unwrap();
        let minted = format.mint(None).unwrap();
        assert_eq!(minted.text.len(), prefix.len() + 61);
        assert_eq!(*minted.start, *format!("{prefix}{}", minted.id));
        assert!(text(&minted).starts_with(minted.start.as_bytes()));
        assert_eq!(minted.id.len(), 12);
        assert_eq!(minted.hash, KeyHash::Sha256(digest(minted.text.expose())));
        assert_eq!(format.shape(minted.text.expose()), Shape::Ours);
    }
}

#[test]
fn new_text_of_a_key_keeps_the_id() {
    let first = format().mint(None).unwrap();
    let second = format().mint(Some(&first.id)).unwrap();
    assert_eq!(first.id, second.id);
    assert_eq!(first.start, second.start);
    assert_ne!(text(&first), text(&second));
}

#[test]
fn id_of_another_system_stays_out_of_the_text() {
    for id in ["", "42", "billing key!", "0123456789abcdef", "über-schlüs"] {
        let minted = format().mint(Some(id)).unwrap();
        assert_eq!(minted.id.len(), 12);
        assert_eq!(format().shape(minted.text.expose()), Shape::Ours);
    }
}

#[test]
fn prefix_is_held_to_its_rules() {
    for wrong in [
        "",
        "a",
        "_ab",
        "1ab",
        "-ab",
        "a b",
        "a.b",
        "ä_",
        "ey",
        "eyJ_",
        &"p".repeat(33),
    ] {
        assert!(Format::new(wrong).is_err(), "{wrong}");
    }
    for right in ["ab", "Ey_", "cflo_", "sfk-prod-", "A1"] {
        assert_eq!(Format::new(right).unwrap().prefix(), right);
    }
}

#[test]
fn no_two_keys_are_equal() {
    let keys: HashSet<_> = (0..20_000)
        .map(|_| text(&format().mint(None).unwrap()))
        .collect();
    assert_eq!(keys.len(), 20_000);
}

#[test]
fn checksum_notices_every_changed_character() {
    let minted = format().mint(None).unwrap();
    for place in 0..minted.text.len() {
        for byte in 0..=u8::MAX {
            let mut changed = text(&minted);
            if std::mem::replace(&mut changed[place], byte) != byte {
                assert_eq!(format().shape(&changed), Shape::Other, "{place} {byte}");
            }
        }
    }
}

#[test]
fn shape_notices_what_is_missing_or_too_much() {
    let whole = text(&format().mint(None).unwrap());
    for end in 0..whole.len() {
        assert_eq!(format().shape(&whole[..end]), Shape::Other, "{end}");
        assert_eq!(format().shape(&whole[end + 1..]), Shape::Other, "{end}");
    }
    for more in [b"\n".as_slice(), b"\0", b" ", b"a"] {
        assert_eq!(format().shape(&[&whole, more].concat()), Shape::Other);
        assert_eq!(format().shape(&[more, &whole].concat()), Shape::Other);
    }
    assert_eq!(format().shape(&whole.to_ascii_uppercase()), Shape::Other);
    let others = Format::new("sfk_").unwrap();
    assert_eq!(others.shape(&whole), Shape::Other);
}

#[test]
fn pattern_finds_keys_in_text_and_nothing_shorter() {
    let pattern = regex::Regex::new(&format!("(?-u){}", format().pattern())).unwrap();
    let key = String::from_utf8(text(&format().mint(None).unwrap())).unwrap();
    let line = format!("API_KEY=\"{key}\" # production");
    assert_eq!(pattern.find(&line).unwrap().as_str(), key);
    assert!(!pattern.is_match(key.strip_suffix(|_| true).unwrap()));
    assert!(!pattern.is_match(&format!("{key}a")));
    assert!(!pattern.is_match(&format!("a{key}")));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// CRC-32 notices any change within 32 neighbouring bits; across the border between body and
    /// checksum one in 2^32 would go unnoticed.
    #[test]
    fn checksum_notices_neighbours_that_changed_places(place in 0_usize..65) {
        let minted = format().mint(None).unwrap();
        let mut changed = text(&minted);
        changed.swap(place, place + 1);
        if changed != minted.text.expose() {
            prop_assert_eq!(format().shape(&changed), Shape::Other);
        }
    }

    #[test]
    fn no_text_makes_shape_panic(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
        prop_assert_eq!(format().shape(&bytes), Shape::Other);
    }
}

#[test]
fn secrets_are_taken_out_of_whatever_they_stand_in() {
    let format = Format::new("cflo_").unwrap();
    let minted = format.mint(None).unwrap();
    let text = String::from_utf8(minted.text.expose().to_vec()).unwrap();
    let start = &*minted.start;
    for (given, wanted) in [
        (format!("/keys/{text}"), format!("/keys/{start}...")),
        (
            format!("/keys/{text}/rotate"),
            format!("/keys/{start}.../rotate"),
        ),
        (format!("{text},{text}"), format!("{start}...,{start}...")),
        // Cut off, or with something behind it.
        (format!("/{}", text.split_at(30).0), format!("/{start}...")),
        (format!("/{text}abc"), format!("/{start}...")),
        (
            format!("/cflo_cflo_{text}"),
            format!("/cflo_cflo_{start}..."),
        ),
    ] {
        assert_eq!(format.without_secrets(&given), Some(wanted), "{given}");
    }
    for given in [
        "/keys",
        "/cflo_",
        "/cflo_short",
        start,
        "/xcflo_0123456789012345678901234567890",
    ] {
        assert_eq!(format.without_secrets(given), None, "{given}");
    }
}
