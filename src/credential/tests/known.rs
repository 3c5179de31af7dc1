//! A token that was verified before is known at once, and by nothing less than all of it.

use proptest::sample::select;
use proptest::strategy::Strategy;

use super::*;

const EVERYWHERE: &str =
    "tokens:\n  from: [bearer, { header: X-Id-Token }, { cookie: id }, { query: access_token }]\n";

fn warmed(token: &str) -> Verifiers {
    let verifiers = verifiers(&format!("{}{EVERYWHERE}", policy("")));
    accept(&verifiers, token);
    verifiers
}

#[test]
fn known_token_is_answered_without_waiting_and_an_unknown_one_is_not() {
    let (known, unknown) = (EC.sign(&claims()), ED.sign(&claims()));
    let verifiers = warmed(&known);
    let answered = |request: &Request| match verifiers.recall(request, &Accepted::All) {
        Recalled::Answer(verification) => Some(outcome(verification).map(|_| ())),
        Recalled::Unknown(_) => None,
    };
    let in_query = request(&format!("/?access_token={known}"), &[]);
    assert_eq!(answered(&bearer(&known)), Some(Ok(())));
    assert_eq!(answered(&in_query), Some(Ok(())));
    assert_eq!(answered(&bearer(&unknown)), None);
    assert_eq!(answered(&bearer(&format!("{known}x"))), None);
    let nothing = request("/", &[]);
    assert_eq!(answered(&nothing), Some(Err(Reason::TokenMissing)));
    let both = request(
        &format!("/?access_token={unknown}"),
        &[("x-id-token", &known)],
    );
    assert_eq!(answered(&both), Some(Err(Reason::CredentialAmbiguous)));
}

#[test]
fn known_token_excuses_nothing_around_it() {
    use Reason::{CredentialAmbiguous, TokenMalformed, TokenMissing};
    let token = EC.sign(&claims());
    let verifiers = warmed(&token);
    for (value, reason) in [
        (format!("Bearer {token},{token}"), CredentialAmbiguous),
        (format!("Bearer {token}, Bearer x"), CredentialAmbiguous),
        (format!("Bearer {token} x"), TokenMalformed),
        (format!("Bearer\t{token}"), TokenMalformed),
        (format!("Bearer \"{token}\""), TokenMalformed),
        (format!("Basic {token}"), TokenMissing),
        (token.clone(), TokenMissing),
    ] {
        let request = request("/", &[("authorization", &value)]);
        let refused = outcome(verify(&verifiers, &request)).unwrap_err();
        assert_eq!(refused, reason, "{value}");
    }
    let value = format!("Bearer {token}");
    let twice = request("/", &[("authorization", &value), ("authorization", &value)]);
    let refused = outcome(verify(&verifiers, &twice)).unwrap_err();
    assert_eq!(refused, CredentialAmbiguous);
}

/// The token, or something around it or beside it.
fn values(token: &str) -> impl Strategy<Value = Option<String>> + use<> {
    select(vec![
        None,
        Some(token.to_owned()),
        Some(format!("{token},{token}")),
        Some(format!("{token} ")),
        Some(format!("{token}%2e")),
        Some("a.b.c".to_owned()),
        Some(String::new()),
    ])
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(48))]
    #[test]
    fn knowing_a_token_changes_no_answer(
        (token, values) in proptest::strategy::LazyJust::new(|| ED.sign(&claims()))
            .prop_flat_map(|token| {
                let values = proptest::collection::vec(values(&token), 4);
                (proptest::strategy::Just(token), values)
            }),
        scheme in select(vec!["Bearer ", "bearer", "Basic "]),
    ) {
        let mut fields = Vec::new();
        let [authorization, header, cookie, query] = [0, 1, 2, 3].map(|at| values[at].clone());
        fields.extend(authorization.map(|value| ("authorization", format!("{scheme}{value}"))));
        fields.extend(header.map(|value| ("x-id-token", value)));
        fields.extend(cookie.map(|value| ("cookie", format!("a=b; id={value}"))));
        let target = query.map_or("/".to_owned(), |value| format!("/?access_token={value}"));
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let request = request(&target.replace(' ', "+"), &fields);
        let cold = verifiers(&format!("{}{EVERYWHERE}", policy("")));
        let [warm, cold] = [&warmed(&token), &cold].map(|verifiers| {
            outcome(verify(verifiers, &request)).map(|verified| verified.principal.subject.clone())
        });
        proptest::prop_assert_eq!(warm, cold);
    }
}
