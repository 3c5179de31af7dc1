use super::*;
use crate::document::{Fields, Problems, parse};

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
            Target::Apache | Target::Kubernetes | Target::Compose | Target::Systemd => {
                assert!(generated(*target, policy, &[]).is_ok(), "{target:?}");
            }
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
        let mut fields = Fields::of(&top, "file", &problems).unwrap();
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
