//! When a secret is taken, when it is not, and what is left behind either way.

mod keeping;
mod loading;
mod taking;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::Method;
use sha2::Sha256;

use crate::document::{Fields, Problems, parse};
use crate::webhook::staged::{Staged, lines};
use crate::webhook::{Enrolling, Fetcher, Look, Proved, Reply, Settings, Webhook, Why};

/// 2026-01-01T00:00:00Z, and an hour later.
const NOW: u64 = 1_767_225_600;
const UNTIL: &str = "2026-01-01T01:00:00Z";
const END: u64 = NOW + 3_600;
const MADE: &str = "b537207f20cbfa02357cf448134da559e8bd39d61597dcd5631b8012eae53e81";
const TOKEN: &str = "secret_tMrlL1qK5vuQAh1b6cZGhFChZTSYJlce98V0pYn7yBl";

/// Reads a webhook; gives it, and all mistakes.
fn read(text: &str) -> (Option<Arc<Webhook>>, Vec<String>) {
    let problems = Problems::new();
    let text = format!("webhooks: {{ hook: {text} }}");
    let variable = |name: &str| (name == "OTHER").then(|| "another-secret-of-some-length".into());
    let node = parse("policy.yaml", &text, &variable, &problems);
    let built = node.and_then(|node| {
        let mut fields = Fields::of(&node, "policy file", &problems)?;
        let settings = Settings::read(&mut fields, &problems);
        let built = settings.build(&Arc::new(Fetcher::default()));
        built.into_iter().next()
    });
    (built, lines(problems))
}

fn window(preset: &str, folder: &Path) -> Arc<Webhook> {
    let file = folder.join("hook.secret");
    let (hook, mistakes) = read(&format!(
        "{{ preset: {preset}, secrets: {{ file: {}, enrol: {{ until: {UNTIL} }} }} }}",
        file.display()
    ));
    assert!(mistakes.is_empty(), "{mistakes:?}");
    hook.unwrap()
}

/// A request, and when it comes.
#[derive(Debug, Clone)]
struct First {
    headers: Vec<(&'static str, String)>,
    body: String,
    at: u64,
}

impl First {
    fn of_asana(secret: &str) -> Self {
        Self {
            headers: vec![("x-hook-secret", secret.to_owned())],
            body: "{}".to_owned(),
            at: NOW,
        }
    }

    fn of_notion(secret: &str) -> Self {
        let body = format!(r#"{{"verification_token":"{secret}"}}"#);
        Self {
            headers: vec![("x-notion-signature", signature(secret, &body))],
            body,
            at: NOW,
        }
    }

    fn signed(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    fn at(self, at: u64) -> Self {
        Self { at, ..self }
    }

    fn staged(&self) -> Staged {
        let headers: Vec<(&str, &str)> = self
            .headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        Staged::new(Method::POST, "/in", &headers).at(self.at)
    }

    /// What the webhook makes of it: a secret that it would take, or why not.
    fn judged(&self, hook: &Webhook) -> Result<Box<Enrolling>, Why> {
        let staged = self.staged();
        let message = staged.message();
        match hook.look(&message) {
            Look::Absent => return Err(Why::Missing),
            Look::Refused(refusal) => return Err(refusal.reason),
            Look::Challenge(_) => panic!("no challenge was sent"),
            Look::Delivery | Look::Enrolment => {}
        }
        let body = Bytes::from(self.body.clone());
        match run(hook.verify(&message, &body)) {
            Ok(Proved::Enrolment(enrolling)) => Ok(enrolling),
            Ok(_) => panic!("a secret was sent, and nothing else"),
            Err(refusal) => Err(refusal.reason),
        }
    }

    /// The answer once it is kept, or why there is none.
    fn sent(&self, hook: &Webhook) -> Result<Reply, Why> {
        let enrolling = self.judged(hook)?;
        run(enrolling.keep(|| {})).map_err(|refusal| refusal.reason)
    }
}

fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread();
    { runtime }.build().unwrap().block_on(future)
}

fn signature(secret: &str, body: &str) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    let mac = mac.chain_update(body).finalize().into_bytes();
    let digits: String = mac.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256={digits}")
}

/// What is in a folder, by name.
fn inside(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.collect()
}
