use std::path::Path;

use clap::{Parser, ValueEnum};

use super::*;
use crate::config;
use crate::document::{Problems, parse};

const PLAIN: &str = "\
issuers:
  main: { issuer: https://idp.example.com, audience: my-api, secret: '${JWT_SECRET}' }
tokens: { from: [bearer, { cookie: session }, { header: X-Token }] }
identity_headers:
  X-User: '{{ principal.subject }}'
  X_Tier: gold
strip_headers: [X-Legacy, X-Internal-*]
errors:
  TENANT_MISMATCH: { text: no, status: 451 }
  TOKEN_MISSING: { redirect: 'https://login.example.com/' }
routes:
  - path: /open
    public: true
  - path: /api/**
    identity_headers: { X-Role: '{{ principal.roles }}' }
";

const HOOKS: &str = "\
webhooks:
  github: { preset: github, secrets: '${HOOK}', max_body: 3MiB, principal: { subject: bot } }
issuers:
  main: { issuer: https://idp.example.com, audience: my-api, secret: '${JWT_SECRET}' }
routes:
  - path: /hooks
    name: deliveries
    authenticate: github
    tenant: any
  - path: /api
    authenticate: main
";

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    arguments: Arguments,
}

fn parsed(words: &[&str]) -> Result<Arguments, clap::Error> {
    let words = ["gen"].iter().chain(words);
    Line::try_parse_from(words).map(|line| line.arguments)
}

/// The files of a target, or why there are none.
fn generated(target: Target, policy: &str, more: &[&str]) -> Result<Vec<File>, Failure> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("policy.yaml");
    std::fs::write(&file, policy).unwrap();
    let service = "http://sidegate.default.svc.cluster.local:8081";
    let mut words = vec![target.word(), "--policy", file.to_str().unwrap()];
    if target == Target::Istio {
        words.extend(["--sidegate", service, "--front", "10.0.0.0/8"]);
    }
    words.extend(more);
    let arguments = parsed(&words).unwrap();
    let facts = Facts::gather(&arguments)?;
    fit::refuse(target, &facts)?;
    Ok(target.files(&facts))
}

fn targets() -> &'static [Target] {
    Target::value_variants()
}

fn text(files: &[File], name: &str) -> String {
    let found = files.iter().find(|file| file.name == name);
    found.unwrap_or_else(|| panic!("no {name}")).text.clone()
}

/// Why a policy does not fit.
fn misfit(target: Target, policy: &str, more: &[&str]) -> String {
    let failure = generated(target, policy, more).unwrap_err();
    assert_eq!(
        failure.exit,
        Exit::Negative,
        "{target:?}: {}",
        failure.message
    );
    failure.message
}

#[test]
fn every_target_is_called_what_its_door_is() {
    for target in targets() {
        let word = target.to_possible_value().unwrap();
        assert_eq!(word.get_name(), target.word());
    }
}

#[test]
fn every_place_is_filled() {
    for target in targets() {
        for more in [&[][..], &["--app", "https://app.internal:8443"]] {
            for file in generated(*target, PLAIN, more).unwrap() {
                let places = file.text.split('@').skip(1).step_by(2);
                let left: Vec<_> = places
                    .filter(|name| !name.is_empty() && name.len() < 15)
                    .filter(|name| {
                        name.bytes()
                            .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
                    })
                    .collect();
                let blank = file.text.lines().any(|line| line != line.trim_end());
                assert!(
                    left.is_empty() && !blank,
                    "{target:?} {}: {left:?}",
                    file.name
                );
            }
        }
    }
}

#[test]
fn every_yaml_file_is_yaml() {
    for target in targets() {
        for policy in [PLAIN, HOOKS] {
            let Ok(files) = generated(*target, policy, &[]) else {
                continue;
            };
            for file in files.iter().filter(|file| file.name.ends_with(".yaml")) {
                for document in file.text.split("\n---\n") {
                    let problems = Problems::new();
                    parse(file.name, document, &|_| None, &problems);
                    let problems = problems.into_sorted();
                    assert!(
                        problems.is_empty(),
                        "{target:?} {}: {problems:?}",
                        file.name
                    );
                }
            }
        }
    }
}

#[test]
fn process_file_that_comes_along_can_be_used() {
    let doors = [
        (Target::Nginx, "nginx"),
        (Target::Haproxy, "haproxy"),
        (Target::Caddy, "caddy"),
        (Target::Traefik, "traefik"),
        (Target::Apache, "proxy"),
    ];
    for (target, door) in doors {
        let files = generated(target, PLAIN, &[]).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(process::NAME);
        std::fs::write(&file, text(&files, process::NAME)).unwrap();
        let problems = Problems::new();
        let settings = config::load(Some(&file), std::iter::empty(), Vec::new(), &problems);
        let problems = problems.into_sorted();
        let settings = settings.unwrap_or_else(|| panic!("{target:?}: {problems:?}"));
        let entrance = settings.listeners.first().unwrap();
        assert_eq!(entrance.door.name(), door);
        assert_eq!(entrance.listener.address.to_string(), "127.0.0.1:8081");
        assert!(settings.policy.ends_with(Path::new("policy.yaml")));
    }
}

#[test]
fn nginx_reads_each_name_of_the_answer_and_sets_or_removes_it() {
    let server = text(
        &generated(Target::Nginx, PLAIN, &[]).unwrap(),
        "sidegate.conf",
    );
    for name in [
        "X-User",
        "X_tier",
        "X-Role",
        "Authorization",
        "Cookie",
        "X-Token",
    ] {
        let own = name.to_ascii_lowercase().replace('-', "_");
        let read = format!("auth_request_set $sidegate_field_{own} $upstream_http_{own};\n");
        let set = format!("proxy_set_header {name} $sidegate_field_{own};\n");
        assert!(server.contains(&read) && server.contains(&set), "{name}");
    }
    for name in ["X-Legacy", "X-Original-Url", "Forwarded"] {
        assert!(
            server.contains(&format!("proxy_set_header {name} \"\";\n")),
            "{name}"
        );
    }
    for line in [
        "if ($sidegate_status = 451) { return 451 $sidegate_body; }",
        "if ($sidegate_status = 302) { return 302 $sidegate_location; }",
        "if ($sidegate_status = 400) { return 400 $sidegate_body; }",
    ] {
        assert!(server.contains(line), "{line}");
    }
    assert!(!server.contains("Referer"));
}

#[test]
fn query_credentials_take_the_referer_along() {
    let policy = PLAIN.replace("{ header: X-Token }", "{ query: key }");
    let server = text(
        &generated(Target::Nginx, &policy, &[]).unwrap(),
        "sidegate.conf",
    );
    assert!(server.contains("proxy_set_header Referer $sidegate_field_referer;"));
}

#[test]
fn haproxy_removes_folded_names_and_sets_them_as_they_are_spelled() {
    let script = text(
        &generated(Target::Haproxy, PLAIN, &[]).unwrap(),
        "sidegate.lua",
    );
    let (removed, rest) = script.split_once("local PREFIXES").unwrap();
    let (prefixes, set) = rest.split_once("local SET").unwrap();
    for name in [
        "x-user", "x-tier", "x-role", "x-legacy", "cookie", "x-token",
    ] {
        assert!(removed.contains(&format!("[\"{name}\"] = true,")), "{name}");
    }
    assert!(prefixes.contains("\"x-internal-\"") && prefixes.contains("\"x-sidegate-\""));
    assert!(set.contains("[\"x_tier\"] = true,"));
}

#[test]
fn traefik_takes_every_spelling_from_the_caller() {
    let files = generated(Target::Traefik, PLAIN, &[]).unwrap();
    for name in ["sidegate-dynamic.yaml", "sidegate-middleware.yaml"] {
        let dynamic = text(&files, name);
        for part in [
            "x[^a-z0-9]user",
            "x[^a-z0-9]tier",
            "x[^a-z0-9]legacy",
            "x[^a-z0-9]internal[^a-z0-9]",
            "x[^a-z0-9]sidegate[^a-z0-9]",
            "trustForwardHeader: false",
        ] {
            assert!(dynamic.contains(part), "{name}: {part}");
        }
        assert!(!dynamic.contains("forwardBody"));
    }
}

#[test]
fn caddy_clears_before_it_sets() {
    let site = text(&generated(Target::Caddy, PLAIN, &[]).unwrap(), "Caddyfile");
    for name in ["X-User", "X_tier", "X-Role", "Cookie"] {
        let clear = format!(
            "request_header -{}\n",
            name.replace('_', "-").replace("-tier", "-Tier")
        );
        let set = format!("{name} {{http.reverse_proxy.header.{name}}}\n");
        let (clear, set) = (site.find(&clear).unwrap(), site.find(&set).unwrap());
        assert!(clear < set, "{name}");
    }
    assert!(site.contains("request_header -X-Internal-*\n"));
    assert!(site.contains("request_header \"-*_*\"\n"));
}

#[test]
fn envoy_asks_by_grpc_or_lists_the_fields() {
    let server = text(&generated(Target::Envoy, PLAIN, &[]).unwrap(), "envoy.yaml");
    assert!(
        server.contains("encode_raw_headers: true") && server.contains("http2_protocol_options")
    );
    assert!(!server.contains("with_request_body"));
    let server = text(
        &generated(Target::Envoy, PLAIN, &["--http"]).unwrap(),
        "envoy.yaml",
    );
    for name in [
        "x-user",
        "x_tier",
        "x-role",
        "authorization",
        "cookie",
        "x-token",
    ] {
        assert!(server.contains(&format!("- exact: {name}\n")), "{name}");
    }
    assert!(server.contains("failure_mode_allow: false") && !server.contains("grpc"));
}

#[test]
fn bodies_are_sent_as_far_as_the_longest_delivery() {
    let traefik = generated(Target::Traefik, HOOKS, &[]).unwrap();
    assert!(text(&traefik, "sidegate-dynamic.yaml").contains("maxBodySize: 3145728\n"));
    assert!(text(&traefik, process::NAME).contains("max_body: 3145728\n"));
    let envoy = text(&generated(Target::Envoy, HOOKS, &[]).unwrap(), "envoy.yaml");
    assert!(
        envoy.contains("max_request_bytes: 3145729\n") && envoy.contains("pack_as_bytes: true\n")
    );
    let envoy = text(
        &generated(Target::Envoy, HOOKS, &["--http"]).unwrap(),
        "envoy.yaml",
    );
    assert!(envoy.contains("max_request_bytes") && !envoy.contains("pack_as_bytes"));
    let istio = text(
        &generated(Target::Istio, HOOKS, &[]).unwrap(),
        "istio-mesh.yaml",
    );
    assert!(istio.contains("maxRequestBytes: 3145729\n"));
}

#[test]
fn proxy_without_bodies_serves_no_webhooks() {
    for target in [Target::Nginx, Target::Haproxy, Target::Caddy] {
        let message = misfit(target, HOOKS, &[]);
        assert!(
            message.contains("policy.yaml:6: route `deliveries`"),
            "{message}"
        );
        assert!(message.contains("gen apache"), "{message}");
    }
    assert!(generated(Target::Apache, HOOKS, &[]).is_ok());
}

#[test]
fn answers_of_our_own_need_a_door_that_gives_them() {
    let replay = "replay: { keep: 1d, pending: 2m, seen: acknowledge }, max_body";
    let policy = HOOKS.replace("max_body", replay);
    for (target, more) in [(Target::Traefik, &[][..]), (Target::Envoy, &["--http"])] {
        assert!(misfit(target, &policy, more).contains("route `deliveries`"));
    }
    assert!(generated(Target::Envoy, &policy, &[]).is_ok());
}

#[test]
fn api_keys_are_served_by_whoever_is_asked_to_pass_them_on() {
    let policy = "\
api_keys: { partners: { prefix: acme_ } }
issuers:
  main: { issuer: https://idp.example.com, audience: my-api, secret: '${JWT_SECRET}' }
routes:
  - path: /keys/**
    name: service
    authenticate: main
    scopes: [keys]
    api_keys: partners
";
    for target in targets() {
        match target {
            Target::Apache => assert!(generated(*target, policy, &[]).is_ok()),
            _ => assert!(
                misfit(*target, policy, &[]).contains("route `service`"),
                "{target:?}"
            ),
        }
    }
}

#[test]
fn credentials_in_the_query_need_a_proxy_that_takes_them_out() {
    let policy = PLAIN
        .replace("{ header: X-Token }", "{ query: key }")
        .replace("X_Tier", "X-Tier");
    let lacking = [
        (Target::Traefik, &[][..]),
        (Target::Caddy, &[]),
        (Target::Envoy, &["--http"]),
    ];
    for (target, more) in lacking {
        assert!(
            misfit(target, &policy, more).contains("in the query"),
            "{target:?}"
        );
    }
    for target in [
        Target::Haproxy,
        Target::Apache,
        Target::Envoy,
        Target::Istio,
    ] {
        assert!(generated(target, &policy, &[]).is_ok(), "{target:?}");
    }
}

#[test]
fn names_say_no_more_than_a_name() {
    for name in [
        "X-$host", "X'or", "X`id`", "X|y", "X.Name", "X#", "X~", "X*",
    ] {
        let policy = PLAIN.replace("X_Tier", &format!("\"{name}\""));
        for target in targets() {
            let message = misfit(*target, &policy, &[]);
            assert!(
                message.contains("policy.yaml:6") && message.contains("plainer"),
                "{message}"
            );
        }
    }
    let policy = PLAIN.replace("X-Token", "x_token");
    for target in [Target::Nginx, Target::Caddy] {
        assert!(misfit(target, &policy, &[]).contains("\"x_token\""));
    }
}

#[test]
fn command_line_puts_no_words_into_a_file() {
    for words in [
        &["nginx", "--app", "http://a;return"][..],
        &["nginx", "--app", "http://127.0.0.1:9000/x"],
        &["caddy", "--host", "a {\n respond 200"],
        &["traefik", "--host", "a`) || PathPrefix(`/"],
        &["envoy", "--sidegate", "http://a\"b"],
        &["apache", "--host", "a\nInclude /etc/passwd"],
        &["haproxy", "--front", "0.0.0.0/0; x"],
    ] {
        assert!(parsed(words).is_err(), "{words:?}");
    }
}

#[test]
fn path_of_a_policy_stays_text() {
    for path in ["a\"b\n\t\\.yaml", "${HOME}/p.yaml", "- x: y #"] {
        let line = format!("policy: {}", process::quoted(path));
        let problems = Problems::new();
        let top = parse("file", &line, &|_| Some("wrong".to_owned()), &problems).unwrap();
        let mut fields = crate::document::Fields::of(&top, "file", &problems).unwrap();
        assert_eq!(fields.required::<String>("policy").as_deref(), Some(path));
    }
}

#[test]
fn proxy_elsewhere_has_to_be_named() {
    let elsewhere = ["--sidegate", "http://10.0.0.2:8081"];
    assert!(misfit(Target::Nginx, PLAIN, &elsewhere).contains("--front"));
    let named = [&elsewhere[..], &["--front", "10.0.0.1"]].concat();
    let files = generated(Target::Nginx, PLAIN, &named).unwrap();
    let process = text(&files, process::NAME);
    assert!(process.contains("cidrs: [\"10.0.0.1/32\"]") && process.contains("10.0.0.2:8081"));
}

#[test]
fn istio_asks_a_service_of_the_cluster() {
    let loopback = ["--sidegate", "http://127.0.0.1:8081"];
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("policy.yaml");
    std::fs::write(&file, PLAIN).unwrap();
    let words = [
        &["istio", "--policy", file.to_str().unwrap()][..],
        &loopback,
    ]
    .concat();
    let facts = Facts::gather(&parsed(&words).unwrap()).unwrap();
    let failure = fit::refuse(Target::Istio, &facts).unwrap_err();
    assert!(failure.message.contains("service of the cluster"));
}

#[test]
fn what_stands_in_a_folder_is_not_overwritten_unasked() {
    let folder = tempfile::tempdir().unwrap();
    let output = Output::detect(Some("1"));
    let file = |text: &str| [File::new("a.conf", text.to_owned())];
    assert!(out::write(&file("one\n"), folder.path(), false, output).is_ok());
    assert!(out::write(&file("one\n"), folder.path(), false, output).is_ok());
    let failure = out::write(&file("two\n"), folder.path(), false, output).unwrap_err();
    assert!(failure.message.contains("--force"));
    assert!(out::write(&file("two\n"), folder.path(), true, output).is_ok());
    let there = std::fs::read_to_string(folder.path().join("a.conf")).unwrap();
    assert_eq!(there, "two\n");
}
