//! What is remembered, and for how long.

use serde_json::json;

use super::*;
use crate::credential::Metrics;

fn arriving(token: &str, seconds: u64) -> Request {
    Request {
        received_at: at(seconds),
        ..bearer(token)
    }
}

fn counts(registry: &Registry) -> Vec<u64> {
    let text = registry.render().unwrap();
    ["worker", "shared", "miss"]
        .iter()
        .map(|result| {
            let line = format!("sidegate_token_cache_total{{result=\"{result}\"}} ");
            let value = text.lines().find_map(|row| row.strip_prefix(&line));
            value.unwrap().parse().unwrap()
        })
        .collect()
}

#[test]
fn token_is_verified_once_then_found_by_its_worker_and_by_others() {
    let registry = Registry::new();
    let verifiers = verifiers(&policy("")).observed_by(&Metrics::new(&registry).unwrap());
    let token = EC.sign(&claims());
    let first = accept(&verifiers, &token);
    let second = accept(&verifiers, &token);
    assert_eq!(format!("{first:?}"), format!("{second:?}"));
    // Who is asked for again soon is kept ready.
    assert!(Arc::ptr_eq(&second, &accept(&verifiers, &token)));
    assert_eq!(counts(&registry), [2, 0, 1]);
    std::thread::scope(|scope| {
        let other = scope.spawn(|| {
            accept(&verifiers, &token);
            accept(&verifiers, &token)
        });
        let other = other.join().unwrap();
        assert_eq!(format!("{first:?}"), format!("{other:?}"));
    });
    assert_eq!(counts(&registry), [3, 1, 1]);
}

#[test]
fn failure_is_not_remembered() {
    let registry = Registry::new();
    let verifiers = verifiers(&policy("")).observed_by(&Metrics::new(&registry).unwrap());
    let early = EC.sign(&changed(json!({ "nbf": NOW + 100 })));
    assert_eq!(refuse(&verifiers, &early), Reason::TokenNotYetValid);
    let later = outcome(verify(&verifiers, &arriving(&early, NOW + 100)));
    assert!(later.is_ok());
    assert_eq!(counts(&registry), [0, 0, 2]);
}

#[test]
fn remembered_token_ends_at_the_same_moment_as_a_new_one() {
    let token = EC.sign(&changed(json!({ "exp": NOW + 10 })));
    let warm = verifiers(&policy(""));
    accept(&warm, &token);
    for (seconds, accepted) in [(10, true), (39, true), (40, false), (41, false), (39, true)] {
        let request = arriving(&token, NOW + seconds);
        let cold = verifiers(&policy(""));
        for verifiers in [&warm, &cold] {
            let outcome = outcome(verify(verifiers, &request));
            assert_eq!(outcome.is_ok(), accepted, "{seconds}");
            if let Err(reason) = outcome {
                assert_eq!(reason, Reason::TokenExpired);
            }
        }
    }
}

#[test]
fn token_that_hardly_ever_ends_is_remembered_like_any_other() {
    for exp in [json!(253_402_300_799_u64), json!(u64::MAX), json!(1e300)] {
        let registry = Registry::new();
        let verifiers = verifiers(&policy("")).observed_by(&Metrics::new(&registry).unwrap());
        let token = EC.sign(&changed(json!({ "exp": exp })));
        accept(&verifiers, &token);
        accept(&verifiers, &token);
        std::thread::scope(|scope| {
            scope.spawn(|| accept(&verifiers, &token));
        });
        assert_eq!(counts(&registry), [1, 1, 1]);
    }
}

#[test]
fn remembered_token_is_judged_anew_when_the_clock_goes_back() {
    let token = EC.sign(&changed(json!({ "nbf": NOW })));
    let warm = verifiers(&policy(""));
    accept(&warm, &token);
    let before = outcome(verify(&warm, &arriving(&token, NOW - 3600)));
    assert_eq!(before.unwrap_err(), Reason::TokenNotYetValid);
}

#[test]
fn remembered_token_does_not_count_on_a_route_for_others() {
    let policy = format!(
        "{}  other: {{ issuer: any, audience: any, secret: '${{SECRET}}' }}\n",
        policy("")
    );
    let verifiers = verifiers(&policy);
    let token = EC.sign(&claims());
    let only = |name: &str| Accepted::Only(Box::new([name.into()]));
    for accepted in [only("other"), Accepted::Only(Box::default())] {
        for _ in 0..2 {
            let refused = outcome(verify_for(&verifiers, &bearer(&token), &accepted));
            assert_eq!(refused.unwrap_err(), Reason::TokenIssuerUnknown);
            assert!(outcome(verify_for(&verifiers, &bearer(&token), &only("main"))).is_ok());
        }
    }
}

#[test]
fn issuers_with_the_same_keys_are_told_apart_in_every_level() {
    let keys = json!({ "keys": [EC.jwk] });
    let issuer = |name: &str| {
        format!(
            "  {name}: {{ issuer: 'https://{name}.example', audience: my-api, jwks: {keys} }}\n"
        )
    };
    let verifiers = verifiers(&format!("issuers:\n{}{}", issuer("main"), issuer("other")));
    let of = |name: &str| {
        EC.sign(&changed(
            json!({ "iss": format!("https://{name}.example") }),
        ))
    };
    let (main, other) = (of("main"), of("other"));
    let only = |name: &str| Accepted::Only(Box::new([name.into()]));
    let judge = || {
        for _ in 0..3 {
            for (token, name, wrong) in [(&main, "main", "other"), (&other, "other", "main")] {
                let verified = outcome(verify_for(&verifiers, &bearer(token), &only(name)));
                assert_eq!(&*verified.unwrap().principal.issuer, name);
                let refused = outcome(verify_for(&verifiers, &bearer(token), &only(wrong)));
                assert_eq!(refused.unwrap_err(), Reason::TokenIssuerUnknown);
            }
        }
    };
    judge();
    std::thread::scope(|scope| {
        scope.spawn(judge);
    });
}

#[test]
fn token_that_another_worker_verified_does_not_count_on_a_route_for_others() {
    let verifiers = verifiers(&policy(""));
    let token = EC.sign(&claims());
    accept(&verifiers, &token);
    let other = Accepted::Only(Box::new(["other".into()]));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..3 {
                let refused = outcome(verify_for(&verifiers, &bearer(&token), &other));
                assert_eq!(refused.unwrap_err(), Reason::TokenIssuerUnknown);
            }
        });
    });
}

#[test]
fn new_policy_remembers_nothing_of_the_old() {
    let token = EC.sign(&claims());
    let old = verifiers(&policy(""));
    accept(&old, &token);
    let new = verifiers(&policy("audience: other").replace("    audience: my-api\n", ""));
    assert_eq!(refuse(&new, &token), Reason::TokenAudienceMismatch);
    // An exchange that began under the old policy keeps it.
    accept(&old, &token);
    assert_eq!(refuse(&new, &token), Reason::TokenAudienceMismatch);
}

#[test]
fn neighbours_of_a_remembered_token_are_strangers() {
    let verifiers = verifiers(&policy(""));
    let token = EC.sign(&claims());
    accept(&verifiers, &token);
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let (header, _) = signed.split_once('.').unwrap();
    let claims = URL_SAFE_NO_PAD.encode(changed(json!({ "sub": "admin" })).to_string());
    accept(&verifiers, &token);
    // The same end, which is what the worker's memory hashes of tokens in use.
    let neighbour = format!("{header}.{claims}.{signature}");
    assert_eq!(
        refuse(&verifiers, &neighbour),
        Reason::TokenSignatureInvalid
    );
    assert_eq!(refuse(&verifiers, signed), Reason::TokenMalformed);
    assert_eq!(&*accept(&verifiers, &token).subject, "u1");
}

#[tokio::test(start_paused = true)]
async fn remembered_token_does_not_outlive_its_key() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let publish = |keys: Value| std::fs::write(file.path(), json!({ "keys": keys }).to_string());
    publish(json!([EC.jwk, ED.jwk])).unwrap();
    let key_sets = KeySets::new(crate::jwks::Settings::default(), &Registry::new()).unwrap();
    let policy = format!(
        "issuers:\n  main: {{ issuer: 'https://idp.example.com', audience: my-api, jwks_file: '{}' }}",
        file.path().display()
    );
    let verifiers = built_on(&policy, &key_sets).unwrap();
    let background = tokio::spawn(Arc::clone(&key_sets).run());
    let (leaving, staying) = (EC.sign(&claims()), ED.sign(&claims()));
    let answer = async |token: &str| {
        outcome(verifiers.verify(&bearer(token), &Accepted::All).await).map(|_| ())
    };
    // The first is verified, the second found as it was packed, the third is ready.
    for _ in 0..3 {
        assert_eq!(answer(&leaving).await, Ok(()));
        assert_eq!(answer(&staying).await, Ok(()));
    }
    publish(json!([ED.jwk])).unwrap();
    tokio::time::sleep(Duration::from_secs(86_400)).await;
    assert_eq!(answer(&leaving).await, Err(Reason::TokenKeyUnknown));
    assert_eq!(answer(&staying).await, Ok(()));
    background.abort();
}

#[tokio::test(start_paused = true)]
async fn issuer_that_cannot_be_asked_is_unavailable_and_not_a_refusal() {
    let verifiers = verifiers(
        "issuers:\n  main: { url: 'https://idp.example.com', audience: my-api, jwks_url: 'http://127.0.0.1:1/' }",
    );
    let answer = async |token: &str| verifiers.verify(&bearer(token), &Accepted::All).await;
    let genuine = answer(&EC.sign(&claims())).await;
    assert!(
        matches!(&genuine, Verification::Unavailable(denied) if denied.reason == Reason::IssuerUnavailable),
        "{genuine:?}"
    );
    // What needs no key is judged all the same.
    let late = answer(&EC.sign(&changed(json!({ "exp": NOW - 60 })))).await;
    assert_eq!(outcome(late).unwrap_err(), Reason::TokenExpired);
}

/// Asks a verifier that remembers, and each time a new one that does not, at these moments in their order.
fn judged_alike(exp: u64, nbf: u64, audience: &str, times: &[u64]) {
    let token = ED.sign(&changed(
        json!({ "exp": exp, "nbf": nbf, "iat": null, "aud": audience }),
    ));
    let warm = verifiers(&policy(""));
    for seconds in times {
        let request = arriving(&token, *seconds);
        let cold = verifiers(&policy(""));
        let [warm, cold] = [&warm, &cold].map(|verifiers| {
            outcome(verify(verifiers, &request)).map(|verified| verified.principal.subject.clone())
        });
        assert_eq!(warm, cold, "{exp} {nbf} {audience} {times:?}");
    }
}

#[test]
fn token_that_ended_within_the_leeway_is_judged_alike_before_and_after() {
    judged_alike(NOW - 57, NOW - 100, "my-api", &[NOW - 100, NOW - 27]);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(48))]
    #[test]
    fn remembering_changes_no_answer(
        exp in NOW - 100..NOW + 100,
        nbf in NOW - 100..NOW + 100,
        audience in proptest::sample::select(vec!["my-api", "other"]),
        times in proptest::collection::vec(NOW - 100..NOW + 200, 1..8),
    ) {
        let mut times = times;
        // Time goes forward: `nbf` is not looked at again once it has passed.
        times.sort_unstable();
        judged_alike(exp, nbf, audience, &times);
    }
}
