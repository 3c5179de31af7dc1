//! Secrets of tenants in a folder, as the tools use them: what they sign with is what the folder holds.

use super::tools::{folder, put, run};

const POLICY: &str = r#"
webhooks:
  code: { preset: github, secrets: { folder: hooks }, secrets_by: { path: tenant } }
  own: { preset: github, secrets: "${OWN}" }
routes:
  - { path: "/hooks/{tenant}", method: POST, authenticate: code }
  - { path: /own, method: POST, authenticate: own }
"#;
const OWN: [(&str, &str); 1] = [("OWN", "a secret of nobody in particular")];

/// A tenant with one secret, and one with two.
fn tenants(folder: &tempfile::TempDir) {
    std::fs::create_dir_all(folder.path().join("hooks/globex")).unwrap();
    put(folder, "hooks/acme", "the one secret of acme");
    put(folder, "hooks/globex/old", "the former secret of globex");
    put(folder, "hooks/globex/new", "the present secret of globex");
}

#[test]
fn what_a_tenant_s_file_signs_is_verified_with_it_and_with_no_other() {
    let (folder, body) = folder("{}");
    tenants(&folder);
    let policy = put(&folder, "policy.yaml", POLICY);
    let tool = |tool: &str, words: &[&str]| {
        let about = ["webhook", tool, "--policy", &policy, "--body", &body];
        run(&[&about, words].concat(), &OWN)
    };
    let of = ["--webhook", "code", "--tenant"];
    for (tenant, id, others) in [
        ("acme", None, "globex"),
        ("globex", Some("old"), "acme"),
        ("globex", Some("new"), "acme"),
    ] {
        let id: Vec<&str> = id.map_or_else(Vec::new, |id| vec!["--secret-id", id]);
        let words = [&of[..], &[tenant, "--headers"], &id].concat();
        let (code, head, said) = tool("sign", &words);
        assert_eq!(code, 0, "{tenant}: {said}");
        let head = put(&folder, "head", &head);
        for (whose, wanted) in [(tenant, 0), (others, 1)] {
            let words = [&of[..], &[whose, "--headers", &head]].concat();
            let (code, out, said) = tool("verify", &words);
            assert_eq!(code, wanted, "{tenant} as {whose}: {out}{said}");
        }
    }
    let head = put(&folder, "head", "X-Hub-Signature-256: sha256=00\n");
    for (tool_, words, part) in [
        ("sign", &["--webhook", "code"][..], "--tenant acme|globex"),
        (
            "sign",
            &["--webhook", "code", "--tenant", "zeta"],
            "known: acme, globex",
        ),
        (
            "verify",
            &["--webhook", "code", "--tenant", "zeta", "--headers", &head],
            "known: acme, globex",
        ),
        (
            "sign",
            &["--webhook", "own", "--tenant", "acme"],
            "leave `--tenant` out",
        ),
    ] {
        let (code, out, said) = tool(tool_, words);
        assert!(
            code == 2 && said.contains(part),
            "{words:?}: {code} {out}{said}"
        );
    }
    std::fs::remove_dir_all(folder.path().join("hooks")).unwrap();
    let (code, _, said) = tool("sign", &[&of[..], &["acme"]].concat());
    assert!(
        code == 3 && said.contains("the folder cannot be read"),
        "{said}"
    );
    // Whoever brings the secret needs no folder.
    let about = [
        "webhook",
        "sign",
        "--policy",
        &policy,
        "--webhook",
        "code",
        "--body",
        &body,
    ];
    let own = ["--secret-env", "OWN", "--headers"];
    let (code, head, said) = run(&[&about[..], &own].concat(), &OWN);
    assert!(code == 0 && head.contains("sha256="), "{said}");
}

#[test]
fn cases_are_signed_with_the_folder_s_secrets_and_with_others_where_it_has_none() {
    let (folder, _) = folder("");
    tenants(&folder);
    let policy = put(&folder, "policy.yaml", POLICY);
    let cases = |secret: &str| {
        let text = format!(
            "cases:\n  - {{ request: POST /hooks/globex, webhook: {{ name: code, tenant: globex{secret} }}, expect: allow }}\n  \
             - {{ request: POST /hooks/acme, webhook: {{ name: code, tenant: globex }}, expect: 401 }}\n  \
             - {{ request: POST /hooks/acme, webhook: {{ name: code, tenant: acme }}, expect: allow }}\n"
        );
        let cases = put(&folder, "cases.yaml", &text);
        let (code, out, said) = run(&["test", "--policy", &policy, &cases], &OWN);
        (code, format!("{out}{said}"))
    };
    for secret in [", secret: old", ", secret: new", ""] {
        let (code, said) = cases(secret);
        assert_eq!(code, 0, "{secret}: {said}");
    }
    let hooks = folder.path().join("hooks");
    std::fs::remove_dir_all(hooks.join("globex")).unwrap();
    assert_eq!(cases("").0, 0, "one tenant is there");
    std::fs::remove_file(hooks.join("acme")).unwrap();
    assert_eq!(cases("").0, 0, "none is");
    std::fs::remove_dir(hooks).unwrap();
    let (code, said) = cases("");
    assert_eq!(code, 0, "{said}");
    let (code, said) = cases(", secret: old");
    assert!(code != 0 && said.contains("no secret `old`"), "{said}");
}
