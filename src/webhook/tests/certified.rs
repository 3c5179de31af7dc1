//! The vectors of `tests/real/webhooks/vectors` whose senders publish certificates. Here a server stands in for each
//! address that a vector names, so that one which must not be asked would answer.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use url::Url;

use super::*;
use crate::webhook::Message;
use crate::webhook::fetch::tests::support::{Reply, World};

/// What the generator writes for [`NOW`].
fn written() -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = folder.join("target/real/webhooks/venv/bin/python3");
    let found = python.display();
    assert!(
        python.exists(),
        "{found} is missing: `tests/run` installs it"
    );
    let output = Command::new(python)
        .arg("-B")
        .arg(folder.join("tests/real/webhooks/vectors"))
        .output()
        .unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// The webhook that a vector is for.
fn hook_of(vector: &Value, world: &World) -> Arc<Webhook> {
    let params = &vector["params"];
    let parameters = match params["webhook_id"].as_str() {
        Some(id) => format!("{{ webhook_id: {id} }}"),
        None => format!("{{ topic: {} }}", params["topics"]),
    };
    let more = match params["confirmations"] == true {
        true => "      scheme: { confirmations: pass }\n",
        false => "",
    };
    let preset = text(&vector["preset"]);
    let text = format!(
        "webhooks:\n  hook:\n      preset: {preset}\n      parameters: {parameters}\n{more}"
    );
    let problems = Problems::new();
    let node = parse("policy.yaml", &text, &variable, &problems).unwrap();
    let mut fields = Fields::of(&node, "policy file", &problems).unwrap();
    let settings = Settings::read(&mut fields, &problems);
    let built = settings.build(&world.fetcher).into_iter().next();
    built.unwrap_or_else(|| panic!("{text}{:?}", lines(problems)))
}

async fn judged(vector: &Value, hook: &Webhook) -> Result<Genuine, Refusal> {
    let request = &vector["request"];
    let url = Url::parse(text(&request["url"])).unwrap();
    let headers: Vec<(&str, &str)> = request["headers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pair| (text(&pair[0]), text(&pair[1])))
        .collect();
    let method = text(&request["method"]).parse().unwrap();
    let staged = Staged::new(method, url.path(), &headers).at(vector["now"].as_u64().unwrap());
    let message: Message<'_> = staged.message();
    match hook.look(&message) {
        Look::Absent => return Err(crate::webhook::Why::Missing.into()),
        Look::Refused(refusal) => return Err(refusal),
        other @ (Look::Challenge(_) | Look::Enrolment) => panic!("{other:?}"),
        Look::Delivery => {}
    }
    let body = Bytes::from(STANDARD.decode(text(&request["body"])).unwrap());
    match hook.verify(&message, &body).await? {
        Proved::Delivery(genuine) => Ok(genuine),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn vectors_with_certificates_come_out_as_their_senders_say() {
    let vectors = written();
    let vectors: Vec<&Value> = vectors
        .iter()
        .filter(|vector| !vector["params"]["certificates"].is_null())
        .collect();
    let (mut wrong, mut digests) = (BTreeMap::new(), HashMap::new());
    for vector in &vectors {
        let certificates = vector["params"]["certificates"].as_object().unwrap();
        let urls = certificates.keys().filter_map(|url| Url::parse(url).ok());
        let hosts: Vec<String> = urls
            .filter_map(|url| url.host_str().map(str::to_owned))
            .collect();
        let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
        let pem = text(certificates.values().next().unwrap()).to_owned();
        let world = World::with(&hosts, Reply::Full("200 OK", pem)).await;
        let hook = hook_of(vector, &world);
        let outcome = judged(vector, &hook).await;
        let name = text(&vector["name"]);
        let word = outcome
            .as_ref()
            .map_or_else(|refusal| refusal.reason.as_str(), |_| "ok");
        if let Ok(genuine) = outcome {
            digests.insert(name, genuine.once.unwrap().delivery.digest);
        }
        let classes = vector["class"].as_array().unwrap();
        let fits = match (word, vector["after"].as_str()) {
            // Whether it was seen is told by what it is remembered by.
            ("ok", Some(first)) => digests.get(first) == digests.get(name),
            ("ok", None) => vector["expect"] != "refused",
            _ => classes.iter().any(|class| class == word),
        };
        // Of the addresses that are none of the sender's nobody has been asked.
        let quiet = !name.contains("cert-url") || world.connections() == 0;
        if !fits || !quiet {
            wrong.insert(name, format!("{word}, not {classes:?}, asked: {}", !quiet));
        }
    }
    assert!(
        wrong.is_empty() && vectors.len() > 50,
        "of {}: {wrong:#?}",
        vectors.len()
    );
}
