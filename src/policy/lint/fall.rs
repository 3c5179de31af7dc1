//! Requests that a strict route leaves out and that a looser one takes.

use std::cmp::Ordering;

use http::Method;

use crate::model::CanonicalPath;

use super::super::host::HostPattern;
use super::Subject;
use super::file::Entry;
use super::probe::{listed, literal};
use super::space::Budget;
use super::specific::{alike, order};

/// The usual methods that change something (RFC 9110 section 9.2.1 calls the others safe).
const WRITING: [Method; 4] = [Method::POST, Method::PUT, Method::PATCH, Method::DELETE];

/// How many meetings of patterns are looked at in one file.
const MOST_MEETINGS: usize = 500_000;

/// A request that goes where it should not, and where that is.
struct Fall {
    path: CanonicalPath,
    /// The host, where it is by its host that the strict route leaves the request out.
    host: Option<String>,
    methods: Vec<Method>,
    to: usize,
}

impl Subject<'_> {
    /// `falls-through`.
    pub(super) fn falls(&self) {
        let mut budget = Budget(MOST_MEETINGS);
        for (index, entry) in self.file.routes.iter().enumerate() {
            if entry.is_public() {
                continue;
            }
            if let Some(fall) = self.by_method(index, entry, &mut budget) {
                self.report_fall(entry, &fall);
            }
            if let Some(fall) = self.by_host(index, entry) {
                self.report_fall(entry, &fall);
            }
        }
    }

    /// A request that the route would take if it had not left the method out; one that goes to a public
    /// route, if there is one.
    fn by_method(&self, index: usize, entry: &Entry<'_>, budget: &mut Budget) -> Option<Fall> {
        let own = listed(&entry.route.methods);
        let left_out = self.left_out(own);
        if left_out.is_empty() {
            return None;
        }
        let mut worst = None;
        for pattern in entry.hosts().iter() {
            let host = self.probe.host(pattern);
            let fall = |path: CanonicalPath| {
                let owns = |method| self.probe.find(&host, &path, method) == Some(index);
                own.iter().any(owns).then_some(())?;
                self.fall(entry, &host, path, &left_out)
            };
            for below in self.probe.depths(&entry.pattern) {
                if worst.is_none() {
                    worst = self.probe.path(&entry.pattern, below).and_then(fall);
                }
            }
            self.space
                .crossing(pattern, &entry.pattern, budget, &mut |routes, way| {
                    let open = |fall: &Fall| self.is_public(fall.to);
                    let wanted = |to: &usize| match &worst {
                        Some(worst) => self.is_public(*to) && !open(worst),
                        None => {
                            let mut left_out = left_out.iter();
                            left_out.any(|method| self.strictness.is_looser(*to, index, method))
                        }
                    };
                    if routes.iter().any(wanted) {
                        let next = self.probe.spelled(way).and_then(fall);
                        let next = next.filter(|next| worst.is_none() || open(next));
                        worst = next.or(worst.take());
                    }
                });
        }
        worst
    }

    fn is_public(&self, index: usize) -> bool {
        self.file.entry(index).is_some_and(Entry::is_public)
    }

    /// The methods that a list leaves out though it guards what they do.
    ///
    /// A route that guards reading guards the path, so writing should ask for no less, and neither should
    /// a method that an app may take for reading. One that guards two ways of writing guards writing.
    /// One that guards a single way of writing, such as `DELETE`, is taken to mean just that.
    fn left_out(&self, own: &[Method]) -> Vec<&Method> {
        let guards_reading = own.contains(&Method::GET);
        let guarded = WRITING.iter().filter(|method| own.contains(method)).count();
        if own.is_empty() || !guards_reading && guarded < 2 {
            return Vec::new();
        }
        let other = self.probe.unlisted().filter(|_| guards_reading);
        let writing = WRITING.iter().filter(|method| !own.contains(method));
        writing.chain(other).collect()
    }

    /// The looser route that some of these requests go to, and all of them that go there.
    fn fall(
        &self,
        entry: &Entry<'_>,
        host: &str,
        path: CanonicalPath,
        methods: &[&Method],
    ) -> Option<Fall> {
        let goes = methods.iter().filter_map(|method| {
            let to = self.probe.find(host, &path, method)?;
            self.catches(host, to, entry, method)
                .then_some((to, *method))
        });
        let goes: Vec<(usize, &Method)> = goes.collect();
        let public = goes.iter().find(|(to, _)| self.is_public(*to));
        let (to, _) = *public.or(goes.first())?;
        let methods = goes.iter().filter(|(other, _)| *other == to);
        Some(Fall {
            path,
            host: None,
            methods: methods.map(|(_, method)| Method::clone(method)).collect(),
            to,
        })
    }

    /// Whether this route takes what a stricter one of the same app leaves out, and nobody wrote so for
    /// that very path.
    fn catches(&self, host: &str, to: usize, strict: &Entry<'_>, method: &Method) -> bool {
        self.file.entry(to).is_some_and(|loose| {
            let after = match order(host, strict, loose) {
                Ordering::Less => true,
                Ordering::Equal => !listed(&loose.route.methods).contains(method),
                Ordering::Greater => false,
            };
            let strict = strict.route.index();
            after && self.strictness.is_looser(to, strict, method)
        })
    }

    /// A request for the route's path that names another host. A route for all paths of a host is
    /// taken to mean a site; so is one whose path is written for other hosts as well.
    fn by_host(&self, index: usize, entry: &Entry<'_>) -> Option<Fall> {
        let mut segments = entry.pattern.segments.iter();
        segments.find_map(literal)?;
        if entry.hosts().contains(&HostPattern::Any) {
            return None;
        }
        let first = listed(&entry.route.methods).first();
        let method = first.or(self.probe.unlisted())?;
        let host = self.probe.other_host();
        self.probe.depths(&entry.pattern).find_map(|below| {
            let path = self.probe.path(&entry.pattern, below)?;
            let mut own = entry.hosts().iter().map(|host| self.probe.host(host));
            let owns = own.any(|own| self.probe.find(&own, &path, method) == Some(index));
            let to = self.probe.find(host, &path, method)?;
            let loose = self.file.entry(to).filter(|_| owns)?;
            let written = alike(&loose.pattern, &entry.pattern);
            let looser = self.strictness.is_looser(to, index, method);
            (!written && looser).then(|| Fall {
                path,
                host: Some(host.to_owned()),
                methods: vec![method.clone()],
                to,
            })
        })
    }

    fn report_fall(&self, entry: &Entry<'_>, fall: &Fall) {
        let Some(loose) = self.file.entry(fall.to) else {
            return;
        };
        let path = match entry.quotable && loose.quotable {
            true => format!(" `{}`", fall.path.as_str()),
            false => " such a path".to_owned(),
        };
        let methods = fall.methods.iter().map(|method| format!("`{method}`"));
        let methods: Vec<String> = methods.collect();
        let to = loose.at();
        let less = match loose.is_public() {
            true => "is public",
            false => "asks for less",
        };
        let (key, message, help) = match &fall.host {
            None => (
                "methods",
                format!(
                    "requests for{path} with {} go to the route at {to}, which {less}",
                    methods.join(", ")
                ),
                "name these methods here too, or write a second route for the same path without \
                 `methods` that asks for no less",
            ),
            Some(_) => (
                "host",
                format!(
                    "requests for{path} that name another host go to the route at {to}, which {less}"
                ),
                "a caller chooses the host it names; ask for no less there, or write the same path \
                 there too",
            ),
        };
        let node = [key, "method", "path"]
            .iter()
            .find_map(|key| entry.node.at(key));
        self.warn("falls-through", node.unwrap_or(entry.node), message, help);
    }
}
