//! Where this room meets the machine: its files and its clock.

use std::io::Read;
use std::path::Path;
use std::time::SystemTime;

use super::error::FetchError;

/// Reads a whole file, if it is not too large.
pub(super) fn read_file(path: &Path, max_size: usize) -> Result<Vec<u8>, FetchError> {
    let failed = |error: std::io::Error| FetchError::File(error.kind());
    let file = std::fs::File::open(path).map_err(failed)?;
    let mut text = Vec::new();
    file.take(max_size as u64 + 1)
        .read_to_end(&mut text)
        .map_err(failed)?;
    if text.len() > max_size {
        return Err(FetchError::TooLarge(max_size));
    }
    Ok(text)
}

/// The wall clock, for what outlives the process.
#[expect(
    clippy::disallowed_methods,
    reason = "a copy's age must hold over a restart, and an operator compares times with other machines"
)]
pub(super) fn seconds_since_1970() -> u64 {
    SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs()
}
