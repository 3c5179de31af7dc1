//! Calseta's sources that sign: row K3 of the policy in `config/examples/calseta`, and K7 as far as it is about them.

use std::io::Write as _;
use std::time::Duration;

use crate::calseta::SECRETS;
use crate::calseta_keys::{House, house};
use crate::support::client::{Connection, raw};
use crate::support::gate::Setup;
use crate::support::sender::{chunked, signature};
use crate::support::{Call, Upstream, example};

const BODY: &[u8] = b"{ \"properties\" : {\"title\": \"\\u00e4 \xc3\xa4\"} }\r\n";
/// The longest body of an alert.
const MOST: usize = 5 * 1024 * 1024;

/// A source that signs.
#[derive(Clone, Copy)]
struct Source {
    path: &'static str,
    header: &'static str,
    secret: &'static str,
}

const fn source(path: &'static str, header: &'static str, at: usize) -> Source {
    Source {
        path,
        header,
        secret: SECRETS[at].1,
    }
}

const SOURCES: [Source; 3] = [
    source("/v1/ingest/sentinel", "X-Webhook-Signature", 0),
    source("/v1/ingest/elastic", "X-Webhook-Signature", 1),
    source("/v1/ingest/splunk", "X-Splunk-Signature", 2),
];

impl Source {
    fn signs(self, body: &[u8]) -> String {
        signature(self.secret, body)
    }
}

impl House {
    fn collector(&self) -> String {
        self.key(&["--name", "collector", "--scope", "alerts:write"])
    }

    fn alert(&self, source: Source, key: &str) -> Call {
        self.gate.post(source.path).bearer(key)
    }
}

/// Row K3: as it was sent, with the signature, without the key, and with the name of whose key it was.
#[test]
fn alert_with_its_sources_signature_arrives_byte_for_byte() {
    let house = house();
    let key = house.collector();
    for source in SOURCES {
        let signed = source.signs(BODY);
        let call = house.alert(source, &key).header(source.header, &signed);
        call.clone().body(BODY).send().assert_passed();
        let seen = house.upstream.last();
        assert_eq!(seen.target, source.path);
        assert_eq!(seen.message.body.bytes, BODY);
        assert_eq!(seen.header(source.header), Some(&*signed));
        assert_eq!(seen.header("x-api-key-name"), Some("collector"));
        assert!(!format!("{seen:?}").contains(&key), "{}", source.path);
        // In chunks, too, whose trailers nobody has signed.
        let call = call.body(BODY).trailer("X-Api-Key-Name", "root");
        call.send().assert_passed();
        let seen = house.upstream.last();
        assert_eq!(seen.message.body.bytes, BODY);
        assert_eq!(
            seen.header("content-length"),
            Some(&*BODY.len().to_string())
        );
        assert!(seen.message.trailers.is_empty());
        assert_eq!(seen.header("x-api-key-name"), Some("collector"));
    }
}

/// Row K3: another secret, another body, another spelling.
#[test]
fn signature_that_does_not_fit_is_refused() {
    let house = house();
    let key = house.collector();
    for (at, source) in SOURCES.into_iter().enumerate() {
        let other = SOURCES[(at + 1) % SOURCES.len()];
        let signed = source.signs(BODY);
        let digits = signed.strip_prefix("sha256=").unwrap();
        for wrong in [
            other.signs(BODY),
            signature(&key, BODY),
            signature("", BODY),
            source.signs(b"{}"),
            format!("SHA256={digits}"),
            digits.to_owned(),
            signed.get(..signed.len() - 2).unwrap().to_owned(),
            format!("{signed}00"),
            String::new(),
        ] {
            let call = house.alert(source, &key).header(source.header, &wrong);
            let outcome = call.body(BODY).send().outcome();
            assert_eq!(outcome, (401, "SIGNATURE_INVALID".to_owned()), "{wrong}");
        }
        let call = house.alert(source, &key).header(source.header, &signed);
        let twice = call.clone().header(source.header, &signed).body(BODY);
        twice.send().assert_refused(401, "SIGNATURE_INVALID");
        for at in [0, BODY.len() / 2, BODY.len() - 1] {
            let mut body = BODY.to_vec();
            body[at] ^= 1;
            let changed = call.clone().body(body).send();
            changed.assert_refused(401, "SIGNATURE_INVALID");
        }
        let cut = call.body(&BODY[..BODY.len() - 1]).send();
        cut.assert_refused(401, "SIGNATURE_INVALID");
    }
    assert_eq!(house.upstream.count(), 0);
}

/// Row K3: Splunk's header is Splunk's, and the others' is the others'.
#[test]
fn signature_in_the_header_of_another_source_is_none() {
    let house = house();
    let key = house.collector();
    for source in SOURCES {
        let signed = source.signs(BODY);
        let none = house.alert(source, &key).body(BODY).send();
        none.assert_refused(401, "SIGNATURE_MISSING");
        for name in [
            "X-Webhook-Signature",
            "X-Splunk-Signature",
            "X_Webhook_Signature",
        ] {
            if name != source.header {
                let call = house.alert(source, &key).header(name, &signed);
                let answer = call.body(BODY).send();
                answer.assert_refused(401, "SIGNATURE_MISSING");
            }
        }
    }
    assert_eq!(house.upstream.count(), 0);
}

/// Row K3: both are needed, and the key is judged first.
#[test]
fn signature_without_a_key_that_counts_is_refused() {
    let house = house();
    let reader = house.key(&["--name", "reader", "--scope", "alerts:read"]);
    let only = [
        "--name",
        "only",
        "--scope",
        "alerts:write",
        "--source",
        "generic",
    ];
    let elsewhere = house.key(&only);
    for source in SOURCES {
        let signed = source.signs(BODY);
        let nobody = house.gate.post(source.path).header(source.header, &signed);
        nobody.body(BODY).send().assert_refused(401, "KEY_MISSING");
        for (key, status, reason) in [
            ("cai_0123456789abcdef0123456789abcdef", 401, "KEY_UNKNOWN"),
            (&*reader, 403, "PERMISSION_DENIED"),
            (&*elsewhere, 403, "SOURCE_NOT_ALLOWED"),
        ] {
            let call = house.alert(source, key).header(source.header, &signed);
            call.body(BODY).send().assert_refused(status, reason);
        }
    }
    assert_eq!(house.upstream.count(), 0);
}

/// Row K3: what does not sign is let in by its key, as before.
#[test]
fn other_sources_need_no_signature() {
    let house = house();
    let key = house.collector();
    for path in ["/v1/ingest/generic", "/v1/ingest/crowdstrike"] {
        let call = house.gate.post(path).bearer(&key).body(BODY);
        call.header("X-Webhook-Signature", "x")
            .send()
            .assert_passed();
        assert_eq!(house.upstream.last().message.body.bytes, BODY);
    }
}

/// Row K3: where the app would take whatever nobody signed.
#[test]
fn gate_does_not_start_without_the_secrets() {
    for (missing, _) in SECRETS {
        for empty in [false, true] {
            let setup = Setup::policy(&example("calseta/policy.yaml"));
            let others = SECRETS.iter().filter(|(name, _)| *name != missing);
            let setup = others.fold(setup, |setup, (name, secret)| setup.env(name, *secret));
            let setup = match empty {
                true => setup.env(missing, ""),
                false => setup,
            };
            let (code, said) = setup.upstream(&Upstream::start()).refusal();
            assert_eq!(code, 3, "{said}");
            assert!(
                said.contains(missing) && !said.contains("signs-with-in-tests"),
                "{said}"
            );
        }
    }
}

/// Row K7: five mebibytes, and no more; with a length, in chunks, and before the app sees any of it.
#[test]
fn alert_that_is_too_long_is_refused() {
    let house = house();
    let key = house.collector();
    let bearer = format!("Bearer {key}");
    let (most, more) = (vec![b'x'; MOST], vec![b'x'; MOST + 1]);
    for source in SOURCES {
        let signed = source.signs(&more);
        let call = house.alert(source, &key).header(source.header, &signed);
        let answer = call.body(more.clone()).send();
        answer.assert_refused(413, "BODY_TOO_LARGE");
        let fields = [("Authorization", &*bearer), (source.header, &*signed)];
        let request = chunked(&format!("POST {}", source.path), &fields, &more, 65_536);
        let answer = raw(house.gate.address, &request);
        assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
        assert!(answer.contains("BODY_TOO_LARGE"), "{answer}");
    }
    assert_eq!(house.upstream.count(), 0);
    let [sentinel, ..] = SOURCES;
    let signed = sentinel.signs(&most);
    let call = house.alert(sentinel, &key).header(sentinel.header, &signed);
    call.body(most.clone()).send().assert_passed();
    let fields = [("Authorization", &*bearer), (sentinel.header, &*signed)];
    let request = chunked("POST /v1/ingest/sentinel", &fields, &most, 65_536);
    let answer = raw(house.gate.address, &request);
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    let lengths: Vec<u64> = house
        .upstream
        .seen()
        .iter()
        .map(|seen| seen.message.body.length)
        .collect();
    assert_eq!(lengths, [5_242_880, 5_242_880]);
}

/// Row K7: a sender that waits is told before it sends anything.
#[test]
fn alert_that_is_announced_as_too_long_is_refused_before_it_is_sent() {
    let house = house();
    let key = house.collector();
    let mut connection = Connection::open(house.gate.address);
    let stream = &mut connection.stream;
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    write!(
        stream,
        "POST /v1/ingest/splunk HTTP/1.1\r\nHost: a.test\r\nAuthorization: Bearer {key}\r\n\
         X-Splunk-Signature: {}\r\nContent-Length: {}\r\nExpect: 100-continue\r\n\r\n",
        SOURCES[2].signs(BODY),
        MOST + 1
    )
    .unwrap();
    let answer = connection.read("POST");
    assert_eq!(answer.interim, Vec::<u16>::new());
    answer.assert_refused(413, "BODY_TOO_LARGE");
    assert_eq!(house.upstream.count(), 0);
}
