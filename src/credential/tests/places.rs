//! Where tokens are found, and how they leave.

use super::*;
use crate::credential::removal::Removal;
use crate::model::ascii;

const EVERYWHERE: &str =
    "tokens:\n  from: [bearer, { header: X-Id-Token }, { cookie: id }, { query: access_token }]\n";

fn found(policy: &str, request: &Request) -> Result<Request, Reason> {
    let verifiers = verifiers(policy);
    let verified = outcome(verify(&verifiers, request))?;
    let mut request = request.clone();
    take_out(&verified.remove, &mut request);
    Ok(request)
}

fn take_out(removal: &Removal, request: &mut Request) {
    request.path = removal.rest_of_path(&request.path).into_owned();
    request.headers.revise(|field| removal.rest_of(field));
}

fn everywhere() -> String {
    format!("{}{EVERYWHERE}", policy(""))
}

#[test]
fn places_of_credentials_are_known_for_whoever_must_not_show_them() {
    let everywhere = verifiers(&everywhere());
    for name in ["authorization", "x-id-token", "x_id_token", "cookie"] {
        assert!(everywhere.reads_from_header(name), "{name}");
    }
    assert!(everywhere.reads_from_parameter("access_token"));
    assert!(!everywhere.reads_from_header("access_token"));
    assert!(!everywhere.reads_from_parameter("id"));
    let usual = verifiers(&policy(""));
    assert!(usual.reads_from_header("authorization"));
    assert!(!usual.reads_from_header("x-id-token") && !usual.reads_from_header("cookie"));
    assert!(!usual.reads_from_parameter("access_token"));
}

#[test]
fn authorization_is_read_as_the_standards_say() {
    let token = EC.sign(&claims());
    let policy = policy("");
    for value in [
        format!("Bearer {token}"),
        format!("bearer {token}"),
        format!("BEARER   {token}"),
    ] {
        let request = request("/", &[("authorization", &value)]);
        let left = found(&policy, &request).unwrap();
        assert!(left.headers.is_empty(), "{value}");
    }
    use Reason::{CredentialAmbiguous, TokenMalformed, TokenMissing};
    for (value, reason) in [
        ("Bearer".to_owned(), TokenMalformed),
        ("Bearer ".to_owned(), TokenMalformed),
        (format!("Bearer\t{token}"), TokenMalformed),
        (format!("Bearer {token} x"), TokenMalformed),
        (format!("Bearer \"{token}\""), TokenMalformed),
        (format!("Bearer {token}é"), TokenMalformed),
        (format!("Bearer {{\"a\":\"{token}\"}}"), TokenMalformed),
        (format!("Bearer {token},{token}"), CredentialAmbiguous),
        (
            format!("Bearer {token}, Bearer {token}"),
            CredentialAmbiguous,
        ),
        (format!("Bearer{token}"), TokenMissing),
        ("Basic dXNlcjpwYXNz".to_owned(), TokenMissing),
        (token.clone(), TokenMissing),
        (String::new(), TokenMissing),
    ] {
        let request = request("/", &[("authorization", &value)]);
        assert_eq!(found(&policy, &request).unwrap_err(), reason, "{value}");
    }
    let value = format!("Bearer {token}");
    let twice = request("/", &[("authorization", &value), ("authorization", &value)]);
    assert_eq!(found(&policy, &twice).unwrap_err(), CredentialAmbiguous);
    assert_eq!(
        found(&policy, &request("/", &[])).unwrap_err(),
        TokenMissing
    );
}

#[test]
fn only_configured_places_are_read() {
    let token = EC.sign(&claims());
    for request in [
        request(&format!("/?access_token={token}"), &[]),
        request("/", &[("cookie", &format!("id={token}"))]),
        request("/", &[("x-id-token", &token)]),
        request("/", &[("proxy-authorization", &format!("Bearer {token}"))]),
    ] {
        assert_eq!(
            found(&policy(""), &request).unwrap_err(),
            Reason::TokenMissing
        );
    }
}

#[test]
fn token_leaves_the_place_it_stood_in_and_nothing_else_does() {
    let token = EC.sign(&claims());
    let basic = ("authorization", "Basic dXNlcjpwYXNz");
    for (target, headers, target_left, headers_left) in [
        (
            "/a?x=1".to_owned(),
            vec![("x-id-token", token.clone())],
            "/a?x=1",
            vec![],
        ),
        (
            "/".to_owned(),
            vec![("cookie", format!("id={token}"))],
            "/",
            vec![],
        ),
        (
            "/".to_owned(),
            vec![("cookie", format!("a=1; id={token}; ids=2; Id=3"))],
            "/",
            vec![("cookie", "a=1; ids=2; Id=3")],
        ),
        (
            "/".to_owned(),
            vec![
                ("cookie", format!("id=\"{token}\";b = 2")),
                ("cookie", "c=3".to_owned()),
            ],
            "/",
            vec![("cookie", "b = 2"), ("cookie", "c=3")],
        ),
        (format!("/a?access_token={token}"), vec![], "/a", vec![]),
        (
            format!("/a?b=%20+&access_token={token}&&c&access_token={token}&d=%zz"),
            vec![],
            "/a?b=%20+&&c&d=%zz",
            vec![],
        ),
        (
            format!("/a?access%5Ftoken={token}&x"),
            vec![],
            "/a?x",
            vec![],
        ),
        (
            format!(
                "/a?access_tokens=1&Access_token=2&access_token={}",
                token.replace('.', "%2E")
            ),
            vec![],
            "/a?access_tokens=1&Access_token=2",
            vec![],
        ),
    ] {
        let mut sent: Vec<(&str, &str)> = headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
        sent.push(basic);
        let left = found(&everywhere(), &request(&target, &sent)).unwrap();
        assert_eq!(left.path.target().as_str(), target_left);
        let mut expected: Vec<(&str, &str)> = headers_left;
        expected.push(basic);
        let mut given: Vec<(&str, &str)> = left
            .headers
            .iter()
            .map(|field| (ascii(field.name()).unwrap(), ascii(field.value()).unwrap()))
            .collect();
        given.sort_unstable();
        expected.sort_unstable();
        assert_eq!(given, expected, "{target}");
    }
}

#[test]
fn two_places_may_agree_but_not_differ() {
    let (first, second) = (EC.sign(&claims()), ED.sign(&claims()));
    let both = |one: &str, other: &str| {
        request(
            &format!("/?access_token={one}"),
            &[
                ("authorization", &format!("Bearer {other}")),
                ("x-id-token", other),
            ],
        )
    };
    let left = found(&everywhere(), &both(&first, &first)).unwrap();
    assert!(left.headers.is_empty());
    assert_eq!(left.path.query(), None);
    for request in [
        both(&first, &second),
        both(&first, "x"),
        request("/", &[("cookie", &format!("id={first}; id={second}"))]),
        request(
            "/",
            &[
                ("cookie", &format!("id={first}")),
                ("cookie", &format!("id={second}")),
            ],
        ),
        request("/", &[("x-id-token", &first), ("x-id-token", &second)]),
        request(
            &format!("/?access_token={first}&access%5ftoken={second}"),
            &[],
        ),
    ] {
        let reason = found(&everywhere(), &request).unwrap_err();
        assert_eq!(reason, Reason::CredentialAmbiguous);
    }
}

#[test]
fn empty_places_hold_malformed_tokens() {
    for request in [
        request("/?access_token=", &[]),
        request("/?access_token", &[]),
        request("/", &[("cookie", "id=")]),
        request("/", &[("x-id-token", "")]),
    ] {
        let reason = found(&everywhere(), &request).unwrap_err();
        assert_eq!(reason, Reason::TokenMalformed);
    }
}

#[test]
fn token_stays_where_the_file_says_so() {
    let token = EC.sign(&claims());
    let policy = format!("{}tokens: {{ forward: true }}\n", policy(""));
    let request = bearer(&token);
    let left = found(&policy, &request).unwrap();
    assert_eq!(left.headers, request.headers);
}

proptest::proptest! {
    #[test]
    fn nothing_that_could_be_read_is_left_behind(
        query in fragments(), cookie in fragments(), header in fragments(), scheme in "[Bb]earer|Basic"
    ) {
        use crate::credential::location::{Place, find};
        use crate::credential::reader::readings;
        let places: Box<[Place]> = Box::new([
            Place::Bearer,
            Place::Header(HeaderName::from_static("x-id-token")),
            Place::Cookie("id".into()),
            Place::Query("access_token".into()),
        ]);
        let mut request = request(&format!("/?{}", query.replace('"', "")), &[
            ("cookie", &cookie), ("cookie", "other=1"), ("x-id-token", &header),
            ("authorization", &format!("{scheme} {header}")),
        ]);
        let others = |request: &Request| request.headers.get_all("cookie").count();
        take_out(&Removal::of(places.clone()), &mut request);
        proptest::prop_assert!(others(&request) >= 1);
        proptest::prop_assert!(matches!(find(&readings(&places, &[]), &request), Ok(None)), "{:?}", request);
    }
}

/// Pieces of cookies and queries, in any order.
fn fragments() -> impl proptest::strategy::Strategy<Value = String> {
    let pieces = vec![
        "id=",
        "id",
        "access_token=",
        "access%5ftoken=",
        "access_token",
        "a.b.c",
        "x=1",
        "&",
        ";",
        "; ",
        "\"",
        "=",
        "%",
        "%5F",
        "+",
        " ",
    ];
    let pieces = proptest::sample::select(pieces);
    use proptest::strategy::Strategy as _;
    proptest::collection::vec(pieces, 0..8).prop_map(|pieces| pieces.concat().replace(' ', "+"))
}
