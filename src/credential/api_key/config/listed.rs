//! Keys that are listed: in the policy, in a file beside it, in a variable.

use std::collections::HashMap;
use std::path::PathBuf;

use crate::document::{Node, Placed, Problems, Value, parse};
use crate::keys::{Fixed, Format, Shape, digest};
use crate::model::KeyHash;

use super::super::super::location::flaw;
use super::Gathering;
use super::defaults::Defaults;
use super::entry::{Entry, Text};
use super::source::{Found, KeySource};

/// Texts that are shorter are worth a warning.
const LEAST_TEXT: usize = 16;
/// The most slow hashes that one text may cost.
const MOST_SLOW: usize = 16;
/// How much of a text that is not ours is shown, and how long it has to be for that.
const SHOWN: usize = 8;
const LEAST_SHOWN: usize = 24;
/// Of our own, what follows the prefix and is shown.
const ID: usize = 12;

/// The set that a listed key belongs to.
pub(super) struct Context<'c> {
    pub(super) set: &'c str,
    pub(super) format: Option<&'c Format>,
    pub(super) prefix: Option<&'c str>,
    pub(super) foreign: bool,
    pub(super) defaults: &'c Defaults,
}

pub(super) fn read_list(list: &Node, context: &Context<'_>, problems: &Problems) -> Vec<Entry> {
    let Value::List(items) = &list.value else {
        let message = format!("expected a list of keys, found {}", list.value.kind());
        let help = "write `- { name: ci, hash: \"sha256:...\" }` for each";
        problems.error_with(list, message, help);
        return Vec::new();
    };
    let entries = items.iter();
    let entries = entries.filter_map(|item| Entry::read(item, None, context, problems));
    entries.collect()
}

impl Context<'_> {
    /// The keys of a file with a list.
    pub(super) fn file(
        &self,
        file: &Placed<PathBuf>,
        gathering: &mut Gathering<'_>,
        problems: &Problems,
    ) -> Vec<Entry> {
        let path = gathering.folder.join(&file.value);
        let text = match KeySource::read(&path, gathering.sources) {
            Ok(Found::File(bytes)) => {
                String::from_utf8(bytes).map_err(|_| "it is not UTF-8 text".to_owned())
            }
            Ok(Found::Folder(_)) => Err("it is a folder; write `folder` for one".to_owned()),
            Err(_) if gathering.is_trial => return Vec::new(),
            Err(error) => Err(error.to_string()),
        };
        let text = match text {
            Ok(text) => text,
            Err(wrong) => {
                problems.error(
                    &file.node,
                    format!("the file of keys cannot be read: {wrong}"),
                );
                return Vec::new();
            }
        };
        let name = path.display().to_string();
        let list = parse(&name, &text, gathering.environment, problems);
        list.map_or_else(Vec::new, |list| read_list(&list, self, problems))
    }

    /// The keys of a variable, with commas between them.
    pub(super) fn variable(
        &self,
        variable: &Placed<String>,
        gathering: &Gathering<'_>,
        problems: &Problems,
    ) -> Vec<Entry> {
        let Placed { value: name, node } = variable;
        let value = (gathering.environment)(name).unwrap_or_default();
        let texts = value.split(',').map(str::trim);
        let texts: Vec<&str> = texts.filter(|text| !text.is_empty()).collect();
        if texts.is_empty() && !gathering.is_trial {
            // Somebody may have written a key in the place of a name.
            let shown = match is_usual_name(name) {
                true => format!("the environment variable `{name}`"),
                false => "the environment variable named here".to_owned(),
            };
            let message = format!("{shown} has no key: it is not set, or empty");
            problems.error_with(node, message, "put keys in it, with commas between them");
        }
        let entries = texts.iter().enumerate().filter_map(|(at, text)| {
            let number = at + 1;
            let what = format!("key {number} of `{name}`");
            let text = self.text(node, &what, text.as_bytes(), problems)?;
            Some(Entry::of(&format!("{name}-{number}"), text, node, self))
        });
        entries.collect()
    }

    /// What is kept of a key that is there itself, if it can be one of this set's.
    pub(super) fn text(
        &self,
        node: &Node,
        what: &str,
        text: &[u8],
        problems: &Problems,
    ) -> Option<Text> {
        let ours = self
            .format
            .is_some_and(|format| format.shape(text) == Shape::Ours);
        let wrong = match flaw(text) {
            Some(flaw) => Some(flaw),
            None if ours => None,
            None if is_hash(text) => return refuse_hash(node, what, problems),
            None if self.foreign => None,
            None => Some("not of the form that keys of this set have"),
        };
        if let Some(wrong) = wrong {
            let help = match self.prefix {
                Some(prefix) => format!(
                    "keys begin with `{prefix}`, and `sidegate keys new` makes them; with `format: any` others may be keys, too"
                ),
                None => "a key is one line of at most 512 bytes".to_owned(),
            };
            problems.error_with(node, format!("{what} cannot be a key: {wrong}"), help);
            return None;
        }
        if text.len() < LEAST_TEXT {
            problems.warn(
                "short-key",
                node,
                format!("{what} has fewer than {LEAST_TEXT} characters"),
                "short keys can be guessed; `openssl rand -hex 32` makes a long one",
            );
        }
        let shown = match (ours, self.prefix) {
            (true, Some(prefix)) => prefix.len() + ID,
            _ if text.len() >= LEAST_SHOWN => SHOWN,
            _ => 0,
        };
        let start = text.get(..shown).filter(|start| start.is_ascii());
        Some(Text {
            hash: KeyHash::Sha256(digest(text)),
            start: String::from_utf8_lossy(start.unwrap_or_default()).into(),
        })
    }
}

/// Whether a text is a hash, whole or not. Taken for a key itself, it would open what it was to guard to all who
/// have seen it.
fn is_hash(text: &[u8]) -> bool {
    let begins = |mark: &str| {
        let begin = text.get(..mark.len());
        begin.is_some_and(|begin| begin.eq_ignore_ascii_case(mark.as_bytes()))
    };
    ["sha256:", "$2a$", "$2b$", "$2x$", "$2y$", "$argon2"]
        .into_iter()
        .any(begins)
}

fn refuse_hash(node: &Node, what: &str, problems: &Problems) -> Option<Text> {
    let help = "write the key's text there, or list the hash: as `hash` of an entry under `keys`, in the `file`, or \
                in a file `hash` of the `folder`";
    let message = format!("{what} is a hash of a key, and is read as a key's text here");
    problems.error_with(node, message, help);
    None
}

/// Ids and texts must each lead to one key.
pub(super) fn refuse_twice(entries: &[Entry], problems: &Problems) {
    let (mut ids, mut digests) = (HashMap::new(), HashMap::new());
    for Entry {
        node, key, unread, ..
    } in entries
    {
        if ids.insert(&*key.id, ()).is_some() {
            let help = "give each key an `id` or a `name` of its own";
            problems.error_with(node, "another key of this set is called the same", help);
        }
        let hash = key.generations.first().map(|generation| &generation.hash);
        if let (Some(KeyHash::Sha256(digest)), None) = (hash, unread)
            && let Some(first) = digests.insert(*digest, &key.id)
        {
            let message = format!("`{}` has the same text as `{first}`", key.id);
            problems.error_with(node, message, "list each key once");
        }
    }
}

/// A stranger who knows how keys begin makes us work out the slow hashes of all that begin so.
pub(super) fn refuse_many_slow(entries: &[Entry], set: &Node, problems: &Problems) {
    let keys = entries.iter().map(|entry| entry.key.clone());
    if Fixed::new(keys.collect()).slow_at_most() > MOST_SLOW {
        let message = format!("more than {MOST_SLOW} keys with slow hashes begin alike");
        let help = "give each a longer `start`, or keep them in the store by their SHA-256";
        problems.error_with(set, message, help);
    }
}

/// Whether a name is spelled as variables usually are, and so is no key: capitals in words.
fn is_usual_name(name: &str) -> bool {
    let mut words = name.split('_');
    words.all(|word| {
        !word.is_empty() && word.len() <= 16 && word.bytes().all(|b| b.is_ascii_uppercase())
    })
}
