//! The vectors of the present moment through the real gate, over sockets, before a real app.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{Vector, settle, written};
use crate::support::client::Answer;
use crate::support::gate::Setup;
use crate::support::upstream::Seen;
use crate::support::{Gate, Upstream, now};

/// A webhook of the policy for each preset with its parameters, on a host of its own.
struct Houses {
    policy: String,
    variables: Vec<(String, String)>,
    numbers: HashMap<String, usize>,
}

#[test]
fn every_vector_of_this_moment_is_answered_as_its_sender_says_and_the_app_gets_its_bytes() {
    let vectors = written(u64::try_from(now()).unwrap());
    let mut vectors: Vec<&Vector> = vectors.iter().filter(|vector| is_sent(vector)).collect();
    // The sooner those are sent that cannot wait.
    vectors.sort_by_key(|vector| vector.clock != "now");
    let houses = Houses::of(&vectors);
    let upstream = Upstream::start();
    let mut setup = Setup::policy(&houses.policy).upstream(&upstream);
    for (name, value) in &houses.variables {
        setup = setup.env(name, value);
    }
    let gate = setup.start();
    let mut wrong = BTreeMap::new();
    for vector in &vectors {
        let number = houses.numbers[&house(vector)];
        upstream.forget();
        let answer = send(&gate, number, vector);
        if let Err(what) = judged(vector, number, &answer, &upstream) {
            wrong.insert(vector.name.clone(), format!("{what}: {}", vector.why));
        }
    }
    let text = gate.output.text();
    for (_, value) in &houses.variables {
        assert!(!text.contains(value.as_str()), "a secret is in the log");
    }
    // A gate that is dropped while a test fails tells all it said.
    drop(gate);
    settle(vectors.len(), &wrong);
}

/// Whether it can be sent now: no time in it, or the time is now.
fn is_sent(vector: &Vector) -> bool {
    let is_now = ["any", "now"].contains(&vector.clock.as_str());
    let config = vector
        .expected
        .classes
        .iter()
        .any(|class| class == "config");
    is_now && !config && !vector.is_certified()
}

fn house(vector: &Vector) -> String {
    format!("{} {}", vector.preset, vector.params)
}

impl Houses {
    fn of(vectors: &[&Vector]) -> Self {
        let mut groups: BTreeMap<String, Vec<&Vector>> = BTreeMap::new();
        for vector in vectors {
            groups.entry(house(vector)).or_default().push(vector);
        }
        let (mut hooks, mut routes) = (String::new(), String::new());
        let (mut variables, mut numbers) = (Vec::new(), HashMap::new());
        for (number, (house, vectors)) in groups.into_iter().enumerate() {
            let (settings, own) = vectors[0].settings(&format!("KEY_{number}"));
            let indented: Vec<String> =
                settings.lines().map(|line| format!("    {line}")).collect();
            hooks += &format!(
                "  h{number}:\n{}\n    replay: {{ keep: 24h }}\n",
                indented.join("\n")
            );
            // What a sender sends is let through, and no other method.
            let good = vectors
                .iter()
                .filter(|vector| !vector.expected.classes.contains(&"method".into()));
            let methods: BTreeSet<&str> = good.map(|vector| vector.sent.method.as_str()).collect();
            let methods: Vec<&str> = methods.into_iter().collect();
            routes += &format!(
                "  - {{ path: /**, host: h{number}.example.com, methods: [{}], authenticate: [h{number}] }}\n",
                methods.join(", ")
            );
            variables.extend(own);
            numbers.insert(house, number);
        }
        let policy = format!(
            "webhooks:\n{hooks}identity_headers: {{ X-Webhook: '{{{{ principal.claims.webhook }}}}' }}\nroutes:\n{routes}"
        );
        Self {
            policy,
            variables,
            numbers,
        }
    }
}

fn send(gate: &Gate, number: usize, vector: &Vector) -> Answer {
    let sent = &vector.sent;
    let mut call = gate
        .call(sent.method.as_str(), &sent.target)
        .host(&format!("h{number}.example.com"));
    for (name, value) in &sent.headers {
        call = call.header(name, value);
    }
    if vector.says("chunked") {
        // A field that comes after the body is none of the signature's.
        call = call.trailer("X-Late", "1").body(sent.body.clone());
    } else if !sent.body.is_empty() || sent.method == "POST" {
        call = call.body(sent.body.clone());
    }
    call.send()
}

fn judged(
    vector: &Vector,
    number: usize,
    answer: &Answer,
    upstream: &Upstream,
) -> Result<(), String> {
    let expected = &vector.expected;
    let (status, code) = answer.outcome();
    if status == 200 && code.is_empty() {
        if !expected.ok {
            return Err(format!("it passed, not {:?}", expected.classes));
        }
        return arrived(vector, number, &upstream.seen());
    }
    if upstream.count() > 0 {
        return Err("it was refused, and reached the app".to_owned());
    }
    let fits = |class: &String| answers(class) == (status, code.as_str());
    match expected.classes.iter().any(fits) {
        true => Ok(()),
        false if expected.ok => Err(format!("{status} {code}, not ok or {:?}", expected.classes)),
        false => Err(format!("{status} {code}, not {:?}", expected.classes)),
    }
}

/// What is answered to a class of refusals: README, "Verify webhooks".
fn answers(class: &str) -> (u16, &'static str) {
    match class {
        "missing" => (401, "SIGNATURE_MISSING"),
        "malformed" | "mismatch" => (401, "SIGNATURE_INVALID"),
        "stale" | "future" => (401, "SIGNATURE_EXPIRED"),
        "replay" => (409, "SIGNATURE_REPLAYED"),
        "too_large" => (413, "BODY_TOO_LARGE"),
        "encoded" => (415, "CONTENT_ENCODED"),
        "method" => (403, "NO_ROUTE"),
        "ok" => (200, ""),
        other => panic!("no answer is known to {other}"),
    }
}

/// Whether the app got what was verified, and nothing that the caller said of himself.
fn arrived(vector: &Vector, number: usize, seen: &[Seen]) -> Result<(), String> {
    let [seen] = seen else {
        return Err(format!("{} requests reached the app", seen.len()));
    };
    let sent = &vector.sent;
    let is = |what: &str, holds: bool| holds.then_some(()).ok_or_else(|| what.to_owned());
    let body = &seen.message.body;
    let is_whole = usize::try_from(body.length) == Ok(sent.body.len());
    is(
        "another body reached the app",
        is_whole && sent.body.starts_with(&body.bytes),
    )?;
    is(
        "another method reached the app",
        seen.method == sent.method.as_str(),
    )?;
    is("another target reached the app", seen.target == sent.target)?;
    is(
        "a trailer reached the app",
        seen.message.trailers.is_empty(),
    )?;
    let length = sent.body.len().to_string();
    let is_long = !sent.body.is_empty();
    is(
        "another length reached the app",
        !is_long || seen.header("content-length") == Some(&length),
    )?;
    is(
        "another name reached the app",
        seen.header("x-webhook") == Some(&format!("h{number}")),
    )?;
    let hidden = vector.line["stripped"].as_array().into_iter().flatten();
    let hidden: Vec<String> = hidden
        .map(|name| super::owned(name).to_ascii_lowercase())
        .collect();
    for (name, value) in &sent.headers {
        let name = name.to_ascii_lowercase();
        let there = seen
            .message
            .headers
            .iter()
            .any(|(key, text)| key.eq_ignore_ascii_case(&name) && text == value);
        let is_token = super::super::text_of(&vector.preset).contains("kind: token");
        let must_go =
            name == "x-webhook" || hidden.contains(&name) || (is_token && name == "authorization");
        let may_go = name.starts_with("x-forwarded") || is_token;
        is(&format!("{name} reached the app"), !must_go || !there)?;
        is(
            &format!("{name} did not reach the app"),
            must_go || may_go || there,
        )?;
    }
    Ok(())
}
