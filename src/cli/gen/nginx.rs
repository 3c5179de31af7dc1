//! nginx: `auth_request`, with the refusal as it was meant.

use std::fmt::Write as _;

use super::facts::Facts;
use super::template::fill;
use super::{File, process};

const SERVER: &str = include_str!("nginx.conf");

/// Claims about where a request came from or what it was, which nginx does not set itself.
const CLAIMS: [&str; 12] = [
    "Forwarded",
    "Proxy",
    "X-Forwarded-Method",
    "X-Forwarded-Path",
    "X-Forwarded-Prefix",
    "X-Forwarded-Server",
    "X-Forwarded-Uri",
    "X-HTTP-Method-Override",
    "X-Original-Method",
    "X-Original-URI",
    "X-Original-URL",
    "X-Rewrite-URL",
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
        ("read", lines(names.set(), |name| {
            format!("auth_request_set ${} $upstream_http_{};", own(name), folded(name))
        })),
        ("claims", lines(CLAIMS, |name| format!("proxy_set_header {name} \"\";"))),
        ("set", lines(names.set(), |name| {
            format!("proxy_set_header {name} ${};", own(name))
        })),
        ("removed", lines(names.removed(), |name| format!("proxy_set_header {name} \"\";"))),
        ("statuses", lines(&facts.statuses, |status| refusal(*status))),
    ]
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

fn lines<T>(items: impl IntoIterator<Item = T>, line: impl Fn(T) -> String) -> String {
    let lines: Vec<String> = items.into_iter().map(line).collect();
    lines.join("\n")
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
