//! The memory is bounded, and says what a simple list would say.

use std::collections::HashMap;

use proptest::prelude::*;
use tokio::time::{Instant, advance};

use super::*;

#[derive(Debug, Clone)]
enum Step {
    /// Reserve this delivery, which is kept so many seconds once it is accepted.
    Reserve(u64, u64),
    /// Commit the reservation at this place, or release it.
    Commit(usize),
    Release(usize),
    /// Let so many seconds pass.
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..40_u64, 1..100_u64).prop_map(|(number, keep)| Step::Reserve(number, keep)),
        3 => (0..8_usize).prop_map(Step::Commit),
        2 => (0..8_usize).prop_map(Step::Release),
        1 => (1..50_u64).prop_map(Step::Wait),
    ]
}

/// What a list without a bound would say of a delivery.
enum Known {
    Pending(Instant),
    Done(Instant),
}

async fn walk(steps: &[Step], entries: usize, full: Full) {
    let (replay, registry) = memory(entries, full);
    let mut held: Vec<(u64, Duration, Reservation)> = Vec::new();
    let mut known: HashMap<u64, Known> = HashMap::new();
    for step in steps {
        match *step {
            Step::Wait(seconds) => advance(Duration::from_secs(seconds)).await,
            Step::Reserve(number, keep) => {
                let keep = Duration::from_secs(keep);
                let wanted = Delivery {
                    keep,
                    ..delivery(number)
                };
                let now = Instant::now();
                match replay.reserve(&wanted).await {
                    Reserved::New(reservation) => {
                        let forgets = metric(&registry, "sidegate_replay_forgotten_total") > 0;
                        match known.get(&number) {
                            Some(Known::Pending(end)) => assert!(*end <= now, "it is in flight"),
                            Some(Known::Done(end)) => {
                                assert!(*end <= now || forgets, "it was accepted");
                            }
                            None => {}
                        }
                        known.insert(number, Known::Pending(now + PENDING));
                        // Of two that hold it, the later one counts.
                        held.retain(|(other, _, _)| *other != number);
                        held.push((number, keep, reservation));
                    }
                    Reserved::Pending => {
                        assert!(matches!(known[&number], Known::Pending(end) if end > now));
                    }
                    Reserved::Seen => {
                        assert!(matches!(known[&number], Known::Done(end) if end > now));
                    }
                    Reserved::Unavailable => assert_eq!(replay.status().entries, entries),
                }
            }
            Step::Commit(place) if place < held.len() => {
                let (number, keep, reservation) = held.swap_remove(place);
                reservation.commit();
                known.insert(number, Known::Done(Instant::now() + keep));
            }
            Step::Release(place) if place < held.len() => {
                let (number, _, reservation) = held.swap_remove(place);
                reservation.release();
                known.remove(&number);
            }
            Step::Commit(_) | Step::Release(_) => {}
        }
        let now = replay.status().entries;
        assert!(now <= entries, "{now} of {entries}");
        assert_eq!(metric(&registry, "sidegate_replay_entries"), now as u64);
    }
    held.clear();
    advance(Duration::from_secs(1000)).await;
    word(&replay, &delivery(0)).await;
    assert_eq!(replay.status().entries, 0, "everything ends");
}

proptest! {
    #[test]
    fn memory_never_holds_more_than_its_bound(
        steps in prop::collection::vec(step(), 1..200),
        entries in 1..20_usize,
        strict in any::<bool>(),
    ) {
        let full = if strict { Full::Refuse } else { Full::Forget };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(walk(&steps, entries, full));
    }
}

#[tokio::test(start_paused = true)]
async fn parts_together_hold_exactly_the_bound() {
    for entries in [1, 4095, 8193, 100_003] {
        let (replay, registry) = memory(entries, Full::Forget);
        for number in 0..entries as u64 * 2 {
            new(&replay, &delivery(number)).await.commit();
        }
        assert_eq!(replay.status().entries, entries);
        let forgotten = metric(&registry, "sidegate_replay_forgotten_total");
        assert_eq!(forgotten, entries as u64);
    }
}
