//! Envoy: the filter `ext_authz`, over gRPC or over HTTP.

use super::address::Address;
use super::facts::{Facts, Names};
use super::template::{fill, listed};
use super::{File, process};

const SERVER: &str = include_str!("envoy.yaml");
const GRPC: &str = include_str!("envoy.grpc.yaml");
const HTTP: &str = include_str!("envoy.http.yaml");

/// gRPC is HTTP/2, and can be asked for its health.
const GRPC_CLUSTER: &str = "\
typed_extension_protocol_options:
  envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
    \"@type\": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
    explicit_http_config: { http2_protocol_options: {} }
health_checks:
  - { timeout: 1s, interval: 5s, unhealthy_threshold: 3, healthy_threshold: 1, grpc_health_check: {} }";

/// Claims that Envoy makes itself.
const OWN: [&str; 4] = [
    "x-envoy-external-address",
    "x-forwarded-for",
    "x-forwarded-proto",
    "x-request-id",
];

pub(super) fn files(facts: &Facts) -> Vec<File> {
    let (question, protocol, again, door) = match facts.http {
        false => (GRPC.to_owned(), GRPC_CLUSTER, "", "ext_authz"),
        true => (
            http(facts),
            "",
            " identity headers, places of credentials or",
            "envoy_http",
        ),
    };
    let places = [
        ("question", question),
        ("protocol", protocol.to_owned()),
        ("again", again.to_owned()),
        ("body", body(facts)),
        ("host", facts.host.clone()),
        ("claims", removed(&facts.names)),
        ("app_type", kind(&facts.app)),
        ("app_host", facts.app.bare_host().to_owned()),
        ("app_port", facts.app.port.to_string()),
        ("app_tls", app_tls(&facts.app)),
        ("gate_type", kind(&facts.sidegate)),
        ("gate_host", facts.sidegate.bare_host().to_owned()),
        ("gate_port", facts.sidegate.port.to_string()),
    ];
    vec![
        File::new("envoy.yaml", fill(SERVER, &places)),
        process::asked(facts, door, true),
    ]
}

fn http(facts: &Facts) -> String {
    let names = facts.names.set().chain(["x-request-id"]);
    let places = [
        ("sidegate", facts.sidegate.to_string()),
        ("set", listed(names, |name| format!("- exact: {name}"))),
    ];
    fill(HTTP, &places)
}

/// One byte more than the longest delivery: a body that fills the room counts as cut.
fn body(facts: &Facts) -> String {
    let Some(longest) = facts.longest_body() else {
        return String::new();
    };
    let packed = if facts.http {
        ""
    } else {
        "\n  # Signatures are over bytes.\n  pack_as_bytes: true"
    };
    format!(
        "# Webhooks are verified by their bodies. Every body is held up to this size; longer ones are passed on, and\n\
         # are too long only where a signature is asked for.\n\
         with_request_body:\n  max_request_bytes: {}\n  allow_partial_message: true{packed}",
        longest.saturating_add(1)
    )
}

fn kind(address: &Address) -> String {
    match address.ip() {
        Some(_) => "STATIC".to_owned(),
        None => "STRICT_DNS".to_owned(),
    }
}

fn app_tls(app: &Address) -> String {
    if !app.secure {
        return String::new();
    }
    format!(
        "transport_socket:\n  name: envoy.transport_sockets.tls\n  typed_config:\n    \
         \"@type\": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext\n    \
         sni: \"{0}\"\n    common_tls_context:\n      validation_context:\n        \
         trusted_ca: {{ filename: /etc/ssl/certs/ca-certificates.crt }}\n        \
         match_typed_subject_alt_names: [{{ san_type: DNS, matcher: {{ exact: \"{0}\" }} }}]",
        app.bare_host()
    )
}

fn removed(names: &Names) -> String {
    let claims = names.claims(&OWN);
    listed(claims, |name| format!("- {name}"))
}
