//! Signing as the senders would.

use std::time::{Duration, SystemTime};

use http::HeaderValue;
use serde_json::json;

use crate::webhook::proof::unique;
use crate::webhook::scheme::Encoding;
use crate::webhook::sign::{Draft, SignError, Signed};

use super::JwtBody;

/// How long a token that is signed here lives, if it may live that long.
const LIFE: Duration = Duration::from_secs(300);

impl JwtBody {
    /// What a claim is called.
    fn name_of(&self, claim: usize) -> &str {
        self.wanted.steps(claim).first().map_or("", |step| step)
    }

    /// Signs as the sender would.
    pub(in crate::webhook) fn sign(&self, draft: &Draft<'_>) -> Result<Signed, SignError> {
        let life = self.longest().map_or(LIFE, |longest| longest.min(LIFE));
        let seconds = |time: SystemTime| {
            let since = time.duration_since(SystemTime::UNIX_EPOCH);
            since.unwrap_or_default().as_secs()
        };
        let mut claims = json!({
            "iat": seconds(draft.signed_at),
            "nbf": seconds(draft.signed_at),
            "exp": seconds(draft.signed_at + life),
        });
        let digest = self.encoding.encode(&self.hash.digest(&[draft.body]));
        let mut set = |name: &str, value: String| {
            if let Some(claims) = claims.as_object_mut() {
                claims.insert(name.to_owned(), value.into());
            }
        };
        if let Some(issuer) = &self.issuer {
            set("iss", issuer.to_string());
        }
        if let Some(base) = &self.subject {
            set("sub", base.join(draft.target));
        }
        if let (Some(base), Some(claim)) = (&self.address, self.claims.address) {
            let address = base.join(draft.target);
            let digest = self.hash.digest(&[address.as_bytes()]);
            set(self.name_of(claim), self.encoding.encode(&digest));
        }
        if self.claims.id.is_some() {
            let made_up = || Encoding::Hex.encode(&unique(digest.as_bytes()));
            set("jti", draft.event_id.map_or_else(made_up, str::to_owned));
        }
        set(self.name_of(self.claims.digest), digest);
        let header = json!({ "alg": self.signed_by.name, "typ": "JWT" });
        let part =
            |json: &serde_json::Value| Encoding::Base64Url.encode(json.to_string().as_bytes());
        let signed = format!("{}.{}", part(&header), part(&claims));
        let signer = self.signed_by.signer;
        let signature = signer.sign(&self.key_form, draft, signed.as_bytes())?;
        let token = format!(
            "{}{signed}.{}",
            self.prefix,
            Encoding::Base64Url.encode(&signature)
        );
        let value = HeaderValue::try_from(token)
            .map_err(|_| SignError::Incomplete("the token does not fit a header field".into()))?;
        Ok(Signed {
            headers: vec![(self.header.clone(), value)],
            target: None,
            body: None,
        })
    }
}
