use std::net::SocketAddr;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Every host is this server.
#[derive(Debug)]
pub(in crate::webhook) struct Everywhere(pub(in crate::webhook) SocketAddr);

impl Resolve for Everywhere {
    fn resolve(&self, _name: Name) -> Resolving {
        let addresses: Addrs = Box::new([self.0].into_iter());
        Box::pin(async move { Ok(addresses) })
    }
}
