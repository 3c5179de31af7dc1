//! What survives a restart.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jsonwebtoken::Algorithm::ES256;
use serde_json::{Value, json};

use super::super::{Missing, Origin, Settings};
use super::support::{Issuer, Reply, hasty, p256, running, set, source, until};

fn kept_in(folder: &Path) -> Settings {
    Settings {
        cache_dir: Some(folder.join("sets")),
        ..hasty()
    }
}

fn copies(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder.join("sets")).into_iter().flatten();
    entries.map(|entry| entry.unwrap().path()).collect()
}

/// Lets a key set be fetched and written once; the issuer is down afterwards.
async fn issuer_that_was(folder: &Path) -> Issuer {
    let issuer = Issuer::start().await;
    let mut key = p256("a");
    key["d"] = json!("verysecret");
    issuer.json("/keys", &set(&[key]));
    let keys = running(kept_in(folder)).subscribe(source(issuer.keys_url()));
    keys.candidates(Some("a"), ES256).await.unwrap();
    until("a copy", || {
        copies(folder).len() == 1 && copies(folder)[0].extension().unwrap() == "json"
    })
    .await;
    drop(keys);
    issuer.on("/keys", Reply::Down);
    // What is under way may still write.
    tokio::time::sleep(Duration::from_millis(100)).await;
    issuer
}

fn change(folder: &Path, change: impl Fn(&mut Value)) {
    let path = copies(folder).remove(0);
    let mut content = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    change(&mut content);
    fs::write(&path, content.to_string()).unwrap();
}

#[tokio::test]
async fn copy_serves_after_a_restart_while_the_issuer_is_down() {
    let folder = tempfile::tempdir().unwrap();
    let issuer = issuer_that_was(folder.path()).await;
    change(folder.path(), |content| {
        let then = content["fetched_at"].as_u64().unwrap() - 3600;
        content["fetched_at"] = json!(then);
    });
    let sets = running(kept_in(folder.path()));
    let keys = sets.subscribe(source(issuer.keys_url()));
    assert!(keys.is_ready(), "before anything was fetched");
    assert!(keys.candidates(Some("a"), ES256).await.is_ok());
    until("a failure", || sets.status()[0].failures > 0).await;
    assert!(keys.candidates(Some("a"), ES256).await.is_ok());
    assert!(sets.status()[0].age.unwrap() >= Duration::from_secs(3600));
}

#[tokio::test]
async fn copy_that_is_too_old_or_broken_does_not_serve() {
    let folder = tempfile::tempdir().unwrap();
    let issuer = issuer_that_was(folder.path()).await;
    let good = fs::read(&copies(folder.path())[0]).unwrap();
    let changes: [fn(&mut Value); 5] = [
        |content| content["fetched_at"] = json!(1_000_000),
        |content| content["fetched_at"] = json!(99_999_999_999_u64),
        |content| content["origin"] = json!("url https://other.example http=false"),
        |content| content["set"] = json!({ "keys": [] }),
        |content| *content = json!("{"),
    ];
    for (index, broken) in changes.into_iter().enumerate() {
        change(folder.path(), broken);
        let keys = running(kept_in(folder.path())).subscribe(source(issuer.keys_url()));
        assert!(!keys.is_ready(), "change {index}");
        let missing = keys.candidates(Some("a"), ES256).await.unwrap_err();
        assert_eq!(missing, Missing::Unavailable);
        fs::write(&copies(folder.path())[0], &good).unwrap();
    }
}

#[tokio::test]
async fn copy_serves_only_its_own_origin() {
    let folder = tempfile::tempdir().unwrap();
    let issuer = issuer_that_was(folder.path()).await;
    let sets = running(kept_in(folder.path()));
    let other = Origin::Url(format!("{}/keys2", issuer.url));
    assert!(!sets.subscribe(source(other)).is_ready());
    let mut insecure = source(issuer.keys_url());
    insecure.allow_http = true;
    assert!(!sets.subscribe(insecure).is_ready());
}

#[tokio::test]
async fn copy_holds_nothing_private() {
    let folder = tempfile::tempdir().unwrap();
    issuer_that_was(folder.path()).await;
    let text = fs::read_to_string(&copies(folder.path())[0]).unwrap();
    assert!(text.contains("\"kid\":\"a\"") && !text.contains("verysecret"));
}
