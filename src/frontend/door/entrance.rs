//! A listener with its door, as the process file writes them.

use std::sync::Arc;

use crate::document::{ByteSize, Fields, Node, Placed, Problems, Read, Shape};
use crate::listener;

use super::{Dialect, Door, DoorKind, UnfitRoutes};

/// The words for `unfit_routes`.
const UNFIT: [(&str, UnfitRoutes); 2] =
    [("refuse", UnfitRoutes::Refuse), ("deny", UnfitRoutes::Deny)];

/// A listener, and what stands behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entrance {
    /// Where it listens, and how callers are greeted.
    pub listener: listener::Settings,
    /// What stands behind it.
    pub door: Arc<Door>,
}

impl Entrance {
    /// A proxy without TLS at this address.
    pub fn plain(address: std::net::SocketAddr) -> Self {
        Self {
            listener: listener::Settings::plain(address),
            door: Arc::default(),
        }
    }
}

impl Read for Entrance {
    fn read(node: &Node, problems: &Problems) -> Option<Self> {
        if node.text().is_some() {
            return std::net::SocketAddr::read(node, problems).map(Self::plain);
        }
        let mut fields = Fields::of(node, "listener", problems)?;
        let listener = listener::Settings::read(&mut fields);
        let door = door(&mut fields, problems);
        fields.finish();
        Some(Self {
            listener: listener?,
            door: Arc::new(door),
        })
    }

    fn shape() -> Shape {
        std::net::SocketAddr::shape().or(Shape::Section("listener"))
    }
}

impl Door {
    /// The words for what stands behind a listener.
    pub fn shape() -> Shape {
        Shape::words(&words())
    }
}

fn words() -> Vec<(&'static str, DoorKind)> {
    let asking = Dialect::ALL.map(|(name, dialect)| (name, DoorKind::Ask(dialect)));
    let mut words = vec![("proxy", DoorKind::Proxy)];
    words.extend(asking);
    #[cfg(feature = "grpc")]
    words.push(("ext_authz", DoorKind::ExtAuthz));
    words
}

#[cfg(feature = "grpc")]
fn kind(fields: &mut Fields<'_>, _: &Problems) -> DoorKind {
    fields.choice("door", &words()).unwrap_or_default()
}

/// Says of the door that is missing here why it is, and of others that there are none.
#[cfg(not(feature = "grpc"))]
fn kind(fields: &mut Fields<'_>, problems: &Problems) -> DoorKind {
    let door = fields.shaped("door", Door::shape);
    match door.filter(|door| door.text() == Some("ext_authz")) {
        None => fields.choice("door", &words()).unwrap_or_default(),
        Some(door) => {
            let help = "take a build with the feature `grpc`, or say `door: envoy_http`";
            problems.error_with(door, "this sidegate was built without gRPC", help);
            DoorKind::Ask(Dialect::EnvoyHttp)
        }
    }
}

fn door(fields: &mut Fields<'_>, problems: &Problems) -> Door {
    let kind = kind(fields, problems);
    let max_body: Option<Placed<ByteSize>> = fields.optional("max_body");
    let prefix: Option<Placed<String>> = fields.optional("prefix");
    let unfit = fields.choice("unfit_routes", &UNFIT);
    let sends_bodies = kind.can_be_sent_bodies();
    let max_body = max_body.filter(|size| {
        if !sends_bodies {
            let help = match kind {
                DoorKind::Proxy => "leave it out: a proxy sees every body",
                _ => "leave it out: this kind of proxy never sends bodies with its questions",
            };
            problems.error_with(&size.node, "`max_body` is not for this door", help);
        }
        sends_bodies
    });
    let prefix = prefix.filter(|prefix| {
        let fits = kind == DoorKind::Ask(Dialect::EnvoyHttp);
        let well = prefix.value.starts_with('/') && !prefix.value.ends_with('/');
        if !fits {
            let help = "leave it out, or say `door: envoy_http`";
            problems.error_with(&prefix.node, "`prefix` is not for this door", help);
        } else if !well {
            let help = "write it as in Envoy's `path_prefix`, such as `/check`";
            problems.error_with(&prefix.node, "not the beginning of a path", help);
        }
        fits && well
    });
    Door {
        kind,
        max_body: max_body.map(|size| size.value.as_usize()),
        prefix: prefix.map(|prefix| prefix.value.into()),
        unfit_routes: unfit.unwrap_or_default(),
    }
}
