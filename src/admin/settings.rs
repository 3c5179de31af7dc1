//! The section `admin` of the process file.

use std::net::{Ipv4Addr, SocketAddr};

use crate::document::{Fields, Node, OneOrMany, Problems, Read, Shape, Value};
use crate::model::Host;

/// Where the admin listener is, and under which names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdminSettings {
    /// Its address; none when it is off. The default is `127.0.0.1:9901`.
    pub listen: Option<SocketAddr>,
    /// Host names that it answers to besides `localhost` and every address.
    pub hosts: Vec<Host>,
}

impl Default for AdminSettings {
    fn default() -> Self {
        Self {
            listen: Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 9901))),
            hosts: Vec::new(),
        }
    }
}

impl AdminSettings {
    /// What the section may be.
    pub fn shape() -> Shape {
        Shape::Section("admin")
            .or(Shape::Words(vec!["off"]))
            .or(Shape::False)
    }

    /// Reads the section, which is a map or the word `off`.
    pub fn read(node: Option<&Node>, problems: &Problems) -> Self {
        let default = Self::default();
        let off = |node: &Node| node.text() == Some("off") || is_false(node);
        if node.is_some_and(off) {
            return Self {
                listen: None,
                ..default
            };
        }
        let Some(mut fields) = node.and_then(|node| Fields::of(node, "admin", problems)) else {
            return default;
        };
        let listen = fields.optional("listen").or(default.listen);
        let hosts = fields.shaped("hosts", OneOrMany::<HostName>::shape);
        let hosts = hosts.map(|node| read_hosts(node, problems));
        fields.finish();
        Self {
            listen,
            hosts: hosts.unwrap_or_default(),
        }
    }
}

fn is_false(node: &Node) -> bool {
    matches!(node.value, Value::Bool(false))
}

fn read_hosts(node: &Node, problems: &Problems) -> Vec<Host> {
    let names = OneOrMany::<HostName>::read(node, problems);
    let names = names.map(|OneOrMany(names)| names).unwrap_or_default();
    names.into_iter().map(|HostName(host)| host).collect()
}

struct HostName(Host);

impl Read for HostName {
    fn read(node: &Node, problems: &Problems) -> Option<Self> {
        let text = String::read(node, problems)?;
        let host = Host::parse(&text).ok().filter(|host| host.port().is_none());
        if host.is_none() {
            problems.error(node, "expected a host name without a port");
        }
        host.map(Self)
    }

    fn shape() -> Shape {
        Shape::Text
    }
}
