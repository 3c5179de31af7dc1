//! What must come of a case.

use crate::cli::trial::{Effects, Verdict, World};
use crate::document::{Fields, Named, Node, OneOrMany, Placed, Problems, Value, choice, closest};
use crate::model::Reason;

use super::answer::Answer;

/// The keys of an expectation.
pub(super) const KEYS: [&str; 10] = [
    "decision", "deny", "reason", "status", "route", "headers", "removed", "upstream", "path",
    "answer",
];

/// What is expected; what is not said may be anything.
#[derive(Debug, Default)]
pub(super) struct Expect {
    pub(super) allow: Option<bool>,
    pub(super) reason: Option<Reason>,
    pub(super) status: Option<u16>,
    pub(super) route: Option<Placed<String>>,
    /// Names in lower case, with the values that are set for them; nothing: none arrives.
    pub(super) headers: Vec<(String, Option<String>)>,
    /// Names in lower case.
    pub(super) removed: Vec<String>,
    pub(super) upstream: Option<Placed<String>>,
    pub(super) path: Option<String>,
    /// That we answer ourselves, and what.
    pub(super) answer: Option<Answer>,
}

impl Expect {
    pub(super) fn read(node: &Node, problems: &Problems) -> Option<Self> {
        match &node.value {
            Value::Text(text) => Self::short(text, node, problems),
            Value::Integer(status) => Self::short(&status.to_string(), node, problems),
            _ => Self::long(node, problems),
        }
    }

    /// `allow`, `deny`, `deny CODE`, `401`, `401 CODE`.
    fn short(text: &str, node: &Node, problems: &Problems) -> Option<Self> {
        let words: Vec<&str> = text.split_ascii_whitespace().collect();
        let (first, code) = match words.as_slice() {
            [first] => (*first, None),
            [first, code] => (*first, Some(reason(code, node, problems)?)),
            _ => ("", None),
        };
        let mut expect = Self {
            allow: Some(false),
            reason: code,
            ..Self::default()
        };
        match (first, first.parse::<u16>()) {
            ("allow", _) if code.is_none() => expect.allow = Some(true),
            ("answer", _) if code.is_none() => {
                expect.allow = Some(true);
                expect.answer = Some(Answer::default());
            }
            ("deny", _) => {}
            (_, Ok(status)) if refuses(status) => expect.status = Some(status),
            _ => {
                let help = match Reason::ALL.iter().any(|reason| reason.code() == text) {
                    true => format!("write `deny {text}`"),
                    false => "`allow`, `deny`, `deny CODE`, `401`, `401 CODE`, or a map; what is allowed gets its status from the upstream".to_owned(),
                };
                problems.error_with(node, format!("`{text}` is not an expectation"), help);
                return None;
            }
        }
        Some(expect)
    }

    fn long(node: &Node, problems: &Problems) -> Option<Self> {
        let mut fields = Fields::of(node, "expectation", problems)?;
        let decisions = [("allow", true), ("deny", false)];
        let decision = fields.raw("decision");
        let decision = decision.map(|node| choice(node, problems, &decisions));
        let denied = fields.raw("deny").map(|node| code(node, problems));
        let reason = fields.raw("reason").map(|node| code(node, problems));
        let status: Option<Placed<u16>> = fields.optional("status");
        let mut expect = Self {
            allow: decision.flatten(),
            reason: denied.flatten().or(reason.flatten()),
            status: status.as_ref().map(|status| status.value),
            route: fields.optional("route"),
            headers: headers(fields.raw("headers"), problems),
            removed: lower(fields.or("removed", OneOrMany(Vec::new())).0),
            upstream: fields.optional("upstream"),
            path: fields.optional("path"),
            answer: fields
                .raw("answer")
                .and_then(|node| Answer::read(node, problems)),
        };
        fields.finish();
        if let Some(status) = status.filter(|status| !refuses(status.value)) {
            let help = "a refusal has a status from 400 on; what is allowed gets its status from the upstream";
            problems.error_with(&status.node, "not the status of a refusal", help);
        }
        let refused = denied.is_some() || expect.reason.is_some() || expect.status.is_some();
        let passes = expect.speaks_of_passing();
        match (expect.allow, refused, passes) {
            (Some(true), true, _) | (_, true, true) | (Some(false), _, true) => {
                let message = "this could be neither allowed nor refused";
                let help = "`deny`, `reason` and `status` speak of a refusal; `headers`, `removed`, `upstream` and `path` of what the upstream gets; `answer` of what we answer in its place";
                problems.error_with(node, message, help);
                return None;
            }
            (None, true, _) => expect.allow = Some(false),
            (None, _, true) => expect.allow = Some(true),
            _ => {}
        }
        if expect.answer.is_some() && expect.speaks_of_upstream() {
            let help = "what is answered here never comes to an upstream";
            problems.error_with(node, "this could be neither answered nor sent on", help);
            return None;
        }
        if expect.allow.is_none() && expect.route.is_none() {
            let help = format!("known: {}", KEYS.join(", "));
            problems.error_with(node, "nothing is expected", help);
        }
        Some(expect)
    }

    fn speaks_of_passing(&self) -> bool {
        self.answer.is_some() || self.speaks_of_upstream()
    }

    fn speaks_of_upstream(&self) -> bool {
        let told = self.upstream.is_some() || self.path.is_some();
        told || !self.headers.is_empty() || !self.removed.is_empty()
    }

    /// Holds names against the policy.
    pub(super) fn check(&self, world: &World, problems: &Problems) {
        let routes = world.engine.policy().routes();
        let names = routes.iter().map(|route| route.name().as_ref());
        known("route", self.route.as_ref(), names, problems);
        let upstreams = routes.iter().map(|route| route.upstream().as_ref());
        known("upstream", self.upstream.as_ref(), upstreams, problems);
    }

    /// What is not as it is expected; empty when all is.
    pub(super) fn differences(&self, verdict: &Verdict, effects: Option<&Effects>) -> Vec<String> {
        let mut found = Vec::new();
        let allowed = verdict.denied().is_none();
        let answered = verdict.reply().is_some();
        let decided = self.allow.is_none_or(|allow| allow == allowed)
            // What is answered here is no more let through than what is refused.
            && (self.allow.is_none() || !allowed || self.answer.is_some() == answered);
        let reason = self
            .reason
            .is_none_or(|reason| verdict.reason() == Some(reason));
        let status = self
            .status
            .is_none_or(|status| verdict.status() == Some(status));
        if !(decided && reason && status) {
            found.push(format!("expected {}", self.decision()));
        }
        let route = verdict.route().map(|route| route.name().as_ref());
        if let Some(wanted) = self.route.as_ref()
            && route != Some(wanted.value.as_str())
        {
            found.push(format!("expected the route `{}`", wanted.value));
        }
        match (&self.answer, verdict.reply(), effects) {
            (Some(answer), Some(reply), _) => answer.compare(reply, &mut found),
            (None, None, Some(effects)) => self.compare(effects, &mut found),
            _ => {}
        }
        found
    }

    fn compare(&self, effects: &Effects, found: &mut Vec<String>) {
        for (name, wanted) in &self.headers {
            match (wanted, effects.value(name)) {
                (Some(wanted), Some(value)) if value == wanted => {}
                (Some(wanted), Some(value)) => {
                    found.push(format!("expected {name} `{wanted}`, not `{value}`"));
                }
                (Some(wanted), None) => found.push(format!("expected {name} `{wanted}`, not none")),
                (None, _) if effects.arrives(name) => {
                    found.push(format!("expected that no {name} arrives"));
                }
                (None, _) => {}
            }
        }
        for name in self
            .removed
            .iter()
            .filter(|name| !effects.removed.contains(name))
        {
            found.push(format!("expected that {name} is removed"));
        }
        if let Some(wanted) = self
            .upstream
            .as_ref()
            .filter(|wanted| wanted.value != effects.upstream)
        {
            found.push(format!(
                "expected the upstream `{}`, not `{}`",
                wanted.value, effects.upstream
            ));
        }
        if let Some(wanted) = self.path.as_ref().filter(|wanted| **wanted != effects.path) {
            found.push(format!(
                "expected the path `{wanted}`, not `{}`",
                effects.path
            ));
        }
    }

    /// The decision that is expected, in words.
    pub(super) fn decision(&self) -> String {
        let mut words = match (self.allow, self.status) {
            (Some(true), _) if self.answer.is_some() => "an answer".to_owned(),
            (Some(true), _) => "allow".to_owned(),
            (_, Some(status)) => format!("deny {status}"),
            (Some(false), None) => "deny".to_owned(),
            (None, None) => return "a route".to_owned(),
        };
        if let Some(reason) = self.reason {
            words = format!("{words} {reason}");
        }
        words
    }
}

fn refuses(status: u16) -> bool {
    (400..600).contains(&status)
}

fn code(node: &Node, problems: &Problems) -> Option<Reason> {
    let text = <String as crate::document::Read>::read(node, problems)?;
    reason(&text, node, problems)
}

fn reason(code: &str, node: &Node, problems: &Problems) -> Option<Reason> {
    let mut known = Reason::ALL.iter();
    let found = known.find(|reason| reason.code() == code).copied();
    if found.is_none() {
        let codes = Reason::ALL.iter().map(|reason| reason.code());
        let help = match closest(&code.to_ascii_uppercase(), codes) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "reasons are codes such as `TOKEN_EXPIRED`; the README lists them".to_owned(),
        };
        problems.error_with(node, format!("there is no reason `{code}`"), help);
    }
    found
}

fn headers(node: Option<&Node>, problems: &Problems) -> Vec<(String, Option<String>)> {
    let entries = node.and_then(|node| Named::of(node, "header names to values", problems));
    let mut headers = Vec::new();
    for (key, value) in entries.into_iter().flatten() {
        let wanted = match value.value {
            Value::Null => None,
            _ => match super::case::plain(value, problems) {
                Some(text) => Some(text),
                None => continue,
            },
        };
        headers.push((key.name.to_ascii_lowercase(), wanted));
    }
    headers
}

fn lower(names: Vec<String>) -> Vec<String> {
    let names = names.into_iter();
    names.map(|name| name.to_ascii_lowercase()).collect()
}

fn known<'n>(
    what: &str,
    name: Option<&Placed<String>>,
    known: impl Iterator<Item = &'n str> + Clone,
    problems: &Problems,
) {
    let Some(name) = name else { return };
    if known.clone().any(|known| known == name.value) {
        return;
    }
    let mut names: Vec<&str> = known.collect();
    names.dedup();
    let help = match closest(&name.value, names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("{what}s: {}", names.join(", ")),
    };
    let message = format!("the policy has no {what} `{}`", name.value);
    problems.error_with(&name.node, message, help);
}
