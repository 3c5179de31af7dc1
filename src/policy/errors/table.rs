//! The entries of one level, those of several put together, and the answer to each reason.

use std::sync::Arc;

use http::StatusCode;

use crate::document::{
    Fields, Key as Word, Layout, Named, Node, Placed, Problems, Value as Written,
};
use crate::model::{CanonicalPath, Reason};

use super::key::{Key, happens_on_routes};
use super::page::{Kind, Page};
use super::template::{Source, Template};
use super::value::{Scene, Value};
use super::{ErrorAnswer, ErrorContent, Moment};

/// Entries of `errors`, each key once.
#[derive(Debug, Clone, Default)]
pub(in crate::policy) struct Pages(Vec<Entry>);

#[derive(Debug, Clone)]
struct Entry {
    key: Key,
    /// The key as it is written, where it is written.
    text: Placed<String>,
    page: Arc<Page>,
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
        let entries = fields.raw("errors");
        let entries = entries.and_then(|node| Named::of(node, what, problems));
        let read = |(word, node): (&Word, &Node)| Entry::read(word, node, level, problems);
        let entries = entries.into_iter().flatten().filter_map(read);
        Self(entries.collect())
    }

    /// Whether nothing is said.
    pub(super) fn is_empty(&self) -> bool {
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
            let holds = |reason| match entry.redirects() {
                true => effective.redirect(reason) == Some(entry.key),
                false => effective
                    .page(reason)
                    .is_some_and(|page| page.key == entry.key),
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
            sources.filter_map(|source| match source {
                Source::Capture(name) => Some((&**name, &entry.text.node)),
                _ => None,
            })
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

    /// Works out the answer to every reason.
    pub(super) fn resolve(&self) -> Errors {
        let answers = Reason::ALL.iter().map(|reason| self.resolved(*reason));
        let answers: Box<[Resolved]> = answers.collect();
        let mut speaks = (false, false);
        let reasons = Reason::ALL.iter().zip(&answers);
        for (reason, _) in reasons.filter(|(_, resolved)| resolved.speaks()) {
            // Whoever was permitted is told no more of credentials.
            let is_late = !matches!(reason.status().as_u16(), 401 | 403);
            speaks = (true, speaks.1 || is_late);
        }
        Errors { answers, speaks }
    }

    fn resolved(&self, reason: Reason) -> Resolved {
        let redirect = self.redirect(reason);
        let redirect = self.0.iter().find(|entry| Some(entry.key) == redirect);
        let page = self.page(reason).map(|entry| Arc::clone(&entry.page));
        let status = page.as_ref().and_then(|page| page.status);
        let status = status.unwrap_or(reason.status());
        Resolved {
            ready: match page.as_ref().map(|page| &page.kind) {
                Some(Kind::Body(body)) => body.fixed(reason, status),
                _ => Some(ErrorContent::Problem),
            },
            redirect: redirect.map(|entry| Arc::clone(&entry.page)),
            page,
            status,
        }
    }

    /// The entries that cover a reason, the most specific first.
    fn covering(&self, reason: Reason) -> impl Iterator<Item = &Entry> {
        let mut covering: Vec<&Entry> = self.0.iter().collect();
        covering.retain(|entry| entry.key.covers(reason));
        covering.sort_by_key(|entry| std::cmp::Reverse(entry.key));
        covering.into_iter()
    }

    /// The entry for those who are not redirected.
    fn page(&self, reason: Reason) -> Option<&Entry> {
        self.covering(reason).find(|entry| !entry.redirects())
    }

    /// The key of the redirect that browsers follow: the most specific entry, if that is one.
    fn redirect(&self, reason: Reason) -> Option<Key> {
        let first = self.covering(reason).next()?;
        first.redirects().then_some(first.key)
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

/// The answer to every reason, in the order of [`Reason::ALL`].
#[derive(Debug)]
pub(in crate::policy) struct Errors {
    answers: Box<[Resolved]>,
    /// Whether a denial, or a failure after a permit, repeats something of its request.
    speaks: (bool, bool),
}

#[derive(Debug)]
struct Resolved {
    /// What a browser gets.
    redirect: Option<Arc<Page>>,
    /// What everybody else gets; nothing is a problem document.
    page: Option<Arc<Page>>,
    /// Its status.
    status: StatusCode,
    /// Its content, if no request changes that.
    ready: Option<ErrorContent>,
}

impl Errors {
    /// The answer to a refused request.
    pub(super) fn answer(&self, scene: &Scene<'_>) -> ErrorAnswer {
        let Some(resolved) = self.answers.get(scene.reason as usize) else {
            return ErrorAnswer {
                status: scene.status,
                content: ErrorContent::Problem,
                varies: false,
            };
        };
        let redirect = resolved.redirect.as_ref();
        let location = redirect
            .filter(|_| scene.browser)
            .and_then(|page| match &page.kind {
                Kind::Redirect(redirect) => redirect.location(scene),
                _ => None,
            });
        let (status, content) = match location {
            // RFC 9110 section 15.4.3. 303 would say that there is nothing to be had at the address that was
            // asked for; there is, once the caller has signed in. That 302 may change the method does not
            // matter: only GET and HEAD get here.
            Some(location) => (StatusCode::FOUND, ErrorContent::Redirect(location)),
            None => (resolved.status, resolved.content(scene)),
        };
        ErrorAnswer {
            status,
            content,
            varies: redirect.is_some(),
        }
    }

    /// Whether an answer that may be needed from this moment on repeats something of its request.
    pub(super) fn speaks(&self, moment: Moment) -> bool {
        match moment {
            Moment::Denied => self.speaks.0,
            Moment::Permitted => self.speaks.1,
        }
    }

    /// Whether any answer is a redirect.
    pub(in crate::policy) fn redirects(&self) -> bool {
        self.answers
            .iter()
            .any(|resolved| resolved.redirect.is_some())
    }

    /// What identity headers could say too, in any answer.
    pub(in crate::policy) fn templates(&self) -> impl Iterator<Item = &Template> {
        let pages = self.answers.iter();
        let pages = pages.flat_map(|resolved| resolved.redirect.iter().chain(&resolved.page));
        pages.flat_map(|page| page.templates())
    }
}

impl Resolved {
    fn content(&self, scene: &Scene<'_>) -> ErrorContent {
        if let Some(ready) = &self.ready {
            return ready.clone();
        }
        let scene = Scene {
            status: self.status,
            ..*scene
        };
        let page = self.page.as_ref().and_then(|page| match &page.kind {
            Kind::Body(body) => body.render(&scene),
            _ => None,
        });
        page.unwrap_or(ErrorContent::Problem)
    }

    fn speaks(&self) -> bool {
        let page = self.page.iter().flat_map(|page| page.values());
        // A redirect also looks whether it leads back.
        self.redirect.is_some() || page.into_iter().any(Value::is_of_request)
    }
}
