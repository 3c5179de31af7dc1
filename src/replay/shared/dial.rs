//! Connections: where to, and how they are made.

use std::fmt;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, ConnectionAddr, RedisConnectionInfo};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::address::Address;
use super::trouble::Trouble;

/// What making a connection may take: looking up a name, TLS, a password.
const GREETING: Duration = Duration::from_secs(1);
/// Commands that may wait for the connection's bytes to be moved.
const WAITING: usize = 1024;

/// What moves a connection's bytes, until it ends.
pub(super) type Wire = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Makes connections.
pub(super) struct Dialer {
    address: Address,
    tls: Option<TlsConnector>,
}

impl fmt::Debug for Dialer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Dialer")
    }
}

impl Dialer {
    /// The message says what keeps certificates from being used.
    pub(super) fn new(address: &Address) -> Result<Self, String> {
        let encrypted = matches!(address.info()?.addr(), ConnectionAddr::TcpTls { .. });
        let tls = encrypted.then(|| tls(address.ca_file())).transpose()?;
        Ok(Self {
            address: address.clone(),
            tls,
        })
    }

    /// Makes a connection, whose wire somebody has to keep moving.
    pub(super) async fn connect(&self) -> Result<(MultiplexedConnection, Wire), Trouble> {
        let connected = timeout(GREETING, self.try_connect()).await;
        connected.unwrap_or_else(|_| Err(Trouble::silent()))
    }

    async fn try_connect(&self) -> Result<(MultiplexedConnection, Wire), Trouble> {
        let info = self.address.info().map_err(Trouble::lost)?;
        let settings = info.redis_settings();
        match info.addr() {
            ConnectionAddr::Tcp(host, port) => greet(settings, tcp(host, *port).await?).await,
            ConnectionAddr::TcpTls { host, port, .. } => {
                let Some(tls) = &self.tls else {
                    return Err(Trouble::lost("TLS is not set up"));
                };
                let name = ServerName::try_from(host.clone()).map_err(Trouble::lost)?;
                let stream = tcp(host, *port).await?;
                let stream = tls.connect(name, stream).await.map_err(Trouble::lost)?;
                greet(settings, stream).await
            }
            ConnectionAddr::Unix(path) => {
                let stream = UnixStream::connect(path).await.map_err(Trouble::lost)?;
                greet(settings, stream).await
            }
            _ => Err(Trouble::lost("an address of an unknown kind")),
        }
    }
}

async fn tcp(host: &str, port: u16) -> Result<TcpStream, Trouble> {
    let stream = TcpStream::connect((host, port)).await;
    let stream = stream.map_err(Trouble::lost)?;
    stream.set_nodelay(true).map_err(Trouble::lost)?;
    Ok(stream)
}

/// Says who we are, and chooses the database.
async fn greet<S>(
    settings: &RedisConnectionInfo,
    stream: S,
) -> Result<(MultiplexedConnection, Wire), Trouble>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    // Whoever asks has a time limit of their own.
    let config = AsyncConnectionConfig::new()
        .set_response_timeout(None)
        .set_connection_timeout(None)
        .set_pipeline_buffer_size(WAITING);
    let greeted = MultiplexedConnection::new_with_config(settings, stream, config).await;
    let (connection, wire) = greeted.map_err(|error| Trouble::of(&error))?;
    Ok((connection, Box::pin(wire)))
}

fn tls(ca_file: Option<&Path>) -> Result<TlsConnector, String> {
    let mut roots = RootCertStore::empty();
    // What the system's store holds of unreadable entries is not ours to mend.
    let system = rustls_native_certs::load_native_certs();
    let (_added, _ignored) = roots.add_parsable_certificates(system.certs);
    if let Some(path) = ca_file {
        add(&mut roots, path).map_err(|why| format!("`ca_file` `{}`: {why}", path.display()))?;
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    let config = builder.with_root_certificates(roots).with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

fn add(roots: &mut RootCertStore, path: &Path) -> Result<(), String> {
    let certificates = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| error.to_string())?;
    if certificates.is_empty() {
        return Err("holds no certificate".into());
    }
    certificates
        .into_iter()
        .try_for_each(|certificate| roots.add(certificate))
        .map_err(|error| error.to_string())
}
