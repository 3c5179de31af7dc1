//! Keys among others: who reaches them, who changes them at the same time.

use super::ANY;
use crate::keys::house::{DAY, House, at, set, wish};
use crate::keys::registry::{Error, Reach};
use crate::store::{self, Filter};

#[tokio::test]
async fn what_is_out_of_reach_is_unknown() {
    let house = House::new().await;
    let sets = [set("partners", Some("cflo_"))];
    let made = house.key(&sets[0]).await;
    let id = &*made.key.id;
    let (registry, free) = (&house.registry, Reach::default());
    for reach in [
        Reach {
            tenant: Some("other"),
            ..free
        },
        Reach {
            set: Some("other"),
            ..free
        },
        Reach {
            set: Some("partners"),
            tenant: Some(""),
        },
    ] {
        assert_eq!(registry.show(id, reach).await.unwrap_err(), Error::Unknown);
        let revoked = registry.revoke(id, reach, "a", at(1)).await;
        assert_eq!(revoked.unwrap_err(), Error::Unknown);
        let turned = registry.rotate(&sets, id, DAY, reach, "a", at(1)).await;
        assert_eq!(turned.unwrap_err(), Error::Unknown);
    }
    for strange in ["", "nobody", "a/b", "\0", "ü", "..", "openapi.json"] {
        assert_eq!(
            registry.show(strange, ANY).await.unwrap_err(),
            Error::Unknown
        );
    }
    let own = Reach {
        set: Some("partners"),
        tenant: Some("acme"),
    };
    assert_eq!(registry.show(id, own).await.unwrap().key.version, 1);
}

#[tokio::test]
async fn changes_at_the_same_time_are_made_one_after_the_other() {
    let house = House::new().await;
    let sets = [set("partners", Some("cflo_"))];
    let made = house.key(&sets[0]).await;
    let id = made.key.id.clone();
    let turns = (0..4).map(|_| {
        let (registry, sets, id) = (house.registry.clone(), sets.clone(), id.clone());
        tokio::spawn(async move { registry.rotate(&sets, &id, DAY, ANY, "a", at(1)).await })
    });
    let turns: Vec<_> = turns.collect();
    let mut good = 0;
    for turn in turns {
        match turn.await.unwrap() {
            Ok(_) => good += 1,
            Err(error) => assert_eq!(error, Error::Store(store::Error::Changed)),
        }
    }
    let key = house.registry.show(&id, ANY).await.unwrap().key;
    assert!(good >= 2);
    assert_eq!(
        (key.generations.len(), key.version),
        (good + 1, good as u64 + 1)
    );
    let audit = house.registry.audit(Some(&id), 10).await.unwrap();
    assert_eq!(audit.len(), good + 1);
}

#[tokio::test]
async fn keys_that_end_soon_are_found() {
    let house = House::new().await;
    let one = set("partners", Some("cflo_"));
    for (name, days) in [("soon", 5), ("later", 40), ("over", 1)] {
        let mut new = wish(name);
        new.expires_at = Some(at(0) + days * DAY);
        house.registry.make(&one, new, "a", at(0)).await.unwrap();
    }
    house
        .registry
        .make(&one, wish("for ever"), "a", at(0))
        .await
        .unwrap();
    let filter = Filter {
        ending_before: Some(at(0) + 30 * DAY),
        usable_at: Some(at(0) + 2 * DAY),
        limit: 10,
        ..Filter::default()
    };
    let page = house.registry.list(&filter).await.unwrap();
    let names: Vec<_> = page.keys.iter().map(|it| &*it.key.name).collect();
    assert_eq!(names, ["soon"]);
}

#[tokio::test]
async fn name_of_whoever_changes_a_key_is_made_harmless() {
    let house = House::new().await;
    let one = set("partners", Some("cflo_"));
    let by = format!("a\nb{}", "ü".repeat(300));
    let made = house
        .registry
        .make(&one, wish("ci"), &by, at(0))
        .await
        .unwrap();
    assert!(made.key.created_by.starts_with("a\u{fffd}b"));
    assert!(made.key.created_by.len() <= 256);
}
