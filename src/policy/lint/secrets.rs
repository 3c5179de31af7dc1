//! Texts that look like secrets.

use crate::document::{Key, Node, Value};

use super::Subject;
use super::file::keys;

/// Sections in which names of secrets are names of rights.
const NAMES_OF_RIGHTS: [&str; 4] = ["roles", "scopes", "actions", "permission"];

/// Keys whose values are public, however random they look: identifiers, addresses, names, reasons.
const PUBLIC: [&str; 25] = [
    "audience",
    "azp",
    "client",
    "client_id",
    "clients",
    "cookie",
    "environment",
    "group",
    "hash",
    "header",
    "host",
    "ignore",
    "issuer",
    "jwks_file",
    "jwks_url",
    "file",
    "machine_clients",
    "name",
    "path",
    "project",
    "query",
    "tenant",
    "upstream",
    "url",
    "user_pool",
];

/// The private members of a JSON Web Key (RFC 7518 sections 6.2.2, 6.3.2 and 6.4.1).
const PRIVATE: [&str; 7] = ["d", "p", "q", "dp", "dq", "qi", "k"];

/// What begins tokens of well-known services.
const BEGINNINGS: [&str; 9] = [
    "AKIA",
    "ghp_",
    "gho_",
    "github_pat_",
    "glpat-",
    "sk_live_",
    "rk_live_",
    "xoxb-",
    "xoxp-",
];

/// Words that end the name of a secret, and words that make a `key` one.
const SECRETS: [&str; 8] = [
    "secret",
    "password",
    "passwd",
    "passphrase",
    "token",
    "credential",
    "credentials",
    "apikey",
];
const SECRET_KEYS: [&str; 7] = [
    "api",
    "private",
    "secret",
    "access",
    "signing",
    "encryption",
    "shared",
];

/// The shortest text that a name alone makes a secret.
const SHORTEST_NAMED: usize = 8;
/// The shortest text that looks random.
const SHORTEST_RANDOM: usize = 24;
/// The least bits per character of a random text in base64, and in hexadecimal.
const LEAST_BITS: f64 = 4.0;
const LEAST_HEX_BITS: f64 = 3.2;

const HELP: &str = "whoever reads this file has it, and so has its history; take it from the environment \
                    with `${NAME}`, or from a file where the key allows it, and make a new one";

impl Subject<'_> {
    /// `plaintext-secret`. What was found is never shown.
    pub(super) fn secrets(&self) {
        self.below(self.file.top);
    }

    fn below(&self, node: &Node) {
        for (key, value) in keys(Some(node)) {
            match &value.value {
                // Everybody may have them, and a private key in their place is refused where they are read.
                _ if key.name == "public_keys" => {}
                Value::Text(_) => self.judge(Some(key), value),
                Value::List(items) => self.list(key, items),
                Value::Map(_) if key.name == "jwks" => self.key_set(value),
                Value::Map(_) if NAMES_OF_RIGHTS.contains(&key.name.as_str()) => {}
                _ => self.below(value),
            }
        }
    }

    fn list(&self, key: &Key, items: &[Node]) {
        for item in items {
            match &item.value {
                // What stands in a list is not called by the list's name.
                Value::Text(_) if PUBLIC.contains(&key.name.as_str()) => {
                    self.shaped(item);
                }
                Value::Text(_) => self.judge(None, item),
                _ => self.below(item),
            }
        }
    }

    fn key_set(&self, node: &Node) {
        let keys_of = node.at("keys").map(|node| &node.value);
        let Some(Value::List(members)) = keys_of else {
            return;
        };
        for (key, value) in members.iter().flat_map(|member| keys(Some(member))) {
            if PRIVATE.contains(&key.name.as_str()) && !value.from_environment {
                self.found(value, "this is the private part of a key");
            }
        }
    }

    fn judge(&self, key: Option<&Key>, node: &Node) {
        let name = key.map_or("", |key| key.name.as_str());
        // What is made when a request comes is no secret of this file.
        let Some(text) = written(node).filter(|text| !text.contains("{{")) else {
            return;
        };
        if self.shaped(node) || PUBLIC.contains(&name) {
            return;
        }
        if is_secret_name(name) && text.len() >= SHORTEST_NAMED && !text.contains(' ') {
            self.found(node, "by its name this is a secret, and it is written here");
        } else if is_random(text) {
            self.found(node, "this text is as random as a secret");
        }
    }

    /// Reports a text that is a secret by its shape; gives whether it is.
    fn shaped(&self, node: &Node) -> bool {
        let Some(text) = written(node) else {
            return false;
        };
        let what = if text.contains("-----BEGIN") && text.contains("PRIVATE KEY-----") {
            "this is a private key"
        } else if text.split_whitespace().any(is_token) {
            "this is a token"
        } else {
            return false;
        };
        self.found(node, what);
        true
    }

    fn found(&self, node: &Node, what: &str) {
        self.warn("plaintext-secret", node, what.to_owned(), HELP);
    }
}

/// A text of which nothing came from the environment.
fn written(node: &Node) -> Option<&str> {
    node.text().filter(|_| !node.from_environment)
}

/// A JSON Web Token, or a token of a well-known service.
fn is_token(word: &str) -> bool {
    let jwt = word.starts_with("eyJ") && word.len() > 40 && word.matches('.').count() >= 2;
    let known = |start: &&str| word.starts_with(*start) && word.len() >= start.len() + 16;
    jwt || BEGINNINGS.iter().any(known)
}

/// Whether a key is called like a secret: `X-Api-Key`, `client_secret`, `authToken`.
fn is_secret_name(name: &str) -> bool {
    let words = words(name);
    match words.as_slice() {
        [.., before, last] if last == "key" => SECRET_KEYS.contains(&before.as_str()),
        [.., last] => SECRETS.contains(&last.as_str()),
        [] => false,
    }
}

/// The words of a name, in lower case: parted by what is no letter or digit, or by capitals.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut small = false;
    for c in name.chars() {
        let parts = !c.is_alphanumeric() || c.is_uppercase() && small;
        if parts {
            words.push(String::new());
        }
        if c.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(c.to_lowercase());
        }
        small = c.is_lowercase() || c.is_ascii_digit();
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Whether a text is one long word of letters and digits without any order.
fn is_random(text: &str) -> bool {
    let is = |fits: fn(char) -> bool| text.chars().any(fits);
    let encoded = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=' | '-' | '_');
    if text.len() < SHORTEST_RANDOM || text.starts_with('/') || !text.chars().all(encoded) {
        return false;
    }
    if text.chars().all(|c| c.is_ascii_hexdigit()) {
        return text.len() >= 32 && bits(text) >= LEAST_HEX_BITS;
    }
    is(|c| c.is_ascii_digit())
        && is(|c| c.is_ascii_uppercase())
        && is(|c| c.is_ascii_lowercase())
        && bits(text) >= LEAST_BITS
}

/// Shannon's entropy of the text's characters, in bits per character.
fn bits(text: &str) -> f64 {
    let mut counts = std::collections::BTreeMap::<char, f64>::new();
    for c in text.chars() {
        *counts.entry(c).or_default() += 1.0;
    }
    let length: f64 = counts.values().sum();
    let shares = counts.values().map(|count| count / length);
    shares.map(|share| -share * share.log2()).sum()
}
