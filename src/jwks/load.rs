//! The ways to a key set document.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use http::header::HeaderValue;
use serde_json::Value;
use tokio::time::Instant;
use url::Url;

use super::edge::read_file;
use super::error::FetchError;
use super::fetch::Fetcher;
use super::source::{Origin, Source, address, is_loopback};

/// How long a discovered address is used before discovery is asked again.
const DISCOVERY_LASTS: Duration = Duration::from_secs(3600);

/// One way to a document. Closed: an origin has exactly one.
pub(super) enum Loader {
    /// The address of a key set.
    Url {
        fetcher: Arc<Fetcher>,
        url: String,
        allow_http: bool,
    },
    /// Discovery, then the address it names.
    Discovery {
        fetcher: Arc<Fetcher>,
        issuer: Issuer,
        found: Option<(Url, Instant)>,
    },
    /// A file.
    File { path: PathBuf, max_size: usize },
    /// A test's idea of an issuer.
    #[cfg(test)]
    Script {
        takes: Duration,
        answer: Arc<dyn Fn() -> Result<Loaded, FetchError> + Send + Sync>,
    },
}

/// An issuer that discovery is asked about.
#[derive(Debug)]
pub(super) struct Issuer {
    url: String,
    /// The `issuer` its document must name.
    expected: String,
    allow_http: bool,
}

/// What makes a request conditional: the tag of the document that one address gave.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Validator {
    url: Url,
    etag: HeaderValue,
}

/// What a load brought.
#[derive(Debug, Clone)]
pub(super) struct Loaded {
    /// The document's text; none if it is still the one that the validator stands for.
    pub(super) text: Option<Vec<u8>>,
    /// To be given to the next load, if the document turns out to be good.
    pub(super) validator: Option<Validator>,
    /// How long the issuer calls it fresh.
    pub(super) fresh_for: Option<Duration>,
}

impl Loader {
    /// The way to an origin's document; inline sets have none.
    pub(super) fn new(source: &Source, fetcher: &Arc<Fetcher>, max_size: usize) -> Option<Self> {
        let (fetcher, allow_http) = (Arc::clone(fetcher), source.allow_http);
        match &source.origin {
            Origin::Url(url) => Some(Self::Url {
                fetcher,
                url: url.clone(),
                allow_http,
            }),
            Origin::Discovery {
                issuer_url,
                expected_issuer,
            } => Some(Self::Discovery {
                fetcher,
                issuer: Issuer {
                    url: issuer_url.clone(),
                    expected: expected_issuer.as_ref().unwrap_or(issuer_url).clone(),
                    allow_http,
                },
                found: None,
            }),
            Origin::File(path) => Some(Self::File {
                path: path.clone(),
                max_size,
            }),
            Origin::Inline(_) => None,
        }
    }

    /// Gets the document.
    pub(super) async fn load(&mut self, known: Option<&Validator>) -> Result<Loaded, FetchError> {
        match self {
            Self::Url {
                fetcher,
                url,
                allow_http,
            } => get(fetcher, address(url, *allow_http)?, known).await,
            Self::Discovery {
                fetcher,
                issuer,
                found,
            } => {
                let url = match found.take() {
                    Some((url, at)) if at.elapsed() < DISCOVERY_LASTS => (url, at),
                    _ => (discover(fetcher, issuer).await?, Instant::now()),
                };
                let loaded = get(fetcher, url.0.clone(), known).await?;
                // A failure forgets the address: the issuer may have moved its keys.
                *found = Some(url);
                Ok(loaded)
            }
            Self::File { path, max_size } => {
                let (path, max_size) = (path.clone(), *max_size);
                let read = tokio::task::spawn_blocking(move || read_file(&path, max_size));
                let text = read
                    .await
                    .unwrap_or(Err(FetchError::File(std::io::ErrorKind::Interrupted)))?;
                Ok(Loaded {
                    text: Some(text),
                    validator: None,
                    fresh_for: None,
                })
            }
            #[cfg(test)]
            Self::Script { takes, answer } => {
                tokio::time::sleep(*takes).await;
                answer()
            }
        }
    }

    /// Whether this way ends at a file of this machine, which costs nobody anything to read.
    pub(super) fn is_file(&self) -> bool {
        matches!(self, Self::File { .. })
    }
}

async fn get(fetcher: &Fetcher, url: Url, known: Option<&Validator>) -> Result<Loaded, FetchError> {
    let known = known.filter(|known| known.url == url);
    let answer = fetcher.get(&url, known.map(|known| &known.etag)).await?;
    let validator = match answer.etag {
        Some(etag) => Some(Validator { url, etag }),
        None if answer.body.is_none() => known.cloned(),
        None => None,
    };
    Ok(Loaded {
        text: answer.body,
        validator,
        fresh_for: answer.fresh_for,
    })
}

/// OpenID Connect Discovery 1.0 sections 4.1 to 4.3.
async fn discover(fetcher: &Fetcher, issuer: &Issuer) -> Result<Url, FetchError> {
    let base = address(&issuer.url, issuer.allow_http)?;
    let mut url = base.clone();
    url.set_path(&format!(
        "{}/.well-known/openid-configuration",
        base.path().trim_end_matches('/')
    ));
    let body = fetcher.get(&url, None).await?.body.unwrap_or_default();
    let document: Value =
        serde_json::from_slice(&body).map_err(|_| FetchError::Discovery("is not JSON"))?;
    let text = |name: &str| document.get(name).and_then(Value::as_str);
    if text("issuer") != Some(&issuer.expected) {
        return Err(FetchError::Discovery(
            "names another `issuer` than the policy file expects",
        ));
    }
    let keys = text("jwks_uri").ok_or(FetchError::Discovery("has no `jwks_uri`"))?;
    let keys = address(keys, issuer.allow_http)?;
    if is_loopback(&keys) && !is_loopback(&base) && !issuer.allow_http {
        return Err(FetchError::Discovery(
            "of another machine has a `jwks_uri` on this one",
        ));
    }
    Ok(keys)
}
