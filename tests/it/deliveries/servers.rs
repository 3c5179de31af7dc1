//! How servers are reached: passwords, TLS, none at all.

use rcgen::{CertificateParams, KeyPair};

use super::*;

fn trouble(replica: &Replica) -> String {
    let redis = replica.replay.status().redis.unwrap();
    redis.last_error.unwrap_or_default()
}

#[test]
fn password_is_shown_to_the_server_and_to_nobody_else() {
    let redis = Redis::with_password("hunter2");
    let bare = redis.url();
    let with = |user: &str| bare.replace("://", &format!("://{user}@"));
    let good = settings(&with(":hunter2"), None, Outage::Deny);
    assert!(!format!("{good:?}").contains("hunter2"));
    let replica = Replica::of(&good);
    replica.wait_reachable();
    assert_eq!(replica.word(&delivery(1)), "new");
    for url in [bare.clone(), with(":wrong-one"), with("nobody:hunter2")] {
        let replica = Replica::of(&settings(&url, None, Outage::Deny));
        assert_eq!(replica.word(&delivery(1)), "unavailable", "{url}");
        eventually("it is told why", || !trouble(&replica).is_empty());
        let told = trouble(&replica);
        assert!(
            !told.contains("hunter2") && !told.contains("wrong-one"),
            "{told}"
        );
    }
}

#[test]
fn server_has_to_show_a_certificate_that_is_trusted() {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    let certificate = certificate.self_signed(&key).unwrap().pem();
    let redis = Redis::with_tls(&certificate, &key.serialize_pem());
    let folder = tempfile::tempdir().unwrap();
    let ca_file = folder.path().join("ca.pem");
    std::fs::write(&ca_file, &certificate).unwrap();
    let trusting = Replica::of(&settings(&redis.url(), Some(ca_file), Outage::Deny));
    trusting.wait_reachable();
    trusting.new_one(&delivery(1)).commit();
    trusting.flush();
    assert_eq!(trusting.word(&delivery(1)), "seen");

    let doubting = Replica::of(&settings(&redis.url(), None, Outage::Deny));
    assert_eq!(doubting.word(&delivery(2)), "unavailable");
    eventually("it is told why", || {
        trouble(&doubting).contains("certificate")
    });
    let plain = redis.url().replace("rediss:", "redis:");
    let plain = Replica::of(&settings(&plain, None, Outage::Deny));
    assert_eq!(plain.word(&delivery(2)), "unavailable");
}

#[test]
fn server_that_was_never_there_is_waited_for() {
    let redis = Redis::start();
    redis.kill();
    let replica = Replica::of(&settings(&redis.url(), None, Outage::Deny));
    assert_eq!(replica.word(&delivery(1)), "unavailable");
    eventually("it is told why", || {
        trouble(&replica).contains("no connection to Redis")
    });
    redis.restart();
    replica.wait_reachable();
    assert_eq!(replica.word(&delivery(1)), "new");
}

#[test]
fn end_of_the_process_waits_until_everything_is_told() {
    let redis = Redis::start();
    let mut replica = Replica::at(&redis, Outage::Deny);
    for number in 0..500 {
        replica.new_one(&delivery(number)).commit();
    }
    let flushed = replica.replay.clone();
    replica
        .worker
        .block_on(async { tokio::time::timeout(Duration::from_secs(10), flushed.flush()).await })
        .unwrap();
    replica.die();
    let other = Replica::at(&redis, Outage::Deny);
    for number in 0..500 {
        assert_eq!(other.word(&delivery(number)), "seen", "{number}");
    }
}
