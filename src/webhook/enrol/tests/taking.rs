//! Which requests bring a secret that is taken.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use bytes::Bytes;

use crate::webhook::{End, Proved, Why};

use super::{END, First, MADE, NOW, TOKEN, inside, run, signature, window};

#[test]
fn secret_of_asana_is_kept_and_sent_back() {
    let folder = tempfile::tempdir().unwrap();
    let hook = window("asana", folder.path());
    assert!(hook.may_reply());
    let reply = First::of_asana(MADE).sent(&hook).unwrap();
    assert_eq!(reply.status, 200);
    let (_, value) = { reply.fields.iter() }
        .find(|(name, _)| name == "x-hook-secret")
        .unwrap();
    assert_eq!(value, MADE);
    assert!(value.is_sensitive() && !format!("{reply:?}").contains(MADE));
    assert_eq!(inside(folder.path()), ["hook.secret"]);
    let file = folder.path().join("hook.secret");
    assert_eq!(fs::read_to_string(&file).unwrap(), format!("{MADE}\n"));
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn token_of_notion_is_kept_whether_it_signs_itself_or_nothing_does() {
    for signed in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        let hook = window("notion", folder.path());
        let mut first = First::of_notion(TOKEN);
        if !signed {
            first.headers.clear();
        }
        let reply = first.sent(&hook).unwrap();
        assert_eq!((reply.status.as_u16(), reply.body.len()), (200, 0));
        let kept = fs::read_to_string(folder.path().join("hook.secret")).unwrap();
        assert_eq!(kept.trim_end(), TOKEN);
    }
}

#[test]
fn secret_counts_from_then_on_and_no_second_one_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let hook = window("asana", folder.path());
    let body = r#"{"events":[]}"#;
    let of = |secret: &str| signature(secret, body).replace("sha256=", "");
    let delivery = First {
        headers: vec![("x-hook-signature", of(MADE))],
        body: body.to_owned(),
        at: NOW,
    };
    assert_eq!(delivery.judged(&hook).unwrap_err(), Why::NoSecret);
    First::of_asana(MADE).sent(&hook).unwrap();
    let staged = delivery.staged();
    let proved = run(hook.verify(&staged.message(), &Bytes::from_static(body.as_bytes())));
    let Ok(Proved::Delivery(genuine)) = proved else {
        panic!("the secret does not count: {proved:?}");
    };
    assert_eq!(&*genuine.facts.secret, "1");
    for again in [MADE, "another-secret-of-its-own"] {
        let again = First::of_asana(again).sent(&hook);
        assert_eq!(again.unwrap_err(), Why::Missing);
    }
    let kept = fs::read_to_string(folder.path().join("hook.secret")).unwrap();
    assert_eq!(kept.trim_end(), MADE);
}

#[test]
fn nothing_is_taken_when_the_time_is_over() {
    let folder = tempfile::tempdir().unwrap();
    let hook = window("asana", folder.path());
    let late = First::of_asana(MADE).at(END).sent(&hook);
    assert_eq!(late.unwrap_err(), Why::Missing);
    assert!(inside(folder.path()).is_empty());
    assert!(First::of_asana(MADE).at(END - 1).sent(&hook).is_ok());
}

#[test]
fn what_has_not_the_form_is_a_request_without_a_signature() {
    let folder = tempfile::tempdir().unwrap();
    let asana = window("asana", folder.path());
    let long = "a".repeat(257);
    for secret in [
        "",
        "fifteen-letters",
        &long,
        "a secret with blanks",
        "sécret-of-some-length",
    ] {
        let why = First::of_asana(secret).sent(&asana).unwrap_err();
        assert!(
            matches!(why, Why::Enrolment | Why::Missing),
            "{secret}: {why:?}"
        );
        assert_eq!(why.reason(), Why::Missing.reason());
    }
    let twice = First::of_asana(MADE).signed("x-hook-secret", MADE);
    assert_eq!(twice.sent(&asana).unwrap_err(), Why::Missing);
    let notion = window("notion", folder.path());
    let big = " ".repeat(20_000);
    for body in [
        "",
        "{}",
        "[]",
        r#"{"verification_token":null}"#,
        r#"{"verification_token":["secret_of_some_length"]}"#,
        r#"{"verification_token":"../../etc/passwd_and_more"}"#,
        r#"{"verification_token":"secret_with_a_line\nbreak"}"#,
        &format!(r#"{{"verification_token":"{TOKEN}"}}{big}"#),
    ] {
        let first = First {
            headers: Vec::new(),
            body: body.to_owned(),
            at: NOW,
        };
        let why = first.sent(&notion).unwrap_err();
        assert!(
            matches!(why, Why::Enrolment | Why::Missing),
            "{body}: {why:?}"
        );
    }
    assert!(inside(folder.path()).is_empty());
}

#[test]
fn what_is_signed_with_another_secret_than_it_brings_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let hook = window("notion", folder.path());
    let mut first = First::of_notion(TOKEN);
    for (value, why) in [
        (signature("another", &first.body), Why::Mismatch),
        ("sha256=00".to_owned(), Why::Malformed),
    ] {
        first.headers = vec![("x-notion-signature", value)];
        assert_eq!(first.sent(&hook).unwrap_err(), why);
    }
    assert!(inside(folder.path()).is_empty());
}

#[test]
fn judging_writes_nothing_and_prints_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let hook = window("notion", folder.path());
    let first = First::of_notion(TOKEN);
    let enrolling = first.judged(&hook).unwrap();
    assert!(!format!("{enrolling:?}").contains("tMrlL1qK5vu"));
    assert!(!format!("{hook:?}").contains("tMrlL1qK5vu"));
    assert_eq!(&**enrolling.id(), "1");
    assert_eq!(&*enrolling.genuine.principal.subject, "hook");
    let (staged, body) = (first.staged(), Bytes::from(first.body.clone()));
    let told = run(hook.tell(&staged.message(), &body));
    assert!(matches!(told.end, End::Enrolment(_)));
    assert!(told.end.why().is_none());
    assert!(inside(folder.path()).is_empty());
}

#[test]
fn secret_that_stands_twice_in_a_body_is_not_taken() {
    let folder = tempfile::tempdir().unwrap();
    let hook = window("notion", folder.path());
    for other in ["verification_token", "Verification_Token"] {
        let mut first = First::of_notion(TOKEN);
        first.headers.clear();
        first.body = format!(r#"{{"{other}":"{MADE}","verification_token":"{TOKEN}"}}"#);
        assert_eq!(first.sent(&hook).unwrap_err(), Why::Enrolment, "{other}");
        assert!(inside(folder.path()).is_empty());
    }
}
