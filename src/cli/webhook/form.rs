//! How the keys of a webhook are written, and keys in that form that are made on the spot.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::document::{Node, Problems, parse};
use crate::webhook::Preset;

/// How many bytes a secret has that is made here: the least that Standard Webhooks asks for, and more than most.
const LENGTH: usize = 32;

/// How the keys of a webhook are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) struct Form {
    /// The word of `scheme.kind`; empty when nothing says it.
    pub(in crate::cli) kind: String,
    /// The word of `scheme.alg`, or of the kind's own map.
    pub(in crate::cli) alg: String,
    encoding: String,
    prefix: String,
}

/// What a key that was made here is to the two sides.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Pair {
    /// What the policy has: the secret, or the public key.
    pub(in crate::cli) held: String,
    /// What signs: the same secret, or the private key.
    pub(in crate::cli) signs: String,
}

/// Which key pairs there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Ed25519,
    EcdsaP256,
    Rsa,
}

impl Form {
    /// Reads the scheme of a webhook as it is written, over that of its preset.
    pub(in crate::cli) fn of(webhook: &Node) -> Self {
        let named = webhook.at("preset").and_then(Node::text);
        let preset = named.and_then(Preset::of).and_then(tree);
        let own = [Some(webhook), preset.as_ref()];
        let word = |path: &[&str]| {
            let mut found = own.iter().flatten().filter_map(|node| below(node, path));
            found.next().unwrap_or_default()
        };
        let kind = word(&["scheme", "kind"]);
        let own = word(&["scheme", &kind, "alg"]);
        Self {
            alg: match own.is_empty() {
                true => word(&["scheme", "alg"]),
                false => own,
            },
            encoding: word(&["scheme", "key", "encoding"]),
            prefix: word(&["scheme", "key", "strip_prefix"]),
            kind,
        }
    }

    /// Whether the policy holds public keys, and no secret.
    pub(in crate::cli) fn is_public(&self) -> bool {
        self.family().is_some()
    }

    /// Whether the sender publishes what it signs with, so that nobody else can sign.
    pub(in crate::cli) fn is_published(&self) -> bool {
        matches!(self.kind.as_str(), "aws-sns" | "paypal")
    }

    fn family(&self) -> Option<Family> {
        let alg = self.alg.to_ascii_lowercase();
        match self.kind.as_str() {
            "ed25519" => Some(Family::Ed25519),
            "ecdsa-p256" => Some(Family::EcdsaP256),
            "rsa-pkcs1" => Some(Family::Rsa),
            "rfc9421" | "jwt-body-hash" => match alg.as_str() {
                "ed25519" | "eddsa" => Some(Family::Ed25519),
                "ecdsa-p256-sha256" | "es256" => Some(Family::EcdsaP256),
                rsa if rsa.starts_with("rsa") || rsa.starts_with("rs") => Some(Family::Rsa),
                _ => None,
            },
            _ => None,
        }
    }

    /// Makes a key that nobody else has.
    pub(in crate::cli) fn mint(&self) -> Result<Pair, Unspecified> {
        match self.family() {
            Some(family) => self.mint_pair(family),
            None => {
                let secret = self.mint_secret()?;
                Ok(Pair {
                    held: secret.clone(),
                    signs: secret,
                })
            }
        }
    }

    fn mint_secret(&self) -> Result<String, Unspecified> {
        let mut bytes = [0; LENGTH];
        aws_lc_rs::rand::fill(&mut bytes)?;
        let text = match self.encoding.as_str() {
            "base64" => STANDARD.encode(bytes),
            _ => hex(&bytes),
        };
        Ok(match self.kind.as_str() {
            // A name and a password, as a sender is given them.
            "basic" => format!("sidegate:{text}"),
            _ => format!("{}{text}", self.prefix),
        })
    }

    fn mint_pair(&self, family: Family) -> Result<Pair, Unspecified> {
        let (raw, spki, private) = match family {
            Family::Ed25519 => {
                let pair = Ed25519KeyPair::generate()?;
                let public = pair.public_key();
                let spki: PublicKeyX509Der<'_> = public.as_der()?;
                let private = pair.to_pkcs8v1()?;
                (
                    public.as_ref().to_vec(),
                    spki.as_ref().to_vec(),
                    private.as_ref().to_vec(),
                )
            }
            Family::EcdsaP256 => {
                let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING)?;
                let public = pair.public_key();
                let spki: PublicKeyX509Der<'_> = public.as_der()?;
                let private = pair.to_pkcs8v1()?;
                (
                    public.as_ref().to_vec(),
                    spki.as_ref().to_vec(),
                    private.as_ref().to_vec(),
                )
            }
            Family::Rsa => {
                let pair = RsaKeyPair::generate(KeySize::Rsa2048)?;
                let public = pair.public_key();
                let spki: PublicKeyX509Der<'_> = public.as_der()?;
                let private: Pkcs8V1Der<'_> = pair.as_der()?;
                (
                    public.as_ref().to_vec(),
                    spki.as_ref().to_vec(),
                    private.as_ref().to_vec(),
                )
            }
        };
        let held = match self.encoding.as_str() {
            "hex" => hex(&raw),
            "base64" => STANDARD.encode(raw),
            "spki-base64" => STANDARD.encode(spki),
            _ => pem("PUBLIC KEY", &spki),
        };
        Ok(Pair {
            held: format!("{}{held}", self.prefix),
            signs: pem("PRIVATE KEY", &private),
        })
    }
}

/// A preset's text as a tree; its mistakes are its own tests' to find.
pub(in crate::cli) fn tree(preset: &Preset) -> Option<Node> {
    parse(preset.name, preset.text, &|_| None, &Problems::new())
}

fn below(node: &Node, path: &[&str]) -> Option<String> {
    let mut node = node;
    for name in path {
        node = node.at(name)?;
    }
    node.text().map(str::to_owned)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn pem(label: &str, der: &[u8]) -> String {
    let mut lines = String::new();
    for (position, character) in STANDARD.encode(der).chars().enumerate() {
        if position > 0 && position % 64 == 0 {
            lines.push('\n');
        }
        lines.push(character);
    }
    format!("-----BEGIN {label}-----\n{lines}\n-----END {label}-----\n")
}
