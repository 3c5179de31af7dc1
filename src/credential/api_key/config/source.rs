//! Files and folders that keys are read from, and whether they are still what they were.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use crate::keys::digest;

/// The most that is read of one file: what a document may have, and one byte more, so that it is the reader
/// of documents who says that a file is too large.
const MOST_BYTES: u64 = (16 << 20) + 1;

/// A file or a folder that keys were read from, as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeySource {
    path: PathBuf,
    /// Nothing for what could not be read.
    digest: Option<[u8; 32]>,
}

/// What stands under a name.
pub(super) enum Found {
    File(Vec<u8>),
    /// The names in a folder, sorted. Those that begin with a dot are not ours: Kubernetes keeps the
    /// contents of a mounted Secret under such names, and links to them.
    Folder(Vec<String>),
}

impl KeySource {
    /// Whether it is not what it was. Reads it.
    pub fn has_changed(&self) -> bool {
        let found = look(&self.path).ok();
        found.as_ref().map(digest_of) != self.digest
    }

    /// Reads what stands there, and keeps in mind what it was.
    pub(super) fn read(path: &Path, sources: &mut Vec<Self>) -> io::Result<Found> {
        let found = look(path);
        sources.push(Self {
            path: path.to_owned(),
            digest: found.as_ref().ok().map(digest_of),
        });
        found
    }
}

fn look(path: &Path) -> io::Result<Found> {
    let facts = fs::metadata(path)?;
    if facts.is_dir() {
        return names(path).map(Found::Folder);
    }
    // Whoever opens a pipe waits for somebody who writes.
    if !facts.is_file() {
        return Err(io::Error::other("it is neither a file nor a folder"));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(MOST_BYTES).read_to_end(&mut bytes)?;
    Ok(Found::File(bytes))
}

fn names(path: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(path)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') {
            names.push(name);
        }
    }
    names.sort_unstable();
    Ok(names)
}

fn digest_of(found: &Found) -> [u8; 32] {
    match found {
        Found::File(bytes) => digest(bytes),
        // No name has a slash.
        Found::Folder(names) => digest(names.join("/").as_bytes()),
    }
}
