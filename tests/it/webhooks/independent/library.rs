//! The vectors against the webhook itself, at their own time.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use sidegate::document::{Fields, Problems, Severity, parse};
use sidegate::model::{self, CanonicalPath, Client, Host, Request, Scheme};
use sidegate::webhook::{Fetcher, Look, Message, Once, Proved, Settings, Webhook};

use super::super::block_on;
use super::{Vector, settle, target, written};

/// The moment these vectors are made for: 2026-01-01.
const NOW: u64 = 1_767_225_600;

/// What is judged before a webhook is asked, or after it: the gate's own tests look at that.
const NOT_ITS: &[&str] = &["method", "too_large"];

/// What came of a vector: `ok` or why not, and what tells the delivery from others.
struct Found {
    word: &'static str,
    once: Option<Once>,
}

#[test]
fn every_vector_comes_out_as_its_sender_says() {
    let vectors = written(NOW);
    let mut hooks = HashMap::new();
    let mut seen: HashMap<&str, Found> = HashMap::new();
    let mut wrong = BTreeMap::new();
    let mut sent = 0;
    for vector in vectors.iter().filter(|vector| !vector.is_certified()) {
        let classes = &vector.expected.classes;
        if classes
            .iter()
            .all(|class| NOT_ITS.contains(&class.as_str()))
            && !classes.is_empty()
        {
            continue;
        }
        let key = format!("{} {}", vector.preset, vector.params);
        let hook = hooks.entry(key).or_insert_with(|| hook(vector));
        let found = match hook {
            Some(hook) => judged(hook, vector),
            None => Found {
                word: "config",
                once: None,
            },
        };
        sent += 1;
        if let Some(what) = mistake(vector, &found, &seen) {
            wrong.insert(vector.name.clone(), what);
        }
        seen.insert(&vector.name, found);
    }
    settle(sent, &wrong);
}

fn mistake(vector: &Vector, found: &Found, seen: &HashMap<&str, Found>) -> Option<String> {
    let expected = &vector.expected;
    let is_ok = found.word == "ok";
    let digest = |once: &Option<Once>| once.as_ref().map(|once| once.delivery.digest);
    let fits = match (&vector.after, is_ok) {
        // Whether it was seen is told by what it is remembered by.
        (Some(first), true) => {
            let first = seen
                .get(first.as_str())
                .and_then(|first| digest(&first.once));
            first.is_some() && first == digest(&found.once)
        }
        (None, true) => expected.ok,
        (_, false) => expected.classes.iter().any(|class| class == found.word),
    };
    let must = if expected.ok { "ok, or" } else { "" };
    (!fits).then(|| {
        format!(
            "{}, not {must} {:?}: {}",
            found.word, expected.classes, vector.why
        )
    })
}

fn hook(vector: &Vector) -> Option<Arc<Webhook>> {
    let (settings, variables) = vector.settings("KEY");
    let indented: Vec<String> = settings.lines().map(|line| format!("    {line}")).collect();
    let text = format!("webhooks:\n  hook:\n{}\n", indented.join("\n"));
    let problems = Problems::new();
    let variable = |name: &str| {
        let found = variables.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.clone())
    };
    let built = parse("policy.yaml", &text, &variable, &problems).and_then(|node| {
        let mut fields = Fields::of(&node, "policy", &problems)?;
        let fetcher = Arc::new(Fetcher::default());
        let built = Settings::read(&mut fields, &problems).build(&fetcher);
        built.into_iter().next()
    });
    let found = problems.into_sorted();
    let error = found
        .iter()
        .find(|problem| problem.severity == Severity::Error);
    let must_fail = vector
        .expected
        .classes
        .iter()
        .any(|class| class == "config");
    assert!(error.is_none() || must_fail, "{text}\n{}", error.unwrap());
    built.filter(|_| error.is_none())
}

fn judged(hook: &Arc<Webhook>, vector: &Vector) -> Found {
    let request = request(vector);
    let message = Message {
        request: &request,
        capture: &|_| None::<Cow<'_, str>>,
        key: None,
    };
    let refused = |word| Found { word, once: None };
    match hook.look(&message) {
        Look::Absent => return refused("missing"),
        Look::Refused(refusal) => return refused(refusal.reason.as_str()),
        Look::Challenge(_) | Look::Enrolment => return refused("answered"),
        Look::Delivery => {}
    }
    let body = Bytes::from(vector.sent.body.clone());
    match block_on(hook.verify(&message, &body)) {
        Ok(Proved::Delivery(genuine)) => Found {
            word: "ok",
            once: genuine.once,
        },
        Ok(Proved::Challenge(_) | Proved::Enrolment(_)) => refused("answered"),
        Err(refusal) => refused(refusal.reason.as_str()),
    }
}

fn request(vector: &Vector) -> Request {
    let mut headers = HeaderMap::new();
    for (name, value) in &vector.sent.headers {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        headers.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    let url = vector.url.strip_suffix(target(&vector.url)).unwrap();
    let (_, host) = url.split_once("://").unwrap();
    Request {
        method: vector.sent.method.clone(),
        scheme: Scheme::Https,
        host: Host::parse(host).unwrap(),
        path: CanonicalPath::parse(&vector.sent.target).unwrap(),
        headers: model::Fields::from(&headers),
        client: Client::direct("192.0.2.1:1000".parse().unwrap()),
        received_at: vector.sent.at,
    }
}
