//! The alerts, as `promtool` judges them.

use super::tools::{deploy, folder, good, promtool, said};

#[test]
fn alerts_are_sound() {
    good(
        promtool()
            .args(["check", "rules", "--lint-fatal"])
            .arg(deploy("prometheus/alerts.yaml")),
    );
}

#[test]
fn alerts_fire_when_they_should_and_not_otherwise() {
    good(
        promtool()
            .args(["test", "rules"])
            .arg(deploy("prometheus/alerts_test.yaml")),
    );
}

/// An alert without a test that has it fire is one that nobody knows to work.
#[test]
fn every_alert_is_seen_to_fire() {
    let alerts = std::fs::read_to_string(deploy("prometheus/alerts.yaml")).unwrap();
    let tests = std::fs::read_to_string(deploy("prometheus/alerts_test.yaml")).unwrap();
    let names = alerts
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- alert: "));
    let mut count = 0;
    for name in names {
        let fires = tests.contains(&format!("alertname: {name}\n        exp_alerts:"));
        let silent = tests.contains(&format!("alertname: {name} }}"));
        assert!(fires && silent, "{name}: fires {fires}, is silent {silent}");
        count += 1;
    }
    assert_eq!(count, 16);
}

#[test]
fn broken_alert_would_be_noticed() {
    let folder = folder();
    let copy = |name: &str, change: &dyn Fn(String) -> String| {
        let text = std::fs::read_to_string(deploy("prometheus").join(name)).unwrap();
        std::fs::write(folder.path().join(name), change(text)).unwrap();
    };
    copy("alerts_test.yaml", &|text| text);
    copy("alerts.yaml", &|text| {
        text.replace(
            "sidegate_replay_redis_up == 0",
            "sidegate_replay_redis_up == 2",
        )
    });
    let said = said(
        promtool()
            .args(["test", "rules"])
            .arg(folder.path().join("alerts_test.yaml")),
    );
    assert!(
        !said.good && said.all.contains("SidegateRedisDown"),
        "{}",
        said.all
    );
}
