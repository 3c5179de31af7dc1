//! One entry of `errors`, read.

use bytes::Bytes;
use http::{HeaderValue, StatusCode};

use crate::document::{Fields, Node, Placed, Problems, Read, Shape, Value as Written, choice};
use crate::model::Reason;

use super::super::complaint::complain;
use super::escape::Escape;
use super::redirect::Redirect;
use super::template::Template;
use super::text::{Builder, Text};
use super::value::{Scene, Value};
use super::{ErrorContent, media};

/// What an entry says.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) kind: Kind,
    /// Instead of the reason's own.
    pub(super) status: Option<StatusCode>,
}

/// What stands in the answer's body, or in its place.
#[derive(Debug)]
pub(super) enum Kind {
    /// A problem document.
    Problem,
    /// A body.
    Body(Body),
    /// For browsers: another address.
    Redirect(Redirect),
}

/// A body in the operator's words.
#[derive(Debug)]
pub(super) struct Body {
    content_type: HeaderValue,
    text: Text,
}

impl Body {
    /// The body where a reason is all it takes.
    pub(super) fn fixed(&self, reason: Reason, status: StatusCode) -> Option<ErrorContent> {
        Some(self.content(self.text.fixed(reason, status)?))
    }

    /// The body with its values, or nothing when it would get too long.
    pub(super) fn render(&self, scene: &Scene<'_>) -> Option<ErrorContent> {
        Some(self.content(self.text.render(scene)?.into()))
    }

    fn content(&self, body: Bytes) -> ErrorContent {
        ErrorContent::Page {
            content_type: self.content_type.clone(),
            body,
        }
    }
}

impl Page {
    /// What an entry looks like.
    pub(super) fn shape() -> Shape {
        Shape::Words(vec!["problem"]).or(Shape::Section("error"))
    }

    /// Reads an entry: `problem`, or a map.
    pub(super) fn read(node: &Node, problems: &Problems) -> Option<Self> {
        if node.text().is_some() {
            choice(node, problems, &[("problem", ())])?;
            return Some(Self {
                kind: Kind::Problem,
                status: None,
            });
        }
        let before = problems.len();
        let mut fields = Fields::of(node, "error", problems)?;
        fields.refuse_blanks();
        let asked = Asked {
            json: fields.shaped("json", || Shape::Anything),
            text: fields.shaped("text", String::shape),
            html: fields.shaped("html", String::shape),
            redirect: fields.shaped("redirect", String::shape),
            content_type: fields.optional("content_type"),
            status: fields.optional("status"),
            allow_http: fields.optional("allow_http"),
        };
        fields.finish();
        let is_sound = || problems.len() == before;
        let page = match asked.is_empty() && !is_sound() {
            // What was meant is not known, and what is wrong was said.
            true => None,
            false => asked.read(node, problems),
        };
        page.filter(|_| is_sound())
    }

    /// What the texts of the entry repeat.
    pub(super) fn values(&self) -> impl Iterator<Item = &Value> {
        let (body, redirect) = match &self.kind {
            Kind::Problem => (None, None),
            Kind::Body(body) => (Some(body.text.values()), None),
            Kind::Redirect(redirect) => (None, Some(redirect.values())),
        };
        body.into_iter()
            .flatten()
            .chain(redirect.into_iter().flatten())
    }

    /// The templates among them.
    pub(super) fn templates(&self) -> impl Iterator<Item = &Template> {
        self.values().filter_map(Value::shared)
    }
}

/// An entry's keys, before they are held against each other.
struct Asked<'n> {
    json: Option<&'n Node>,
    text: Option<&'n Node>,
    html: Option<&'n Node>,
    redirect: Option<&'n Node>,
    content_type: Option<Placed<String>>,
    status: Option<Placed<u16>>,
    allow_http: Option<Placed<bool>>,
}

impl<'n> Asked<'n> {
    fn read(&self, node: &Node, problems: &Problems) -> Option<Page> {
        let status = self.status.as_ref();
        let status = status.and_then(|status| read_status(status, problems));
        let mut written = self.written().into_iter().flatten();
        let first = written.next();
        if let (Some((one, _)), Some((other, second))) = (first, written.next()) {
            let message = format!("`{one}` and `{other}` are two answers");
            problems.error_with(second, message, "write one of them");
            return None;
        }
        self.refuse_strays(first.map(|(name, _)| name), problems);
        let kind = match first {
            Some(("redirect", target)) => self.redirect(target, problems)?,
            Some(("json", body)) => self.body(body, Escape::Json, problems)?,
            Some(("html", body)) => self.body(body, Escape::Markup, problems)?,
            Some((_, body)) => self.body(body, Escape::Plain, problems)?,
            None if self.status.is_some() => Kind::Problem,
            None => {
                let help =
                    "write `problem`, or one of `json`, `text`, `html`, `redirect` and `status`";
                problems.error_with(node, "the entry does not say what is answered", help);
                return None;
            }
        };
        Some(Page { kind, status })
    }

    fn is_empty(&self) -> bool {
        self.written().iter().all(Option::is_none) && self.status.is_none()
    }

    fn written(&self) -> [Option<(&'static str, &'n Node)>; 4] {
        [
            self.json.map(|node| ("json", node)),
            self.text.map(|node| ("text", node)),
            self.html.map(|node| ("html", node)),
            self.redirect.map(|node| ("redirect", node)),
        ]
    }

    /// Keys that say nothing beside the ones that are there.
    fn refuse_strays(&self, kind: Option<&str>, problems: &Problems) {
        let redirects = kind == Some("redirect");
        if let Some(status) = self.status.as_ref().filter(|_| redirects) {
            let help = "leave `status` out; a redirect is answered with 302";
            problems.error_with(&status.node, "a redirect has a status of its own", help);
        }
        let bodiless = redirects || kind.is_none();
        if let Some(content_type) = self.content_type.as_ref().filter(|_| bodiless) {
            let help = "leave it out, or write `json`, `text` or `html`";
            let message = "`content_type` without a body that it could be the type of";
            problems.error_with(&content_type.node, message, help);
        }
        if let Some(allow_http) = self.allow_http.as_ref().filter(|_| !redirects) {
            let message = "`allow_http` is about the address of a `redirect`";
            problems.error_with(&allow_http.node, message, "leave it out");
        }
    }

    fn redirect(&self, target: &Node, problems: &Problems) -> Option<Kind> {
        let allow_http = self.allow_http.as_ref().is_some_and(|allow| allow.value);
        Redirect::read(target, allow_http, problems).map(Kind::Redirect)
    }

    fn body(&self, node: &Node, escape: Escape, problems: &Problems) -> Option<Kind> {
        let mut builder = Builder::new(escape);
        match escape {
            Escape::Json => json(node, &mut builder, problems)?,
            _ => {
                let text = String::read(node, problems)?;
                builder.template(node, &text, plain, problems)?;
            }
        }
        let text = builder.finish(node, problems)?;
        let content_type = match &self.content_type {
            None => media::usual(escape),
            Some(text) => media::read(text, escape, problems)?,
        };
        Some(Kind::Body(Body { content_type, text }))
    }
}

fn plain(text: &str, builder: &mut Builder) {
    builder.literal(text);
}

/// What a refusal may be turned into: another refusal.
fn read_status(status: &Placed<u16>, problems: &Problems) -> Option<StatusCode> {
    if (400..=599).contains(&status.value) {
        return StatusCode::from_u16(status.value).ok();
    }
    let text = Placed {
        value: status.value.to_string(),
        node: status.node.clone(),
    };
    let help = "a refusal is answered with 4xx or 5xx; anything else would pass for a success";
    complain(&text, "is not the status of a refusal", help, problems);
    None
}

/// Writes a value of the file as JSON. Values stand inside strings, where nothing ends a string but us.
fn json(node: &Node, out: &mut Builder, problems: &Problems) -> Option<()> {
    match &node.value {
        Written::Null => out.literal("null"),
        Written::Bool(value) => out.literal(&value.to_string()),
        Written::Integer(value) => out.literal(&value.to_string()),
        Written::Float(value) => out.literal(&serde_json::Value::from(*value).to_string()),
        Written::Text(text) => {
            out.literal("\"");
            out.template(node, text, inside_string, problems)?;
            out.literal("\"");
        }
        Written::List(items) => {
            out.literal("[");
            for (position, item) in items.iter().enumerate() {
                out.literal(if position == 0 { "" } else { "," });
                json(item, out, problems)?;
            }
            out.literal("]");
        }
        Written::Map(entries) => {
            out.literal("{");
            for (position, (key, value)) in entries.iter().enumerate() {
                out.literal(if position == 0 { "\"" } else { ",\"" });
                inside_string(&key.name, out);
                out.literal("\":");
                json(value, out, problems)?;
            }
            out.literal("}");
        }
    }
    Some(())
}

/// The file's own text, as it reads inside quotes.
fn inside_string(text: &str, out: &mut Builder) {
    let quoted = serde_json::Value::from(text).to_string();
    let inside = quoted
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'));
    out.literal(inside.unwrap_or_default());
}
