//! Who is asked for keys and who is not.

use super::super::source::{address, is_forbidden};
use super::super::{AddressError, Origin};
use super::support::{set_of, source};

#[test]
fn addresses_follow_the_rules() {
    for (text, allow_http, wanted) in [
        ("https://idp.example.com/keys", false, None),
        ("http://127.0.0.1:8080/keys", false, None),
        ("http://[::1]/keys", false, None),
        ("http://localhost/keys", false, None),
        ("http://idp.example.com", true, None),
        ("http://10.0.0.1", true, None),
        (
            "http://idp.example.com",
            false,
            Some(AddressError::PlainHttp),
        ),
        (
            "http://localhost.example.com",
            false,
            Some(AddressError::PlainHttp),
        ),
        (
            "http://127.0.0.1.example.com",
            false,
            Some(AddressError::PlainHttp),
        ),
        ("idp.example.com", false, Some(AddressError::NotAUrl)),
        ("", false, Some(AddressError::NotAUrl)),
        ("https://", false, Some(AddressError::NotAUrl)),
        ("file:///etc/passwd", true, Some(AddressError::Scheme)),
        ("gopher://idp.example.com", true, Some(AddressError::Scheme)),
        (
            "https://user:word@idp.example.com",
            false,
            Some(AddressError::UserInfo),
        ),
        (
            "http://169.254.169.254/latest",
            true,
            Some(AddressError::LinkLocal),
        ),
        ("http://0xa9fea9fe/", true, Some(AddressError::LinkLocal)),
        ("https://[fe80::1]/", true, Some(AddressError::LinkLocal)),
        (
            "https://[::ffff:169.254.169.254]/",
            true,
            Some(AddressError::LinkLocal),
        ),
        (
            "https://[fd00:ec2::254]/",
            true,
            Some(AddressError::LinkLocal),
        ),
        ("http://0.0.0.0/", true, Some(AddressError::LinkLocal)),
    ] {
        assert_eq!(address(text, allow_http).err(), wanted, "{text}");
    }
}

#[test]
fn resolved_addresses_follow_the_rules_too() {
    for (address, forbidden) in [
        ("169.254.169.254", true),
        ("::ffff:169.254.169.254", true),
        ("fe80::1", true),
        ("127.0.0.1", false),
        ("10.1.2.3", false),
        ("2001:db8::1", false),
    ] {
        assert_eq!(
            is_forbidden(address.parse().unwrap()),
            forbidden,
            "{address}"
        );
    }
}

#[test]
fn source_that_never_works_is_said_early() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), set_of(&["a"])).unwrap();
    let inline = |text: &str| Origin::Inline(serde_json::from_str(text).unwrap());
    for (origin, good) in [
        (Origin::Url("https://idp.example.com".into()), true),
        (Origin::Url("http://idp.example.com".into()), false),
        (Origin::File(file.path().into()), true),
        (Origin::File("/nowhere/keys.json".into()), false),
        (inline(&set_of(&["a"])), true),
        (inline("{}"), false),
    ] {
        assert_eq!(source(origin.clone()).check().is_ok(), good, "{origin}");
    }
}

#[test]
fn origin_is_shown_without_its_query() {
    let origin = Origin::Url("https://idp.example.com/keys?token=abc".into());
    assert_eq!(origin.to_string(), "https://idp.example.com/keys");
}
