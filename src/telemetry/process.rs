//! The metrics of the process as a whole: build, policy, reloads, connections.

use std::time::{SystemTime, UNIX_EPOCH};

use super::{Counter, CounterVec, Error, Gauge, GaugeVec, Registry};

/// What was built, for `sidegate_build_info`.
#[derive(Debug, Clone, Copy)]
pub struct Build {
    /// The version of the package.
    pub version: &'static str,
    /// The commit, empty when it was not known.
    pub commit: &'static str,
    /// The system and processor: `linux-x86_64`.
    pub target: &'static str,
}

/// The metrics of the process. Clones are the same metrics.
#[derive(Debug, Clone)]
pub struct ProcessMetrics {
    policy_info: GaugeVec,
    reloads: CounterVec,
    last_reload_successful: Gauge,
    last_success: Gauge,
    /// Open connections from callers.
    pub connections: Gauge,
    /// Connections accepted since the start.
    pub connections_total: Counter,
}

impl ProcessMetrics {
    /// Declares them, with what the system knows of the process. Fails when they are declared
    /// already.
    pub fn new(registry: &Registry, build: Build) -> Result<Self, Error> {
        registry.process()?;
        let info = registry.gauge_vec(
            "sidegate_build_info",
            "Always 1; the labels say what was built.",
            &["version", "commit", "target"],
        )?;
        info.with_label_values(&[build.version, build.commit, build.target])
            .set(1);
        Ok(Self {
            policy_info: registry.gauge_vec(
                "sidegate_policy_info",
                "Always 1; the label is the hash of the policy in force.",
                &["hash"],
            )?,
            reloads: registry.counter_vec(
                "sidegate_reloads_total",
                "Reloads of the policy, by result.",
                &["result"],
            )?,
            last_reload_successful: registry.gauge(
                "sidegate_config_last_reload_successful",
                "Whether the last policy read was taken into use.",
            )?,
            last_success: registry.gauge(
                "sidegate_config_last_reload_success_timestamp_seconds",
                "When a policy was last taken into use, in seconds since 1970.",
            )?,
            connections: registry
                .gauge("sidegate_connections", "Open connections from callers.")?,
            connections_total: registry.counter(
                "sidegate_connections_total",
                "Connections accepted since the start.",
            )?,
        })
    }

    /// The first policy, or a new one, was taken into use.
    pub fn policy_loaded(&self, hash: &str, at: SystemTime, reload: bool) {
        self.policy_info.reset();
        self.policy_info.with_label_values(&[hash]).set(1);
        self.last_reload_successful.set(1);
        let seconds = at.duration_since(UNIX_EPOCH).map_or(0, |age| age.as_secs());
        self.last_success
            .set(i64::try_from(seconds).unwrap_or(i64::MAX));
        if reload {
            self.reloads.with_label_values(&["success"]).inc();
        }
    }

    /// A policy was read and refused; the one in force stays.
    pub fn reload_failed(&self) {
        self.last_reload_successful.set(0);
        self.reloads.with_label_values(&["failure"]).inc();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const BUILD: Build = Build {
        version: "1.2.3",
        commit: "abc",
        target: "linux-x86_64",
    };

    #[test]
    fn only_the_policy_in_force_is_shown() {
        let registry = Registry::new();
        let metrics = ProcessMetrics::new(&registry, BUILD).unwrap();
        let at = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        metrics.policy_loaded("one", at, false);
        metrics.policy_loaded("two", at, true);
        metrics.reload_failed();
        let text = registry.render().unwrap();
        assert!(!text.contains(r#"hash="one""#), "{text}");
        for line in [
            r#"sidegate_policy_info{hash="two"} 1"#,
            r#"sidegate_reloads_total{result="success"} 1"#,
            r#"sidegate_reloads_total{result="failure"} 1"#,
            "sidegate_config_last_reload_successful 0",
            "sidegate_config_last_reload_success_timestamp_seconds 1700000000",
            r#"sidegate_build_info{commit="abc",target="linux-x86_64",version="1.2.3"} 1"#,
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
    }

    #[test]
    fn system_metrics_are_shown() {
        let registry = Registry::new();
        ProcessMetrics::new(&registry, BUILD).unwrap();
        if cfg!(target_os = "linux") {
            let text = registry.render().unwrap();
            assert!(text.contains("process_resident_memory_bytes"), "{text}");
        }
    }
}
