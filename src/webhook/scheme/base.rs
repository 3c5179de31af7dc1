//! The public base of addresses, for schemes that sign the address they were sent to.

use url::Url;

use crate::document::{Node, Problems, Read, Shape};

/// Scheme, host, port, and what stands before every path: as the operator has registered it, without a slash at
/// the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::webhook) struct Base(Box<str>);

impl Base {
    /// The whole address of a request: the base, and the target exactly as it was received.
    pub(in crate::webhook) fn join(&self, target: &str) -> String {
        format!("{}{target}", self.0)
    }

    /// Host, and port where one is written.
    pub(in crate::webhook) fn authority(&self) -> &str {
        let (_, rest) = self.0.split_once("://").unwrap_or(("", &self.0));
        rest.split_once('/')
            .map_or(rest, |(authority, _)| authority)
    }

    /// What stands before every path.
    pub(in crate::webhook) fn prefix(&self) -> &str {
        let (_, rest) = self.0.split_once("://").unwrap_or(("", &self.0));
        let at = rest.find('/').unwrap_or(rest.len());
        rest.get(at..).unwrap_or_default()
    }

    /// The base itself.
    pub(in crate::webhook) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Read for Base {
    fn read(node: &Node, problems: &Problems) -> Option<Self> {
        let text = String::read(node, problems)?;
        let base = text.strip_suffix('/').unwrap_or(&text);
        let plain = Url::parse(base).is_ok_and(|url| {
            matches!(url.scheme(), "https" | "http")
                && url.has_host()
                && url.username().is_empty()
                && url.password().is_none()
                && url.query().is_none()
                && url.fragment().is_none()
        });
        let written = base.bytes().all(|byte| byte.is_ascii_graphic());
        if !plain || !written {
            problems.error_with(
                node,
                "not a base of addresses",
                "write it as it is registered at the sender, up to the path: \
                 `https://hooks.example.com`",
            );
            return None;
        }
        Some(Self(base.into()))
    }

    fn shape() -> Shape {
        Shape::Form(r"https?://[!-~]+")
    }
}
