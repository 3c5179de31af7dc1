//! Asking an issuer: one exchange, bounded in time, size and in whom it reaches.

use std::error::Error as _;
use std::sync::OnceLock;
use std::time::Duration;

use http::header::{ACCEPT, ETAG, HeaderValue, IF_NONE_MATCH};
use reqwest::{Certificate, Client, redirect};
use rustls::crypto::CryptoProvider;
use url::Url;

use super::error::{Error, FetchError};
use super::freshness::fresh_for;
use super::resolver::Guarded;
use super::settings::Settings;

/// The client for all issuers.
#[derive(Debug)]
pub(super) struct Fetcher {
    certificates: Vec<Certificate>,
    proxy: bool,
    timeout: Duration,
    max_size: usize,
    /// Made at the first fetch: it needs the process's TLS provider and reads the system's roots.
    client: OnceLock<Client>,
}

/// What an issuer answered.
#[derive(Debug)]
pub(super) struct Answer {
    /// The content; none if it is what it was (304).
    pub(super) body: Option<Vec<u8>>,
    /// The content's tag (RFC 9110 section 8.8.3).
    pub(super) etag: Option<HeaderValue>,
    /// How long the issuer calls it fresh (RFC 9111 section 4.2.1).
    pub(super) fresh_for: Option<Duration>,
}

impl Fetcher {
    /// Reads the CA file, so that a mistake shows at start.
    pub(super) fn new(settings: &Settings) -> Result<Self, Error> {
        let mut certificates = Vec::new();
        if let Some(path) = &settings.ca_file {
            let unusable = |reason: String| Error::CaFile {
                path: path.clone(),
                reason,
            };
            let text = std::fs::read(path).map_err(|error| unusable(error.to_string()))?;
            certificates = Certificate::from_pem_bundle(&text)
                .map_err(|_| unusable("it holds a certificate that cannot be read".into()))?;
            if certificates.is_empty() {
                return Err(unusable("it holds no certificate in PEM form".into()));
            }
        }
        Ok(Self {
            certificates,
            proxy: settings.proxy,
            timeout: settings.timeout,
            max_size: settings.max_size,
            client: OnceLock::new(),
        })
    }

    /// Asks for a document. With the tag of a known one, the issuer may say that it is unchanged.
    pub(super) async fn get(
        &self,
        url: &Url,
        known: Option<&HeaderValue>,
    ) -> Result<Answer, FetchError> {
        let mut request = self.client()?.get(url.clone());
        request = request.header(ACCEPT, "application/jwk-set+json, application/json");
        if let Some(etag) = known {
            request = request.header(IF_NONE_MATCH, etag);
        }
        let mut response = request.send().await.map_err(|error| self.failed(error))?;
        let (etag, fresh_for) = (
            response.headers().get(ETAG).cloned(),
            fresh_for(response.headers()),
        );
        let body = match response.status().as_u16() {
            200 => Some(self.body(&mut response).await?),
            304 if known.is_some() => None,
            status => return Err(FetchError::Status(status)),
        };
        Ok(Answer {
            body,
            etag,
            fresh_for,
        })
    }

    async fn body(&self, response: &mut reqwest::Response) -> Result<Vec<u8>, FetchError> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.failed(error))? {
            if body.len() + chunk.len() > self.max_size {
                return Err(FetchError::TooLarge(self.max_size));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    fn client(&self) -> Result<&Client, FetchError> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        // reqwest panics where this is missing.
        if CryptoProvider::get_default().is_none() {
            return Err(FetchError::Client("no TLS provider is installed".into()));
        }
        let mut builder = Client::builder()
            .user_agent(concat!("sidegate/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .referer(false)
            .connect_timeout(self.timeout)
            .timeout(self.timeout)
            .pool_idle_timeout(self.timeout)
            .dns_resolver(Guarded)
            .tls_certs_merge(self.certificates.iter().cloned());
        if !self.proxy {
            builder = builder.no_proxy();
        }
        let client = builder
            .build()
            .map_err(|error| FetchError::Client(root_cause(&error)))?;
        Ok(self.client.get_or_init(|| client))
    }

    fn failed(&self, error: reqwest::Error) -> FetchError {
        if error.is_timeout() {
            FetchError::Timeout(self.timeout)
        } else {
            FetchError::Connect(root_cause(&error.without_url()))
        }
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
