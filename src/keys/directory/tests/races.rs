//! Answers that a change has overtaken.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::super::shelf::Recalled;
use super::*;

#[test]
fn answer_that_a_change_has_overtaken_is_not_remembered() {
    let shelf = Shelf::new(&Settings::default());
    let key = sample::key(SET, b"cflo_one");
    let place = shelf.place(SET, b"cflo_one");
    let known = || Arc::new(Known::new(Arc::new(key.clone()), 0, true));
    let changes: [&dyn Fn(); 2] = [&|| shelf.change(&key), &|| shelf.doubt_all(Instant::now())];
    for change in changes {
        let epoch = shelf.epoch();
        change();
        let late = known();
        assert!(!shelf.keep(place, &late, epoch));
        assert!(!late.is_current());
        assert!(!shelf.keep_nobodys(place, epoch));
        assert!(matches!(shelf.recall(&place), Recalled::Nothing));
        assert_eq!(shelf.len(), 0);
    }
    let in_time = known();
    assert!(shelf.keep(place, &in_time, shelf.epoch()));
    assert!(in_time.is_current());
}

/// One thread puts away what it read, another changes it: what stays must be of the last version.
#[test]
fn nothing_older_than_the_last_change_stays_however_threads_meet() {
    let shelf = Shelf::new(&Settings::default());
    let first = sample::key(SET, b"cflo_one");
    let place = shelf.place(SET, b"cflo_one");
    let stored = std::sync::Mutex::new(first.clone());
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    let epoch = shelf.epoch();
                    let read = stored.lock().unwrap().clone();
                    let known = Arc::new(Known::new(Arc::new(read), 0, true));
                    shelf.keep(place, &known, epoch);
                }
            });
        }
        for version in 2..5_000 {
            let mut key = first.clone();
            key.version = version;
            *stored.lock().unwrap() = key.clone();
            shelf.change(&key);
            if let Recalled::Known(known) = shelf.recall(&place) {
                assert_eq!(known.key().version, version);
            }
        }
        is_over.store(true, Ordering::Relaxed);
    });
}

#[test]
fn nobodys_text_that_became_a_key_does_not_stay_nobodys_however_threads_meet() {
    let shelf = Shelf::new(&Settings::default());
    let is_over = AtomicBool::new(false);
    let made = std::sync::Mutex::new(0);
    let text = |number: u32| format!("cflo_{number}").into_bytes();
    thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                let next = *made.lock().unwrap() + 1;
                let epoch = shelf.epoch();
                let place = shelf.place(SET, &text(next));
                if *made.lock().unwrap() < next {
                    shelf.keep_nobodys(place, epoch);
                }
            }
        });
        for number in 1..5_000 {
            *made.lock().unwrap() = number;
            shelf.change(&sample::key(SET, &text(number)));
            let place = shelf.place(SET, &text(number));
            // Whoever was in the middle of putting it away notices, and takes it back.
            let mut left = 1_000;
            while matches!(shelf.recall(&place), Recalled::Nobodys) {
                left -= 1;
                assert!(left > 0, "it stays nobody's");
                thread::yield_now();
            }
        }
        is_over.store(true, Ordering::Relaxed);
    });
}
