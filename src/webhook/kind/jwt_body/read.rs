//! Reading the section `jwt-body-hash`.

use std::time::Duration;

use http::HeaderName;

use crate::document::{Fields, Node, Problems, Read, Shape};
use crate::webhook::kind::Around;
use crate::webhook::public;
use crate::webhook::scheme::{Encoding, Hash, KeyForm, Pointers, required};
use crate::webhook::signer::{Named, Signer};

use super::{Claims, JwtBody};

/// How far clocks may be apart, unless the file says otherwise.
const LEEWAY: Duration = Duration::from_secs(60);
/// The longest leeway.
const MOST_LEEWAY: Duration = Duration::from_secs(600);
/// How long a token may have to live, unless the file says otherwise.
const LIFETIME: Duration = Duration::from_secs(3_600);
/// The longest lifetime, and the greatest age.
const MOST_LIFETIME: Duration = Duration::from_secs(7 * 24 * 3_600);

/// RFC 7518 section 3.1, RFC 8037 section 3.1.
const ALGORITHMS: &[(&str, Named)] = &[
    Named::entry("HS256", Signer::Mac(Hash::Sha256)),
    Named::entry("HS384", Signer::Mac(Hash::Sha384)),
    Named::entry("HS512", Signer::Mac(Hash::Sha512)),
    Named::entry(
        "RS256",
        Signer::Private(public::Algorithm::RsaPkcs1(Hash::Sha256)),
    ),
    Named::entry("ES256", Signer::Private(public::Algorithm::EcdsaP256Fixed)),
    Named::entry("EdDSA", Signer::Private(public::Algorithm::Ed25519)),
];

const HASHES: &[(&str, Hash)] = &[
    ("sha256", Hash::Sha256),
    ("sha384", Hash::Sha384),
    ("sha512", Hash::Sha512),
];

const ENCODINGS: &[(&str, Encoding)] = &[
    ("hex", Encoding::Hex),
    ("base64", Encoding::Base64),
    ("base64url", Encoding::Base64Url),
];

/// The one word of `subject`.
const SUBJECTS: &[(&str, ())] = &[("url", ())];

/// The one word of `id`.
const IDS: &[(&str, ())] = &[("jti", ())];

/// The one word of `without_body`.
const BODILESS: &[(&str, ())] = &[("undigested", ())];

/// How long tokens live: a duration, or `any`.
enum Lifetime {
    Any,
    Most(Duration),
}

impl Read for Lifetime {
    fn read(node: &Node, problems: &Problems) -> Option<Self> {
        match node.text() {
            Some("any") => Some(Self::Any),
            _ => Duration::read(node, problems).map(Self::Most),
        }
    }

    fn shape() -> Shape {
        Shape::Exactly("any").or(Duration::shape())
    }
}

impl JwtBody {
    /// Reads `jwt-body-hash` and `key` of the section `scheme`.
    pub(in crate::webhook) fn read(scheme: &mut Fields<'_>, around: &Around<'_>) -> Option<Self> {
        let problems = around.problems;
        let node = section(scheme, problems)?;
        let mut fields = Fields::of(node, "jwt-body-hash", problems)?;
        fields.refuse_blanks();
        let header = required(&mut fields, "header", String::shape, problems);
        let header = header.and_then(|header| String::read(header, problems));
        let header = header.and_then(|header| header_name(node, &header, problems));
        let prefix: Option<String> = fields.optional("prefix");
        let claim = required(&mut fields, "claim", String::shape, problems);
        let claim = claim.and_then(|claim| String::read(claim, problems));
        let hash = fields.choice("hash", HASHES).unwrap_or(Hash::Sha256);
        let encoding = fields.choice("encoding", ENCODINGS);
        let signed_by = fields.choice("alg", ALGORITHMS);
        let issuer: Option<String> = fields.optional("issuer");
        let subject = fields.choice("subject", SUBJECTS);
        let id = fields.choice("id", IDS);
        let address_claim: Option<String> = fields.optional("address_claim");
        let leeway = fields.or("leeway", LEEWAY);
        let lifetime = fields.or("lifetime", Lifetime::Most(LIFETIME));
        let age: Option<Duration> = fields.optional("age");
        let undigested = fields.choice("without_body", BODILESS).is_some();
        fields.finish();
        let bounded = bounded(node, leeway, &lifetime, age, problems);
        if (subject.is_some() || address_claim.is_some()) && around.url.is_none() {
            let help = "add `url: https://hooks.example.com` to the webhook: its public address";
            problems.error_with(node, "the token states the address, and none is set", help);
            return None;
        }
        let signed_by = signed_by.unwrap_or(USUAL);
        let key_form = match signed_by.signer {
            Signer::Mac(_) => KeyForm::secrets(scheme, problems),
            Signer::Private(algorithm) => KeyForm::public(scheme, algorithm, problems),
        };
        let mut wanted = Pointers::default();
        let claims = Claims::among(&mut wanted, &claim?, address_claim.as_deref(), id.is_some())?;
        Some(Self {
            header: header?,
            prefix: prefix.unwrap_or_default().into(),
            signed_by,
            key_form,
            hash,
            encoding: encoding.unwrap_or(Encoding::Base64),
            issuer: issuer.map(String::into_boxed_str),
            subject: subject.and(around.url.cloned()),
            address: address_claim.and(around.url.cloned()),
            leeway,
            age,
            undigested,
            lifetime: match bounded? {
                Lifetime::Any => None,
                Lifetime::Most(lifetime) => Some(lifetime),
            },
            wanted,
            claims,
        })
    }
}

const USUAL: Named = Named {
    name: "HS256",
    signer: Signer::Mac(Hash::Sha256),
};

impl Claims {
    /// Asks for all claims that count.
    fn among(wanted: &mut Pointers, digest: &str, address: Option<&str>, id: bool) -> Option<Self> {
        let pointer = |name: &str| format!("/{}", name.replace('~', "~0").replace('/', "~1"));
        Some(Self {
            digest: wanted.add(&pointer(digest))?,
            address: match address {
                Some(name) => Some(wanted.add(&pointer(name))?),
                None => None,
            },
            expires: wanted.add("/exp")?,
            not_before: wanted.add("/nbf")?,
            issued: wanted.add("/iat")?,
            issuer: wanted.add("/iss")?,
            subject: wanted.add("/sub")?,
            id: if id { Some(wanted.add("/jti")?) } else { None },
        })
    }
}

fn section<'n>(scheme: &mut Fields<'n>, problems: &Problems) -> Option<&'n Node> {
    let found = scheme.shaped("jwt-body-hash", || Shape::Section("jwt-body-hash"));
    if found.is_none() {
        let help = "write `jwt-body-hash: { header: Authorization, claim: sha256 }`";
        problems.error_with(
            scheme.node(),
            "the key `jwt-body-hash` is missing here, which says what is signed",
            help,
        );
    }
    found
}

fn header_name(node: &Node, text: &str, problems: &Problems) -> Option<HeaderName> {
    let name = HeaderName::from_bytes(text.as_bytes()).ok();
    if name.is_none() {
        let help = "write the name of a header field, such as `Authorization`";
        problems.error_with(node, "`header` is no name of a header field", help);
    }
    name
}

fn bounded(
    node: &Node,
    leeway: Duration,
    lifetime: &Lifetime,
    age: Option<Duration>,
    problems: &Problems,
) -> Option<Lifetime> {
    if age.is_some_and(|age| age > MOST_LIFETIME) {
        problems.error_with(node, "`age` is longer than a week", "write `7d` or less");
        return None;
    }
    let lifetime = match lifetime {
        Lifetime::Any => Lifetime::Any,
        Lifetime::Most(most) if *most <= MOST_LIFETIME => Lifetime::Most(*most),
        Lifetime::Most(_) => {
            problems.error_with(
                node,
                "`lifetime` is longer than a week",
                "write `7d` or less",
            );
            return None;
        }
    };
    if leeway > MOST_LEEWAY {
        problems.error_with(
            node,
            "`leeway` is longer than ten minutes",
            "write `10m` or less",
        );
        return None;
    }
    Some(lifetime)
}
