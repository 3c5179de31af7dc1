//! One exchange with a publisher, bounded in time and size.

use std::error::Error as _;
use std::sync::OnceLock;
use std::time::Duration;

use reqwest::redirect;
use rustls::crypto::CryptoProvider;

use super::address::Address;

/// The longest that a fetch may take, from the first packet to the last byte.
const TIMEOUT: Duration = Duration::from_secs(3);
/// The most bytes of a certificate with those above it.
const MOST_BYTES: usize = 64 << 10;

/// The client for all publishers.
pub(super) struct Client {
    /// Made at the first fetch: it needs the process's TLS provider and reads the system's roots.
    client: OnceLock<reqwest::Client>,
}

/// Why there is no certificate. No text of it comes from the answer or from a message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Failure {
    /// TLS or the certificates of this machine are not in order.
    #[error("no connection can be made: {0}")]
    Client(String),
    /// No connection, or a broken one.
    #[error("the sender cannot be reached: {0}")]
    Connect(String),
    /// The whole exchange took too long.
    #[error("the sender did not answer within {TIMEOUT:?}")]
    Timeout,
    /// Not 200. Redirects are not followed.
    #[error("the sender answered with status {0}")]
    Status(u16),
    /// The answer is larger than a certificate may be.
    #[error("the answer is larger than {MOST_BYTES} bytes")]
    TooLarge,
    /// The answer is no certificate of an RSA key.
    #[error("the answer is no usable certificate")]
    Content,
}

impl Failure {
    /// The failure's name in metrics.
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::Client(_) => "client",
            Self::Connect(_) => "connect",
            Self::Timeout => "timeout",
            Self::Status(_) => "status",
            Self::TooLarge => "too_large",
            Self::Content => "content",
        }
    }
}

impl Client {
    pub(super) fn new() -> Self {
        Self {
            client: OnceLock::new(),
        }
    }

    /// One that finds every host at this address, and there trusts this authority alone.
    #[cfg(test)]
    pub(super) fn to(server: std::net::SocketAddr, authority: &str) -> Self {
        let authority = reqwest::Certificate::from_pem(authority.as_bytes()).unwrap();
        let builder = rules()
            .dns_resolver(super::tests::support::Everywhere(server))
            .tls_certs_only([authority]);
        Self {
            client: builder.build().unwrap().into(),
        }
    }

    /// What stands at an address.
    pub(super) async fn get(&self, address: &Address) -> Result<Vec<u8>, Failure> {
        let request = self.client()?.get(address.url().clone());
        let mut response = request.send().await.map_err(failed)?;
        match response.status().as_u16() {
            200 => body(&mut response).await,
            status => Err(Failure::Status(status)),
        }
    }

    fn client(&self) -> Result<&reqwest::Client, Failure> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        // reqwest panics where this is missing.
        if CryptoProvider::get_default().is_none() {
            return Err(Failure::Client("no TLS provider is installed".into()));
        }
        let built = rules().build();
        let client = built.map_err(|error| Failure::Client(root_cause(&error)))?;
        Ok(self.client.get_or_init(|| client))
    }
}

/// What holds for every exchange.
fn rules() -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .user_agent(concat!("sidegate/", env!("CARGO_PKG_VERSION")))
        .https_only(true)
        .redirect(redirect::Policy::none())
        .no_proxy()
        .referer(false)
        .connect_timeout(TIMEOUT)
        .timeout(TIMEOUT)
        // An address is asked once a day: no connection is worth keeping.
        .pool_max_idle_per_host(0)
}

async fn body(response: &mut reqwest::Response) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        if body.len() + chunk.len() > MOST_BYTES {
            return Err(Failure::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn failed(error: reqwest::Error) -> Failure {
    if error.is_timeout() {
        Failure::Timeout
    } else {
        Failure::Connect(root_cause(&error.without_url()))
    }
}

/// The innermost reason: "connection refused", not "error sending request".
fn root_cause(error: &reqwest::Error) -> String {
    let mut innermost: &dyn std::error::Error = error;
    let mut next = error.source();
    while let Some(source) = next {
        (innermost, next) = (source, source.source());
    }
    innermost.to_string().chars().take(200).collect()
}
