//! `who-can`: whom the policy lets make one request.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use http::Method;
use serde_json::{Value, json};

use super::diff::load;
use super::exit::{Exit, Failure};
use super::output::{Output, Tone};
use crate::model::{CanonicalPath, Client, Fields, Host, Request, Scheme};
use crate::policy::Policy;
use crate::policy::proof::{Aside, Granted, Opening, WhoCan};

const EXAMPLES: &str = "\
Examples:
  sidegate who-can DELETE /users/7 --policy policy.yaml
  sidegate who-can GET /reports/2026 --host api.example.com --policy policy.yaml --json

Ends with 0 when somebody may, with 1 when nobody may, with 2 for a request that cannot be, with 3 when
the policy cannot be used, with 4 when it cannot be read.";

/// Say who may make a request
///
/// The route that wins, whatever it asks of the caller, and the routes that are set aside.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct Arguments {
    /// The method, in capitals
    method: String,
    /// The path, as it would be sent
    path: String,
    /// The host that the caller asks for
    #[arg(long, value_name = "HOST", default_value = "any.example")]
    host: String,
    /// Policy file [env: SIDEGATE_POLICY]
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(in crate::cli) fn run(arguments: &Arguments, output: Output) -> Result<Exit, Failure> {
    let request = arguments.request()?;
    let engine = load(&policy_file(arguments.policy.as_deref())?, output)?;
    refuse_oddity(engine.policy(), &request)?;
    let answer = WhoCan::make(engine.policy(), &request);
    let somebody = answer
        .opening
        .as_ref()
        .is_some_and(|opening| !opening.closed);
    let words = engine.policy().vocabulary();
    let others = Others {
        sets: &words.key_sets,
        webhooks: &words.webhooks,
    };
    if arguments.json {
        output.line(as_json(&answer, others, somebody))?;
    } else {
        show(&answer, &request, others, output)?;
    }
    Ok(if somebody {
        Exit::Success
    } else {
        Exit::Negative
    })
}

/// The names of those who vouch for callers and are no issuers.
#[derive(Clone, Copy)]
struct Others<'p> {
    sets: &'p [Arc<str>],
    webhooks: &'p [Arc<str>],
}

/// Whose credentials count on a route, told apart.
struct Vouching<'o> {
    issuers: Vec<&'o str>,
    sets: Vec<&'o str>,
    webhooks: Vec<&'o str>,
}

/// The policy file, from the command line or the environment.
pub(in crate::cli) fn policy_file(named: Option<&std::path::Path>) -> Result<PathBuf, Failure> {
    let variable = super::variable("SIDEGATE_POLICY").filter(|path| !path.is_empty());
    let found = named.map(PathBuf::from).or(variable.map(PathBuf::from));
    found.ok_or_else(|| Failure::usage("name the policy: --policy FILE"))
}

impl Arguments {
    fn request(&self) -> Result<Request, Failure> {
        let method = Method::from_bytes(self.method.as_bytes())
            .map_err(|_| Failure::usage(format_args!("`{}` is not a method", self.method)))?;
        let host = Host::parse(&self.host)
            .map_err(|error| Failure::usage(format_args!("`{}` is {error}", self.host)))?;
        let path = CanonicalPath::parse(&self.path).map_err(|error| {
            Failure::usage(format_args!("`{}` is always refused: {error}", self.path))
        })?;
        Ok(Request {
            method,
            scheme: Scheme::Https,
            host,
            path,
            headers: Fields::new(),
            client: Client::direct(([192, 0, 2, 1], 4711).into()),
            received_at: SystemTime::UNIX_EPOCH,
        })
    }
}

fn refuse_oddity(policy: &Policy, request: &Request) -> Result<(), Failure> {
    match request.path.oddities().within(policy.allowed_oddities()) {
        true => Ok(()),
        false => Err(Failure::usage(format_args!(
            "`{}` is spelled in a way that this policy always refuses",
            request.path
        ))),
    }
}

fn show(
    answer: &WhoCan,
    request: &Request,
    others: Others<'_>,
    output: Output,
) -> std::io::Result<()> {
    let asked = format!("{} {}{}", request.method, request.host, request.path);
    output.line(output.tint(Tone::Strong, asked))?;
    match &answer.opening {
        None => output.line(output.tint(Tone::Bad, "  nobody: no route takes it"))?,
        Some(opening) => {
            let place = format!("{}:{}", opening.place.file, opening.place.line);
            row(output, "route", &format!("{} ({place})", opening.route))?;
            for (what, value) in rows(opening, others) {
                row(output, what, &value)?;
            }
        }
    }
    for aside in &answer.aside {
        let why = match aside.takes_method {
            true => "less specific",
            false => "other methods",
        };
        let line = format!(
            "{} ({}:{}), {why}",
            aside.route, aside.place.file, aside.place.line
        );
        row(output, "set aside", &output.tint(Tone::Faint, line))?;
    }
    Ok(())
}

fn row(output: Output, what: &str, value: &str) -> std::io::Result<()> {
    output.line(format_args!("  {what:<11} {value}"))
}

/// What a route asks, one thing a line.
fn rows(opening: &Opening, others: Others<'_>) -> Vec<(&'static str, String)> {
    if opening.public {
        return vec![("who", "everybody, also without a credential".to_owned())];
    }
    if opening.closed {
        return vec![(
            "who",
            "nobody: the route names no permission for this method".to_owned(),
        )];
    }
    let mut rows = vouchers(opening, others);
    let with_keys = rows.iter().any(|(what, _)| *what == "keys of");
    let asked = asked(opening, with_keys);
    if asked.is_empty() {
        let only_signed = rows.iter().all(|(what, _)| *what == "senders of");
        let what = match (only_signed, with_keys) {
            (true, _) => "signature",
            (false, true) => "credential",
            (false, false) => "token",
        };
        rows.push(("who", format!("everyone with such a {what}")));
    }
    rows.extend(asked);
    rows
}

/// Whose credentials a route takes, one kind a line.
fn vouchers(opening: &Opening, others: Others<'_>) -> Vec<(&'static str, String)> {
    let Vouching {
        issuers,
        sets,
        webhooks,
    } = vouching(opening, others);
    let of = [
        ("tokens of", issuers),
        ("keys of", sets),
        ("senders of", webhooks),
    ];
    let of = of.into_iter().filter(|(_, names)| !names.is_empty());
    of.map(|(what, names)| (what, names.join(", "))).collect()
}

/// What must hold besides a credential, one thing a line; `with_keys` where API keys are taken.
fn asked(opening: &Opening, with_keys: bool) -> Vec<(&'static str, String)> {
    let mut rows = Vec::new();
    if let Some(webhook) = &opening.signed {
        rows.push(("signed", format!("as {webhook} signs, besides")));
    }
    if let Some(source) = &opening.source {
        let text = format!("one of the key's, if it has any, as {source} says");
        rows.push(("source", text));
    }
    if let Some(tenant) = &opening.tenant {
        rows.push(("tenant", format!("the caller's own, as {tenant} says")));
    }
    if let Some(roles) = &opening.roles {
        rows.push(("role", format!("any of {}", roles.join(", "))));
    }
    if opening.keys_need_everything {
        rows.push(("", "API keys: with the scope * as well".to_owned()));
    }
    if !opening.scopes.is_empty() {
        rows.push(("scopes", format!("all of {}", opening.scopes.join(", "))));
    }
    if let Some(granted) = &opening.permission {
        rows.extend(permission(granted));
        if with_keys {
            rows.push(("", "API keys: as machines".to_owned()));
        }
    }
    let conditions = opening.conditions.iter();
    rows.extend(conditions.map(|text| ("only if", text.clone())));
    rows
}

/// The permission, and by what people and programs hold it.
fn permission(granted: &Granted) -> [(&'static str, String); 3] {
    let machines = match granted.roles.as_slice() {
        [] => format!(
            "machines without roles: scope {}",
            granted.scopes.join(", ")
        ),
        _ => format!(
            "machines: {}, if they have roles",
            holders(granted, " and ")
        ),
    };
    [
        ("permission", granted.name.clone()),
        ("", format!("users: {}", holders(granted, " or "))),
        ("", machines),
    ]
}

/// The issuers, the sets of API keys and the webhooks whose credentials count.
fn vouching<'o>(opening: &'o Opening, others: Others<'_>) -> Vouching<'o> {
    let names = |wanted: &dyn Fn(&Arc<str>) -> bool| {
        let names = opening.issuers.iter().filter(|name| wanted(name));
        names.map(AsRef::as_ref).collect()
    };
    let is_set = |name: &Arc<str>| others.sets.contains(name);
    let is_webhook = |name: &Arc<str>| others.webhooks.contains(name);
    Vouching {
        issuers: names(&|name| !is_set(name) && !is_webhook(name)),
        sets: names(&is_set),
        webhooks: names(&is_webhook),
    }
}

fn holders(granted: &Granted, join: &str) -> String {
    let named = |what: &str, names: &[String]| match names {
        [] => None,
        names => Some(format!("{what} {}", names.join(", "))),
    };
    let parts = [
        named("scope", &granted.scopes),
        named("role", &granted.roles),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(join)
}

fn as_json(answer: &WhoCan, others: Others<'_>, somebody: bool) -> Value {
    let aside = |aside: &Aside| {
        json!({
            "route": &*aside.route,
            "line": aside.place.line,
            "path": aside.pattern,
            "takes_method": aside.takes_method,
        })
    };
    json!({
        "schema": 1,
        "somebody": somebody,
        "route": answer.opening.as_ref().map(|opening| opening_as_json(opening, others)),
        "aside": answer.aside.iter().map(aside).collect::<Vec<_>>(),
    })
}

fn opening_as_json(opening: &Opening, others: Others<'_>) -> Value {
    let Vouching {
        issuers,
        sets,
        webhooks,
    } = vouching(opening, others);
    let permission = opening.permission.as_ref().map(
        |granted| json!({ "name": granted.name, "roles": granted.roles, "scopes": granted.scopes }),
    );
    json!({
        "name": &*opening.route,
        "line": opening.place.line,
        "path": opening.pattern,
        "public": opening.public,
        "nobody": opening.closed,
        "issuers": issuers,
        "key_sets": sets,
        "webhooks": webhooks,
        "signed": opening.signed.as_deref(),
        "tenant": opening.tenant,
        "source": opening.source,
        "roles": opening.roles,
        "keys_need_everything": opening.keys_need_everything,
        "scopes": opening.scopes,
        "permission": permission,
        "conditions": opening.conditions,
    })
}
