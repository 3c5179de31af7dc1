//! `explain`: one request, and every step on the way to its decision.
//!
//! Straight line: arguments, a curl command line or a decision record -> [`source`] -> the engine that serves
//! -> [`explanation`] -> text or JSON.
//!
//! Always: no credential is shown, and nothing of a request but what every decision record has and what a
//! rule of the policy reads; nobody on the network is asked but a store of API keys that was named.

mod curl;
mod deliveries;
mod document;
mod explanation;
mod facts;
mod nearest;
mod record;
mod resigned;
mod shell;
mod show;
mod signature;
mod source;
mod stored;
#[cfg(test)]
mod tests;
mod wanted;

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use ipnet::IpNet;

use super::exit::{Exit, Failure};
use super::files::{self, Files};
use super::output::Output;
use super::token::Assignment;
use super::trial::{Setting, World, flag};
use crate::config;
use crate::document::{Problem, Problems};
use crate::model::ApiKey;
use crate::store;

use explanation::Explanation;
use source::Source;
use stored::Asked;

const EXAMPLES: &str = "\
Examples:
  A request without a credential, and one of somebody given outright:
    sidegate explain --policy policy.yaml GET /reports/1
    sidegate explain --policy policy.yaml GET /reports/1 --as-subject alice --role viewer --tenant acme

  A pasted command line, and a line of the decision log:
    sidegate explain --policy policy.yaml --curl \"curl -X POST https://api.example.com/reports -H 'X-Team: a'\"
    tail -n 1 decisions.log | sidegate explain --policy policy.yaml --record -

  What a token with these claims may do, and what an API key of the set `partners`:
    sidegate explain --policy policy.yaml GET /reports/1 --claims '{\"sub\": \"alice\", \"exp\": -60}'
    sidegate explain --policy policy.yaml GET /reports/1 --as-key partners --scope reports:read --tenant acme

  A delivery that is signed on the spot, and one that was captured:
    sidegate explain --policy policy.yaml POST /hooks/github --as-webhook github --body push.json
    sidegate explain --policy policy.yaml POST /hooks/github -H 'X-Hub-Signature-256: sha256=...' --body push.json

Ends with 0 when the request would pass, with 1 when it would be refused, with 3 when the policy has
mistakes, with 4 when a file cannot be read. No credential is printed. Nobody on the network is asked: where
an issuer's keys are elsewhere, the signature of a token is taken for good, and so is that of a delivery whose
secret is not set. Only a store of API keys that
was named is asked for the key of the request.";

/// Explain what becomes of a request, step by step
///
/// Says how the path is read, which routes were considered and why one decides, what was made of the
/// credential, every check of the route with what it asks and what there was, the decision, and the nearest
/// change that would let the request pass.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct Arguments {
    /// Method, such as GET
    #[arg(requires = "url")]
    method: Option<String>,
    /// Address, or a path alone
    url: Option<String>,
    #[command(flatten)]
    files: Files,
    /// Header of the request; repeat for more
    #[arg(long, short = 'H', value_name = "NAME: VALUE")]
    header: Vec<String>,
    /// Subject of a caller given outright
    #[arg(long, value_name = "SUBJECT", group = "outright", conflicts_with_all = ["token", "claims"])]
    as_subject: Option<String>,
    /// A caller with an API key of this set, which is made on the spot
    #[arg(long, value_name = "SET", group = "outright", conflicts_with_all = ["token", "claims"])]
    as_key: Option<String>,
    /// A delivery of this webhook, which is signed on the spot; alone, or beside --as-key, --claims or --token
    #[arg(long, value_name = "NAME", conflicts_with = "as_subject")]
    as_webhook: Option<String>,
    /// File with the body of the request, byte for byte
    #[arg(long, value_name = "FILE", conflicts_with = "curl")]
    body: Option<PathBuf>,
    /// Role of that caller, or of the owner of the key; repeat for more
    #[arg(long, requires = "outright")]
    role: Vec<String>,
    /// Tenant of that caller, or whose secret signs the delivery
    #[arg(long)]
    tenant: Option<String>,
    /// Scope of that caller; repeat for more
    #[arg(long, requires = "outright")]
    scope: Vec<String>,
    /// Source that the key may speak for; repeat for more
    #[arg(long, requires = "as_key")]
    source: Vec<String>,
    /// Network that the key may be presented from; repeat for more
    #[arg(long, value_name = "CIDR", requires = "as_key", value_parser = network)]
    network: Vec<IpNet>,
    /// Whose key it is
    #[arg(long, requires = "as_key")]
    owner: Option<String>,
    /// E-mail address of that caller
    #[arg(long, requires = "as_subject")]
    email: Option<String>,
    /// Claim of that caller, or fact of the key; the value is JSON if it can be, otherwise text
    #[arg(long, value_name = "NAME=VALUE", requires = "outright")]
    claim: Vec<Assignment>,
    /// What that caller is: user or machine
    #[arg(long, value_name = "KIND", requires = "as_subject", value_parser = ["user", "machine"])]
    kind: Option<String>,
    /// Issuer of that caller, or of the claims, by its name in the policy
    #[arg(long)]
    issuer: Option<String>,
    /// Token to send
    #[arg(long, conflicts_with = "claims")]
    token: Option<String>,
    /// Claims of a token that is signed on the spot; dates may be relative: `\"exp\": -60`
    #[arg(long, value_name = "JSON")]
    claims: Option<String>,
    /// Where API keys are kept, to look one up: `sqlite:PATH` or `postgres://...`; a URL with a password
    /// belongs into the variable [env: SIDEGATE_STORE]
    #[arg(long, value_name = "WHERE")]
    store: Option<String>,
    /// Address of the client [default: 192.0.2.1]
    #[arg(long, value_name = "IP")]
    client: Option<IpAddr>,
    /// When the request arrives: RFC 3339 or seconds since 1970 [default: now, or the time of the record]
    #[arg(long, value_name = "TIME", value_parser = flag)]
    now: Option<SystemTime>,
    /// A pasted curl command line
    #[arg(long, value_name = "LINE", conflicts_with_all = ["method", "record"])]
    curl: Option<String>,
    /// A line of the decision log as JSON; `-` reads it from stdin
    #[arg(long, value_name = "LINE", conflicts_with = "method")]
    record: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(in crate::cli) fn run(arguments: &Arguments, output: Output) -> Result<Exit, Failure> {
    let source = Source::of(arguments)?;
    let explanation = match explained(arguments, &source)? {
        Ok(explanation) => explanation,
        Err(mistakes) => {
            for problem in &mistakes {
                output.note(files::shown(problem, |tone, word| {
                    output.tint_note(tone, word)
                }));
            }
            return Ok(Exit::Invalid);
        }
    };
    match arguments.json {
        true => output.line(document::of(&explanation))?,
        false => show::explanation(&explanation, output)?,
    }
    Ok(match explanation.passes() {
        true => Exit::Success,
        false => Exit::Negative,
    })
}

fn network(text: &str) -> Result<IpNet, &'static str> {
    let address = || text.parse::<IpAddr>().map(IpNet::from);
    let network = text.parse::<IpNet>().or_else(|_| address());
    network.map_err(|_| "expected a network, such as `192.0.2.0/24`")
}

/// The policy, or what is wrong with it, is tried once; and once more with the key that the store has.
fn explained(
    arguments: &Arguments,
    source: &Source,
) -> Result<Result<Explanation, Vec<Problem>>, Failure> {
    let files = match Named::by(arguments)? {
        Ok(files) => files,
        Err(mistakes) => return Ok(Err(mistakes)),
    };
    let world = match files.load(source, Vec::new())? {
        Ok(world) => world,
        Err(mistakes) => return Ok(Err(mistakes)),
    };
    let Some(store) = &files.store else {
        return Explanation::of(&world, source, Asked::Nobody).map(Ok);
    };
    let Some(key) = stored::key(&world, source, store)? else {
        return Explanation::of(&world, source, Asked::Store).map(Ok);
    };
    match files.load(source, vec![key])? {
        Ok(world) => Explanation::of(&world, source, Asked::Store).map(Ok),
        Err(mistakes) => Ok(Err(mistakes)),
    }
}

/// What the command line and the process file name.
struct Named {
    policy: PathBuf,
    upstreams: Option<Vec<Arc<str>>>,
    store: Option<store::Settings>,
}

impl Named {
    /// What was named, or what is wrong with the process file.
    fn by(arguments: &Arguments) -> Result<Result<Self, Vec<Problem>>, Failure> {
        let named = arguments.files.policy.clone();
        let store = stored::named(arguments.store.as_deref())?;
        let (policy, upstreams, store) = match (arguments.files.config(), named) {
            (None, None) => {
                return Err(Failure::usage(
                    "name the policy: --policy FILE, or --config FILE",
                ));
            }
            (None, Some(policy)) => (policy, None, store),
            (Some(config), named) => {
                files::readable(&config)?;
                let problems = Problems::new();
                let flags =
                    named.map(|path: PathBuf| ("policy".to_owned(), path.display().to_string()));
                let flags = flags.into_iter().collect();
                let settings = config::load(Some(&config), files::environment(), flags, &problems);
                let Some(settings) = settings else {
                    return Ok(Err(problems.into_sorted()));
                };
                let names = settings.upstream_names();
                (
                    settings.policy,
                    names,
                    Some(store.unwrap_or(settings.store)),
                )
            }
        };
        Ok(Ok(Self {
            policy,
            upstreams,
            store,
        }))
    }

    /// Loads the policy, with keys that were found in the store.
    fn load(
        &self,
        source: &Source,
        found: Vec<ApiKey>,
    ) -> Result<Result<World, Vec<Problem>>, Failure> {
        files::readable(&self.policy)?;
        World::load(&Setting {
            policy: &self.policy,
            upstreams: self.upstreams.clone(),
            environment: &std::collections::BTreeMap::new(),
            tokens: source.drafts(),
            keys: source.keys(),
            deliveries: source.deliveries(),
            found,
            every_issuer: false,
        })
    }
}
