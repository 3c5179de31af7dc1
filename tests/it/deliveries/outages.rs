//! What happens while Redis does not answer, and after.

use super::*;

/// Within how long everything is as before, once Redis is back.
const BACK: Duration = Duration::from_secs(1);

/// Waits until something holds, and fails when that takes longer than recovering may.
fn back(what: &str, mut holds: impl FnMut() -> bool) {
    let (time, ()) = took(|| eventually(what, &mut holds));
    assert!(time < BACK + SLACK, "{what} took {time:?}");
}

#[test]
fn killed_redis_refuses_deliveries_at_once() {
    let redis = Redis::start();
    let replica = Replica::at(&redis, Outage::Deny);
    replica.new_one(&delivery(1)).commit();
    replica.flush();
    redis.kill();
    for number in 0..20 {
        let (time, word) = took(|| replica.word(&delivery(number)));
        assert_eq!(word, "unavailable");
        assert!(time < TIMEOUT + SLACK, "{time:?}");
    }
    eventually("it is noticed", || !replica.is_reachable());
    let (time, word) = took(|| replica.word(&delivery(1)));
    assert_eq!(word, "unavailable");
    assert!(time < TIMEOUT, "nobody waits any more: {time:?}");
    assert_eq!(replica.metric("sidegate_replay_redis_up"), 0.0);
    assert_eq!(replica.counted("unavailable"), 21.0);
    let status = replica.replay.status().redis.unwrap();
    assert!(status.last_error.is_some() && status.outage == Outage::Deny);
    redis.restart();
    back("deliveries pass again", || {
        replica.word(&delivery(2)) == "new"
    });
    assert!(replica.is_reachable());
}

#[test]
fn without_redis_a_replica_may_go_by_what_it_has_seen_itself() {
    let redis = Redis::start();
    let one = Replica::at(&redis, Outage::Local);
    let other = Replica::at(&redis, Outage::Local);
    one.new_one(&delivery(1)).commit();
    one.flush();
    redis.kill();
    eventually("it is noticed", || !one.is_reachable());
    assert_eq!(one.reserve_word(&delivery(1)), "seen", "it saw that before");
    one.new_one(&delivery(2)).commit();
    assert_eq!(one.reserve_word(&delivery(2)), "seen");
    let held = one.new_one(&delivery(3));
    assert_eq!(one.reserve_word(&delivery(3)), "pending");
    drop(held);
    assert_eq!(one.counted("local"), 2.0);
    redis.restart();
    back("Redis is reached", || {
        one.is_reachable() && other.is_reachable()
    });
    // What was accepted in the meantime is told, as far as it was accepted here.
    one.flush();
    assert_eq!(other.word(&delivery(2)), "seen");
    assert_eq!(other.word(&delivery(3)), "new");
    assert_eq!(one.word(&delivery(1)), "seen", "though Redis has lost it");
}

#[test]
fn paused_redis_holds_nobody_for_longer_than_the_timeout() {
    let redis = Redis::start();
    for outage in [Outage::Deny, Outage::Local] {
        let replica = Replica::at(&redis, outage);
        let wanted = match outage {
            Outage::Deny => "unavailable",
            Outage::Local => "new",
        };
        redis.pause();
        for number in 0..10 {
            let (time, word) = took(|| replica.reserve_word(&delivery(number)));
            assert_eq!(word, wanted);
            assert!(time < TIMEOUT + SLACK, "{time:?}");
        }
        eventually("it is noticed", || !replica.is_reachable());
        let (time, _) = took(|| replica.reserve_word(&delivery(1)));
        assert!(time < TIMEOUT, "nobody waits any more: {time:?}");
        redis.resume();
        back("Redis is reached", || replica.is_reachable());
        // What timed out was noted after all, and is let go.
        back("deliveries pass again", || {
            replica.word(&delivery(0)) == "new"
        });
    }
}

#[test]
fn server_that_refuses_is_an_outage() {
    let redis = Redis::start();
    let denying = Replica::at(&redis, Outage::Deny);
    let local = Replica::at(&redis, Outage::Local);
    let (small, large) = ("CONFIG SET maxmemory 1", "CONFIG SET maxmemory 0");
    let (replica, primary) = ("REPLICAOF 127.0.0.1 1", "REPLICAOF NO ONE");
    for (number, (trouble, mended)) in [(1, (small, large)), (2, (replica, primary))] {
        assert_eq!(redis.say(trouble), "+OK");
        assert_eq!(denying.reserve_word(&delivery(number)), "unavailable");
        let kept = local.new_one(&delivery(number));
        kept.commit();
        assert_eq!(redis.say(mended), "+OK");
        back("Redis takes changes again", || {
            denying.reserve_word(&delivery(number + 100)) == "new"
        });
        local.flush();
        assert_eq!(denying.word(&delivery(number)), "seen", "it was told later");
    }
    let refused = "sidegate_replay_redis_failures_total{reason=\"refused\"}";
    assert!(denying.metric(refused) >= 2.0);
    assert!(local.counted("local") >= 2.0);
}

#[test]
fn restart_that_loses_everything_lets_a_delivery_pass_once_more() {
    let redis = Redis::start();
    let replica = Replica::at(&redis, Outage::Deny);
    replica.new_one(&delivery(1)).commit();
    replica.flush();
    redis.restart();
    back("deliveries pass again", || {
        replica.word(&delivery(1)) == "new"
    });
}

#[test]
fn commit_while_redis_is_away_is_told_when_it_is_back() {
    let redis = Redis::start();
    let replica = Replica::at(&redis, Outage::Deny);
    let held = replica.new_one(&delivery(1));
    redis.kill();
    held.commit();
    assert_eq!(replica.replay.status().redis.unwrap().waiting, 1);
    redis.restart();
    replica.flush();
    assert_eq!(replica.word(&delivery(1)), "seen");
}

#[test]
fn too_much_for_a_redis_that_is_gone_is_counted() {
    let redis = Redis::start();
    let replica = Replica::at(&redis, Outage::Local);
    redis.kill();
    eventually("it is noticed", || !replica.is_reachable());
    for number in 0..10_000 {
        replica.new_one(&delivery(number)).commit();
    }
    let unsettled = replica.metric("sidegate_replay_redis_unsettled_total");
    assert!((1_000.0..=1_808.0).contains(&unsettled), "{unsettled}");
    assert_eq!(
        replica.reserve_word(&delivery(9_999)),
        "seen",
        "here it is known"
    );
}

impl Replica {
    /// Like [`Replica::word`], without waiting until Redis has heard of it.
    fn reserve_word(&self, delivery: &Delivery) -> &'static str {
        match self.reserve(delivery) {
            Reserved::New(_) => "new",
            Reserved::Pending => "pending",
            Reserved::Seen => "seen",
            Reserved::Unavailable => "unavailable",
        }
    }
}
