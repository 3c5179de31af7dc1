//! Where listed keys come from: the policy, a file, a variable, a folder.

use std::os::unix::fs::symlink;

use super::*;

/// The subject that each text speaks for.
fn subject(verifiers: &Verifiers, text: &str) -> Result<String, Reason> {
    let verified = outcome(verify(verifiers, &with_key(text)))?;
    Ok(verified.principal.subject.to_string())
}

#[test]
fn keys_of_all_sources_count_side_by_side() {
    let texts: Vec<String> = (0..6)
        .map(|number| format!("text-number-{number}-of-a-key"))
        .collect();
    let house = House::new()
        .set("VALID_API_KEYS", &format!(" {} ,,{},", texts[2], texts[3]))
        .set("CI_HASH", &hash(&texts[0]))
        .write(
            "keys.yaml",
            &format!("- {{ name: from-file, hash: '{}' }}\n", hash(&texts[1])),
        )
        .write("secrets/alone", &format!("{}\n", texts[4]))
        .write("secrets/..data/hidden", "never read")
        .write("secrets/whole/hash", &hash(&texts[5]))
        .write("secrets/whole/owner", "bob\r\n")
        .write("secrets/whole/scopes", "a\n\n b \n");
    let home = house.home(
        "api_keys:\n  main:\n    keys: [ { name: inline, hash: '${CI_HASH}' } ]\n    file: keys.yaml\n    \
         environment: VALID_API_KEYS\n    folder: secrets\n",
    );
    assert!(home.warnings.is_empty(), "{:?}", home.warnings);
    let wanted = [
        "inline",
        "from-file",
        "VALID_API_KEYS-1",
        "VALID_API_KEYS-2",
        "alone",
        "bob",
    ];
    for (text, wanted) in texts.iter().zip(wanted) {
        assert_eq!(subject(&home.verifiers, text), Ok(wanted.to_owned()));
    }
    let whole = outcome(verify(&home.verifiers, &with_key(&texts[5])))
        .unwrap()
        .principal;
    assert_eq!(whole.scopes, [Box::<str>::from("a"), "b".into()]);
    assert_eq!(
        subject(&home.verifiers, "never read"),
        Err(Reason::KeyUnknown)
    );
    let [set] = home.verifiers.key_sets() else {
        panic!()
    };
    assert!(!set.stored && set.foreign && set.format.is_none());
}

#[test]
fn folder_has_a_file_for_each_field_of_a_key() {
    let (text, _) = mint("pk_");
    let house = House::new()
        .write("keys/ci/key", &text)
        .write("keys/ci/name", "the build")
        .write("keys/ci/id", "ci-1")
        .write("keys/ci/tenant", "acme")
        .write("keys/ci/roles", "service\nadmin")
        .write("keys/ci/allowed_sources", "github\n")
        .write("keys/ci/networks", "10.0.0.0/8\n192.0.2.1")
        .write("keys/ci/not_before", "2020-01-01")
        .write("keys/ci/expires_at", "2030-01-01")
        .write("keys/ci/revoked", "false");
    let home = house.home("api_keys: { main: { prefix: pk_, folder: keys } }\n");
    let verified = outcome(verify(&home.verifiers, &with_key(&text))).unwrap();
    let principal = verified.principal;
    assert_eq!(&*principal.subject, "ci-1");
    assert_eq!(principal.tenant.as_deref(), Some("acme"));
    assert_eq!(
        principal.roles,
        [Box::<str>::from("service"), "admin".into()]
    );
    assert_eq!(principal.claims.get("key_name"), Some(&"the build".into()));
    assert_eq!(
        principal
            .key
            .as_ref()
            .unwrap()
            .networks
            .as_ref()
            .unwrap()
            .len(),
        2
    );
}

#[test]
fn mounted_secret_of_kubernetes_is_read_through_its_links_and_noticed_when_it_changes() {
    let house = House::new()
        .write("keys/..2026/ci", "text-number-1-of-a-key")
        .write("keys/..2027/ci", "text-number-2-of-a-key");
    let at = |name: &str| house.folder.path().join("keys").join(name);
    symlink("..2026", at("..data")).unwrap();
    symlink("..data/ci", at("ci")).unwrap();
    let policy = "api_keys: { main: { folder: keys } }\n";
    let home = house.home(policy);
    assert_eq!(
        subject(&home.verifiers, "text-number-1-of-a-key"),
        Ok("ci".to_owned())
    );
    let changed = |home: &Home| home.sources.iter().any(KeySource::has_changed);
    assert!(!changed(&home));
    symlink("..2027", at("..data_tmp")).unwrap();
    std::fs::rename(at("..data_tmp"), at("..data")).unwrap();
    assert!(changed(&home));
    let home = house.home(policy);
    assert!(!changed(&home));
    assert_eq!(
        subject(&home.verifiers, "text-number-1-of-a-key"),
        Err(Reason::KeyUnknown)
    );
    assert_eq!(
        subject(&home.verifiers, "text-number-2-of-a-key"),
        Ok("ci".to_owned())
    );
    // A key that is added, and one that is taken away.
    std::fs::write(at("more"), "text-number-3-of-a-key").unwrap();
    assert!(changed(&home));
    let home = house.home(policy);
    std::fs::remove_file(at("more")).unwrap();
    assert!(changed(&home));
}

#[test]
fn file_is_noticed_when_it_changes_also_from_something_broken() {
    let house = House::new().write("keys.yaml", "[]");
    let home = house.home("api_keys: { main: { file: keys.yaml } }\n");
    assert_eq!(home.sources.len(), 1);
    assert!(!home.sources[0].has_changed());
    let house = house.write("keys.yaml", "[");
    assert!(home.sources[0].has_changed());
    let gone = house.folder.path().join("keys.yaml");
    std::fs::remove_file(gone).unwrap();
    assert!(home.sources[0].has_changed());
}

#[test]
fn defaults_fill_what_a_listed_key_does_not_say() {
    let house = House::new().set("VALID_API_KEYS", "text-number-1-of-a-key");
    let home = house.home(&format!(
        "api_keys:\n  main:\n    defaults: {{ subject: api-key-user, tenant: acme, roles: [service], scopes: ['*'] }}\n    \
         environment: VALID_API_KEYS\n    keys:\n      \
         - {{ name: own, hash: '{}', owner: o, tenant: t, roles: [], scopes: [s] }}\n      \
         - {{ name: none, hash: '{}', scopes: [] }}\n",
        hash("text-number-2-of-a-key"),
        hash("text-number-3-of-a-key"),
    ));
    let said = |text: &str| {
        let verified = outcome(verify(&home.verifiers, &with_key(text))).unwrap();
        let principal = verified.principal;
        let names = |names: &[Box<str>]| names.join(" ");
        (
            principal.subject.to_string(),
            principal.tenant.clone().unwrap().to_string(),
            names(&principal.roles),
            names(&principal.scopes),
        )
    };
    let wanted = |all: [&str; 4]| {
        let [subject, tenant, roles, scopes] = all.map(str::to_owned);
        (subject, tenant, roles, scopes)
    };
    assert_eq!(
        said("text-number-1-of-a-key"),
        wanted(["api-key-user", "acme", "service", "*"])
    );
    assert_eq!(said("text-number-2-of-a-key"), wanted(["o", "t", "", ""]));
    assert_eq!(
        said("text-number-3-of-a-key"),
        wanted(["api-key-user", "acme", "service", ""])
    );
}

#[test]
fn policy_can_be_tried_where_its_keys_are_not() {
    let policy = "api_keys:\n  main:\n    keys: [ { name: a, hash: '${HASH}', tenant: t } ]\n    \
                  environment: VALID_API_KEYS\n    folder: /nowhere/keys\n";
    let house = House::new().set("HASH", "made up");
    assert_eq!(house.build(policy).unwrap_err().len(), 3);
    let tried = house.build_for(policy, true).unwrap();
    assert_eq!(
        subject(&tried.verifiers, "made up"),
        Err(Reason::KeyUnknown)
    );
    // What is wrong in the file itself is wrong there, too.
    assert!(
        house
            .build_for(
                "api_keys: { main: { keys: [ { name: a, hash: x } ] } }\n",
                true
            )
            .is_err()
    );
}

#[test]
fn short_keys_are_worth_a_warning() {
    let house = House::new().set("KEYS", "0123456789abcde,0123456789abcdef");
    let home = house.home("api_keys: { main: { environment: KEYS } }\n");
    let [warning] = &*home.warnings else {
        panic!("{:?}", home.warnings)
    };
    assert!(
        warning.contains("warning[short-key]: `api_keys.main.environment`: key 1 of `KEYS`"),
        "{warning}"
    );
    assert!(!warning.contains("0123456789"), "{warning}");
    assert!(subject(&home.verifiers, "0123456789abcde").is_ok());
}
