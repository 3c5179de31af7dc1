//! `what-can`: everything the policy lets a caller reach.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::diff::load;
use super::exit::{Exit, Failure};
use super::output::{Output, Tone};
use super::who_can::policy_file;
use crate::document::closest;
use crate::model::PrincipalKind;
use crate::policy::Policy;
use crate::policy::proof::{Asker, Reach, Reached};

const EXAMPLES: &str = "\
Examples:
  sidegate what-can --role support --tenant acme --policy policy.yaml
  sidegate what-can --kind machine --scope reports:read --policy policy.yaml --json
  sidegate what-can --as-key partners --scope 'alerts:*' --source github --policy policy.yaml
  sidegate what-can --as-webhook github --scope events:write --policy policy.yaml

The most specific route decides: a path that fits several lines is on the one that says most about it.
Ends with 0 when the caller reaches anything, with 1 when nothing, with 2 for a name that the policy does
not know, with 3 when the policy cannot be used, with 4 when it cannot be read.";

/// Say what a caller may reach
///
/// Every method and path that some route takes: what the caller reaches, what only under a condition,
/// and what not.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct Arguments {
    /// A role of the caller; may be given more than once
    #[arg(long, value_name = "ROLE")]
    role: Vec<String>,
    /// A scope of the caller's token or API key; may be given more than once
    #[arg(long, value_name = "SCOPE")]
    scope: Vec<String>,
    /// The caller's tenant
    #[arg(long, value_name = "TENANT")]
    tenant: Option<String>,
    /// Person, program, API key or the sender of a webhook
    #[arg(long, value_name = "KIND", value_parser = ["user", "machine", "api_key", "webhook"], default_value = "user")]
    kind: String,
    /// The caller has an API key of this set
    #[arg(long, value_name = "SET", conflicts_with_all = ["kind", "issuer"])]
    as_key: Option<String>,
    /// The caller sends deliveries of this webhook; roles and scopes are what its `principal` says
    #[arg(long, value_name = "NAME", conflicts_with_all = ["kind", "issuer", "as_key"])]
    as_webhook: Option<String>,
    /// A source that the caller's API key is for; may be given more than once
    #[arg(long, value_name = "SOURCE")]
    source: Vec<String>,
    /// The issuer of the caller's token, by its name in the file
    #[arg(long, value_name = "ISSUER")]
    issuer: Option<String>,
    /// Policy file [env: SIDEGATE_POLICY]
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(in crate::cli) fn run(arguments: &Arguments, output: Output) -> Result<Exit, Failure> {
    let engine = load(&policy_file(arguments.policy.as_deref())?, output)?;
    let policy = engine.policy();
    arguments.check(policy, output)?;
    let reaches = arguments
        .asker()
        .reaches(policy)
        .map_err(Failure::invalid)?;
    let anything = reaches
        .iter()
        .any(|reach| !matches!(reach.reached, Reached::No(_)));
    if arguments.json {
        let lines: Vec<Value> = reaches.iter().map(as_json).collect();
        output.line(json!({ "schema": 1, "anything": anything, "reaches": lines }))?;
    } else {
        show(&reaches, output)?;
    }
    Ok(if anything {
        Exit::Success
    } else {
        Exit::Negative
    })
}

impl Arguments {
    fn asker(&self) -> Asker {
        Asker {
            kind: self.kind(),
            roles: self.role.clone(),
            scopes: self.scope.clone(),
            tenant: self.tenant.clone().filter(|tenant| !tenant.is_empty()),
            issuer: self.vouching().cloned(),
            sources: (!self.source.is_empty()).then(|| self.source.clone()),
        }
    }

    fn kind(&self) -> PrincipalKind {
        match (self.kind.as_str(), &self.as_key, &self.as_webhook) {
            (_, _, Some(_)) | ("webhook", None, None) => PrincipalKind::Webhook,
            (_, Some(_), None) | ("api_key", None, None) => PrincipalKind::ApiKey,
            ("machine", None, None) => PrincipalKind::Machine,
            _ => PrincipalKind::User,
        }
    }

    /// Who is said to vouch for the caller: an issuer, a set of API keys or a webhook.
    fn vouching(&self) -> Option<&String> {
        let named = self.as_webhook.as_ref().or(self.as_key.as_ref());
        named.or(self.issuer.as_ref())
    }

    /// An unknown issuer cannot vouch for anyone; an unknown role is likely misspelled.
    fn check(&self, policy: &Policy, output: Output) -> Result<(), Failure> {
        let vocabulary = policy.vocabulary();
        let suggested = |wrong: &str, known: Vec<&str>| match closest(wrong, known.iter().copied())
        {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known: {}", known.join(", ")),
        };
        if !self.source.is_empty() && self.kind() != PrincipalKind::ApiKey {
            let help = "only an API key is for some sources: --as-key SET";
            return Err(Failure::usage(help));
        }
        let (what, known) = match self.kind() {
            PrincipalKind::ApiKey => ("set of API keys", &vocabulary.key_sets),
            PrincipalKind::Webhook => ("webhook", &vocabulary.webhooks),
            PrincipalKind::User | PrincipalKind::Machine => ("issuer", &vocabulary.issuers),
        };
        if let Some(name) = self.vouching()
            && !known.iter().any(|known| **known == **name)
        {
            let help = suggested(name, known.iter().map(AsRef::as_ref).collect());
            return Err(Failure::usage(format_args!(
                "there is no {what} `{name}`; {help}"
            )));
        }
        for role in &self.role {
            if !vocabulary.roles.contains(role.as_str()) {
                let known = vocabulary.roles.iter().map(AsRef::as_ref).collect();
                let mark = output.tint_note(Tone::Strong, "warning:");
                let help = suggested(role, known);
                output.note(format_args!(
                    "{mark} the policy knows no role `{role}`; {help}"
                ));
            }
        }
        Ok(())
    }
}

fn show(reaches: &[Reach], output: Output) -> std::io::Result<()> {
    let methods = |reach: &Reach| match reach.methods_shown.as_str() {
        "" => "any".to_owned(),
        methods => methods.to_owned(),
    };
    let widest =
        |texts: &mut dyn Iterator<Item = String>| texts.map(|text| text.chars().count()).max();
    let first = widest(&mut reaches.iter().map(methods)).unwrap_or(0);
    let second = widest(&mut reaches.iter().map(|reach| reach.pattern.clone())).unwrap_or(0);
    let parts = [
        ("reaches", Tone::Good),
        ("perhaps", Tone::Strong),
        ("does not reach", Tone::Bad),
    ];
    for (part, (title, tone)) in parts.into_iter().enumerate() {
        let lines: Vec<&Reach> = reaches
            .iter()
            .filter(|reach| part == part_of(reach))
            .collect();
        if lines.is_empty() {
            continue;
        }
        output.line(output.tint(tone, title))?;
        for reach in lines {
            let line = format!(
                "  {:<first$}  {:<second$}  {}",
                methods(reach),
                reach.pattern,
                remark(reach)
            );
            output.line(line.trim_end())?;
        }
    }
    Ok(())
}

fn part_of(reach: &Reach) -> usize {
    match reach.reached {
        Reached::Yes => 0,
        Reached::Perhaps(_) => 1,
        Reached::No(_) => 2,
    }
}

fn remark(reach: &Reach) -> String {
    let conditions = match &reach.reached {
        _ if reach.public => return "public".to_owned(),
        Reached::No(why) => return why.clone(),
        Reached::Perhaps(conditions) => Some(format!("if {}", conditions.join(" and "))),
        Reached::Yes => None,
    };
    let own = [
        reach
            .tenant
            .as_ref()
            .map(|tenant| format!("{tenant} is the caller's")),
        reach
            .source
            .as_ref()
            .map(|source| format!("{source} is one of the key's sources")),
    ];
    let own: Vec<String> = own.into_iter().flatten().collect();
    let own = (!own.is_empty()).then(|| format!("where {}", own.join(" and ")));
    let parts: Vec<String> = [own, conditions].into_iter().flatten().collect();
    parts.join(", and ")
}

fn as_json(reach: &Reach) -> Value {
    let (reached, conditions, why) = match &reach.reached {
        Reached::Yes => ("yes", None, None),
        Reached::Perhaps(conditions) => ("perhaps", Some(conditions), None),
        Reached::No(why) => ("no", None, Some(why)),
    };
    json!({
        "reaches": reached,
        "methods": reach.methods,
        "path": reach.pattern,
        "route": &*reach.route,
        "line": reach.place.line,
        "public": reach.public,
        "tenant": reach.tenant,
        "source": reach.source,
        "conditions": conditions,
        "why": why,
    })
}
