//! The decision on a request, with its body where that is needed.

#[cfg(feature = "grpc")]
use bytes::Bytes;
use tokio::time::Instant;

use super::Asked;
use crate::engine::{Decision, Engine, Next, Plan};
use crate::frontend::Doors;
use crate::model::{Denied, Request};
use crate::upstream::CallerBody;

/// The body of a request, as its door can give it.
#[derive(Debug)]
pub(in crate::frontend) enum Given {
    /// It is still coming.
    Stream(CallerBody),
    /// It is here.
    #[cfg(feature = "grpc")]
    Whole(Bytes),
    /// It cannot be had, for this reason.
    Nothing(Denied),
}

impl Given {
    /// What comes with an HTTP request, taken out of its place.
    pub(in crate::frontend) fn taken(body: &mut CallerBody) -> Self {
        Self::Stream(std::mem::replace(body, CallerBody::none()))
    }
}

impl Doors {
    /// Has the engine decide. The body is asked for only where the head is not enough. Gives the time as well, for
    /// whoever goes on measuring from here.
    pub(in crate::frontend) async fn decide(
        &self,
        asked: &mut Asked,
        engine: &Engine,
        plan: &Plan<'_>,
        request: &Request,
        body: impl FnOnce() -> Given,
    ) -> (Decision, Instant) {
        match engine.decide(plan, request).await {
            Next::Decided(decision) => {
                let recording = &mut asked.exchange.recording;
                let at = recording.decided();
                recording.compare(request, &decision);
                (decision, at)
            }
            Next::Body(awaited) => {
                let hearing = self.hear(engine, awaited, request, body());
                // In a box, so that those whose head is enough carry no room for it about.
                asked.heard(request, Box::pin(hearing).await)
            }
        }
    }
}
