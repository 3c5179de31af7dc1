//! Many tokens at the same moment: who waits for whom.

use std::cell::Cell;
use std::rc::Rc;

use serde_json::json;
use tokio::task::{JoinHandle, spawn_local, yield_now};

use super::*;
use crate::credential::Metrics;

fn run<F: Future>(work: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build_local(Default::default())
        .unwrap();
    runtime.block_on(work)
}

/// What became of so many tasks that each present a token.
type Answers = Vec<JoinHandle<Result<Verified, Reason>>>;

fn crowd(verifiers: &Rc<Verifiers>, tokens: Vec<String>, answered: &Rc<Cell<usize>>) -> Answers {
    let present = |token: String| {
        let (verifiers, answered) = (Rc::clone(verifiers), Rc::clone(answered));
        spawn_local(async move {
            let answer = verifiers.verify(&bearer(&token), &Accepted::All).await;
            answered.set(answered.get() + 1);
            outcome(answer)
        })
    };
    tokens.into_iter().map(present).collect()
}

/// Tokens with a signature that is another token's.
fn forged(tokens: usize) -> Vec<String> {
    let genuine = EC.sign(&claims());
    let (_, signature) = genuine.rsplit_once('.').unwrap();
    let forge = |number| {
        let claims = changed(json!({ "sub": format!("forger {number}") }));
        let token = EC.sign_with(&json!({ "alg": "ES256", "kid": "ec" }), &claims);
        let (signed, _) = token.rsplit_once('.').unwrap();
        format!("{signed}.{signature}")
    };
    (0..tokens).map(forge).collect()
}

#[test]
fn known_token_is_answered_after_one_check_however_many_forged_ones_wait() {
    let forged = forged(1_000);
    run(async {
        let verifiers = Rc::new(verifiers(&policy("")));
        let known = EC.sign(&claims());
        let answer = verifiers.verify(&bearer(&known), &Accepted::All).await;
        assert!(outcome(answer).is_ok());
        let (answered, unasked) = (Rc::new(Cell::new(0)), Rc::default());
        let crowd_of_forgers = crowd(&verifiers, forged, &answered);
        while answered.get() < 5 {
            yield_now().await;
        }
        for _ in 0..20 {
            let before = answered.get();
            for caller in crowd(&verifiers, vec![known.clone()], &unasked) {
                assert!(caller.await.unwrap().is_ok());
            }
            assert!(answered.get() <= before + 1, "{before}");
        }
        assert!(answered.get() < 100);
        for forger in crowd_of_forgers {
            let answer = forger.await.unwrap();
            assert_eq!(answer.unwrap_err(), Reason::TokenSignatureInvalid);
        }
    });
}

#[test]
fn crowd_with_one_new_token_costs_one_check() {
    run(async {
        let registry = Registry::new();
        let metrics = Metrics::new(&registry).unwrap();
        let verifiers = Rc::new(verifiers(&policy("")).observed_by(&metrics));
        let token = EC.sign(&claims());
        let answers = crowd(&verifiers, vec![token; 50], &Rc::default());
        for answer in answers {
            assert_eq!(&*answer.await.unwrap().unwrap().principal.subject, "u1");
        }
        // Whoever had to wait found it known.
        assert_eq!(metrics.worker_hits(), 49);
        assert_eq!(metrics.waiting.get(), 0);
    });
}

#[test]
fn new_token_that_comes_when_too_many_wait_cannot_be_judged_now() {
    let key = hmac(Algorithm::HS256);
    let sign = |number: usize| {
        let claims = changed(json!({ "sub": format!("u{number}") }));
        key.sign_with(&json!({ "alg": "HS256" }), &claims)
    };
    let (known, tokens) = (sign(0), (1..=4_200).map(sign).collect());
    let policy = "issuers:\n  main: { issuer: 'https://idp.example.com', audience: my-api, secret: '${SECRET}' }";
    run(async {
        let verifiers = Rc::new(verifiers(policy));
        let answer = verifiers.verify(&bearer(&known), &Accepted::All).await;
        assert!(outcome(answer).is_ok());
        let (mut accepted, mut refused) = (0, 0);
        for answer in crowd(&verifiers, tokens, &Rc::default()) {
            match answer.await.unwrap() {
                Ok(_) => accepted += 1,
                Err(reason) => {
                    assert_eq!(reason, Reason::Overloaded);
                    refused += 1;
                }
            }
        }
        assert!(accepted >= 4_096 && refused > 0, "{accepted} {refused}");
        let answer = verifiers.verify(&bearer(&known), &Accepted::All).await;
        assert!(outcome(answer).is_ok());
    });
}

#[test]
fn principal_has_no_claims_but_those_that_are_asked_for() {
    let token = EC.sign(&changed(json!({ "plan": { "name": "gold" } })));
    let all = verifiers(&policy(""));
    assert!(accept(&all, &token).claims.get("aud").is_some());
    let some = verifiers(&policy("")).keeping(["plan", "missing"]);
    for _ in 0..3 {
        let principal = accept(&some, &token);
        let members: Vec<_> = principal.claims.members().keys().collect();
        assert_eq!(members, ["plan"]);
        assert_eq!(&*principal.subject, "u1");
        assert_eq!(principal.roles.len(), 2);
    }
}
