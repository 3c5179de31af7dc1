//! Messages, written. Names and values are fit by their types: nothing in them can end a line.

use http::{HeaderMap, Method, StatusCode};

use crate::model::Fields;

/// The end of a chunked body without trailers.
pub const LAST_CHUNK: &[u8] = b"0\r\n\r\n";
/// The same, with the end of the chunk before it.
pub(super) const LAST_CHUNK_BEHIND_DATA: &[u8] = b"\r\n0\r\n\r\n";

/// Writes the first line of a request. The target is in origin form (RFC 9112 section 3.2.1). Fields and the
/// empty line are to follow.
pub fn request(out: &mut Vec<u8>, method: &Method, target: &str) {
    out.extend_from_slice(method.as_str().as_bytes());
    out.push(b' ');
    out.extend_from_slice(target.as_bytes());
    out.extend_from_slice(b" HTTP/1.1\r\n");
}

/// Writes the first line of an answer. Fields and the empty line are to follow.
pub fn status(out: &mut Vec<u8>, status: StatusCode) {
    if status == StatusCode::OK {
        return out.extend_from_slice(b"HTTP/1.1 200 OK\r\n");
    }
    out.extend_from_slice(b"HTTP/1.1 ");
    out.extend_from_slice(status.as_str().as_bytes());
    out.push(b' ');
    out.extend_from_slice(status.canonical_reason().unwrap_or_default().as_bytes());
    out.extend_from_slice(b"\r\n");
}

/// Writes fields, each on a line of its own.
pub fn fields(out: &mut Vec<u8>, fields: &Fields) {
    for piece in fields.pieces() {
        out.extend_from_slice(piece);
    }
}

/// Writes one field. The value must be fit to stand in one.
pub fn field(out: &mut Vec<u8>, name: &str, value: &[u8]) {
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b": ");
    out.extend_from_slice(value);
    out.extend_from_slice(b"\r\n");
}

/// Writes `Content-Length`.
pub fn length(out: &mut Vec<u8>, length: u64) {
    field(
        out,
        "content-length",
        itoa::Buffer::new().format(length).as_bytes(),
    );
}

/// Writes the line that a chunk begins with. Its data and CR LF are to follow.
pub fn chunk(out: &mut Vec<u8>, length: usize) {
    let mut digits = [0; 16];
    let mut rest = length;
    let mut used = 0;
    for digit in digits.iter_mut().rev() {
        *digit = b"0123456789abcdef".get(rest & 0xf).copied().unwrap_or(b'0');
        (rest, used) = (rest >> 4, used + 1);
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(digits.get(digits.len() - used..).unwrap_or_default());
    out.extend_from_slice(b"\r\n");
}

/// Writes the last chunk and the trailers.
pub fn trailers(out: &mut Vec<u8>, trailers: &HeaderMap) {
    out.extend_from_slice(b"0\r\n");
    for (name, value) in trailers {
        field(out, name.as_str(), value.as_bytes());
    }
    out.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_written() {
        let headers = Fields::of(&[("host", "x"), ("a", "1"), ("a", "2")]);
        let mut out = Vec::new();
        request(&mut out, &Method::POST, "/a?b");
        fields(&mut out, &headers);
        assert_eq!(out, b"POST /a?b HTTP/1.1\r\nhost: x\r\na: 1\r\na: 2\r\n");
        out.clear();
        status(&mut out, StatusCode::NOT_FOUND);
        length(&mut out, 120);
        assert_eq!(out, b"HTTP/1.1 404 Not Found\r\ncontent-length: 120\r\n");
    }

    #[test]
    fn chunk_lengths_are_hexadecimal() {
        for (length, text) in [(0, "0"), (9, "9"), (10, "a"), (255, "ff"), (4096, "1000")] {
            let mut out = Vec::new();
            chunk(&mut out, length);
            assert_eq!(out, format!("{text}\r\n").into_bytes());
        }
        let mut out = Vec::new();
        chunk(&mut out, usize::MAX);
        assert_eq!(out, b"ffffffffffffffff\r\n");
    }
}
