//! The embedded upstream: it answers with what reached it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde_json::json;

use super::server::{self, Answer, Bound};

/// How many requests have reached the upstream.
#[derive(Debug, Clone, Default)]
pub(super) struct Reached(Arc<AtomicUsize>);

impl Reached {
    /// The number so far.
    pub(super) fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

/// Starts answering.
pub(super) fn start(bound: Bound) -> Reached {
    let reached = Reached::default();
    let counter = reached.clone();
    tokio::spawn(bound.serve(move |request| {
        counter.0.fetch_add(1, Ordering::SeqCst);
        echo(request)
    }));
    reached
}

async fn echo(request: Request<Incoming>) -> Answer {
    let (head, body) = request.into_parts();
    let received = body.collect().await.map(|body| body.to_bytes().len());
    let answer = json!({
        "message": "this is the app behind the gate; here is what reached it",
        "method": head.method.as_str(),
        "path": head.uri.to_string(),
        "headers": headers(&head.headers),
        "body_bytes": received.unwrap_or_default(),
    });
    server::json(StatusCode::OK, &answer)
}

/// Every header with all its values.
fn headers(map: &HeaderMap) -> BTreeMap<&str, Vec<String>> {
    let mut headers: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (name, value) in map {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        headers.entry(name.as_str()).or_default().push(value);
    }
    headers
}
