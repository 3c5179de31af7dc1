//! What is left of a request: a line in the decision log, and counts.

use std::hint::black_box;
use std::rc::Rc;
use std::time::Duration;

use sidegate::model::{PrincipalKind, Reason};
use sidegate::telemetry::{
    DecisionLog, LogFormat, LogSettings, LogWriter, Outcome, Ready, Record, Registry,
    RequestMetrics, UpstreamResult,
};

use crate::stage::{Stage, Work, fresh, same};
use crate::world::{keep, now};

pub(crate) const STAGES: &[Stage] = &[
    Stage::new("record/json", || written(LogFormat::Json, allowed())),
    Stage::new("record/text", || written(LogFormat::Text, allowed())),
    Stage::new("record/json-denied", || written(LogFormat::Json, denied())),
    Stage::new("metrics/route", route),
    Stage::new("metrics/in-flight", in_flight),
    Stage::new("metrics/decision", decision),
    Stage::new("metrics/upstream", upstream),
];

const TOOK: Duration = Duration::from_micros(420);
/// How many lines one log is given: fewer than may wait, so that none is lost.
const LINES: usize = 4000;

/// Handing a record over, on the worker's side. The writer's thread is not in the measure.
fn written(format: LogFormat, record: Record<'static>) -> Work {
    let settings = LogSettings {
        format,
        ..LogSettings::default()
    };
    let record = keep(record);
    let mut log = start(&settings);
    let mut lines = 0;
    fresh(
        move || {
            lines += 1;
            if lines % LINES == 0 {
                log = start(&settings);
            }
            Rc::clone(&log)
        },
        |log| log.write(black_box(record)),
    )
}

/// One worker's way into a log that writes to nowhere.
fn start(settings: &LogSettings) -> Rc<LogWriter> {
    let sink = Box::new(std::io::sink());
    let log = DecisionLog::start(settings, sink, &Registry::new()).expect("a log");
    Rc::new(log.writer().expect("decisions are recorded"))
}

fn allowed() -> Record<'static> {
    Record {
        time: now(),
        outcome: Outcome::Allow,
        reason: None,
        status: 200,
        route: Some(ready("/api/v1/tenants/{tenant}/thing5/{id}/**")),
        method: "GET",
        host: "api.example.com",
        path: "/api/v1/tenants/acme/thing5/42/details",
        client: Some([192, 0, 2, 7].into()),
        kind: Some(PrincipalKind::User),
        subject: Some("u1"),
        tenant: Some("acme"),
        issuer: Some("main"),
        fingerprint: Some("0123456789abcdef"),
        request_id: Some("5f0c2b52-7f0e-4d0e-9d3c-0c8a6f1f8a11"),
        upstream: Some(ready("default")),
        duration: TOOK,
        detail: "",
        policy: ready("0123456789abcdef"),
    }
}

fn ready(text: &str) -> &'static Ready {
    keep(Ready::new(text))
}

fn denied() -> Record<'static> {
    Record {
        outcome: Outcome::Deny,
        reason: Some(Reason::InsufficientRole),
        status: 403,
        upstream: None,
        detail: "the route asks for one of the roles admin, owner",
        ..allowed()
    }
}

fn metrics() -> RequestMetrics {
    RequestMetrics::new(&Registry::new()).expect("metrics")
}

fn route() -> Work {
    let route = metrics().route("api");
    same(move || route.record(Outcome::Allow, None, black_box(TOOK)))
}

/// A request that begins and ends.
fn in_flight() -> Work {
    let worker = metrics().worker();
    same(move || {
        black_box(&worker).began();
        black_box(&worker).ended();
    })
}

fn decision() -> Work {
    let worker = metrics().worker();
    same(move || worker.decided(black_box(TOOK)))
}

fn upstream() -> Work {
    let upstream = metrics().upstream("default");
    same(move || upstream.record(UpstreamResult::Success, black_box(TOOK)))
}
