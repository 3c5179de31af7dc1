//! Somebody with the binary and a store of API keys: makes and ends keys from the command line.

use std::path::PathBuf;
use std::sync::Mutex;

use super::gate::sidegate;
use super::{Call, Gate, repository};

/// What `admin.token` is where a test needs one.
pub(crate) const ADMIN_TOKEN: &str = "a-token-of-the-tests-and-of-nobody-else";

/// The operator of an example.
pub(crate) struct Operator {
    policy: PathBuf,
    store: String,
    /// What the commands said, but for the texts of keys that `make` gave.
    said: Mutex<String>,
}

impl Operator {
    /// Of an example's policy, and of the keys in this store.
    pub(crate) fn of(system: &str, store: &str) -> Self {
        let folder = repository("config/examples").join(system);
        Self::at(folder.join("policy.yaml"), store)
    }

    /// Of the policy at this path, and of the keys in this store.
    pub(crate) fn at(policy: PathBuf, store: &str) -> Self {
        Self {
            policy,
            store: store.to_owned(),
            said: Mutex::default(),
        }
    }

    /// Runs a command, which must succeed; gives what it printed.
    #[track_caller]
    pub(crate) fn run(&self, words: &[&str]) -> String {
        let out = self.run_unheard(words);
        self.said.lock().unwrap().push_str(&out);
        out
    }

    /// Makes a key; gives its text.
    #[track_caller]
    pub(crate) fn make(&self, words: &[&str]) -> String {
        let out = self.run_unheard(&[&["keys", "new"], words].concat());
        out.strip_suffix('\n').unwrap().to_owned()
    }

    /// Runs a command whose output is a secret, which is not among what the commands said.
    #[track_caller]
    pub(crate) fn run_unheard(&self, words: &[&str]) -> String {
        let output = sidegate()
            .args(words)
            .arg("--policy")
            .arg(&self.policy)
            .env("SIDEGATE_STORE__URL", &self.store)
            // Other tests run beside, and this machine may be slow for it.
            .env("SIDEGATE_STORE__TIMEOUT", "20s")
            .output()
            .unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{words:?}: {err}");
        self.said.lock().unwrap().push_str(&err);
        String::from_utf8(output.stdout).unwrap()
    }

    /// All that the commands said so far.
    pub(crate) fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }
}

/// The id in the text of a key that sidegate made with this prefix.
pub(crate) fn id_of<'t>(text: &'t str, prefix: &str) -> &'t str {
    let rest = text.strip_prefix(prefix).unwrap();
    rest.get(..12).unwrap()
}

/// What of such a text nobody is ever to see again: a piece of all that is behind the id.
pub(crate) fn secret_of<'t>(text: &'t str, prefix: &str) -> &'t str {
    text.get(prefix.len() + 12..).unwrap().get(..24).unwrap()
}

impl Gate {
    /// A request to the admin listener by whoever has [`ADMIN_TOKEN`].
    pub(crate) fn as_admin(&self, method: &str, target: &str) -> Call {
        Call::new(self.admin, method, target).bearer(ADMIN_TOKEN)
    }
}
