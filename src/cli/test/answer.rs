//! What a case expects that is answered in an upstream's place.

use crate::document::{Fields, Named, Node, Problems, Read as _, Value};
use crate::webhook::Reply;

use super::case::plain;

/// An answer; what is not said may be anything.
#[derive(Debug, Default)]
pub(super) struct Answer {
    pub(super) status: Option<u16>,
    pub(super) body: Option<String>,
    /// Names in lower case.
    pub(super) headers: Vec<(String, String)>,
}

impl Answer {
    /// A status, or a map.
    pub(super) fn read(node: &Node, problems: &Problems) -> Option<Self> {
        if let Value::Integer(_) = node.value {
            return Some(Self {
                status: Some(u16::read(node, problems)?),
                ..Self::default()
            });
        }
        let mut fields = Fields::of(node, "answer", problems)?;
        let answer = Self {
            status: fields.optional("status"),
            body: fields.raw("body").and_then(|body| plain(body, problems)),
            headers: headers(fields.raw("headers"), problems),
        };
        fields.finish();
        Some(answer)
    }

    /// Adds what is not as it is expected.
    pub(super) fn compare(&self, reply: &Reply, found: &mut Vec<String>) {
        let status = reply.status.as_u16();
        if let Some(wanted) = self.status.filter(|wanted| *wanted != status) {
            found.push(format!("expected the answer {wanted}, not {status}"));
        }
        let body = String::from_utf8_lossy(&reply.body);
        if let Some(wanted) = self.body.as_ref().filter(|wanted| **wanted != *body) {
            found.push(format!("expected the answer `{wanted}`, not `{body}`"));
        }
        for (name, wanted) in &self.headers {
            let mut fields = reply.fields.iter();
            let value = fields.find(|(known, _)| known.as_str() == name);
            let value = value.map(|(_, value)| String::from_utf8_lossy(value.as_bytes()));
            if value.as_deref() != Some(wanted.as_str()) {
                let value = value.map_or("none".to_owned(), |value| format!("`{value}`"));
                found.push(format!(
                    "expected {name} `{wanted}` in the answer, not {value}"
                ));
            }
        }
    }
}

fn headers(node: Option<&Node>, problems: &Problems) -> Vec<(String, String)> {
    let entries = node.and_then(|node| Named::of(node, "header names to values", problems));
    let entries = entries.into_iter().flatten();
    entries
        .filter_map(|(key, value)| Some((key.name.to_ascii_lowercase(), plain(value, problems)?)))
        .collect()
}
