use std::path::Path;

use clap::ValueEnum;

use super::*;
use crate::config;
use crate::document::{Problems, parse};

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
                    parse(
                        file.name,
                        document,
                        &|name| Some(name.to_owned()),
                        &problems,
                    );
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
    let dynamic = text(&traefik, "sidegate-dynamic.yaml");
    assert!(
        dynamic.contains("&& (PathPrefix(`/hooks`))\"")
            && dynamic.matches("forwardBody").count() == 1
    );
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
