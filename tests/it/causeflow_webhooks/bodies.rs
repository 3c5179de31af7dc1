//! Row C8: what is signed is what arrives, however it is sent.

use super::*;
use crate::support::client::raw;
use crate::support::sender::chunked;

/// What a webhook holds of a body at most, as the preset has it.
const MOST: usize = 1024 * 1024;

impl House {
    /// Sends a body in chunks; gives the line with the status.
    fn in_chunks(&self, key: &str, signed: &str, body: &[u8], size: usize) -> (String, String) {
        let bearer = format!("Bearer {key}");
        let fields = [("Authorization", &*bearer), (HEADER, signed)];
        let request = chunked(&format!("POST {TARGET}"), &fields, body, size);
        let answer = raw(self.gate.address, &request);
        let line = answer.lines().next().unwrap_or_default().to_owned();
        (line, answer)
    }
}

#[test]
fn changed_body_is_refused() {
    let house = house();
    let key = house.key("acme", &json!({}));
    let signed = signature(&key, BODY);
    let mut changed: Vec<Vec<u8>> = (0..BODY.len())
        .map(|at| {
            let mut body = BODY.to_vec();
            body[at] ^= 1;
            body
        })
        .collect();
    changed.push(BODY[..BODY.len() - 1].to_vec());
    changed.push(BODY[1..].to_vec());
    changed.push([BODY, b"\n"].concat());
    changed.push([BODY, BODY].concat());
    changed.push(Vec::new());
    for body in changed {
        let answer = house.with_signature(&key, &signed).body(body.clone());
        let outcome = answer.send().outcome();
        let body = String::from_utf8_lossy(&body);
        assert_eq!(outcome, (401, "SIGNATURE_INVALID".to_owned()), "{body}");
    }
    house.nothing_arrived();
}

/// The app gets the bytes that were signed, with their number, and no trailers.
#[test]
fn body_in_chunks_arrives_byte_for_byte_with_its_length() {
    let house = house();
    let key = house.key("acme", &json!({}));
    let signed = signature(&key, BODY);
    for size in [1, 7, BODY.len()] {
        let (line, answer) = house.in_chunks(&key, &signed, BODY, size);
        assert_eq!(line, "HTTP/1.1 200 OK", "{answer}");
        let seen = house.upstream.last();
        assert_eq!(seen.message.body.bytes, BODY);
        assert_eq!(
            seen.header("content-length"),
            Some(&*BODY.len().to_string())
        );
        assert_eq!(seen.header("transfer-encoding"), None);
    }
    let call = house.with_signature(&key, &signed).body(BODY);
    call.trailer("X-User-Id", "root").send().assert_passed();
    let seen = house.upstream.last();
    assert_eq!(seen.message.body.bytes, BODY);
    assert!(seen.message.trailers.is_empty(), "{seen:?}");
    house.upstream.forget();
    let mut other = BODY.to_vec();
    other[3] ^= 1;
    let (line, answer) = house.in_chunks(&key, &signed, &other, 7);
    assert!(line.contains("401"), "{answer}");
    assert!(answer.contains("SIGNATURE_INVALID"), "{answer}");
    house.nothing_arrived();
}

#[test]
fn signed_webhook_passes_over_http2() {
    use bytes::Bytes;
    use http::Request;
    use http_body_util::Full;

    let house = house();
    let key = house.key("acme", &json!({}));
    let address = house.gate.address;
    for (signed, status) in [(signature(&key, BODY), 200), (signature("x", BODY), 401)] {
        let request = Request::post(format!("http://{address}{TARGET}?apiKey={key}"));
        let request = request.header(HEADER, signed);
        let request = request.body(Full::new(Bytes::from_static(BODY))).unwrap();
        assert_eq!(crate::support::h2::send(address, request).status, status);
    }
    assert_eq!(house.upstream.count(), 1);
    assert_eq!(house.upstream.last().target, TARGET);
    assert_eq!(house.upstream.last().message.body.bytes, BODY);
}

/// No more is held than a webhook may have, and nothing of it is sent on.
#[test]
fn body_that_is_too_long_is_refused() {
    let house = house();
    let key = house.key("acme", &json!({}));
    let (most, more) = (vec![b'x'; MOST], vec![b'x'; MOST + 1]);
    let signed = signature(&key, &more);
    let answer = house
        .with_signature(&key, &signed)
        .body(more.clone())
        .send();
    answer.assert_refused(413, "BODY_TOO_LARGE");
    let (line, answer) = house.in_chunks(&key, &signed, &more, 65_536);
    assert!(line.contains("413"), "{answer}");
    assert!(answer.contains("BODY_TOO_LARGE"), "{answer}");
    house.nothing_arrived();
    let signed = signature(&key, &most);
    let (line, answer) = house.in_chunks(&key, &signed, &most, 65_536);
    assert_eq!(line, "HTTP/1.1 200 OK", "{answer}");
    let whole = house.with_signature(&key, &signed).body(most.clone());
    whole.send().assert_passed();
    for seen in house.upstream.seen() {
        assert!(seen.message.body.bytes == most);
    }
    assert_eq!(house.upstream.count(), 2);
}

/// The app would read something that nobody has signed.
#[test]
fn compressed_body_is_refused() {
    let house = house();
    let key = house.key("acme", &json!({}));
    let call = house
        .with_signature(&key, &signature(&key, BODY))
        .body(BODY);
    let answer = call.header("Content-Encoding", "gzip").send();
    answer.assert_refused(415, "CONTENT_ENCODED");
    house.nothing_arrived();
}
