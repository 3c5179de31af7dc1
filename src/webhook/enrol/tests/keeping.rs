//! What is on the disk afterwards.

use std::fs;
use std::os::unix::fs::symlink;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::secret::Secret;
use crate::webhook::Why;

use super::super::file::{self, Fault};
use super::{First, MADE, inside, run, window};

#[test]
fn of_many_at_once_one_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let hook = window("asana", folder.path());
    let counted = Arc::new(AtomicUsize::new(0));
    let threads = (0..8).map(|number| {
        let (hook, counted) = (Arc::clone(&hook), Arc::clone(&counted));
        std::thread::spawn(move || {
            let secret = format!("a-secret-of-number-{number}");
            let enrolling = First::of_asana(&secret).judged(&hook).ok()?;
            let count = move || {
                counted.fetch_add(1, Ordering::Relaxed);
            };
            run(enrolling.keep(count)).ok().map(|_| secret)
        })
    });
    let threads: Vec<_> = threads.collect();
    let taken = threads.into_iter().filter_map(|one| one.join().unwrap());
    let taken: Vec<String> = taken.collect();
    assert_eq!((taken.len(), counted.load(Ordering::Relaxed)), (1, 1));
    let kept = fs::read_to_string(folder.path().join("hook.secret")).unwrap();
    assert_eq!(kept.trim_end(), taken[0]);
    assert_eq!(inside(folder.path()), ["hook.secret"]);
}

#[test]
fn fault_of_the_disk_leaves_the_window_open() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("secrets");
    fs::create_dir(&folder).unwrap();
    let hook = window("asana", &folder);
    fs::remove_dir(&folder).unwrap();
    let refused = run(First::of_asana(MADE).judged(&hook).unwrap().keep(|| {}));
    let refused = refused.unwrap_err();
    assert_eq!(refused.reason, Why::Unavailable);
    assert_eq!(refused.denied.reason.code(), "STORE_UNAVAILABLE");
    fs::create_dir(&folder).unwrap();
    assert!(First::of_asana(MADE).sent(&hook).is_ok());
}

#[test]
fn file_is_made_once_and_through_no_link() {
    let folder = tempfile::tempdir().unwrap();
    let (path, elsewhere) = (folder.path().join("a"), folder.path().join("b"));
    symlink(&elsewhere, &path).unwrap();
    let secret = Secret::new(MADE.into());
    assert!(matches!(file::create(&path, &secret), Err(Fault::Taken)));
    assert!(!elsewhere.exists());
    fs::remove_file(&path).unwrap();
    fs::write(&path, "kept").unwrap();
    assert!(matches!(file::create(&path, &secret), Err(Fault::Taken)));
    assert_eq!(fs::read_to_string(&path).unwrap(), "kept");
    assert_eq!(inside(folder.path()), ["a"]);
}
