//! The settings of a process, each section read by the room it belongs to.

use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::available_parallelism;

use crate::admin::AdminSettings;
use crate::document::{Fields, Node, Problems, Read, Shape, Value};
use crate::frontend::{self, Door, Entrance, Located, TrustedProxies};
use crate::jwks;
use crate::keys;
use crate::listener::{DrainSettings, Limits};
use crate::replay;
use crate::store;
use crate::telemetry::LogSettings;
use crate::upstream;

/// The most workers that make sense on any machine.
const MAX_WORKERS: usize = 1024;
/// The SQLite file that is used where nothing is said.
const DATABASE: &str = "sidegate.db";

/// Everything that is settled at start.
#[derive(Debug, Clone)]
pub struct ProcessConfig {
    /// Where to listen; at least one.
    pub listeners: Vec<Entrance>,
    /// The policy file.
    pub policy: PathBuf,
    /// Where requests go; at least one, unless every listener only answers questions.
    pub upstreams: Vec<upstream::Settings>,
    /// The front doors: trusted proxies, forwarding headers, and their share of the limits.
    pub frontend: frontend::Settings,
    /// The admin listener.
    pub admin: AdminSettings,
    /// How many worker threads serve requests.
    pub workers: NonZeroUsize,
    /// How much callers may use.
    pub limits: Limits,
    /// How the process ends.
    pub drain: DrainSettings,
    /// The log.
    pub log: LogSettings,
    /// How key sets are fetched and kept.
    pub key_sets: jwks::Settings,
    /// Where API keys are kept.
    pub store: store::Settings,
    /// How API keys are remembered and checked.
    pub api_keys: keys::Settings,
    /// Where webhook deliveries are remembered.
    pub replay: replay::Settings,
    /// A policy to try beside the one in force.
    pub shadow: Option<frontend::ShadowSettings>,
}

impl ProcessConfig {
    /// Reads the merged settings. Gives nothing when something without a default is missing.
    pub fn read(top: &Node, problems: &Problems) -> Option<Self> {
        let mut fields = Fields::of(top, "process file", problems)?;
        // Written out in full by now; asked for so that they are known.
        fields.shaped("listen", Entrance::shape);
        fields.shaped("door", Door::shape);
        fields.shaped("upstream", || Shape::Text.or(Shape::Section("upstream")));
        let found = problems.len();
        let listeners = read_listeners(&mut fields, problems);
        // Whether one that was misread sends requests on is not known.
        let read = problems.len() == found;
        let policy = read_policy(&mut fields, problems);
        let needed = read
            && listeners
                .iter()
                .any(|entrance| !entrance.door.only_answers());
        let upstreams = read_upstreams(&mut fields, needed, problems);
        let admin = AdminSettings::read(fields.shaped("admin", AdminSettings::shape), problems);
        let workers = read_workers(&mut fields, problems);
        let limits = Limits::read(
            fields.shaped("limits", || Shape::Section("limits")),
            problems,
        );
        let frontend = frontend::Settings::read(&mut fields, limits.clone());
        name_fronts(&fields, &listeners, &frontend.trusted, problems);
        let drain =
            DrainSettings::read(fields.shaped("drain", || Shape::Section("drain")), problems);
        let log = LogSettings::read(fields.shaped("log", || Shape::Section("log")), problems);
        let key_sets = jwks::Settings::read(
            fields.shaped("key_sets", || Shape::Section("key_sets")),
            problems,
        );
        let store = read_store(&mut fields, policy.as_deref());
        let api_keys = fields.shaped("api_keys", || Shape::Section("api_keys"));
        let api_keys = keys::Settings::read(api_keys, problems);
        let replay = fields.shaped("replay", || Shape::Section("replay"));
        let replay = replay::Settings::read(replay, problems);
        let shadow = fields.shaped("shadow", frontend::ShadowSettings::shape);
        let shadow = frontend::ShadowSettings::read(shadow, problems);
        fields.finish();
        Some(Self {
            listeners,
            policy: policy?,
            upstreams,
            frontend,
            admin,
            workers,
            limits,
            drain,
            log,
            key_sets,
            store,
            api_keys,
            replay,
            shadow,
        })
    }
}

impl ProcessConfig {
    /// The upstreams that routes may name. Nothing when there is none, because every door only answers: no route is
    /// sent anywhere then, so it may name what it likes.
    pub fn upstream_names(&self) -> Option<Vec<Arc<str>>> {
        let names = self.upstreams.iter();
        let names: Vec<_> = names.map(|one| Arc::clone(&one.name)).collect();
        Some(names).filter(|names| !names.is_empty())
    }

    /// What stands behind each listener.
    pub fn doors(&self) -> Vec<Located> {
        let located = |entrance: &Entrance| Located {
            address: entrance.listener.address,
            door: (*entrance.door).clone(),
        };
        self.listeners.iter().map(located).collect()
    }
}

/// The listeners; without any, one on the loopback address, which nobody outside can reach.
fn read_listeners(fields: &mut Fields<'_>, problems: &Problems) -> Vec<Entrance> {
    let Some(node) = fields.shaped("listeners", || Shape::filled_list(Entrance::shape())) else {
        let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 8080));
        return vec![Entrance::plain(loopback)];
    };
    let listeners: Vec<Entrance> = Vec::read(node, problems).unwrap_or_default();
    if matches!(&node.value, Value::List(items) if items.is_empty()) {
        problems.error(node, "expected at least one listener");
    }
    let sockets: Vec<_> = listeners
        .iter()
        .map(|entrance| &entrance.listener)
        .collect();
    for (index, listener) in sockets.iter().enumerate() {
        let taken = sockets
            .iter()
            .take(index)
            .any(|other| other.address == listener.address && listener.address.port() != 0);
        if taken {
            problems.error(node, format!("two listeners on `{}`", listener.address));
        }
    }
    listeners
}

/// A door that only answers believes whoever asks, so somebody has to be named who may.
fn name_fronts(
    fields: &Fields<'_>,
    listeners: &[Entrance],
    trusted: &TrustedProxies,
    problems: &Problems,
) {
    if matches!(trusted, TrustedProxies::Networks(_)) {
        return;
    }
    for entrance in listeners
        .iter()
        .filter(|entrance| entrance.door.only_answers() && !names_by_certificate(entrance))
    {
        let (door, address) = (entrance.door.name(), entrance.listener.address);
        let message = format!("nobody may ask at the door `{door}` on {address}");
        let help = "name the addresses of the proxy that asks: `trusted_proxies: { cidrs: [127.0.0.1] }`, or --trust 127.0.0.1; or the CA of its certificate: `client_ca` in the listener's `tls`";
        problems.error_with(fields.node(), message, help);
    }
}

/// Whether whoever asks has to show a certificate.
fn names_by_certificate(entrance: &Entrance) -> bool {
    let tls = entrance.listener.tls.as_ref();
    tls.is_some_and(|tls| tls.client_ca.is_some())
}

fn read_upstreams(
    fields: &mut Fields<'_>,
    needed: bool,
    problems: &Problems,
) -> Vec<upstream::Settings> {
    match fields.shaped("upstreams", || Shape::named(Shape::Section("upstream"))) {
        Some(node) if !matches!(&node.value, Value::Map(all) if all.is_empty()) => {
            upstream::Settings::read_all(node, problems)
        }
        _ if !needed => Vec::new(),
        _ => {
            let help = "write `upstream: URL`, set SIDEGATE_UPSTREAM, or pass --upstream URL";
            problems.error_with(fields.node(), "no upstream is named", help);
            Vec::new()
        }
    }
}

fn read_policy(fields: &mut Fields<'_>, problems: &Problems) -> Option<PathBuf> {
    if !fields.has("policy") {
        let help = "write `policy: FILE`, set SIDEGATE_POLICY, or pass --policy FILE";
        problems.error_with(fields.node(), "no policy file is named", help);
    }
    fields.optional("policy")
}

/// Where API keys are; where nothing is said, in a file beside the policy.
fn read_store(fields: &mut Fields<'_>, policy: Option<&Path>) -> store::Settings {
    let beside = |policy: &Path| policy.with_file_name(DATABASE);
    let default = || store::Settings::sqlite(policy.map_or_else(|| DATABASE.into(), beside));
    fields.optional("store").unwrap_or_else(default)
}

fn read_workers(fields: &mut Fields<'_>, problems: &Problems) -> NonZeroUsize {
    let default = available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let Some(node) = fields.shaped("workers", || Shape::Integer(1, MAX_WORKERS as i64)) else {
        return default;
    };
    let Some(given) = usize::read(node, problems) else {
        return default;
    };
    match NonZeroUsize::new(given).filter(|workers| workers.get() <= MAX_WORKERS) {
        Some(workers) => workers,
        None => {
            let message = format!("expected a number of workers from 1 to {MAX_WORKERS}");
            problems.error(node, message);
            default
        }
    }
}
