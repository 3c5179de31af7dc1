//! Where the request comes from: words, a command line, or a record.

use std::io::Read as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value};

use crate::cli::exit::Failure;
use crate::cli::token;
use crate::cli::trial::{Ask, Caller, DeliveryDraft, KeyDraft, PrincipalDraft, TokenDraft};
use crate::model::Reason;

use super::Arguments;
use super::record::Record;
use super::{curl, resigned};

/// The most that is read of a record.
const MOST_BYTES: u64 = 1 << 20;

/// A request to explain.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) ask: Ask,
    pub(super) caller: Caller,
    /// The delivery that is signed on the spot, beside a credential or alone.
    pub(super) delivery: Option<DeliveryDraft>,
    /// What was not taken as it stands.
    pub(super) notes: Vec<String>,
    /// What a token in the request says, to be signed anew where its issuer's keys are elsewhere.
    pub(super) resigned: Option<TokenDraft>,
    /// What a record says came of the request.
    pub(super) recorded: Option<Recorded>,
}

/// What a record says came of its request.
#[derive(Debug, Clone)]
pub(super) struct Recorded {
    pub(super) decision: Option<String>,
    pub(super) reason: Option<Reason>,
    pub(super) policy: Option<String>,
}

impl Source {
    pub(super) fn of(arguments: &Arguments) -> Result<Self, Failure> {
        let now = arguments.now.unwrap_or_else(now);
        let mut source = Self::asked(arguments, now)?;
        for header in &arguments.header {
            let (name, value) = header
                .split_once(':')
                .ok_or_else(|| Failure::usage("a header is written `Name: value`"))?;
            let header = (name.trim().to_owned(), value.trim().to_owned());
            source.ask.headers.push(header);
        }
        source.ask.client = arguments.client.unwrap_or(source.ask.client);
        if let Some(body) = &arguments.body {
            source.ask.body = std::fs::read(body).map_err(|error| {
                Failure::environment(format_args!("cannot read `{}`: {error}", body.display()))
            })?;
        }
        source.delivery = delivery(arguments)?;
        if let Some(caller) = caller(arguments)? {
            source.caller = caller;
        }
        source.resigned = match &source.caller {
            Caller::Token { text, .. } => resigned::draft(text),
            Caller::AsSent => {
                resigned::token_in(&source.ask).and_then(|text| resigned::draft(&text))
            }
            Caller::Given(_) | Caller::Claims(_) | Caller::Key(_) => None,
        };
        Ok(source)
    }

    /// The request, in whichever way it is named.
    fn asked(arguments: &Arguments, now: SystemTime) -> Result<Self, Failure> {
        match (&arguments.curl, &arguments.record, &arguments.url) {
            (Some(line), _, _) => Self::of_curl(line, now),
            (_, Some(line), _) => Self::of_record(&record(line)?, arguments.now),
            (_, _, Some(url)) => {
                let method = arguments.method.as_deref().unwrap_or("GET");
                if url != "*" && !url.starts_with('/') && !url.contains("://") {
                    let help = format!("a path begins with `/`: `/{url}`; or write a whole URL");
                    return Err(Failure::usage(help));
                }
                Ok(Self::bare(Ask::new(method, url, now)))
            }
            (None, None, None) => {
                let help = "say what to explain: METHOD URL, --curl LINE, or --record LINE";
                Err(Failure::usage(help))
            }
        }
    }

    fn bare(ask: Ask) -> Self {
        Self {
            ask,
            caller: Caller::AsSent,
            delivery: None,
            notes: Vec::new(),
            resigned: None,
            recorded: None,
        }
    }

    fn of_curl(line: &str, now: SystemTime) -> Result<Self, Failure> {
        let call = curl::read(line, now).map_err(Failure::usage)?;
        Ok(Self {
            notes: call.notes,
            ..Self::bare(call.ask)
        })
    }

    fn of_record(record: &Record, now: Option<SystemTime>) -> Result<Self, Failure> {
        let now = now.or(record.time);
        let now = now.ok_or_else(|| Failure::usage("the record has no `time`: say --now"))?;
        let caller = record.principal.clone().map(Caller::Given);
        Ok(Self {
            caller: caller.unwrap_or(Caller::AsSent),
            recorded: Some(record.said.clone()),
            ..Self::bare(record.ask(now))
        })
    }

    /// The tokens that will be signed.
    pub(super) fn drafts(&self) -> Vec<&TokenDraft> {
        let claims = match &self.caller {
            Caller::Claims(draft) => Some(draft),
            _ => None,
        };
        claims.into_iter().chain(&self.resigned).collect()
    }

    /// The deliveries that will be signed.
    pub(super) fn deliveries(&self) -> Vec<&DeliveryDraft> {
        self.delivery.iter().collect()
    }

    /// The API keys that will be presented.
    pub(super) fn keys(&self) -> Vec<(&KeyDraft, SystemTime)> {
        match &self.caller {
            Caller::Key(draft) => vec![(draft, self.ask.now)],
            _ => Vec::new(),
        }
    }
}

/// A caller with an API key, as the words describe it.
fn key(arguments: &Arguments) -> Option<KeyDraft> {
    let said = |names: &[String]| (!names.is_empty()).then(|| names.to_vec());
    let metadata = arguments.claim.iter();
    let metadata = metadata.map(|claim| (claim.name.clone(), claim.value.clone()));
    Some(KeyDraft {
        set: Some(arguments.as_key.clone()?),
        tenant: arguments.tenant.clone(),
        owner: arguments.owner.clone(),
        roles: said(&arguments.role),
        scopes: said(&arguments.scope),
        sources: said(&arguments.source),
        networks: (!arguments.network.is_empty()).then(|| arguments.network.clone()),
        metadata: metadata.collect(),
        ..KeyDraft::default()
    })
}

/// The time of the command, in whole seconds.
fn now() -> SystemTime {
    let seconds = u64::try_from(token::now()).unwrap_or_default();
    UNIX_EPOCH + Duration::from_secs(seconds)
}

fn record(line: &str) -> Result<Record, Failure> {
    let mut text = line.to_owned();
    if line == "-" {
        text.clear();
        std::io::stdin()
            .take(MOST_BYTES)
            .read_to_string(&mut text)?;
    }
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let first = lines.next().unwrap_or_default();
    Record::read(first).map_err(Failure::usage)
}

/// The delivery that is to be signed.
fn delivery(arguments: &Arguments) -> Result<Option<DeliveryDraft>, Failure> {
    let named = [
        &arguments.as_subject,
        &arguments.as_key,
        &arguments.as_webhook,
    ];
    if arguments.tenant.is_some() && named.iter().all(|named| named.is_none()) {
        let help = "--tenant says whose: --as-subject, --as-key or --as-webhook";
        return Err(Failure::usage(help));
    }
    // A tenant beside a key is the key's.
    let tenant = match arguments.as_key {
        None => arguments.tenant.clone(),
        Some(_) => None,
    };
    Ok(arguments.as_webhook.as_ref().map(|webhook| DeliveryDraft {
        webhook: Some(webhook.clone()),
        tenant,
        ..DeliveryDraft::default()
    }))
}

fn caller(arguments: &Arguments) -> Result<Option<Caller>, Failure> {
    if let Some(text) = &arguments.token {
        return Ok(Some(Caller::Token {
            text: text.clone(),
            secret: true,
        }));
    }
    if let Some(text) = &arguments.claims {
        let claims: Map<String, Value> = serde_json::from_str(text)
            .map_err(|_| Failure::usage("--claims takes a JSON object"))?;
        return Ok(Some(Caller::Claims(TokenDraft {
            issuer: arguments.issuer.clone(),
            claims,
            ..TokenDraft::default()
        })));
    }
    if let Some(draft) = key(arguments) {
        return Ok(Some(Caller::Key(draft)));
    }
    let claims = arguments.claim.iter();
    let claims = claims.map(|claim| (claim.name.clone(), claim.value.clone()));
    Ok(arguments.as_subject.as_ref().map(|subject| {
        Caller::Given(PrincipalDraft {
            subject: subject.clone(),
            machine: arguments.kind.as_deref() == Some("machine"),
            tenant: arguments.tenant.clone(),
            email: arguments.email.clone(),
            roles: arguments.role.clone(),
            scopes: arguments.scope.clone(),
            issuer: arguments.issuer.clone(),
            claims: claims.collect(),
            key: None,
        })
    }))
}
