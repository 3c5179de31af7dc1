mod api_keys;
mod file;
mod handing;
mod reading;
mod round_trip;
mod settings;

use std::sync::{Condvar, LazyLock};
use std::time::{Instant, UNIX_EPOCH};

use super::*;
use crate::model::{Claims, Memo, Principal, PrincipalKind, Reason, Scheme};
use crate::telemetry::Outcome;
use crate::telemetry::{Asked, LogFormat, Ready};

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
static READY: LazyLock<[Ready; 3]> = LazyLock::new(|| {
    let (route, upstream) = (Ready::route("api"), Ready::upstream("default"));
    [route, upstream, Ready::policy("abc")]
});
static ASKED: LazyLock<RequestFields> = LazyLock::new(|| asked(LogFormat::Json, "/api/x"));
static ALICE: LazyLock<Principal> = LazyLock::new(|| principal("alice"));
static FACTS: LazyLock<Facts> = LazyLock::new(|| Facts::new(Arc::default()));

fn asked(format: LogFormat, path: &str) -> RequestFields {
    let manner = Manner {
        format,
        hidden: Hidden::default(),
        sample: Share::WHOLE,
    };
    let mut fields = RequestFields::begin(manner, Vec::new(), &Method::GET);
    fields.received(&of_path(path));
    fields
}

fn of_path(path: &str) -> Asked<'_> {
    Asked {
        scheme: Some(Scheme::Https),
        host: ("example.com", None),
        path,
        client: [192, 0, 2, 1].into(),
        id: None,
    }
}

fn principal(subject: &str) -> Principal {
    Principal {
        kind: PrincipalKind::User,
        subject: subject.into(),
        tenant: None,
        email: None,
        roles: vec!["admin".into()],
        scopes: Vec::new(),
        issuer: "main".into(),
        claims: Claims::default(),
        expires_at: UNIX_EPOCH,
        key: None,
        webhook: None,
        memo: Memo::default(),
    }
}

fn record() -> Record<'static> {
    let [route, upstream, policy] = &*READY;
    Record {
        door: None,
        time: UNIX_EPOCH + Duration::from_millis(1_700_000_000_120),
        outcome: Outcome::Allow,
        reason: None,
        status: 200,
        route: Some(route),
        request: &ASKED,
        caller: Some(&ALICE),
        facts: &FACTS,
        fingerprint: Some("f00d"),
        upstream: Some(upstream),
        duration: Duration::from_micros(1_234),
        detail: "",
        observed: None,
        shadow: None,
        policy,
    }
}

fn settings(format: LogFormat, decisions: Decisions) -> LogSettings {
    LogSettings {
        format,
        decisions: DecisionSettings::of(decisions),
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
            r#"{"schema":1,"time":"2023-11-14T22:13:20.120Z","event":"decision","decision":"allow","#,
            r#""status":200,"route":"api","method":"GET","scheme":"https","host":"example.com","path":"/api/x","#,
            r#""client":"192.0.2.1","kind":"user","subject":"alice","issuer":"main","#,
            r#""roles":["admin"],"scopes":[],"fingerprint":"f00d","upstream":"default","duration_ms":1.234,"policy":"abc"}"#,
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
        request: &asked(LogFormat::Text, "/a b\n\"c=d"),
        caller: Some(&principal("")),
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
fn text_record_hides_what_is_redacted_too() {
    let problems = crate::document::Problems::new();
    let list = "log: { decisions: { redact: [path, client, subject, detail] } }";
    let node = crate::document::parse("x", list, &|_| None, &problems).unwrap();
    let settings = LogSettings::read(node.at("log"), &problems);
    let sink = Kept::default();
    let log = DecisionLog::start(&settings, Box::new(sink.clone()), &Registry::new()).unwrap();
    let writer = log.writer().unwrap();
    let mut request = writer.request(Vec::new(), &Method::GET);
    request.received(&of_path("/secret"));
    let secret = principal("secret");
    writer.write(&Record {
        request: &request,
        caller: Some(&secret),
        detail: "secret",
        ..record()
    });
    log.close();
    let text = sink.text();
    let wanted = " host=example.com path=[redacted] client=[redacted] kind=user subject=[redacted] issuer=main ";
    assert!(text.contains(wanted), "{text}");
    assert!(!text.contains("secret"), "{text}");
}

#[test]
fn what_breaks_a_line_or_hides_text_is_escaped() {
    let nasty = "a\"\\\r\n\t\u{0}\u{1b}[31m\u{7f}\u{85}\u{2028}\u{2029}\u{202e}\u{200b}é";
    let [json, text] = [LogFormat::Json, LogFormat::Text].map(|format| asked(format, nasty));
    for (format, request) in [(LogFormat::Text, &text), (LogFormat::Json, &json)] {
        let hostile = Record {
            request,
            caller: Some(&principal(nasty)),
            ..record()
        };
        let text = written(&settings(format, Decisions::All), &[hostile]);
        let body = text.strip_suffix('\n').unwrap();
        let hidden = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202e}');
        assert!(!body.contains(hidden), "{text:?}");
        if format == LogFormat::Json {
            let value: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert_eq!([&value["path"], &value["subject"]], [nasty, nasty]);
        }
    }
}

#[test]
fn long_text_is_cut_between_characters() {
    let path = format!("/{}", "é".repeat(4000));
    let long = Record {
        request: &asked(LogFormat::Json, &path),
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
