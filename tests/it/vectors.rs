//! Tokens and keys that the standards print, and those of RFC 7520 and RFC 8037 as JSON.
//!
//! The JSON files are not part of the project: `../shared/vectors`, or the folder that
//! `SIDEGATE_VECTORS` names. Without them their tests say that they were left out.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use http::{HeaderMap, Method};
use jsonwebtoken::Algorithm;
use serde_json::{Value, json};
use sidegate::credential::{Accepted, Config, Verification, Verifiers};
use sidegate::document::{Fields, Problems, parse};
use sidegate::jwks::{KeySets, Origin, Settings, Source, VerifyingKey};
use sidegate::model::{CanonicalPath, Client, Host, Reason, Request, Scheme};
use sidegate::secret::Secret;
use sidegate::telemetry::Registry;

/// The claims of RFC 7515 appendix A and RFC 7519 section 3.1: `iss` joe, `exp` 1300819380.
const JOE: &str = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
const JOE_ENDS: u64 = 1_300_819_380;

/// The symmetric key of RFC 7515 appendix A.1.
const A1_KEY: &str =
    "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";

fn verifiers(issuer: &str) -> Verifiers {
    let problems = Problems::new();
    let text = format!("issuers: {{ joe: {issuer} }}");
    let node = parse("policy.yaml", &text, &|_| None, &problems).unwrap();
    let mut fields = Fields::of(&node, "policy", &problems).unwrap();
    let config = Config::read(&mut fields, &problems);
    let verifiers = config.build(Path::new("."), &key_sets(), &problems);
    verifiers.unwrap_or_else(|| panic!("{:?}", problems.into_sorted()))
}

fn key_sets() -> std::sync::Arc<KeySets> {
    KeySets::new(Settings::default(), &Registry::new()).unwrap()
}

fn with_keys(iss: &str, keys: &[Value]) -> Verifiers {
    let keys = json!({ "keys": keys });
    let issuer =
        format!("{{ issuer: '{iss}', audience: any, claims: {{ subject: iss }}, jwks: {keys} }}");
    verifiers(&issuer)
}

fn verify(verifiers: &Verifiers, token: &str, seconds: u64) -> Result<String, Reason> {
    let mut headers = HeaderMap::new();
    headers.insert("authorization", format!("Bearer {token}").parse().unwrap());
    let request = Request {
        method: Method::GET,
        scheme: Scheme::Https,
        host: Host::parse("localhost").unwrap(),
        path: CanonicalPath::parse("/").unwrap(),
        headers: sidegate::model::Fields::from(&headers),
        client: Client::direct("127.0.0.1:1".parse().unwrap()),
        received_at: SystemTime::UNIX_EPOCH + Duration::from_secs(seconds),
    };
    match block_on(verifiers.verify(&request, &Accepted::All)) {
        Verification::Verified(verified) => Ok(verified.principal.subject.to_string()),
        Verification::Absent(reason) => Err(reason),
        Verification::Rejected(denied) | Verification::Unavailable(denied) => Err(denied.reason),
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build();
    runtime.unwrap().block_on(future)
}

/// Joe's token passes until its end and not after it, nor with any other signature.
fn holds_until_its_end(verifiers: &Verifiers, header: &str, signature: &str) {
    let token = format!("{header}.{JOE}.{signature}");
    assert_eq!(
        verify(verifiers, &token, JOE_ENDS - 1).as_deref(),
        Ok("joe")
    );
    assert_eq!(
        verify(verifiers, &token, JOE_ENDS + 30),
        Err(Reason::TokenExpired)
    );
    let cut = format!("{header}.{JOE}.");
    assert_eq!(
        verify(verifiers, &cut, JOE_ENDS - 1),
        Err(Reason::TokenSignatureInvalid)
    );
}

#[test]
fn hmac_token_of_rfc_7515_and_rfc_7519_holds() {
    let key = base64url(A1_KEY);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &key).unwrap();
    let issuer = format!(
        "{{ issuer: joe, audience: any, claims: {{ subject: iss }}, secret: {{ file: '{}' }} }}",
        file.path().display()
    );
    holds_until_its_end(
        &verifiers(&issuer),
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9",
        "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
    );
}

#[test]
fn rsa_token_of_rfc_7515_holds() {
    let key = json!({
        "kty": "RSA", "e": "AQAB",
        "n": "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ",
    });
    holds_until_its_end(
        &with_keys("joe", &[key]),
        "eyJhbGciOiJSUzI1NiJ9",
        "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw",
    );
}

#[test]
fn elliptic_curve_token_of_rfc_7515_holds() {
    let key = json!({
        "kty": "EC", "crv": "P-256",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    });
    holds_until_its_end(
        &with_keys("joe", &[key]),
        "eyJhbGciOiJFUzI1NiJ9",
        "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
    );
}

#[test]
fn unsecured_token_of_rfc_7519_is_refused() {
    let verifiers = with_keys("joe", &[rfc_8037_key()]);
    let token = format!("eyJhbGciOiJub25lIn0.{JOE}.");
    let refused = verify(&verifiers, &token, JOE_ENDS - 1);
    assert_eq!(refused, Err(Reason::TokenSignatureInvalid));
}

/// RFC 8037 appendix A.2.
fn rfc_8037_key() -> Value {
    json!({
        "kty": "OKP", "crv": "Ed25519",
        "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    })
}

#[test]
fn edwards_curve_signature_of_rfc_8037_holds() {
    let token = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.\
                 hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    assert!(signature_holds(&rfc_8037_key(), Algorithm::EdDSA, token));
    // What it signs is not claims.
    let refused = verify(&with_keys("joe", &[rfc_8037_key()]), token, 0);
    assert_eq!(refused, Err(Reason::TokenMalformed));
}

/// Whether a key, read as this project reads keys, verifies a compact JWS of whatever content.
fn signature_holds(jwk: &Value, algorithm: Algorithm, compact: &str) -> bool {
    let (signed, signature) = compact.rsplit_once('.').unwrap();
    let keys = match jwk["kty"].as_str() {
        Some("oct") => {
            let secret = Secret::new(base64url(jwk["k"].as_str().unwrap()));
            vec![
                VerifyingKey::from_secret(&secret, &[algorithm])
                    .unwrap()
                    .into(),
            ]
        }
        _ => {
            let set = key_sets().subscribe(Source {
                issuer: "vectors".into(),
                origin: Origin::Inline(json!({ "keys": [jwk] })),
                allow_http: false,
            });
            block_on(set.candidates(jwk["kid"].as_str(), algorithm)).unwrap()
        }
    };
    keys.iter().any(|key: &std::sync::Arc<VerifyingKey>| {
        key.allows(algorithm) && key.made(algorithm, signed.as_bytes(), &base64url(signature))
    })
}

fn base64url(text: &str) -> Vec<u8> {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(text)
        .unwrap()
}

/// A folder of vectors, or nothing, with a word about it.
fn vectors(folder: &str) -> Option<Vec<(PathBuf, Value)>> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/vectors");
    let root = std::env::var_os("SIDEGATE_VECTORS").map_or_else(beside, PathBuf::from);
    let Ok(entries) = std::fs::read_dir(root.join("jose").join(folder)) else {
        println!("left out: no vectors at {}", root.display());
        return None;
    };
    let files = entries.map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|ext| ext == "json"));
    Some(
        files
            .map(|path| {
                let text = std::fs::read_to_string(&path).unwrap();
                let value = serde_json::from_str(&text);
                (path, value.unwrap_or_default())
            })
            .collect(),
    )
}

#[test]
fn signatures_of_the_rfc_7520_and_8037_files_hold() {
    let mut held = 0;
    for folder in ["jws", "curve25519"] {
        for (path, vector) in vectors(folder).unwrap_or_default() {
            let compact = vector["output"]["compact"].as_str();
            let algorithm = vector["input"]["alg"].as_str();
            let (Some(compact), Some(algorithm)) = (compact, algorithm) else {
                continue;
            };
            let detached = compact.split('.').any(str::is_empty);
            // Not ES512 and key agreement: no token may ask for them here.
            let Ok(algorithm) = algorithm.parse::<Algorithm>() else {
                continue;
            };
            if !detached {
                let key = &vector["input"]["key"];
                assert!(
                    signature_holds(key, algorithm, compact),
                    "{}",
                    path.display()
                );
                held += 1;
            }
        }
    }
    println!("{held} signatures held");
    assert!(held == 0 || held >= 4, "{held}");
}

#[test]
fn nothing_else_in_those_files_is_a_token() {
    let keys = [rfc_8037_key()];
    let verifiers = with_keys("joe", &keys);
    let mut refused = 0;
    for folder in ["jws", "jwe", "curve25519", "rfc7797", "."] {
        for (path, vector) in vectors(folder).unwrap_or_default() {
            for form in texts(&vector["output"]) {
                let reason = verify(&verifiers, &form, 0).unwrap_err();
                let expected = [Reason::TokenMalformed, Reason::TokenSignatureInvalid];
                let ambiguous = reason == Reason::CredentialAmbiguous;
                assert!(
                    expected.contains(&reason) || ambiguous,
                    "{}: {reason}",
                    path.display()
                );
                refused += 1;
            }
        }
    }
    println!("{refused} texts refused");
}

/// The serialisations of one vector: the compact one, and the JSON ones as text.
fn texts(output: &Value) -> Vec<String> {
    ["compact", "json", "json_flat"]
        .iter()
        .filter_map(|name| match &output[*name] {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        })
        .collect()
}
