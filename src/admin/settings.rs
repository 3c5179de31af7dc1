//! The section `admin` of the process file.

use std::net::{Ipv4Addr, SocketAddr};

use crate::document::{Fields, Node, OneOrMany, Problems, Read, Shape, Value};
use crate::model::Host;
use crate::secret::Secret;

/// The shortest token, in bytes.
const LEAST_TOKEN: usize = 32;

/// Where the admin listener is, under which names, and who may ask it for API keys.
#[derive(Debug, Clone)]
pub struct AdminSettings {
    /// Its address; none when it is off. The default is `127.0.0.1:9901`.
    pub listen: Option<SocketAddr>,
    /// Host names that it answers to besides `localhost` and every address.
    pub hosts: Vec<Host>,
    /// What callers have to present for API keys; without it, none are served.
    pub token: Option<Secret>,
}

impl Default for AdminSettings {
    fn default() -> Self {
        Self {
            listen: Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 9901))),
            hosts: Vec::new(),
            token: None,
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
        let token = fields.shaped("token", Secret::shape);
        let token = token.and_then(|node| read_token(node, problems));
        fields.finish();
        Self {
            listen,
            hosts: hosts.unwrap_or_default(),
            token,
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

fn read_token(node: &Node, problems: &Problems) -> Option<Secret> {
    let token = Secret::read(node, problems)?;
    let fits = token.expose().iter().all(u8::is_ascii_graphic);
    if fits && token.len() >= LEAST_TOKEN {
        return Some(token);
    }
    problems.error_with(
        node,
        format!("the token must be {LEAST_TOKEN} or more characters of ASCII without spaces"),
        "make one with `openssl rand -hex 32`",
    );
    None
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
