//! Nobody comes to the app but through the front.

use crate::cli::doctor::client::Failed;
use crate::cli::doctor::fate::shown;
use crate::cli::doctor::finding::{Check, Kind, Outcome, Scene};
use crate::cli::doctor::probe::{Exchange, Probe, To};
use crate::cli::doctor::site::Site;

pub(in crate::cli::doctor) static DIRECT: Kind = Kind {
    name: "direct-path",
    asks: "the app cannot be reached past the front",
    right: "no connection from here to the app's port",
    missing: "bind the app to 127.0.0.1 or a socket file, or close its port to all but the front and sidegate: a \
              NetworkPolicy, a firewall rule, no published port",
    judge,
};

pub(super) fn check(site: &Site) -> Check {
    let Some(app) = &site.app else {
        return Check::unable(&DIRECT, "say where the app listens: --app http://HOST:PORT");
    };
    let sample = site.samples.protected.first();
    let path = sample.map_or("/", |sample| sample.path.as_str());
    Check::new(
        &DIRECT,
        vec![Probe::new("GET", &app.authority, path).to(To::App)],
    )
}

fn judge(scene: &Scene<'_>, exchanges: &[Exchange]) -> Outcome {
    let app = scene.site.app.as_ref();
    let Some((exchange, app)) = exchanges.first().zip(app) else {
        return Outcome::NotChecked("nothing was asked".to_owned());
    };
    if let Some(own) = exchange.arrived.first() {
        let line = &own.line;
        return Outcome::NotChecked(format!(
            "doctor itself stands there (`{line}` arrived): run it without --as-app, from where callers are"
        ));
    }
    let seen = match &exchange.answer {
        Err(Failed::Connect(error)) => return Outcome::Ok(error.to_string()),
        Err(Failed::Late) if exchange.from.is_none() => {
            return Outcome::Ok("no connection in time".to_owned());
        }
        Err(failed) => failed.to_string(),
        Ok(answer) => shown(answer),
    };
    let here = match app.host.as_str() {
        "localhost" | "127.0.0.1" | "::1" => {
            "; this is the app's own machine: only programs on it get there, if the app listens nowhere else"
        }
        _ => "",
    };
    Outcome::Hole(format!("{app} takes connections from here ({seen}){here}"))
}
