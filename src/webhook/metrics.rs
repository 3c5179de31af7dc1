//! What this room counts. Series are found once for each route, not once for each request.

use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use crate::model::WebhookFacts;
use crate::telemetry::{Counter, CounterVec, Error, Histogram, HistogramVec, Registry};

use super::{Webhook, Why};

/// What is counted of deliveries that pass, and of challenges that are answered.
const OK: &str = "ok";
/// What is counted of requests that brought a secret which is kept.
const ENROLLED: &str = "enrolled";
/// Bounds of the age of deliveries, in seconds. One below zero comes from the future.
const AGES: &[f64] = &[
    -60.0, -5.0, 0.0, 1.0, 5.0, 30.0, 60.0, 300.0, 3_600.0, 86_400.0,
];
/// How many secrets of one webhook are found without a look-up.
const KNOWN: usize = 16;

/// The metrics of deliveries, one set for the whole process. Clones are the same.
#[derive(Debug, Clone)]
pub struct Metrics {
    verified: CounterVec,
    secrets: CounterVec,
    ending: CounterVec,
    ages: HistogramVec,
    enrolled: CounterVec,
}

impl Metrics {
    /// Declares them. Once per registry.
    pub fn new(registry: &Registry) -> Result<Self, Error> {
        Ok(Self {
            verified: registry.counter_vec(
                "sidegate_webhook_verify_total",
                "Requests to routes with webhooks: ok, a challenge, enrolled, or why they were refused.",
                &["route", "webhook", "preset", "reason"],
            )?,
            secrets: registry.counter_vec(
                "sidegate_webhook_secret_total",
                "Genuine deliveries, by the secret or the public key that made the signature.",
                &["webhook", "secret"],
            )?,
            ending: registry.counter_vec(
                "sidegate_webhook_ending_secret_total",
                "Genuine deliveries that were signed with a secret that is to end soon.",
                &["webhook", "secret"],
            )?,
            ages: registry.histogram_vec(
                "sidegate_webhook_age_seconds",
                "How long ago genuine deliveries were signed when they arrived; below zero where the sender's clock is ahead.",
                &["webhook"],
                AGES,
            )?,
            enrolled: registry.counter_vec(
                "sidegate_webhook_enrolled_total",
                "Secrets that senders brought in their first request and that were kept.",
                &["webhook", "secret"],
            )?,
        })
    }

    /// What is counted of a webhook on a route.
    pub fn tally(&self, route: &str, webhook: &Webhook) -> Tally {
        Tally {
            metrics: self.clone(),
            route: route.into(),
            webhook: Arc::clone(webhook.name()),
            preset: webhook.preset().unwrap_or_default(),
            passed: OnceLock::new(),
            refused: Why::ALL.iter().map(|_| OnceLock::new()).collect(),
            secrets: BySecret::default(),
            ending: BySecret::default(),
            ages: OnceLock::new(),
        }
    }
}

/// What is counted of one webhook on one route. A series is made when it is first counted in.
#[derive(Debug)]
pub struct Tally {
    metrics: Metrics,
    route: Box<str>,
    webhook: Arc<str>,
    preset: &'static str,
    passed: OnceLock<Counter>,
    /// In the order of [`Why::ALL`].
    refused: Box<[OnceLock<Counter>]>,
    secrets: BySecret,
    ending: BySecret,
    ages: OnceLock<Histogram>,
}

impl Tally {
    /// A delivery may pass.
    pub fn passed(&self) {
        self.passed.get_or_init(|| self.verified(OK)).inc();
    }

    /// A challenge is answered.
    pub fn challenged(&self) {
        self.refused(Why::Challenge);
    }

    /// What is to be called when a secret that a request brought is kept, wherever that is.
    pub fn enrolling(&self, secret: &Arc<str>) -> impl FnOnce() + Send + use<> {
        let (metrics, secret) = (self.metrics.clone(), Arc::clone(secret));
        let (route, webhook, preset) = (self.route.clone(), Arc::clone(&self.webhook), self.preset);
        move || {
            let labels = [&*route, &*webhook, preset, ENROLLED];
            metrics.verified.with_label_values(&labels).inc();
            let labels = [&*webhook, &*secret];
            metrics.enrolled.with_label_values(&labels).inc();
        }
    }

    /// A request is refused.
    pub fn refused(&self, why: Why) {
        let mut all = Why::ALL.iter().zip(&self.refused);
        if let Some((_, cell)) = all.find(|(other, _)| **other == why) {
            cell.get_or_init(|| self.verified(why.as_str())).inc();
        }
    }

    /// A signature is right; whether it may pass is another question. `ending` says that its secret is to end soon.
    pub fn genuine(&self, facts: &WebhookFacts, ending: bool, received_at: SystemTime) {
        let Metrics {
            secrets,
            ending: ends,
            ages,
            ..
        } = &self.metrics;
        self.secrets.count(secrets, &self.webhook, &facts.secret);
        if ending {
            self.ending.count(ends, &self.webhook, &facts.secret);
        }
        if let Some(signed_at) = facts.signed_at {
            let ages = self
                .ages
                .get_or_init(|| ages.with_label_values(&[&*self.webhook]));
            ages.observe(seconds_since(signed_at, received_at));
        }
    }

    fn verified(&self, reason: &str) -> Counter {
        let labels = [&*self.route, &*self.webhook, self.preset, reason];
        self.metrics.verified.with_label_values(&labels)
    }
}

/// Seconds from one moment to another; below zero where it came before.
fn seconds_since(before: SystemTime, now: SystemTime) -> f64 {
    match now.duration_since(before) {
        Ok(age) => age.as_secs_f64(),
        Err(ahead) => -ahead.duration().as_secs_f64(),
    }
}

/// Counters by the names of secrets: they are put down in the order in which they are met, and never moved.
#[derive(Debug, Default)]
struct BySecret([OnceLock<(Arc<str>, Counter)>; KNOWN]);

impl BySecret {
    fn count(&self, all: &CounterVec, webhook: &str, secret: &Arc<str>) {
        let find = || all.with_label_values(&[webhook, &**secret]);
        for place in &self.0 {
            let (name, counter) = place.get_or_init(|| (Arc::clone(secret), find()));
            if name == secret {
                return counter.inc();
            }
        }
        find().inc();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn each_secret_is_counted_by_its_name_however_many_there_are() {
        let registry = Registry::new();
        let metrics = Metrics::new(&registry).unwrap();
        let by = BySecret::default();
        for round in 0..2 {
            for number in 0..KNOWN + 3 {
                let name: Arc<str> = number.to_string().into();
                by.count(&metrics.secrets, "github", &name);
                let counter = metrics.secrets.with_label_values(&["github", &*name]);
                assert_eq!(counter.get(), round + 1, "{name}");
            }
        }
    }

    #[test]
    fn age_is_below_zero_where_the_sender_is_ahead() {
        let (early, late) = (Duration::from_secs(10), Duration::from_secs(12));
        let at = |time: Duration| SystemTime::UNIX_EPOCH + time;
        assert!((seconds_since(at(early), at(late)) - 2.0).abs() < 1e-9);
        assert!((seconds_since(at(late), at(early)) + 2.0).abs() < 1e-9);
    }
}
