//! Conditions and templates of one file: what each may name, and what it must agree with.

use std::collections::BTreeSet;

use crate::document::Placed;

use super::super::condition::Condition;
use super::super::config::{Entry, HeaderConfig, RouteConfig};
use super::super::expression::{Sources, Surroundings, Vocabulary};
use super::super::names::HeaderNames;
use super::super::origin::Level;
use super::super::pattern::{Pattern, captures_in};
use super::super::template::Template;
use super::Compiler;
use super::layer::{Demands, value};

impl<'a> Compiler<'a> {
    /// What a public route asks of everybody: its own condition. One that it would inherit may have kept
    /// strangers out, so it is set aside in sight or not at all.
    pub(super) fn asked_of_all(
        &mut self,
        config: &'a RouteConfig,
        inherited: &Demands<'a>,
    ) -> Demands<'a> {
        let own = config.own.when.as_ref();
        if let (None, Some(given)) = (own, &inherited.when)
            && given.value.is_some()
        {
            let message = format!("a public route would drop the `when` of {}", given.origin);
            let help = "write the condition that holds here, or `when: any` to lift it in sight";
            self.problems.error_with(&config.node, message, help);
            return Demands::default();
        }
        Demands {
            when: self.over("when", &inherited.when, own, &Level::Route, |_, text| {
                Some(text)
            }),
            ..Demands::default()
        }
    }

    /// The route's condition, compiled with the captures of its path.
    pub(super) fn condition(
        &mut self,
        config: &RouteConfig,
        demands: &Demands<'a>,
        pattern: Option<&Pattern>,
    ) -> Option<Condition> {
        let text: &Placed<String> = value(&demands.when)?;
        let sources = Sources {
            principal: !config.public,
            caller: true,
        };
        let vocabulary = Vocabulary::new(pattern?.names(), sources);
        Condition::compile(text, &vocabulary, &mut self.surroundings())
    }

    /// The template of a header that all routes of a list inherit, or that one route sets.
    pub(super) fn value_of(
        &mut self,
        text: &Placed<String>,
        own: Option<(&RouteConfig, &Pattern)>,
    ) -> Option<Template> {
        let sources = Sources {
            principal: own.is_none_or(|(route, _)| !route.public),
            caller: false,
        };
        let vocabulary = match own {
            Some((_, pattern)) => Vocabulary::new(pattern.names(), sources),
            None => Vocabulary::new(self.captures.iter().map(AsRef::as_ref), sources),
        };
        Template::compile(text, &vocabulary, &mut self.surroundings())
    }

    fn surroundings(&mut self) -> Surroundings<'_> {
        Surroundings {
            rights: &mut self.rights,
            stripped: &self.names,
            problems: self.problems,
        }
    }
}

/// The names of all captures of a file's paths, also of those that turn out to be wrong.
pub(super) fn all_captures(entries: &[Entry]) -> BTreeSet<Box<str>> {
    let mut names = BTreeSet::new();
    for entry in entries {
        let path = match entry {
            Entry::Route(route) => &route.path,
            Entry::Group(group) => {
                names.extend(all_captures(&group.entries));
                &group.path
            }
        };
        let path = path.as_ref().map_or("", |path| path.value.as_str());
        names.extend(captures_in(path).map(Into::into));
    }
    names
}

/// Adds every header that some route sets, so that all of them are known before the first condition
/// that may not read them. Names that are no names are reported elsewhere.
pub(super) fn add_all_headers(entries: &[Entry], names: &mut HeaderNames) {
    for entry in entries {
        match entry {
            Entry::Route(route) => add_headers(&route.own.identity_headers, names),
            Entry::Group(group) => {
                add_headers(&group.defaults.identity_headers, names);
                add_all_headers(&group.entries, names);
            }
        }
    }
}

/// Adds the names of a list of headers.
pub(super) fn add_headers(headers: &[HeaderConfig], names: &mut HeaderNames) {
    for header in headers {
        names.add(&header.name.value);
    }
}
