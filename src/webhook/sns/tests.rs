use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::Method;
use serde_json::{Map, Value, json};

use super::*;
use crate::document::{Problems, parse};
use crate::webhook::fetch::tests::support::{
    NOW, Reply, World, certificate as minted, current, with_sha1, with_sha256,
};
use crate::webhook::staged::{Staged, lines};

const TOPIC: &str = "arn:aws:sns:us-east-1:123456789012:MyTopic";
const ID: &str = "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324";

fn read(text: &str) -> Result<Sns, Vec<String>> {
    let problems = Problems::new();
    let node = parse("policy.yaml", text, &|_: &str| None, &problems).unwrap();
    let empty = Parameters::default();
    let parameters = node
        .at("parameters")
        .and_then(|node| Parameters::read(node, &problems));
    let around = Around {
        url: None,
        parameters: parameters.as_ref().unwrap_or(&empty),
        problems: &problems,
    };
    let mut fields = Fields::of(node.at("scheme").unwrap(), "scheme", &problems).unwrap();
    let read = Sns::read(&mut fields, &around);
    fields.finish();
    match lines(problems) {
        found if found.is_empty() => Ok(read.unwrap()),
        found => Err(found),
    }
}

fn sns(keys: &str) -> Sns {
    let text = format!("parameters: {{ topic: '{TOPIC}' }}\nscheme: {{ {keys} }}");
    read(&text).unwrap()
}

/// A message whose fields can be changed after it was signed, and before.
#[derive(Clone)]
struct Sent {
    fields: Map<String, Value>,
    head: Vec<(&'static str, String)>,
    now: u64,
}

impl Sent {
    fn of(kind: &str) -> Self {
        let mut fields = json!({
            "Type": kind,
            "MessageId": ID,
            "TopicArn": TOPIC,
            "Subject": "My first message",
            "Message": "Hello\nworld \u{1f642}",
            "Timestamp": "2026-01-01T00:00:00.655Z",
            "SignatureVersion": "2",
            "SigningCertURL": "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-1.pem",
            "UnsubscribeURL": "https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe",
        });
        if kind != "Notification" {
            fields["SubscribeURL"] = "https://sns.us-east-1.amazonaws.com/?Action=Confirm".into();
            fields["Token"] = "2336412f37".into();
            fields.as_object_mut().unwrap().remove("Subject");
        }
        let head = vec![
            ("x-amz-sns-message-type", kind.to_owned()),
            ("x-amz-sns-message-id", ID.to_owned()),
            ("x-amz-sns-topic-arn", TOPIC.to_owned()),
        ];
        Self {
            fields: fields.as_object().unwrap().clone(),
            head,
            now: NOW,
        }
        .signed()
    }

    fn notification() -> Self {
        Self::of("Notification")
    }

    fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.fields.insert(name.into(), value.into());
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.fields.remove(name);
        self
    }

    /// Signed as the documentation says: written down here once more.
    fn signed(mut self) -> Self {
        let names: &[&str] = match self.fields["Type"].as_str() {
            Some("Notification") => &[
                "Message",
                "MessageId",
                "Subject",
                "Timestamp",
                "TopicArn",
                "Type",
            ],
            _ => &[
                "Message",
                "MessageId",
                "SubscribeURL",
                "Timestamp",
                "Token",
                "TopicArn",
                "Type",
            ],
        };
        let mut text = String::new();
        for name in names {
            if let Some(value) = self.fields.get(*name).and_then(Value::as_str) {
                text += &format!("{name}\n{value}\n");
            }
        }
        let signature = match self.fields["SignatureVersion"].as_str() {
            Some("1") => with_sha1(text.as_bytes()),
            _ => with_sha256(text.as_bytes()),
        };
        self.fields
            .insert("Signature".into(), STANDARD.encode(signature).into());
        self
    }

    fn headed(mut self, name: &'static str, value: &str) -> Self {
        self.head.push((name, value.to_owned()));
        self
    }

    fn unheaded(mut self, name: &str) -> Self {
        self.head.retain(|(known, _)| *known != name);
        self
    }

    fn at(mut self, now: u64) -> Self {
        self.now = now;
        self
    }

    fn body(&self) -> String {
        Value::from(self.fields.clone()).to_string()
    }

    async fn judged(&self, sns: &Sns, world: &World) -> Result<Proof, Refusal> {
        self.judged_with(&self.body(), sns, world).await
    }

    async fn judged_with(&self, body: &str, sns: &Sns, world: &World) -> Result<Proof, Refusal> {
        let head: Vec<(&str, &str)> = self
            .head
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let staged = Staged::new(Method::POST, "/hooks/sns", &head).at(self.now);
        let message = staged.message();
        match sns.look(&message)? {
            Presence::Absent => Err(Why::Missing.into()),
            Presence::Present => {
                let body = Bytes::copy_from_slice(body.as_bytes());
                sns.verify(&message, &body, &world.fetcher).await
            }
        }
    }

    async fn why(&self, sns: &Sns, world: &World) -> Option<Why> {
        let judged = self.judged(sns, world).await;
        judged.err().map(|refusal| refusal.reason)
    }
}

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
            let changed = format!("{}x{}", &value[..2], &value[3..]);
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

#[tokio::test]
async fn body_with_two_readings_is_refused() {
    let (world, sns) = (World::usual().await, sns(""));
    let sent = Sent::notification();
    let body = sent.body();
    let (open, close) = (&body[..1], &body[1..]);
    for other in [
        format!("{open}\"Message\":\"evil\",{close}"),
        format!("{}{}", &body[..body.len() - 1], ",\"Message\":\"evil\"}"),
        format!("{}{}", &body[..body.len() - 1], ",\"message\":\"evil\"}"),
        format!(
            "{}{}",
            &body[..body.len() - 1],
            ",\"\\u004dessage\":\"evil\"}"
        ),
        format!(
            "{}{}",
            &body[..body.len() - 1],
            ",\"Me\u{17f}sage\":\"evil\"}"
        ),
        format!("{}{}", &body[..body.len() - 1], ",\"a\":1,\"a\":2}"),
        format!("{body}{body}"),
        format!("{body}x"),
        format!("\u{feff}{body}"),
        format!("[{body}]"),
        body[..body.len() - 1].to_owned(),
        body[..body.len() / 2].to_owned(),
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
