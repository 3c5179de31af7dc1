//! The body of a signed delivery, collected before anything is decided about it.
//!
//! Always: a body that says that it is too long is not begun, and so not invited either; what comes is counted,
//! whatever was said; what is verified is what is held; trailers are dropped, for no signature covers them.

mod pace;

use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::Body as _;
use tokio::time::Instant;

use super::Given;
use crate::engine::{Awaited, Decision, Engine};
use crate::frontend::Doors;
use crate::frontend::budget::{Cause, Collected, Held};
use crate::model::{Denied, Request};
use crate::upstream::CallerBody;
use crate::webhook::Reading;

use pace::Pace;

/// What came of a request whose body was awaited.
pub(super) struct Heard {
    pub(super) decision: Decision,
    /// The body, for whoever else has an opinion; nothing where it did not come.
    pub(super) body: Option<Held>,
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
        let collected = match body {
            Given::Stream(body) => {
                let collected = self.in_time(body, &awaited, request).await;
                collected.map_err(|cause| self.refused(cause))
            }
            #[cfg(feature = "grpc")]
            Given::Whole(body) if body.len() > awaited.limit().min(self.shared.budget.most()) => {
                Err(self.refused(Cause::TooLong))
            }
            #[cfg(feature = "grpc")]
            Given::Whole(body) => {
                let mut reading = awaited.read(request);
                reading.add(&body).await;
                Ok((Held::within(body, &self.shared.budget), reading))
            }
            Given::Nothing(denied) => Err(denied),
        };
        let waited = begun.elapsed();
        let (decision, body) = match collected {
            Ok((body, reading)) => {
                let deciding = engine.decide_read(awaited, request, body.bytes(), reading);
                (deciding.await, Some(body))
            }
            Err(denied) => (awaited.give_up(denied), None),
        };
        Heard {
            decision,
            body,
            waited,
        }
    }

    fn refused(&self, cause: Cause) -> Denied {
        self.shared.budget.refused(cause);
        cause.denied()
    }

    async fn in_time(
        &self,
        body: CallerBody,
        awaited: &Awaited<'_>,
        request: &Request,
    ) -> Result<(Held, Reading), Cause> {
        let rate = self.shared.settings.limits.held_body_rate;
        let pace = Pace::new(awaited.patience(), rate);
        pace.hold(self.collect(body, awaited, request, &pace)).await
    }

    async fn collect(
        &self,
        mut body: CallerBody,
        awaited: &Awaited<'_>,
        request: &Request,
        pace: &Pace,
    ) -> Result<(Held, Reading), Cause> {
        let budget = &self.shared.budget;
        // What never fits is no overload: its sender would come again and again.
        let limit = awaited.limit().min(budget.most());
        let said = body.size_hint();
        if said.lower() > limit as u64 {
            return Err(Cause::TooLong);
        }
        // No larger than the limit, where it is known.
        let most = said.upper().and_then(|most| usize::try_from(most).ok());
        let most = most.map_or(limit, |most| most.min(limit));
        let mut whole = Collected::new(budget, request.client.network());
        let mut reading = awaited.read(request);
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame.map_err(|_| Cause::Broken)?.into_data() else {
                continue;
            };
            if data.len() > limit.saturating_sub(whole.len()) {
                return Err(Cause::TooLong);
            }
            whole.add(&data, most)?;
            pace.came(data.len());
            reading.add(&data).await;
        }
        Ok((whole.into_held(), reading))
    }
}
