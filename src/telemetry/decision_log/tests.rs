use std::net::IpAddr;
use std::sync::{Condvar, LazyLock};
use std::time::{Instant, UNIX_EPOCH};

use super::*;
use crate::model::{PrincipalKind, Reason};
use crate::telemetry::Ready;

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

/// A route, an upstream, a policy.
static READY: LazyLock<[Ready; 3]> = LazyLock::new(|| ["api", "default", "abc"].map(Ready::new));

fn record() -> Record<'static> {
    let [route, upstream, policy] = &*READY;
    Record {
        time: UNIX_EPOCH + Duration::from_millis(1_700_000_000_120),
        outcome: Outcome::Allow,
        reason: None,
        status: 200,
        route: Some(route),
        method: "GET",
        host: "example.com",
        path: "/api/x",
        client: Some(IpAddr::from([192, 0, 2, 1])),
        kind: Some(PrincipalKind::User),
        subject: Some("alice"),
        tenant: None,
        issuer: Some("main"),
        fingerprint: Some("f00d"),
        request_id: None,
        upstream: Some(upstream),
        duration: Duration::from_micros(1_234),
        detail: "",
        policy,
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
    if let Some(writer) = log.writer() {
        records.iter().for_each(|record| writer.write(record));
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

fn json() -> LogSettings {
    settings(LogFormat::Json, Decisions::All)
}

fn started(sink: &Kept, registry: &Registry) -> DecisionLog {
    DecisionLog::start(&json(), Box::new(sink.clone()), registry).unwrap()
}

fn dropped(registry: &Registry) -> usize {
    let text = registry.render().unwrap();
    let mut lines = text.lines();
    lines
        .find_map(|line| line.strip_prefix("sidegate_decision_log_dropped_total "))
        .unwrap()
        .parse()
        .unwrap()
}

/// The paths of the records written so far: each names its worker and its number.
fn paths(sink: &Kept) -> Vec<(usize, usize)> {
    let text = sink.text();
    let path = |line| {
        let record: serde_json::Value = serde_json::from_str(line).unwrap();
        let path = record["path"].as_str().unwrap().to_owned();
        let (worker, number) = path.split_once('/').unwrap();
        (worker.parse().unwrap(), number.parse().unwrap())
    };
    text.lines().map(path).collect()
}

fn write_numbers(writer: &LogWriter, worker: usize, numbers: std::ops::Range<usize>) {
    for number in numbers {
        let path = format!("{worker}/{number}");
        writer.write(&Record {
            path: &path,
            ..record()
        });
    }
}

#[test]
fn sink_that_takes_nothing_loses_records_and_counts_them() {
    let (sink, registry) = (Kept::default(), Registry::new());
    sink.gate(true);
    let log = DecisionLog::with_capacity(&json(), Box::new(sink.clone()), &registry, 1000).unwrap();
    let writer = log.writer().unwrap();
    let started = Instant::now();
    for _ in 0..10_000 {
        writer.write(&record());
    }
    assert!(started.elapsed() < Duration::from_secs(5));
    let dropped = dropped(&registry);
    assert!(dropped >= 9_900, "{dropped}");
    sink.gate(false);
    log.close();
    assert_eq!(sink.text().lines().count(), 10_000 - dropped);
}

#[test]
fn what_waits_for_a_stuck_sink_is_bounded() {
    let (sink, registry) = (Kept::default(), Registry::new());
    sink.gate(true);
    let log = started(&sink, &registry);
    let writer = log.writer().unwrap();
    let path = "x".repeat(100_000);
    for _ in 0..10 * CAPACITY / 2048 {
        writer.write(&Record {
            path: &path,
            ..record()
        });
    }
    assert!(dropped(&registry) > 0);
    sink.gate(false);
    log.close();
    // What the writer had taken, and what waited behind it.
    assert!(sink.text().len() < 2 * CAPACITY + 10_000);
}

#[test]
fn records_of_each_worker_keep_their_order_and_none_is_lost() {
    const EACH: usize = 2_000;
    let (sink, registry) = (Kept::default(), Registry::new());
    let log = started(&sink, &registry);
    thread::scope(|scope| {
        for worker in 0..2 {
            let log = &log;
            scope.spawn(move || {
                let writer = log.writer().unwrap();
                for start in (0..EACH).step_by(100) {
                    write_numbers(&writer, worker, start..start + 100);
                    thread::sleep(Duration::from_micros(500));
                }
            });
        }
    });
    log.close();
    let paths = paths(&sink);
    for worker in 0..2 {
        let own = paths.iter().filter(|(of, _)| *of == worker);
        let numbers: Vec<_> = own.map(|(_, number)| *number).collect();
        assert_eq!(numbers, (0..EACH).collect::<Vec<_>>());
    }
    assert_eq!(dropped(&registry), 0);
}

#[test]
fn record_is_written_or_counted_while_the_log_closes() {
    const EACH: usize = 3_000;
    for _ in 0..20 {
        let (sink, registry) = (Kept::default(), Registry::new());
        let log = started(&sink, &registry);
        thread::scope(|scope| {
            for worker in 0..2 {
                let log = &log;
                scope.spawn(move || write_numbers(&log.writer().unwrap(), worker, 0..EACH));
            }
            log.close();
        });
        assert_eq!(paths(&sink).len() + dropped(&registry), 2 * EACH);
    }
}

#[test]
fn record_after_a_silence_wakes_the_writer() {
    let (sink, registry) = (Kept::default(), Registry::new());
    let log = started(&sink, &registry);
    let writers = [log.writer().unwrap(), log.writer().unwrap()];
    for number in 0..6 {
        thread::sleep(Duration::from_millis(15));
        write_numbers(&writers[number % 2], 0, number..number + 1);
        let started = Instant::now();
        while paths(&sink).len() <= number {
            assert!(started.elapsed() < Duration::from_secs(10), "{number}");
            thread::sleep(Duration::from_millis(1));
        }
    }
}

#[test]
fn last_handle_that_goes_has_everything_written() {
    let (sink, registry) = (Kept::default(), Registry::new());
    let log = started(&sink, &registry);
    let writers: Vec<_> = (0..4).map(|_| log.writer().unwrap()).collect();
    drop(log);
    let threads: Vec<_> = writers
        .into_iter()
        .map(|writer| thread::spawn(move || (0..100).for_each(|_| writer.write(&record()))))
        .collect();
    threads
        .into_iter()
        .for_each(|thread| thread.join().unwrap());
    assert_eq!(sink.text().lines().count(), 400);
}

#[test]
fn close_of_a_closed_log_does_nothing() {
    let (sink, registry) = (Kept::default(), Registry::new());
    let log = started(&sink, &registry);
    let writer = log.writer().unwrap();
    log.close();
    log.close();
    writer.write(&record());
    log.writer().unwrap().write(&record());
    assert_eq!(sink.text(), "");
    assert_eq!(dropped(&registry), 2);
}

#[test]
fn stuck_sink_holds_up_the_end_for_two_seconds_at_most() {
    let (sink, registry) = (Kept::default(), Registry::new());
    sink.gate(true);
    let log = started(&sink, &registry);
    log.writer().unwrap().write(&record());
    let started = Instant::now();
    log.close();
    assert!(started.elapsed() < 2 * CLOSE);
    sink.gate(false);
}
