//! What would have to be known to judge a request again, and is not.

use std::borrow::Cow;
use std::fmt;

use crate::policy::{CoreFact, Fact, Rule};

/// Why a fact that is simply not there is not known.
pub(super) const NOT_RECORDED: &str = "not recorded";

/// What is not known.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum What {
    /// A fact that every record has unless it is hidden.
    Core(CoreFact),
    /// A fact that is recorded when a rule of the policy that serves reads it.
    Fact(Fact),
    /// Who called: no credential was judged.
    Caller,
    /// What the issuers' settings, which differ, make of a credential.
    IssuerSettings,
    /// What the settings of sets of API keys, which differ, make of a key.
    KeySettings,
    /// Whether a token is found where the policy now looks for one.
    TokenPlaces,
    /// Whether an API key is found where the policy now looks for one.
    KeyPlaces,
    /// Whose the token was that was refused for its issuer.
    TokenIssuer,
    /// Whose the API key was that nobody knew.
    KeySet,
    /// What the settings of webhooks, which differ, make of a delivery.
    WebhookSettings,
    /// Whether the request had a signature that the new policy asks for.
    Signature,
    /// What a reason means that this version does not know.
    Reason,
}

/// One thing that is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Missing {
    pub(super) what: What,
    /// The word that the record has in its place, or [`NOT_RECORDED`].
    pub(super) why: Cow<'static, str>,
    /// The rule that reads it; nothing when it is needed before any rule is asked.
    pub(super) rule: Option<Rule>,
}

impl Missing {
    /// Something without which not even the rules can be asked.
    pub(super) fn before_rules(what: What, why: impl Into<Cow<'static, str>>) -> Self {
        Self {
            what,
            why: why.into(),
            rule: None,
        }
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Core(CoreFact::Bounds) => f.write_str("sources, networks"),
            Self::Core(fact) => f.write_str(fact.as_str()),
            Self::Fact(Fact::Header(name)) => write!(f, "headers.{name}"),
            Self::Fact(Fact::Query(name)) => write!(f, "query.{name}"),
            Self::Fact(Fact::Claim(name)) => write!(f, "claims.{name}"),
            Self::Fact(Fact::Email) => f.write_str("email"),
            Self::Caller => f.write_str("who called"),
            Self::IssuerSettings => f.write_str("what the changed issuers say"),
            Self::KeySettings => f.write_str("what the changed sets of API keys say"),
            Self::WebhookSettings => f.write_str("what the changed webhooks say"),
            Self::Signature => f.write_str("whether it was signed"),
            Self::TokenPlaces => f.write_str("where the token stood"),
            Self::KeyPlaces => f.write_str("whether there was an API key"),
            Self::KeySet => f.write_str("whose API key it was"),
            Self::TokenIssuer => f.write_str("whose token it was"),
            Self::Reason => f.write_str("what the reason means"),
        }
    }
}

impl What {
    /// What would make it known.
    pub(super) fn advice(&self, why: &str) -> String {
        match (self, why) {
            (Self::Core(CoreFact::Bounds), "redacted") => {
                "take `sources` and `networks` off `log.decisions.redact`".to_owned()
            }
            (_, "redacted") => format!("take `{self}` off `log.decisions.redact`"),
            (_, "credential") => "values that may be credentials are never recorded".to_owned(),
            (_, "too long" | "cut") => "the value is longer than a record shows".to_owned(),
            (_, "ambiguous") => {
                "the request said it in more than one way, of which rules take none".to_owned()
            }
            (_, "not UTF-8" | "null") => "records cannot show such a value".to_owned(),
            (Self::Fact(_), _) => {
                "the policy that served reads it in no rule; it is recorded from the moment one does"
                    .to_owned()
            }
            (Self::Core(_), _) => "the record is not whole".to_owned(),
            (Self::Caller, _) => {
                "the route that served judged no credential; the new one asks for one".to_owned()
            }
            (Self::IssuerSettings, _) => {
                "a record holds no token to verify again; try such tokens with `sidegate test`"
                    .to_owned()
            }
            (Self::KeySettings, _) => {
                "a record holds no API key to look up again; try such keys with `sidegate test`"
                    .to_owned()
            }
            (Self::WebhookSettings, _) => {
                "a record holds no body and no signature to verify again; try such deliveries with `sidegate test`"
                    .to_owned()
            }
            (Self::Signature, _) => {
                "the route that served asked for no such signature; the new one does".to_owned()
            }
            (Self::KeyPlaces, _) => {
                "`from`, `prefix` or `format` of `api_keys` differ, and a record does not say what stood there"
                    .to_owned()
            }
            (Self::TokenPlaces, _) => {
                "`tokens.from` differs, and a record does not say where the token stood".to_owned()
            }
            (Self::TokenIssuer | Self::KeySet, _) => {
                "name the policy that served: `--against OLD` shows whether the route's `authenticate` differs"
                    .to_owned()
            }
            (Self::Reason, _) => "replay with the version of sidegate that wrote the log".to_owned(),
        }
    }
}
