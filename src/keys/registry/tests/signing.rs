//! Secrets that holders of keys sign with.

use std::sync::Arc;

use super::{ANY, field};
use crate::keys::house::{DAY, House, at, set};
use crate::keys::{NewKey, Registry, Rotation, Sealer};
use crate::secret::Secret;

fn sealing(house: &House) -> Registry {
    let secret = Secret::new(b"0123456789abcdef0123456789abcdef".to_vec());
    let sealer = Sealer::new(&[secret]).unwrap();
    house.registry.clone().sealing(Some(Arc::new(sealer)))
}

fn signing() -> NewKey {
    NewKey {
        name: "monitor".to_owned(),
        signing: true,
        ..NewKey::default()
    }
}

#[tokio::test]
async fn signing_secret_is_shown_once_and_kept_encrypted() {
    let house = House::new().await;
    let registry = sealing(&house);
    let set = set("partners", Some("cflo_"));
    let made = registry.make(&set, signing(), "a", at(0)).await.unwrap();
    let secret = made.signing.unwrap();
    assert!(secret.expose().starts_with(b"whsec_"));
    assert!(!house.holds(secret.expose()));
    let kept = registry.show(&made.key.id, ANY).await.unwrap().key;
    assert_eq!(kept, made.key);
    assert!(kept.generations[0].signing.is_some());
}

#[tokio::test]
async fn rotation_renews_the_signing_secret_of_a_key_that_has_one() {
    let house = House::new().await;
    let registry = sealing(&house);
    let sets = [set("partners", Some("cflo_"))];
    let first = registry
        .make(&sets[0], signing(), "a", at(0))
        .await
        .unwrap();
    let id = &*first.key.id;
    let second = registry
        .rotate(&sets, id, DAY, ANY, "a", at(1))
        .await
        .unwrap();
    let (old, new) = (first.signing.unwrap(), second.signing.unwrap());
    assert!(!old.matches(new.expose()));
    // The former text keeps its own.
    assert_eq!(
        second.key.generations[1].signing,
        first.key.generations[0].signing
    );
}

#[tokio::test]
async fn rotation_gives_a_signing_secret_only_where_one_is_wanted() {
    let house = House::new().await;
    let registry = sealing(&house);
    let sets = [set("partners", Some("cflo_"))];
    let plain = NewKey {
        signing: false,
        ..signing()
    };
    let made = registry.make(&sets[0], plain, "a", at(0)).await.unwrap();
    assert!(made.signing.is_none());
    let id = &*made.key.id;
    let again = registry.rotate(&sets, id, DAY, ANY, "a", at(1)).await;
    assert!(again.unwrap().signing.is_none());
    let wanted = Rotation {
        grace: DAY,
        signing: true,
    };
    let again = registry.rotate(&sets, id, wanted, ANY, "a", at(2)).await;
    assert!(again.unwrap().signing.is_some());
}

#[tokio::test]
async fn without_an_encryption_key_no_signing_secret_is_made() {
    let house = House::new().await;
    let set = set("partners", Some("cflo_"));
    let made = house.registry.make(&set, signing(), "a", at(0)).await;
    assert_eq!(field(made), "signing_secret");
    let listed = signing().made(&set, "a", at(0));
    assert_eq!(field(listed), "signing_secret");
}
