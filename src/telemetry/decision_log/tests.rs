use std::net::IpAddr;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, UNIX_EPOCH};

use super::*;
use crate::model::Reason;

/// A sink that keeps what is written, and takes nothing while its gate is shut.
#[derive(Clone, Default)]
struct Kept {
    bytes: Arc<Mutex<Vec<u8>>>,
    shut: Arc<(Mutex<bool>, Condvar)>,
}

impl Kept {
    fn gate(&self, shut: bool) {
        *self.shut.0.lock().unwrap() = shut;
        self.shut.1.notify_all();
    }

    fn text(&self) -> String {
        String::from_utf8(self.bytes.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let shut = self.shut.0.lock().unwrap();
        drop(self.shut.1.wait_while(shut, |shut| *shut).unwrap());
        self.bytes.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn record() -> Record<'static> {
    Record {
        time: UNIX_EPOCH + Duration::from_millis(1_700_000_000_120),
        outcome: Outcome::Allow,
        reason: None,
        status: 200,
        route: Some("api"),
        method: "GET",
        host: "example.com",
        path: "/api/x",
        client: Some(IpAddr::from([192, 0, 2, 1])),
        kind: Some("user"),
        subject: Some("alice"),
        tenant: None,
        issuer: Some("main"),
        fingerprint: Some("f00d"),
        request_id: None,
        upstream: Some("default"),
        duration: Duration::from_micros(1_234),
        detail: "",
        policy: "abc",
    }
}

fn settings(format: LogFormat, decisions: Decisions) -> LogSettings {
    LogSettings {
        format,
        decisions,
        ..LogSettings::default()
    }
}

fn written(settings: &LogSettings, records: &[Record<'_>]) -> String {
    let sink = Kept::default();
    let log = DecisionLog::start(settings, Box::new(sink.clone()), &Registry::new()).unwrap();
    for record in records {
        log.write(record);
    }
    log.close();
    sink.text()
}

#[test]
fn json_record_is_one_object_on_one_line() {
    let text = written(&settings(LogFormat::Json, Decisions::All), &[record()]);
    assert_eq!(
        text,
        concat!(
            r#"{"time":"2023-11-14T22:13:20.120Z","event":"decision","decision":"allow","#,
            r#""status":200,"route":"api","method":"GET","host":"example.com","path":"/api/x","#,
            r#""client":"192.0.2.1","kind":"user","subject":"alice","issuer":"main","#,
            r#""fingerprint":"f00d","upstream":"default","duration_ms":1.234,"policy":"abc"}"#,
            "\n"
        )
    );
}

#[test]
fn text_record_is_pairs_on_one_line() {
    let denied = Record {
        outcome: Outcome::Deny,
        reason: Some(Reason::NoRoute),
        status: 403,
        route: None,
        path: "/a b\n\"c=d",
        subject: Some(""),
        ..record()
    };
    let text = written(&settings(LogFormat::Text, Decisions::All), &[denied]);
    assert!(
        text.starts_with("time=2023-11-14T22:13:20.120Z event=decision decision=deny reason=NO_ROUTE status=403 method=GET"),
        "{text}"
    );
    assert!(
        text.contains(r#" path="/a b\n\"c=d" client=192.0.2.1 kind=user subject="" "#),
        "{text}"
    );
    assert_eq!(text.lines().count(), 1);
}

#[test]
fn what_breaks_a_line_or_hides_text_is_escaped() {
    let nasty = "a\"\\\r\n\t\u{0}\u{1b}[31m\u{7f}\u{85}\u{2028}\u{2029}\u{202e}\u{200b}é";
    let hostile = Record {
        path: nasty,
        subject: Some(nasty),
        ..record()
    };
    for format in [LogFormat::Json, LogFormat::Text] {
        let text = written(&settings(format, Decisions::All), &[hostile]);
        let body = text.strip_suffix('\n').unwrap();
        let hidden = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202e}');
        assert!(!body.contains(hidden), "{text:?}");
    }
    let text = written(&settings(LogFormat::Json, Decisions::All), &[hostile]);
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["path"], nasty);
}

#[test]
fn long_text_is_cut_between_characters() {
    let path = format!("/{}", "é".repeat(4000));
    let long = Record {
        path: &path,
        ..record()
    };
    let text = written(&settings(LogFormat::Json, Decisions::All), &[long]);
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    let shown = value["path"].as_str().unwrap();
    assert!(shown.len() < 2100 && shown.ends_with("é..."));
}

#[test]
fn denied_only_leaves_out_what_was_allowed() {
    let denied = Record {
        outcome: Outcome::Deny,
        ..record()
    };
    let text = written(
        &settings(LogFormat::Json, Decisions::Denied),
        &[record(), denied],
    );
    assert_eq!(text.lines().count(), 1);
    assert!(text.contains(r#""decision":"deny""#));
    assert_eq!(
        written(&settings(LogFormat::Json, Decisions::Off), &[denied]),
        ""
    );
}

#[test]
fn full_channel_loses_records_and_counts_them() {
    let (sink, registry) = (Kept::default(), Registry::new());
    sink.gate(true);
    let settings = settings(LogFormat::Json, Decisions::All);
    let log = DecisionLog::with_capacity(&settings, Box::new(sink.clone()), &registry, 4).unwrap();
    for _ in 0..100 {
        log.write(&record());
    }
    let text = registry.render().unwrap();
    let dropped: usize = text
        .lines()
        .find_map(|line| line.strip_prefix("sidegate_decision_log_dropped_total "))
        .unwrap()
        .parse()
        .unwrap();
    assert!(dropped >= 80, "{dropped}");
    sink.gate(false);
    log.close();
    assert_eq!(sink.text().lines().count(), 100 - dropped);
}

#[test]
fn last_handle_that_goes_has_everything_written() {
    let sink = Kept::default();
    let settings = settings(LogFormat::Json, Decisions::All);
    let log = DecisionLog::start(&settings, Box::new(sink.clone()), &Registry::new()).unwrap();
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let log = log.clone();
            thread::spawn(move || (0..100).for_each(|_| log.write(&record())))
        })
        .collect();
    drop(log);
    threads
        .into_iter()
        .for_each(|thread| thread.join().unwrap());
    assert_eq!(sink.text().lines().count(), 400);
}

#[test]
fn close_of_a_closed_log_does_nothing() {
    let sink = Kept::default();
    let settings = settings(LogFormat::Json, Decisions::All);
    let log = DecisionLog::start(&settings, Box::new(sink.clone()), &Registry::new()).unwrap();
    log.close();
    log.close();
    log.write(&record());
    assert_eq!(sink.text(), "");
}
