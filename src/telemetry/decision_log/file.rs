//! The decision log as a file: appended to, put aside when it is full, found again when it was moved.
//!
//! Only the writer's thread comes here. A line is never parted between two files.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use memchr::{memchr, memrchr};

use super::settings::Rotation;

/// Whoever reads logs is in the file's group; nobody else need read who asked for what.
const MODE: u32 = 0o640;

/// A file that lines are appended to.
#[derive(Debug)]
pub(super) struct LogFile {
    path: PathBuf,
    rotation: Option<Rotation>,
    open: Opened,
    /// How long the file may get before it is put aside.
    limit: u64,
    /// The file may have been moved since it was last looked at.
    unchecked: bool,
}

/// A file under the log's name.
#[derive(Debug)]
struct Opened {
    file: File,
    /// Device and inode.
    identity: (u64, u64),
    size: u64,
    /// Whether what was written ends with a line.
    whole: bool,
}

impl Opened {
    fn at(path: &Path) -> io::Result<Self> {
        // Read as well: so a pipe does not wait for its other end, and the last byte can be seen.
        let mut options = OpenOptions::new();
        let file = options.read(true).append(true).create(true).mode(MODE);
        let mut file = file.open(path)?;
        let found = file.metadata()?;
        if !found.is_file() {
            return Err(io::Error::other("not a regular file"));
        }
        let mut size = found.len();
        if ends_inside_a_line(&file, size)? {
            file.write_all(b"\n")?;
            size += 1;
        }
        Ok(Self {
            file,
            identity: (found.dev(), found.ino()),
            size,
            whole: true,
        })
    }
}

/// A process that was killed may have left a piece of a line.
fn ends_inside_a_line(file: &File, size: u64) -> io::Result<bool> {
    let mut last = [0];
    let Some(place) = size.checked_sub(1) else {
        return Ok(false);
    };
    Ok(file.read_at(&mut last, place)? == 1 && last != *b"\n")
}

impl LogFile {
    /// Opens or creates the file. Fails when it cannot be appended to.
    pub(super) fn open(path: &Path, rotation: Option<Rotation>) -> io::Result<Self> {
        Ok(Self {
            open: Opened::at(path)?,
            path: path.to_owned(),
            rotation,
            limit: rotation.map_or(u64::MAX, |rotation| rotation.size),
            unchecked: true,
        })
    }

    /// Opens the file anew when another one, or none, stands under its name.
    fn look(&mut self) -> io::Result<()> {
        match fs::metadata(&self.path) {
            Ok(found) if (found.dev(), found.ino()) == self.open.identity => {
                // Somebody may have emptied it, or written to it as well.
                self.open.size = found.len();
                Ok(())
            }
            Ok(_) => self.reopen(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.reopen(),
            Err(error) => Err(error),
        }
    }

    fn reopen(&mut self) -> io::Result<()> {
        self.open = Opened::at(&self.path)?;
        self.limit = self.rotation.map_or(u64::MAX, |rotation| rotation.size);
        Ok(())
    }

    /// As many lines as the file has room for, at least one; in a new file when it has none.
    fn fitting<'l>(&mut self, lines: &'l [u8]) -> io::Result<&'l [u8]> {
        if !self.open.whole {
            return Ok(first_line(lines));
        }
        let fits = up_to(lines, self.limit.saturating_sub(self.open.size));
        if fits.is_empty() && self.open.size > 0 {
            self.rotate()?;
        } else if !fits.is_empty() {
            return Ok(fits);
        }
        let fits = up_to(lines, self.limit.saturating_sub(self.open.size));
        Ok(match fits.is_empty() {
            true => first_line(lines),
            false => fits,
        })
    }

    /// Puts the file aside. When that is not possible, it grows on for as long again.
    fn rotate(&mut self) -> io::Result<()> {
        let Some(rotation) = self.rotation else {
            return Ok(());
        };
        if let Err(error) = self.move_aside(rotation.keep) {
            self.limit = self.open.size.saturating_add(rotation.size);
            tracing::warn!(%error, "the decision log cannot be rotated, and goes on in the same file");
            return Ok(());
        }
        self.reopen()
    }

    fn move_aside(&self, keep: u32) -> io::Result<()> {
        for number in (1..keep).rev() {
            match fs::rename(self.numbered(number), self.numbered(number + 1)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        fs::rename(&self.path, self.numbered(1))
    }

    fn numbered(&self, number: u32) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(format!(".{number}"));
        name.into()
    }

    fn append(&mut self, lines: &[u8]) -> io::Result<usize> {
        if self.unchecked {
            self.look()?;
            self.unchecked = false;
        }
        if self.open.whole && lines == b"\n" {
            // Meant to end a piece of a line, of which there is none here.
            return Ok(lines.len());
        }
        let fits = self.fitting(lines)?;
        let written = self.open.file.write(fits)?;
        self.open.size = self.open.size.saturating_add(written as u64);
        if let Some(last) = written.checked_sub(1) {
            self.open.whole = fits.get(last) == Some(&b'\n');
        }
        Ok(written)
    }
}

impl Write for LogFile {
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        self.append(lines).map_err(|error| {
            // Whoever makes room on a full disk may delete the file.
            self.unchecked = true;
            let said = format!("{}: {error}", self.path.display());
            io::Error::new(error.kind(), said)
        })
    }

    /// Ends a batch: before the next one, the file is looked for again.
    fn flush(&mut self) -> io::Result<()> {
        self.unchecked = true;
        Ok(())
    }
}

/// The whole lines among the first so many bytes.
fn up_to(lines: &[u8], room: u64) -> &[u8] {
    let room = usize::try_from(room).unwrap_or(usize::MAX);
    let Some(within) = lines.get(..room) else {
        return lines;
    };
    let end = memrchr(b'\n', within).map_or(0, |end| end + 1);
    within.get(..end).unwrap_or_default()
}

fn first_line(lines: &[u8]) -> &[u8] {
    let end = memchr(b'\n', lines).map_or(lines.len(), |end| end + 1);
    lines.get(..end).unwrap_or_default()
}
