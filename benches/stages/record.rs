//! What is left of a request: a line in the decision log, and counts.

use std::hint::black_box;
use std::rc::Rc;
use std::sync::LazyLock;
use std::time::Duration;

use http::Method;
use sidegate::model::{Memo, PrincipalKind, Reason};
use sidegate::telemetry::{
    Caller, DecisionLog, LogFormat, LogSettings, LogWriter, Outcome, Ready, Record, Registry,
    RequestFields, RequestMetrics, UpstreamResult,
};

use crate::stage::{Stage, Work, fresh, same};
use crate::world::now;

pub(crate) const STAGES: &[Stage] = &[
    Stage::new("record/json", || written(LogFormat::Json, allowed)),
    Stage::new("record/text", || written(LogFormat::Text, allowed)),
    Stage::new("record/json-denied", || written(LogFormat::Json, denied)),
    Stage::new("metrics/route", route),
    Stage::new("metrics/in-flight", in_flight),
    Stage::new("metrics/decision", decision),
    Stage::new("metrics/upstream", upstream),
];

const TOOK: Duration = Duration::from_micros(420);
/// How many lines one log is given: fewer than may wait, so that none is lost.
const LINES: usize = 4000;

/// What a record is made of: a request and the memo of a caller.
type Recorded = for<'r> fn(&'r RequestFields, &'r Memo) -> Record<'r>;

/// Spelling a request out, and handing its record over, on the worker's side. The writer's thread is
/// not in the measure.
fn written(format: LogFormat, record: Recorded) -> Work {
    let settings = LogSettings {
        format,
        ..LogSettings::default()
    };
    let mut log = start(&settings);
    let mut lines = 0;
    fresh(
        move || {
            lines += 1;
            if lines % LINES == 0 {
                log = start(&settings);
            }
            (Rc::clone(&log), Vec::with_capacity(256))
        },
        move |(log, room)| {
            let (log, memo) = &**log;
            let mut request = log.request(std::mem::take(room), black_box(&Method::GET));
            asked(&mut request);
            log.write(&record(&request, black_box(memo)));
            *room = request.into_room();
        },
    )
}

/// One worker's way into a log that writes to nowhere, and the memo of a caller who is in it.
fn start(settings: &LogSettings) -> Rc<(LogWriter, Memo)> {
    let sink = Box::new(std::io::sink());
    let log = DecisionLog::start(settings, sink, &Registry::new()).expect("a log");
    let log = log.writer().expect("decisions are recorded");
    Rc::new((log, Memo::default()))
}

fn asked(request: &mut RequestFields) {
    let host = (black_box("api.example.com"), None);
    let path = black_box("/api/v1/tenants/acme/thing5/42/details");
    let id = Some(black_box("5f0c2b52-7f0e-4d0e-9d3c-0c8a6f1f8a11"));
    request.received(host, path, [192, 0, 2, 7].into(), id);
}

fn allowed<'r>(request: &'r RequestFields, memo: &'r Memo) -> Record<'r> {
    static READY: LazyLock<[Ready; 3]> = LazyLock::new(|| {
        let route = Ready::route("/api/v1/tenants/{tenant}/thing5/{id}/**");
        let policy = Ready::policy("0123456789abcdef");
        [route, Ready::upstream("default"), policy]
    });
    let [route, upstream, policy] = &*READY;
    Record {
        time: now(),
        outcome: Outcome::Allow,
        reason: None,
        status: 200,
        route: Some(route),
        request,
        caller: Some(Caller {
            kind: PrincipalKind::User,
            subject: "u1",
            tenant: Some("acme"),
            issuer: "main",
            memo,
        }),
        fingerprint: Some("0123456789abcdef"),
        upstream: Some(upstream),
        duration: TOOK,
        detail: "",
        policy,
    }
}

fn denied<'r>(request: &'r RequestFields, memo: &'r Memo) -> Record<'r> {
    Record {
        outcome: Outcome::Deny,
        reason: Some(Reason::InsufficientRole),
        status: 403,
        upstream: None,
        detail: "the route asks for one of the roles admin, owner",
        ..allowed(request, memo)
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
