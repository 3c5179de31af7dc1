//! A key that has just been made: its text, once.

use std::io::{self, Write};
use std::time::SystemTime;

use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::keys::{Made, document};
use crate::secret::Secret;

/// The text alone on stdout; on a second line what its holder signs with, if there is such a secret.
pub(super) fn text(made: &Made) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for secret in [Some(&made.text), made.signing.as_ref()]
        .into_iter()
        .flatten()
    {
        let mut line = Zeroizing::new(Vec::with_capacity(secret.len() + 1));
        line.extend_from_slice(secret.expose());
        line.push(b'\n');
        out.write_all(&line)?;
    }
    out.flush()
}

/// The key as documents show it, with its text.
pub(super) fn as_json(made: &Made, now: SystemTime) -> Value {
    let mut shown = document(&made.key, now);
    if let Value::Object(members) = &mut shown {
        members.insert("key".to_owned(), json!(said(&made.text)));
        if let Some(secret) = &made.signing {
            members.insert("signing_secret".to_owned(), json!(said(secret)));
        }
    }
    shown
}

/// The text, for the one document that holds it.
pub(super) fn said(text: &Secret) -> String {
    String::from_utf8_lossy(text.expose()).into_owned()
}
