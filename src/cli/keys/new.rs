//! `keys new`: a key, made.

use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use ipnet::IpNet;
use serde_json::{Map, Value};

use crate::cli::exit::{Exit, Failure};
use crate::cli::output::{Output, Tone};
use crate::cli::token::Assignment;
use crate::credential;
use crate::keys::{Format, KeySet, Made, NewKey};

use super::import::network;
use super::moments::{End, When, end, shown, when};
use super::place::{self, Place};
use super::session::{Session, refused, with};
use super::{entry, made, operator};

const EXAMPLES: &str = "\
Examples:
  A key in the store of a policy, with its text in a variable and not on the screen:
    KEY=$(sidegate keys new --name ci --tenant acme --scope alerts:read --expires 90d --policy policy.yaml)

  One with an owner whose roles bound it, for one source and one network:
    sidegate keys new --name pager --owner alice --role admin --scope '*' --source sentinel \\
      --network 10.0.0.0/8 --policy policy.yaml

  One with a secret that its holder signs webhooks with, which is kept encrypted:
    sidegate keys new --name monitor --tenant acme --signing-secret --policy policy.yaml > key-and-secret.txt

  A key whose hash stands in a file, with nothing but the binary:
    sidegate keys new --name ci --prefix acme_ --hash-only > key.txt 2>> keys.yaml

The text stands alone on stdout, once; nothing keeps it. What else is to be said goes to stderr. For a set
whose keys are listed in the policy or in a file, and with --hash-only, stderr is the entry for `keys:`, with
the hash: YAML, and all around it comments. With --json, stdout is one object with the text in it.

A text that is printed stays on the screen, so put it into a variable or a file. A shell that is told to
(`set -o history`, HISTCONTROL=ignorespace) keeps commands, never what they print.";

/// Make a key
///
/// Prints its text, which begins with the prefix of its set. Only a hash of it is kept.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct Arguments {
    /// A name for people
    #[arg(long)]
    name: String,
    /// The set of the policy's `api_keys` [default: the only one]
    #[arg(long, value_name = "NAME")]
    set: Option<String>,
    #[command(flatten)]
    place: place::Whereabouts,
    /// The tenant it acts in
    #[arg(long)]
    tenant: Option<String>,
    /// Whose it is: the subject of its requests
    #[arg(long)]
    owner: Option<String>,
    /// A role of its owner, which bounds what its scopes grant; repeat for more
    #[arg(long)]
    role: Vec<String>,
    /// What it may do: a permission, a pattern such as `alerts:*`, `*` for all; repeat for more
    #[arg(long)]
    scope: Vec<String>,
    /// A source it may speak for [default: any]; repeat for more
    #[arg(long)]
    source: Vec<String>,
    /// A network it may be presented from, or an address [default: any]; repeat for more
    #[arg(long, value_parser = a_network)]
    network: Vec<IpNet>,
    /// When it ends: `90d`, `2027-01-31` (to the end of that day, UTC), RFC 3339, or `never` [default: the set's
    /// lifetime]
    #[arg(long, value_name = "TIME", value_parser = end)]
    expires: Option<End>,
    /// When it begins, in the same forms [default: now]
    #[arg(long, value_name = "TIME", value_parser = when)]
    not_before: Option<When>,
    /// A further fact; the value is JSON if it can be, otherwise text; repeat for more
    #[arg(long, value_name = "NAME=VALUE")]
    metadata: Vec<Assignment>,
    /// Make a secret as well, for webhooks that its holder signs: on stdout behind the key, on a line of its own
    #[arg(long, conflicts_with = "hash_only")]
    signing_secret: bool,
    /// Store nothing: give the entry with its hash, for `keys:` or a file of keys
    #[arg(long)]
    hash_only: bool,
    /// How it begins, when there is no policy to say so
    #[arg(
        long,
        value_name = "TEXT",
        requires = "hash_only",
        conflicts_with = "set"
    )]
    prefix: Option<String>,
    /// Print one JSON object, with the text
    #[arg(long)]
    json: bool,
}

fn a_network(text: &str) -> Result<IpNet, &'static str> {
    network(text).ok_or("expected `10.0.0.0/8`, `2001:db8::/32` or an address")
}

pub(super) fn run(arguments: &Arguments, output: Output, now: SystemTime) -> Result<Exit, Failure> {
    if let Some(prefix) = &arguments.prefix {
        let set = KeySet {
            name: Arc::from(""),
            format: Some(Format::new(prefix).map_err(Failure::usage)?),
            foreign: false,
            stored: false,
            lifetime: None,
            longest: None,
        };
        return arguments.write(&set, None, output, now);
    }
    let place = arguments.place.place(output)?;
    let world = place.world(output)?;
    let set = place.set(world.engine.key_sets(), arguments.set.as_deref())?;
    let profile = world.api_key_set(Some(&set.name));
    let read = profile.and_then(|profile| profile.places().first());
    if set.format.is_none() {
        return Err(Failure::usage(format_args!(
            "`{}` has no `prefix`, so that no key can be made for it; write one in the policy, or make an entry with \
             `--hash-only --prefix TEXT`",
            set.name
        )));
    }
    let policy = world.engine.policy();
    let mut scopes = arguments.scope.iter();
    if let Some(scope) = scopes.find(|scope| !policy.is_asked_for(scope)) {
        // As a comment: all of stderr may be an entry that is appended to a file.
        output.note(format_args!(
            "# no route of this policy asks for what the scope `{scope}` grants"
        ));
    }
    match set.stored && !arguments.hash_only {
        true => arguments.store(set, &place, read, output, now),
        false => arguments.write(set, place.policy.as_deref(), output, now),
    }
}

impl Arguments {
    /// What the key is to be, and the set with no lifetime where the key is to have none.
    fn wish(&self, set: &KeySet, now: SystemTime) -> Result<(KeySet, NewKey), Failure> {
        let out_of_range = |flag: &str| Failure::usage(format_args!("--{flag} lies too far ahead"));
        let mut set = set.clone();
        let expires_at = match self.expires {
            None => None,
            Some(End::At(when)) => Some(when.ends(now).ok_or_else(|| out_of_range("expires"))?),
            Some(End::Never) if set.longest.is_some() => {
                return Err(Failure::usage(format_args!(
                    "keys of `{}` do not last for ever: the policy says how long at most",
                    set.name
                )));
            }
            Some(End::Never) => {
                set.lifetime = None;
                None
            }
        };
        let begins = |when: When| when.begins(now).ok_or_else(|| out_of_range("not-before"));
        let new = NewKey {
            name: self.name.clone(),
            tenant: self.tenant.clone(),
            owner: self.owner.clone(),
            roles: some(&self.role),
            scopes: self.scope.clone(),
            sources: some(&self.source),
            networks: some(&self.network),
            not_before: self.not_before.map(begins).transpose()?,
            expires_at,
            metadata: self.facts(),
            signing: self.signing_secret,
        };
        Ok((set, new))
    }

    fn facts(&self) -> Map<String, Value> {
        let facts = self.metadata.iter();
        facts
            .map(|fact| (fact.name.clone(), fact.value.clone()))
            .collect()
    }

    /// Makes a key in the store.
    fn store(
        &self,
        set: &KeySet,
        place: &Place,
        read: Option<&credential::Place>,
        output: Output,
        now: SystemTime,
    ) -> Result<Exit, Failure> {
        let (set, new) = self.wish(set, now)?;
        let by = operator();
        let done = with(place.store()?, async |session: &Session| {
            let registry = session.registry.clone().sealing(place.sealer());
            let making = registry.make(&set, new, &by, now);
            making.await.map_err(|error| refused(error, None))
        })?;
        if self.json {
            output.line(made::as_json(&done, now))?;
            return Ok(Exit::Success);
        }
        made::text(&done)?;
        tell(&done, read, output);
        Ok(Exit::Success)
    }

    /// Makes a key that is kept nowhere, and its entry.
    fn write(
        &self,
        set: &KeySet,
        policy: Option<&Path>,
        output: Output,
        now: SystemTime,
    ) -> Result<Exit, Failure> {
        let (set, new) = self.wish(set, now)?;
        let done = new.made(&set, &operator(), now);
        let done = done.map_err(|error| refused(error, None))?;
        let fields = entry::fields(&done.key);
        if self.json {
            let mut shown = made::as_json(&done, now);
            if let Value::Object(members) = &mut shown {
                let entry: Map<String, Value> = fields
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value))
                    .collect();
                members.insert("entry".to_owned(), Value::Object(entry));
            }
            output.line(shown)?;
            return Ok(Exit::Success);
        }
        made::text(&done)?;
        let to = match policy {
            Some(policy) => format!("`api_keys.{}.keys` of {}", set.name, policy.display()),
            None => "`keys` of a set in a policy".to_owned(),
        };
        output.note(format_args!(
            "# an entry for {to}, or for its file of keys; the key itself is on stdout"
        ));
        output.note(entry::yaml(&fields));
        Ok(Exit::Success)
    }
}

fn some<T: Clone>(items: &[T]) -> Option<Vec<T>> {
    (!items.is_empty()).then(|| items.to_vec())
}

/// What was made, and what to do next.
fn tell(made: &Made, read: Option<&credential::Place>, output: Output) {
    let key = &made.key;
    let end = key.expires_at.map_or_else(
        || "never ends".to_owned(),
        |end| format!("ends {}", shown(end)),
    );
    let made = output.tint_note(Tone::Good, "made");
    let name = key.name.replace(char::is_control, " ");
    output.note(format_args!(
        "{made} key {} (`{name}`) in `{}`; it {end}",
        key.id, key.set
    ));
    output.note("its text is on stdout, once; try it, with the text in KEY:");
    output.note(format_args!("  {}", curl(read)));
    output.note(format_args!(
        "end it with `sidegate keys revoke {}`, renew it with `sidegate keys rotate {}`",
        key.id, key.id
    ));
}

/// A request with the key, wherever its set reads it. The text itself is not in it.
fn curl(read: Option<&credential::Place>) -> String {
    const URL: &str = "http://127.0.0.1:8080/";
    match read {
        Some(credential::Place::Bearer) => {
            format!("curl -H \"Authorization: Bearer $KEY\" {URL}")
        }
        Some(credential::Place::Header(name)) => format!("curl -H \"{name}: $KEY\" {URL}"),
        Some(credential::Place::Cookie(name)) => format!("curl -b \"{name}=$KEY\" {URL}"),
        Some(credential::Place::Query(name)) => format!("curl \"{URL}?{name}=$KEY\""),
        None => format!("curl -H \"x-api-key: $KEY\" {URL}"),
    }
}
