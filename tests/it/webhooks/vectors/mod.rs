//! What senders publish of their signatures: examples of their documentation and of their libraries' own tests.
//!
//! The secrets are those of the examples. Each is taken as it stands, and refused with one more byte.

mod bodies;
mod code;
mod messages;
mod money;
mod stamped;
mod tokens;

use http::Method;

use super::{Hook, Sent, at};

/// One published example.
struct Published<'v> {
    preset: &'v str,
    /// The secret, or the public key.
    secret: &'v str,
    method: Method,
    /// The address, or path and query where it is not signed.
    url: &'v str,
    headers: &'v [(&'v str, &'v str)],
    body: &'v str,
    /// When it was signed, in seconds.
    at: u64,
}

impl Published<'_> {
    fn holds(&self) {
        let (base, target) = self.split();
        let more = base.map_or(String::new(), |base| format!("url: {base}\n"));
        let hook = Hook::preset(self.preset, &[self.secret], &more);
        let headers = self.headers.iter();
        let sent = Sent {
            method: self.method.clone(),
            target: target.to_owned(),
            headers: headers
                .map(|(name, value)| (name.to_string(), value.to_string()))
                .collect(),
            body: self.body.as_bytes().to_vec(),
            at: at(self.at),
        };
        assert_eq!(hook.verdict(&sent), "ok");
        let other = Hook::preset(self.preset, &[&another(self.secret)], &more);
        assert_eq!(other.verdict(&sent), "mismatch");
        if self.preset != "adyen" {
            let longer = sent.with_body([self.body.as_bytes(), b" "].concat());
            assert_eq!(hook.verdict(&longer), "mismatch");
        }
    }

    fn split(&self) -> (Option<&str>, &str) {
        let Some(rest) = self.url.strip_prefix("https://") else {
            return (None, self.url);
        };
        let at = "https://".len() + rest.find('/').unwrap();
        let (base, target) = self.url.split_at(at);
        (Some(base), target)
    }
}

/// A secret of the same form that is another one: the first letter that may be exchanged is.
fn another(secret: &str) -> String {
    let keys = [
        ("whpk_", "whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="),
        (
            "MFkw",
            "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEXH8UTNG72bfocs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==",
        ),
    ];
    let key = keys.iter().find(|(start, _)| secret.starts_with(start));
    if let Some((_, key)) = key {
        return (*key).to_owned();
    }
    let (start, rest) = match secret.strip_prefix("whsec_") {
        Some(rest) => ("whsec_", rest),
        None => ("", secret),
    };
    let first = if rest.starts_with('4') { '5' } else { '4' };
    let rest: String = rest.chars().skip(1).collect();
    format!("{start}{first}{rest}")
}
