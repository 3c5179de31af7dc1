//! Whoever sends signed webhooks: HMAC-SHA256 by another library than the gate verifies with.

use std::fmt::Write as _;

use aws_lc_rs::hmac;

/// What signs a body, as it stands in the header: `sha256=` and the digits.
pub(crate) fn signature(secret: &str, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let mut text = String::from("sha256=");
    for byte in hmac::sign(&key, body).as_ref() {
        write!(text, "{byte:02x}").unwrap();
    }
    text
}

/// A request with its body in chunks of this many bytes, which says nothing of its length.
pub(crate) fn chunked(line: &str, fields: &[(&str, &str)], body: &[u8], size: usize) -> Vec<u8> {
    let mut out = format!("{line} HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n");
    for (name, value) in fields {
        write!(out, "{name}: {value}\r\n").unwrap();
    }
    out += "Transfer-Encoding: chunked\r\n\r\n";
    let mut out = out.into_bytes();
    for piece in body.chunks(size) {
        super::wire::write_chunk(&mut out, piece).unwrap();
    }
    out.extend_from_slice(b"0\r\n\r\n");
    out
}

/// The signature that the senders' documents give for a secret and a body, GitHub's for one.
#[test]
fn signature_is_that_of_a_published_example() {
    assert_eq!(
        signature("It's a Secret to Everybody", b"Hello, World!"),
        "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    );
}
