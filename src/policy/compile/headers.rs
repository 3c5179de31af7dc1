//! Identity headers of the file and of single routes.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::document::{Placed, Problems};
use crate::model::FoldedName;

use super::super::complaint::{complain_quoting, shown, suggestion};
use super::super::config::{HeaderConfig, RouteConfig};
use super::super::names::{self, HeaderNames};
use super::super::pattern::Pattern;
use super::super::render::Facts;
use super::super::route::{IdentityHeader, Route, ValueSource};
use super::super::template::{Source, Template};
use super::Compiler;

type Headers = Arc<[Arc<IdentityHeader>]>;

/// The most different templates whose values a principal keeps; those of a file with more are
/// rendered for every request, so that principals stay small.
const MOST_MEMOISED: usize = 32;

/// The file's identity headers, shared by the routes that have none of their own.
pub(super) struct FileHeaders {
    all: Headers,
    /// Those that need no principal.
    impersonal: Headers,
    /// Every template that needs nothing but a principal, at the position of its value.
    pub(super) memoised: Vec<Template>,
}

impl FileHeaders {
    pub(super) fn compile(
        configs: &[HeaderConfig],
        names: &mut HeaderNames,
        problems: &Problems,
    ) -> Self {
        let mut memoised = Vec::new();
        let all: Headers = compile(configs, names, &mut memoised, problems).into();
        let impersonal = all
            .iter()
            .filter(|header| !header.template.needs_principal());
        Self {
            impersonal: impersonal.cloned().collect(),
            all,
            memoised,
        }
    }
}

fn compile(
    configs: &[HeaderConfig],
    names: &mut HeaderNames,
    memoised: &mut Vec<Template>,
    problems: &Problems,
) -> Vec<Arc<IdentityHeader>> {
    let mut seen: HashMap<FoldedName, String> = HashMap::new();
    let mut headers = Vec::with_capacity(configs.len());
    for config in configs {
        let name = names::identity(&config.name, problems);
        let template = template(&config.template, problems);
        let (Some(name), Some(template)) = (name, template) else {
            continue;
        };
        let folded = FoldedName::new(name.as_str());
        if let Some(first) = seen.insert(folded, config.name.value.clone()) {
            let message = format!("{} is the same header as `{first}`", shown(&config.name));
            let help = "upstreams may confuse them; write one of the two";
            problems.error_with(&config.name.node, message, help);
        }
        names.add(name.as_str());
        headers.push(Arc::new(IdentityHeader {
            name,
            source: source(&template, memoised),
            template,
        }));
    }
    headers
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

fn template(text: &Placed<String>, problems: &Problems) -> Option<Template> {
    let template = match Template::parse(&text.value) {
        Ok(template) => template,
        Err(error) => {
            complain_quoting(text, &error.message, &error.help, problems);
            return None;
        }
    };
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

fn captures(template: &Template) -> impl Iterator<Item = &str> {
    template.sources().filter_map(|source| match source {
        Source::Capture(name) => Some(name.as_ref()),
        _ => None,
    })
}

impl Compiler<'_> {
    /// A route's headers: the file's, overridden and joined by its own.
    pub(super) fn route_headers(
        &mut self,
        config: &RouteConfig,
        pattern: Option<&Pattern>,
    ) -> Headers {
        let from_file = match config.public {
            true => &self.headers.impersonal,
            false => &self.headers.all,
        };
        if config.identity_headers.is_empty() {
            return Arc::clone(from_file);
        }
        let own = compile(
            &config.identity_headers,
            &mut self.names,
            &mut self.headers.memoised,
            self.problems,
        );
        for header in &config.identity_headers {
            self.check_own(header, config, pattern);
        }
        let overridden: HashSet<_> = own.iter().map(|header| &header.name).collect();
        let kept = from_file
            .iter()
            .filter(|header| !overridden.contains(&header.name));
        kept.chain(&own).cloned().collect()
    }

    fn check_own(&self, header: &HeaderConfig, route: &RouteConfig, pattern: Option<&Pattern>) {
        let Ok(template) = Template::parse(&header.template.value) else {
            return;
        };
        let node = &header.template.node;
        if route.public && template.needs_principal() {
            let help = "leave it out, or take `public: true` away";
            self.problems
                .error_with(node, "a public route has no principal to speak of", help);
        }
        let folded = FoldedName::new(&header.name.value);
        let other = self.headers.all.iter().find(|known| {
            folded.matches(known.name.as_str())
                && !known.name.as_str().eq_ignore_ascii_case(&header.name.value)
        });
        if let Some(other) = other {
            let message = format!(
                "{} is the same header as the file's `{}`",
                shown(&header.name),
                other.name
            );
            let help = "upstreams may confuse them; spell them alike";
            self.problems.error_with(&header.name.node, message, help);
        }
        let Some(pattern) = pattern else {
            return;
        };
        for name in captures(&template) {
            if !pattern.names().any(|known| known == name) {
                self.report_capture(&header.template, name, pattern.names(), "the path has");
            }
        }
    }

    /// Captures that the file's headers name must be in some route's path; on routes without the
    /// capture the header is left out.
    pub(super) fn check_file_captures(&self, routes: &[Arc<Route>]) {
        let names = routes.iter().flat_map(|route| &route.captures);
        let known: HashSet<&str> = names.map(|(name, _)| name.as_ref()).collect();
        for header in &self.config.identity_headers {
            let Ok(template) = Template::parse(&header.template.value) else {
                continue;
            };
            for name in captures(&template).filter(|name| !known.contains(name)) {
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
