//! `{action}` in a permission: what a method does.

use http::Method;

use crate::document::{Placed, Problems};

use super::complaint::complain;
use super::methods;

/// Where the action goes.
const PLACEHOLDER: &str = "{action}";

/// What the usual methods do when the file says nothing else. `HEAD` does what `GET` does.
const USUAL: [(Method, &str); 5] = [
    (Method::GET, "read"),
    (Method::POST, "write"),
    (Method::PUT, "write"),
    (Method::PATCH, "write"),
    (Method::DELETE, "delete"),
];

/// What each method does; a method that is not here does nothing that a rule could allow.
#[derive(Debug)]
pub(super) struct Actions(Vec<(Method, Box<str>)>);

impl Actions {
    /// The usual actions, with the file's instead of them or beside them.
    pub(super) fn compile(
        written: &[(Placed<String>, Placed<String>)],
        problems: &Problems,
    ) -> Self {
        let usual = USUAL.map(|(method, action)| (method, action.into()));
        let mut actions = Self(usual.into());
        if let Some((_, last)) = written.last() {
            methods::refuse_too_many(written.len(), &last.node, problems);
        }
        for (method, action) in written.iter().take(methods::MOST) {
            let sound = check(action, problems);
            let method = methods::parse(method, problems);
            if let Some(method) = method.filter(|_| sound) {
                actions.set(method, &action.value);
            }
        }
        if actions.of(&Method::HEAD).is_none() {
            let get = actions.of(&Method::GET).map(Box::from);
            actions.0.extend(get.map(|get| (Method::HEAD, get)));
        }
        actions
    }

    fn set(&mut self, method: Method, action: &str) {
        match self.0.iter_mut().find(|(known, _)| *known == method) {
            Some((_, known)) => *known = action.into(),
            None => self.0.push((method, action.into())),
        }
    }

    /// What a method does.
    pub(super) fn of(&self, method: &Method) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == method);
        found.map(|(_, action)| action.as_ref())
    }

    /// Every method that does something, and what.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Method, &str)> {
        self.0.iter().map(|(method, action)| (method, &**action))
    }
}

/// An action is the part of a permission after its colon.
fn check(action: &Placed<String>, problems: &Problems) -> bool {
    let special =
        |c: char| matches!(c, ':' | '*' | '{' | '}') || c.is_whitespace() || c.is_control();
    let sound = !action.value.contains(special);
    if !sound {
        let help = "an action is the part of a permission after the colon, such as `read`";
        complain(action, "is not an action", help, problems);
    }
    sound
}

/// Whether a permission depends on the method.
pub(super) fn depends_on_method(permission: &str) -> bool {
    permission.contains(PLACEHOLDER)
}

/// The permission for a method that does this.
pub(super) fn permission(template: &str, action: &str) -> String {
    template.replace(PLACEHOLDER, action)
}
