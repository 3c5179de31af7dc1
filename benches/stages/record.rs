//! What is left of a request: a line in the decision log, and counts.

use std::hint::black_box;
use std::rc::Rc;
use std::time::Duration;

use sidegate::model::Reason;
use sidegate::telemetry::{
    DecisionLog, LogFormat, LogSettings, Outcome, Record, Registry, RequestMetrics, UpstreamResult,
};

use crate::stage::{Stage, Work, fresh, same};
use crate::world::now;

pub(crate) const STAGES: &[Stage] = &[
    Stage::new("record/json", || written(LogFormat::Json, allowed())),
    Stage::new("record/text", || written(LogFormat::Text, allowed())),
    Stage::new("record/json-denied", || written(LogFormat::Json, denied())),
    Stage::new("metrics/route", route),
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
    let record: &'static Record<'_> = Box::leak(Box::new(record));
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

fn start(settings: &LogSettings) -> Rc<DecisionLog> {
    let sink = Box::new(std::io::sink());
    let log = DecisionLog::start(settings, sink, &Registry::new());
    Rc::new(log.expect("a log"))
}

fn allowed() -> Record<'static> {
    Record {
        time: now(),
        outcome: Outcome::Allow,
        reason: None,
        status: 200,
        route: Some("/api/v1/tenants/{tenant}/thing5/{id}/**"),
        method: "GET",
        host: "api.example.com",
        path: "/api/v1/tenants/acme/thing5/42/details",
        client: Some([192, 0, 2, 7].into()),
        kind: Some("user"),
        subject: Some("u1"),
        tenant: Some("acme"),
        issuer: Some("main"),
        fingerprint: Some("0123456789abcdef"),
        request_id: Some("5f0c2b52-7f0e-4d0e-9d3c-0c8a6f1f8a11"),
        upstream: Some("default"),
        duration: TOOK,
        detail: "",
        policy: "0123456789abcdef",
    }
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

fn decision() -> Work {
    let metrics = metrics();
    same(move || {
        metrics
            .decision_duration
            .observe(black_box(TOOK).as_secs_f64())
    })
}

fn upstream() -> Work {
    let upstream = metrics().upstream("default");
    same(move || upstream.record(UpstreamResult::Success, black_box(TOOK)))
}
