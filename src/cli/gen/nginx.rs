//! nginx: `auth_request`, with the refusal as it was meant.

use std::fmt::Write as _;

use super::facts::{Facts, titled};
use super::template::{fill, listed};
use super::{File, process};

const SERVER: &str = include_str!("nginx.conf");

/// Claims that nginx makes itself.
const OWN: [&str; 6] = [
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-port",
    "x-forwarded-proto",
    "x-real-ip",
    "x-request-id",
];

pub(super) fn files(facts: &Facts) -> Vec<File> {
    vec![
        File::new("sidegate.conf", fill(SERVER, &places(facts))),
        process::asked(facts, "nginx", false),
    ]
}

fn places(facts: &Facts) -> Vec<(&'static str, String)> {
    let names = &facts.names;
    let app_scheme = if facts.app.secure { "https" } else { "http" };
    vec![
        ("sidegate", facts.sidegate.authority()),
        ("app", facts.app.authority()),
        ("app_scheme", app_scheme.to_owned()),
        ("app_tls", app_tls(facts)),
        ("host", facts.host.clone()),
        (
            "read",
            listed(names.set(), |name| {
                format!(
                    "auth_request_set ${} $upstream_http_{};",
                    own(name),
                    folded(name)
                )
            }),
        ),
        ("claims", listed(names.claims(&OWN), gone)),
        (
            "set",
            listed(names.set(), |name| {
                format!("proxy_set_header {} ${};", titled(name), own(name))
            }),
        ),
        (
            "removed",
            listed(names.removed().filter(|name| !OWN.contains(name)), gone),
        ),
        (
            "statuses",
            listed(&facts.statuses, |status| refusal(*status)),
        ),
    ]
}

/// What takes a field away.
fn gone(name: &str) -> String {
    format!("proxy_set_header {} \"\";", titled(name))
}

/// The app's certificate counts, where it has one.
fn app_tls(facts: &Facts) -> String {
    match facts.app.secure {
        false => String::new(),
        true => format!(
            "proxy_ssl_server_name on;\nproxy_ssl_name {};\nproxy_ssl_verify on;\n\
             proxy_ssl_trusted_certificate /etc/ssl/certs/ca-certificates.crt;",
            facts.app.bare_host()
        ),
    }
}

/// The name as nginx makes it part of a variable's.
fn folded(name: &str) -> String {
    name.replace('-', "_").to_ascii_lowercase()
}

/// The variable that keeps what the answer says of a field.
fn own(name: &str) -> String {
    format!("sidegate_field_{}", folded(name))
}

/// What gives back one status: `return` takes no variable for it. The last line of the place gives back 403.
fn refusal(status: u16) -> String {
    let mut line = format!("if ($sidegate_status = {status}) ");
    // Writing to a string cannot fail.
    let _ = match status {
        300..=399 => write!(line, "{{ return {status} $sidegate_location; }}"),
        _ => write!(line, "{{ return {status} $sidegate_body; }}"),
    };
    line
}
