use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ED25519, PKCS_RSA_SHA256,
    PublicKeyData as _, RsaKeySize, SignatureAlgorithm,
};

use super::algorithm::KeyError;
use super::*;
use crate::secret::Secret;
use crate::webhook::scheme::Hash;
use crate::webhook::sign::SignError;

const ALL: [Algorithm; 9] = [
    Algorithm::Ed25519,
    Algorithm::EcdsaP256Der,
    Algorithm::EcdsaP256Fixed,
    Algorithm::EcdsaP384Fixed,
    Algorithm::RsaPssSha512,
    Algorithm::RsaPkcs1(Hash::Sha1),
    Algorithm::RsaPkcs1(Hash::Sha256),
    Algorithm::RsaPkcs1(Hash::Sha384),
    Algorithm::RsaPkcs1(Hash::Sha512),
];

fn pair(algorithm: Algorithm) -> KeyPair {
    let of = |kind: &'static SignatureAlgorithm| KeyPair::generate_for(kind).unwrap();
    match algorithm {
        Algorithm::Ed25519 => of(&PKCS_ED25519),
        Algorithm::EcdsaP256Der | Algorithm::EcdsaP256Fixed => of(&PKCS_ECDSA_P256_SHA256),
        Algorithm::EcdsaP384Fixed => of(&PKCS_ECDSA_P384_SHA384),
        _ => KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap(),
    }
}

fn made(text: &str, algorithm: Algorithm, message: &[u8]) -> Result<Vec<u8>, SignError> {
    sign(algorithm, &Secret::new(text.as_bytes().to_vec()), message)
}

fn read(text: &str, encoding: Encoding, algorithm: Algorithm) -> Result<PublicKey, KeyError> {
    PublicKey::parse(algorithm, encoding, text)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn every_algorithm_takes_what_was_signed_and_nothing_else() {
    for algorithm in ALL {
        let pair = pair(algorithm);
        let public = pair.public_key_pem();
        let public = read(&public, Encoding::Pem, algorithm).unwrap();
        if algorithm == Algorithm::RsaPkcs1(Hash::Sha1) {
            let refused = made(&pair.serialize_pem(), algorithm, b"message");
            let reason = SignError::Secret(KeyError::Sha1.to_string());
            assert_eq!(refused.err(), Some(reason));
            continue;
        }
        let signature = made(&pair.serialize_pem(), algorithm, b"message").unwrap();
        assert!(public.verifies(b"message", &signature), "{algorithm:?}");
        assert!(!public.verifies(b"massage", &signature), "{algorithm:?}");
        for at in 0..signature.len() {
            let mut other = signature.clone();
            other[at] ^= 1;
            assert!(!public.verifies(b"message", &other), "{algorithm:?} {at}");
        }
        let short = signature.len() - 1;
        assert!(!public.verifies(b"message", &signature[..short]));
        assert!(!public.verifies(b"message", &[signature.as_slice(), &[0]].concat()));
        assert!(!public.verifies(b"message", b""));
    }
}

#[test]
fn key_is_for_one_algorithm() {
    let edwards = pair(Algorithm::Ed25519);
    let p256 = pair(Algorithm::EcdsaP256Der);
    let p384 = pair(Algorithm::EcdsaP384Fixed);
    let rsa = pair(Algorithm::RsaPssSha512);
    let pairs = [
        (&edwards, Algorithm::Ed25519.family()),
        (&p256, Algorithm::EcdsaP256Der.family()),
        (&p384, Algorithm::EcdsaP384Fixed.family()),
        (&rsa, Algorithm::RsaPssSha512.family()),
    ];
    for (pair, family) in pairs {
        for algorithm in ALL {
            let spki = STANDARD.encode(pair.subject_public_key_info());
            let read = read(&spki, Encoding::SpkiBase64, algorithm);
            let same = algorithm.family() == family;
            assert_eq!(read.is_ok(), same, "{family:?} {algorithm:?}");
            let signs = made(&pair.serialize_pem(), algorithm, b"message");
            let can = same && algorithm != Algorithm::RsaPkcs1(Hash::Sha1);
            assert_eq!(signs.is_ok(), can, "{family:?} {algorithm:?}");
        }
    }
}

#[test]
fn forms_of_one_curve_are_not_taken_for_each_other() {
    let pair = pair(Algorithm::EcdsaP256Der);
    let (public, secret) = (pair.public_key_pem(), pair.serialize_pem());
    for (signed, wanted) in [
        (Algorithm::EcdsaP256Der, Algorithm::EcdsaP256Fixed),
        (Algorithm::EcdsaP256Fixed, Algorithm::EcdsaP256Der),
    ] {
        let signature = made(&secret, signed, b"message").unwrap();
        let public = read(&public, Encoding::Pem, wanted).unwrap();
        assert!(!public.verifies(b"message", &signature));
    }
}

#[test]
fn ed25519_follows_the_vectors_of_rfc_8032() {
    // Section 7.1, test 2.
    let seed = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
    let public = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
    let expected = "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
                    085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";
    let made = made(seed, Algorithm::Ed25519, &[0x72]).unwrap();
    assert_eq!(hex(&made), expected);
    let key = read(public, Encoding::Hex, Algorithm::Ed25519).unwrap();
    assert!(key.verifies(&[0x72], &made));
    // The same signature with the order of the group added to `S`, which section 5.1.7 refuses.
    let order: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
        0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let (mut malleable, mut carry) = (made.clone(), 0_u16);
    for (byte, added) in malleable[32..].iter_mut().zip(order) {
        let sum = u16::from(*byte) + u16::from(added) + carry;
        (*byte, carry) = (sum.to_le_bytes()[0], sum >> 8);
    }
    assert!(!key.verifies(&[0x72], &malleable));
}

#[test]
fn worthless_points_are_no_keys() {
    let prime_and_more = |more: u8| {
        let mut bytes = [0xff; 32];
        (bytes[0], bytes[31]) = (0xed + more, 0x7f);
        hex(&bytes)
    };
    let mut minus_one = [0xff; 32];
    (minus_one[0], minus_one[31]) = (0xec, 0x7f);
    let zeros = |first: u8, last: u8| {
        let mut bytes = [0; 32];
        (bytes[0], bytes[31]) = (first, last);
        hex(&bytes)
    };
    for weak in [
        zeros(0, 0),
        zeros(0, 0x80),
        zeros(1, 0),
        zeros(1, 0x80),
        hex(&minus_one),
        prime_and_more(0),
        prime_and_more(1),
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05".into(),
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85".into(),
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a".into(),
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa".into(),
    ] {
        let read = read(&weak, Encoding::Hex, Algorithm::Ed25519);
        assert_eq!(read.err(), Some(KeyError::Weak), "{weak}");
    }
}

#[test]
fn ed25519_keys_are_read_in_every_encoding() {
    let pair = Ed25519KeyPair::generate().unwrap();
    let raw = pair.public_key().as_ref();
    let spki = [b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00", raw].concat();
    let pem = format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
        STANDARD.encode(&spki)
    );
    let signature = pair.sign(b"message");
    for (text, encoding) in [
        (hex(raw), Encoding::Hex),
        (hex(raw).to_uppercase(), Encoding::Hex),
        (STANDARD.encode(raw), Encoding::Base64),
        (STANDARD.encode(&spki), Encoding::SpkiBase64),
        (pem, Encoding::Pem),
    ] {
        let key = read(&text, encoding, Algorithm::Ed25519).unwrap();
        assert!(key.verifies(b"message", signature.as_ref()), "{text}");
    }
}

#[test]
fn keys_written_wrongly_are_refused() {
    use Encoding::{Base64, Hex, Pem, SpkiBase64};
    let pair = pair(Algorithm::Ed25519);
    let raw = pair.public_key_raw();
    let spki = pair.subject_public_key_info();
    let longer = STANDARD.encode([spki.as_slice(), &[0]].concat());
    let public_pem = pair.public_key_pem();
    let read = |text: &str, encoding| super::tests::read(text, encoding, Algorithm::Ed25519).err();
    let hexadecimal = hex(raw);
    let (encoding, malformed) = (Some(KeyError::Encoding), Some(KeyError::Malformed));
    assert_eq!(read(hexadecimal.get(1..).unwrap(), Hex), encoding);
    assert_eq!(read(hexadecimal.get(2..).unwrap(), Hex), malformed);
    assert_eq!(
        read(&format!("+{}", hexadecimal.get(1..).unwrap()), Hex),
        encoding
    );
    assert_eq!(read("", Hex), malformed);
    assert_eq!(read("", Base64), malformed);
    assert_eq!(read(&format!("{hexadecimal}00"), Hex), malformed);
    let base64 = STANDARD.encode(raw);
    assert_eq!(read(base64.trim_end_matches('='), Base64), encoding);
    assert_eq!(read(&format!("whpk_{base64}"), Base64), encoding);
    assert_eq!(read(&STANDARD.encode(&spki), Base64), malformed);
    assert_eq!(read(&base64, SpkiBase64), malformed);
    assert_eq!(read(&longer, SpkiBase64), malformed);
    let pem = Some(KeyError::Pem("`PUBLIC KEY`"));
    assert_eq!(read(&base64, Pem), pem);
    assert_eq!(read(&pair.serialize_pem(), Pem), pem);
    assert_eq!(read(&format!("{public_pem}{public_pem}"), Pem), pem);
    assert_eq!(read(&format!("x{public_pem}"), Pem), pem);
    let p256 = self::pair(Algorithm::EcdsaP256Der);
    let point = hex(p256.public_key_raw());
    let read = super::tests::read(&point, Hex, Algorithm::EcdsaP256Der);
    assert_eq!(read.err(), Some(KeyError::NeedsSpki));
}

#[test]
fn short_rsa_keys_are_refused() {
    // SubjectPublicKeyInfo of a modulus of 1024 bits: nobody has to know its factors.
    let mut key = vec![0x30, 0x81, 0x89, 0x02, 0x81, 0x81, 0x00];
    key.extend([0xff; 128]);
    key.extend([0x02, 0x03, 0x01, 0x00, 0x01]);
    let mut spki = vec![0x30, 0x81, 0x9f];
    spki.extend(b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00");
    spki.extend([0x03, 0x81, 0x8d, 0x00]);
    spki.extend(key);
    let read = PublicKey::from_spki(&spki, Algorithm::RsaPkcs1(Hash::Sha256));
    assert_eq!(read.err(), Some(KeyError::Size));
}

#[test]
fn private_keys_of_standard_webhooks_are_read_with_and_without_the_public_half() {
    let pair = Ed25519KeyPair::generate().unwrap();
    let seed = pair.seed().unwrap();
    let seed: [u8; 32] = aws_lc_rs::encoding::AsBigEndian::as_be_bytes(&seed)
        .unwrap()
        .as_ref()
        .try_into()
        .unwrap();
    let public = pair.public_key().as_ref();
    let expected = pair.sign(b"message");
    for bytes in [seed.to_vec(), [&seed, public].concat()] {
        let text = format!("whsk_{}", STANDARD.encode(bytes));
        assert_eq!(
            made(&text, Algorithm::Ed25519, b"message").unwrap(),
            expected.as_ref()
        );
        assert!(made(&text, Algorithm::EcdsaP256Der, b"message").is_err());
    }
    let swapped = format!("whsk_{}", STANDARD.encode([public, &seed].concat()));
    assert!(made(&swapped, Algorithm::Ed25519, b"message").is_err());
}

#[test]
fn digest_of_a_message_is_as_good_as_the_message() {
    for algorithm in ALL {
        let Some(hasher) = Hasher::of(algorithm) else {
            assert_eq!(algorithm, Algorithm::Ed25519);
            continue;
        };
        if algorithm == Algorithm::RsaPkcs1(Hash::Sha1) {
            continue;
        }
        let pair = pair(algorithm);
        let public = read(&pair.public_key_pem(), Encoding::Pem, algorithm).unwrap();
        let message = b"a message that comes in pieces";
        let signature = made(&pair.serialize_pem(), algorithm, message).unwrap();
        let digest = |pieces: &[&[u8]]| {
            let mut hasher = hasher.clone();
            pieces.iter().for_each(|piece| hasher.add(piece));
            hasher.end()
        };
        let (start, end) = message.split_at(7);
        assert!(public.verifies_digest(&digest(&[start, end]), &signature));
        assert!(!public.verifies_digest(&digest(&[end, start]), &signature));
        assert!(!public.verifies_digest(&digest(&[start]), &signature));
        let mut other = signature.clone();
        other[10] ^= 1;
        assert!(!public.verifies_digest(&digest(&[message]), &other));
        assert!(!public.verifies_digest(&digest(&[message]), &[]));
    }
}
