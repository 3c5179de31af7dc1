//! Messages as SNS sends them, signed by a sender of our own.

mod certificates;
mod envelopes;
mod signatures;

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
                sns.verify(&message, body, &world.fetcher).await
            }
        }
    }

    async fn why(&self, sns: &Sns, world: &World) -> Option<Why> {
        let judged = self.judged(sns, world).await;
        judged.err().map(|refusal| refusal.reason)
    }
}
