//! The body of a signed delivery, collected before anything is decided about it.
//!
//! Always: a body that says that it is too long is not begun, and so not invited either; what comes is counted,
//! whatever was said; trailers are dropped, for no signature covers them.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::Body as _;
use tokio::time::{Instant, timeout};

use super::Given;
use crate::engine::{Awaited, Decision, Engine};
use crate::frontend::Doors;
use crate::frontend::budget::{Collected, Exhausted};
use crate::model::{Denied, Reason, Request};
use crate::upstream::CallerBody;

/// What came of a request whose body was awaited.
pub(super) struct Heard {
    pub(super) decision: Decision,
    /// The body, for whoever else has an opinion; nothing where it did not come.
    pub(super) body: Option<Bytes>,
    /// How long the caller was waited for.
    pub(super) waited: Duration,
}

impl Doors {
    /// Collects the body and has the decision made.
    pub(super) async fn hear(
        &self,
        engine: &Engine,
        awaited: Awaited<'_>,
        request: &Request,
        body: Given,
    ) -> Heard {
        let begun = Instant::now();
        // What never fits is no overload: its sender would come again and again.
        let limit = awaited.limit().min(self.shared.budget.most());
        let collected = match body {
            Given::Stream(body) => self.in_time(body, limit, awaited.patience()).await,
            #[cfg(feature = "grpc")]
            Given::Whole(body) if body.len() > limit => Err(too_large()),
            #[cfg(feature = "grpc")]
            Given::Whole(body) => Ok(body),
            Given::Nothing(denied) => Err(denied),
        };
        let waited = begun.elapsed();
        let (decision, body) = match collected {
            Ok(body) => {
                let decision = engine.decide_delivery(awaited, request, &body).await;
                (decision, Some(body))
            }
            Err(denied) => (awaited.give_up(denied), None),
        };
        Heard {
            decision,
            body,
            waited,
        }
    }

    async fn in_time(
        &self,
        body: CallerBody,
        limit: usize,
        patience: Duration,
    ) -> Result<Bytes, Denied> {
        match timeout(patience, self.collect(body, limit)).await {
            Ok(collected) => collected,
            Err(_) => {
                let detail = "the body took too long";
                Err(Denied::new(Reason::RequestTimeout, detail))
            }
        }
    }

    async fn collect(&self, mut body: CallerBody, limit: usize) -> Result<Bytes, Denied> {
        let said = body.size_hint();
        if said.lower() > limit as u64 {
            return Err(too_large());
        }
        // No larger than the limit, where it is known.
        let most = said.upper().and_then(|most| usize::try_from(most).ok());
        let most = most.map_or(limit, |most| most.min(limit));
        let mut whole = Collected::new(&self.shared.budget);
        while let Some(frame) = body.frame().await {
            let frame =
                frame.map_err(|_| Denied::new(Reason::RequestInvalid, "the body broke off"))?;
            let Ok(data) = frame.into_data() else {
                continue;
            };
            if data.len() > limit.saturating_sub(whole.len()) {
                return Err(too_large());
            }
            whole.add(&data, most).map_err(|Exhausted| {
                Denied::new(Reason::Overloaded, "too much is held for others already")
            })?;
        }
        Ok(whole.into_bytes())
    }
}

fn too_large() -> Denied {
    Denied::new(Reason::BodyTooLarge, "longer than may be held to verify it")
}
