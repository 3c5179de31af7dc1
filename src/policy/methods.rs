//! Which methods a route is for.

use http::Method;

use crate::document::{Node, Placed, Problems, closest};

use super::complaint::{complain, shown};
use super::config::Texts;

/// The methods a route takes (RFC 9110 section 9).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Methods {
    /// Every method but those that are [`never_routed`].
    Any,
    /// These, and `HEAD` where `GET` is among them.
    Listed(Box<[Method]>),
}

/// The most methods that a list may hold: each is compared with each.
pub(super) const MOST: usize = 32;

const STANDARD: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"];

impl Methods {
    /// Compiles a list.
    pub(super) fn compile(texts: &Texts, problems: &Problems) -> Self {
        let mut methods: Vec<Method> = Vec::new();
        refuse_too_many(texts.value.0.len(), &texts.node, problems);
        for method in texts
            .value
            .0
            .iter()
            .take(MOST)
            .filter_map(|text| parse(text, problems))
        {
            if !methods.contains(&method) {
                methods.push(method);
            }
        }
        if methods.contains(&Method::GET) && !methods.contains(&Method::HEAD) {
            methods.push(Method::HEAD);
        }
        Self::Listed(methods.into())
    }

    /// Whether a request with this method can reach the route.
    pub(super) fn contains(&self, method: &Method) -> bool {
        match self {
            Self::Any => !never_routed(method),
            Self::Listed(methods) => methods.contains(method),
        }
    }
}

/// `TRACE` shows the caller what proxies added to its request, `CONNECT` opens a tunnel past every
/// rule: no route takes them. Nor does one take a method with a small letter: `delete` is not
/// `DELETE` here (RFC 9110 section 9.1), so it would pass a rule for `DELETE` by, but upstreams that
/// fold case do the same for both.
pub(super) fn never_routed(method: &Method) -> bool {
    let small = |method: &Method| method.as_str().bytes().any(|b| b.is_ascii_lowercase());
    *method == Method::TRACE || *method == Method::CONNECT || small(method)
}

/// Refuses what would make every look-up slow.
pub(super) fn refuse_too_many(count: usize, node: &Node, problems: &Problems) {
    if count > MOST {
        let message = format!("{count} methods are more than the {MOST} that may stand together");
        problems.error_with(node, message, "few APIs use more than seven");
    }
}

/// Parses one method of the file.
pub(super) fn parse(text: &Placed<String>, problems: &Problems) -> Option<Method> {
    if text.value.bytes().any(|byte| byte.is_ascii_lowercase()) {
        let help = "methods are case-sensitive; write them in capitals, such as `GET`";
        complain(text, "is not a method", help, problems);
        return None;
    }
    let Ok(method) = Method::from_bytes(text.value.as_bytes()) else {
        let help = format!("methods are words such as {}", STANDARD.join(", "));
        complain(text, "is not a method", &help, problems);
        return None;
    };
    if never_routed(&method) {
        complain(
            text,
            "is a method that no route can take",
            "leave it out",
            problems,
        );
        return None;
    }
    warn_of_misspelling(text, problems);
    Some(method)
}

fn warn_of_misspelling(text: &Placed<String>, problems: &Problems) {
    if STANDARD.contains(&text.value.as_str()) || text.node.from_environment {
        return;
    }
    if let Some(near) = closest(&text.value, STANDARD) {
        let message = format!("{} is not a usual method", shown(text));
        let help = format!("did you mean `{near}`?");
        problems.warn("unusual-method", &text.node, message, help);
    }
}
