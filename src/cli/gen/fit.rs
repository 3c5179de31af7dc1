//! Which policies a target can serve.

use super::facts::{Facts, Site};
use super::{Target, istio};
use crate::cli::exit::Failure;

/// What a target cannot do; nothing of it where sidegate passes requests on itself.
#[derive(Debug, Clone, Copy, Default)]
struct Lacks {
    /// It sends no bodies along with its questions.
    bodies: bool,
    /// It sends requests on to the path and query that came.
    target: bool,
    /// It has no answers but refusals.
    answers: bool,
    /// It leaves nothing to be answered by sidegate.
    service: bool,
    /// It drops fields whose names have a `_`.
    underscores: bool,
    /// It only asks, so it has to be known whence.
    asks: bool,
}

impl Target {
    fn lacks(self, http: bool) -> Lacks {
        let asks = Lacks {
            answers: true,
            service: true,
            asks: true,
            ..Lacks::default()
        };
        match self {
            Self::Nginx => Lacks {
                bodies: true,
                underscores: true,
                ..asks
            },
            Self::Caddy => Lacks {
                bodies: true,
                target: true,
                underscores: true,
                ..asks
            },
            Self::Haproxy => Lacks {
                bodies: true,
                ..asks
            },
            Self::Traefik => Lacks {
                target: true,
                ..asks
            },
            Self::Envoy if http => Lacks {
                target: true,
                ..asks
            },
            Self::Envoy | Self::Istio => Lacks {
                answers: false,
                ..asks
            },
            Self::Apache => Lacks::default(),
            Self::Kubernetes | Self::Compose | Self::Systemd => Lacks::default(),
        }
    }
}

/// Fails when the target cannot serve the policy, with all there is to say about it.
pub(super) fn refuse(target: Target, facts: &Facts) -> Result<(), Failure> {
    let lines = misfits(target, facts);
    if lines.is_empty() {
        return Ok(());
    }
    Err(Failure::negative(format_args!(
        "{} cannot serve this policy\n{}",
        target.word(),
        lines.join("\n")
    )))
}

fn misfits(target: Target, facts: &Facts) -> Vec<String> {
    let (lacks, word) = (target.lacks(facts.http), target.word());
    let mut lines = Vec::new();
    let mut say = |applies: bool, site: &Site, message: &str, help: &str| {
        if applies {
            lines.push(format!(
                "  {}: route `{}`: {message}\n    {help}",
                site.place, site.route
            ));
        }
    };
    for (site, _) in &facts.bodies {
        let message = format!("it verifies signatures of bodies, and {word} sends none along");
        say(lacks.bodies, site, &message, WITH_BODIES);
    }
    for site in &facts.answers {
        let message =
            format!("sidegate answers senders here itself, and {word} passes on refusals alone");
        say(lacks.answers, site, &message, BESIDE);
    }
    for site in &facts.keys {
        let message =
            format!("API keys are served here by sidegate itself, and {word} only asks it");
        say(lacks.service, site, &message, BESIDE);
    }
    for site in &facts.queries {
        let message = format!(
            "credentials may stand in the query, and {word} cannot take them out before the app"
        );
        say(lacks.target, site, &message, QUERY);
    }
    lines.extend(strange_names(lacks, target, facts));
    if lacks.asks && facts.fronts.is_empty() {
        let sidegate = &facts.sidegate;
        lines.push(format!(
            "  nobody says whence {word} asks {sidegate}, and sidegate answers only proxies that it trusts\n    \
             name its address or network: --front 10.0.0.5"
        ));
    }
    if target == Target::Istio && istio::service(&facts.sidegate.host).is_none() {
        lines.push(format!(
            "  Istio asks a service of the cluster, and {} is none\n    \
             name it: --sidegate http://sidegate.default.svc.cluster.local:8081",
            facts.sidegate
        ));
    }
    lines
}

const WITH_BODIES: &str = "let sidegate stand between the proxy and the app, for this path or for all: see `sidegate \
                           gen apache` for how; `gen traefik` and `gen envoy` send bodies along";
const QUERY: &str = "read them from a header; or take nginx, HAProxy or Envoy with gRPC, which can; or let sidegate \
                     stand between the proxy and the app: see `sidegate gen apache` for how";
const BESIDE: &str = "let sidegate stand between the proxy and the app, for this path or for all: see `sidegate gen \
                      apache` for how";

/// Names that no configuration can hold safely, or that never arrive.
fn strange_names(lacks: Lacks, target: Target, facts: &Facts) -> Vec<String> {
    let names = &facts.names;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let place = |name: &str| names.identity.get(name).unwrap_or(&facts.policy);
    let strange = names.set().filter(|name| !name.bytes().all(plain));
    let strange = strange.map(|name| {
        format!(
            "  {}: the header name {name:?} has more in it than letters, digits, `-` and `_`\n    \
             take a plainer one: proxies drop such fields, or confuse them with others",
            place(name)
        )
    });
    let dropped = names.revised.iter();
    let dropped = dropped.filter(|name| lacks.underscores && name.contains('_'));
    let dropped = dropped.map(|name| {
        format!(
            "  {}: credentials are read from the header {name:?}, and {} drops fields with a `_`\n    \
             spell it with `-`, and have callers send it so",
            facts.policy,
            target.word()
        )
    });
    strange.chain(dropped).collect()
}
