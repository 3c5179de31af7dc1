//! Connections: where to, and how they are made.

use std::fmt;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio::time::timeout;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Client, Config, Connection, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::error::unavailable;
use super::line::{Duty, ended};
use crate::secret::Secret;
use crate::store::{Error, Settings};

/// What making a connection may take beyond an answer's time: looking up a name, TLS, a password.
const GREETING: Duration = Duration::from_secs(2);
/// When a connection that says nothing is asked whether it is still there (TCP keepalive).
const IDLE: Duration = Duration::from_secs(15);

/// The stream of an encrypted connection.
type Encrypted = <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream;
/// What moves a connection's bytes.
pub(super) type Wire = Connection<Socket, Encrypted>;

/// Makes connections.
pub(super) struct Dialer {
    config: Config,
    tls: MakeRustlsConnect,
    /// How long an answer may take.
    pub(super) timeout: Duration,
    /// Whether the tables may be made or brought up to date unasked.
    pub(super) migrate: bool,
}

impl fmt::Debug for Dialer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Dialer")
    }
}

impl Dialer {
    pub(super) fn new(url: &Secret, settings: &Settings) -> Result<Self, Error> {
        let mut config = config(url).map_err(|why| Error::Unusable(why.into()))?;
        if config.get_application_name().is_none() {
            config.application_name("sidegate");
        }
        if config.get_hosts().len() > 1
            && config.get_target_session_attrs() == TargetSessionAttrs::Any
        {
            // Of several servers, the one that takes changes.
            config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        }
        config.connect_timeout(settings.timeout + GREETING);
        config.keepalives_idle(IDLE);
        config.keepalives_interval(IDLE / 3);
        config.keepalives_retries(3);
        config.tcp_user_timeout(IDLE);
        let tls = tls(settings.ca_file.as_deref(), config.get_ssl_mode())
            .map_err(|why| Error::Unusable(format!("store: {why}").into()))?;
        Ok(Self {
            config,
            tls: MakeRustlsConnect::new(tls),
            timeout: settings.timeout,
            migrate: settings.migrate,
        })
    }

    /// Makes a connection, whose wire somebody has to keep moving.
    pub(super) async fn connect(&self) -> Result<(Client, Wire), Error> {
        let connected = timeout(
            self.timeout + GREETING,
            self.config.connect(self.tls.clone()),
        );
        match connected.await {
            Ok(Ok(connected)) => Ok(connected),
            Ok(Err(error)) => Err(unavailable(&error)),
            Err(_) => Err(Error::Unavailable("PostgreSQL does not answer".into())),
        }
    }

    /// Does something over a connection of its own, for however long it takes.
    pub(super) async fn bare<T>(
        &self,
        work: impl AsyncFnOnce(Client) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let (client, wire) = self.connect().await?;
        tokio::select! {
            result = work(client) => result,
            result = wire => Err(ended(result)),
        }
    }

    /// Does something as a line would, over a connection of its own, for however long it takes.
    pub(super) async fn once<D: Duty, T>(
        &self,
        work: impl AsyncFnOnce(&D) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let all = async |client| {
            let duty = D::set_up(client, self.migrate, Duration::ZERO).await?;
            work(&duty).await
        };
        self.bare(all).await
    }
}

/// Reads a URL. The message holds nothing of it.
pub(in crate::store) fn config(url: &Secret) -> Result<Config, String> {
    let text = std::str::from_utf8(url.expose()).unwrap_or_default();
    let mut config: Config = verified(text).parse().map_err(|_| {
        "cannot be read as a URL of PostgreSQL, `postgres://USER:PASSWORD@HOST:PORT/DATABASE`: `@`, `/`, `?` and `%` \
         inside a password are written `%40`, `%2F`, `%3F` and `%25`; a certificate is named by `ca_file`"
    })?;
    if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
        return Err("the URL names no host: `postgres://HOST/DATABASE`, or `postgres:///DATABASE?host=/FOLDER`".into());
    }
    // Whoever can answer in the server's place can say that a key is good.
    if !text.contains("sslmode=") && !is_on_this_machine(&config) {
        config.ssl_mode(SslMode::Require);
    }
    Ok(config)
}

/// Whether nobody on a network is between us and any of the hosts.
fn is_on_this_machine(config: &Config) -> bool {
    let hosts = config.get_hosts().iter().all(|host| match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => {
            name == "localhost"
                || name
                    .parse()
                    .is_ok_and(|address: IpAddr| address.is_loopback())
        }
    });
    hosts && config.get_hostaddrs().iter().all(IpAddr::is_loopback)
}

/// The words of `sslmode` for a server whose certificate is checked: ours always is, name and all.
fn verified(url: &str) -> String {
    let Some((address, query)) = url.rsplit_once('?') else {
        return url.to_owned();
    };
    let pairs: Vec<_> = query
        .split('&')
        .map(|pair| match pair {
            "sslmode=verify-full" | "sslmode=verify-ca" => "sslmode=require",
            pair => pair,
        })
        .collect();
    format!("{address}?{}", pairs.join("&"))
}

fn tls(ca_file: Option<&Path>, mode: SslMode) -> Result<ClientConfig, String> {
    let mut roots = RootCertStore::empty();
    if mode != SslMode::Disable {
        // What the system's store holds of unreadable entries is not ours to mend.
        let system = rustls_native_certs::load_native_certs();
        let (_added, _ignored) = roots.add_parsable_certificates(system.certs);
    }
    if let Some(path) = ca_file {
        add(&mut roots, path).map_err(|why| format!("`ca_file` `{}`: {why}", path.display()))?;
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn server_on_another_machine_has_to_prove_who_it_is() {
        for (url, wanted) in [
            ("postgres://db.internal/keys", SslMode::Require),
            ("postgres://127.0.0.1,db.internal/keys", SslMode::Require),
            (
                "postgres://localhost/keys?hostaddr=10.0.0.7",
                SslMode::Require,
            ),
            (
                "postgres://db.internal/keys?sslmode=disable",
                SslMode::Disable,
            ),
            (
                "postgres://db.internal/keys?sslmode=verify-full",
                SslMode::Require,
            ),
            ("postgres://localhost/keys", SslMode::Prefer),
            ("postgres://127.0.0.1:5433/keys", SslMode::Prefer),
            ("postgres:///keys?host=/run/postgresql", SslMode::Prefer),
        ] {
            let config = config(&Secret::new(url.into())).unwrap();
            assert_eq!(config.get_ssl_mode(), wanted, "{url}");
        }
    }
}
