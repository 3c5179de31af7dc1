//! Many workers at once.

use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use futures_util::future::FutureExt;

use super::*;

const WORKERS: usize = 100;

/// Without a Redis there is nothing to wait for.
fn reserve(replay: &Replay, delivery: &Delivery) -> Reserved {
    replay.reserve(delivery).now_or_never().unwrap()
}

#[test]
fn one_of_a_hundred_workers_has_a_delivery() {
    let (replay, registry) = memory(1000, Full::Forget);
    for round in 0..50 {
        let (start, end) = (Barrier::new(WORKERS), Barrier::new(WORKERS));
        let won = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..WORKERS {
                scope.spawn(|| {
                    start.wait();
                    let reserved = reserve(&replay, &delivery(round));
                    // Nobody lets go before all have asked.
                    end.wait();
                    match reserved {
                        Reserved::New(reservation) => {
                            won.fetch_add(1, Ordering::Relaxed);
                            reservation.commit();
                        }
                        other => assert!(matches!(other, Reserved::Pending), "{other:?}"),
                    }
                });
            }
        });
        assert_eq!(won.into_inner(), 1);
        assert!(matches!(reserve(&replay, &delivery(round)), Reserved::Seen));
    }
    assert_eq!(
        metric(&registry, "sidegate_replay_total{result=\"new\"}"),
        50
    );
}

#[test]
fn delivery_that_is_released_again_and_again_is_accepted_once() {
    let (replay, _) = memory(100_000, Full::Forget);
    let accepted = AtomicUsize::new(0);
    thread::scope(|scope| {
        for worker in 0..WORKERS {
            let (replay, accepted) = (&replay, &accepted);
            scope.spawn(move || {
                for turn in 0..200_usize {
                    if let Reserved::New(reservation) = reserve(replay, &delivery(1)) {
                        match (turn + worker) % 150 {
                            149 => {
                                accepted.fetch_add(1, Ordering::Relaxed);
                                reservation.commit();
                            }
                            turn if turn % 2 == 0 => reservation.release(),
                            _ => drop(reservation),
                        }
                    }
                }
            });
        }
    });
    assert!(accepted.into_inner() <= 1);
}
