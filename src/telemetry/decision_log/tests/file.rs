//! The log in a file: appended, rotated, moved away, broken off.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::*;
use crate::telemetry::decision_log::file::LogFile;

fn rotation(size: u64, keep: u32) -> Option<Rotation> {
    Some(Rotation { size, keep })
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

fn numbered(path: &Path, number: u32) -> PathBuf {
    PathBuf::from(format!("{}.{number}", path.display()))
}

/// Writes lines as one batch.
fn batch(file: &mut LogFile, lines: &str) {
    file.write_all(lines.as_bytes()).unwrap();
    file.flush().unwrap();
}

#[test]
fn file_is_appended_to_and_not_for_everybody() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.log");
    batch(&mut LogFile::open(&path, None).unwrap(), "one\n");
    batch(&mut LogFile::open(&path, None).unwrap(), "two\n");
    assert_eq!(text(&path), "one\ntwo\n");
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o137, 0, "{mode:o}");
}

#[test]
fn full_file_is_put_aside_between_lines_and_so_many_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.log");
    let mut file = LogFile::open(&path, rotation(10, 2)).unwrap();
    batch(&mut file, "aaa\nbbb\nccc\nddd\neee\nfff\nggg\nhhh\n");
    assert_eq!(text(&path), "ggg\nhhh\n");
    assert_eq!(text(&numbered(&path, 1)), "eee\nfff\n");
    assert_eq!(text(&numbered(&path, 2)), "ccc\nddd\n");
    assert!(!numbered(&path, 3).exists());
}

#[test]
fn line_longer_than_a_file_may_get_is_written_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.log");
    let mut file = LogFile::open(&path, rotation(10, 5)).unwrap();
    batch(&mut file, "a\nlonger than a file may get\nb\n");
    assert_eq!(text(&path), "b\n");
    assert_eq!(text(&numbered(&path, 1)), "longer than a file may get\n");
    assert_eq!(text(&numbered(&path, 2)), "a\n");
}

#[test]
fn file_that_was_full_before_is_put_aside_first() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.log");
    fs::write(&path, "0123456789\n").unwrap();
    batch(&mut LogFile::open(&path, rotation(10, 5)).unwrap(), "a\n");
    assert_eq!(text(&path), "a\n");
    assert_eq!(text(&numbered(&path, 1)), "0123456789\n");
}

#[test]
fn file_that_was_moved_away_or_deleted_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.log");
    let mut file = LogFile::open(&path, None).unwrap();
    batch(&mut file, "one\n");
    fs::rename(&path, folder.path().join("moved")).unwrap();
    batch(&mut file, "two\n");
    assert_eq!(text(&path), "two\n");
    fs::remove_file(&path).unwrap();
    batch(&mut file, "three\n");
    assert_eq!(text(&path), "three\n");
    // As logrotate does with `create`.
    fs::rename(&path, folder.path().join("again")).unwrap();
    fs::write(&path, "").unwrap();
    batch(&mut file, "four\n");
    assert_eq!(text(&path), "four\n");
    assert_eq!(text(&folder.path().join("moved")), "one\n");
}

#[test]
fn emptied_file_has_all_its_room_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.log");
    let mut file = LogFile::open(&path, rotation(8, 5)).unwrap();
    batch(&mut file, "aaa\nbbb\n");
    // As logrotate does with `copytruncate`.
    fs::write(&path, "").unwrap();
    batch(&mut file, "ccc\nddd\n");
    assert_eq!(text(&path), "ccc\nddd\n");
    assert!(!numbered(&path, 1).exists());
}

#[test]
fn end_of_a_line_that_never_broke_off_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.log");
    let mut file = LogFile::open(&path, None).unwrap();
    file.write_all(b"\n").unwrap();
    batch(&mut file, "one\n");
    assert_eq!(text(&path), "one\n");
}

#[test]
fn piece_of_a_line_is_ended_before_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.log");
    fs::write(&path, "{\"time\":\"20").unwrap();
    batch(&mut LogFile::open(&path, None).unwrap(), "one\n");
    assert_eq!(text(&path), "{\"time\":\"20\none\n");
}

#[test]
fn file_that_cannot_be_rotated_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.log");
    // Nothing can be renamed over a folder that is not empty.
    fs::create_dir_all(numbered(&path, 1).join("in the way")).unwrap();
    let mut file = LogFile::open(&path, rotation(8, 1)).unwrap();
    batch(&mut file, "aaa\nbbb\nccc\n");
    assert_eq!(text(&path), "aaa\nbbb\nccc\n");
    fs::remove_dir_all(numbered(&path, 1)).unwrap();
    batch(&mut file, "ddd\neee\n");
    assert_eq!(text(&path), "eee\n");
    assert_eq!(text(&numbered(&path, 1)), "aaa\nbbb\nccc\nddd\n");
}

#[test]
fn only_a_regular_file_that_can_be_opened_will_do() {
    let folder = tempfile::tempdir().unwrap();
    for path in [
        folder.path(),
        Path::new("/dev/null"),
        &folder.path().join("no/x.log"),
    ] {
        let settings = LogSettings {
            decisions: DecisionSettings {
                file: Some(path.to_owned()),
                ..DecisionSettings::default()
            },
            ..LogSettings::default()
        };
        let error = DecisionLog::open(&settings, &Registry::new()).unwrap_err();
        let said = error.to_string();
        assert!(said.contains(&path.display().to_string()), "{said}");
    }
}

#[test]
fn folder_that_is_gone_costs_records_which_are_counted_until_it_is_back() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("logs");
    fs::create_dir(&inner).unwrap();
    let registry = Registry::new();
    let settings = LogSettings {
        decisions: DecisionSettings {
            file: Some(inner.join("x.log")),
            ..DecisionSettings::default()
        },
        ..LogSettings::default()
    };
    let log = DecisionLog::open(&settings, &registry).unwrap();
    let writer = log.writer().unwrap();
    fs::remove_dir_all(&inner).unwrap();
    writer.write(&record());
    let started = Instant::now();
    while super::handing::dropped(&registry) == 0 {
        assert!(started.elapsed() < Duration::from_secs(10));
        thread::sleep(Duration::from_millis(1));
    }
    fs::create_dir(&inner).unwrap();
    writer.write(&record());
    log.close();
    let text = text(&inner.join("x.log"));
    let records = text.lines().filter(|line| !line.is_empty());
    assert_eq!(
        (records.count(), super::handing::dropped(&registry)),
        (1, 1)
    );
}
