//! Whose tokens count: users', programs', other issuers'.

use serde_json::{Value, json};

use super::*;

#[test]
fn token_of_another_kind_is_named_only_when_it_is_genuine() {
    let verifiers = verifiers(&policy("token_type: { claims: { token_use: id } }"));
    let id = changed(json!({ "token_use": "id" }));
    let header = |typ: &str| json!({ "alg": "ES256", "kid": "ec", "typ": typ });
    for typ in ["JWT", "jwt", "application/jwt", "Application/JWT"] {
        accept(&verifiers, &EC.sign_with(&header(typ), &id));
    }
    for typ in [
        "at+jwt",
        "application/at+jwt",
        "logout+jwt",
        "secevent+jwt",
        "dpop+jwt",
        "",
    ] {
        let token = EC.sign_with(&header(typ), &id);
        assert_eq!(refuse(&verifiers, &token), Reason::WrongTokenType, "{typ}");
    }
    // No audience either, as in an access token of Cognito: the kind is what is wrong with it.
    let access = changed(json!({ "token_use": "access", "aud": null }));
    assert_eq!(
        refuse(&verifiers, &EC.sign(&access)),
        Reason::WrongTokenType
    );
    let (access_token, id_token) = (EC.sign(&access), EC.sign(&id));
    let (signed, _) = access_token.rsplit_once('.').unwrap();
    let (_, signature) = id_token.rsplit_once('.').unwrap();
    let forged = format!("{signed}.{signature}");
    assert_eq!(refuse(&verifiers, &forged), Reason::TokenSignatureInvalid);
    let late = changed(json!({ "token_use": "access", "exp": NOW - 60 }));
    assert_eq!(refuse(&verifiers, &EC.sign(&late)), Reason::TokenExpired);
}

#[test]
fn prefix_of_a_type_counts_where_a_slash_comes_after_it() {
    let typ = "token_type: { typ: [a/b, application/c/d, application/e] }";
    let verifiers = verifiers(&policy(typ));
    let token = |typ: &str| {
        let header = json!({ "alg": "ES256", "kid": "ec", "typ": typ });
        EC.sign_with(&header, &claims())
    };
    for typ in ["a/b", "A/B", "application/c/d", "application/e", "e"] {
        accept(&verifiers, &token(typ));
    }
    // The prefix is left out only of what has no other slash (RFC 7515 section 4.1.9).
    for typ in [
        "application/a/b",
        "c/d",
        "application/application/e",
        "application/",
        "applicati\u{f3}n/e",
    ] {
        assert_eq!(
            refuse(&verifiers, &token(typ)),
            Reason::WrongTokenType,
            "{typ}"
        );
    }
}

#[test]
fn party_is_checked_when_the_file_names_clients() {
    let verifiers = verifiers(&policy("clients: [web, cli]"));
    accept(&verifiers, &EC.sign(&changed(json!({ "azp": "cli" }))));
    for azp in [json!("mallory"), Value::Null] {
        let token = EC.sign(&changed(json!({ "azp": azp })));
        assert_eq!(refuse(&verifiers, &token), Reason::TokenAudienceMismatch);
    }
}

#[test]
fn machine_tokens_are_principals_of_their_own_kind() {
    let policy = policy(
        "token_type: { claims: { token_use: id } }\nrequire: [email]\nmachine:\n  \
         marks: { token_use: access }\n  absent: username\n  clients: [robot]\n  roles: [service_account]",
    );
    let verifiers = verifiers(&policy);
    let robot = json!({
        "iss": "https://idp.example.com", "sub": "robot", "client_id": "robot", "exp": NOW + 60,
        "token_use": "access", "scope": "stackflow/api.read x", "roles": ["admin"],
    });
    let with = |name: &str, value: Value| {
        let mut claims = robot.clone();
        claims[name] = value;
        EC.sign(&claims)
    };
    let principal = accept(&verifiers, &EC.sign(&robot));
    assert_eq!(principal.kind, crate::model::PrincipalKind::Machine);
    assert_eq!(principal.roles, [Box::<str>::from("service_account")]);
    assert_eq!(
        principal.scopes,
        [Box::<str>::from("stackflow/api.read"), "x".into()]
    );
    assert_eq!(
        refuse(&verifiers, &with("username", json!("u1"))),
        Reason::WrongTokenType
    );
    assert_eq!(
        refuse(&verifiers, &with("client_id", json!("other"))),
        Reason::TokenAudienceMismatch
    );
    assert_eq!(
        refuse(&verifiers, &with("client_id", json!(7))),
        Reason::TokenClaimInvalid
    );
    assert_eq!(
        refuse(&verifiers, &with("token_use", json!("id"))),
        Reason::TokenClaimMissing
    );
}

#[test]
fn machine_token_that_names_an_audience_is_for_nobody_else() {
    let machine = "machine: { marks: { gty: cc }, clients: [robot]";
    let token = |aud: Value| {
        EC.sign(&json!({
            "iss": "https://idp.example.com", "sub": "robot", "client_id": "robot", "aud": aud,
            "exp": NOW + 60, "gty": "cc",
        }))
    };
    let unsaid = verifiers(&policy(&format!("{machine} }}")));
    accept(&unsaid, &token(json!("my-api")));
    for other in [json!("other-api"), json!(["other-api"])] {
        let token = token(other);
        assert_eq!(refuse(&unsaid, &token), Reason::TokenAudienceMismatch);
        let any = verifiers(&policy(&format!("{machine}, audience: any }}")));
        accept(&any, &token);
    }
}

#[test]
fn any_issuer_gets_only_what_no_other_claims() {
    let policy = format!(
        "{}  app: {{ issuer: any, audience: any, secret: '${{SECRET}}' }}\n",
        policy("")
    );
    let verifiers = verifiers(&policy);
    let signer = hmac(Algorithm::HS256);
    let header = json!({ "alg": "HS256" });
    for iss in [json!("https://elsewhere"), Value::Null] {
        let token = signer.sign_with(&header, &changed(json!({ "iss": iss })));
        assert_eq!(&*accept(&verifiers, &token).issuer, "app");
    }
    // The secret's holder may not speak for an issuer that has keys of its own.
    let posing = signer.sign_with(&header, &claims());
    assert_eq!(refuse(&verifiers, &posing), Reason::TokenSignatureInvalid);
    let mistyped = signer.sign_with(&header, &changed(json!({ "iss": 7 })));
    assert_eq!(refuse(&verifiers, &mistyped), Reason::TokenClaimInvalid);
}

#[test]
fn what_an_issuers_tokens_must_say_machines_must_say_too() {
    let machine = "machine: { marks: { gty: cc }, clients: [robot]";
    let token = |tid: &str| {
        EC.sign(&json!({
            "iss": "https://idp.example.com", "sub": "robot", "client_id": "robot", "tid": tid,
            "exp": NOW + 60, "gty": "cc",
        }))
    };
    let both = verifiers(&policy(&format!("expect: {{ tid: ours }}\n{machine} }}")));
    accept(&both, &token("ours"));
    assert_eq!(refuse(&both, &token("theirs")), Reason::TokenClaimInvalid);
    let nothing = policy(&format!(
        "expect: {{ tid: ours }}\n{machine}, expect: {{}} }}"
    ));
    accept(&verifiers(&nothing), &token("theirs"));
}
