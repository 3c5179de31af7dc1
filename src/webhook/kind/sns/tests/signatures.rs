//! What is signed, and what is not.

use super::*;

#[tokio::test]
async fn signed_messages_of_every_version_and_type_pass() {
    let (world, plain) = (World::usual().await, sns(""));
    let sent = Sent::notification();
    let proof = sent.judged(&plain, &world).await.unwrap();
    assert_eq!(proof.event_id.as_deref(), Some(ID));
    let signed_at = proof.signed_at.unwrap();
    assert_eq!(
        signed_at,
        std::time::SystemTime::UNIX_EPOCH + Duration::from_millis(NOW * 1_000 + 655)
    );
    let first = sent.clone().with("SignatureVersion", "1").signed();
    assert_eq!(first.why(&plain, &world).await, None);
    let bare = sent.without("Subject").signed();
    assert_eq!(bare.why(&plain, &world).await, None);
    let passing = sns("confirmations: pass");
    for kind in ["SubscriptionConfirmation", "UnsubscribeConfirmation"] {
        let sent = Sent::of(kind);
        assert_eq!(sent.why(&passing, &world).await, None, "{kind}");
        assert_eq!(
            sent.why(&plain, &world).await,
            Some(Why::Challenge),
            "{kind}"
        );
    }
    // The certificate, and nothing that the messages name besides.
    assert_eq!(world.requests(), 1);
}

#[tokio::test]
async fn change_of_any_signed_field_is_noticed() {
    let (world, sns) = (World::usual().await, sns("confirmations: pass"));
    for kind in [
        "Notification",
        "SubscriptionConfirmation",
        "UnsubscribeConfirmation",
    ] {
        let sent = Sent::of(kind);
        let names: &[&str] = match kind {
            "Notification" => &["Message", "Subject"],
            _ => &["Message", "SubscribeURL", "Token"],
        };
        for name in names {
            let value = sent.fields[*name].as_str().unwrap();
            let changed = value.replacen(value.chars().nth(2).unwrap(), "~", 1);
            let changed = sent.clone().with(name, changed);
            assert_eq!(
                changed.why(&sns, &world).await,
                Some(Why::Mismatch),
                "{kind} {name}"
            );
        }
        let later = sent.clone().with("Timestamp", "2026-01-01T00:00:00.656Z");
        assert_eq!(later.why(&sns, &world).await, Some(Why::Mismatch));
        // Named alike in the head, so that only the signature speaks against it.
        let other = sent.clone().with("MessageId", "other");
        let other = other.unheaded("x-amz-sns-message-id");
        assert_eq!(other.why(&sns, &world).await, Some(Why::Mismatch));
    }
    let added = Sent::notification().without("Subject").signed();
    let added = added.with("Subject", "");
    assert_eq!(added.why(&sns, &world).await, Some(Why::Mismatch));
    let removed = Sent::notification().without("Subject");
    assert_eq!(removed.why(&sns, &world).await, Some(Why::Mismatch));
}

#[tokio::test]
async fn fields_that_are_not_signed_may_be_anything() {
    let (world, sns) = (World::usual().await, sns(""));
    let sent = Sent::notification()
        .with("UnsubscribeURL", "https://evil.example/")
        .with(
            "MessageAttributes",
            json!({ "a": { "Type": "String", "Value": "b" } }),
        )
        .with("Anything", json!([1, null]));
    assert_eq!(sent.why(&sns, &world).await, None);
}

#[tokio::test]
async fn types_are_not_taken_for_each_other() {
    let (world, sns) = (World::usual().await, sns("confirmations: pass"));
    let sent = Sent::of("SubscriptionConfirmation");
    let head = sent.clone().unheaded("x-amz-sns-message-type");
    let head = head.headed("x-amz-sns-message-type", "Notification");
    assert_eq!(head.why(&sns, &world).await, Some(Why::Malformed));
    let both = head.with("Type", "Notification");
    assert_eq!(both.why(&sns, &world).await, Some(Why::Mismatch));
    let unknown = sent.unheaded("x-amz-sns-message-type");
    let unknown = unknown.headed("x-amz-sns-message-type", "notification");
    assert_eq!(unknown.why(&sns, &world).await, Some(Why::Malformed));
}

#[tokio::test]
async fn first_signature_version_can_be_refused() {
    let (world, strict) = (World::usual().await, sns("min_signature_version: 2"));
    let sent = Sent::notification();
    assert_eq!(sent.why(&strict, &world).await, None);
    let first = sent.clone().with("SignatureVersion", "1").signed();
    assert_eq!(first.why(&strict, &world).await, Some(Why::Mismatch));
    // A version is part of what the certificate verifies, not a label to be changed.
    let labelled = first.with("SignatureVersion", "2");
    assert_eq!(labelled.why(&sns(""), &world).await, Some(Why::Mismatch));
    for odd in [json!("3"), json!("0"), json!(""), json!(2)] {
        let sent = sent.clone().with("SignatureVersion", odd.clone());
        assert_eq!(
            sent.why(&strict, &world).await,
            Some(Why::Malformed),
            "{odd}"
        );
    }
}

#[tokio::test]
async fn signed_text_cannot_be_divided_in_another_way() {
    let (world, sns) = (World::usual().await, sns(""));
    // Whoever may publish chooses a message that holds what looks like other fields.
    let message = "harmless\nMessageId\nchosen\nSubject\nchosen";
    let sent = Sent::notification().without("Subject");
    let sent = sent.with("Message", message).signed();
    assert_eq!(sent.why(&sns, &world).await, None);
    let divided = sent
        .with("Message", "harmless")
        .with(
            "MessageId",
            format!("chosen\nSubject\nchosen\nMessageId\n{ID}"),
        )
        .unheaded("x-amz-sns-message-id");
    assert_eq!(divided.why(&sns, &world).await, Some(Why::Malformed));
}

#[test]
fn only_sns_can_sign() {
    let secret = crate::secret::Secret::new(b"secret".to_vec());
    let draft = Draft {
        method: &Method::POST,
        host: &crate::model::Host::parse("hooks.example.com").unwrap(),
        target: "/",
        headers: &[],
        body: b"{}",
        signed_at: std::time::SystemTime::UNIX_EPOCH,
        event_id: None,
        secret: &secret,
    };
    assert_eq!(sns("").sign(&draft).err(), Some(SignError::NotBySecret));
}
