//! The section `tokens` of the policy file, and how places are written.

use http::HeaderName;

use crate::document::{ByteSize, Fields, Node, OneOrMany, Problems, Read, Shape, Value, choice};

use super::location::Place;

/// The section `tokens`.
#[derive(Debug)]
pub(super) struct Tokens {
    pub(super) places: Box<[Place]>,
    pub(super) forward: bool,
    /// Bytes for verified tokens, in the whole process.
    pub(super) memory: usize,
}

/// As much as some hundred thousand tokens of one worker take.
const MEMORY: ByteSize = ByteSize(64 << 20);
const LEAST_MEMORY: ByteSize = ByteSize(1 << 20);
const MOST_MEMORY: ByteSize = ByteSize(64 << 30);

impl Default for Tokens {
    fn default() -> Self {
        Self {
            places: Box::new([Place::Bearer]),
            forward: false,
            memory: MEMORY.as_usize(),
        }
    }
}

impl Tokens {
    pub(super) fn read(fields: &mut Fields<'_>, problems: &Problems) -> Self {
        let default = Self::default();
        let Some(mut fields) = fields
            .shaped("tokens", || Shape::Section("tokens"))
            .and_then(|node| Fields::of(node, "tokens", problems))
        else {
            return default;
        };
        let places = places(fields.shaped("from", OneOrMany::<Place>::shape), problems);
        let forward = fields.or("forward", default.forward);
        let memory = memory(fields.shaped("memory", ByteSize::shape), problems);
        fields.finish();
        Self {
            places: places.unwrap_or(default.places),
            forward,
            memory: memory.unwrap_or(default.memory),
        }
    }
}

fn places(node: Option<&Node>, problems: &Problems) -> Option<Box<[Place]>> {
    let node = node?;
    let OneOrMany(places) = OneOrMany::<Place>::read(node, problems)?;
    if places.is_empty() && matches!(&node.value, Value::List(items) if items.is_empty()) {
        problems.error(node, "tokens must be read from somewhere");
    }
    Some(places.into())
}

fn memory(node: Option<&Node>, problems: &Problems) -> Option<usize> {
    let node = node?;
    let size = ByteSize::read(node, problems)?;
    if !(LEAST_MEMORY..=MOST_MEMORY).contains(&size) {
        problems.error(node, "expected a size from `1 MiB` to `64 GiB`");
        return None;
    }
    Some(size.as_usize())
}

impl Read for Place {
    fn read(node: &Node, problems: &Problems) -> Option<Self> {
        if node.text().is_some() {
            return choice(node, problems, &[("bearer", ())]).map(|()| Self::Bearer);
        }
        let mut fields = Fields::of(node, "place", problems)?;
        let header = fields.optional::<String>("header");
        let cookie = fields.optional::<String>("cookie");
        let query = fields.optional::<String>("query");
        fields.finish();
        match (header, cookie, query) {
            (Some(name), None, None) => read_header(node, &name, problems),
            (None, Some(name), None) if is_cookie_name(&name) => Some(Self::Cookie(name.into())),
            (None, Some(_), None) => {
                problems.error(node, "not the name of a cookie");
                None
            }
            (None, None, Some(name)) => Some(Self::Query(name.into())),
            _ => {
                problems.error(
                    node,
                    "a place is `bearer`, or has one of `header`, `cookie` and `query`",
                );
                None
            }
        }
    }

    fn shape() -> Shape {
        Shape::Words(vec!["bearer"]).or(Shape::Section("place"))
    }
}

fn read_header(node: &Node, name: &str, problems: &Problems) -> Option<Place> {
    let help = match name.to_ascii_lowercase().as_str() {
        "authorization" => "write `bearer` for `Authorization: Bearer`",
        "cookie" => "write `{ cookie: name }` for one cookie",
        _ => match HeaderName::try_from(name) {
            Ok(name) => return Some(Place::Header(name)),
            Err(_) => "header names are letters, digits and `-`",
        },
    };
    problems.error_with(node, "a credential cannot be read from this header", help);
    None
}

/// A token of RFC 9110 section 5.6.2, which is what RFC 6265 asks of cookie names.
fn is_cookie_name(name: &str) -> bool {
    HeaderName::try_from(name).is_ok()
}
