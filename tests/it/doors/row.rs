//! One case of the table: what is sent, and what must follow from it at every door.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};

use crate::support::Call;

/// The name under which callers know the app.
pub(super) const HOST: &str = "app.test";

/// Requests of the table are bytes; whom they go to is known later.
const NOWHERE: SocketAddr = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 1));

/// A case.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) what: String,
    pub(super) method: String,
    pub(super) bytes: Vec<u8>,
    /// Whether it asks for a host that is not the app's.
    pub(super) is_elsewhere: bool,
    pub(super) follows: Follows,
}

/// What must follow.
#[derive(Debug, Clone)]
pub(super) enum Follows {
    /// The app gets it: this target, these identity headers and no others.
    Passes {
        target: String,
        identity: Vec<(&'static str, &'static str)>,
        body: Option<Vec<u8>>,
    },
    /// The app does not get it, and the caller is told this by sidegate.
    Refused { status: u16, reason: &'static str },
    /// The same, where some fronts do not even ask.
    RefusedBySomebody { status: u16, reason: &'static str },
    /// Fronts differ: what reaches the app was judged as it is, or nothing reaches it.
    Lawful,
}

/// A request under the app's name.
pub(super) fn call(method: &str, target: &str) -> Call {
    Call::new(NOWHERE, method, target).host(HOST)
}

/// A GET under the app's name.
pub(super) fn get(target: &str) -> Call {
    call("GET", target)
}

impl Row {
    /// A case with an ordinary request.
    pub(super) fn of(what: impl Into<String>, call: &Call, follows: Follows) -> Self {
        Self::raw(what, call.bytes(), follows)
    }

    /// A case with these bytes, which begin with a method.
    pub(super) fn raw(what: impl Into<String>, bytes: Vec<u8>, follows: Follows) -> Self {
        let method = bytes.split(|byte| *byte == b' ').next().unwrap_or_default();
        Self {
            what: what.into(),
            method: String::from_utf8_lossy(method).into_owned(),
            bytes,
            is_elsewhere: false,
            follows,
        }
    }

    /// The same, for another host than the app's: fronts may know nothing of it.
    pub(super) fn elsewhere(self) -> Self {
        Self {
            is_elsewhere: true,
            ..self
        }
    }
}

/// Passes without an identity, as it came.
pub(super) fn passes(target: &str) -> Follows {
    passes_as(target, &[])
}

/// Passes with these identity headers.
pub(super) fn passes_as(target: &str, identity: &[(&'static str, &'static str)]) -> Follows {
    Follows::Passes {
        target: target.to_owned(),
        identity: identity.to_vec(),
        body: None,
    }
}

/// Is refused by sidegate.
pub(super) const fn refused(status: u16, reason: &'static str) -> Follows {
    Follows::Refused { status, reason }
}
