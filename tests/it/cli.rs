//! The commands: what they print and how they end.

use std::process::{Command, Output, Stdio};

use crate::support::gate::{Setup, sidegate};
use crate::support::{Upstream, example, repository};

/// Runs the binary with these words.
fn run(words: &[&str]) -> Output {
    sidegate()
        .args(words)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    let (out, err) = (&output.stdout, &output.stderr);
    format!(
        "{}{}",
        String::from_utf8_lossy(out),
        String::from_utf8_lossy(err)
    )
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or(-1)
}

/// Runs `check` on a policy with this text.
fn check(text: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("policy.yaml");
    std::fs::write(&file, text).unwrap();
    run(&["check", "--policy", file.to_str().unwrap()])
}

#[test]
fn check_accepts_the_reference_policy() {
    let output = check(
        "issuers:\n  main: { url: https://idp.example.com, audience: my-api }\n\
         identity_headers:\n  X-User: \"{{ principal.subject }}\"\n\
         routes:\n  - path: /admin/**\n    roles: [admin]\n  - path: /api/tenants/{tenant}/**\n  - path: /api/**\n",
    );
    assert_eq!(code(&output), 0, "{}", said(&output));
}

#[test]
fn check_names_every_mistake_with_its_place() {
    let output = check(
        "issuers:\n  main: { url: https://idp.example.com }\n\
         routes:\n  - { path: /a, publik: true }\n  - { path: b }\n  - { path: /c, roles: [] }\n\
         unknown_key: 1\n",
    );
    let said = said(&output);
    assert_eq!(code(&output), 1, "{said}");
    for place in [
        "policy.yaml:2:",
        "policy.yaml:4:",
        "policy.yaml:5:",
        "policy.yaml:6:",
        "policy.yaml:7:",
    ] {
        assert!(said.contains(place), "{place} is not in:\n{said}");
    }
    assert!(
        said.contains("audience") && said.contains("public"),
        "{said}"
    );
}

#[test]
fn check_names_both_of_two_overlapping_routes() {
    let output = check(
        "routes:\n  - { path: \"/a/{x}\", public: true }\n  - { path: \"/a/{y}\", public: true }\n",
    );
    let said = said(&output);
    assert_eq!(code(&output), 1, "{said}");
    assert!(
        said.contains("policy.yaml:3:") && said.contains('2'),
        "{said}"
    );
}

#[test]
fn check_refuses_what_would_open_the_gate_by_accident() {
    for text in [
        "routes:\n",
        "routes: []\n",
        "",
        "routes: [ { path: /**, roles: [] } ]\nissuers: { a: { url: https://a.test, audience: b } }\n",
        "issuers: { a: { url: https://a.test, audience: [] } }\nroutes: [ { path: /** } ]\n",
        "issuers: { a: { url: https://a.test, audience: \"\" } }\nroutes: [ { path: /** } ]\n",
        "issuers: { a: { url: http://a.test, audience: b } }\nroutes: [ { path: /** } ]\n",
        "issuers: { a: { url: https://a.test, audience: b, algorithms: [none] } }\nroutes: [ { path: /** } ]\n",
        "routes: [ { path: /a, public: true, roles: [admin] } ]\n",
        "routes: [ { path: /a, public: yes please } ]\n",
        "routes: [ { path: /a, public: true }, { path: /a, public: true } ]\n",
        "routes: [ { path: /a, public: true } ]\nroutes: [ { path: /b, public: true } ]\n",
    ] {
        let output = check(text);
        assert_eq!(code(&output), 1, "{text}:\n{}", said(&output));
    }
}

#[test]
fn check_accepts_every_example() {
    for system in ["causeflow", "stackflow", "agentflow", "backflow", "calseta"] {
        let folder = repository("config/examples").join(system);
        let mut command = sidegate();
        command
            .arg("check")
            .arg("--policy")
            .arg(folder.join("policy.yaml"));
        for process in ["sidegate.yaml"].map(|name| folder.join(name)) {
            if process.exists() {
                command.arg("--config").arg(process);
            }
        }
        for (name, value) in variables(system) {
            command.env(name, value);
        }
        let output = command.output().unwrap();
        assert_eq!(code(&output), 0, "{system}:\n{}", said(&output));
    }
}

/// The variables of an example's `example.env`.
fn variables(system: &str) -> Vec<(String, String)> {
    if !repository("config/examples")
        .join(system)
        .join("example.env")
        .exists()
    {
        return Vec::new();
    }
    let text = example(&format!("{system}/example.env"));
    let pairs = text.lines().filter_map(|line| line.split_once('='));
    pairs
        .filter(|(name, _)| !name.starts_with('#'))
        .map(|(n, v)| (n.into(), v.into()))
        .collect()
}

#[test]
fn serve_with_a_broken_policy_ends_with_3() {
    let (code, said) = Setup::policy("routes: nonsense\n")
        .upstream(&Upstream::start())
        .refusal();
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("policy.yaml:1:"), "{said}");
}

#[test]
fn serve_with_an_unknown_key_in_the_process_file_ends_with_3() {
    let setup =
        Setup::policy("routes: [ { path: /**, public: true } ]\n").upstream(&Upstream::start());
    let (code, said) = setup.process("limitz: {}\n").refusal();
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("limitz") && said.contains("limits"), "{said}");
}

#[test]
fn serve_on_a_taken_port_ends_with_4() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let setup =
        Setup::policy("routes: [ { path: /**, public: true } ]\n").upstream(&Upstream::start());
    let (code, said) = setup
        .without_listen()
        .argument("--listen")
        .argument(&address)
        .refusal();
    assert_eq!(code, 4, "{said}");
    assert!(said.contains(&address), "{said}");
}

#[test]
fn words_that_make_no_sense_end_with_2() {
    for words in [
        &["nonsense"][..],
        &["serve", "--nonsense"],
        &["check", "--policy"],
    ] {
        let output = run(words);
        assert_eq!(code(&output), 2, "{words:?}: {}", said(&output));
    }
}

#[test]
fn version_names_the_program() {
    let output = run(&["version"]);
    assert_eq!(code(&output), 0);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        text.contains("sidegate") && text.contains(env!("CARGO_PKG_VERSION")),
        "{text}"
    );
}

#[test]
fn help_lists_the_commands_and_exit_codes() {
    let text = said(&run(&["--help"]));
    for word in [
        "serve",
        "check",
        "token",
        "demo",
        "version",
        "completions",
        "Exit codes",
    ] {
        assert!(text.contains(word), "no `{word}` in:\n{text}");
    }
}

#[test]
fn completions_exist_for_common_shells() {
    for shell in ["bash", "zsh", "fish"] {
        let output = run(&["completions", shell]);
        assert_eq!(code(&output), 0, "{shell}");
        assert!(
            String::from_utf8_lossy(&output.stdout).contains("sidegate"),
            "{shell}"
        );
    }
}

#[test]
fn minted_token_opens_a_gate_that_knows_its_key() {
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("keys.json");
    let output = run(&[
        "token",
        "--issuer",
        "https://idp.test",
        "--audience",
        "my-api",
        "--subject",
        "dora",
        "--jwks-out",
        keys.to_str().unwrap(),
    ]);
    assert_eq!(code(&output), 0, "{}", said(&output));
    let token = String::from_utf8(output.stdout).unwrap();
    let policy = format!(
        "issuers: {{ main: {{ issuer: https://idp.test, jwks_file: {}, audience: my-api }} }}\n\
         identity_headers: {{ X-User: \"{{{{ principal.subject }}}}\" }}\nroutes: [ {{ path: /** }} ]\n",
        keys.display()
    );
    let upstream = Upstream::start();
    let gate = Setup::policy(&policy).upstream(&upstream).start();
    gate.get("/").bearer(token.trim()).send().assert_passed();
    assert_eq!(upstream.last().header("x-user"), Some("dora"));
}

#[test]
fn demo_checks_itself() {
    let output = run(&["demo", "--check"]);
    assert_eq!(code(&output), 0, "{}", said(&output));
    let text = said(&output);
    for word in ["200", "401", "403", "TENANT_MISMATCH"] {
        assert!(text.contains(word), "no `{word}` in:\n{text}");
    }
}

/// Issue 2: every key of the process file can be an environment variable, and a flag wins.
#[test]
fn environment_is_above_the_file_and_below_the_flags() {
    let (file, environment, flag) = (Upstream::start(), Upstream::start(), Upstream::start());
    let policy = "routes: [ { path: /**, public: true } ]\n";
    let process = format!("upstream: {}\n", file.url());
    let setup = || Setup::policy(policy).process(&process);
    let gate = setup().env("SIDEGATE_UPSTREAM", environment.url()).start();
    gate.get("/").send().assert_passed();
    assert_eq!((file.count(), environment.count()), (0, 1));
    let gate = setup()
        .env("SIDEGATE_UPSTREAM", environment.url())
        .upstream(&flag)
        .start();
    gate.get("/").send().assert_passed();
    assert_eq!((environment.count(), flag.count()), (1, 1));
}

/// The output is for scripts: nothing on stdout but data, and no colours.
#[test]
fn output_is_plain_when_it_is_not_a_terminal() {
    let output: Output = Command::new(env!("CARGO_BIN_EXE_sidegate"))
        .arg("--help")
        .output()
        .unwrap();
    assert!(!said(&output).contains('\u{1b}'));
}

#[test]
fn process_file_whose_doors_only_answer_serves_every_command() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let file = folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        file.to_str().unwrap().to_owned()
    };
    file(
        "policy.yaml",
        "api_keys:\n  partners: { prefix: acme_ }\nroutes:\n  - path: /open\n    public: true\n",
    );
    let config = file(
        "sidegate.yaml",
        "listen: 127.0.0.1:8081\ndoor: nginx\ntrusted_proxies: { cidrs: [127.0.0.1] }\npolicy: policy.yaml\n",
    );
    let cases = file(
        "cases.yaml",
        "policy: policy.yaml\ncases: [{ request: GET /open, expect: allow }]\n",
    );
    let log = file("decisions.log", "");
    let front = "http://127.0.0.1:9";
    for words in [
        &["check"][..],
        &["explain", "GET", "/open"],
        &["test", &cases],
        &["doctor", "--dry-run", "--front", front],
        &["gen", "nginx"],
        &["keys", "new", "--name", "ci", "--tenant", "acme"],
    ] {
        let output = run(&[words, &["--config", &config]].concat());
        assert_eq!(code(&output), 0, "{words:?}: {}", said(&output));
    }
    // The policy was taken; a log without a record is what is wrong.
    let replayed = said(&run(&["replay", &log, "--config", &config]));
    assert!(replayed.contains("no decision record"), "{replayed}");
}
