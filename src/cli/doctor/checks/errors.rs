//! An error is not a pass: what sidegate, or the front, cannot make sense of does not come to the app.

use crate::cli::doctor::finding::{Check, Kind};
use crate::cli::doctor::probe::{Expected, Probe};
use crate::cli::doctor::sample::Sample;
use crate::cli::doctor::site::Site;

use super::refuses::NOTHING_PROTECTED;

pub(in crate::cli::doctor) static ERRORS: Kind = Kind {
    name: "errors-refuse",
    asks: "a request that makes sidegate answer with an error does not come to the app",
    right: "a refusal: 400, 401, 403, 405, 413, 414, 431 or a closed connection",
    missing: "nginx: no `error_page 4xx` or `5xx` that leads to the app; Envoy: `failure_mode_allow: false`; HAProxy: \
              deny unless sidegate said yes, not unless it said no; Traefik, Caddy: nothing that handles errors by \
              the app",
    judge: |scene, exchanges| scene.all_refused_unless_open(exchanges),
};

/// A length that listeners take, of one field.
const LONG: usize = 7 << 10;
/// A length that hardly any server takes.
const TOO_LONG: usize = 80 << 10;

pub(super) fn check(site: &Site) -> Check {
    let Some(sample) = site.samples.protected.first() else {
        return Check::unable(&ERRORS, NOTHING_PROTECTED);
    };
    let mut probes = of_credentials(sample);
    probes.extend(of_length(sample));
    probes.extend(of_form(sample));
    // What each must end with is known here: it never is the app's.
    let refused = |probe: Probe| probe.expecting(Expected::Refusal(vec![400, 401, 403]));
    Check::new(&ERRORS, probes.into_iter().map(refused).collect())
}

fn plain(sample: &Sample) -> Probe {
    Probe::new(&sample.method, &sample.host, &sample.path)
}

/// Credentials that are none.
fn of_credentials(sample: &Sample) -> Vec<Probe> {
    let with = |value: &str| plain(sample).header("Authorization", value);
    vec![
        with("Bearer").called("no token behind the scheme"),
        with("Bearer a.b.c, Bearer d.e.f").called("a list of credentials"),
        with("Bearer doctor.probe.one")
            .header("Authorization", "Bearer doctor.probe.two")
            .called("two credentials"),
        with("Bearer \u{ff}\u{1}").called("bytes that are no text"),
    ]
}

/// Heads that some listeners take and others do not.
fn of_length(sample: &Sample) -> Vec<Probe> {
    let many = |count: usize| {
        let named = |probe: Probe, number| probe.header(&format!("X-Many-{number}"), "1");
        let probe = (0..count).fold(plain(sample), named);
        probe.called(format!("{count} fields"))
    };
    let long = "a".repeat(LONG);
    let four = (0..4).fold(plain(sample), |probe, number| {
        probe.header(&format!("X-Long-{number}"), &long)
    });
    vec![
        many(120),
        many(220),
        plain(sample).header("X-Long", &long).called("a long field"),
        four.called("four long fields"),
        plain(sample)
            .header("X-Long", &"a".repeat(TOO_LONG))
            .called("a field that is too long"),
        plain(sample)
            .header("Cookie", &"a=b; ".repeat(1400))
            .called("many cookies"),
    ]
}

/// Requests that are none.
fn of_form(sample: &Sample) -> Vec<Probe> {
    let (host, path) = (&sample.host, &sample.path);
    let method = |method: &str| Probe::new(method, host, path);
    let below = |end: &str| Probe::new(&sample.method, host, &format!("{path}{end}"));
    vec![
        method("TRACE").called("a method that shows fields"),
        method("DOCTOR").called("a method that nobody knows"),
        method(&sample.method.to_ascii_lowercase()).called("a method in small letters"),
        Probe::new("CONNECT", host, host).called("a tunnel"),
        plain(sample)
            .header("Host", "doctor.invalid")
            .called("two hosts"),
        below("/%zz").called("a broken escape"),
        below("/%00").called("an encoded control character"),
        below("/%c0%ae").called("an overlong escape"),
        plain(sample)
            .header("X-Forwarded-For", "doctor, ,;")
            .called("a forwarding chain that is none"),
    ]
}
