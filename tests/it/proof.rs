//! Invariants, `diff`, `who-can` and `what-can`, through the real binary.

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::gate::sidegate;

const POLICY: &str = "\
issuers:
  main: { url: https://idp.example.com, audience: my-api }
  staff: { url: https://staff.example.com, audience: my-api }
roles:
  admin: [users:write]
  support: [users:read]
routes:
  - { path: /admin/**, roles: [admin], authenticate: staff, name: admin }
  - { path: /users/**, permission: { GET: users:read, DELETE: users:write } }
  - { path: '/tenants/{tenant}/**' }
  - { path: /health, public: true }
invariants:
  - only role admin reaches /admin/**
  - a principal of one tenant never reaches /tenants/{tenant}/** of another
  - tokens of main never reach /admin/**
";

/// A folder with policies in it.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }
}

fn run(words: &[&str], policy: Option<&PathBuf>) -> (i32, String, String) {
    let mut command = sidegate();
    command.args(words).stdin(Stdio::null());
    if let Some(policy) = policy {
        command.arg("--policy").arg(policy);
    }
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (status.code().unwrap_or(-1), text(stdout), text(stderr))
}

fn diff(old: &Path, new: &Path, more: &[&str]) -> (i32, String, String) {
    let mut words = vec!["diff", old.to_str().unwrap(), new.to_str().unwrap()];
    words.extend(more);
    run(&words, None)
}

#[test]
fn broken_invariant_is_shown_by_a_request_at_its_line() {
    let folder = Folder::new();
    let fine = folder.file("policy.yaml", POLICY);
    assert_eq!(run(&["check"], Some(&fine)).0, 0);
    let broken = POLICY.replace("roles: [admin], ", "roles: [admin, support], ");
    let broken = folder.file("broken.yaml", &broken);
    let (code, out, _) = run(&["check"], Some(&broken));
    assert_eq!(code, 1, "{out}");
    assert!(
        out.contains("broken.yaml:13:5: error: `invariants[0]`"),
        "{out}"
    );
    assert!(
        out.contains(
            "GET https://any.example/admin/x by a user with role `support` passes by route `admin`"
        ),
        "{out}"
    );
}

#[test]
fn diff_shows_who_gains_and_who_loses() {
    let folder = Folder::new();
    let old = folder.file("old.yaml", POLICY);
    let (code, out, _) = diff(&old, &old, &[]);
    assert_eq!((code, out.trim()), (0, "no difference in meaning"));
    let new = POLICY
        .replace("GET: users:read", "GET: users:write")
        .replace("public: true", "scopes: [ops]");
    let new = folder.file("new.yaml", &new);
    let (code, out, _) = diff(&old, &new, &[]);
    assert_eq!(code, 1, "{out}");
    assert!(out.contains("- everybody loses /health"), "{out}");
    assert!(
        out.contains("users with role `support`") && out.contains("lose GET /users/**"),
        "{out}"
    );
    let (_, out, _) = diff(&old, &new, &["--json"]);
    let json: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&json["schema"], &json["same"]), (&1.into(), &false.into()));
    assert!(
        json["changes"]
            .as_array()
            .unwrap()
            .iter()
            .any(|change| change["sign"] == "loss")
    );
}

#[test]
fn diff_names_sections_that_it_does_not_compare() {
    let folder = Folder::new();
    let old = folder.file("old.yaml", POLICY);
    for (name, from, to) in [
        (
            "issuers",
            "audience: my-api }\n  staff",
            "audience: other }\n  staff",
        ),
        (
            "issuers",
            "https://idp.example.com",
            "https://evil.example.com",
        ),
        (
            "tokens",
            "roles:\n",
            "tokens: { from: [{ cookie: id }] }\nroles:\n",
        ),
        (
            "errors",
            "public: true",
            "public: true, errors: { any: { text: no } }",
        ),
    ] {
        let new = folder.file("new.yaml", &POLICY.replacen(from, to, 1));
        let (code, out, err) = diff(&old, &new, &[]);
        assert_eq!(code, 1, "{out}{err}");
        assert_eq!(
            out.trim(),
            format!("~ `{name}` is written otherwise, which is not compared")
        );
        let (_, out, _) = diff(&old, &new, &["--json"]);
        let json: Value = serde_json::from_str(&out).unwrap();
        assert_eq!(
            (
                &json["same"],
                json["not_compared"].as_array().unwrap().len()
            ),
            (&false.into(), 1)
        );
    }
    let moved = POLICY.replace("  - { path: /health, public: true }\n", "");
    let moved = moved.replace(
        "routes:\n",
        "routes:\n  - { path: /health, public: true } # first\n",
    );
    let moved = folder.file("moved.yaml", &moved);
    assert_eq!(diff(&old, &moved, &[]).0, 0);
}

#[test]
fn diff_of_a_file_that_does_not_load_says_so() {
    let folder = Folder::new();
    let old = folder.file("old.yaml", POLICY);
    let bad = folder.file("bad.yaml", &POLICY.replace("public", "publik"));
    let (code, _, err) = diff(&old, &bad, &[]);
    assert_eq!(code, 3, "{err}");
    assert!(err.contains("did you mean `public`"), "{err}");
    assert_eq!(diff(&old, Path::new("/does/not/exist"), &[]).0, 4);
}

#[test]
fn who_can_says_what_a_route_asks() {
    let folder = Folder::new();
    let policy = folder.file("policy.yaml", POLICY);
    let (code, out, _) = run(&["who-can", "DELETE", "/users/7"], Some(&policy));
    assert_eq!(code, 0, "{out}");
    assert!(
        out.contains("users:write") && out.contains("role admin"),
        "{out}"
    );
    let (code, out, _) = run(&["who-can", "PATCH", "/users/7"], Some(&policy));
    assert_eq!(code, 1, "{out}");
    assert!(out.contains("nobody"), "{out}");
    let (code, out, _) = run(&["who-can", "GET", "/nowhere", "--json"], Some(&policy));
    let json: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &json["route"]), (1, &Value::Null));
    assert_eq!(run(&["who-can", "GET", "/a/../b"], Some(&policy)).0, 2);
}

#[test]
fn what_can_lists_what_is_reached_and_what_not() {
    let folder = Folder::new();
    let policy = folder.file("policy.yaml", POLICY);
    let words = ["what-can", "--role", "support", "--tenant", "acme"];
    let (code, out, _) = run(&words, Some(&policy));
    assert_eq!(code, 0, "{out}");
    let (reached, not) = out.split_once("does not reach").unwrap();
    assert!(
        reached.contains("GET")
            && reached.contains("/tenants/{tenant}/**")
            && reached.contains("/health"),
        "{out}"
    );
    assert!(
        not.contains("/admin/**") && not.contains("any method but GET"),
        "{out}"
    );
    let (code, out, _) = run(&["what-can", "--role", "suport", "--json"], Some(&policy));
    let json: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &json["anything"]), (0, &true.into()));
    let (code, _, err) = run(&["what-can", "--issuer", "stuff"], Some(&policy));
    assert!(code == 2 && err.contains("did you mean `staff`?"), "{err}");
}

const POLICY_WITH_KEYS: &str = "\
issuers:
  main: { url: https://idp.example.com, audience: my-api }
api_keys:
  partners: { from: { header: x-api-key }, environment: PARTNER_KEYS, prefix: acme_, format: any }
scopes: { alerts:read: }
authenticate: main
routes:
  - { path: '/alerts/{source}', authenticate: [main, partners], permission: alerts:read }
  - { path: /people }
";

#[test]
fn callers_with_api_keys_are_named_as_such() {
    let folder = Folder::new();
    let policy = folder.file("policy.yaml", POLICY_WITH_KEYS);
    let asked = |words: &[&str]| {
        let mut command = sidegate();
        command.env("PARTNER_KEYS", "acme_0123456789abcdef0123456789abcdef");
        let output = command
            .args(words)
            .arg("--policy")
            .arg(&policy)
            .output()
            .unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        (
            output.status.code(),
            said + &String::from_utf8_lossy(&output.stderr),
        )
    };
    let (code, said) = asked(&["who-can", "GET", "/alerts/github"]);
    assert_eq!(code, Some(0), "{said}");
    for line in [
        "tokens of   main",
        "keys of     partners",
        "source      one of the key's",
        "API keys: as machines",
    ] {
        assert!(said.contains(line), "{line}\n{said}");
    }
    let (_, said) = asked(&["who-can", "GET", "/people", "--json"]);
    let json: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(
        (&json["route"]["issuers"][0], &json["route"]["key_sets"]),
        (&"main".into(), &serde_json::json!([]))
    );
    let key = [
        "what-can", "--as-key", "partners", "--scope", "alerts:*", "--source", "github",
    ];
    let (code, said) = asked(&key);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("is one of the key's sources"), "{said}");
    let (code, said) = asked(&["what-can", "--as-key", "partner"]);
    assert_eq!(code, Some(2));
    assert!(
        said.contains("there is no set of API keys `partner`; did you mean `partners`?"),
        "{said}"
    );
}
