//! `sidegate replay` over the logs of real gates.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::support::gate::{Setup, sidegate};
use crate::support::{Gate, Issuer, Upstream, eventually};

const RULES: &str = "roles: { viewer: ['reports:read'], admin: ['*'] }
default_role: viewer
routes:
  - { path: /open/**, public: true }
  - { path: /reports/**, permission: { GET: 'reports:read', POST: 'reports:write' } }
  - { path: '/tenants/{tenant}/**' }
  - { path: /beta/**, when: \"request.headers['x-plan'] == 'pro'\" }
  - { path: /admin/**, roles: [admin] }
";

struct House {
    gate: Gate,
    issuer: Issuer,
    _upstream: Upstream,
    log: PathBuf,
}

impl House {
    /// A gate whose decisions go to a file, with these settings besides.
    fn with(settings: &str) -> Self {
        let (issuer, upstream) = (Issuer::start(), Upstream::start());
        let process = format!("log: {{ decisions: {{ file: decisions.log, {settings} }} }}\n");
        let gate = Setup::policy(&format!("{}{RULES}", issuer.section()))
            .process(&process)
            .upstream(&upstream)
            .start();
        let log = gate.folder().join("decisions.log");
        Self {
            gate,
            issuer,
            _upstream: upstream,
            log,
        }
    }

    /// Some of everything: who passes, who does not, and what is no request at all.
    fn busy(settings: &str) -> Self {
        let house = Self::with(settings);
        let token = |sub: &str, roles: Value| {
            let claims = json!({ "sub": sub, "roles": roles, "tenant_id": "acme" });
            house.issuer.token(&claims)
        };
        let (bob, root) = (token("bob", json!([])), token("root", json!(["admin"])));
        let expired = house.issuer.token(&json!({ "exp": 1 }));
        let gate = &house.gate;
        for path in [
            "/reports/1",
            "/tenants/acme/a",
            "/tenants/other/a",
            "/admin",
        ] {
            gate.get(path).bearer(&bob).send();
            gate.get(path).bearer(&root).send();
        }
        gate.post("/reports/1").bearer(&bob).send();
        gate.post("/reports/1").bearer(&root).send();
        for plan in ["pro", "free"] {
            gate.get("/beta").bearer(&bob).header("X-Plan", plan).send();
        }
        gate.get("/beta").bearer(&bob).send();
        gate.get("/open/a").send();
        gate.get("/reports/1").send();
        gate.get("/reports/1").bearer(&expired).send();
        gate.get("/nowhere").bearer(&root).send();
        gate.get("/reports/../admin").bearer(&bob).send();
        gate.get("/reports/a;b").bearer(&bob).send();
        house.wait_for(19);
        house
    }

    fn wait_for(&self, count: usize) {
        let lines = || {
            fs::read_to_string(&self.log)
                .unwrap_or_default()
                .lines()
                .count()
        };
        eventually("every request has its record", || lines() >= count);
    }

    /// Writes another policy beside the one that serves.
    fn policy(&self, name: &str, rules: &str) -> PathBuf {
        let path = self.gate.folder().join(name);
        fs::write(&path, format!("{}{rules}", self.issuer.section())).unwrap();
        path
    }

    fn replay(&self, policy: &Path, more: &[&str]) -> (i32, Value) {
        let mut command = sidegate();
        let command = command
            .arg("replay")
            .arg(&self.log)
            .arg("--policy")
            .arg(policy);
        let (code, out, err) = run(command.arg("--json").args(more));
        let report = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}{err}"));
        (code, report)
    }
}

fn run(command: &mut Command) -> (i32, String, String) {
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let code = output.status.code().unwrap_or(-1);
    (code, text(output.stdout), text(output.stderr))
}

fn changes(report: &Value) -> [u64; 5] {
    let kinds = [
        "allow_to_deny",
        "deny_to_allow",
        "reason",
        "unknown",
        "same",
    ];
    kinds.map(|kind| report["changes"][kind]["records"].as_u64().unwrap())
}

#[test]
fn same_policy_decides_as_was_recorded() {
    let house = House::busy("rotate: off");
    let same = house.gate.folder().join("policy.yaml");
    let (code, report) = house.replay(&same, &[]);
    assert_eq!(
        (code, changes(&report)),
        (0, [0, 0, 0, 0, 19]),
        "{report:#}"
    );
    let same = same.to_str().unwrap();
    let (code, report) = house.replay(Path::new(same), &["--against", same]);
    assert_eq!(
        (code, changes(&report)),
        (0, [0, 0, 0, 0, 19]),
        "{report:#}"
    );
    assert_eq!(report["drift"], json!([]));
    assert_eq!(report["policies"].as_object().unwrap().len(), 1);
}

#[test]
fn changed_policy_flips_exactly_what_it_changes() {
    let house = House::busy("rotate: off");
    let rules = RULES
        .replace("viewer: ['reports:read']", "viewer: ['reports:write']")
        .replace("{ path: /admin/**, roles: [admin] }", "{ path: /admin/** }")
        .replace("/open/**, public: true", "/open/**");
    let new = house.policy("new.yaml", &rules);
    let (code, report) = house.replay(&new, &[]);
    // bob reads no reports, writes them, and is let into /admin; who came to /open is not known.
    assert_eq!(
        (code, changes(&report)),
        (1, [1, 2, 0, 1, 15]),
        "{report:#}"
    );
    let flips = report["flips"].as_array().unwrap();
    let told: Vec<String> = flips
        .iter()
        .map(|flip| {
            let example = &flip["examples"][0];
            format!(
                "{} {} {} {}",
                flip["before"]["decision"],
                flip["after"]["reason"],
                example["method"],
                example["path"]
            )
            .replace('"', "")
        })
        .collect();
    assert_eq!(
        told,
        [
            "allow PERMISSION_DENIED GET /reports/1",
            "deny null GET /admin",
            "deny null POST /reports/1"
        ]
    );
    assert_eq!(flips[0]["examples"][0]["subject"], "bob");
    assert_eq!(report["unknown"][0]["fact"], "who called");
    for (fail_on, wanted) in [
        ("allow-to-deny", 1),
        ("deny-to-allow,unknown", 1),
        ("unknown", 1),
        ("reason", 0),
    ] {
        assert_eq!(
            house.replay(&new, &["--fail-on", fail_on]).0,
            wanted,
            "{fail_on}"
        );
    }
    let (_, report) = house.replay(&new, &["--only", "allow-to-deny", "--examples", "0"]);
    assert_eq!(report["flips"].as_array().unwrap().len(), 1);
    assert_eq!(report["flips"][0]["examples"], json!([]));
}

#[test]
fn fact_that_no_rule_read_is_unknown_and_what_was_redacted_too() {
    let house = House::busy("rotate: off, redact: [roles]");
    let rules = RULES.replace("x-plan", "x-other");
    let new = house.policy("new.yaml", &rules);
    let (code, report) = house.replay(&new, &[]);
    assert_eq!(code, 0, "{report:#}");
    let facts: Vec<(&Value, &Value)> = report["unknown"]
        .as_array()
        .unwrap()
        .iter()
        .map(|lack| (&lack["fact"], &lack["records"]))
        .collect();
    // Four requests for reports and two for /admin; three for /beta.
    assert_eq!(
        facts,
        [
            (&json!("roles"), &json!(6)),
            (&json!("headers.x-other"), &json!(3))
        ]
    );
}

#[test]
fn issuers_that_differ_leave_their_callers_unknown() {
    let house = House::busy("rotate: off");
    let old = house.gate.folder().join("policy.yaml");
    let text = fs::read_to_string(&old).unwrap();
    let new = house.gate.folder().join("new.yaml");
    fs::write(&new, text.replace("audience: ", "audience: other-")).unwrap();
    let (code, report) = house.replay(&new, &["--against", old.to_str().unwrap()]);
    assert_eq!(code, 0);
    let note = report["notes"][0].as_str().unwrap();
    assert!(
        note.contains("settings of issuer `") && note.contains("unknown"),
        "{note}"
    );
    assert_eq!(report["unknown"][0]["fact"], "what the changed issuers say");
    // Known are: public, without a token, without a route, without a path that can be read, and two plans
    // with which nobody at all could pass.
    assert_eq!(changes(&report), [0, 0, 0, 12, 7], "{report:#}");
}

#[test]
fn report_for_people_shows_who_is_concerned_and_no_credential() {
    let house = House::busy("rotate: off");
    let new = house.policy(
        "new.yaml",
        &RULES.replace("roles: [admin] }", "roles: [viewer] }"),
    );
    let folder = house.gate.folder();
    let (code, out, err) = run(sidegate().current_dir(folder).args([
        "replay",
        "decisions.log",
        "--policy",
        "new.yaml",
    ]));
    assert_eq!(code, 1, "{out}{err}");
    assert!(
        new.exists() && err.starts_with("note: the issuers,"),
        "{err}"
    );
    assert!(
        out.starts_with("19 records: 2 flip\n  allow -> deny   1 record\n"),
        "{out}"
    );
    assert!(
        out.contains(
            "allow -> deny 403 INSUFFICIENT_ROLE  route `/admin/**`  1 record, 1 subject\n"
        ),
        "{out}"
    );
    assert!(out.contains("GET /admin  root (admin)"), "{out}");
    assert!(
        out.contains("      roles: asks for viewer; has admin\n"),
        "{out}"
    );
    assert!(!out.contains("eyJ") && !out.contains("\x1b"), "{out}");
    // The hint works as it stands.
    let hint = out.lines().find(|line| line.contains("sed -n")).unwrap();
    let binary = Path::new(env!("CARGO_BIN_EXE_sidegate")).parent().unwrap();
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap());
    let mut shell = Command::new("sh");
    let shell = shell.current_dir(folder).env("PATH", path);
    let (_, told, err) = run(shell.args(["-c", hint.trim()]));
    assert!(
        told.contains("decision: deny 403 INSUFFICIENT_ROLE"),
        "{told}{err}"
    );
}

fn record(line: &str) -> String {
    format!(
        "{{\"schema\":1,\"event\":\"decision\",\"decision\":\"allow\",\"method\":\"GET\",\
         \"scheme\":\"http\",\"host\":\"a\",\"path\":\"{line}\",\"client\":\"::1\",\"policy\":\"x\"}}\n"
    )
}

#[test]
fn exit_codes_tell_who_has_to_act() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("open.yaml", "routes: [ { path: /a/**, public: true } ]\n");
    write("wrong.yaml", "routes: [ { path: a } ]\n");
    write("good.log", &record("/a/1"));
    write("flip.log", &record("/b"));
    write(
        "broken.log",
        &format!("{}{{\"schema\":1,\"event\":\"decision\"", record("/a/1")),
    );
    write(
        "text.log",
        "time=2026-01-01T00:00:00Z event=decision decision=allow\n",
    );
    write("empty.log", "");
    for (words, wanted) in [
        (&["good.log", "--policy", "open.yaml"][..], 0),
        (&["flip.log", "--policy", "open.yaml"], 1),
        (&["good.log", "flip.log", "--policy", "open.yaml"], 1),
        (
            &[
                "flip.log",
                "--policy",
                "open.yaml",
                "--fail-on",
                "deny-to-allow",
            ],
            0,
        ),
        (&["broken.log", "--policy", "open.yaml"], 0),
        (&["broken.log", "--policy", "open.yaml", "--strict"], 3),
        (&["text.log", "--policy", "open.yaml"], 3),
        (&["empty.log", "--policy", "open.yaml"], 3),
        (&["good.log", "--policy", "wrong.yaml"], 3),
        (
            &[
                "good.log",
                "--policy",
                "open.yaml",
                "--against",
                "wrong.yaml",
            ],
            3,
        ),
        (&["none.log", "--policy", "open.yaml"], 4),
        (&["good.log", "--policy", "none.yaml"], 4),
        (&["."], 2),
        (&[".", "--policy", "open.yaml"], 4),
        (&["-", "-", "--policy", "open.yaml"], 2),
        (&["good.log", "--policy", "open.yaml", "--only", "same"], 2),
    ] {
        let mut command = sidegate();
        let command = command.current_dir(folder.path()).arg("replay").args(words);
        let (code, out, err) = run(command.stdin(Stdio::null()));
        assert_eq!(code, wanted, "{words:?}: {out}{err}");
    }
}

#[test]
fn log_may_come_from_a_pipe() {
    let folder = tempfile::tempdir().unwrap();
    let policy = folder.path().join("policy.yaml");
    fs::write(&policy, "routes: [ { path: /a/**, public: true } ]\n").unwrap();
    let mut command = sidegate();
    let command = command
        .args(["replay", "-", "--json", "--policy"])
        .arg(&policy);
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = piped.stderr(Stdio::piped()).spawn().unwrap();
    let lines = record("/a/1").repeat(1000) + &record("/b");
    let mut input = child.stdin.take().unwrap();
    input.write_all(lines.as_bytes()).unwrap();
    drop(input);
    let output = child.wait_with_output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(changes(&report), [1, 0, 0, 0, 1000]);
    let example = &report["flips"][0]["examples"][0];
    assert_eq!(
        (&example["line"], &example["explain"]),
        (&json!(1001), &json!(null))
    );
}
