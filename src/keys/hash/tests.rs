use super::*;
use crate::keys::sample::{argon2_of, bcrypt_of};

#[test]
fn sha256_is_read_in_all_its_spellings() {
    // `printf abc | sha256sum`
    let hex = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let base64 = "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0";
    for text in [
        hex.to_owned(),
        format!("sha256:{hex}"),
        format!("sha256:{}", hex.to_uppercase()),
        format!("sha256:{base64}"),
        format!("sha256:{base64}="),
        format!("sha256:{}", base64.replace('+', "-").replace('/', "_")),
    ] {
        let hash = parse_hash(&text).unwrap();
        assert_eq!(hash, KeyHash::Sha256(digest(b"abc")), "{text}");
        assert_eq!(hash.kind(), "sha256");
        assert!(is_of(&hash, b"abc"));
        assert!(!is_of(&hash, b"abcd"));
        // The text of a hash is nobody's key.
        assert!(!is_of(&hash, text.as_bytes()));
    }
}

#[test]
fn what_is_no_hash_is_refused_without_quoting_it() {
    let bcrypt = bcrypt_of(b"k");
    for text in [
        "".to_owned(),
        "hunter2".to_owned(),
        "sha256:".to_owned(),
        "sha256:hunter2".to_owned(),
        format!("sha256:{}", "0".repeat(63)),
        format!("sha256:{}", "0".repeat(65)),
        "g".repeat(64),
        "ü".repeat(32),
        "md5:900150983cd24fb0d6963f7d28e17f72".to_owned(),
        bcrypt.strip_suffix(|_| true).unwrap().to_owned(),
        format!("{bcrypt}x"),
        bcrypt.replace("$2b$04", "$2b$03"),
        bcrypt.replace("$2b$04", "$2b$17"),
        bcrypt.replace("$2b$04", "$2b$31"),
        bcrypt.replace("$2b$04", "$2b$xx"),
        bcrypt.replace("$2b$", "$2x$"),
        bcrypt.replace("$2b$", "$2z$"),
        // 60 bytes, with a character across the places where it is cut.
        format!("$2b$0ü{}", "a".repeat(53)),
        format!("$2b${}", "ü".repeat(28)),
        "$argon2id$".to_owned(),
        "$argon2id$v=19$m=16,t=1,p=1$c2FsdHNhbHQ".to_owned(),
        "$argon2x$v=19$m=16,t=1,p=1$c2FsdHNhbHQ$c2FsdHNhbHRzYWx0".to_owned(),
        "$argon2id$v=20$m=16,t=1,p=1$c2FsdHNhbHQ$c2FsdHNhbHRzYWx0".to_owned(),
        "$argon2id$v=19$m=16,t=1,p=1,keyid=Zm9v$c2FsdHNhbHQ$c2FsdHNhbHRzYWx0".to_owned(),
        format!(
            "$argon2id$v=19$m=262145,t=1,p=1$c2FsdHNhbHQ${}",
            "a".repeat(43)
        ),
        format!(
            "$argon2id$v=19$m=4294967295,t=1,p=1$c2FsdHNhbHQ${}",
            "A".repeat(43)
        ),
        format!(
            "$argon2id$v=19$m=64,t=21,p=1$c2FsdHNhbHQ${}",
            "A".repeat(43)
        ),
        format!(
            "$argon2id$v=19$m=1024,t=1,p=65$c2FsdHNhbHQ${}",
            "A".repeat(43)
        ),
        format!(
            "sha256:{}",
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        ),
    ] {
        let error = parse_hash(&text).unwrap_err();
        assert!(
            text.len() < 5 || !error.to_string().contains(&text),
            "{error}"
        );
        assert!(!error.help.is_empty());
        // A stored one that was never read is of no text, and costs nothing.
        assert!(
            !is_of(&KeyHash::Bcrypt(text.as_str().into()), b"k"),
            "{text}"
        );
        assert!(
            !is_of(&KeyHash::Argon2(text.as_str().into()), b"k"),
            "{text}"
        );
    }
}

#[test]
fn bcrypt_of_every_usual_version_is_compared() {
    let hash = bcrypt_of(b"secret-key");
    for version in ["$2a$", "$2b$", "$2y$"] {
        let hash = parse_hash(&hash.replace("$2b$", version)).unwrap();
        assert_eq!(hash.kind(), "bcrypt");
        assert!(is_of(&hash, b"secret-key"));
        assert!(!is_of(&hash, b"secret-kez"));
        assert!(!is_of(&hash, b"secret-ke"));
    }
    // From another implementation: crypt_blowfish's test vectors.
    let known = parse_hash("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW").unwrap();
    assert!(is_of(&known, b"U*U"));
}

#[test]
fn text_that_bcrypt_would_cut_never_passes() {
    let cut = bcrypt_of(&[b'a'; 100]);
    let hash = parse_hash(&cut).unwrap();
    for length in [71, 72, 73, 100, 512] {
        assert!(!is_of(&hash, &vec![b'a'; length]), "{length}");
    }
    let longest = parse_hash(&bcrypt_of(&[b'a'; 71])).unwrap();
    assert!(is_of(&longest, &[b'a'; 71]));
    assert!(!is_of(&longest, &[b'a'; 72]));
    let nul = parse_hash(&bcrypt_of(b"secret\0key")).unwrap();
    assert!(!is_of(&nul, b"secret\0key"));
    let plain = parse_hash(&bcrypt_of(b"secret")).unwrap();
    assert!(!is_of(&plain, b"secret\0"));
    // bcrypt repeats its key: this would be the same without the check.
    assert!(!is_of(&plain, b"secret\0secret"));
}

#[test]
fn argon2_of_every_kind_and_version_is_compared() {
    for kind in [Algorithm::Argon2d, Algorithm::Argon2i, Algorithm::Argon2id] {
        for version in [Version::V0x10, Version::V0x13] {
            let hash = parse_hash(&argon2_of(kind, version, b"secret-key")).unwrap();
            assert_eq!(hash.kind(), "argon2");
            assert!(is_of(&hash, b"secret-key"), "{kind} {version:?}");
            assert!(!is_of(&hash, b"secret-kez"));
        }
    }
}

#[test]
fn empty_and_overlong_texts_are_nobodys() {
    for text in [vec![], vec![b'a'; 513]] {
        assert!(!is_of(&KeyHash::Sha256(digest(&text)), &text));
        let bcrypt = KeyHash::Bcrypt(bcrypt_of(&text).into());
        assert!(!is_of(&bcrypt, &text));
        let argon2 = argon2_of(Algorithm::Argon2id, Version::V0x13, &text);
        assert!(!is_of(&KeyHash::Argon2(argon2.into()), &text));
    }
}
