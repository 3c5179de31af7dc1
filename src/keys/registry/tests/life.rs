//! Keys from their making to their end.

use std::time::Duration;

use super::log::Log;
use super::{ANY, field};
use crate::keys::house::{DAY, House, at, set, wish};
use crate::keys::registry::Error;
use crate::keys::{KeySet, Shape, digest};
use crate::model::KeyHash;
use crate::store::Lookup;

#[tokio::test]
async fn key_lives_from_making_to_revocation() {
    let house = House::new().await;
    let sets = [set("partners", Some("cflo_"))];
    let made = house
        .registry
        .make(&sets[0], wish("ci"), "cli:a", at(0))
        .await;
    let made = made.unwrap();
    let format = sets[0].format.as_ref().unwrap();
    assert_eq!(format.shape(made.text.expose()), Shape::Ours);
    let kept = house.registry.show(&made.key.id, ANY).await.unwrap();
    assert_eq!((&kept.key, kept.uses), (&made.key, 0));
    let hash = KeyHash::Sha256(digest(made.text.expose()));
    assert_eq!(kept.key.generations[0].hash, hash);
    assert_eq!(
        kept.key.generations[0].start,
        Box::<str>::from(format!("cflo_{}", made.key.id))
    );

    let (id, registry) = (&made.key.id, &house.registry);
    let turned = registry
        .rotate(&sets, id, DAY, ANY, "cli:b", at(60))
        .await
        .unwrap();
    assert_eq!(&turned.key.id, id);
    assert!(turned.text.expose() != made.text.expose());
    let kept = registry.show(id, ANY).await.unwrap().key;
    assert_eq!(kept, turned.key);
    // Both texts lead to the key while the grace lasts.
    for text in [&made.text, &turned.text] {
        let found = Lookup::Digest(&digest(text.expose()));
        let found = house.store.find("partners", found).await.unwrap();
        assert_eq!(found, std::slice::from_ref(&kept));
    }
    let generations: Vec<_> = kept
        .generations
        .iter()
        .map(|it| (it.number, it.ends_at))
        .collect();
    assert_eq!(generations, [(2, None), (1, Some(at(60) + DAY))]);

    let ended = registry.revoke(id, ANY, "cli:c", at(120)).await.unwrap();
    assert_eq!(ended.revoked_at, Some(at(120)));
    // Once more changes nothing.
    assert_eq!(
        registry.revoke(id, ANY, "cli:d", at(180)).await.unwrap(),
        ended
    );
    let over = registry.rotate(&sets, id, DAY, ANY, "cli:b", at(240)).await;
    assert_eq!(over.unwrap_err(), Error::Over("it was revoked"));

    let audit = registry.audit(Some(id), 10).await.unwrap();
    let told: Vec<_> = audit
        .iter()
        .map(|it| (&*it.action, &*it.by, it.at))
        .collect();
    let expected = [
        ("revoke", "cli:c", at(120)),
        ("rotate", "cli:b", at(60)),
        ("create", "cli:a", at(0)),
    ];
    assert_eq!(told, expected);
    assert_eq!(audit[2].detail["scopes"][0], "alerts:read");
    assert_eq!(audit[1].detail["grace_seconds"], 86_400);
    assert!(audit.iter().all(|it| it.tenant.as_deref() == Some("acme")));
}

#[tokio::test]
async fn text_is_nowhere_but_in_the_hands_of_its_maker() {
    let house = House::new().await;
    let sets = [set("partners", Some("cflo_"))];
    let (log, _guard) = Log::start();
    let make = async || {
        let made = house.registry.make(&sets[0], wish("ci"), "cli:a", at(0));
        made.await.unwrap()
    };
    let mut made = make().await;
    for _ in 0..20 {
        if log.listens_to("audit: ") {
            break;
        }
        made = make().await;
    }
    let id = &made.key.id;
    let turned = house
        .registry
        .rotate(&sets, id, DAY, ANY, "cli:a", at(1))
        .await
        .unwrap();
    house
        .registry
        .revoke(id, ANY, "cli:a", at(2))
        .await
        .unwrap();
    let audit = house.registry.audit(None, 10).await.unwrap();
    assert_eq!(
        log.text().matches("audit: API keys were changed").count(),
        3,
        "{}",
        log.text()
    );
    let shown = format!("{}{made:?}{turned:?}{audit:?}", log.text());
    for made in [&made, &turned] {
        let text = String::from_utf8(made.text.expose().to_vec()).unwrap();
        // The secret part, and any hash of it.
        let secret = text.split_at("cflo_".len() + 12).1;
        let hex: String = digest(text.as_bytes())
            .iter()
            .map(|it| format!("{it:02x}"))
            .collect();
        assert!(!shown.contains(secret) && !shown.contains(&hex));
        assert!(!house.holds(secret.as_bytes()));
    }
    assert!(
        house.holds(b"alerts:read"),
        "the files were not looked into"
    );
}

#[tokio::test]
async fn rotation_shortens_former_texts_and_never_lengthens_them() {
    let house = House::new().await;
    let sets = [set("partners", Some("cflo_"))];
    let made = house.key(&sets[0]).await;
    let mut key = made.key;
    for (grace, now, ends) in [
        (DAY, at(0), vec![at(0) + DAY]),
        // What ends sooner keeps its end.
        (2 * DAY, at(10), vec![at(10) + 2 * DAY, at(0) + DAY]),
        (
            Duration::from_secs(60),
            at(20),
            vec![at(80), at(80), at(80)],
        ),
        (Duration::ZERO, at(30), vec![at(30), at(30), at(30), at(30)]),
        // What is over keeps the moment at which it was.
        (
            DAY,
            at(40),
            vec![at(40) + DAY, at(30), at(30), at(30), at(30)],
        ),
    ] {
        let turned = house.registry.rotate(&sets, &key.id, grace, ANY, "a", now);
        key = turned.await.unwrap().key;
        let found: Vec<_> = key.generations[1..]
            .iter()
            .map(|it| it.ends_at.unwrap())
            .collect();
        assert_eq!(found, ends);
    }
}

#[tokio::test]
async fn what_cannot_be_rotated_says_why() {
    let house = House::new().await;
    let sets = [
        KeySet {
            lifetime: Some(DAY),
            ..set("short", Some("s_"))
        },
        set("partners", Some("cflo_")),
    ];
    let made = house.key(&sets[0]).await;
    let id = &*made.key.id;
    let rotate = async |sets: &[KeySet], grace, now| {
        house.registry.rotate(sets, id, grace, ANY, "a", now).await
    };
    let late = rotate(&sets, DAY, at(0) + DAY).await.unwrap_err();
    assert_eq!(late, Error::Over("it has expired"));
    let long = rotate(&sets, 90 * DAY + Duration::from_secs(1), at(0)).await;
    assert_eq!(field(long), "grace");
    assert_eq!(field(rotate(&sets[1..], DAY, at(0)).await), "set");
    assert_eq!(
        field(rotate(&[set("short", None)], DAY, at(0)).await),
        "set"
    );
    assert!(rotate(&sets, 90 * DAY, at(0)).await.is_ok());
}

#[tokio::test]
async fn key_has_a_bounded_number_of_texts() {
    let house = House::new().await;
    let sets = [set("partners", Some("cflo_"))];
    let made = house.key(&sets[0]).await;
    let id = &*made.key.id;
    let rotate = async |grace| {
        house
            .registry
            .rotate(&sets, id, grace, ANY, "a", at(1))
            .await
    };
    for _ in 0..15 {
        rotate(DAY).await.unwrap();
    }
    assert_eq!(field(rotate(DAY).await), "grace");
    let key = rotate(Duration::ZERO).await.unwrap().key;
    let numbers: Vec<_> = key.generations.iter().map(|it| it.number).collect();
    assert_eq!(numbers, (2..=17).rev().collect::<Vec<_>>());
}
