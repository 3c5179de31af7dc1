//! What goes wrong on the way out, and on whose side.

use std::error::Error as StdError;
use std::fmt;
use std::io;

use crate::http1;
use crate::model::{Denied, Reason};
use crate::telemetry::UpstreamResult;

/// A request that got no answer from its upstream.
#[derive(Debug)]
pub struct Error {
    kind: Kind,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    NoUpstream,
    Connect,
    ConnectTimeout,
    ResponseTimeout,
    Broken,
    Switched,
    Caller,
    CallerSilent,
}

impl Error {
    /// There is no such upstream, or the request cannot be written for it.
    pub(super) fn no_upstream() -> Self {
        Kind::NoUpstream.into()
    }

    pub(super) fn connect(error: io::Error) -> Self {
        Self {
            kind: Kind::Connect,
            source: Some(error.into()),
        }
    }

    pub(super) fn connect_timeout() -> Self {
        Kind::ConnectTimeout.into()
    }

    pub(super) fn response_timeout() -> Self {
        Kind::ResponseTimeout.into()
    }

    /// The upstream switched to a protocol that nobody offered it.
    pub(super) fn switched() -> Self {
        Kind::Switched.into()
    }

    /// The connection broke, or what came on it was no answer.
    pub(super) fn broken(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self {
            kind: Kind::Broken,
            source: Some(error.into()),
        }
    }

    /// The request's body did not come to its end.
    pub(super) fn caller(error: BodyError) -> Self {
        let kind = match error {
            BodyError::Silent => Kind::CallerSilent,
            BodyError::Broken(_) => Kind::Caller,
        };
        Self {
            kind,
            source: Some(error.into()),
        }
    }

    /// What hyper says went wrong in HTTP/2. When our request body is the cause, the caller is.
    pub(super) fn http(error: hyper::Error) -> Self {
        let kind = match body_error(&error) {
            Some(BodyError::Silent) => Kind::CallerSilent,
            Some(BodyError::Broken(_)) => Kind::Caller,
            None => Kind::Broken,
        };
        Self {
            kind,
            source: Some(error.into()),
        }
    }

    /// The reason the caller is told.
    pub fn reason(&self) -> Reason {
        match self.kind {
            Kind::NoUpstream | Kind::Connect | Kind::Broken | Kind::Switched => {
                Reason::UpstreamUnreachable
            }
            Kind::ConnectTimeout | Kind::ResponseTimeout => Reason::UpstreamTimeout,
            Kind::Caller => Reason::RequestInvalid,
            Kind::CallerSilent => Reason::RequestTimeout,
        }
    }

    /// Whether sending again would not help: our request body is the cause of an error, or the upstream has
    /// answered, though not in HTTP.
    pub(super) fn is_final(error: &hyper::Error) -> bool {
        error.is_parse() || body_error(error).is_some()
    }

    /// How the request ended, for the metrics.
    pub(super) fn result(&self) -> UpstreamResult {
        match self.kind {
            Kind::NoUpstream | Kind::Connect | Kind::Broken | Kind::Switched => {
                UpstreamResult::Unreachable
            }
            Kind::ConnectTimeout | Kind::ResponseTimeout => UpstreamResult::Timeout,
            Kind::Caller | Kind::CallerSilent => UpstreamResult::Canceled,
        }
    }
}

impl From<Kind> for Error {
    fn from(kind: Kind) -> Self {
        Self { kind, source: None }
    }
}

impl From<&Error> for Denied {
    fn from(error: &Error) -> Self {
        Self::new(error.reason(), error.to_string())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            Kind::NoUpstream => "the request cannot be written for the upstream",
            Kind::Connect => "no connection",
            Kind::ConnectTimeout => "no connection in time",
            Kind::ResponseTimeout => "no answer in time",
            Kind::Broken => "the connection broke, or what came was not HTTP",
            Kind::Switched => "a switch to a protocol that was not offered",
            Kind::Caller => "the request's body broke off",
            Kind::CallerSilent => "the request's body stopped coming",
        })?;
        // These texts name kinds of failure, not bytes that were received.
        let mut source = self.source();
        while let Some(error) = source {
            write!(f, ": {error}")?;
            source = error.source();
        }
        Ok(())
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        let source = self.source.as_deref()?;
        Some(source)
    }
}

/// A body that cannot go on. The side that waits for it sees it break off, never end.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// Nothing came for the idle time-out.
    #[error("nothing came for too long")]
    Silent,
    /// The connection it came on broke, or its framing was wrong.
    #[error(transparent)]
    Broken(Box<dyn StdError + Send + Sync>),
}

impl BodyError {
    pub(super) fn broken(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Broken(error.into())
    }
}

impl From<io::Error> for BodyError {
    fn from(error: io::Error) -> Self {
        Self::Broken(error.into())
    }
}

impl From<hyper::Error> for BodyError {
    fn from(error: hyper::Error) -> Self {
        Self::Broken(error.into())
    }
}

impl From<http1::BodyError> for BodyError {
    fn from(error: http1::BodyError) -> Self {
        Self::Broken(error.into())
    }
}

fn body_error<'e>(error: &'e (dyn StdError + 'static)) -> Option<&'e BodyError> {
    let mut source = Some(error);
    while let Some(error) = source {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        source = error.source();
    }
    None
}
