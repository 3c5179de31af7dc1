//! What a policy was made from, to notice when it changes.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::document::{Node, Value};

/// One byte more than the parser takes, so that it is the parser who says that a file is too large.
const MOST_BYTES: u64 = (16 << 20) + 1;
/// How deep a folder of keys is looked into: to the fields of its keys.
const DEPTH: u32 = 2;
/// How many entries of such folders are looked at; who has more is not watched beyond them.
const MOST_ENTRIES: usize = 100_000;

/// What a policy was made from: the file's text, the secrets it names, and files and folders of API keys.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Seen {
    text: Digest,
    beside: Vec<(PathBuf, Digest)>,
}

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
                .beside
                .iter()
                .any(|(path, was)| digest_of(path) != *was)
    }

    /// Secrets stand in files as `{ file: path }`, wherever they stand; files of API keys stand beside the
    /// policy, as folders of them do.
    pub(super) fn note_files(&mut self, top: &Node, folder: &Path) {
        let Value::Map(entries) = &top.value else {
            return;
        };
        for (key, node) in entries {
            match key.name.as_str() {
                "api_keys" => self.note_keys(node, folder),
                _ => self.note_secrets(node),
            }
        }
    }

    fn note_secrets(&mut self, node: &Node) {
        match &node.value {
            Value::List(items) => items.iter().for_each(|item| self.note_secrets(item)),
            Value::Map(entries) => {
                if let Some(path) = node.at("file").and_then(Node::text) {
                    self.note(PathBuf::from(path));
                }
                entries
                    .iter()
                    .for_each(|(_, value)| self.note_secrets(value));
            }
            _ => {}
        }
    }

    fn note_keys(&mut self, sets: &Node, folder: &Path) {
        let Value::Map(sets) = &sets.value else {
            return;
        };
        for (_, set) in sets {
            for key in ["file", "folder"] {
                if let Some(path) = set.at(key).and_then(Node::text) {
                    self.note(folder.join(path));
                }
            }
        }
    }

    fn note(&mut self, path: PathBuf) {
        let digest = digest_of(&path);
        self.beside.push((path, digest));
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
    match fs::metadata(path).ok()?.is_dir() {
        true => {
            let (mut all, mut left) = (Sha256::new(), MOST_ENTRIES);
            add(path, DEPTH, &mut left, &mut all);
            Some(all.finalize().into())
        }
        false => bytes(path).ok().map(|bytes| digest(&bytes)),
    }
}

/// Adds what stands in a folder, in the order of the names. Those of Kubernetes' own making, which begin with
/// two dots, lead to the same files once more.
fn add(folder: &Path, depth: u32, left: &mut usize, all: &mut Sha256) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort_unstable();
    for path in paths {
        let name = path.file_name().unwrap_or_default().as_encoded_bytes();
        if name.starts_with(b"..") || *left == 0 {
            continue;
        }
        *left -= 1;
        all.update(digest(name));
        match path.is_dir() {
            true if depth > 1 => {
                all.update(b"(");
                add(&path, depth - 1, left, all);
                all.update(b")");
            }
            true => {}
            false => all.update(bytes(&path).map(|bytes| digest(&bytes)).unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Problems, parse};

    fn seen(text: &str, folder: &Path) -> Seen {
        let top = parse("policy.yaml", text, &|_| None, &Problems::new()).unwrap();
        let mut seen = Seen::default();
        seen.note_text(digest(text.as_bytes()));
        seen.note_files(&top, folder);
        seen
    }

    #[test]
    fn key_that_is_added_to_a_file_or_a_folder_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let text = "api_keys: { a: { file: keys.yaml }, b: { folder: keys } }\n";
        fs::write(at("policy.yaml"), text).unwrap();
        fs::create_dir_all(at("keys/ci")).unwrap();
        let changes: [&dyn Fn(); 5] = [
            &|| fs::write(at("keys.yaml"), "one").unwrap(),
            &|| fs::write(at("keys/probe"), "text").unwrap(),
            &|| fs::write(at("keys/probe"), "other").unwrap(),
            &|| fs::write(at("keys/ci/tenant"), "acme").unwrap(),
            &|| fs::remove_file(at("keys/probe")).unwrap(),
        ];
        for change in changes {
            let seen = seen(text, folder.path());
            assert!(!seen.is_stale(&at("policy.yaml")));
            change();
            assert!(seen.is_stale(&at("policy.yaml")));
        }
    }
}
