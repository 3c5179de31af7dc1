//! nginx: `auth_request`, with the refusal as it was meant.

use std::fmt::Write as _;

use super::facts::{Facts, Names, titled};
use super::template::{fill, listed};
use super::{File, process};
use crate::model::claims as claims_of_callers;

const SERVER: &str = include_str!("nginx.conf");

/// Further claims about where a request came from: nginx removes no names by their beginnings.
const FORWARDED: [&str; 8] = [
    "x-forwarded-by",
    "x-forwarded-method",
    "x-forwarded-path",
    "x-forwarded-prefix",
    "x-forwarded-scheme",
    "x-forwarded-server",
    "x-forwarded-ssl",
    "x-forwarded-uri",
];

/// Claims that nginx makes itself.
const OWN: [&str; 2] = ["x-real-ip", "x-request-id"];

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
        ("read", listed(names.set(), |name| {
            format!("auth_request_set ${} $upstream_http_{};", own(name), folded(name))
        })),
        ("claims", claims(names)),
        ("set", listed(names.set(), |name| {
            format!("proxy_set_header {} ${};", titled(name), own(name))
        })),
        ("removed", listed(names.removed(), |name| format!("proxy_set_header {} \"\";", titled(name)))),
        ("statuses", listed(&facts.statuses, |status| refusal(*status))),
    ]
}

/// What an app may take for the truth about a request, and only sidegate and nginx know.
fn claims(names: &Names) -> String {
    let set = names.cleared();
    let claims = claims_of_callers().iter().chain(&FORWARDED);
    let claims = claims.filter(|name| !OWN.contains(name) && !set.contains(**name));
    listed(claims, |name| format!("proxy_set_header {} \"\";", titled(name)))
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
