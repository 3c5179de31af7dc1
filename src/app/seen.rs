//! What a policy was made from, to notice when it changes.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::credential::KeySource;
use crate::document::{Node, Value};

/// One byte more than the parser takes, so that it is the parser who says that a file is too large.
const MOST_BYTES: u64 = (16 << 20) + 1;
/// What a policy was made from: the file's text, the secrets it names, and files and folders of API keys.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Seen {
    text: Digest,
    secrets: Vec<(PathBuf, Digest)>,
    keys: Vec<KeySource>,
    /// Folders of webhooks' secrets, with what is in them.
    folders: Vec<(PathBuf, Digest)>,
}

/// How deep folders of secrets go: tenants, and the secrets of one.
const DEPTH: u32 = 2;

/// SHA-256, or nothing for what could not be read.
type Digest = Option<[u8; 32]>;

impl Seen {
    /// This is the digest of the file's text.
    pub(super) fn note_text(&mut self, digest: [u8; 32]) {
        self.text = Some(digest);
    }

    /// Whether the policy file, or anything that it names, is not what it was.
    pub(super) fn is_stale(&self, policy: &Path) -> bool {
        digest_of(policy) != self.text
            || self
                .secrets
                .iter()
                .any(|(path, was)| digest_of(path) != *was)
            || self.keys.iter().any(KeySource::has_changed)
            || self
                .folders
                .iter()
                .any(|(path, was)| digest_of_folder(path, DEPTH) != *was)
    }

    /// Files and folders that API keys were read from.
    pub(super) fn note_keys(&mut self, keys: Vec<KeySource>) {
        self.keys = keys;
    }

    /// Secrets of webhooks stand in folders as `{ folder: path }`, a file or a folder for each tenant.
    pub(super) fn note_folders(&mut self, webhooks: Option<&Node>) {
        let Some(node) = webhooks else { return };
        match &node.value {
            Value::List(items) => items.iter().for_each(|item| self.note_folders(Some(item))),
            Value::Map(entries) => {
                if let Some(path) = node.at("folder").and_then(Node::text) {
                    let path = PathBuf::from(path);
                    let digest = digest_of_folder(&path, DEPTH);
                    self.folders.push((path, digest));
                }
                entries
                    .iter()
                    .for_each(|(_, below)| self.note_folders(Some(below)));
            }
            _ => {}
        }
    }

    /// Secrets stand in files as `{ file: path }`, wherever they stand.
    pub(super) fn note_secrets(&mut self, node: &Node) {
        match &node.value {
            Value::List(items) => items.iter().for_each(|item| self.note_secrets(item)),
            Value::Map(entries) => {
                if let Some(path) = node.at("file").and_then(Node::text) {
                    let path = PathBuf::from(path);
                    let digest = digest_of(&path);
                    self.secrets.push((path, digest));
                }
                entries
                    .iter()
                    .for_each(|(_, value)| self.note_secrets(value));
            }
            _ => {}
        }
    }
}

pub(super) fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

pub(super) fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MOST_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn digest_of(path: &Path) -> Digest {
    bytes(path).ok().map(|bytes| digest(&bytes))
}

/// Of the names and the contents of all that is in a folder.
fn digest_of_folder(path: &Path, depth: u32) -> Digest {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(path)
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    entries.sort_unstable();
    let mut all = Sha256::new();
    for entry in entries {
        let inside = match entry.is_dir() {
            true if depth > 1 => digest_of_folder(&entry, depth - 1),
            true => None,
            false => digest_of(&entry),
        };
        all.update(entry.as_os_str().as_encoded_bytes());
        all.update([0]);
        all.update(inside.unwrap_or_default());
    }
    Some(all.finalize().into())
}
