//! Keys to sign with, of every form that presets want.

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _, RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// How keys are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Text,
    Whsec,
    Base64,
    Hex,
    /// A name with a password.
    Named,
    Ed25519Hex,
    Ed25519Base64,
    Ed25519Whpk,
    P256,
    Rsa,
}

/// A key: what the sender signs with, and what stands in the file.
pub(super) struct Key {
    pub(super) signs: String,
    pub(super) verifies: String,
}

impl Form {
    pub(super) fn of(word: &str) -> Self {
        match word {
            "text" => Self::Text,
            "whsec" => Self::Whsec,
            "base64" => Self::Base64,
            "hex" => Self::Hex,
            "named" => Self::Named,
            "ed25519-hex" => Self::Ed25519Hex,
            "ed25519-base64" => Self::Ed25519Base64,
            "ed25519-whpk" => Self::Ed25519Whpk,
            "p256" => Self::P256,
            "rsa" => Self::Rsa,
            _ => panic!("{word}"),
        }
    }

    /// One of two keys of this form.
    pub(super) fn key(self, which: usize) -> Key {
        let same = |text: String| Key {
            signs: text.clone(),
            verifies: text,
        };
        let bytes = [b'a' + u8::try_from(which).unwrap(); 32];
        // Seeds and keys of RFC 8032 section 7.1, tests 1 and 2.
        let (seed, public) = [
            (
                "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
                "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            ),
            (
                "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
                "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            ),
        ][which];
        let pair = |public: String| Key {
            signs: seed.to_owned(),
            verifies: public,
        };
        match self {
            Self::Text => same(format!("a-text-secret-of-some-length-{which}")),
            Self::Named => same(format!("sender:password-of-some-length-{which}")),
            Self::Whsec => same(format!("whsec_{}", STANDARD.encode(bytes))),
            Self::Base64 => same(STANDARD.encode(bytes)),
            Self::Hex => same(hex(&bytes)),
            Self::Ed25519Hex => pair(public.to_owned()),
            Self::Ed25519Base64 => pair(STANDARD.encode(bytes_of(public))),
            Self::Ed25519Whpk => pair(format!("whpk_{}", STANDARD.encode(bytes_of(public)))),
            Self::P256 => p256(),
            Self::Rsa => rsa(),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes_of(hex: &str) -> Vec<u8> {
    let digits = hex.as_bytes().chunks(2);
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.map(byte).collect()
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n")
}

fn rsa() -> Key {
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let private: Pkcs8V1Der<'_> = pair.as_der().unwrap();
    let public: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
    Key {
        signs: pem("PRIVATE KEY", private.as_ref()),
        verifies: pem("PUBLIC KEY", public.as_ref()),
    }
}

fn p256() -> Key {
    let algorithm = &ECDSA_P256_SHA256_ASN1_SIGNING;
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &SystemRandom::new()).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref()).unwrap();
    // What stands before the point of a P-256 key (RFC 5480 section 2).
    let spki = bytes_of("3059301306072a8648ce3d020106082a8648ce3d030107034200");
    Key {
        signs: pem("PRIVATE KEY", pkcs8.as_ref()),
        verifies: STANDARD.encode([spki, pair.public_key().as_ref().to_vec()].concat()),
    }
}
