//! Whose certificates, and when they count.

use super::*;

#[tokio::test]
async fn certificates_of_others_are_not_fetched() {
    let (world, sns) = (World::usual().await, sns(""));
    for url in [
        "https://evil.example/a.pem",
        "http://sns.us-east-1.amazonaws.com/a.pem",
        "https://sns.us-east-1.amazonaws.com@evil.example/a.pem",
        "https://sns.us-east-1.amazonaws.com.evil.example/a.pem",
        "https://sns.us-east-1.evil-amazonaws.com/a.pem",
        "https://sns.us-east-1.amazonaws.com:8443/a.pem",
        "https://sns.us-east-1.amazonaws.com/?Action=GetTopicAttributes&a=.pem",
        "https://api.paypal.com/v1/notifications/certs/CERT-1",
    ] {
        let sent = Sent::notification().with("SigningCertURL", url);
        assert_eq!(sent.why(&sns, &world).await, Some(Why::Mismatch), "{url}");
    }
    assert_eq!(world.connections(), 0);
    // A region that the server has no certificate for: the connection shows it.
    let url = "https://sns.eu-west-9.amazonaws.com/a.pem";
    let sent = Sent::notification().with("SigningCertURL", url);
    assert_eq!(sent.why(&sns, &world).await, Some(Why::Unavailable));
    assert_eq!(world.requests(), 0);
}

#[tokio::test]
async fn certificate_must_count_when_the_message_arrives() {
    let sns = sns("");
    for (start, end, expected) in [
        (NOW - 10, NOW + 10, None),
        (NOW - 10, NOW - 1, Some(Why::Mismatch)),
        (NOW + 1, NOW + 10, Some(Why::Mismatch)),
    ] {
        let world = World::new(Reply::Full("200 OK", minted(start, end))).await;
        let sent = Sent::notification();
        assert_eq!(sent.why(&sns, &world).await, expected);
        assert_eq!(sent.why(&sns, &world).await, expected);
        assert_eq!(world.requests(), 1);
    }
}

#[tokio::test]
async fn unreachable_sender_is_no_verdict() {
    let (world, sns) = (
        World::new(Reply::Full("503 Busy", String::new())).await,
        sns(""),
    );
    let sent = Sent::notification();
    assert_eq!(sent.why(&sns, &world).await, Some(Why::Unavailable));
    world.answer(Reply::Full("200 OK", current()));
    let url = "https://sns.us-east-1.amazonaws.com/b.pem";
    let sent = sent.with("SigningCertURL", url);
    assert_eq!(sent.why(&sns, &world).await, None);
}
