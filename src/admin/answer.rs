//! Which path says what.

use std::time::Duration;

use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use http::request::Parts;
use http::{HeaderValue, Method, Response, StatusCode};
use http_body_util::Full;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::server::Hooks;

/// How long `POST /reload` waits for the new policy.
const RELOAD: Duration = Duration::from_secs(20);

const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
const METRICS: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

pub(super) type Answer = Response<Full<Bytes>>;

/// The answer to a request that passed the guard.
pub(super) async fn answer(request: &Parts, hooks: &Hooks) -> Answer {
    let reads = matches!(request.method, Method::GET | Method::HEAD);
    match request.uri.path() {
        "/reload" if request.method == Method::POST => reload(hooks).await,
        "/reload" => not_allowed("POST"),
        "/healthz" if reads => text(StatusCode::OK, "ok\n"),
        "/readyz" if reads => readiness(request, hooks),
        "/metrics" if reads => metrics(hooks),
        "/status" if reads => status(hooks),
        "/healthz" | "/readyz" | "/metrics" | "/status" => not_allowed("GET, HEAD"),
        _ => text(
            StatusCode::NOT_FOUND,
            "here are /healthz, /readyz, /metrics, /status, /keys and POST /reload\n",
        ),
    }
}

fn readiness(request: &Parts, hooks: &Hooks) -> Answer {
    let readiness = (hooks.readiness)();
    let verbose = request.uri.query().is_some_and(|query| {
        query
            .split('&')
            .any(|it| it.split('=').next() == Some("verbose"))
    });
    let status = match readiness.is_ready() {
        true => StatusCode::OK,
        false => StatusCode::SERVICE_UNAVAILABLE,
    };
    text(status, readiness.text(verbose))
}

fn metrics(hooks: &Hooks) -> Answer {
    match hooks.registry.render() {
        Ok(rendered) => respond(StatusCode::OK, METRICS, rendered),
        Err(error) => text(StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")),
    }
}

fn status(hooks: &Hooks) -> Answer {
    match serde_json::to_value((hooks.status)()) {
        Ok(value) => json(StatusCode::OK, &value),
        Err(error) => text(StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")),
    }
}

/// Has the policy read again, and says what came of it: 200 with its hash, or 422 with every mistake.
async fn reload(hooks: &Hooks) -> Answer {
    let (reply, result) = oneshot::channel();
    let asked = async {
        hooks.reload.send(reply).await.ok()?;
        result.await.ok()
    };
    match timeout(RELOAD, asked).await {
        Ok(Some(Ok(hash))) => {
            let value = serde_json::json!({ "result": "loaded", "hash": hash });
            json(StatusCode::OK, &value)
        }
        Ok(Some(Err(problems))) => {
            let value = serde_json::json!({ "result": "refused", "problems": problems });
            json(StatusCode::UNPROCESSABLE_ENTITY, &value)
        }
        Ok(None) => text(StatusCode::SERVICE_UNAVAILABLE, "nobody reloads any more\n"),
        Err(_) => text(StatusCode::GATEWAY_TIMEOUT, "the reload takes too long\n"),
    }
}

fn not_allowed(methods: &'static str) -> Answer {
    let mut answer = text(StatusCode::METHOD_NOT_ALLOWED, format!("use {methods}\n"));
    let headers = answer.headers_mut();
    headers.insert(ALLOW, HeaderValue::from_static(methods));
    answer
}

fn json(status: StatusCode, value: &serde_json::Value) -> Answer {
    respond(status, JSON, format!("{value:#}\n"))
}

pub(super) fn text(status: StatusCode, body: impl Into<Bytes>) -> Answer {
    respond(status, TEXT, body)
}

pub(super) fn respond(status: StatusCode, kind: HeaderValue, body: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Full::new(body.into()));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, kind);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    answer
}
