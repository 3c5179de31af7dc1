//! Which HTTP a connection speaks.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, ReadBuf};

use super::settings::Protocols;

/// What is spoken on a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// HTTP/1.0 or HTTP/1.1 (RFC 9112).
    Http1,
    /// HTTP/2 (RFC 9113).
    Http2,
}

/// How every HTTP/2 connection begins, and no HTTP/1 request may (RFC 9113 section 3.4).
const PREFACE: &[u8; OPENING] = b"PRI ";
const OPENING: usize = 4;

/// The first bytes of a connection, read once to tell the protocol and to be read again.
#[derive(Debug, Default)]
pub(super) struct Opening {
    bytes: [u8; OPENING],
    filled: usize,
    taken: usize,
}

impl Opening {
    /// Reads until the protocol is certain, at most four bytes. Gives nothing when the connection
    /// ends before that. Has no time limit of its own.
    pub(super) async fn read(
        &mut self,
        stream: &mut (impl AsyncRead + Unpin),
    ) -> io::Result<Option<Protocol>> {
        loop {
            let read = match self.bytes.get_mut(self.filled..) {
                Some(rest) => stream.read(rest).await?,
                None => 0,
            };
            self.filled += read;
            let so_far = self.bytes.get(..self.filled).unwrap_or_default();
            if !PREFACE.starts_with(so_far) {
                return Ok(Some(Protocol::Http1));
            }
            if self.filled == OPENING {
                return Ok(Some(Protocol::Http2));
            }
            if read == 0 {
                return Ok(None);
            }
        }
    }

    /// Hands out what was read before; false when nothing of it is left.
    pub(super) fn read_again(&mut self, buffer: &mut ReadBuf<'_>) -> bool {
        let left = self.bytes.get(self.taken..self.filled).unwrap_or_default();
        let now = left.get(..left.len().min(buffer.remaining()));
        match now {
            Some(now) if !now.is_empty() => {
                buffer.put_slice(now);
                self.taken += now.len();
                true
            }
            _ => false,
        }
    }
}

/// The protocol names a TLS listener offers, the preferred one first (RFC 7301 section 3.1).
pub(super) fn alpn(protocols: Protocols) -> Vec<Vec<u8>> {
    let mut names = Vec::new();
    if protocols.http2 {
        names.push(b"h2".to_vec());
    }
    if protocols.http1 {
        names.push(b"http/1.1".to_vec());
    }
    names
}

/// The protocol that a handshake chose; a caller that named none speaks HTTP/1.
pub(super) fn negotiated(alpn: Option<&[u8]>) -> Protocol {
    match alpn {
        Some(b"h2") => Protocol::Http2,
        _ => Protocol::Http1,
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt;

    use super::*;

    async fn detect(parts: &'static [&'static [u8]]) -> (Option<Protocol>, Vec<u8>) {
        let (mut near, mut far) = tokio::io::duplex(64);
        let writer = tokio::spawn(async move {
            for part in parts {
                near.write_all(part).await.unwrap();
                tokio::task::yield_now().await;
            }
        });
        let mut opening = Opening::default();
        let protocol = opening.read(&mut far).await.unwrap();
        writer.await.unwrap();
        let mut again = Vec::new();
        let mut space = [0; 3];
        loop {
            let mut buffer = ReadBuf::new(&mut space);
            if !opening.read_again(&mut buffer) {
                break;
            }
            again.extend_from_slice(buffer.filled());
        }
        far.read_to_end(&mut again).await.unwrap();
        (protocol, again)
    }

    #[tokio::test]
    async fn preface_in_single_bytes_is_http2() {
        let (protocol, bytes) = detect(&[b"P", b"R", b"I", b" ", b"* HTTP/2.0"]).await;
        assert_eq!(protocol, Some(Protocol::Http2));
        assert_eq!(bytes, b"PRI * HTTP/2.0");
    }

    #[tokio::test]
    async fn request_that_begins_like_the_preface_is_http1() {
        let (protocol, bytes) = detect(&[b"P", b"ROPFIND / HTTP/1.1\r\n"]).await;
        assert_eq!(protocol, Some(Protocol::Http1));
        assert_eq!(bytes, b"PROPFIND / HTTP/1.1\r\n");
    }

    #[tokio::test]
    async fn first_byte_is_enough_for_other_methods() {
        assert_eq!(detect(&[b"G"]).await, (Some(Protocol::Http1), b"G".into()));
    }

    #[tokio::test]
    async fn connection_that_ends_first_speaks_nothing() {
        assert_eq!(detect(&[]).await.0, None);
        assert_eq!(detect(&[b"PR"]).await.0, None);
    }
}
