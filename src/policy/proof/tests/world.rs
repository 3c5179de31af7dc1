//! A small world: every request and caller in it, asked one by one.

use std::sync::Arc;
use std::time::SystemTime;

use http::{HeaderValue, Method};

use super::super::super::{Access, Policy, Rule};
use super::super::caller::{nobody_in_particular, signed_by};
use super::random::Place;
use crate::model::{
    CanonicalPath, Client, Fields, Host, KeyFacts, Principal, PrincipalKind, Request, Scheme,
};

/// Every path of at most three segments over two literals and two others, and those one longer: patterns
/// have three at most, so what comes behind is all the same.
fn paths() -> Vec<String> {
    let mut paths = vec![String::new()];
    let mut last = paths.clone();
    for letters in [
        &["a", "b", "o", "q"][..],
        &["a", "b", "o", "q"],
        &["a", "b", "o", "q"],
        &["o"],
    ] {
        let longer = |path: &String| {
            letters
                .iter()
                .map(move |letter| format!("{path}/{letter}"))
                .collect::<Vec<_>>()
        };
        last = last.iter().flat_map(longer).collect();
        paths.extend(last.iter().cloned());
    }
    paths
}

pub(super) const METHODS: [&str; 4] = ["GET", "HEAD", "POST", "PUT"];

pub(super) fn requests() -> Vec<Request> {
    let mut requests = Vec::new();
    for host in ["h.test", "o.h.test", "o.test", "else.where"] {
        for path in paths() {
            for method in METHODS {
                let mut request = Request {
                    method: Method::from_bytes(method.as_bytes()).unwrap(),
                    scheme: Scheme::Https,
                    host: Host::parse(host).unwrap(),
                    path: CanonicalPath::parse(&format!("/{}", path.trim_start_matches('/')))
                        .unwrap(),
                    headers: Fields::new(),
                    client: Client::direct("192.0.2.7:4711".parse().unwrap()),
                    received_at: SystemTime::UNIX_EPOCH,
                };
                for name in ["x-t", "x-s"] {
                    let name = http::HeaderName::from_static(name);
                    request
                        .headers
                        .append(&name, &HeaderValue::from_static("zz"));
                }
                requests.push(request);
            }
        }
    }
    requests
}

/// Those requests that policies with these texts may tell apart: where a text names no host, no `b`, or
/// a method not, one stands for others.
pub(super) fn requests_for(text: &str) -> Vec<Request> {
    let unnamed = METHODS
        .into_iter()
        .find(|method| !text.contains(method) && *method != "HEAD");
    let mut requests = requests();
    requests.retain(|request| {
        let method = request.method.as_str();
        let head = method == "HEAD" && text.contains("GET");
        let method = text.contains(method) || head || Some(method) == unnamed;
        let host = text.contains("host") || request.host.name() == "o.test";
        let letter = text.contains("/b") || !request.path.as_str().contains('b');
        method && host && letter
    });
    requests
}

pub(super) fn segments(request: &Request) -> Vec<String> {
    request
        .path
        .segments()
        .map(|segment| segment.into_owned())
        .collect()
}

/// Every caller that the world's policies can tell apart. Tenants are those a request can name here.
pub(super) fn callers() -> Vec<Arc<Principal>> {
    let roles: [&[&str]; 6] = [&[], &["r1"], &["r2"], &["r3"], &["unknown"], &["r2", "r3"]];
    let scopes: [&[&str]; 5] = [&[], &["s1"], &["s2"], &["p:x"], &["s1", "s2"]];
    let mut callers = Vec::new();
    let vouching = [
        (PrincipalKind::User, &["main", "other"][..]),
        (PrincipalKind::Machine, &["main", "other"]),
        (PrincipalKind::Webhook, &["gh"]),
    ];
    for (kind, issuers) in vouching {
        for issuer in issuers {
            for roles in roles {
                for scopes in scopes {
                    callers.push(Principal {
                        roles: roles.iter().map(|role| (*role).into()).collect(),
                        scopes: scopes.iter().map(|scope| (*scope).into()).collect(),
                        ..nobody_in_particular(kind, (*issuer).into())
                    });
                }
            }
        }
    }
    callers.extend(keys(&roles));
    // No route asks for a signature beside a credential of `other`.
    let signed = callers
        .iter()
        .filter(|caller| ["main", "partners"].contains(&&*caller.issuer));
    let signed = signed.map(|caller| Principal {
        webhook: Some(signed_by(&"gh".into())),
        ..caller.clone()
    });
    let signed: Vec<Principal> = signed.collect();
    callers.extend(signed);
    callers.into_iter().map(Arc::new).collect()
}

/// API keys: with every scope and pattern that can matter, and those with all of them also for one source
/// that a request can name here, or for one that none does.
fn keys(roles: &[&[&str]]) -> Vec<Principal> {
    let scopes: [&[&str]; 10] = [
        &[],
        &["s1"],
        &["s2"],
        &["p:x"],
        &["s1", "s2"],
        &["p:*"],
        &["*:x", "s1"],
        &["*:*", "s2"],
        &["q:*"],
        &["*"],
    ];
    let any_source = scopes.iter().map(|scopes| (*scopes, None));
    let one_source = ["a", "b", "o", "h", "zz", "nowhere"].map(|source| (&["*"][..], Some(source)));
    let mut keys = Vec::new();
    for (scopes, source) in any_source.chain(one_source) {
        // Sources have nothing to do with roles: few of them will do.
        let roles = match source {
            None => roles,
            Some(_) => &[&[][..], &["r1", "r2", "r3"]],
        };
        for roles in roles {
            keys.push(Principal {
                roles: roles.iter().map(|role| (*role).into()).collect(),
                scopes: scopes.iter().map(|scope| (*scope).into()).collect(),
                key: source.map(for_source),
                ..nobody_in_particular(PrincipalKind::ApiKey, "partners".into())
            });
        }
    }
    keys
}

pub(super) fn for_source(source: &str) -> Arc<KeyFacts> {
    Arc::new(KeyFacts {
        id: "k1".into(),
        sources: Some([source.into()].into()),
        networks: None,
    })
}

/// The tenants that a caller may have, for one request: what it names anywhere, and others.
pub(super) fn tenants(request: &Request) -> Vec<Option<Box<str>>> {
    let header = request
        .headers
        .get("x-t")
        .map(|value| String::from_utf8_lossy(value).into());
    let mut tenants: Vec<Option<Box<str>>> = vec![None, header, Some("nowhere".into())];
    let labels = request.host.name().split('.').map(Into::into);
    let segments = segments(request).into_iter().map(String::into_boxed_str);
    for tenant in labels.chain(segments).map(Some) {
        if !tenants.contains(&tenant) {
            tenants.push(tenant);
        }
    }
    tenants
}

/// What a request meets: no route, an open door, or a judgement of each caller.
pub(super) enum Met {
    Nothing,
    Public,
    Judged(usize, Vec<(Arc<Principal>, bool)>),
}

/// Asks the policy, by the functions that serve traffic, about every tenant that can matter.
pub(super) fn meet(policy: &Policy, request: &Request, callers: &[Arc<Principal>]) -> Met {
    let checks = policy.find(request).map(|matched| {
        matched
            .route
            .checks()
            .map(|check| check.rule())
            .collect::<Vec<_>>()
    });
    let bound = checks.is_some_and(|checks| checks.contains(&Rule::Tenant));
    let few = [
        None,
        Some("nowhere".into()),
        Some("a".into()),
        Some("o".into()),
        Some("zz".into()),
    ];
    let tenants = if bound {
        tenants(request)
    } else {
        few.to_vec()
    };
    judged(policy, request, callers, &tenants)
}

/// The verdicts on all callers with all tenants, in the same order for every policy; nothing where
/// there is no route, and yes for all where it is public.
pub(super) fn verdicts(
    policy: &Policy,
    request: &Request,
    callers: &[Arc<Principal>],
) -> Vec<bool> {
    let tenants = tenants(request);
    let everybody = |passes| vec![passes; callers.len() * tenants.len()];
    let Some(matched) = policy.find(request) else {
        return everybody(false);
    };
    if *matched.route.access() == Access::Public {
        return everybody(true);
    }
    let passes = |caller: &Principal| {
        let judge = |check| policy.judge(check, &matched, request, Some(caller));
        let mut checks = matched.route.checks_of(Some(caller));
        counts(matched.route.access(), caller) && checks.all(|check| judge(check).is_ok())
    };
    let mut verdicts = Vec::with_capacity(callers.len() * tenants.len());
    for caller in callers {
        let mut caller = (**caller).clone();
        // Who can sign need not show the credential: then the sender speaks for itself.
        let signed = caller.webhook.as_ref();
        let mut delivery =
            signed.map(|facts| nobody_in_particular(PrincipalKind::Webhook, facts.name.clone()));
        for tenant in &tenants {
            caller.tenant.clone_from(tenant);
            if let Some(delivery) = &mut delivery {
                delivery.tenant.clone_from(tenant);
            }
            verdicts.push(passes(&caller) || delivery.as_ref().is_some_and(passes));
        }
    }
    verdicts
}

/// Whether a credential is one that a route takes, with the signature that it asks for.
fn counts(access: &Access, caller: &Principal) -> bool {
    let Access::Authenticated { accepted, signed } = access else {
        return true;
    };
    let facts = caller.webhook.as_ref();
    let is_signed = match signed {
        None => true,
        Some(signed) => facts.is_some_and(|facts| facts.name == *signed),
    };
    let accepted = accepted.as_ref();
    is_signed && accepted.is_none_or(|known| known.contains(&caller.issuer))
}

/// Whether a request can come from such a caller here: a signature beside a credential is looked at only where a
/// route asks for it.
fn is_met(access: &Access, caller: &Principal) -> bool {
    let unasked = matches!(access, Access::Authenticated { signed: None, .. });
    caller.webhook.is_none() || caller.kind == PrincipalKind::Webhook || !unasked
}

fn judged(
    policy: &Policy,
    request: &Request,
    callers: &[Arc<Principal>],
    tenants: &[Option<Box<str>>],
) -> Met {
    let Some(matched) = policy.find(request) else {
        return Met::Nothing;
    };
    let access = matched.route.access();
    if *access == Access::Public {
        return Met::Public;
    }
    let mut judged = Vec::new();
    for caller in callers {
        for tenant in tenants {
            let caller = Arc::new(Principal {
                tenant: tenant.clone(),
                ..(**caller).clone()
            });
            let mut checks = matched.route.checks_of(Some(&caller));
            let passes = counts(access, &caller)
                && is_met(access, &caller)
                && checks.all(|check| {
                    policy
                        .judge(check, &matched, request, Some(&caller))
                        .is_ok()
                });
            judged.push((caller, passes));
        }
    }
    Met::Judged(matched.route.index(), judged)
}

/// Whether a pattern, read by its letters, has a request's path, host and method.
pub(super) fn within(place: &Place, request: &Request) -> bool {
    let host = request.host.name();
    let host_fits = match place.host {
        None => true,
        Some(name) => match name.strip_prefix("*.") {
            Some(name) => host
                .strip_suffix(name)
                .is_some_and(|rest| rest.ends_with('.')),
            None => host == name,
        },
    };
    let method = request.method.as_str();
    let method_fits = place.methods.is_none_or(|list| {
        list.split(", ")
            .any(|one| one == method || (one == "GET" && method == "HEAD"))
    });
    let given = segments(request);
    let wanted: Vec<&str> = place
        .path
        .split('/')
        .filter(|segment| !segment.is_empty())
        .collect();
    let (wanted, open) = match wanted.split_last() {
        Some((&"**", rest)) => (rest, true),
        _ => (&wanted[..], false),
    };
    let length_fits = if open {
        given.len() >= wanted.len()
    } else {
        given.len() == wanted.len()
    };
    let fits =
        |(wanted, given): (&&str, &String)| wanted.starts_with(['*', '{']) || **wanted == **given;
    host_fits && method_fits && length_fits && wanted.iter().zip(&given).all(fits)
}
