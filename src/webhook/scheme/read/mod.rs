//! Reading a declared scheme: its keys, and what only together makes sense.

mod checks;
mod signature;
mod stamps;

use http::HeaderName;

use crate::document::{Fields, Named, Node, Placed, Problems, Read, Shape};
use crate::model::Coverage;
use crate::webhook::kind::Around;
use crate::webhook::public::Algorithm;

use super::body_hash::BodyHash;
use super::codec::Encoding;
use super::hash::Hash;
use super::json::Pointers;
use super::key_form::KeyForm;
use super::place::{Place, Sort, header, required};
use super::primitive::Primitive;
use super::signature::{Signature, Spots};
use super::template::{Barred, Template, Terms};
use super::{Declared, EventId};

const COVERS: &[(&str, Coverage)] = &[
    ("body", Coverage::Body),
    ("part", Coverage::Part),
    ("origin", Coverage::Origin),
];

/// What tells deliveries apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unique {
    Id,
    Signature,
}

const UNIQUE: &[(&str, Unique)] = &[("id", Unique::Id), ("signature", Unique::Signature)];

impl Declared {
    /// Reads its keys of the section `scheme`.
    pub(in crate::webhook) fn read(
        primitive: Primitive,
        fields: &mut Fields<'_>,
        around: &Around<'_>,
    ) -> Option<Self> {
        let problems = around.problems;
        let mut pointers = Pointers::default();
        let hash = match primitive {
            Primitive::Hmac | Primitive::Digest | Primitive::RsaPkcs1 => {
                fields.choice("alg", Hash::WORDS).unwrap_or(Hash::Sha256)
            }
            _ => Hash::Sha256,
        };
        let key_form = key_form(primitive, hash, fields, problems);
        let signature = signature::read(primitive, fields, &mut pointers, around);
        let require = require(fields, problems);
        let absent = absent(fields, &mut pointers, problems);
        let covers = placed_choice(fields, "covers", COVERS, problems);
        let unique = placed_choice(fields, "unique", UNIQUE, problems);
        let id = stamps::id(fields, &mut pointers, problems);
        let (template, timestamp, body_hash) = match primitive.is_fixed() {
            true => (None, None, None),
            false => (
                template(fields, &mut pointers, around),
                stamps::timestamp(fields, &mut pointers, problems),
                body_hash(fields, &mut pointers, problems),
            ),
        };
        let signature = signature?;
        let secret_headers = secret_headers(primitive, &signature);
        let mut read = Self {
            primitive,
            hash,
            key_form,
            signature,
            timestamp,
            id: id.map(|place| EventId {
                place,
                is_signed_apart: false,
                covered: false,
                barred: Barred::default(),
            }),
            template,
            require: require.into(),
            absent,
            body_hash,
            covers: Coverage::Origin,
            by_id: false,
            pointers,
            base: around.url.cloned(),
            secret_headers,
        };
        read.relate(fields.node(), covers, unique, problems);
        Some(read)
    }
}

/// A word of a table with the node it was read from.
fn placed_choice<T: Copy>(
    fields: &mut Fields<'_>,
    key: &'static str,
    words: &[(&'static str, T)],
    problems: &Problems,
) -> Option<Placed<T>> {
    let node = fields.shaped(key, || Shape::words(words))?;
    let value = crate::document::choice(node, problems, words)?;
    let node = node.clone();
    Some(Placed { value, node })
}

fn key_form(
    primitive: Primitive,
    hash: Hash,
    fields: &mut Fields<'_>,
    problems: &Problems,
) -> KeyForm {
    let algorithm = match primitive {
        Primitive::Ed25519 => Algorithm::Ed25519,
        Primitive::EcdsaP256 => Algorithm::EcdsaP256Der,
        Primitive::RsaPkcs1 => Algorithm::RsaPkcs1(hash),
        _ => return KeyForm::secrets(fields, problems),
    };
    KeyForm::public(fields, algorithm, problems)
}

fn require(fields: &mut Fields<'_>, problems: &Problems) -> Vec<(HeaderName, Box<str>)> {
    let node = fields.shaped("require", || Shape::named(Shape::Text));
    let named = node.and_then(|node| Named::of(node, "names of header fields to values", problems));
    let each = named.into_iter().flatten().filter_map(|(key, node)| {
        let name = header(&key.name, node, problems)?;
        Some((name, String::read(node, problems)?.into_boxed_str()))
    });
    each.collect()
}

/// The key `absent`.
fn absent(fields: &mut Fields<'_>, pointers: &mut Pointers, problems: &Problems) -> Box<[Place]> {
    let ways: Option<Vec<Placed<String>>> = fields.optional("absent");
    let places = ways.into_iter().flatten().filter_map(|way| {
        let Placed { value, node } = way;
        Place::of(Sort::Json, &value, &node, pointers, problems)
    });
    places.collect()
}

/// The template, checked for itself; nothing if a mistake was reported.
fn template(
    fields: &mut Fields<'_>,
    pointers: &mut Pointers,
    around: &Around<'_>,
) -> Option<Template> {
    let problems = around.problems;
    let node = required(fields, "signed", || Shape::Text, problems)?;
    let text = String::read(node, problems)?;
    let parsed = Template::parse(
        &text,
        &mut Terms {
            parameters: around.parameters,
            pointers,
            node,
            problems,
        },
    );
    match parsed {
        Ok(template) => Some(template),
        Err(mistake) => {
            problems.error_with(node, mistake.0, mistake.1);
            None
        }
    }
}

fn body_hash(
    fields: &mut Fields<'_>,
    pointers: &mut Pointers,
    problems: &Problems,
) -> Option<BodyHash> {
    const SORTS: &[(&str, Sort)] = &[
        ("query", Sort::Query),
        ("header", Sort::Header),
        ("json", Sort::Json),
    ];
    let node = fields.shaped("body_hash", || Shape::Section("body hash"))?;
    let mut section = Fields::of(node, "body hash", problems)?;
    section.refuse_blanks();
    let place = Place::read(&mut section, SORTS, pointers, problems);
    let hash = section.choice("alg", Hash::WORDS);
    let encoding = section.choice("encoding", Encoding::WORDS);
    section.finish();
    let encoding = encoding.unwrap_or(Encoding::Hex);
    if encoding == Encoding::Text {
        refuse_text(node, problems);
    }
    Some(BodyHash {
        place: place?,
        hash: hash.unwrap_or(Hash::Sha256),
        encoding,
    })
}

fn refuse_text(node: &Node, problems: &Problems) {
    problems.error_with(
        node,
        "`text` is no encoding of what is computed",
        "write `hex`, `base64` or `base64url`; `text` is for the kinds `token` and `basic`",
    );
}

fn secret_headers(primitive: Primitive, signature: &Signature) -> Box<[HeaderName]> {
    match (&signature.spots, primitive.is_fixed()) {
        (Spots::One(Place::Header(name)), true) => Box::new([name.clone()]),
        (Spots::OneOf(names) | Spots::Each(names), true) => names.clone(),
        _ => Box::default(),
    }
}
