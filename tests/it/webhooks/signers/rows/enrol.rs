//! Senders whose secret comes with their first request, and Braintree.

use std::process::Command;

use http::Method;
use sidegate::webhook::{Look, Message};

use super::super::{folder_of_packages, signed};
use super::{Row, TEXT, row};
use crate::support::repository;
use crate::webhooks::{Hook, Sent, at};

pub(super) fn node() -> Vec<Row> {
    vec![
        row("notion", TEXT, 0),
        row("asana", TEXT, 0),
        row("braintree", TEXT, 0),
    ]
}

#[test]
fn braintree_has_the_answer_that_its_package_gives() {
    let hook = Hook::preset("braintree", &[TEXT], "answer_challenges: true\n");
    // The second is a number as well as it is hexadecimal.
    let challenges: [fn(i64) -> String; 2] = [
        |_| "20f9f8ed05f77439fe955c977e4c8a53".to_owned(),
        |_| "12345678901234567890".to_owned(),
    ];
    let asked = challenges.map(|body| Row {
        body,
        ..row("braintree-challenge", TEXT, 0)
    });
    let mut command = Command::new("node");
    command.arg(repository("tests/real/webhooks/sign.mjs"));
    command.arg(folder_of_packages());
    for (row, answer) in asked.iter().zip(signed(&asked, command)) {
        let challenge = (row.body)(0);
        let answered = challenged(&hook, &challenge);
        let wanted = answer["headers"]["answer"].as_str();
        assert!(wanted.is_some(), "{answer}");
        assert_eq!(answered.as_deref(), wanted, "{challenge}");
    }
}

#[test]
fn braintree_has_no_answer_to_what_could_be_a_payload() {
    let hook = Hook::preset("braintree", &[TEXT], "answer_challenges: true\n");
    for text in [
        "",
        "20f9f8ed05f77439fe9",
        "20f9f8ed05f77439fe955c977e4c8a53a",
        "PG5vdGlmaWNhdGlvbj48",
        "20f9f8ed05f77439fe95%0A",
    ] {
        assert_eq!(challenged(&hook, text), None, "{text}");
    }
}

/// The answer to Braintree's challenge with this text.
fn challenged(hook: &Hook, text: &str) -> Option<String> {
    let sent = Sent {
        method: Method::GET,
        target: format!("/in?bt_challenge={text}"),
        headers: Vec::new(),
        body: Vec::new(),
        at: at(1_767_268_800),
    };
    let request = sent.request();
    let message = Message {
        request: &request,
        capture: &|_| None,
        key: None,
    };
    match hook.0.look(&message) {
        Look::Challenge(reply) => String::from_utf8(reply.body.to_vec()).ok(),
        _ => None,
    }
}
