//! How long an answer is fresh, and when to ask again.

use std::time::Duration;

use aws_lc_rs::rand;
use http::header::{AGE, CACHE_CONTROL, HeaderMap};

use super::settings::Settings;

/// The pause after the first failure; each further one doubles it.
const FIRST_RETRY: Duration = Duration::from_secs(1);
/// The longest pause between two attempts.
const LAST_RETRY: Duration = Duration::from_secs(300);

/// What the issuer says about freshness (RFC 9111 section 4.2.1), less the age the answer already
/// has. `no-store` and `no-cache` count as not fresh at all.
pub(super) fn fresh_for(headers: &HeaderMap) -> Option<Duration> {
    let directives = headers.get_all(CACHE_CONTROL).iter();
    let directives = directives
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    let mut lifetime = None;
    for directive in directives {
        let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
        match name.trim().to_ascii_lowercase().as_str() {
            "no-store" | "no-cache" => return Some(Duration::ZERO),
            "max-age" => lifetime = seconds(value),
            _ => {}
        }
    }
    let age = headers.get(AGE).and_then(|value| value.to_str().ok());
    let age = age.and_then(seconds).unwrap_or_default();
    lifetime.map(|lifetime| lifetime.saturating_sub(age))
}

/// RFC 9111 section 1.2.2; what is too large for us is larger than any bound of ours.
fn seconds(text: &str) -> Option<Duration> {
    let digits = text.trim().trim_matches('"');
    let valid = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    valid.then(|| Duration::from_secs(digits.parse::<u32>().unwrap_or(u32::MAX).into()))
}

/// When to ask again after a good answer: well before it is no longer fresh, and not all instances
/// at one time.
pub(super) fn refresh_in(fresh_for: Option<Duration>, settings: &Settings) -> Duration {
    let lifetime = fresh_for
        .unwrap_or(settings.refresh)
        .min(settings.max_refresh)
        .min(settings.max_stale)
        .max(settings.min_refresh);
    let early = lifetime.mul_f64(between(0.75, 0.85));
    early.max(settings.min_refresh.mul_f64(between(1.0, 1.05)))
}

/// When to try again after so many failures in a row.
pub(super) fn retry_in(failures: u32) -> Duration {
    let doublings = failures.saturating_sub(1).min(16);
    let pause = FIRST_RETRY * (1 << doublings);
    pause.min(LAST_RETRY).mul_f64(between(0.8, 1.0))
}

/// A random number. Without randomness the middle serves as well: nothing here is a secret.
fn between(low: f64, high: f64) -> f64 {
    let mut random = [0x80_u8];
    let fraction = match rand::fill(&mut random) {
        Ok(()) => f64::from(random[0]) / 255.0,
        Err(_) => 0.5,
    };
    low + (high - low) * fraction
}
