//! Published examples, written as schemes of a file.

use super::{Sent, read};

/// Reads a webhook whose one secret is this.
fn with_secret(text: &str, secret: &str) -> std::sync::Arc<super::Webhook> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret");
    std::fs::write(&file, secret).unwrap();
    let (hook, found) = read(&format!("secrets: {{ file: {} }}\n{text}", file.display()));
    hook.unwrap_or_else(|| panic!("{found:#?}"))
}

#[test]
fn example_of_github_is_accepted() {
    let hook = with_secret("preset: github", "It's a Secret to Everybody");
    let signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    let sent = Sent::new("/", &[("X-Hub-Signature-256", signature)], b"Hello, World!");
    assert_eq!(sent.verdict(&hook), "ok");
}

#[test]
fn example_of_slack_is_accepted() {
    let hook = with_secret("preset: slack", "8f742231b10e8888abcd99yyyzzz85a5");
    let body = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow\
        &channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner\
        &command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands\
        %2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121\
        .803a0bc887a14d10d2c447fce8b6703c";
    let signature = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";
    let headers = [
        ("X-Slack-Signature", signature),
        ("X-Slack-Request-Timestamp", "1531420618"),
        ("content-type", "application/x-www-form-urlencoded"),
    ];
    let sent = Sent::new("/", &headers, body.as_bytes()).at(1_531_420_618);
    assert_eq!(sent.verdict(&hook), "ok");
    assert_eq!(sent.at(1_531_420_618 + 301).verdict(&hook), "stale");
}

#[test]
fn example_of_standard_webhooks_is_accepted() {
    let hook = with_secret(
        "preset: standard-webhooks",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    );
    let headers = [
        ("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
        ("webhook-timestamp", "1614265330"),
        (
            "webhook-signature",
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        ),
    ];
    let sent = Sent::new("/", &headers, br#"{"test": 2432232314}"#).at(1_614_265_330);
    assert_eq!(sent.verdict(&hook), "ok");
}
