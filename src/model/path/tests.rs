//! One resource, one spelling.

use super::*;

fn canonical(path: &str) -> String {
    CanonicalPath::parse(path)
        .unwrap_or_else(|error| panic!("{path}: {error}"))
        .as_str()
        .to_owned()
}

#[test]
fn one_resource_has_one_spelling() {
    for (sent, judged) in [
        ("/", "/"),
        ("/a/b", "/a/b"),
        ("/a/", "/a/"),
        ("/%61dmin", "/admin"),
        ("/a%2eb", "/a.b"),
        ("/%c3%a9", "/%C3%A9"),
        ("/a%20b", "/a%20b"),
        ("/a%40b", "/a%40b"),
        ("/100%25", "/100%25"),
        ("/x[1]", "/x%5B1%5D"),
    ] {
        assert_eq!(canonical(sent), judged, "{sent}");
    }
}

#[test]
fn canonical_form_is_stable() {
    for sent in ["/%61%2f%20", "/a%3Bb;c//", "/%25%32%35", "/~%7e"] {
        let once = canonical(sent);
        assert_eq!(canonical(&once), once, "{sent}");
    }
}

#[test]
fn paths_without_one_reading_are_refused() {
    for (sent, error) in [
        ("/a/../b", PathError::DotSegment),
        ("/..", PathError::DotSegment),
        ("/./a", PathError::DotSegment),
        ("/a/%2e%2e/b", PathError::DotSegment),
        ("/a/.%2E/b", PathError::DotSegment),
        ("/a/..;/b", PathError::DotSegment),
        ("/a/..%3b/b", PathError::DotSegment),
        ("/a/x%2f..%2fb", PathError::DotSegment),
        ("/a/..%5cb", PathError::DotSegment),
        ("/a%00", PathError::Control),
        ("/a%0d%0ab", PathError::Control),
        ("/a%7f", PathError::Control),
        ("/a%", PathError::Escape),
        ("/a%2", PathError::Escape),
        ("/a%zz", PathError::Escape),
        ("/a%u002e", PathError::Escape),
        ("/a%c0%af", PathError::NotUtf8),
        ("/a%ff", PathError::NotUtf8),
        ("/a\\b", PathError::Backslash),
    ] {
        assert_eq!(CanonicalPath::parse(sent).unwrap_err(), error, "{sent}");
    }
}

#[test]
fn odd_spellings_are_marked_by_class() {
    for (sent, class) in [
        ("/a%2Fb", OddityClass::EncodedSlash),
        ("/a%2fb", OddityClass::EncodedSlash),
        ("/a%5cb", OddityClass::EncodedBackslash),
        ("/a;b", OddityClass::Semicolon),
        ("/a%3bb", OddityClass::Semicolon),
        ("/a//b", OddityClass::EmptySegment),
        ("//a", OddityClass::EmptySegment),
        ("/a//", OddityClass::EmptySegment),
        ("/%2541", OddityClass::DoubleEncoding),
    ] {
        let path = CanonicalPath::parse(sent).unwrap();
        assert_eq!(path.oddities(), Oddity::default().with(class), "{sent}");
        assert!(!path.oddities().within(Oddity::default()));
        assert!(path.oddities().within(Oddity::default().with(class)));
    }
}

#[test]
fn segments_are_decoded_and_a_last_slash_adds_none() {
    for (sent, wanted) in [
        ("/", vec![]),
        ("/a", vec!["a"]),
        ("/a/", vec!["a"]),
        ("/a/b%20c", vec!["a", "b c"]),
        ("/%40me/x%2Fy", vec!["@me", "x/y"]),
        ("//a", vec!["", "a"]),
    ] {
        let path = CanonicalPath::parse(sent).unwrap();
        assert_eq!(path.segments().collect::<Vec<_>>(), wanted, "{sent}");
    }
}

#[test]
fn query_is_carried_untouched() {
    let path = CanonicalPath::parse("/%61?b=%61&c=../..").unwrap();
    assert_eq!(path.target().as_str(), "/a?b=%61&c=../..");
    assert_eq!(path.query(), Some("b=%61&c=../.."));
    assert_eq!(path.with_query(None).unwrap().target().as_str(), "/a");
}

proptest::proptest! {
    #[test]
    fn canonical_form_is_a_fixed_point(path in "/[a-zA-Z0-9%./;\\\\~é?+ -]{0,40}") {
        if let Ok(first) = CanonicalPath::parse(&path) {
            let second = CanonicalPath::parse(first.target().as_str()).unwrap();
            proptest::prop_assert_eq!(&first, &second);
            proptest::prop_assert!(first.segments().all(|s| s != ".." && s != "."));
        }
    }
}

#[test]
fn spelling_of_the_caller_is_kept_and_means_nothing() {
    for (sent, judged) in [
        ("/a/b?x=1", "/a/b?x=1"),
        ("/%61/caf%c3%a9?x=%61&y", "/a/caf%C3%A9?x=%61&y"),
        ("/a%7eb", "/a~b"),
    ] {
        let path = CanonicalPath::parse(sent).unwrap();
        assert_eq!(path.as_received(), sent);
        assert_eq!(path.target().as_str(), judged);
        assert_eq!(path, CanonicalPath::parse(judged).unwrap());
        // What was taken out of the query is not kept elsewhere.
        let shorter = path.with_query(None).unwrap();
        assert_eq!(shorter.as_received(), shorter.as_str());
    }
}
