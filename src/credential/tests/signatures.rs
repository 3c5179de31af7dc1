//! Signatures are judged as an independent library judges them, whatever is made of them.

use jsonwebtoken::{DecodingKey, crypto};

use super::*;
use crate::jwks::{KeySet, Origin, Source, VerifyingKey};
use crate::secret::Secret;

const MESSAGE: &[u8] = b"header.claims";
const RSA_KINDS: [Algorithm; 6] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
];
const OTHERS: [Algorithm; 6] = [
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
    Algorithm::HS256,
    Algorithm::HS384,
    Algorithm::HS512,
];

/// The order of P-256's base point (FIPS 186-5).
const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6,
    0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

/// A key in a set of its own, which retires the key when it is dropped.
pub(in crate::credential) fn published(
    jwk: &Value,
    algorithm: Algorithm,
) -> (Arc<KeySet>, Arc<VerifyingKey>) {
    let set = KeySets::new(crate::jwks::Settings::default(), &Registry::new())
        .unwrap()
        .subscribe(Source {
            issuer: "main".into(),
            origin: Origin::Inline(json!({ "keys": [jwk] })),
            allow_http: false,
        });
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let keys = runtime.block_on(set.candidates(None, algorithm)).unwrap();
    (set, Arc::clone(&keys[0]))
}

fn signature(signer: &EncodingKey, algorithm: Algorithm, message: &[u8]) -> Vec<u8> {
    let text = crypto::sign(message, signer, algorithm).unwrap();
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

/// A number as ASN.1 has it.
fn der_integer(number: &[u8]) -> Vec<u8> {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    let mut digits = number[zeros..].to_vec();
    if digits.first().is_none_or(|first| first & 0x80 != 0) {
        digits.insert(0, 0);
    }
    [&[2, digits.len() as u8], &*digits].concat()
}

fn der(signature: &[u8]) -> Vec<u8> {
    let (r, s) = signature.split_at(signature.len() / 2);
    let body = [der_integer(r), der_integer(s)].concat();
    [&[0x30, body.len() as u8], &*body].concat()
}

/// The same signature with `n - s` instead of `s`, which is as good.
fn mirrored(signature: &[u8]) -> Vec<u8> {
    let mut all = signature.to_vec();
    let mut borrow = 0;
    for (digit, of) in all[32..].iter_mut().zip(&ORDER).rev() {
        let (rest, first) = of.overflowing_sub(*digit);
        let (rest, second) = rest.overflowing_sub(borrow);
        (*digit, borrow) = (rest, u8::from(first || second));
    }
    all
}

/// What may be made of a signature: only the first is surely one.
fn variants(good: &[u8], of_another: Vec<u8>) -> Vec<Vec<u8>> {
    let (length, middle) = (good.len(), good.len() / 2);
    let mut all = vec![good.to_vec(), of_another, Vec::new()];
    for at in [0, 1, middle - 1, middle, length - 1] {
        for bit in [1, 0x80] {
            let mut flipped = good.to_vec();
            flipped[at] ^= bit;
            all.push(flipped);
        }
    }
    all.extend([1, middle, length - 1].map(|end| good[..end].to_vec()));
    all.push(good[1..].to_vec());
    all.extend([&[0], &[1]].map(|more| [good, more].concat()));
    all.push([&[0], good].concat());
    all.push([&good[middle..], &good[..middle]].concat());
    all.extend([0, 0xff].map(|byte| vec![byte; length]));
    all.push([&[0; 32], &good[32..]].concat());
    all.push([&good[..32], &ORDER].concat());
    all.push([&good[..middle], &vec![0; length - middle]].concat());
    if length == 64 {
        all.extend([der(good), mirrored(good)]);
    }
    if length == 96 {
        all.push(der(good));
    }
    all
}

/// Both judge every variant alike under every algorithm; gives how many were accepted.
fn agree(signer: &Signer, key: &VerifyingKey, other: &DecodingKey, kinds: &[Algorithm]) -> usize {
    let mut accepted = 0;
    for made_with in kinds {
        let good = signature(&signer.key, *made_with, MESSAGE);
        let of_another = signature(&signer.key, *made_with, b"another");
        for (number, variant) in variants(&good, of_another).iter().enumerate() {
            let text = URL_SAFE_NO_PAD.encode(variant);
            for asked in RSA_KINDS.into_iter().chain(OTHERS) {
                let ours = key.made(asked, MESSAGE, variant);
                let theirs = crypto::verify(&text, MESSAGE, other, asked).unwrap_or(false);
                assert_eq!(ours, theirs, "{made_with:?} as {asked:?}, variant {number}");
                accepted += usize::from(ours);
            }
        }
    }
    accepted
}

#[test]
fn pairs_of_keys_judge_as_another_library_does() {
    for (signer, kinds, accepted) in [
        (&*RSA, &RSA_KINDS[..], 6),
        // The mirrored one as well.
        (&EC, &[Algorithm::ES256], 2),
        (&EC384, &[Algorithm::ES384], 1),
        (&ED, &[Algorithm::EdDSA], 1),
    ] {
        let mut jwk = signer.jwk.clone();
        jwk.as_object_mut().unwrap().remove("alg");
        let (_set, key) = published(&jwk, kinds[0]);
        let other = DecodingKey::from_jwk(&serde_json::from_value(jwk).unwrap()).unwrap();
        assert_eq!(agree(signer, &key, &other, kinds), accepted, "{kinds:?}");
    }
}

#[test]
fn secrets_judge_as_another_library_does() {
    let kinds = [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512];
    let key = VerifyingKey::from_secret(&Secret::new(SECRET.into()), &kinds).unwrap();
    let other = DecodingKey::from_secret(SECRET.as_bytes());
    for kind in kinds {
        assert_eq!(agree(&hmac(kind), &key, &other, &[kind]), 1, "{kind:?}");
    }
}

#[test]
fn key_says_no_to_every_algorithm_but_its_own() {
    let good = signature(&RSA.key, Algorithm::RS512, MESSAGE);
    let mut jwk = RSA.jwk.clone();
    jwk["alg"] = "RS256".into();
    let (_set, key) = published(&jwk, Algorithm::RS256);
    assert!(!key.made(Algorithm::RS512, MESSAGE, &good));
    let good = signature(&RSA.key, Algorithm::RS256, MESSAGE);
    assert!(key.made(Algorithm::RS256, MESSAGE, &good));
    assert!(!key.made(Algorithm::PS256, MESSAGE, &good));
}
