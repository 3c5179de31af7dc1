//! Sentences, held against an asking of everybody about everything.

use proptest::prelude::*;
use proptest::sample::select;

use super::super::super::{Access, Rule};
use super::random::{Place, holders, places, policies};
use super::world::{Met, callers, meet, requests, segments, within};
use super::{compile, policy};
use crate::model::{Principal, PrincipalKind, Request};

#[derive(Debug, Clone)]
enum Said {
    OnlyRoles(Vec<&'static str>),
    Nobody,
    NeverPublic,
    OneTenant,
    Asks(&'static str, Option<Rule>),
    NothingBut(&'static str),
    Never(&'static str),
}

const WHO: [&str; 8] = [
    "users",
    "machines",
    "API keys",
    "tokens of main",
    "tokens of other",
    "API keys of partners",
    "webhooks",
    "deliveries of gh",
];

fn said() -> impl Strategy<Value = Said> {
    prop_oneof![
        3 => select(vec![vec!["r1"], vec!["r2"], vec!["r3"], vec!["r1", "r3"]]).prop_map(Said::OnlyRoles),
        1 => Just(Said::Nobody),
        1 => Just(Said::NeverPublic),
        3 => Just(Said::OneTenant),
        1 => select(vec![
            ("permission", Some(Rule::Permission)),
            ("role", Some(Rule::Roles)),
            ("scope", Some(Rule::Scopes)),
            ("tenant", Some(Rule::Tenant)),
            ("source", Some(Rule::Source)),
            ("credential", None),
            ("signature", None),
            ("key", None),
        ])
        .prop_map(|(word, rule)| Said::Asks(word, rule)),
        2 => select(WHO.to_vec()).prop_map(Said::NothingBut),
        2 => select(WHO.to_vec()).prop_map(Said::Never),
    ]
}

fn sentence(said: &Said, place: &Place) -> String {
    let what = place.text();
    match said {
        Said::OnlyRoles(roles) => format!("only roles {} reach {what}", roles.join(", ")),
        Said::Nobody => format!("nobody reaches {what}"),
        Said::NeverPublic => format!("{what} is never public"),
        Said::OneTenant => format!("a principal of one tenant never reaches {what} of another"),
        Said::Asks(word, _) => format!("every route under {what} asks for a {word}"),
        Said::NothingBut(who) => format!("{who} reach nothing but {what}"),
        Said::Never(who) => format!("{who} never reach {what}"),
    }
}

fn is(who: &str, caller: &Principal) -> bool {
    match who {
        "users" => caller.kind == PrincipalKind::User,
        "machines" => caller.kind == PrincipalKind::Machine,
        "webhooks" | "deliveries of gh" => caller.webhook.is_some(),
        "API keys" => caller.kind == PrincipalKind::ApiKey,
        other => other.ends_with(&*caller.issuer),
    }
}

/// The sentence by its letters, for one request and one caller who passes, or nobody in particular
/// where the route is public.
fn breaks(
    said: &Said,
    inside: bool,
    request: &Request,
    at: usize,
    caller: Option<&Principal>,
    default: Option<&str>,
) -> bool {
    let Some(caller) = caller else {
        return inside && !matches!(said, Said::NothingBut(_));
    };
    match said {
        Said::OnlyRoles(named) => {
            let mut roles: Vec<&str> = caller.roles.iter().map(AsRef::as_ref).collect();
            if roles.is_empty() && caller.kind == PrincipalKind::User {
                roles.extend(default);
            }
            inside && !roles.iter().any(|role| holders(named).contains(role))
        }
        Said::Nobody => inside,
        Said::NeverPublic | Said::Asks(..) => false,
        Said::OneTenant => {
            let own = segments(request).get(at).cloned();
            inside
                && caller
                    .tenant
                    .as_deref()
                    .is_some_and(|tenant| Some(tenant) != own.as_deref())
        }
        Said::NothingBut(who) => !inside && is(who, caller),
        Said::Never(who) => inside && is(who, caller),
    }
}

fn broken(text: &str, said: &Said, place: &Place) -> Option<String> {
    let policy = policy(text);
    let default = text
        .strip_prefix("default_role: ")
        .and_then(|rest| rest.lines().next());
    let at = place
        .path
        .split('/')
        .skip(1)
        .position(|segment| segment == "{tenant}");
    let at = at.or_else(|| {
        place
            .path
            .split('/')
            .skip(1)
            .position(|segment| segment == "{c}")
    });
    let callers = callers();
    for request in requests() {
        let inside = within(place, &request);
        if inside == matches!(said, Said::NothingBut(_)) {
            continue;
        }
        let breach = match meet(&policy, &request, &callers) {
            Met::Nothing => None,
            Met::Public => {
                breaks(said, inside, &request, 0, None, default).then(|| "anybody".to_owned())
            }
            Met::Judged(route, judged) => {
                let asks = |rule: &Option<Rule>| {
                    let mut checks = policy.routes()[route].checks();
                    rule.is_none_or(|rule| checks.any(|check| check.rule() == rule))
                };
                let shown = |word: &str| match policy.routes()[route].access() {
                    Access::Authenticated { accepted, signed } => {
                        let only = |name: &str| matches!(accepted.as_deref(), Some([one]) if **one == *name);
                        match word {
                            "signature" => signed.is_some() || only("gh"),
                            "key" => only("partners"),
                            _ => true,
                        }
                    }
                    Access::Public => true,
                };
                let unasked = matches!(said, Said::Asks(word, rule) if inside && !(asks(rule) && shown(word)));
                let found = judged.iter().find(|(caller, passes)| {
                    *passes
                        && breaks(
                            said,
                            inside,
                            &request,
                            at.unwrap_or(9),
                            Some(caller),
                            default,
                        )
                });
                let found = found.map(|(caller, _)| format!("{caller:?}"));
                if unasked {
                    Some("unasked".into())
                } else {
                    found
                }
            }
        };
        if let Some(who) = breach {
            return Some(format!(
                "{} {}{} by {who}",
                request.method, request.host, request.path
            ));
        }
    }
    None
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn sentence_is_proven_if_and_only_if_nobody_in_the_world_breaks_it(
        text in policies(),
        said in said(),
        place in places(),
    ) {
        let mut place = place;
        if matches!(said, Said::OneTenant) {
            place.path = place.path.replace("{source}", "*");
            prop_assume!(place.path.contains("{tenant}") || place.path.contains("{c}"));
        }
        let sentence = sentence(&said, &place);
        let (proven, problems) = compile(&format!("{text}invariants:\n  - '{sentence}'\n"));
        let refuted = problems.iter().any(|problem| problem.contains("this does not hold"));
        prop_assert_eq!(proven.is_none(), refuted, "{:?}", problems);
        prop_assert_eq!(refuted.then_some(&problems), broken(&text, &said, &place).map(|_| &problems), "{}{}\n{:?}\n{:?}", text, sentence, problems, broken(&text, &said, &place));
    }
}
