//! What stands behind a listener: the way through to the app, or an answer to another proxy's question.
//!
//! A [`Door`] says how a question is asked, whom it is taken from, and what the proxy that asks can do with the
//! answer. That is data: what is done with it is the business of the rooms `proxy`, `forward_auth` and `ext_authz`.
//!
//! Always: a question is taken only from a peer that the operator named; what a door cannot do is known when the
//! policy is loaded ([`unfit`]).

mod dialect;
mod entrance;
mod needs;

use std::net::{IpAddr, SocketAddr};

pub use dialect::Dialect;
pub(super) use dialect::{Statuses, Telling};
pub use entrance::Entrance;
pub(super) use needs::Needs;
pub use needs::unfit;

use super::TrustedProxies;

/// What stands behind a listener.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Door {
    /// What is done with a request.
    pub kind: DoorKind,
    /// The longest body that the proxy in front sends with its question, in bytes; without it none.
    pub max_body: Option<usize>,
    /// What the proxy in front puts before each path.
    pub prefix: Option<Box<str>>,
    /// What becomes of routes that cannot be judged here.
    pub unfit_routes: UnfitRoutes,
}

/// What a door does with a request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DoorKind {
    /// Sends it on to the app.
    #[default]
    Proxy,
    /// Tells the proxy that asks whether it may send it on, over HTTP.
    Ask(Dialect),
    /// The same for Envoy, over gRPC.
    #[cfg(feature = "grpc")]
    ExtAuthz,
}

/// What becomes of a route that a door cannot judge.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum UnfitRoutes {
    /// A policy with such a route is not put in force.
    #[default]
    Refuse,
    /// Its requests are refused at this door.
    Deny,
}

/// A door and where it is, for those who hold policies against doors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// The address that was asked for.
    pub address: SocketAddr,
    /// What is there.
    pub door: Door,
}

impl Door {
    /// The word that stands for it in files and logs.
    pub fn name(&self) -> &'static str {
        match self.kind {
            DoorKind::Proxy => "proxy",
            DoorKind::Ask(dialect) => dialect.name(),
            #[cfg(feature = "grpc")]
            DoorKind::ExtAuthz => "ext_authz",
        }
    }

    /// Whether it only answers questions.
    pub fn only_answers(&self) -> bool {
        self.kind != DoorKind::Proxy
    }

    /// Whether a question is taken from this peer. Whoever asks tells what was asked for and by whom, so the
    /// number of hops is not enough: it has to be a proxy that was named.
    pub(super) fn trusts(&self, trusted: &TrustedProxies, peer: IpAddr) -> bool {
        match trusted {
            TrustedProxies::Networks(_) => trusted.contains(peer, 0),
            TrustedProxies::Nobody | TrustedProxies::Hops(_) => false,
        }
    }

    /// Whether the app is sent the target that was judged, and not what the proxy in front received.
    pub(super) fn sends_target(&self) -> bool {
        match self.kind {
            DoorKind::Proxy => true,
            DoorKind::Ask(dialect) => dialect.sends_target(),
            #[cfg(feature = "grpc")]
            DoorKind::ExtAuthz => true,
        }
    }

    /// Whether the app is sent a query with `&` where `;` was judged.
    pub(super) fn splits_at_semicolons(&self) -> bool {
        self.kind == DoorKind::Ask(Dialect::Traefik)
    }

    /// Whether bodies come with what is asked.
    pub(super) fn has_bodies(&self) -> bool {
        self.kind == DoorKind::Proxy || self.max_body.is_some()
    }

    /// Whether they could.
    fn can_be_sent_bodies(&self) -> bool {
        self.kind.can_be_sent_bodies()
    }

    /// Whether we can answer the caller with success in the place of the app.
    pub(super) fn can_reply(&self) -> bool {
        match self.kind {
            DoorKind::Proxy => true,
            DoorKind::Ask(_) => false,
            #[cfg(feature = "grpc")]
            DoorKind::ExtAuthz => true,
        }
    }
}

impl DoorKind {
    /// Whether bodies can come with what is asked.
    fn can_be_sent_bodies(self) -> bool {
        match self {
            Self::Proxy => false,
            Self::Ask(dialect) => dialect.can_send_bodies(),
            #[cfg(feature = "grpc")]
            Self::ExtAuthz => true,
        }
    }
}

#[cfg(test)]
mod tests;
