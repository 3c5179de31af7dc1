//! Identity headers of the file, of groups and of single routes.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::document::{Placed, Problems};
use crate::model::FoldedName;

use super::super::complaint::{complain_quoting, shown, suggestion};
use super::super::config::{HeaderConfig, RouteConfig};
use super::super::names;
use super::super::origin::{Level, Origin};
use super::super::pattern::Pattern;
use super::super::render::Facts;
use super::super::route::{IdentityHeader, Route, ValueSource};
use super::super::template::{Source, Template, sources_in};
use super::Compiler;

type Headers = Arc<[Arc<IdentityHeader>]>;

/// The most different templates whose values a principal keeps; those of a file with more are
/// rendered for every request, so that principals stay small.
const MOST_MEMOISED: usize = 32;

/// The most headers that one list may set; upstreams take about a hundred fields in all.
const MOST_HEADERS: usize = 64;

/// The identity headers that routes inherit, shared by those that have none of their own.
#[derive(Debug, Clone, Default)]
pub(super) struct Inherited {
    all: Headers,
    /// Those that need no principal.
    impersonal: Headers,
}

impl Inherited {
    fn new(all: Headers) -> Self {
        let impersonal = all
            .iter()
            .filter(|header| !header.template.needs_principal());
        Self {
            impersonal: impersonal.cloned().collect(),
            all,
        }
    }
}

/// When a template's value is worked out; equal templates share one place in the memo.
fn source(template: &Template, memoised: &mut Vec<Template>) -> ValueSource {
    if template.needs_request() {
        return ValueSource::Request;
    }
    if !template.needs_principal() {
        let fixed = template.render(Facts::NONE, &mut String::new());
        return fixed.map_or(ValueSource::Request, ValueSource::Fixed);
    }
    let known = memoised.iter().position(|known| known == template);
    match known {
        Some(position) => ValueSource::Memo(position),
        None if memoised.len() < MOST_MEMOISED => {
            memoised.push(template.clone());
            ValueSource::Memo(memoised.len() - 1)
        }
        None => ValueSource::Request,
    }
}

/// Checks what a template says, beyond being one.
fn checked(template: Template, text: &Placed<String>, problems: &Problems) -> Option<Template> {
    let bound = |source: &Source| matches!(source, Source::Header(_) | Source::HostLabel(_));
    if template.sources().any(bound) {
        let help =
            "`header` and `host` name a tenant only, in `tenant:`; here there is `request.host`";
        problems.error_with(
            &text.node,
            "a header of the caller says nothing about who calls",
            help,
        );
        return None;
    }
    if text.value.starts_with(' ') || text.value.ends_with(' ') {
        let help = "spaces around a header's value are lost on the way; leave them out";
        problems.error_with(&text.node, "the value begins or ends with a space", help);
        return None;
    }
    Some(template)
}

fn captures(sources: &[Source]) -> impl Iterator<Item = &str> {
    sources.iter().filter_map(|source| match source {
        Source::Capture(name) => Some(name.as_ref()),
        _ => None,
    })
}

impl Compiler<'_> {
    /// What the routes of a group, or of the file, inherit: the outer headers, overridden and joined by
    /// its own.
    pub(super) fn headers_over(
        &mut self,
        outer: &Inherited,
        configs: &[HeaderConfig],
        level: &Level,
    ) -> Inherited {
        if configs.is_empty() {
            return outer.clone();
        }
        for header in configs {
            self.check_spelling(header, outer);
        }
        let own = self.headers(configs, None, level);
        Inherited::new(joined(&outer.all, &own))
    }

    /// A route's headers: those it inherits, overridden and joined by its own.
    pub(super) fn route_headers(
        &mut self,
        config: &RouteConfig,
        outer: &Inherited,
        pattern: Option<&Pattern>,
    ) -> Headers {
        let inherited = match config.public {
            true => &outer.impersonal,
            false => &outer.all,
        };
        let configs = &config.own.identity_headers;
        if configs.is_empty() {
            return Arc::clone(inherited);
        }
        let route = pattern.map(|pattern| (config, pattern));
        let own = self.headers(configs, route, &Level::Route);
        for header in configs {
            self.check_spelling(header, outer);
            self.check_own(header, config, pattern);
        }
        joined(inherited, &own)
    }

    fn headers(
        &mut self,
        configs: &[HeaderConfig],
        route: Option<(&RouteConfig, &Pattern)>,
        level: &Level,
    ) -> Vec<Arc<IdentityHeader>> {
        let mut seen: HashMap<FoldedName, String> = HashMap::new();
        let mut headers = Vec::new();
        if let Some(excess) = configs.get(MOST_HEADERS) {
            let message = format!("more than {MOST_HEADERS} headers are set in one place");
            let help = "upstreams refuse requests with so many; put several values into one header";
            self.problems.error_with(&excess.name.node, message, help);
        }
        for config in configs.iter().take(MOST_HEADERS) {
            let name = names::identity(&config.name, self.problems);
            let template = self.value_of(&config.template, route);
            let template =
                template.and_then(|template| checked(template, &config.template, self.problems));
            let (Some(name), Some(template)) = (name, template) else {
                continue;
            };
            let folded = FoldedName::new(name.as_str());
            if let Some(first) = seen.insert(folded, config.name.value.clone()) {
                let message = format!("{} is the same header as `{first}`", shown(&config.name));
                let help = "upstreams may confuse them; write one of the two";
                self.problems.error_with(&config.name.node, message, help);
            }
            headers.push(Arc::new(IdentityHeader {
                name,
                source: source(&template, &mut self.memoised),
                template,
                shown: readable(&config.template).into(),
                origin: Origin::new(&config.name.node, level),
            }));
        }
        headers
    }

    /// Two spellings of one header are a mistake wherever they stand.
    fn check_spelling(&self, header: &HeaderConfig, outer: &Inherited) {
        let folded = FoldedName::new(&header.name.value);
        let other = outer.all.iter().find(|known| {
            folded.matches(known.name.as_str())
                && !known.name.as_str().eq_ignore_ascii_case(&header.name.value)
        });
        if let Some(other) = other {
            let whose = match other.origin.level() {
                Level::File => "file",
                Level::Group(_) | Level::Route => "group",
            };
            let message = format!(
                "{} is the same header as the {whose}'s `{}`",
                shown(&header.name),
                other.name
            );
            let help = "upstreams may confuse them; spell them alike";
            self.problems.error_with(&header.name.node, message, help);
        }
    }

    fn check_own(&self, header: &HeaderConfig, route: &RouteConfig, pattern: Option<&Pattern>) {
        let template = &header.template;
        let sources = sources_in(&template.value);
        if route.public && sources.iter().any(Source::needs_principal) {
            let help = "leave it out, or take `public: true` away";
            let message = "a public route has no principal to speak of";
            self.problems.error_with(&template.node, message, help);
        }
        let Some(pattern) = pattern else {
            return;
        };
        for name in captures(&sources) {
            if !pattern.names().any(|known| known == name) {
                self.report_capture(template, name, pattern.names(), "the path has");
            }
        }
    }

    /// Captures that inherited headers name must be in some path of the routes that inherit them; on
    /// routes without the capture the header is left out.
    pub(super) fn check_captures(&self, headers: &[HeaderConfig], routes: &[Arc<Route>]) {
        if headers.is_empty() {
            return;
        }
        let names = routes.iter().flat_map(|route| &route.captures);
        let known: HashSet<&str> = names.map(|(name, _)| name.as_ref()).collect();
        for header in headers {
            let sources = sources_in(&header.template.value);
            for name in captures(&sources).filter(|name| !known.contains(name)) {
                let known = known.iter().copied();
                self.report_capture(&header.template, name, known, "no route's path has");
            }
        }
    }

    pub(super) fn report_capture<'k>(
        &self,
        text: &Placed<String>,
        name: &str,
        known: impl Iterator<Item = &'k str>,
        who: &str,
    ) {
        let not = if who.starts_with("no ") { "a" } else { "no" };
        let message = format!("{who} {not} capture `{name}`");
        let wrong = Placed {
            value: name.to_owned(),
            node: text.node.clone(),
        };
        let help = suggestion(&wrong, known, "captures");
        complain_quoting(text, &message, &help, self.problems);
    }
}

/// What may be shown of a template: one from the environment may hold a secret.
fn readable(template: &Placed<String>) -> &str {
    match template.node.from_environment {
        true => "(from the environment)",
        false => &template.value,
    }
}

/// Inherited headers but for those that are set anew, and these.
fn joined(inherited: &Headers, own: &[Arc<IdentityHeader>]) -> Headers {
    let overridden: HashSet<_> = own.iter().map(|header| &header.name).collect();
    let kept = inherited
        .iter()
        .filter(|header| !overridden.contains(&header.name));
    kept.chain(own).cloned().collect()
}
