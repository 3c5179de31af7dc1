//! What replicas tell each other.

use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

#[test]
fn replicas_share_what_they_have_seen() {
    let redis = Redis::start();
    let (one, other) = (
        Replica::at(&redis, Outage::Deny),
        Replica::at(&redis, Outage::Deny),
    );
    let reservation = one.new_one(&delivery(1));
    assert_eq!(one.word(&delivery(1)), "pending");
    assert_eq!(other.word(&delivery(1)), "pending");
    reservation.commit();
    one.flush();
    assert_eq!(one.word(&delivery(1)), "seen");
    assert_eq!(other.word(&delivery(1)), "seen");
    one.new_one(&delivery(2)).release();
    one.flush();
    assert_eq!(other.word(&delivery(2)), "new");
    drop(one.new_one(&delivery(3)));
    one.flush();
    assert_eq!(other.word(&delivery(3)), "new", "dropped is released");
    assert_eq!(one.metric("sidegate_replay_redis_up"), 1.0);
    assert!(one.metric("sidegate_replay_redis_seconds_count") >= 5.0);
    assert_eq!(one.metric("sidegate_replay_redis_unsettled_total"), 0.0);
}

#[test]
fn keys_say_nothing_but_the_webhook_and_a_digest_and_they_end() {
    let redis = Redis::start();
    let replica = Replica::at(&redis, Outage::Deny);
    let held = replica.new_one(&delivery(1));
    let key = "sidegate:replay:{github}:00000000000000010909090909090909";
    let left = |key: &str| {
        let answer = redis.say(&format!("PTTL {key}"));
        answer.trim_start_matches(':').parse::<u64>().unwrap()
    };
    assert!((29_000..=30_000).contains(&left(key)), "{}", left(key));
    held.commit();
    replica.flush();
    assert_eq!(redis.say(&format!("GET {key}")), "$4\r\ndone");
    assert!((599_000..=600_000).contains(&left(key)), "{}", left(key));
    assert_eq!(redis.say("DBSIZE"), ":1");
}

#[test]
fn one_of_a_hundred_workers_of_two_replicas_has_a_delivery() {
    let redis = Redis::start();
    let replicas = [
        Replica::at(&redis, Outage::Deny),
        Replica::at(&redis, Outage::Local),
    ];
    for round in 0..5 {
        let start = Barrier::new(100);
        let end = Barrier::new(100);
        let won = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for worker in 0..100 {
                let replay = replicas[worker % 2].replay.clone();
                let (start, end, won) = (&start, &end, &won);
                scope.spawn(move || {
                    start.wait();
                    let reserved = runtime().block_on(replay.reserve(&delivery(round)));
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
        replicas.iter().for_each(Replica::flush);
        for replica in &replicas {
            assert_eq!(replica.word(&delivery(round)), "seen");
        }
    }
}

#[test]
fn reservation_of_a_process_that_died_ends() {
    let redis = Redis::start();
    let mut dying = Replica::at(&redis, Outage::Deny);
    let other = Replica::at(&redis, Outage::Deny);
    let delivery = brief(1, Duration::from_millis(700));
    let held = dying.new_one(&delivery);
    dying.die();
    drop(held);
    assert_eq!(other.word(&delivery), "pending");
    eventually("it may come again", || other.word(&delivery) == "new");
}

#[test]
fn late_release_leaves_alone_what_another_has_and_late_commit_counts() {
    let redis = Redis::start();
    let (one, other) = (
        Replica::at(&redis, Outage::Deny),
        Replica::at(&redis, Outage::Deny),
    );
    let short = Duration::from_millis(50);
    for (number, commits) in [(1, true), (2, false)] {
        let late = one.new_one(&brief(number, short));
        std::thread::sleep(short * 2);
        let taken = other.new_one(&delivery(number));
        if commits {
            late.commit();
        } else {
            late.release();
        }
        one.flush();
        if commits {
            // It was accepted: that the other's was not does not undo it.
            assert_eq!(one.word(&delivery(number)), "seen");
            taken.release();
        } else {
            assert_eq!(one.word(&delivery(number)), "pending");
            taken.commit();
        }
        other.flush();
        assert_eq!(one.word(&delivery(number)), "seen");
    }
    // A release that comes too late is not even told: Redis has forgotten it by itself.
    assert_eq!(one.metric("sidegate_replay_redis_unsettled_total"), 0.0);
}

#[test]
fn commit_of_a_reservation_that_ended_counts_when_nobody_took_over() {
    let redis = Redis::start();
    let replica = Replica::at(&redis, Outage::Deny);
    let short = Duration::from_millis(50);
    let late = replica.new_one(&brief(1, short));
    std::thread::sleep(short * 2);
    late.commit();
    replica.flush();
    assert_eq!(replica.word(&delivery(1)), "seen");
}

#[test]
fn scripts_survive_a_server_that_has_lost_them() {
    let redis = Redis::start();
    let replica = Replica::at(&redis, Outage::Deny);
    for number in 0..3 {
        let (kept, let_go) = (
            replica.new_one(&delivery(number)),
            replica.new_one(&delivery(number + 100)),
        );
        assert_eq!(redis.say("SCRIPT FLUSH"), "+OK");
        kept.commit();
        let_go.release();
        replica.flush();
        assert_eq!(replica.word(&delivery(number)), "seen");
        assert_eq!(replica.word(&delivery(number + 100)), "new");
    }
    assert_eq!(replica.metric("sidegate_replay_redis_unsettled_total"), 0.0);
}

#[test]
fn caller_who_leaves_while_redis_is_asked_leaves_nothing_behind() {
    let redis = Redis::start();
    let replica = Replica::at(&redis, Outage::Deny);
    redis.pause();
    let gone = replica.worker.block_on(async {
        let delivery = delivery(1);
        let asked = replica.replay.reserve(&delivery);
        tokio::time::timeout(Duration::from_millis(20), asked).await
    });
    assert!(gone.is_err());
    redis.resume();
    replica.flush();
    assert_eq!(replica.word(&delivery(1)), "new");
}
