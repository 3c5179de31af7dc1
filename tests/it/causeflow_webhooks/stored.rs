//! Row C8 with a secret that is kept for each key: the policy of the example with one line changed.

use std::path::PathBuf;

use super::*;
use crate::causeflow_keys::is_written;
use crate::support::operator::{ADMIN_TOKEN, Operator};
use crate::support::{eventually, example};

/// What encrypts the secrets, in base64.
const ENCRYPTION_KEY: &str = "dGhpcyBpcyBhIGtleSBvZiAzMiBieXRlcyBmb3IgYWw=";

/// The house, with what its operator needs.
struct Stored {
    house: House,
    operator: Operator,
    process: PathBuf,
    files: tempfile::TempDir,
}

/// A key with what its holder signs with.
struct Pair {
    key: String,
    secret: String,
}

/// The example's policy, where the stored secret signs.
fn changed() -> String {
    let text = example("causeflow/policy.yaml");
    let line = "    secrets_from: key\n";
    assert_eq!(text.matches(line).count(), 1);
    text.replace(line, "    secrets_from: signing_secret\n")
}

impl Stored {
    fn start() -> Self {
        let files = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = files.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let key = write("encryption.key", ENCRYPTION_KEY);
        let process = format!(
            "upstream: http://127.0.0.1:9\napi_keys: {{ encryption_key: {{ file: {} }} }}\n",
            key.display()
        );
        let process = write("sidegate.yaml", &process);
        let policy = write("policy.yaml", &changed());
        let house = House::with(|setup| {
            let text = std::fs::read_to_string(&process).unwrap();
            let setup = setup.policy_file(policy.clone()).process(&text);
            setup.env("SIDEGATE_ADMIN__TOKEN", ADMIN_TOKEN)
        });
        let store = format!("sqlite:{}", house.folder.path().join("keys.db").display());
        Self {
            house,
            operator: Operator::at(policy, &store),
            process,
            files,
        }
    }

    /// Runs a command that gives a key and a secret, each on its line.
    fn pair(&self, words: &[&str]) -> Pair {
        let process = ["--config", self.process.to_str().unwrap()];
        let out = self.operator.run_unheard(&[words, &process].concat());
        let lines: Vec<&str> = out.lines().collect();
        let [key, secret] = *lines else {
            panic!("{} lines", lines.len());
        };
        Pair {
            key: key.to_owned(),
            secret: secret.to_owned(),
        }
    }

    fn new_pair(&self) -> Pair {
        let words = ["keys", "new", "--name", "pager", "--tenant", "acme"];
        self.pair(&[&words[..], &["--signing-secret"]].concat())
    }
}

#[test]
fn stored_secret_signs_and_the_key_does_not() {
    let stored = Stored::start();
    let house = &stored.house;
    let Pair { key, secret } = stored.new_pair();
    let other = stored.new_pair();
    assert!(key.starts_with(PREFIX) && !secret.contains(&key));
    house
        .deliver(&key, &signature(&secret, BODY))
        .assert_passed();
    let seen = house.upstream.last();
    assert_eq!(seen.message.body.bytes, BODY);
    assert!(!format!("{seen:?}").contains(secret_of(&key, PREFIX)));
    house.upstream.forget();
    for wrong in [
        signature(&key, BODY),
        signature(&other.secret, BODY),
        signature("", BODY),
    ] {
        house
            .deliver(&key, &wrong)
            .assert_refused(401, "SIGNATURE_INVALID");
    }
    let bare = house.gate.post(TARGET).bearer(&key).body(BODY).send();
    bare.assert_refused(401, "SIGNATURE_MISSING");
    let mut body = BODY.to_vec();
    body[0] ^= 1;
    let changed = house
        .with_signature(&key, &signature(&secret, BODY))
        .body(body);
    changed.send().assert_refused(401, "SIGNATURE_INVALID");
    // The secret is no key.
    let answer = house.deliver(&secret, &signature(&secret, BODY));
    assert_eq!(answer.status, 401, "{}", answer.text());
    house.nothing_arrived();
}

/// A key for which no secret is kept signs nothing, not even with an empty one; where nothing is signed it is good.
#[test]
fn key_without_a_secret_signs_nothing() {
    let stored = Stored::start();
    let house = &stored.house;
    let key = house.key("acme", &json!({}));
    for wrong in [signature(&key, BODY), signature("", BODY)] {
        house
            .deliver(&key, &wrong)
            .assert_refused(401, "SIGNATURE_INVALID");
    }
    house.nothing_arrived();
    let datadog = house.gate.post(DATADOG).bearer(&key).body(BODY);
    datadog.send().assert_passed();
}

/// While both texts count, each has its own secret; when the grace is over, neither of the old ones counts.
#[test]
fn each_text_of_a_rotated_key_has_its_own_secret() {
    let stored = Stored::start();
    let house = &stored.house;
    let first = stored.new_pair();
    let id = id_of(&first.key, PREFIX);
    house
        .deliver(&first.key, &signature(&first.secret, BODY))
        .assert_passed();
    let second = stored.pair(&["keys", "rotate", id, "--grace", "1h"]);
    assert_ne!(first.secret, second.secret);
    eventually("the new text counts", || {
        let answer = house.deliver(&second.key, &signature(&second.secret, BODY));
        answer.status == 200
    });
    house.upstream.forget();
    for (own, other) in [(&first, &second), (&second, &first)] {
        house
            .deliver(&own.key, &signature(&own.secret, BODY))
            .assert_passed();
        let crossed = house.deliver(&own.key, &signature(&other.secret, BODY));
        crossed.assert_refused(401, "SIGNATURE_INVALID");
    }
    assert_eq!(house.upstream.count(), 2);

    let third = stored.pair(&["keys", "rotate", id, "--grace", "0s"]);
    eventually("the old texts are over", || {
        let answer = house.deliver(&second.key, &signature(&second.secret, BODY));
        answer.outcome() == (401, "KEY_EXPIRED".to_owned())
    });
    let answer = house.deliver(&first.key, &signature(&first.secret, BODY));
    answer.assert_refused(401, "KEY_EXPIRED");
    let answer = house.deliver(&third.key, &signature(&second.secret, BODY));
    answer.assert_refused(401, "SIGNATURE_INVALID");
    house
        .deliver(&third.key, &signature(&third.secret, BODY))
        .assert_passed();
}

/// A tenant's admins make such keys as well. What is kept is encrypted, and shown to nobody again.
#[test]
fn secret_is_shown_once_and_kept_encrypted() {
    let stored = Stored::start();
    let house = &stored.house;
    let body = json!({ "name": "pager", "signing_secret": true });
    let made = house.keys("acme", "POST", "", Some(&body));
    assert_eq!(made.status, 201, "{}", made.text());
    let text = |name: &str| made.json()[name].as_str().unwrap().to_owned();
    let (key, secret) = (text("key"), text("signing_secret"));
    house
        .deliver(&key, &signature(&secret, BODY))
        .assert_passed();
    let below = format!("/{}", id_of(&key, PREFIX));
    for listed in [
        house.keys("acme", "GET", "", None),
        house.keys("acme", "GET", &below, None),
        house.gate.as_admin("GET", "/keys").send(),
    ] {
        assert_eq!(listed.status, 200, "{}", listed.text());
        assert!(!listed.text().contains(&secret), "{}", listed.text());
    }
    let said = house.gate.output.text() + &house.gate.ask_admin("/metrics").text();
    assert!(
        !said.contains(&secret) && !said.contains(ENCRYPTION_KEY),
        "{said}"
    );
    let forwarded = format!("{:?}", house.upstream.seen());
    assert!(!forwarded.contains(&secret), "{forwarded}");
    assert!(!is_written(house.folder.path(), secret.as_bytes()));
    assert!(!is_written(stored.files.path(), secret.as_bytes()));
}
