//! Messages that cannot be read in one way, or are not for us.

use super::*;

#[tokio::test]
async fn head_that_contradicts_the_signature_is_refused() {
    let (world, sns) = (World::usual().await, sns(""));
    let sent = Sent::notification();
    let absent = sent.clone().unheaded("x-amz-sns-message-type");
    assert_eq!(absent.why(&sns, &world).await, Some(Why::Missing));
    for name in [
        "x-amz-sns-message-type",
        "x-amz-sns-message-id",
        "x-amz-sns-topic-arn",
    ] {
        let value = sent.head.iter().find(|(known, _)| *known == name);
        let twice = sent.clone().headed(name, &value.unwrap().1);
        assert_eq!(
            twice.why(&sns, &world).await,
            Some(Why::Malformed),
            "{name}"
        );
        let other = sent.clone().unheaded(name).headed(name, "other");
        assert_eq!(
            other.why(&sns, &world).await,
            Some(Why::Malformed),
            "{name}"
        );
    }
    let raw = sent.headed("x-amz-sns-rawdelivery", "true");
    assert_eq!(raw.why(&sns, &world).await, Some(Why::Malformed));
}

#[tokio::test]
async fn messages_of_other_topics_are_refused() {
    let world = World::usual().await;
    let other = "arn:aws:sns:us-east-1:666666666666:MyTopic";
    let sent = Sent::notification().with("TopicArn", other).signed();
    let sent = sent.unheaded("x-amz-sns-topic-arn");
    assert_eq!(sent.why(&sns(""), &world).await, Some(Why::Mismatch));
    assert_eq!(world.connections(), 0, "a stranger's topic costs no fetch");
    let both = read(&format!(
        "parameters: {{ topic: ['{TOPIC}', '{other}'] }}\nscheme: {{}}"
    ));
    assert_eq!(sent.why(&both.unwrap(), &world).await, None);
}

#[tokio::test]
async fn messages_count_for_an_hour_in_both_directions() {
    let (world, usual, hasty) = (World::usual().await, sns(""), sns("tolerance: 5m"));
    let sent = Sent::notification()
        .with("Timestamp", "2026-01-01T00:00:00Z")
        .signed();
    for (now, expected, in_haste) in [
        (NOW + 300, None, None),
        (NOW + 301, None, Some(Why::Stale)),
        (NOW + 3_600, None, Some(Why::Stale)),
        (NOW + 3_601, Some(Why::Stale), Some(Why::Stale)),
        (NOW - 300, None, None),
        (NOW - 3_600, None, Some(Why::Future)),
        (NOW - 3_601, Some(Why::Future), Some(Why::Future)),
    ] {
        let sent = sent.clone().at(now);
        assert_eq!(sent.why(&usual, &world).await, expected, "{now}");
        assert_eq!(sent.why(&hasty, &world).await, in_haste, "{now}");
    }
    for odd in [
        "2026-01-01",
        "1767225600",
        "2026-01-01T00:00:00",
        "2026-01-01T00:00:00+00:00",
    ] {
        let sent = sent.clone().with("Timestamp", odd).signed();
        assert_eq!(
            sent.why(&usual, &world).await,
            Some(Why::Malformed),
            "{odd}"
        );
    }
}

#[tokio::test]
async fn body_with_two_readings_is_refused() {
    let (world, sns) = (World::usual().await, sns(""));
    let sent = Sent::notification();
    let body = sent.body();
    let within = body.strip_prefix('{').unwrap().strip_suffix('}').unwrap();
    let and = |more: &str| format!("{{{within},{more}}}");
    for other in [
        format!("{{\"Message\":\"evil\",{within}}}"),
        and("\"Message\":\"evil\""),
        and("\"message\":\"evil\""),
        and("\"\\u004dessage\":\"evil\""),
        and("\"Me\u{17f}sage\":\"evil\""),
        and("\"a\":1,\"a\":2"),
        format!("{body}{body}"),
        format!("{body}x"),
        format!("\u{feff}{body}"),
        format!("[{body}]"),
        format!("{{{within}"),
        body.chars().take(100).collect(),
        String::new(),
        "null".to_owned(),
    ] {
        let judged = sent.judged_with(&other, &sns, &world).await;
        assert_eq!(judged.unwrap_err().reason, Why::Malformed, "{other}");
    }
    let pretty = serde_json::to_string_pretty(&sent.fields).unwrap();
    assert!(sent.judged_with(&pretty, &sns, &world).await.is_ok());
}

#[tokio::test]
async fn missing_or_mistyped_fields_are_refused() {
    let (world, sns) = (World::usual().await, sns("confirmations: pass"));
    for kind in ["Notification", "SubscriptionConfirmation"] {
        let sent = Sent::of(kind);
        let optional = ["Subject", "UnsubscribeURL"];
        for name in sent
            .fields
            .keys()
            .filter(|name| !optional.contains(&name.as_str()))
        {
            let missing = sent.clone().without(name);
            assert_eq!(
                missing.why(&sns, &world).await,
                Some(Why::Malformed),
                "{name}"
            );
            for odd in [json!(null), json!(1), json!(["a"]), json!({})] {
                let odd = sent.clone().with(name, odd);
                assert_eq!(odd.why(&sns, &world).await, Some(Why::Malformed), "{name}");
            }
        }
    }
    for odd in ["", "!", "AAAA", "YQ", "YQ==\n"] {
        let odd = Sent::notification().with("Signature", odd);
        assert!(odd.why(&sns, &world).await.is_some());
    }
}

#[test]
fn topic_must_be_named() {
    for text in [
        "scheme: {}",
        "parameters: { topic: [] }\nscheme: {}",
        "parameters: { topic: MyTopic }\nscheme: {}",
        "parameters: { topic: 'arn:aws:sqs:us-east-1:123456789012:MyTopic' }\nscheme: {}",
        "parameters: { topic: 'arn:aws:sns:us-east-1:123456789012:*' }\nscheme: {}",
        "parameters: { topic: ['arn:aws:sns:us-east-1:123456789012:a', b] }\nscheme: {}",
    ] {
        let problems = read(text).unwrap_err();
        assert!(problems[0].contains("needs the topics"), "{problems:?}");
        assert!(problems[0].contains("arn:aws:sns:"), "{problems:?}");
    }
    let text =
        format!("parameters: {{ topic: '{TOPIC}' }}\nscheme: {{ min_signature_version: 3 }}");
    let problems = read(&text).unwrap_err();
    assert!(
        problems[0].contains("no signature version 3"),
        "{problems:?}"
    );
}
