//! The section `replay`.

use super::super::{Outage, Settings};
use super::*;
use crate::document::{Problems, parse};

/// Reads a section; gives the mistakes.
fn read(text: &str) -> (Settings, Vec<String>) {
    let problems = Problems::new();
    let secret = |name: &str| match name {
        "REDIS_URL" => Some("redis://:hunter2@cache.internal:6379/1".to_owned()),
        "BROKEN_URL" => Some("http://:hunter2@cache.internal".to_owned()),
        _ => None,
    };
    let top = parse("sidegate.yaml", text, &secret, &problems).unwrap();
    let settings = Settings::read(top.at("replay"), &problems);
    let found = problems.into_sorted();
    (settings, found.iter().map(ToString::to_string).collect())
}

#[test]
fn nothing_written_is_a_memory_of_its_own() {
    let (settings, problems) = read("policy: p.yaml");
    assert!(problems.is_empty(), "{problems:?}");
    assert_eq!(settings.entries, 100_000);
    assert_eq!(
        (settings.full, settings.outage),
        (Full::Forget, Outage::Deny)
    );
    assert_eq!(settings.timeout, Duration::from_millis(50));
    assert!(settings.redis.is_none());
}

#[test]
fn mistakes_are_named() {
    for (text, wanted) in [
        (
            "entries: 0",
            "`replay.entries`: expected a number of deliveries from 1 to 10000000",
        ),
        (
            "entries: 10000001",
            "`replay.entries`: expected a number of deliveries",
        ),
        (
            "entries:",
            "`replay.entries`: `entries` is written without a value",
        ),
        ("full: drop", "`replay.full`: `drop` is not known here"),
        (
            "outage: deny",
            "`replay.outage`: `outage` is about Redis, and none is named",
        ),
        (
            "timeout: 50ms",
            "`replay.timeout`: `timeout` is about Redis, and none is named",
        ),
        (
            "ca_file: ca.pem",
            "`replay.ca_file`: `ca_file` is about Redis, and none is named",
        ),
        ("entry: 5", "unknown key `entry` in replay"),
    ] {
        let (_, problems) = read(&format!("replay: {{ {text} }}"));
        assert_eq!(problems.len(), 1, "{text}: {problems:#?}");
        assert!(problems[0].contains(wanted), "{problems:#?}");
    }
}

#[cfg(not(feature = "redis"))]
#[test]
fn build_without_redis_refuses_its_address() {
    let (settings, problems) = read("replay: { redis: '${REDIS_URL}' }");
    assert!(settings.redis.is_none());
    assert!(problems[0].contains("built without Redis"), "{problems:?}");
}

#[cfg(feature = "redis")]
mod redis {
    use super::*;

    #[test]
    fn address_with_a_password_comes_from_the_environment_or_a_file() {
        let (settings, problems) = read("replay: { redis: '${REDIS_URL}', outage: local }");
        assert!(problems.is_empty(), "{problems:?}");
        assert_eq!(settings.outage, Outage::Local);
        assert!(!format!("{settings:?}").contains("hunter2"));
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "rediss://gate:hunter2@cache.internal/2\n").unwrap();
        let (settings, problems) = read(&format!(
            "replay: {{ redis: {{ file: {} }} }}",
            file.path().display()
        ));
        assert!(settings.redis.is_some(), "{problems:?}");
    }

    #[test]
    fn written_password_is_refused_without_quoting_it() {
        for text in [
            "redis://:hunter2@cache",
            "rediss://gate:hunter2@cache:6379/0",
        ] {
            let (settings, problems) = read(&format!("replay: {{ redis: '{text}' }}"));
            assert!(settings.redis.is_none());
            let wanted = "`replay.redis`: a password must not be written into a file";
            assert!(problems[0].contains(wanted), "{problems:#?}");
            assert!(!problems[0].contains("hunter2"), "{problems:#?}");
        }
    }

    #[test]
    fn addresses_without_a_password_may_be_written() {
        for text in [
            "redis://cache",
            "redis://127.0.0.1:6380/3",
            "redis://[::1]:6380",
            "rediss://cache.internal:6379/0",
            "unix:///run/redis.sock",
            "unix:/run/redis.sock?db=1",
        ] {
            let (settings, problems) = read(&format!("replay: {{ redis: '{text}' }}"));
            assert!(settings.redis.is_some(), "{text}: {problems:?}");
        }
    }

    #[test]
    fn addresses_that_cannot_be_used_are_refused() {
        for (text, wanted) in [
            ("cache:6379", "expected the address of a Redis"),
            ("http://cache", "expected the address of a Redis"),
            ("redis://cache/one", "expected the address of a Redis"),
            ("redis://", "expected the address of a Redis"),
            ("redis://0.0.0.0", "expected the address of a Redis"),
            ("rediss://cache#insecure", "ends before `#`"),
            ("redis://cache?db=3", "ends before `?`"),
        ] {
            let (settings, problems) = read(&format!("replay: {{ redis: '{text}' }}"));
            assert!(settings.redis.is_none(), "{text}");
            assert!(problems[0].contains(wanted), "{text}: {problems:#?}");
        }
        let (_, problems) = read("replay: { redis: '${BROKEN_URL}' }");
        assert!(!problems[0].contains("hunter2"), "{problems:#?}");
    }

    #[test]
    fn certificates_are_for_tls() {
        let (_, problems) = read("replay: { redis: 'redis://cache', ca_file: ca.pem }");
        assert!(problems[0].contains("`ca_file` is for TLS"), "{problems:?}");
    }

    #[test]
    fn missing_certificates_keep_the_process_from_starting() {
        let (settings, problems) = read("replay: { redis: 'rediss://cache', ca_file: /no/such }");
        assert!(problems.is_empty(), "{problems:?}");
        let error = Replay::new(&settings, &Registry::new()).unwrap_err();
        let text = error.to_string();
        assert!(text.starts_with("replay: `ca_file` `/no/such`: "), "{text}");
    }

    #[test]
    fn timeout_is_bounded() {
        for text in ["0s", "6s"] {
            let (_, problems) = read(&format!(
                "replay: {{ redis: 'redis://cache', timeout: {text} }}"
            ));
            assert!(problems[0].contains("at most 5s"), "{problems:?}");
        }
    }
}
