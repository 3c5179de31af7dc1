//! What a route amounts to once everything that it inherits is counted in: for people and for tools.

use std::fmt;

use http::{HeaderName, Method};

use super::granting::Granting;
use super::methods::Methods;
use super::origin::Origin;
use super::route::{PermissionRule, Route, SourceRule};
use super::step_up::StepUp;

/// A permission that a route asks for.
#[derive(Debug, Clone, Copy)]
pub struct Needed<'r> {
    method: Option<&'r Method>,
    granting: &'r Granting,
}

impl<'r> Needed<'r> {
    /// The method that it is for; nothing stands for any.
    pub fn method(&self) -> Option<&'r Method> {
        self.method
    }

    /// The permission, as `resource:action`.
    pub fn permission(&self) -> String {
        self.granting.permission.to_string()
    }

    /// The roles of the file that grant it, in alphabetical order.
    pub fn roles(&self) -> Vec<&'r str> {
        self.granting.roles()
    }

    /// The scopes that grant it, in alphabetical order: one that is spelled like it, and those for
    /// which the file says so.
    pub fn scopes(&self) -> Vec<&'r str> {
        self.granting.scopes()
    }
}

impl fmt::Display for Needed<'_> {
    /// `GET articles:read`, or the permission alone when it is for any method.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.method {
            None => write!(f, "{}", self.granting.permission),
            Some(method) => write!(f, "{method} {}", self.granting.permission),
        }
    }
}

impl Route {
    /// The path as it is matched, with the prefixes of the route's groups before it.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The hosts, `*.example.com` for those below a name; none of them stands for any host.
    pub fn hosts(&self) -> impl Iterator<Item = String> {
        let hosts = self.hosts.iter().map(ToString::to_string);
        hosts.filter(|host| !host.is_empty())
    }

    /// The methods; nothing stands for any.
    pub fn methods(&self) -> Option<&[Method]> {
        match &*self.methods {
            Methods::Any => None,
            Methods::Listed(methods) => Some(methods),
        }
    }

    /// Where a request names its tenant, in words, when that must be the caller's own.
    pub fn tenant(&self) -> Option<String> {
        self.rules.tenant.as_ref().map(ToString::to_string)
    }

    /// Where a request names its source, in words, when that must be one of an API key that is for some
    /// sources only.
    pub fn source(&self) -> Option<String> {
        match &self.rules.source {
            SourceRule::Bound(binding) => Some(binding.to_string()),
            SourceRule::Unbound | SourceRule::Lifted => None,
        }
    }

    /// What is asked of the sign-in behind the credential.
    pub fn step_up(&self) -> Option<&StepUp> {
        self.rules.step_up.as_deref()
    }

    /// The roles of which a caller must have one; none of them when no role is asked for.
    pub fn roles(&self) -> &[Box<str>] {
        self.rules.roles.as_ref().map_or(&[], |rule| &rule.wanted)
    }

    /// All roles of the file that satisfy the rule, also those that include one that is asked for,
    /// in alphabetical order.
    pub fn satisfying_roles(&self) -> Vec<&str> {
        let rule = self.rules.roles.as_deref();
        rule.map(|rule| rule.satisfying.sorted())
            .unwrap_or_default()
    }

    /// The scopes that a caller must have, all of them.
    pub fn scopes(&self) -> &[Box<str>] {
        &self.rules.scopes
    }

    /// The permissions that callers need. Where there is one for each of some methods, other methods
    /// are refused.
    pub fn permissions(&self) -> Vec<Needed<'_>> {
        match &self.rules.permission {
            PermissionRule::Nothing => Vec::new(),
            PermissionRule::One(granting) => vec![Needed {
                method: None,
                granting,
            }],
            PermissionRule::PerMethod(rules) => {
                let needed = rules.iter().map(|(method, granting)| Needed {
                    method: Some(method),
                    granting,
                });
                needed.collect()
            }
        }
    }

    /// The identity headers, each with its template as written and the place of it. A template that
    /// came from the environment is not shown.
    pub fn identity_headers(&self) -> impl Iterator<Item = (&HeaderName, &str, &Origin)> {
        let headers = self.headers.iter();
        headers.map(|header| (&header.name, &*header.shown, &*header.origin))
    }

    /// Where settings are written, by their keys (`roles`, `tenant`, `path`), also those that are `any`.
    /// A key that nobody wrote has no origin.
    pub fn origins(&self) -> impl Iterator<Item = (&'static str, &Origin)> {
        self.origins.iter().map(|(key, origin)| (*key, &**origin))
    }

    /// Where the setting of this key is written.
    pub fn origin(&self, key: &str) -> Option<&Origin> {
        let mut origins = self.origins();
        origins
            .find(|(known, _)| *known == key)
            .map(|(_, origin)| origin)
    }
}
