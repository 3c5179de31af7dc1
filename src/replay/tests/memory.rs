//! The life of a delivery in memory.

use tokio::time::advance;

use super::*;

const MOMENT: Duration = Duration::from_millis(2);

#[tokio::test(start_paused = true)]
async fn accepted_delivery_is_seen_until_its_end() {
    let (replay, _) = memory(10, Full::Forget);
    new(&replay, &delivery(1)).await.commit();
    assert_eq!(word(&replay, &delivery(1)).await, "seen");
    assert_eq!(word(&replay, &delivery(2)).await, "new");
    advance(KEEP - MOMENT).await;
    assert_eq!(word(&replay, &delivery(1)).await, "seen");
    advance(MOMENT).await;
    assert_eq!(word(&replay, &delivery(1)).await, "new");
}

#[tokio::test(start_paused = true)]
async fn delivery_in_flight_is_pending() {
    let (replay, registry) = memory(10, Full::Forget);
    let reservation = new(&replay, &delivery(1)).await;
    assert_eq!(word(&replay, &delivery(1)).await, "pending");
    assert_eq!(metric(&registry, "sidegate_replay_entries"), 1);
    reservation.release();
    assert_eq!(metric(&registry, "sidegate_replay_entries"), 0);
    assert_eq!(word(&replay, &delivery(1)).await, "new");
}

#[tokio::test(start_paused = true)]
async fn dropped_reservation_is_released() {
    let (replay, _) = memory(10, Full::Forget);
    drop(new(&replay, &delivery(1)).await);
    assert_eq!(word(&replay, &delivery(1)).await, "new");
}

#[tokio::test(start_paused = true)]
async fn reservation_that_took_too_long_is_taken_over() {
    let (replay, _) = memory(10, Full::Forget);
    let late = new(&replay, &delivery(1)).await;
    advance(PENDING - MOMENT).await;
    assert_eq!(word(&replay, &delivery(1)).await, "pending");
    advance(MOMENT).await;
    let taken = new(&replay, &delivery(1)).await;
    assert_eq!(
        word(&replay, &delivery(1)).await,
        "pending",
        "it is the other's"
    );
    drop(late);
    taken.release();
    assert_eq!(word(&replay, &delivery(1)).await, "new");
}

#[tokio::test(start_paused = true)]
async fn late_commit_counts_whatever_becomes_of_the_other() {
    for commits in [false, true] {
        let (replay, registry) = memory(10, Full::Forget);
        let late = new(&replay, &delivery(1)).await;
        advance(PENDING).await;
        let taken = new(&replay, &delivery(1)).await;
        late.commit();
        assert_eq!(word(&replay, &delivery(1)).await, "seen");
        match commits {
            true => taken.commit(),
            false => taken.release(),
        }
        assert_eq!(word(&replay, &delivery(1)).await, "seen");
        advance(KEEP).await;
        assert_eq!(word(&replay, &delivery(1)).await, "new");
        assert_eq!(metric(&registry, "sidegate_replay_entries"), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn late_release_does_not_let_go_what_another_has() {
    let (replay, _) = memory(10, Full::Forget);
    let late = new(&replay, &delivery(1)).await;
    advance(PENDING).await;
    let taken = new(&replay, &delivery(1)).await;
    late.release();
    assert_eq!(word(&replay, &delivery(1)).await, "pending");
    taken.commit();
    assert_eq!(word(&replay, &delivery(1)).await, "seen");
}

#[tokio::test(start_paused = true)]
async fn late_commit_counts_when_nobody_took_over() {
    let (replay, _) = memory(10, Full::Forget);
    let late = new(&replay, &delivery(1)).await;
    advance(PENDING * 2).await;
    late.commit();
    assert_eq!(word(&replay, &delivery(1)).await, "seen");
    let (late, again) = (new(&replay, &delivery(2)).await, PENDING);
    advance(again).await;
    new(&replay, &delivery(2)).await.release();
    late.commit();
    assert_eq!(
        word(&replay, &delivery(2)).await,
        "seen",
        "it was accepted all the same"
    );
}

#[tokio::test(start_paused = true)]
async fn full_memory_forgets_what_is_nearest_to_its_end() {
    let (replay, registry) = memory(3, Full::Forget);
    for (number, keep) in [(1, 30), (2, 10), (3, 20)] {
        let keep = Duration::from_secs(keep);
        let brief = Delivery {
            keep,
            ..delivery(number)
        };
        new(&replay, &brief).await.commit();
    }
    new(&replay, &delivery(4)).await.commit();
    assert_eq!(metric(&registry, "sidegate_replay_forgotten_total"), 1);
    assert_eq!(metric(&registry, "sidegate_replay_entries"), 3);
    for (number, wanted) in [(1, "seen"), (3, "seen"), (4, "seen")] {
        assert_eq!(word(&replay, &delivery(number)).await, wanted, "{number}");
    }
    assert_eq!(word(&replay, &delivery(2)).await, "new");
}

#[tokio::test(start_paused = true)]
async fn what_is_in_flight_is_never_forgotten() {
    let (replay, registry) = memory(2, Full::Forget);
    new(&replay, &delivery(1)).await.commit();
    let second = new(&replay, &delivery(2)).await;
    let third = new(&replay, &delivery(3)).await;
    assert_eq!(metric(&registry, "sidegate_replay_forgotten_total"), 1);
    assert_eq!(word(&replay, &delivery(2)).await, "pending");
    assert_eq!(word(&replay, &delivery(3)).await, "pending");
    assert_eq!(word(&replay, &delivery(4)).await, "unavailable");
    drop((second, third));
    assert_eq!(word(&replay, &delivery(4)).await, "new");
}

#[tokio::test(start_paused = true)]
async fn strict_memory_refuses_when_it_is_full() {
    let (replay, registry) = memory(2, Full::Refuse);
    new(&replay, &delivery(1)).await.commit();
    new(&replay, &delivery(2)).await.commit();
    assert_eq!(word(&replay, &delivery(3)).await, "unavailable");
    assert_eq!(word(&replay, &delivery(1)).await, "seen");
    assert_eq!(metric(&registry, "sidegate_replay_forgotten_total"), 0);
    advance(KEEP).await;
    assert_eq!(
        word(&replay, &delivery(3)).await,
        "new",
        "there is room again"
    );
}

#[tokio::test(start_paused = true)]
async fn what_has_ended_is_taken_out_unasked() {
    let (replay, registry) = memory(10, Full::Forget);
    for number in 0..5 {
        new(&replay, &delivery(number)).await.commit();
    }
    let running = tokio::spawn(replay.clone().run());
    tokio::time::sleep(KEEP + Duration::from_secs(2)).await;
    assert_eq!(metric(&registry, "sidegate_replay_entries"), 0);
    assert_eq!(replay.status().entries, 0);
    running.abort();
}

#[tokio::test(start_paused = true)]
async fn every_outcome_is_counted() {
    let (replay, registry) = memory(1, Full::Refuse);
    let reservation = new(&replay, &delivery(1)).await;
    word(&replay, &delivery(1)).await;
    word(&replay, &delivery(2)).await;
    reservation.commit();
    word(&replay, &delivery(1)).await;
    for (result, wanted) in [
        ("new", 1),
        ("pending", 1),
        ("seen", 1),
        ("unavailable", 1),
        ("local", 0),
    ] {
        let line = format!("sidegate_replay_total{{result=\"{result}\"}}");
        assert_eq!(metric(&registry, &line), wanted, "{result}");
    }
}

#[tokio::test(start_paused = true)]
async fn status_tells_how_full_it_is() {
    let (replay, _) = memory(1000, Full::Forget);
    new(&replay, &delivery(1)).await.commit();
    let status = replay.status();
    assert_eq!((status.entries, status.capacity), (1, 1000));
    assert_eq!(status.redis, None);
}
