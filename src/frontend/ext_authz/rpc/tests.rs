use http::{HeaderMap, HeaderValue};

use super::*;
use crate::frontend::budget::Budget;
use crate::listener::Limits;
use crate::telemetry::Registry;

const CHECK: &str = "/envoy.service.auth.v3.Authorization/Check";

fn call(path: &str, fields: &[(&'static str, &'static str)]) -> Result<Call, Unfit> {
    let mut map = HeaderMap::new();
    for (name, value) in fields {
        map.append(*name, HeaderValue::from_static(value));
    }
    Call::read(&Method::POST, path, &Fields::from(&map))
}

fn code(result: Result<Call, Unfit>) -> Code {
    match result {
        Err(Unfit::Grpc(status)) => status.code,
        other => panic!("{other:?}"),
    }
}

const GRPC: (&str, &str) = ("content-type", "application/grpc");

#[test]
fn check_and_health_are_called_by_their_names() {
    for (path, rpc) in Rpc::ALL {
        assert_eq!(call(path, &[GRPC]).unwrap().rpc, rpc, "{path}");
    }
}

#[test]
fn other_methods_are_unimplemented() {
    for path in [
        "/",
        "/envoy.service.auth.v2.Authorization/Check",
        "/envoy.service.auth.v3.Authorization/check",
        "/envoy.service.auth.v3.Authorization/Check/",
    ] {
        assert_eq!(code(call(path, &[GRPC])), Code::Unimplemented, "{path}");
    }
}

#[test]
fn what_is_no_grpc_is_answered_in_http() {
    let refused = Err(Unfit::Http(StatusCode::UNSUPPORTED_MEDIA_TYPE));
    assert_eq!(call(CHECK, &[]), refused);
    assert_eq!(call(CHECK, &[GRPC, GRPC]), refused);
    for kind in [
        "application/json",
        "application/grpc+json",
        "application/grpc-web",
        "text/plain; application/grpc",
    ] {
        assert_eq!(call(CHECK, &[("content-type", kind)]), refused, "{kind}");
    }
    for kind in ["application/grpc+proto", "Application/gRPC; charset=x"] {
        assert!(call(CHECK, &[("content-type", kind)]).is_ok(), "{kind}");
    }
    let mut map = HeaderMap::new();
    map.insert("content-type", HeaderValue::from_static("application/grpc"));
    let read = Call::read(&Method::GET, CHECK, &Fields::from(&map));
    assert_eq!(read, Err(Unfit::Http(StatusCode::METHOD_NOT_ALLOWED)));
}

#[test]
fn compression_is_unimplemented() {
    let gzip = call(CHECK, &[GRPC, ("grpc-encoding", "gzip")]);
    assert_eq!(code(gzip), Code::Unimplemented);
    assert!(call(CHECK, &[GRPC, ("grpc-encoding", "identity")]).is_ok());
}

#[test]
fn timeout_is_read_in_every_unit() {
    for (text, wanted) in [
        ("2H", Duration::from_secs(7200)),
        ("3M", Duration::from_secs(180)),
        ("99999999S", Duration::from_secs(99_999_999)),
        ("200m", Duration::from_millis(200)),
        ("7u", Duration::from_micros(7)),
        ("0n", Duration::ZERO),
    ] {
        let read = call(CHECK, &[GRPC, ("grpc-timeout", text)]).unwrap();
        assert_eq!(read.timeout, Some(wanted), "{text}");
    }
    assert_eq!(call(CHECK, &[GRPC]).unwrap().timeout, None);
    for text in ["", "m", "12", "-1m", "+1m", "1 m", "1h", "100000000m", "1x"] {
        let read = call(CHECK, &[GRPC, ("grpc-timeout", text)]);
        assert_eq!(code(read), Code::InvalidArgument, "{text}");
    }
}

fn budget(most: usize) -> std::sync::Arc<Budget> {
    let limits = Limits {
        held_bodies: most,
        ..Limits::default()
    };
    Budget::new(&limits, &Registry::new()).unwrap()
}

fn taken(pieces: &[&[u8]], limit: usize) -> Result<Vec<u8>, Incomplete> {
    let budget = budget(1 << 20);
    let mut message = Message::new(limit, &budget);
    for piece in pieces {
        message.add(bytes::Bytes::copy_from_slice(piece))?;
    }
    let whole = message.whole().map_err(Incomplete::Unfit)?;
    Ok(whole.to_vec())
}

#[test]
fn message_is_put_together_from_any_pieces() {
    let text = b"\0\0\0\0\x03abc";
    assert_eq!(taken(&[text], 3).unwrap(), b"abc");
    assert_eq!(taken(&[b"\0\0\0\0\0"], 0).unwrap(), b"");
    let bytes: Vec<&[u8]> = text.chunks(1).collect();
    assert_eq!(taken(&bytes, 3).unwrap(), b"abc");
    for at in 0..text.len() {
        let (one, two) = text.split_at(at);
        assert_eq!(taken(&[one, b"", two], 3).unwrap(), b"abc", "{at}");
    }
}

#[test]
fn message_in_one_piece_is_not_copied() {
    let budget = budget(0);
    let mut message = Message::new(10, &budget);
    let data = bytes::Bytes::from_static(b"\0\0\0\0\x03abc");
    let there = data.as_ptr();
    message.add(data).unwrap();
    assert_eq!(message.whole().unwrap().as_ptr(), there.wrapping_add(5));
}

#[test]
fn message_is_too_long_as_soon_as_it_says_so() {
    assert_eq!(taken(&[b"\0\0\0\0\x04"], 3), Err(Incomplete::TooLong));
    assert_eq!(
        taken(&[b"\0\xff\xff\xff", b"\xff"], 3),
        Err(Incomplete::TooLong)
    );
}

#[test]
fn what_is_not_exactly_one_message_is_refused() {
    let unfit = |pieces: &[&[u8]]| match taken(pieces, 100) {
        Err(Incomplete::Unfit(status)) => status.code,
        other => panic!("{other:?}"),
    };
    assert_eq!(unfit(&[]), Code::InvalidArgument);
    assert_eq!(unfit(&[b"\0\0\0\0"]), Code::InvalidArgument);
    assert_eq!(unfit(&[b"\0\0\0\0\x03ab"]), Code::InvalidArgument);
    assert_eq!(unfit(&[b"\0\0\0\0\x03abc", b"\0"]), Code::InvalidArgument);
    assert_eq!(unfit(&[b"\x02\0\0\0\x03abc"]), Code::InvalidArgument);
    assert_eq!(unfit(&[b"\x01\0\0\0\x03abc"]), Code::Unimplemented);
}

#[test]
fn what_comes_in_pieces_is_counted() {
    let budget = budget(100);
    let mut message = Message::new(1 << 20, &budget);
    message
        .add(bytes::Bytes::from_static(b"\0\0\0\x01\0"))
        .unwrap();
    let more = message.add(bytes::Bytes::from_static(&[7; 200]));
    assert_eq!(more, Err(Incomplete::Overloaded));
}

#[test]
fn status_goes_into_fields() {
    let fields = Status::OK.fields();
    assert_eq!(
        (fields.len(), &fields["grpc-status"]),
        (1, &HeaderValue::from_static("0"))
    );
    let fields = Status::TOO_LONG.fields();
    assert_eq!(fields["grpc-status"], "8");
    assert_eq!(fields["grpc-message"], "the message is too long");
}
