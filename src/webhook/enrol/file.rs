//! A secret becomes a file: whole or not at all, and once.
//!
//! It is written aside, under a name that nobody else has, and brought to the disk; then it gets its own name as a
//! second one. The system gives a name to one file only, also among processes and on shared volumes, follows no
//! link in doing so, and shows nobody half a file.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use crate::secret::Secret;

/// Its owner alone reads and writes it.
const MODE: u32 = 0o600;

/// Why there is no such file now that holds the secret.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    /// Something has the name already; it was not touched.
    #[error("something has the file's name already")]
    Taken,
    /// The disk, or what stands for one, does not do it.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Makes the file. Waits for the disk.
pub(super) fn create(path: &Path, secret: &Secret) -> Result<(), Fault> {
    let folder = folder(path);
    let aside = Aside::write(folder, secret)?;
    fs::hard_link(&aside.0, path).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => Fault::Taken,
        _ => Fault::Io(error),
    })?;
    if let Err(error) = File::open(folder).and_then(|folder| folder.sync_all()) {
        // It is there, but may not be after a power failure: then the sender must not be told that it is.
        let _ = fs::remove_file(path);
        return Err(error.into());
    }
    Ok(())
}

/// The folder that a file is in.
pub(super) fn folder(path: &Path) -> &Path {
    let folder = path.parent().unwrap_or(Path::new("."));
    match folder.as_os_str().is_empty() {
        true => Path::new("."),
        false => folder,
    }
}

/// A file under a name of its own, which goes when this is dropped. What reads folders of secrets passes it over.
struct Aside(PathBuf);

impl Aside {
    fn write(folder: &Path, secret: &Secret) -> io::Result<Self> {
        let mut name = [0; 8];
        aws_lc_rs::rand::fill(&mut name).map_err(|_| io::Error::other("no random name"))?;
        let path = folder.join(format!(".enrolling-{:016x}", u64::from_be_bytes(name)));
        let mut options = OpenOptions::new();
        let mut file = options
            .write(true)
            .create_new(true)
            .mode(MODE)
            .open(&path)?;
        let aside = Self(path);
        file.write_all(secret.expose())?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        Ok(aside)
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        // Where it cannot be removed it stays for its owner alone to read, and counts for nothing.
        let _ = fs::remove_file(&self.0);
    }
}
