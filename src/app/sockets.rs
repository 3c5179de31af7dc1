//! All listeners of the process, bound: for each listener one socket for each worker.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use crate::admin::ListenerStatus;
use crate::config::ProcessConfig;
use crate::frontend::{Door, Entrance};
use crate::listener::{self, Listener, Protocols, Slots, Tls, bind};

use super::reload::Certificate;

/// Where requests are accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Address {
    /// The address that was bound; its port is the real one also where 0 was asked for.
    pub socket: SocketAddr,
    /// Whether it speaks TLS.
    pub secure: bool,
    /// What stands behind it.
    pub door: &'static str,
}

/// Every listener with its sockets.
#[derive(Debug)]
pub(super) struct Sockets(Vec<Group>);

/// One worker's share of a listener, and what stands behind it.
#[derive(Debug)]
pub(super) struct Opening {
    pub(super) listener: Listener,
    pub(super) door: Arc<Door>,
}

/// One listener's sockets.
#[derive(Debug)]
struct Group {
    address: SocketAddr,
    sockets: Vec<TcpListener>,
    tls: Option<Arc<Tls>>,
    protocols: Protocols,
    door: Arc<Door>,
}

impl Sockets {
    /// Loads the certificates and takes the addresses.
    pub(super) fn bind(config: &ProcessConfig) -> Result<Self, listener::Error> {
        let groups = config.listeners.iter();
        let groups = groups.map(|settings| Group::bind(settings, config.workers.get()));
        groups.collect::<Result<_, _>>().map(Self)
    }

    pub(super) fn addresses(&self) -> Vec<Address> {
        let groups = self.0.iter();
        groups
            .map(|group| Address {
                socket: group.address,
                secure: group.tls.is_some(),
                door: group.door.name(),
            })
            .collect()
    }

    pub(super) fn status(&self) -> Vec<ListenerStatus> {
        let groups = self.0.iter();
        groups
            .map(|group| ListenerStatus {
                address: group.address.to_string(),
                tls: group.tls.is_some(),
                door: group.door.name().to_owned(),
            })
            .collect()
    }

    pub(super) fn certificates(&self) -> Vec<Certificate> {
        let tls = self.0.iter().filter_map(|group| group.tls.clone());
        tls.map(Certificate::new).collect()
    }

    /// One worker's share: a socket of every listener. There are as many shares as workers.
    pub(super) fn share(&mut self, config: &ProcessConfig, slots: &Slots) -> Vec<Opening> {
        let groups = self.0.iter_mut();
        groups
            .filter_map(|group| {
                let listener = Listener {
                    socket: group.sockets.pop()?,
                    tls: group.tls.clone(),
                    protocols: group.protocols,
                    handshake_timeout: config.limits.handshake_timeout,
                    slots: slots.clone(),
                };
                let door = Arc::clone(&group.door);
                Some(Opening { listener, door })
            })
            .collect()
    }
}

impl Group {
    fn bind(entrance: &Entrance, workers: usize) -> Result<Self, listener::Error> {
        let settings = &entrance.listener;
        let tls = settings.tls.as_ref();
        let tls = tls.map(|tls| Tls::load(tls, settings.protocols));
        let tls = tls.transpose()?.map(Arc::new);
        let sockets = bind(settings.address, workers)?;
        let bound = sockets.first().and_then(|socket| socket.local_addr().ok());
        Ok(Self {
            address: bound.unwrap_or(settings.address),
            sockets,
            tls,
            protocols: settings.protocols,
            door: Arc::clone(&entrance.door),
        })
    }
}
