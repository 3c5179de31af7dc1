//! Reading the key `signature`.

use http::HeaderName;

use crate::document::{Fields, Node, OneOrMany, Problems, Read, Shape, choice};
use crate::webhook::kind::Around;

use super::super::codec::Encoding;
use super::super::json::Pointers;
use super::super::place::{Place, Sort, header, required};
use super::super::primitive::Primitive;
use super::super::signature::{Items, List, Signature, Spots};
use super::refuse_text;

/// The most numbered header fields.
const MOST_NUMBERED: usize = 100;
/// The most header fields of `names` and `each`.
const MOST_NAMES: usize = 16;

/// Reads where signatures stand.
pub(super) fn read(
    primitive: Primitive,
    fields: &mut Fields<'_>,
    pointers: &mut Pointers,
    around: &Around<'_>,
) -> Option<Signature> {
    let problems = around.problems;
    let is_basic = primitive == Primitive::Basic;
    let shape = || Shape::Section("signature");
    let node = match is_basic {
        true => fields.shaped("signature", shape),
        false => Some(required(fields, "signature", shape, problems)?),
    };
    let Some(node) = node else {
        return Some(basic());
    };
    let mut section = Fields::of(node, "signature", problems)?;
    section.refuse_blanks();
    let spots = spots(&mut section, is_basic, pointers, problems);
    let list = list(&mut section, around);
    let prefix = prefix(&mut section, problems);
    let encoding = section.shaped("encoding", || Shape::words(Encoding::WORDS));
    section.finish();
    let encoding = match (encoding, primitive.is_fixed()) {
        (Some(node), fixed) => {
            let encoding = choice(node, problems, Encoding::WORDS)?;
            if encoding == Encoding::Text && !fixed {
                refuse_text(node, problems);
            }
            encoding
        }
        (None, true) => Encoding::Text,
        (None, false) => Encoding::Hex,
    };
    Some(Signature {
        spots: spots?,
        list: list?.map(Box::new),
        prefix: prefix.unwrap_or_default().into(),
        encoding,
    })
}

/// What stands before each signature. An empty text says that nothing does, where a preset has something.
fn prefix(section: &mut Fields<'_>, problems: &Problems) -> Option<String> {
    let node = section.shaped("prefix", || Shape::Text.or(Shape::Exactly("")))?;
    match node.text() {
        Some("") if !node.from_environment => None,
        _ => String::read(node, problems),
    }
}

/// Where a name with a password stands, unless the file says otherwise.
fn basic() -> Signature {
    Signature {
        spots: Spots::One(Place::Header(http::header::AUTHORIZATION)),
        list: None,
        prefix: Box::default(),
        encoding: Encoding::Text,
    }
}

fn spots(
    section: &mut Fields<'_>,
    is_basic: bool,
    pointers: &mut Pointers,
    problems: &Problems,
) -> Option<Spots> {
    let sorts = match is_basic {
        true => Sort::WORDS.get(..1).unwrap_or_default(),
        false => Sort::WORDS,
    };
    let from = required(section, "from", || Shape::words(sorts), problems);
    let sort = from.and_then(|node| choice(node, problems, sorts));
    let name = section.shaped("name", || Shape::Text);
    let names = section.shaped("names", || Shape::filled_list(Shape::Text));
    let each = section.shaped("each", || Shape::filled_list(Shape::Text));
    let numbered = section.shaped("numbered", || Shape::Text);
    let most: Option<usize> = match numbered {
        Some(_) => section.optional("max"),
        None => None,
    };
    let given = [name, names, each, numbered];
    match (given.into_iter().flatten().count(), name) {
        (1, Some(node)) => {
            let name = String::read(node, problems)?;
            return Place::of(sort?, &name, node, pointers, problems).map(Spots::One);
        }
        (1, None) => {}
        _ => {
            let help = "write one of `name`, `names` (one of which may be there), `each` (any of \
                which may be there) and `numbered`";
            problems.error_with(section.node(), "not one place of signatures", help);
            return None;
        }
    }
    if sort.is_some_and(|sort| sort != Sort::Header) || is_basic {
        let help = "write `name`, or `from: header`";
        problems.error_with(section.node(), "only header fields can be several", help);
        return None;
    }
    if let Some(node) = numbered {
        return numbers(node, most.unwrap_or(MOST_NUMBERED), problems).map(Spots::Each);
    }
    let several = |node| headers(node, problems);
    match (names, each) {
        (Some(node), _) => several(node).map(Spots::OneOf),
        (_, Some(node)) => several(node).map(Spots::Each),
        _ => None,
    }
}

fn headers(node: &Node, problems: &Problems) -> Option<Box<[HeaderName]>> {
    let OneOrMany(names) = OneOrMany::<String>::read(node, problems)?;
    if names.is_empty() || names.len() > MOST_NAMES {
        problems.error(
            node,
            format!("write 1 to {MOST_NAMES} names of header fields"),
        );
        return None;
    }
    names
        .iter()
        .map(|name| header(name, node, problems))
        .collect()
}

fn numbers(node: &Node, most: usize, problems: &Problems) -> Option<Box<[HeaderName]>> {
    let name = String::read(node, problems)?;
    if name.matches('#').count() != 1 || !(1..=MOST_NUMBERED).contains(&most) {
        let help =
            "write `#` where the number stands, as in `X-Signature-#`, and `max` from 1 to 100";
        problems.error_with(node, "not a name of numbered header fields", help);
        return None;
    }
    let each = (1..=most).map(|number| name.replace('#', &number.to_string()));
    each.map(|name| header(&name, node, problems)).collect()
}

/// The key `list`; nothing if there is a mistake in it.
fn list(section: &mut Fields<'_>, around: &Around<'_>) -> Option<Option<List>> {
    let problems = around.problems;
    let Some(node) = section.shaped("list", || Shape::Section("signature list")) else {
        return Some(None);
    };
    let mut list = Fields::of(node, "signature list", problems)?;
    list.refuse_blanks();
    let sep = required(&mut list, "sep", String::shape, problems);
    let sep = sep.and_then(|node| String::read(node, problems));
    let kv: Option<String> = list.optional("kv");
    let key = list.shaped("key", || Shape::Text);
    let positional: Option<String> = list.optional("positional");
    let sets: Option<String> = list.optional("sets");
    list.finish();
    let help = "write `{ sep: \",\", kv: \"=\", key: v1 }` for items with labels, `{ sep: \",\", \
        positional: ts }` where the first item is the timestamp, or `sep` alone";
    let items = match (kv, key, positional.as_deref()) {
        (Some(kv), Some(key), None) => Items::Labelled {
            kv: kv.into(),
            key: label(key, around)?,
        },
        (None, None, Some("ts")) => Items::Positional,
        (None, None, None) => Items::Plain,
        _ => {
            problems.error_with(node, "not a list of signatures", help);
            return None;
        }
    };
    let sets = sets.map(String::into_boxed_str);
    if sets.is_some() && !matches!(items, Items::Labelled { .. }) {
        let help = "write `kv` and `key` too, or leave `sets` out";
        problems.error_with(node, "only items with labels come in sets", help);
    }
    let sep = sep?.into();
    Some(Some(List { sep, sets, items }))
}

/// A label: a text of its own, or `{config:NAME}`.
fn label(node: &Node, around: &Around<'_>) -> Option<Box<str>> {
    let text = String::read(node, around.problems)?;
    let name = text
        .strip_prefix("{config:")
        .and_then(|name| name.strip_suffix('}'));
    let Some(name) = name else {
        return Some(text.into());
    };
    let value = around.parameters.one(name);
    if value.is_none() {
        let help = format!("add `parameters: {{ {name}: ... }}` to the webhook");
        around
            .problems
            .error_with(node, "the label has no value", help);
    }
    value.map(Into::into)
}
