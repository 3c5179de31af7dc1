//! What a policy is tried with in the place of an issuer.

use std::path::Path as FilePath;
use std::sync::Arc;

use crate::document::Problems;
use crate::jwks::Origin;

use super::super::profile::Profile;
use super::{Expected, Keys, Settings};

impl Settings {
    /// What its tokens are like.
    pub(in crate::credential) fn profile(&self) -> Profile {
        let iss = match &self.issuer {
            Expected::Exactly(iss) => Some(iss.clone()),
            Expected::Any => None,
        };
        Profile {
            name: Arc::clone(&self.name),
            iss,
            algorithms: self.algorithms.clone(),
            shared: matches!(self.keys, Keys::Secret(_)),
            remote: matches!(
                self.keys,
                Keys::Published(Origin::Url(_) | Origin::Discovery { .. })
            ),
            rules: self.rules.clone(),
        }
    }

    /// Puts published keys beside those that stand on this machine already, and in the place of those that
    /// somebody would have to be asked for.
    pub(in crate::credential) fn stand_in(
        &mut self,
        folder: &FilePath,
        keys: serde_json::Value,
        problems: &Problems,
    ) {
        let Keys::Published(origin) = &self.keys else {
            return;
        };
        let own = match origin {
            Origin::Inline(document) => Some(document.clone()),
            Origin::File(path) => std::fs::read(folder.join(path))
                .ok()
                .and_then(|text| serde_json::from_slice(&text).ok()),
            Origin::Url(_) | Origin::Discovery { .. } => None,
        };
        // What may not be asked is a mistake also where nobody will be asked.
        if !matches!(origin, Origin::File(_)) {
            let _ = self.source(folder, problems);
        }
        self.keys = Keys::Published(Origin::Inline(joined(own, keys)));
    }
}

/// Two key sets as one (RFC 7517 section 5).
fn joined(own: Option<serde_json::Value>, added: serde_json::Value) -> serde_json::Value {
    let list = |mut set: serde_json::Value| match set.get_mut("keys").map(serde_json::Value::take) {
        Some(serde_json::Value::Array(keys)) => keys,
        _ => Vec::new(),
    };
    let mut keys = own.map(list).unwrap_or_default();
    keys.extend(list(added));
    serde_json::json!({ "keys": keys })
}
