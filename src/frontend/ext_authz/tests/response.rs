use bytes::{Buf, Bytes};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use prost::Message;

use crate::frontend::ext_authz::health::{Serving, is_known};
use crate::frontend::ext_authz::response::{Ended, Facts, Pass};
use crate::model::Fields;

/// The published messages, as others read them: text is text.
#[derive(Clone, PartialEq, Message)]
struct CheckResponse {
    #[prost(message, optional, tag = "1")]
    status: Option<Status>,
    #[prost(message, optional, tag = "2")]
    denied: Option<Denied>,
    #[prost(message, optional, tag = "3")]
    ok: Option<Passed>,
    #[prost(message, optional, tag = "4")]
    metadata: Option<Struct>,
}

#[derive(Clone, PartialEq, Message)]
struct Status {
    #[prost(int32, tag = "1")]
    code: i32,
}

#[derive(Clone, PartialEq, Message)]
struct Denied {
    #[prost(message, optional, tag = "1")]
    status: Option<Status>,
    #[prost(message, repeated, tag = "2")]
    headers: Vec<HeaderValueOption>,
    #[prost(string, tag = "3")]
    body: String,
}

#[derive(Clone, PartialEq, Message)]
struct Passed {
    #[prost(message, repeated, tag = "2")]
    headers: Vec<HeaderValueOption>,
    #[prost(string, repeated, tag = "5")]
    remove: Vec<String>,
}

#[derive(Clone, PartialEq, Message)]
struct HeaderValueOption {
    #[prost(message, optional, tag = "1")]
    header: Option<Header>,
    #[prost(message, optional, tag = "2")]
    append: Option<Flag>,
    #[prost(int32, tag = "3")]
    append_action: i32,
}

#[derive(Clone, PartialEq, Message)]
struct Header {
    #[prost(string, tag = "1")]
    key: String,
    #[prost(string, tag = "2")]
    value: String,
}

#[derive(Clone, PartialEq, Message)]
struct Flag {
    #[prost(bool, tag = "1")]
    value: bool,
}

#[derive(Clone, PartialEq, Message)]
struct Struct {
    #[prost(map = "string, message", tag = "1")]
    fields: std::collections::HashMap<String, Value>,
}

#[derive(Clone, PartialEq, Message)]
struct Value {
    #[prost(string, optional, tag = "3")]
    text: Option<String>,
}

impl CheckResponse {
    fn code(&self) -> i32 {
        self.status.as_ref().unwrap().code
    }

    fn fact(&self, name: &str) -> Option<&str> {
        let fields = &self.metadata.as_ref().unwrap().fields;
        fields.get(name)?.text.as_deref()
    }
}

fn told(headers: &[HeaderValueOption]) -> Vec<(&str, &str, Option<bool>, i32)> {
    let told = headers.iter().map(|option| {
        let header = option.header.as_ref().unwrap();
        let append = option.append.as_ref().map(|flag| flag.value);
        (&*header.key, &*header.value, append, option.append_action)
    });
    told.collect()
}

/// Takes the prefix off.
fn message<M: Message + Default>(mut bytes: Bytes) -> M {
    assert_eq!(bytes.get_u8(), 0);
    assert_eq!(bytes.get_u32() as usize, bytes.len());
    M::decode(bytes).unwrap()
}

fn fields(lines: &[(&'static str, &[u8])]) -> Fields {
    let mut map = HeaderMap::new();
    for (name, value) in lines {
        map.append(*name, HeaderValue::from_bytes(value).unwrap());
    }
    Fields::from(&map)
}

#[test]
fn pass_sets_removes_and_tells() {
    let remove = [
        HeaderName::from_static("x_user"),
        HeaderName::from_static("cookie"),
    ];
    let bytes = Pass {
        set: &fields(&[("x-user", b"ann"), ("x-name", "Zo\u{eb}".as_bytes())]),
        remove: &remove,
        path: Some("/a?b=c"),
        authority: None,
        facts: Facts {
            subject: Some("ann"),
            tenant: None,
            route: Some("/a/**"),
            reason: None,
        },
    };
    let response: CheckResponse = message(bytes.message());
    assert_eq!((response.code(), &response.denied), (0, &None));
    let ok = response.ok.clone().unwrap();
    assert_eq!(
        told(&ok.headers),
        [
            ("x-user", "ann", Some(false), 2),
            ("x-name", "Zo\u{eb}", Some(false), 2),
            (":path", "/a?b=c", Some(false), 2),
        ]
    );
    assert_eq!(ok.remove, ["x_user", "cookie"]);
    assert_eq!(
        (response.fact("subject"), response.fact("route")),
        (Some("ann"), Some("/a/**"))
    );
    assert_eq!(
        (response.fact("tenant"), response.fact("reason")),
        (None, None)
    );
}

fn ended(status: u16, lines: &[(&'static str, &[u8])], body: &[u8]) -> CheckResponse {
    let bytes = Ended {
        status: StatusCode::from_u16(status).unwrap(),
        fields: &fields(lines),
        body,
        facts: Facts {
            reason: Some("NO_ROUTE"),
            ..Facts::default()
        },
    };
    message(bytes.message())
}

#[test]
fn end_has_status_fields_and_body_and_is_never_a_pass() {
    for (status, code) in [
        (401, 16),
        (403, 7),
        (503, 7),
        (413, 7),
        (302, 7),
        (200, 7),
        (204, 7),
    ] {
        let response = ended(status, &[("retry-after", b"1")], b"{}");
        assert_eq!((response.code(), &response.ok), (code, &None), "{status}");
        let denied = response.denied.clone().unwrap();
        assert_eq!(denied.status.unwrap().code, i32::from(status));
        assert_eq!(
            told(&denied.headers),
            [("retry-after", "1", Some(false), 2)]
        );
        assert_eq!(denied.body, "{}");
        assert_eq!(response.fact("reason"), Some("NO_ROUTE"));
    }
}

#[test]
fn lines_of_one_name_stay_lines() {
    let lines: [(&str, &[u8]); 3] = [("a", b"1"), ("b", b"2"), ("a", b"3")];
    let denied = ended(401, &lines, b"").denied.unwrap();
    let mut told = told(&denied.headers);
    told.sort_unstable();
    assert_eq!(
        told,
        [
            ("a", "1", Some(false), 2),
            ("a", "3", Some(true), 0),
            ("b", "2", Some(false), 2)
        ]
    );
}

#[test]
fn what_cannot_be_told_is_left_out() {
    let lines: [(&str, &[u8]); 3] = [("a", b"\xff"), ("content-length", b"9"), ("b", b"2")];
    let denied = ended(403, &lines, b"\xff\xfe").denied.unwrap();
    assert_eq!(told(&denied.headers), [("b", "2", Some(false), 2)]);
    assert_eq!(denied.body, "");
}

#[derive(Clone, PartialEq, Message)]
struct Health {
    #[prost(int32, tag = "1")]
    status: i32,
}

#[test]
fn health_has_the_published_numbers() {
    for (serving, number) in [(Serving::Yes, 1), (Serving::No, 2), (Serving::Unknown, 3)] {
        assert_eq!(message::<Health>(serving.message()).status, number);
    }
    assert!(is_known(Bytes::new()).unwrap());
    assert!(
        is_known(Bytes::from_static(
            b"\x0a\x23envoy.service.auth.v3.Authorization"
        ))
        .unwrap()
    );
    assert!(!is_known(Bytes::from_static(b"\x0a\x01x")).unwrap());
    assert!(is_known(Bytes::from_static(b"\x0a\x09x")).is_err());
}
