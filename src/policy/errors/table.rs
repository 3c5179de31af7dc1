//! The entries of one level, those of several put together, and which of them hold.

use std::sync::Arc;

use crate::document::{
    Fields, Key as Word, Layout, Named, Node, Placed, Problems, Shape, Value as Written,
};
use crate::model::{CanonicalPath, Reason};

use super::super::expression::Expression;
use super::key::{Key, happens_on_routes};
use super::page::{Kind, Page};
use super::template::{Source, Template};

/// Entries of `errors`, each key once.
#[derive(Debug, Clone, Default)]
pub(in crate::policy) struct Pages(Vec<Entry>);

/// One entry.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    key: Key,
    /// The key as it is written, where it is written.
    text: Placed<String>,
    pub(super) page: Arc<Page>,
}

/// Where entries stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::policy) enum Level {
    /// At the top of the file, for all refusals.
    File,
    /// On a route, or wherever several routes share what they say.
    Route,
}

impl Pages {
    /// Reads the key `errors` of a section, at whatever level.
    pub(in crate::policy) fn read(
        fields: &mut Fields<'_>,
        level: Level,
        problems: &Problems,
    ) -> Self {
        let what = "refusals to answers";
        let entries = fields.shaped("errors", || Shape::named(Page::shape()));
        let entries = entries.and_then(|node| Named::of(node, what, problems));
        let read = |(word, node): (&Word, &Node)| Entry::read(word, node, level, problems);
        let entries = entries.into_iter().flatten().filter_map(read);
        Self(entries.collect())
    }

    /// Whether nothing is said.
    pub(in crate::policy) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// These entries, and those of another level that have no key of these.
    pub(super) fn over(&self, base: &Self) -> Self {
        let mut all = self.0.clone();
        let is_new = |entry: &&Entry| self.0.iter().all(|own| own.key != entry.key);
        all.extend(base.0.iter().filter(is_new).cloned());
        Self(all)
    }

    /// Reports entries that never hold, because more specific ones hold wherever they would.
    /// `effective` is these entries over those of the levels above.
    pub(super) fn check_reach(&self, effective: &Self, level: Level, problems: &Problems) {
        for entry in &self.0 {
            let happens = |reason: &Reason| level == Level::File || happens_on_routes(*reason);
            let mut covered = Reason::ALL.iter().copied().filter(happens);
            let holds = |reason| {
                let held = match entry.redirects() {
                    true => effective.redirect(reason),
                    false => effective.page(reason),
                };
                held.is_some_and(|held| held.key == entry.key)
            };
            if !covered.any(holds) {
                let message = format!("`{}` never holds", entry.text.value);
                let help = "every refusal it covers has a more specific key; write one of them";
                problems.error_with(&entry.text.node, message, help);
            }
        }
    }

    /// Names of captures that the entries repeat, each with the place of its entry.
    pub(in crate::policy) fn captures(&self) -> impl Iterator<Item = (&str, &Node)> {
        self.0.iter().flat_map(|entry| {
            let sources = entry.page.templates().flat_map(Template::sources);
            let named = sources.filter_map(|source| match source {
                Source::Capture(name) => Some(&**name),
                _ => None,
            });
            let expressions = entry.page.templates().flat_map(Template::expressions);
            let read = expressions.flat_map(Expression::captures);
            named.chain(read).map(|name| (name, &entry.text.node))
        })
    }

    /// The place of an entry that speaks of the caller, if one does.
    pub(in crate::policy) fn needing_principal(&self) -> Option<&Node> {
        let needs = |entry: &&Entry| entry.page.templates().any(Template::needs_principal);
        self.0.iter().find(needs).map(|entry| &entry.text.node)
    }

    /// Paths of this gate that browsers without a credential are sent to, each with the place of its entry.
    pub(in crate::policy) fn sign_in_paths(&self) -> impl Iterator<Item = (&CanonicalPath, &Node)> {
        self.0.iter().filter_map(|entry| match &entry.page.kind {
            Kind::Redirect(redirect) if entry.key.covers(Reason::TokenMissing) => {
                Some((redirect.path_here()?, &entry.text.node))
            }
            _ => None,
        })
    }

    /// The entries that cover a reason, the most specific first.
    fn covering(&self, reason: Reason) -> impl Iterator<Item = &Entry> {
        let mut covering: Vec<&Entry> = self.0.iter().collect();
        covering.retain(|entry| entry.key.covers(reason));
        covering.sort_by_key(|entry| std::cmp::Reverse(entry.key));
        covering.into_iter()
    }

    /// The entry for those who are not redirected.
    pub(super) fn page(&self, reason: Reason) -> Option<&Entry> {
        self.covering(reason).find(|entry| !entry.redirects())
    }

    /// The redirect that browsers follow: the most specific entry, if it is one.
    pub(super) fn redirect(&self, reason: Reason) -> Option<&Entry> {
        let mut covering = self.covering(reason);
        covering.next().filter(|entry| entry.redirects())
    }
}

impl Entry {
    fn read(word: &Word, node: &Node, level: Level, problems: &Problems) -> Option<Self> {
        let text = Placed {
            value: word.name.clone(),
            node: Node {
                value: Written::Null,
                place: word.place.clone(),
                path: node.path.clone(),
                from_environment: from_environment(node),
                is_variable: false,
                layout: Layout::Opaque,
            },
        };
        let key = Key::read(&text, problems);
        if let Some(Key::Code(reason)) = key
            && level == Level::Route
            && !happens_on_routes(reason)
        {
            let message = format!("`{reason}` is decided before there is a route");
            let help = "write it under `errors` at the top of the file";
            problems.error_with(&text.node, message, help);
            return None;
        }
        if matches!(node.value, Written::Null) {
            let message = format!("`{}` is written without a value", text.value);
            let help = format!("give it a value, or leave `{}` out", text.value);
            problems.error_with(&text.node, message, help);
            return None;
        }
        let page = Arc::new(Page::read(node, problems)?);
        Some(Self {
            key: key?,
            text,
            page,
        })
    }

    fn redirects(&self) -> bool {
        matches!(self.page.kind, Kind::Redirect(_))
    }
}

/// Whether any text below was taken from the environment.
fn from_environment(node: &Node) -> bool {
    match &node.value {
        Written::List(items) => items.iter().any(from_environment),
        Written::Map(entries) => entries.iter().any(|(_, node)| from_environment(node)),
        _ => node.from_environment,
    }
}
