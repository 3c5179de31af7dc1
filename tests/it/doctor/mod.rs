//! `sidegate doctor` against fronts: sidegate itself, a badly wired one with each hole by itself, and nginx.

mod broken;
mod front;
mod nginx;
mod own;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::process::Output;

use serde_json::{Value, json};

use crate::support::gate::{Setup, sidegate};
use crate::support::{Gate, Issuer, free_port};

/// The secret that signs deliveries of the policy's webhook.
const SECRET: &str = "it's a secret to everybody but us";

/// A policy with one of everything that doctor looks for.
fn policy(issuer: &Issuer) -> String {
    format!(
        "{}identity_headers:\n  X-User: \"{{{{ principal.subject }}}}\"\n  X-Tenant: \"{{{{ principal.tenant }}}}\"\n\
         webhooks:\n  hub: {{ preset: github, secrets: \"${{HUB_SECRET}}\", max_body: 64KiB }}\n\
         authenticate: main\n\
         routes:\n  - path: /api/tenants/{{tenant}}/**\n  - path: /public/**\n    public: true\n  \
         - path: /hooks/hub\n    methods: [POST]\n    authenticate: hub\n",
        issuer.section()
    )
}

/// What a set-up consists of, with the app's place kept free for doctor.
struct World {
    issuer: Issuer,
    policy: String,
    /// The app's address, where nobody listens.
    app: SocketAddr,
}

impl World {
    fn new() -> Self {
        let issuer = Issuer::start();
        let policy = policy(&issuer);
        let app = SocketAddr::from(([127, 0, 0, 1], free_port()));
        Self {
            issuer,
            policy,
            app,
        }
    }

    /// A gate that forwards to an address.
    fn gate(&self, app: SocketAddr) -> Gate {
        let setup = Setup::policy(&self.policy).env("HUB_SECRET", SECRET);
        let gate = setup.upstream_url(&format!("http://{app}")).start();
        gate.wait_ready();
        gate
    }

    fn token(&self) -> String {
        self.issuer.token(&json!({ "tenant_id": "acme" }))
    }

    /// Runs doctor with these words; the policy is written beside nothing.
    fn doctor(&self, front: SocketAddr, words: &[&str]) -> Report {
        self.doctor_at(&format!("http://{front}"), words)
    }

    /// The same for a front by its URL.
    fn doctor_at(&self, front: &str, words: &[&str]) -> Report {
        let folder = tempfile::tempdir().unwrap();
        let policy = folder.path().join("policy.yaml");
        std::fs::write(&policy, &self.policy).unwrap();
        let output = sidegate()
            .arg("doctor")
            .args(["--front", front, "--json"])
            .arg("--policy")
            .arg(&policy)
            .args(words)
            .env("HUB_SECRET", SECRET)
            .output()
            .unwrap();
        Report::of(&output)
    }

    /// Everything that can be checked in one run: in the app's place, with a token.
    fn full(&self, front: SocketAddr, words: &[&str]) -> Report {
        let (app, token) = (self.app.to_string(), self.token());
        let mut all = vec!["--as-app", &app, "--token", &token];
        all.extend(words);
        self.doctor(front, &all)
    }
}

/// What doctor said.
struct Report {
    code: i32,
    /// Result and detail by the checks' names.
    checks: BTreeMap<String, (String, String)>,
    text: String,
    /// The checks in short.
    lines: String,
}

impl Report {
    fn of(output: &Output) -> Self {
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let noted = String::from_utf8_lossy(&output.stderr);
        let json: Value = serde_json::from_str(&text).unwrap_or_default();
        let checks = json["checks"].as_array().cloned().unwrap_or_default();
        let told = |check: &Value, key: &str| check[key].as_str().unwrap().to_owned();
        let lines = checks.iter().map(|check| {
            let (name, result) = (told(check, "name"), told(check, "result"));
            format!("{name}: {result}: {}", told(check, "detail"))
        });
        let lines: Vec<String> = lines.collect();
        let checks = checks.iter().map(|check| {
            let result = (told(check, "result"), told(check, "detail"));
            (told(check, "name"), result)
        });
        Self {
            code: output.status.code().unwrap(),
            checks: checks.collect(),
            text: format!("{text}\n{noted}"),
            lines: lines.join("\n"),
        }
    }

    /// The names of the checks that ended so.
    fn names(&self, result: &str) -> Vec<&str> {
        let ended = self.checks.iter().filter(|(_, (ended, _))| ended == result);
        ended.map(|(name, _)| name.as_str()).collect()
    }

    /// Fails the test unless exactly this check found a hole.
    #[track_caller]
    fn assert_only(&self, name: &str) {
        assert_eq!(self.names("hole"), [name], "{}", self.lines);
        assert_eq!(self.code, 1);
    }

    /// Fails the test unless there is no hole, and nothing unchecked but these.
    #[track_caller]
    fn assert_well_but(&self, unchecked: &[&str]) {
        assert_eq!(self.names("hole"), Vec::<&str>::new(), "{}", self.lines);
        assert_eq!(self.names("not_checked"), unchecked, "{}", self.lines);
        assert_eq!(self.code, 0);
    }
}
