//! How many connections the system's limit on open files leaves room for.

use tracing::info;

/// Files that are not callers' connections or what they lead to: the admin listener's connections,
/// fetches of key sets, files that are read again.
const RESERVE: usize = 64;

/// The limit of connections, or what the limit on open files allows when that is less.
///
/// A caller takes two descriptors: its own connection and one to an upstream. Running out of them
/// would fail requests that were accepted, and shut out the admin listener; so callers wait before.
pub(super) fn affordable(connections: usize) -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let Some(files) = open_files(&limits) else {
        return connections;
    };
    let affordable = share(files);
    if affordable < connections {
        info!(
            connections = affordable,
            "the limit of {connections} connections is lowered: only {files} files may be open"
        );
    }
    affordable.min(connections)
}

fn share(files: usize) -> usize {
    let reserve = RESERVE.min(files / 2);
    ((files - reserve) / 2).max(1)
}

/// The soft limit in the text of `/proc/self/limits` (proc(5)); nothing when there is none.
fn open_files(limits: &str) -> Option<usize> {
    let rest = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"))?;
    rest.split_ascii_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn soft_limit_is_found_where_there_is_one() {
        let line =
            |soft: &str| format!("Limit  Soft\nMax open files            {soft}  524288  files\n");
        assert_eq!(open_files(&line("1024")), Some(1024));
        assert_eq!(open_files(&line("unlimited")), None);
        assert_eq!(open_files(""), None);
    }

    #[test]
    fn every_caller_finds_a_descriptor_for_its_upstream() {
        assert_eq!(share(1024), 480);
        assert_eq!(share(20_064), 10_000);
        assert_eq!(share(2), 1);
    }
}
