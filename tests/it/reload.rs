//! The policy is swapped whole, or not at all, and no request notices.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::client::Connection;
use crate::support::gate::Setup;
use crate::support::{Call, Gate, Upstream, eventually};

/// A policy that says its name twice: in a header, and by which of two paths is open.
fn policy(name: &str) -> String {
    format!(
        "identity_headers: {{ X-Policy: {name} }}\n\
         routes:\n  - {{ path: /{name}, public: true }}\n  - {{ path: /both, public: true }}\n"
    )
}

const BROKEN: &str = "routes:\n  - { path: /a, publik: true }\n";

fn house(first: &str) -> (Gate, Upstream) {
    let upstream = Upstream::start();
    (Gate::start(first, &upstream), upstream)
}

fn answers(gate: &Gate, path: &str) -> bool {
    gate.get(path).send().status == 200
}

/// How many reloads ended in this way, as the metrics count them.
fn reload_failures(gate: &Gate) -> f64 {
    gate.metric("sidegate_reloads_total", &["failure"])
}

#[test]
fn changed_file_is_noticed() {
    let (gate, _upstream) = house(&policy("one"));
    assert!(answers(&gate, "/one") && !answers(&gate, "/two"));
    gate.replace_policy(&policy("two"));
    eventually("the new policy is in force", || answers(&gate, "/two"));
    assert!(!answers(&gate, "/one"));
}

#[test]
fn file_written_in_place_is_noticed() {
    let (gate, _upstream) = house(&policy("one"));
    std::fs::write(gate.folder().join("policy.yaml"), policy("two")).unwrap();
    eventually("the new policy is in force", || answers(&gate, "/two"));
}

#[test]
fn removed_rule_is_gone_at_once() {
    let (gate, upstream) = house(&policy("one"));
    gate.replace_policy(&policy("two"));
    eventually("the new policy is in force", || answers(&gate, "/two"));
    upstream.forget();
    gate.get("/one").send().assert_refused(403, "NO_ROUTE");
    assert_eq!(upstream.count(), 0);
}

/// The way Kubernetes updates a ConfigMap: `policy.yaml -> ..data/policy.yaml`, `..data -> folder`,
/// and a rename that puts another `..data` in place.
fn swap_config_map(folder: &Path, generation: &str, text: &str) {
    let data = folder.join(generation);
    std::fs::create_dir(&data).unwrap();
    std::fs::write(data.join("policy.yaml"), text).unwrap();
    symlink(generation, folder.join("..data_tmp")).unwrap();
    std::fs::rename(folder.join("..data_tmp"), folder.join("..data")).unwrap();
}

#[test]
fn config_map_is_noticed_on_every_swap() {
    let upstream = Upstream::start();
    let volume = tempfile::tempdir().unwrap();
    swap_config_map(volume.path(), "..1", &policy("one"));
    let file = volume.path().join("policy.yaml");
    symlink("..data/policy.yaml", &file).unwrap();
    let gate = Setup::policy("")
        .policy_file(file)
        .upstream(&upstream)
        .start();
    assert!(answers(&gate, "/one"));
    for (generation, name) in [("..2", "two"), ("..3", "three"), ("..4", "four")] {
        swap_config_map(volume.path(), generation, &policy(name));
        let path = format!("/{name}");
        eventually("the swap is noticed", || answers(&gate, &path));
    }
}

#[test]
fn hangup_reloads() {
    let (gate, _upstream) = house(&policy("one"));
    gate.replace_policy(&policy("two"));
    gate.signal("HUP");
    eventually("the new policy is in force", || answers(&gate, "/two"));
}

#[test]
fn admin_listener_reloads_and_says_how_it_went() {
    let (gate, _upstream) = house(&policy("one"));
    gate.replace_policy(&policy("two"));
    let reload = || Call::new(gate.admin, "POST", "/reload").body("").send();
    assert_eq!(reload().status, 200);
    assert!(answers(&gate, "/two"));
    gate.replace_policy(BROKEN);
    let answer = reload();
    assert!((400..500).contains(&answer.status), "{}", answer.status);
    assert!(answer.text().contains("publik"), "{}", answer.text());
    assert!(answers(&gate, "/two"));
}

#[test]
fn broken_file_changes_nothing_and_shows() {
    let (gate, _upstream) = house(&policy("one"));
    gate.replace_policy(BROKEN);
    eventually("the failure is counted", || reload_failures(&gate) >= 1.0);
    assert!(answers(&gate, "/one"));
    assert!(
        gate.output.contain("policy.yaml:2:"),
        "{}",
        gate.output.text()
    );
    assert!(
        gate.status().to_string().contains("publik"),
        "{}",
        gate.status()
    );
    gate.replace_policy(&policy("two"));
    eventually("the mended file is in force", || answers(&gate, "/two"));
    assert!(
        !gate.status().to_string().contains("publik"),
        "{}",
        gate.status()
    );
}

#[test]
fn file_that_vanishes_changes_nothing() {
    let (gate, _upstream) = house(&policy("one"));
    std::fs::remove_file(gate.folder().join("policy.yaml")).unwrap();
    thread::sleep(Duration::from_millis(700));
    assert!(answers(&gate, "/one"));
    std::fs::write(gate.folder().join("policy.yaml"), policy("two")).unwrap();
    eventually("the file is back", || answers(&gate, "/two"));
}

#[test]
fn broken_file_at_start_is_refused() {
    let (code, said) = Setup::policy(BROKEN).upstream(&Upstream::start()).refusal();
    assert_eq!(code, 3, "{said}");
    assert!(
        said.contains("policy.yaml:2:") && said.contains("public"),
        "{said}"
    );
}

/// Asks for `/both` until told to stop; every answer must be good and of one policy.
fn load(gate: &Gate, stop: &Arc<AtomicBool>) -> thread::JoinHandle<usize> {
    let (address, stop) = (gate.address, Arc::clone(stop));
    thread::spawn(move || {
        let mut connection = Connection::open(address);
        let mut sent = 0;
        while !stop.load(Ordering::Relaxed) {
            let answer = connection.send(&Call::new(address, "GET", "/both"));
            assert_eq!(answer.status, 200, "request {sent}: {}", answer.text());
            sent += 1;
        }
        sent
    })
}

/// Issue 2: a reload every 100 ms for 20 s, a third of the files broken.
#[test]
fn reload_under_load_loses_no_request_and_mixes_no_policies() {
    let (gate, upstream) = house(&policy("one"));
    let stop = Arc::new(AtomicBool::new(false));
    let callers = [load(&gate, &stop), load(&gate, &stop), load(&gate, &stop)];
    let end = Instant::now() + Duration::from_secs(20);
    for turn in 0.. {
        if Instant::now() > end {
            break;
        }
        match turn % 3 {
            0 => gate.replace_policy(&paired("one")),
            1 => gate.replace_policy(&paired("two")),
            _ => gate.replace_policy(BROKEN),
        }
        gate.signal("HUP");
        thread::sleep(Duration::from_millis(100));
    }
    stop.store(true, Ordering::Relaxed);
    let sent: usize = callers.map(|caller| caller.join().unwrap()).iter().sum();
    assert!(sent > 1000, "only {sent} requests");
    let seen = upstream.seen();
    assert_eq!(seen.len(), sent);
    let swaps = gate.metric("sidegate_reloads_total", &["success"]);
    assert!(
        swaps > 20.0 && reload_failures(&gate) > 20.0,
        "only {swaps} swaps"
    );
    for seen in seen {
        let (first, second) = (seen.header("x-policy"), seen.header("x-policy-again"));
        assert!(
            second.is_none() || first == second,
            "{first:?} with {second:?}"
        );
    }
}

/// A policy that says its name in two headers.
fn paired(name: &str) -> String {
    policy(name).replace(
        &format!("X-Policy: {name}"),
        &format!("X-Policy: {name}, X-Policy-Again: {name}"),
    )
}
