//! How keys leave a request before it is forwarded.

use super::*;
use crate::credential::Removal;
use crate::model::ascii;

fn take_out(removal: &Removal, request: &mut Request) {
    request.path = removal.rest_of_path(&request.path).into_owned();
    request.headers.revise(|field| removal.rest_of(field));
}

/// What is left of a request: its target, and its header fields in the order of their names.
fn left(removal: &Removal, request: &Request) -> (String, Vec<(String, String)>) {
    let mut request = request.clone();
    take_out(removal, &mut request);
    let fields = request.headers.iter().map(|field| {
        let text = |bytes| ascii(bytes).unwrap().to_owned();
        (text(field.name()), text(field.value()))
    });
    let mut fields: Vec<_> = fields.collect();
    fields.sort_unstable();
    (request.path.target().as_str().to_owned(), fields)
}

/// A set that reads beside tokens, and one that reads where nobody else does.
fn shared(forward: bool) -> (Verifiers, String, String) {
    let ((partner, first), (own, second)) = (mint("pk_"), mint("own_"));
    let policy = format!(
        "{}tokens: {{ from: [bearer, {{ query: token }}, {{ cookie: id }}], forward: {forward} }}
api_keys:
  partners: {{ prefix: pk_, from: [bearer, {{ query: token }}], keys: [ {{ name: a, hash: '{first}' }} ] }}
  own: {{ prefix: own_, from: [{{ header: X-Own }}, {{ query: key }}, {{ cookie: key }}], keys: [ {{ name: a, hash: '{second}' }} ] }}
",
        policy("")
    );
    (home(&policy), partner, own)
}

fn fields(fields: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = fields.iter();
    owned
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

#[test]
fn verified_key_takes_every_credential_place_with_it() {
    for forward in [false, true] {
        let (verifiers, partner, own) = shared(forward);
        let request = request(
            &format!("/a?x=1&key={own}&y=2"),
            &[
                ("x-own", &own),
                ("cookie", &format!("a=1; key={own}")),
                (
                    "referer",
                    &format!("https://app.example.com/b?key={own}&z=3&token={partner}#top"),
                ),
                ("x-other", "kept"),
            ],
        );
        let verified = outcome(verify(&verifiers, &request)).unwrap();
        assert_eq!(verified.kind, CredentialKind::ApiKey);
        let (target, headers) = left(&verified.remove, &request);
        assert_eq!(target, "/a?x=1&y=2");
        let wanted = [
            ("cookie", "a=1"),
            ("referer", "https://app.example.com/b?z=3#top"),
            ("x-other", "kept"),
        ];
        assert_eq!(headers, fields(&wanted));
    }
}

#[test]
fn forwarded_token_spares_tokens_and_never_keys() {
    let token = EC.sign(&claims());
    let (verifiers, partner, own) = shared(true);
    let request = request(
        "/",
        &[
            ("authorization", &format!("Bearer {token}")),
            ("cookie", &format!("id={token}")),
            (
                "referer",
                &format!("/x?token={partner}&key={own}&token=other"),
            ),
        ],
    );
    let verified = outcome(verify(&verifiers, &request)).unwrap();
    let (_, headers) = left(&verified.remove, &request);
    let (authorization, cookie) = (format!("Bearer {token}"), format!("id={token}"));
    let wanted = [
        ("authorization", &*authorization),
        ("cookie", &cookie),
        ("referer", "/x?token=other"),
    ];
    assert_eq!(headers, fields(&wanted));
    let (verifiers, ..) = shared(false);
    let verified = outcome(verify(&verifiers, &request)).unwrap();
    assert_eq!(
        left(&verified.remove, &request).1,
        fields(&[("referer", "/x")])
    );
}

#[test]
fn where_nobody_judges_keys_are_taken_out_and_tokens_are_not() {
    let token = EC.sign(&claims());
    let (verifiers, partner, own) = shared(false);
    let removal = verifiers.keys_removal().unwrap();
    for (target, headers, target_left, headers_left) in [
        (
            "/a".to_owned(),
            ("authorization", format!("Bearer {partner}")),
            "/a",
            None,
        ),
        (
            "/a".to_owned(),
            ("authorization", "Bearer pk_whatever".to_owned()),
            "/a",
            None,
        ),
        (
            "/a".to_owned(),
            ("authorization", "Bearer other".to_owned()),
            "/a",
            Some("Bearer other"),
        ),
        (
            "/a".to_owned(),
            ("authorization", "Basic pk_x".to_owned()),
            "/a",
            Some("Basic pk_x"),
        ),
        // Only keys are read there, so whatever it is, it goes.
        (
            "/a".to_owned(),
            ("x-own", "anything".to_owned()),
            "/a",
            None,
        ),
        ("/a".to_owned(), ("x-own", own.clone()), "/a", None),
        (
            "/a?key=x&b".to_owned(),
            ("cookie", "key=y".to_owned()),
            "/a?b",
            None,
        ),
        (
            "/a?token=x".to_owned(),
            ("cookie", "id=z; key=y".to_owned()),
            "/a?token=x",
            Some("id=z"),
        ),
        (
            format!("/a?token={partner}"),
            ("cookie", "id=z".to_owned()),
            "/a",
            Some("id=z"),
        ),
        (
            "/a?to%6Ben=%70k_x&c=%zz".to_owned(),
            ("x-other", "kept".to_owned()),
            "/a?c=%zz",
            Some("kept"),
        ),
    ] {
        let (name, value) = &headers;
        let request = request(&target, &[(name, value)]);
        let (path, fields) = left(removal, &request);
        assert_eq!(path, target_left, "{target}");
        let left = fields.first().map(|(_, value)| value.as_str());
        assert_eq!(left, headers_left, "{target} {value}");
    }
    let request = bearer(&token);
    assert_eq!(left(removal, &request).1.len(), 1);
    assert!(verifiers_without_keys().keys_removal().is_none());
}

fn verifiers_without_keys() -> Verifiers {
    verifiers(&policy(""))
}

#[test]
fn referer_loses_keys_and_keeps_the_rest() {
    let (verifiers, _, own) = shared(false);
    let removal = verifiers.keys_removal().unwrap();
    for (value, wanted) in [
        (
            format!("https://a.example/x?key={own}"),
            Some("https://a.example/x"),
        ),
        (
            format!("https://a.example/x?a=1&key={own}&b=2"),
            Some("https://a.example/x?a=1&b=2"),
        ),
        (
            format!("https://a.example/x?k%65y={own}&b"),
            Some("https://a.example/x?b"),
        ),
        (format!("?key={own}&key={own}"), None),
        (format!("/x?y?key={own}"), Some("/x?y?key=")),
        (
            "https://a.example/key".to_owned(),
            Some("https://a.example/key"),
        ),
        (
            "https://a.example/x?keys=1&a=key".to_owned(),
            Some("https://a.example/x?keys=1&a=key"),
        ),
    ] {
        let request = request("/", &[("referer", &value)]);
        let (_, fields) = left(removal, &request);
        let left = fields.first().map(|(_, value)| value.as_str());
        if wanted == Some("/x?y?key=") {
            // It is the value of a parameter that is called `y?key`: nobody reads a key there.
            assert_eq!(left, Some(&*value));
        } else {
            assert_eq!(left, wanted, "{value}");
        }
    }
}

#[test]
fn no_key_is_left_behind_a_semicolon_or_in_a_fragment() {
    let (verifiers, _, own) = shared(false);
    let removal = verifiers.keys_removal().unwrap();
    for (target, wanted) in [
        (format!("/a?x=1;key={own}"), "/a?x=1"),
        (format!("/a?x=1;k%65y={own};y=2&z"), "/a?x=1;y=2&z"),
        (format!("/a?key={own};x=1"), "/a"),
        ("/a?x=1;y=2&z".to_owned(), "/a?x=1;y=2&z"),
    ] {
        let (path, _) = left(removal, &request(&target, &[]));
        assert_eq!(path, wanted, "{target}");
    }
    for (value, wanted) in [
        (
            format!("https://a.example/x?y=1;key={own}"),
            "https://a.example/x?y=1",
        ),
        (
            format!("https://a.example/x?y=1#key={own}"),
            "https://a.example/x?y=1",
        ),
        (
            format!("https://a.example/x?y#/p?a=1&key={own}"),
            "https://a.example/x?y",
        ),
        (
            format!("https://a.example/#/p?key={own}"),
            "https://a.example/",
        ),
        (
            format!("https://a.example/?key={own}#top"),
            "https://a.example/#top",
        ),
        (
            "https://a.example/#/p?z=1".to_owned(),
            "https://a.example/#/p?z=1",
        ),
    ] {
        let (_, fields) = left(removal, &request("/", &[("referer", &value)]));
        assert_eq!(fields[0].1, wanted, "{value}");
    }
}

#[test]
fn places_of_keys_are_known_for_whoever_must_not_show_them() {
    let (verifiers, _, own) = shared(true);
    for name in ["authorization", "x-own", "X_Own", "cookie"] {
        assert!(verifiers.reads_from_header(name), "{name}");
    }
    for name in ["key", "token"] {
        assert!(verifiers.reads_from_parameter(name), "{name}");
    }
    assert!(!verifiers.reads_from_header("x-api-key") && !verifiers.reads_from_parameter("a"));
    assert_eq!(
        verifiers.redacted(&format!("a=1&key={own}&to%6ben=x")),
        "a=1&key=[removed]&to%6ben=[removed]"
    );
    let path = CanonicalPath::parse(&format!("/p?a=1&key={own}")).unwrap();
    assert_eq!(verifiers.without_tokens(&path).target().as_str(), "/p?a=1");
    let places: Vec<String> = verifiers
        .places_of_keys("own")
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        places,
        [
            "the header `x-own`",
            "the query parameter `key`",
            "the cookie `key`"
        ]
    );
    assert!(verifiers.places_of_keys("nobody").is_empty());
}

proptest::proptest! {
    #[test]
    fn no_key_that_could_be_read_is_left_behind(
        query in pieces(), cookie in pieces(), header in pieces(), referer in pieces(), forward: bool
    ) {
        let (verifiers, ..) = shared(forward);
        let target = format!("/?{}", query.replace(['"', ' '], ""));
        let mut request = request(&target, &[
            ("cookie", &cookie), ("x-own", &header), ("authorization", &format!("Bearer {header}")),
            ("referer", &format!("https://a.example/?{}", referer.replace('"', "").replace(' ', "+"))),
        ]);
        take_out(verifiers.keys_removal().unwrap(), &mut request);
        let referer = request.headers.get("referer").and_then(ascii).unwrap_or_default().to_owned();
        proptest::prop_assert_eq!(verifiers.sight(&request).key_set, None);
        let question = referer.split_once('?').map_or("", |(_, query)| query);
        let again = self::request(&format!("/?{}", question), &[]);
        proptest::prop_assert_eq!(verifiers.sight(&again).key_set, None);
    }
}

/// Pieces of cookies, queries and headers, in any order.
fn pieces() -> impl proptest::strategy::Strategy<Value = String> {
    use proptest::strategy::Strategy as _;
    let pieces = vec![
        "key=", "key", "k%65y=", "token=", "%74oken=", "id=", "pk_x", "%70k_x", "own_y", "x=1",
        "&", ";", "; ", "\"", "=", "%", "%5F", "+", " ", "pk_",
    ];
    let pieces = proptest::sample::select(pieces);
    proptest::collection::vec(pieces, 0..8).prop_map(|pieces| pieces.concat())
}
