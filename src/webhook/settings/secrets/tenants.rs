//! Secrets by tenant: a map in the file, or a folder.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;

use crate::document::{Fields, Key, Named, Node, Problems, Read, Value};
use crate::webhook::scheme::KeyForm;
use crate::webhook::secrets::{Chooser, Ring, Secrets};

use super::item::Items;

/// The most tenants of one webhook.
const MOST: usize = 100_000;
/// What may name the tenant.
const CHOOSERS: &str = "`{ path: tenant }`: a capture of the path; or `{ header: NAME }`, `{ host: 0 }`: a label of \
    the host's name, `{ query: NAME }`";

/// Reads `secrets_by`: what names the tenant.
pub(super) fn chooser(node: &Node, problems: &Problems) -> Option<Chooser> {
    if node.text().is_some() {
        problems.error_with(node, "write one thing that names the tenant", CHOOSERS);
        return None;
    }
    let mut fields = Fields::of(node, "secrets_by", problems)?;
    fields.refuse_blanks();
    let path: Option<String> = fields.optional("path");
    let header: Option<String> = fields.optional("header");
    let host: Option<u16> = fields.optional("host");
    let query: Option<String> = fields.optional("query");
    fields.finish();
    match (path, header, host, query) {
        (Some(capture), None, None, None) => Some(Chooser::Path(capture.into())),
        (None, Some(name), None, None) => {
            let name = http::HeaderName::from_bytes(name.as_bytes()).ok();
            if name.is_none() {
                problems.error(node, "not the name of a header field");
            }
            name.map(Chooser::Header)
        }
        (None, None, Some(label), None) => Some(Chooser::Host(label.into())),
        (None, None, None, Some(name)) => Some(Chooser::Query(name.into())),
        _ => {
            problems.error_with(node, "write one thing that names the tenant", CHOOSERS);
            None
        }
    }
}

/// The folder that holds the secrets, if it is one.
pub(super) fn folder_of(node: &Node) -> Option<&Node> {
    match &node.value {
        Value::Map(entries) if entries.len() == 1 => {
            let folder = node.at("folder")?;
            let path = folder.text().filter(|_| !folder.is_variable);
            path.map(|_| folder)
        }
        _ => None,
    }
}

/// Reads the secrets of every tenant.
pub(super) fn read(
    node: &Node,
    by: Chooser,
    form: &KeyForm,
    problems: &Problems,
) -> Option<Secrets> {
    if matches!(node.value, Value::List(_)) {
        problems.error_with(
            node,
            "with `secrets_by`, secrets stand under the names of tenants",
            "write `secrets: { acme: ${ACME_SECRET} }`, or leave `secrets_by` out",
        );
        return None;
    }
    let items = Items::new(form, problems);
    let unfolded = unfolded(node, problems)?;
    let named = Named::of(&unfolded, "tenants to secrets", problems)?;
    let rings = named.into_iter().filter_map(|(key, node)| {
        let ring = items.read(node)?;
        Some((key.name.as_str().into(), ring))
    });
    let tenants: HashMap<Box<str>, Ring> = rings.collect();
    if tenants.is_empty() {
        let help =
            "write `acme: ${ACME_SECRET}` for each tenant, or put a file for each into the folder";
        problems.error_with(node, "there is no tenant with a secret", help);
        return None;
    }
    Some(Secrets::ByTenant { by, tenants })
}

/// The secrets of a folder as if they stood in its place; others as they are. A file is a tenant's one secret, a
/// folder holds several of one.
pub(in crate::webhook::settings) fn unfolded<'n>(
    secrets: &'n Node,
    problems: &Problems,
) -> Option<Cow<'n, Node>> {
    let Some(node) = folder_of(secrets) else {
        return Some(Cow::Borrowed(secrets));
    };
    let path = String::read(node, problems)?;
    let mut tenants = Vec::new();
    for (name, path, is_folder) in entries(Path::new(&path), node, problems)? {
        let secrets = match is_folder {
            false => file(node, &path),
            true => {
                let inner = entries(&path, node, problems)?;
                let files = inner.into_iter().filter(|(_, _, is_folder)| !is_folder);
                let each = files.map(|(name, path, _)| named(node, &name, &path));
                make(node, Value::List(each.collect()))
            }
        };
        tenants.push((key(node, &name), secrets));
    }
    Some(Cow::Owned(make(node, Value::Map(tenants))))
}

type Entry = (String, std::path::PathBuf, bool);

/// What is in a folder, by name. What begins with a dot is not meant: mounted secrets keep their versions there.
fn entries(path: &Path, node: &Node, problems: &Problems) -> Option<Vec<Entry>> {
    let read = std::fs::read_dir(path).and_then(|read| {
        let each = read.map(|entry| {
            let path = entry?.path();
            let is_folder = std::fs::metadata(&path)?.is_dir();
            let name = path.file_name().and_then(|name| name.to_str());
            Ok(name.map(|name| (name.to_owned(), path.clone(), is_folder)))
        });
        each.collect::<Result<Vec<_>, std::io::Error>>()
    });
    let found = match read {
        Ok(found) => found,
        Err(error) => {
            let help = "name a folder that is there and that this process may read; the path begins beside the policy";
            problems.error_with(node, format!("the folder cannot be read: {error}"), help);
            return None;
        }
    };
    let shown = found.into_iter().flatten();
    let mut shown: Vec<Entry> = shown.filter(|(name, ..)| !name.starts_with('.')).collect();
    shown.sort();
    if shown.len() > MOST {
        problems.error(node, format!("the folder holds more than {MOST} tenants"));
        return None;
    }
    Some(shown)
}

/// `{ file: path }`, as if it stood in the place of the folder.
fn file(node: &Node, path: &Path) -> Node {
    let text = make(node, Value::Text(path.to_string_lossy().into_owned()));
    make(node, Value::Map(vec![(key(node, "file"), text)]))
}

/// `{ id: name, secret: { file: path } }`
fn named(node: &Node, name: &str, path: &Path) -> Node {
    let id = make(node, Value::Text(name.to_owned()));
    let entries = vec![
        (key(node, "id"), id),
        (key(node, "secret"), file(node, path)),
    ];
    make(node, Value::Map(entries))
}

fn key(node: &Node, name: &str) -> Key {
    Key {
        name: name.to_owned(),
        place: node.place.clone(),
    }
}

fn make(node: &Node, value: Value) -> Node {
    Node {
        value,
        ..node.clone()
    }
}
