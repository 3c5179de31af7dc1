//! New connections: names, sockets, TLS.

use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::error::Error;
use super::settings::{Address, Protocol, Settings};

/// How an upstream's TLS is set up; made once, shared by all workers.
#[derive(Debug, Clone)]
pub(super) struct Tls {
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
}

/// A connected stream.
#[derive(Debug)]
pub(super) enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// A connection and whether HTTP/2 is spoken on it.
#[derive(Debug)]
pub(super) struct Connected {
    pub(super) stream: Stream,
    pub(super) http2: bool,
}

/// Connects within the upstream's connect time-out, handshake included.
pub(super) async fn connect(settings: &Settings, tls: Option<&Tls>) -> Result<Connected, Error> {
    match tokio::time::timeout(settings.connect_timeout, attempt(settings, tls)).await {
        Ok(result) => result.map_err(Error::connect),
        Err(_elapsed) => Err(Error::connect_timeout()),
    }
}

async fn attempt(settings: &Settings, tls: Option<&Tls>) -> io::Result<Connected> {
    let by_settings = settings.protocol == Protocol::Http2;
    let (host, port) = match &settings.address {
        Address::Unix(path) => {
            let stream = Stream::Unix(UnixStream::connect(path).await?);
            return Ok(Connected {
                stream,
                http2: by_settings,
            });
        }
        Address::Tcp { host, port } => (&**host, *port),
    };
    let stream = tcp(host, port).await?;
    let Some(tls) = tls else {
        return Ok(Connected {
            stream: Stream::Tcp(stream),
            http2: by_settings,
        });
    };
    let connector = TlsConnector::from(Arc::clone(&tls.config));
    let stream = connector.connect(tls.name.clone(), stream).await?;
    let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    if by_settings && !http2 {
        return Err(io::Error::other("the upstream did not agree to HTTP/2"));
    }
    Ok(Connected {
        stream: Stream::Tls(Box::new(stream)),
        http2,
    })
}

impl Stream {
    /// Whether nothing has come, not even the end. The system is asked only after it said that something came.
    pub(super) fn is_quiet(&mut self) -> bool {
        let mut space = [0];
        let read = match self {
            Self::Tcp(stream) => stream.try_read(&mut space),
            Self::Unix(stream) => stream.try_read(&mut space),
            // What comes there need not be for us: TLS talks to itself, too.
            Self::Tls(stream) => {
                let mut buffer = ReadBuf::new(&mut space);
                let mut cx = Context::from_waker(Waker::noop());
                return Pin::new(stream)
                    .poll_read(&mut cx, &mut buffer)
                    .is_pending();
            }
        };
        read.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
    }
}

/// Tries every address that the name has, in the resolver's order.
async fn tcp(host: &str, port: u16) -> io::Result<TcpStream> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    let addresses: Vec<SocketAddr> = tokio::net::lookup_host((host, port)).await?.collect();
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(stream) => {
                stream.set_nodelay(true)?;
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

impl Tls {
    /// Loads roots and certificates; nothing for an upstream without TLS. The error says what is wrong.
    pub(super) fn load(settings: &Settings) -> Result<Option<Self>, String> {
        let Address::Tcp { host, .. } = &settings.address else {
            return Ok(None);
        };
        if !settings.tls {
            return Ok(None);
        }
        let name = ServerName::try_from(host.to_string())
            .map_err(|_| format!("`{host}` cannot stand in a certificate"))?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .with_root_certificates(roots(settings.ca_file.as_deref())?);
        let mut config = match &settings.client_certificate {
            None => builder.with_no_client_auth(),
            Some((chain, key)) => builder
                .with_client_auth_cert(certificates(chain)?, private_key(key)?)
                .map_err(|error| format!("{}: {error}", chain.display()))?,
        };
        config.alpn_protocols = match settings.protocol {
            Protocol::Http1 => vec![b"http/1.1".to_vec()],
            Protocol::Http2 => vec![b"h2".to_vec()],
            Protocol::Auto => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
        };
        let config = Arc::new(config);
        Ok(Some(Self { config, name }))
    }
}

fn roots(ca_file: Option<&Path>) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    match ca_file {
        Some(path) => {
            for certificate in certificates(path)? {
                roots
                    .add(certificate)
                    .map_err(|error| format!("{}: {error}", path.display()))?;
            }
        }
        None => {
            let system = rustls_native_certs::load_native_certs();
            // What the system's store holds of unreadable entries is not ours to mend.
            let (_added, _ignored) = roots.add_parsable_certificates(system.certs);
        }
    }
    if roots.is_empty() {
        return Err("no certificate authority was found; name one with `ca_file`".into());
    }
    Ok(roots)
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let read = || CertificateDer::pem_file_iter(path)?.collect::<Result<Vec<_>, _>>();
    match read() {
        Ok(certificates) if certificates.is_empty() => {
            Err(format!("{}: holds no certificate", path.display()))
        }
        Ok(certificates) => Ok(certificates),
        Err(error) => Err(format!("{}: {error}", path.display())),
    }
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, String> {
    PrivateKeyDer::from_pem_file(path).map_err(|error| format!("{}: {error}", path.display()))
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_read(cx, buffer),
            Self::Unix(stream) => Pin::new(stream).poll_read(cx, buffer),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Unix(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    // Without these two, a head and its body would be copied together or leave in two packets.
    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_write_vectored(cx, parts),
            Self::Unix(stream) => Pin::new(stream).poll_write_vectored(cx, parts),
            Self::Tls(stream) => Pin::new(stream).poll_write_vectored(cx, parts),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Tcp(stream) => stream.is_write_vectored(),
            Self::Unix(stream) => stream.is_write_vectored(),
            Self::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_flush(cx),
            Self::Unix(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Unix(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
