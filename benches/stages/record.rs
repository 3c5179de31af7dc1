//! What is left of a request: a line in the decision log, and counts.

use std::hint::black_box;
use std::rc::Rc;
use std::sync::LazyLock;
use std::time::Duration;

use http::{HeaderMap, Method};
use serde_json::json;
use sidegate::model::{Claims, Fields, Memo, Principal, PrincipalKind, Reason, Scheme};
use sidegate::telemetry::{
    Asked, DecisionLog, Facts, LogFormat, LogSettings, LogWriter, Outcome, Ready, Record,
    RecordedDecision, Registry, RequestFields, RequestMetrics, UpstreamResult,
};

use crate::stage::{Stage, Work, fresh, same};
use crate::world::now;

pub(crate) const STAGES: &[Stage] = &[
    Stage::new("record/json", || written(LogFormat::Json, none, allowed)),
    Stage::new("record/json-3-facts", || {
        written(LogFormat::Json, three, allowed)
    }),
    Stage::new("record/text", || written(LogFormat::Text, none, allowed)),
    Stage::new("record/json-denied", || {
        written(LogFormat::Json, none, denied)
    }),
    Stage::new("record/read-back", read_back),
    Stage::new("metrics/route", route),
    Stage::new("metrics/in-flight", in_flight),
    Stage::new("metrics/decision", decision),
    Stage::new("metrics/upstream", upstream),
];

const TOOK: Duration = Duration::from_micros(420);
/// How many lines one log is given: fewer than may wait, so that none is lost.
const LINES: usize = 4000;

/// What a record is made of.
type Recorded = for<'r> fn(&'r RequestFields, &'r Log) -> Record<'r>;

/// One worker's way into a log that writes to nowhere, with what the policy's rules read and a caller
/// who is in it.
struct Log {
    writer: LogWriter,
    facts: Facts,
    caller: Principal,
    headers: Fields,
}

/// Spelling a request out, and handing its record over, on the worker's side. The writer's thread is
/// not in the measure.
fn written(format: LogFormat, read: fn(&mut Facts), record: Recorded) -> Work {
    let settings = LogSettings {
        format,
        ..LogSettings::default()
    };
    let mut log = start(&settings, read);
    let mut lines = 0;
    fresh(
        move || {
            lines += 1;
            if lines % LINES == 0 {
                log = start(&settings, read);
            }
            (Rc::clone(&log), Vec::with_capacity(512))
        },
        move |(log, room)| {
            let room_of_request = std::mem::take(room);
            let mut request = log.writer.request(room_of_request, black_box(&Method::GET));
            asked(&mut request, log);
            log.writer.write(&record(&request, black_box(log)));
            *room = request.into_room();
        },
    )
}

fn start(settings: &LogSettings, read: fn(&mut Facts)) -> Rc<Log> {
    let sink = Box::new(std::io::sink());
    let log = DecisionLog::start(settings, sink, &Registry::new()).expect("a log");
    let mut facts = log.facts();
    read(&mut facts);
    let mut headers = HeaderMap::new();
    let named = [
        ("host", "api.example.com"),
        ("user-agent", "some-client/1.0"),
        ("accept", "application/json"),
        ("x-org", "acme"),
    ];
    for (name, value) in named {
        headers.insert(name, value.parse().expect("a header value"));
    }
    Rc::new(Log {
        writer: log.writer().expect("decisions are recorded"),
        facts,
        caller: caller(),
        headers: Fields::from(&headers),
    })
}

fn none(_: &mut Facts) {}

fn three(facts: &mut Facts) {
    facts.header("x-org", false);
    facts.parameter("dry_run", false);
    facts.claim("plan");
}

fn caller() -> Principal {
    let claims = json!({ "plan": "gold" });
    Principal {
        kind: PrincipalKind::User,
        subject: "u1".into(),
        tenant: Some("acme".into()),
        email: None,
        roles: vec!["editor".into(), "viewer".into()],
        scopes: vec!["orders:read".into()],
        issuer: "main".into(),
        claims: Claims::new(claims.as_object().cloned().unwrap_or_default()),
        expires_at: now(),
        key: None,
        webhook: None,
        memo: Memo::default(),
    }
}

fn asked(request: &mut RequestFields, log: &Log) {
    request.received(&Asked {
        scheme: Some(Scheme::Https),
        host: (black_box("api.example.com"), None),
        path: black_box("/api/v1/tenants/acme/thing5/42/details"),
        client: [192, 0, 2, 7].into(),
        id: Some(black_box("5f0c2b52-7f0e-4d0e-9d3c-0c8a6f1f8a11")),
    });
    let query = Some(black_box("page=2&dry_run=true"));
    request.read_by_rules(&log.facts, &log.headers, query);
}

fn allowed<'r>(request: &'r RequestFields, log: &'r Log) -> Record<'r> {
    static READY: LazyLock<[Ready; 3]> = LazyLock::new(|| {
        let route = Ready::route("/api/v1/tenants/{tenant}/thing5/{id}/**");
        let policy = Ready::policy("0123456789abcdef");
        [route, Ready::upstream("default"), policy]
    });
    let [route, upstream, policy] = &*READY;
    Record {
        door: None,
        time: now(),
        outcome: Outcome::Allow,
        reason: None,
        status: 200,
        route: Some(route),
        request,
        caller: Some(&log.caller),
        facts: &log.facts,
        fingerprint: Some("0123456789abcdef"),
        upstream: Some(upstream),
        duration: TOOK,
        detail: "",
        observed: None,
        shadow: None,
        policy,
    }
}

fn denied<'r>(request: &'r RequestFields, log: &'r Log) -> Record<'r> {
    Record {
        outcome: Outcome::Deny,
        reason: Some(Reason::InsufficientRole),
        status: 403,
        upstream: None,
        detail: "the route asks for one of the roles admin, owner",
        ..allowed(request, log)
    }
}

/// A line as `record/json-3-facts` writes it.
const LINE: &str = r#"{"schema":1,"time":"2026-11-22T07:21:59.010Z","event":"decision","decision":"allow","status":200,"route":"/api/v1/tenants/{tenant}/thing5/{id}/**","method":"GET","scheme":"https","host":"api.example.com","path":"/api/v1/tenants/acme/thing5/42/details","client":"192.0.2.7","kind":"user","subject":"u1","tenant":"acme","issuer":"main","roles":["editor","viewer"],"scopes":["orders:read"],"claims":{"plan":"gold"},"fingerprint":"0123456789abcdef","request_id":"5f0c2b52-7f0e-4d0e-9d3c-0c8a6f1f8a11","headers":{"x-org":"acme"},"query":{"dry_run":"true"},"upstream":"default","duration_ms":0.420,"policy":"0123456789abcdef"}"#;

fn read_back() -> Work {
    same(|| RecordedDecision::parse(black_box(LINE), 1).expect("a record"))
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
