//! Reading the section `rfc9421`.

use std::time::Duration;

use url::Url;

use crate::document::{Fields, Node, Placed, Problems, Read, Shape};
use crate::webhook::kind::Around;
use crate::webhook::public;
use crate::webhook::scheme::{Base, Hash, KeyForm};
use crate::webhook::signer::{Named, Signer};
use crate::webhook::window;

use super::structured::{Bare, Item, dictionary, item};
use super::subject::is_understood;
use super::{Address, Rfc9421};

/// How far `created` may lie in the past or in the future, unless the file says otherwise.
const TOLERANCE: Duration = Duration::from_secs(300);
/// The longest tolerance.
const MOST_TOLERANCE: Duration = Duration::from_secs(24 * 3_600);

/// What must be covered, unless the file says otherwise.
const COMPONENTS: &[&str] = &["@method", "@target-uri", "content-digest"];

/// Components that hold the address, which is not to be taken from the message.
const ADDRESSES: &[&str] = &["@target-uri", "@authority", "@scheme"];

/// RFC 9421 section 3.3.
const ALGORITHMS: &[(&str, Named)] = &[
    Named::entry("hmac-sha256", Signer::Mac(Hash::Sha256)),
    Named::entry("ed25519", Signer::Private(public::Algorithm::Ed25519)),
    Named::entry(
        "ecdsa-p256-sha256",
        Signer::Private(public::Algorithm::EcdsaP256Fixed),
    ),
    Named::entry(
        "ecdsa-p384-sha384",
        Signer::Private(public::Algorithm::EcdsaP384Fixed),
    ),
    Named::entry(
        "rsa-pss-sha512",
        Signer::Private(public::Algorithm::RsaPssSha512),
    ),
    Named::entry(
        "rsa-v1_5-sha256",
        Signer::Private(public::Algorithm::RsaPkcs1(Hash::Sha256)),
    ),
];

/// The identifier of a component: its name, or as messages write it, with parameters.
struct Component(Item);

impl Read for Component {
    fn read(node: &Node, problems: &Problems) -> Option<Self> {
        let text = String::read(node, problems)?;
        let read = match text.starts_with('"') {
            true => item(&text),
            false => Some(plain(&text)),
        };
        let read = read.filter(is_understood);
        if read.is_none() {
            let help = "write a name such as `\"@method\"` or `content-type`, in lower case; or, in single quotes, \
                        `\"@query-param\";name=\"id\"`";
            problems.error_with(node, "no component of a request that can be covered", help);
        }
        read.map(Self)
    }

    fn shape() -> Shape {
        Shape::Text
    }
}

impl Rfc9421 {
    /// Reads `rfc9421` and `key` of the section `scheme`.
    pub(in crate::webhook) fn read(scheme: &mut Fields<'_>, around: &Around<'_>) -> Option<Self> {
        let problems = around.problems;
        let Some(node) = scheme.shaped("rfc9421", || Shape::Section("rfc9421")) else {
            let help = "write `rfc9421: { alg: ed25519 }`, or another algorithm";
            problems.error_with(
                scheme.node(),
                "the key `rfc9421` is missing here, which says how messages are signed",
                help,
            );
            return None;
        };
        let mut fields = Fields::of(node, "rfc9421", problems)?;
        fields.refuse_blanks();
        if !fields.has("alg") {
            problems.error(node, "rfc9421 needs the key `alg`");
        }
        let signed_by = fields.choice("alg", ALGORITHMS);
        let components: Option<Placed<Vec<Component>>> = fields.optional("components");
        let label: Option<Placed<String>> = fields.optional("label");
        let tag: Option<String> = fields.optional("tag");
        let needs_nonce = fields.or("nonce", false);
        let most = Some((MOST_TOLERANCE, "24h"));
        let tolerance = window::tolerance(&mut fields, TOLERANCE, most, problems);
        fields.finish();
        let components = components_of(components, problems)?;
        let label = match label {
            Some(label) => Some(refuse_no_label(label, problems)?),
            None => None,
        };
        let address = around.url.and_then(address);
        if address.is_none() && components.iter().any(is_address) {
            let help = "add `url: https://hooks.example.com` to the webhook: its public address";
            problems.error_with(
                node,
                "the signature covers the address, and none is set",
                help,
            );
            return None;
        }
        let (signed_by, tolerance) = signed_by.zip(tolerance)?;
        let key_form = match signed_by.signer {
            Signer::Mac(_) => KeyForm::secrets(scheme, problems),
            Signer::Private(algorithm) => KeyForm::public(scheme, algorithm, problems),
        };
        Some(Self {
            signed_by,
            key_form,
            components,
            label,
            tag: tag.map(String::into_boxed_str),
            needs_nonce,
            tolerance,
            address: address.unwrap_or_default(),
        })
    }
}

fn components_of(
    written: Option<Placed<Vec<Component>>>,
    problems: &Problems,
) -> Option<Vec<Item>> {
    let Some(Placed { value, node }) = written else {
        return Some(COMPONENTS.iter().map(|name| plain(name)).collect());
    };
    if value.is_empty() {
        let help = "leave `components` out for `@method`, `@target-uri` and `content-digest`";
        problems.error_with(
            &node,
            "a signature that need not cover anything is none",
            help,
        );
        return None;
    }
    Some(value.into_iter().map(|component| component.0).collect())
}

fn plain(name: &str) -> Item {
    Item {
        bare: Bare::Text(name.to_owned()),
        parameters: Vec::new(),
    }
}

fn is_address(component: &Item) -> bool {
    matches!(&component.bare, Bare::Text(name) if ADDRESSES.contains(&name.as_str()))
}

fn refuse_no_label(label: Placed<String>, problems: &Problems) -> Option<Box<str>> {
    let Placed { value, node } = label;
    let members = dictionary(&value);
    let is_key = members.is_some_and(|members| members.iter().any(|(key, _)| *key == value));
    if !is_key {
        let help = "write it in lower case, such as `sig1`";
        problems.error_with(&node, "no label of a signature", help);
    }
    is_key.then(|| value.into_boxed_str())
}

/// The parts of the public address. The port of the scheme is left out (RFC 9421 section 2.2.3).
fn address(base: &Base) -> Option<Address> {
    let url = Url::parse(base.as_str()).ok()?;
    let host = url.host_str()?;
    let authority = match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    };
    let (_, rest) = base.as_str().split_once("://")?;
    let prefix = rest.find('/').and_then(|at| rest.get(at..));
    Some(Address {
        scheme: Some(url.scheme().into()),
        authority: Some(authority.into()),
        prefix: prefix.unwrap_or_default().into(),
    })
}
