//! Public routes among protected ones.

use std::collections::BTreeMap;

use super::super::methods::Methods;
use super::Subject;
use super::file::Entry;
use super::probe::{listed, literal};
use super::specific::alike;

impl Subject<'_> {
    /// `public-under-protected` and `protected-under-public`.
    pub(super) fn public(&self) {
        let mut open: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (index, entry) in self.file.routes.iter().enumerate() {
            let Some(around) = self.around(index, entry) else {
                continue;
            };
            match (entry.is_public(), around.is_public()) {
                (true, false) => self.report_hole(entry, around),
                (false, true) => open.entry(around.route.index()).or_default().push(index),
                _ => {}
            }
        }
        for (public, protected) in open {
            self.report_open(public, &protected);
        }
    }

    /// The route of the same app that would take this one's requests if it were not there, whatever
    /// their exact path.
    fn around(&self, index: usize, entry: &Entry<'_>) -> Option<&Entry<'_>> {
        entry.hosts().iter().find_map(|host| {
            let enclosing = self.space.enclosing(host, &entry.pattern);
            let mut others = enclosing
                .into_iter()
                .filter(|other| *other != index)
                .filter_map(|other| self.file.entry(other))
                .filter(|other| !alike(&other.pattern, &entry.pattern));
            let nearest = others.find(|other| meet(&other.route.methods, &entry.route.methods))?;
            nearest.route.leads_where(entry.route).then_some(nearest)
        })
    }

    fn report_hole(&self, entry: &Entry<'_>, around: &Entry<'_>) {
        // A file that begins with `/**` opens single paths under it: that is how it is meant to be.
        if !around
            .pattern
            .segments
            .iter()
            .any(|segment| literal(segment).is_some())
        {
            return;
        }
        let message = format!(
            "a public route lies under a protected one, which is at {}",
            around.at()
        );
        let help = "whoever reads that route will not expect this one; take `public: true` away, or \
                    say why it is right with `ignore`";
        self.warn(
            "public-under-protected",
            self.public_node(entry),
            message,
            help,
        );
    }

    fn report_open(&self, public: usize, protected: &[usize]) {
        let first = protected.first().and_then(|first| self.file.entry(*first));
        let (Some(entry), Some(first)) = (self.file.entry(public), first) else {
            return;
        };
        let message = match protected.len() {
            1 => format!(
                "a public route takes what the protected one at {} does not match",
                first.at()
            ),
            many => format!(
                "a public route takes what {many} protected ones do not match, the first of them at {}",
                first.at()
            ),
        };
        let help = "a path that the app reads in two ways is open, such as `/Admin` for `/admin`; make \
                    only the paths public that have to be";
        self.warn(
            "protected-under-public",
            self.public_node(entry),
            message,
            help,
        );
    }

    fn public_node<'e>(&self, entry: &'e Entry<'_>) -> &'e crate::document::Node {
        entry.node.at("public").unwrap_or(entry.node)
    }
}

/// Whether there is a method that both take.
fn meet(one: &Methods, other: &Methods) -> bool {
    match (one, other) {
        (Methods::Any, _) | (_, Methods::Any) => true,
        (Methods::Listed(_), Methods::Listed(_)) => {
            listed(one).iter().any(|method| other.contains(method))
        }
    }
}
