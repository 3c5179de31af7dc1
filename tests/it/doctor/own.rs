//! sidegate's own proxy door is a front without holes.

use super::World;
use crate::support::gate::{Setup, sidegate};
use crate::support::h2::Certificate;
use crate::support::{Upstream, free_port};

#[test]
fn own_proxy_has_no_hole_and_everything_is_seen_from_the_apps_place() {
    let world = World::new();
    let gate = world.gate(world.app);
    let closed = format!("http://127.0.0.1:{}", free_port());
    let report = world.full(gate.address, &["--app", &closed, "--door", &closed]);
    report.assert_well_but(&["sidegate-down"]);
    // The header of every token of this issuer is the same.
    let token = world.token();
    let header = token.split('.').next().unwrap();
    assert!(!report.text.contains(header), "{}", report.lines);
}

#[test]
fn without_the_apps_place_what_cannot_be_seen_is_not_called_well() {
    let world = World::new();
    let app = Upstream::start();
    let gate = world.gate(app.address);
    let report = world.doctor(gate.address, &[]);
    report.assert_well_but(&[
        "credentials-removed",
        "direct-path",
        "door",
        "identity-headers",
        "sidegate-down",
        "stripped-headers",
        "webhook-body",
    ]);
    let (_, how) = &report.checks["stripped-headers"];
    assert!(how.contains("--as-app ADDRESS"), "{how}");
    // What came to the app was a GET of what is for everybody.
    for seen in app.seen() {
        assert_eq!(seen.method, "GET");
        assert!(
            seen.target.starts_with("/public/doctor-probe"),
            "{}",
            seen.target
        );
    }
}

#[test]
fn front_that_is_not_there_is_no_finding() {
    let world = World::new();
    let nobody = ([127, 0, 0, 1], free_port()).into();
    let report = world.doctor(nobody, &[]);
    assert_eq!(report.code, 4, "{}", report.text);
    assert!(report.text.contains("cannot connect"), "{}", report.text);
}

#[test]
fn dry_run_says_what_would_be_sent_and_sends_nothing() {
    let world = World::new();
    let app = Upstream::start();
    let gate = world.gate(app.address);
    let folder = tempfile::tempdir().unwrap();
    let policy = folder.path().join("policy.yaml");
    std::fs::write(&policy, &world.policy).unwrap();
    let output = sidegate()
        .args([
            "doctor",
            "--front",
            &format!("http://{}", gate.address),
            "--dry-run",
        ])
        .arg("--policy")
        .arg(&policy)
        .env("HUB_SECRET", super::SECRET)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("X-Original-URL: "), "{text}");
    assert!(
        text.contains("requests would be sent; nothing was"),
        "{text}"
    );
    assert_eq!((output.status.code(), app.connections()), (Some(0), 0));
}

#[test]
fn stopped_sidegate_leaves_nothing_to_pass() {
    let world = World::new();
    let mut gate = world.gate(world.app);
    let address = gate.address;
    gate.signal("TERM");
    gate.wait_for_end();
    // Nobody listens there any more: as a front it is not there at all.
    assert_eq!(world.doctor(address, &["--sidegate-down"]).code, 4);
}

#[test]
fn running_sidegate_is_noticed_where_it_should_be_stopped() {
    let world = World::new();
    let gate = world.gate(world.app);
    let app = world.app.to_string();
    let report = world.doctor(gate.address, &["--sidegate-down", "--as-app", &app]);
    let (result, detail) = &report.checks["sidegate-down"];
    assert_eq!(result, "not_checked", "{}", report.text);
    assert!(detail.contains("stop it first"), "{detail}");
}

#[test]
fn front_with_tls_is_probed_when_its_certificate_is_vouched_for() {
    let world = World::new();
    let certificate = Certificate::fresh();
    let listener =
        "listeners: [ { address: 127.0.0.1:0, tls: { certificate: tls.crt, key: tls.key } } ]\n";
    let gate = Setup::policy(&world.policy)
        .process(&format!("{listener}policy: policy.yaml\n"))
        .file("tls.crt", &certificate.certificate_pem)
        .file("tls.key", &certificate.key_pem)
        .env("HUB_SECRET", super::SECRET)
        .upstream_url(&format!("http://{}", world.app))
        .without_listen()
        .start();
    gate.wait_ready();
    let front = format!("https://localhost:{}", gate.address.port());
    let app = world.app.to_string();
    let authority = gate.folder().join("tls.crt");
    let known = ["--as-app", &app, "--ca", authority.to_str().unwrap()];
    for words in [&known[..], &["--as-app", &app, "--insecure"]] {
        let report = world.doctor_at(&front, words);
        assert_eq!(report.code, 0, "{}", report.lines);
        assert!(
            report.names("ok").contains(&"webhook-body"),
            "{}",
            report.lines
        );
    }
    let stranger = world.doctor_at(&front, &[]);
    assert_eq!(stranger.code, 4);
    assert!(stranger.text.contains("no TLS"), "{}", stranger.text);
}
