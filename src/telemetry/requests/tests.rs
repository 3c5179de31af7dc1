use std::thread;

use http::StatusCode;

use super::*;
use crate::model::Reason;
use crate::telemetry::Outcome;

fn metrics() -> (Registry, RequestMetrics) {
    let registry = Registry::new();
    let metrics = RequestMetrics::new(&registry).unwrap();
    (registry, metrics)
}

fn assert_shown(registry: &Registry, lines: &[&str]) {
    let text = registry.render().unwrap();
    for line in lines {
        assert!(text.lines().any(|shown| shown == *line), "{line}\n{text}");
    }
}

#[test]
fn requests_are_counted_by_route_decision_and_reason() {
    let (registry, metrics) = metrics();
    let (route, none) = (metrics.route("api"), metrics.route(""));
    let took = Duration::from_millis(3);
    route.record(Outcome::Allow, None, took);
    metrics.route("api").record(Outcome::Allow, None, took);
    route.record(Outcome::Allow, Some(Reason::UpstreamTimeout), took);
    none.record(Outcome::Deny, Some(Reason::NoRoute), took);
    assert_shown(
        &registry,
        &[
            "# TYPE sidegate_requests_total counter",
            r#"sidegate_requests_total{decision="allow",reason="",route="api"} 2"#,
            r#"sidegate_requests_total{decision="allow",reason="UPSTREAM_TIMEOUT",route="api"} 1"#,
            r#"sidegate_requests_total{decision="deny",reason="NO_ROUTE",route=""} 1"#,
            "# TYPE sidegate_request_duration_seconds histogram",
            r#"sidegate_request_duration_seconds_bucket{route="api",le="0.0025"} 0"#,
            r#"sidegate_request_duration_seconds_bucket{route="api",le="0.005"} 3"#,
            r#"sidegate_request_duration_seconds_bucket{route="api",le="+Inf"} 3"#,
            r#"sidegate_request_duration_seconds_sum{route="api"} 0.009"#,
            r#"sidegate_request_duration_seconds_count{route="api"} 3"#,
        ],
    );
}

#[test]
fn route_without_requests_has_no_series() {
    let (registry, metrics) = metrics();
    let _route = metrics.route("quiet");
    assert!(!registry.render().unwrap().contains("quiet"));
}

#[test]
fn upstream_requests_are_counted_by_how_they_ended() {
    let (registry, metrics) = metrics();
    let upstream = metrics.upstream("default");
    upstream.record(StatusCode::NO_CONTENT.into(), Duration::ZERO);
    for (index, result) in UpstreamResult::ALL.into_iter().enumerate() {
        assert_eq!(result as usize, index);
    }
    assert_shown(
        &registry,
        &[
            r#"sidegate_upstream_requests_total{result="2xx",upstream="default"} 1"#,
            r#"sidegate_upstream_requests_total{result="timeout",upstream="default"} 0"#,
            r#"sidegate_upstream_duration_seconds_bucket{upstream="default",le="0.0005"} 1"#,
            r#"sidegate_upstream_duration_seconds_count{upstream="default"} 1"#,
        ],
    );
}

#[test]
fn workers_are_added_up_also_after_they_have_let_go() {
    let (registry, metrics) = metrics();
    let began = |count: u64| {
        let metrics = metrics.clone();
        move || {
            let (worker, route) = (metrics.worker(), metrics.route("api"));
            for _ in 0..count {
                worker.began();
                worker.decided(Duration::from_micros(20));
                route.record(Outcome::Allow, None, Duration::ZERO);
            }
            worker.ended();
        }
    };
    let here = metrics.worker();
    here.began();
    thread::scope(|scope| {
        scope.spawn(began(3));
        scope.spawn(began(4));
    });
    for _ in 0..2 {
        assert_shown(
            &registry,
            &[
                "# TYPE sidegate_requests_in_flight gauge",
                "sidegate_requests_in_flight 6",
                r#"sidegate_decision_duration_seconds_bucket{le="0.00001"} 0"#,
                r#"sidegate_decision_duration_seconds_bucket{le="0.000025"} 7"#,
                "sidegate_decision_duration_seconds_count 7",
                r#"sidegate_requests_total{decision="allow",reason="",route="api"} 7"#,
            ],
        );
    }
}

#[test]
fn metrics_are_declared_once() {
    let (registry, _metrics) = metrics();
    assert!(RequestMetrics::new(&registry).is_err());
}
