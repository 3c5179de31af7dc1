//! What sidegate tells its operators is not told to callers.

use crate::cli::doctor::client::Answer;
use crate::cli::doctor::finding::{Check, Kind, Outcome, Scene, joined};
use crate::cli::doctor::probe::{Exchange, Probe};
use crate::cli::doctor::site::Site;

pub(in crate::cli::doctor) static ADMIN: Kind = Kind {
    name: "admin",
    asks: "sidegate's metrics, status and keys are not reachable through the front",
    right: "a refusal, or the app's own page of that name",
    missing: "no location, router or cluster of the front may lead to sidegate's `admin` address; keep that on \
              127.0.0.1 or an inner network",
    judge,
};

const PATHS: [&str; 5] = [
    "/metrics",
    "/readyz?verbose",
    "/status",
    "/healthz",
    "/keys/openapi.json",
];

pub(super) fn check(site: &Site) -> Check {
    let host = &site.front.authority;
    let asked = PATHS
        .iter()
        .map(|path| site.expecting(Probe::new("GET", host, path)));
    Check::new(&ADMIN, asked.collect())
}

fn judge(scene: &Scene<'_>, exchanges: &[Exchange]) -> Outcome {
    let told = exchanges.iter().filter_map(|exchange| {
        let answer = exchange.answer.as_ref().ok()?;
        let of_admin = exchange.arrived.is_empty() && is_admins(answer, scene);
        of_admin.then(|| {
            format!(
                "{} is answered by sidegate's admin listener",
                exchange.probe.target
            )
        })
    });
    let told: Vec<String> = told.collect();
    match told.is_empty() {
        true => Outcome::Ok(String::new()),
        false => Outcome::Hole(joined(&told)),
    }
}

/// What only the admin listener says.
fn is_admins(answer: &Answer, scene: &Scene<'_>) -> bool {
    let text = String::from_utf8_lossy(&answer.body);
    let json = || serde_json::from_slice::<serde_json::Value>(&answer.body).unwrap_or_default();
    let has = |name: &str| json().get(name).is_some();
    if !answer.status.is_success() && answer.status.as_u16() != 503 {
        return text.starts_with("here are /healthz");
    }
    // The app of a policy may have a page of the same name; it hardly has the same words.
    let kept = scene
        .site
        .samples
        .public
        .iter()
        .any(|public| public.path == "/healthz");
    text.contains("\nsidegate_")
        || text.starts_with("# HELP sidegate_")
        || (has("policy") && has("listeners"))
        || (text.contains("\"openapi\"") && text.contains("sidegate"))
        || (text == "ok\n" && !kept && answer.field("cache-control").as_deref() == Some("no-store"))
}
