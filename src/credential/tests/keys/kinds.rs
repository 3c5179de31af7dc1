//! Which kind a presented text is, by its form and its place.

use super::*;

/// Keys of every set of [`world`].
struct World {
    verifiers: Verifiers,
    token: String,
    partner: String,
    internal: String,
    misformed: &'static str,
}

const PLAIN: &str = "a plain key of an older system";
const FOREIGN: &str = "LEGACY-0123456789abcdef";

fn world() -> World {
    let ((partner, first), (internal, second)) = (mint("pk_"), mint("ik_"));
    let misformed = "pk_not-of-our-form";
    let policy = format!(
        "{}tokens: {{ from: [bearer, {{ cookie: id }}] }}
api_keys:
  partners:
    prefix: pk_
    from: [bearer, {{ header: X-API-Key }}, {{ query: key }}]
    keys: [ {{ name: a, hash: '{first}' }}, {{ name: b, hash: '{}' }} ]
  internal:
    prefix: ik_
    keys: [ {{ name: a, hash: '{second}' }} ]
  plain:
    from: {{ header: X-Plain }}
    keys: [ {{ name: a, hash: '{}' }} ]
  moved:
    prefix: mv_
    format: any
    from: {{ header: X-Moved }}
    keys: [ {{ name: a, hash: '{}' }}, {{ name: b, hash: '{}' }} ]
",
        policy(""),
        hash(misformed),
        hash(PLAIN),
        hash(FOREIGN),
        hash("mv_short"),
    );
    World {
        verifiers: home(&policy),
        token: EC.sign(&claims()),
        partner,
        internal,
        misformed,
    }
}

#[test]
fn form_and_place_decide_which_kind_a_text_is() {
    use Reason::{KeyUnknown, TokenMalformed, TokenMissing};
    let World {
        verifiers,
        token,
        partner,
        internal,
        misformed,
    } = world();
    let key = |set: &str| Ok((set.to_owned(), CredentialKind::ApiKey));
    let of_issuer = || Ok(("main".to_owned(), CredentialKind::IdToken));
    let bearer_of = |text: &str| ("authorization", format!("Bearer {text}"));
    let in_header = |name: &'static str, text: &str| (name, text.to_owned());
    let truncated = partner.get(..partner.len() - 1).unwrap();
    for ((name, value), wanted) in [
        (bearer_of(&partner), key("partners")),
        (bearer_of(&token), of_issuer()),
        (in_header("x-api-key", &partner), key("partners")),
        (in_header("x-api-key", &internal), key("internal")),
        (in_header("x-plain", PLAIN), key("plain")),
        (in_header("x-moved", FOREIGN), key("moved")),
        (in_header("x-moved", "mv_short"), key("moved")),
        // Read as what it looks like there, and as nothing else.
        (bearer_of(&internal), Err(TokenMalformed)),
        (bearer_of(PLAIN), Err(TokenMalformed)),
        (in_header("x-api-key", &token), Err(KeyUnknown)),
        (in_header("x-api-key", PLAIN), Err(KeyUnknown)),
        (in_header("x-plain", &partner), Err(KeyUnknown)),
        (in_header("x-plain", &token), Err(KeyUnknown)),
        (in_header("x-moved", &partner), Err(KeyUnknown)),
        (("cookie", format!("id={partner}")), Err(TokenMalformed)),
        // Listed, and yet not of the form: it was not even looked for.
        (in_header("x-api-key", misformed), Err(KeyUnknown)),
        (bearer_of(misformed), Err(KeyUnknown)),
        (bearer_of(truncated), Err(KeyUnknown)),
        (bearer_of("pk_"), Err(KeyUnknown)),
        // Places of others.
        (("x-other", partner.clone()), Err(TokenMissing)),
        (
            ("authorization", format!("Basic {partner}")),
            Err(TokenMissing),
        ),
        (("authorization", partner.clone()), Err(TokenMissing)),
    ] {
        let request = request("/", &[(name, &value)]);
        assert_eq!(who(&verifiers, &request), wanted, "{name}: {value}");
        // Whoever was met before is judged the same.
        assert_eq!(who(&verifiers, &request), wanted, "{name}: {value}");
    }
}

#[test]
fn rejected_token_is_not_retried_as_api_key_nor_key_as_token() {
    let (token, other) = (EC.sign(&claims()), ED.sign(&claims()));
    let signature = other.rsplit_once('.').unwrap().1;
    let token = format!("{}.{signature}", token.rsplit_once('.').unwrap().0);
    // The text of a token is listed as a key of the set that reads beside tokens.
    let policy = format!(
        "{}api_keys: {{ partners: {{ prefix: pk_, format: any, from: bearer, keys: [ {{ name: a, hash: '{}' }} ] }} }}\n",
        policy(""),
        hash(&token)
    );
    assert_eq!(
        who(&home(&policy), &bearer(&token)),
        Err(Reason::TokenSignatureInvalid)
    );
}

#[test]
fn two_different_credentials_are_refused_wherever_they_stand() {
    let World {
        verifiers,
        token,
        partner,
        internal,
        ..
    } = world();
    let in_query = format!("/?key={partner}");
    let authorization = |text: &str| format!("Bearer {text}");
    let cookie = format!("id={token}");
    for (target, headers) in [
        (
            "/",
            vec![
                ("authorization", authorization(&token)),
                ("x-api-key", partner.clone()),
            ],
        ),
        (
            "/",
            vec![
                ("x-api-key", partner.clone()),
                ("x-api-key", internal.clone()),
            ],
        ),
        (
            "/",
            vec![
                ("x-api-key", partner.clone()),
                ("x-plain", PLAIN.to_owned()),
            ],
        ),
        (
            "/",
            vec![("x-api-key", partner.clone()), ("x-plain", String::new())],
        ),
        (
            "/",
            vec![
                ("cookie", cookie.clone()),
                ("x-moved", "anything".to_owned()),
            ],
        ),
        (&*in_query, vec![("x-api-key", internal)]),
        (&*in_query, vec![("authorization", authorization(&token))]),
        // One text, but not one reader's.
        (
            "/",
            vec![("x-plain", partner.clone()), ("x-api-key", partner.clone())],
        ),
        (
            "/",
            vec![
                ("authorization", authorization("x")),
                ("x-moved", "x".to_owned()),
            ],
        ),
        (
            "/",
            vec![(
                "authorization",
                authorization(&format!("{partner},{partner}")),
            )],
        ),
        (
            "/",
            vec![
                ("authorization", authorization(&partner)),
                ("authorization", authorization(&partner)),
            ],
        ),
    ] {
        let headers: Vec<(&str, &str)> = headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let answer = who(&verifiers, &request(target, &headers));
        assert_eq!(answer, Err(Reason::CredentialAmbiguous), "{headers:?}");
    }
    // One key in each of its places is one key.
    let everywhere = request(
        &in_query,
        &[
            ("authorization", &authorization(&partner)),
            ("x-api-key", &partner),
            ("x-api-key", &partner),
        ],
    );
    assert_eq!(who(&verifiers, &everywhere).unwrap().0, "partners");
}

#[test]
fn route_accepts_whom_it_names_and_says_what_it_misses() {
    use Reason::{KeyMissing, KeyUnknown, TokenIssuerUnknown, TokenMissing};
    let World {
        verifiers,
        token,
        partner,
        ..
    } = world();
    let (key, token) = (with_key(&partner), bearer(&token));
    let nothing = request("/", &[]);
    for (names, of_key, of_token, of_nothing) in [
        (
            &["partners"][..],
            Ok(()),
            Err(TokenIssuerUnknown),
            KeyMissing,
        ),
        (
            &["internal", "plain"],
            Err(KeyUnknown),
            Err(TokenIssuerUnknown),
            KeyMissing,
        ),
        (&["main"], Err(KeyUnknown), Ok(()), TokenMissing),
        (&["main", "partners"], Ok(()), Ok(()), TokenMissing),
        (&[], Err(KeyUnknown), Err(TokenIssuerUnknown), TokenMissing),
    ] {
        let accepted = only(names);
        let asked = |request| who_of(&verifiers, request, &accepted).map(|_| ());
        assert_eq!(asked(&key), of_key, "{names:?}");
        assert_eq!(asked(&token), of_token, "{names:?}");
        assert_eq!(asked(&nothing), Err(of_nothing), "{names:?}");
        // A set that does not count is refused without waiting.
        if of_key.is_err() {
            let recalled = verifiers.recall(&key, &accepted);
            assert!(matches!(recalled, Recalled::Answer(_)), "{names:?}");
        }
    }
    assert_eq!(who(&verifiers, &nothing), Err(TokenMissing));
    let (_, hash) = mint("pk_");
    let keys_alone = home(&one_key(&hash, ""));
    assert_eq!(who(&keys_alone, &nothing), Err(KeyMissing));
    // Without an issuer, tokens are read nowhere.
    assert_eq!(who(&keys_alone, &token), Err(KeyMissing));
}

#[test]
fn vouching_for_a_key_asks_whether_its_set_counts() {
    let (text, hash) = mint("pk_");
    let verifiers = home(&one_key(&hash, ""));
    let verified = outcome(verify(&verifiers, &with_key(&text))).unwrap();
    let vouched = |names: &[&str]| {
        let vouched = verifiers.vouch(Some(&verified.principal), &only(names));
        outcome(vouched).map(|verified| verified.kind)
    };
    assert_eq!(vouched(&["main"]), Ok(CredentialKind::ApiKey));
    assert_eq!(vouched(&["other"]), Err(Reason::KeyUnknown));
    let nobody = outcome(verifiers.vouch(None, &only(&["main"])));
    assert_eq!(nobody.unwrap_err(), Reason::KeyMissing);
}

#[test]
fn sighting_names_places_and_sets_before_anything_is_verified() {
    let World {
        verifiers, token, ..
    } = world();
    let sight = verifiers.sight(&with_key("ik_whatever"));
    assert_eq!(sight.places, ["the header `x-api-key`"]);
    assert_eq!(sight.key_set.as_deref(), Some("internal"));
    assert_eq!(sight.issuer, None);
    let sight = verifiers.sight(&bearer(&token));
    assert_eq!(sight.issuer.as_deref(), Some("main"));
    assert_eq!(sight.key_set, None);
    assert!(verifiers.sight(&request("/", &[])).places.is_empty());
}
