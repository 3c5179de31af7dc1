//! The certified OpenID provider `oidc-provider` in a process of its own.
//!
//! It stands behind a [`Relay`], so that its issuer URL stays the same while the process is killed
//! and started again, with the same keys or with others.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::client::{Answer, Call};
use super::process::{Server, real_part};
use super::relay::Relay;
use super::{free_port, repository};

/// The provider, running or not.
pub(crate) struct Provider {
    relay: Relay,
    server: Option<Server>,
    folder: TempDir,
}

impl Provider {
    /// Starts it with these keys, named and generated on the spot.
    pub(crate) fn start(kids: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut provider = Self {
            relay: Relay::to(None),
            server: None,
            folder,
        };
        provider.restart(kids);
        provider
    }

    /// Its issuer URL.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.relay.address)
    }

    /// Takes it off the network.
    pub(crate) fn kill(&mut self) {
        self.relay.lead_to(None);
        self.server = None;
    }

    /// Starts it again; a key whose name was used before is the same key.
    pub(crate) fn restart(&mut self, kids: &[&str]) {
        self.kill();
        let keys: Vec<Value> = kids.iter().map(|kid| self.private_key(kid)).collect();
        let file = self.folder.path().join("keys.json");
        std::fs::write(&file, json!({ "keys": keys }).to_string()).unwrap();
        let port = free_port();
        let mut command = Command::new("node");
        command
            .arg(repository("tests/it/support/op.mjs"))
            .arg(port.to_string())
            .arg(file);
        command.arg(real_part("op/node_modules").parent().unwrap());
        command.arg(self.relay.address.port().to_string());
        let server = Server::start(&command);
        server.wait_for("the provider listens");
        self.relay
            .lead_to(Some(SocketAddr::from(([127, 0, 0, 1], port))));
        self.server = Some(server);
    }

    /// An access token for `resource` by the client-credentials grant (RFC 9068).
    pub(crate) fn access_token(&self, resource: &str, scope: &str) -> String {
        let body = format!("grant_type=client_credentials&scope={scope}&resource={resource}");
        let answer = self.post("/token", "svc", &body);
        answer.json()["access_token"]
            .as_str()
            .unwrap_or_else(|| panic!("{}", answer.text()))
            .to_owned()
    }

    /// An ID token by the code flow, walked through as a browser would, with PKCE (RFC 7636).
    pub(crate) fn id_token(&self, login: &str) -> String {
        let verifier = "a-code-verifier-that-is-long-enough-for-anyone-1234";
        let mut browser = Browser {
            address: self.relay.address,
            cookies: Vec::new(),
        };
        let code = browser.walk(&authorization(verifier), login);
        let body = format!(
            "grant_type=authorization_code&code={code}&code_verifier={verifier}&redirect_uri=http://127.0.0.1:1/callback"
        );
        let answer = self.post("/token", "web", &body);
        answer.json()["id_token"]
            .as_str()
            .unwrap_or_else(|| panic!("{}", answer.text()))
            .to_owned()
    }

    fn post(&self, target: &str, client: &str, body: &str) -> Answer {
        let secret = STANDARD.encode(format!("{client}:{client}-secret-of-32-characters-long"));
        Call::new(self.relay.address, "POST", target)
            .header("Authorization", &format!("Basic {secret}"))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(body)
            .send()
    }

    /// The private key of this name as a JWK, made by node when it is asked for first.
    fn private_key(&self, kid: &str) -> Value {
        let file: PathBuf = self.folder.path().join(format!("{kid}.json"));
        if !file.exists() {
            let script = "const k = require('crypto').generateKeyPairSync('rsa', { modulusLength: 2048 });\
                          console.log(JSON.stringify(k.privateKey.export({ format: 'jwk' })))";
            let output = Command::new("node").args(["-e", script]).output().unwrap();
            std::fs::write(&file, output.stdout).unwrap();
        }
        let mut key: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        key["kid"] = json!(kid);
        key["use"] = json!("sig");
        key["alg"] = json!("RS256");
        key
    }
}

fn authorization(verifier: &str) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, verifier.as_bytes());
    let challenge = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(digest);
    format!(
        "/auth?client_id=web&response_type=code&scope=openid%20email&prompt=consent&state=s&nonce=n\
         &redirect_uri=http%3A%2F%2F127.0.0.1%3A1%2Fcallback&code_challenge={challenge}&code_challenge_method=S256"
    )
}

/// As much of a browser as the code flow needs: redirects and cookies.
struct Browser {
    address: SocketAddr,
    cookies: Vec<(String, String)>,
}

impl Browser {
    /// Follows the flow from `target` to the callback, signs in, consents; returns the code.
    fn walk(&mut self, target: &str, login: &str) -> String {
        let mut target = target.to_owned();
        for _ in 0..12 {
            let answer = self.ask("GET", &target, None);
            let next = match answer.header("location") {
                Some(location) => location.to_owned(),
                None => self.submit(&target, &answer, login),
            };
            if let Some((_, rest)) = next.split_once("code=") {
                return rest.split('&').next().unwrap_or_default().to_owned();
            }
            target = self.local(&next);
        }
        panic!("the code flow does not end");
    }

    /// Answers the form of a page; returns where it leads.
    fn submit(&mut self, target: &str, page: &Answer, login: &str) -> String {
        let prompt = if page.text().contains("value=\"login\"") {
            "login"
        } else {
            "consent"
        };
        let form = format!("prompt={prompt}&login={login}&password=x");
        let answer = self.ask("POST", target, Some(&form));
        let location = answer.header("location");
        location
            .unwrap_or_else(|| panic!("{}: {}", answer.status, answer.text()))
            .to_owned()
    }

    fn local(&self, location: &str) -> String {
        let origin = format!("http://{}", self.address);
        location
            .strip_prefix(&origin)
            .unwrap_or(location)
            .to_owned()
    }

    fn ask(&mut self, method: &str, target: &str, form: Option<&str>) -> Answer {
        let mut call = Call::new(self.address, method, target);
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .map(|(n, v)| format!("{n}={v}"))
            .collect();
        if !cookies.is_empty() {
            call = call.header("Cookie", &cookies.join("; "));
        }
        if let Some(form) = form {
            call = call
                .header("Content-Type", "application/x-www-form-urlencoded")
                .body(form);
        }
        let answer = call.send();
        for cookie in super::wire::values(&answer.message.headers, "set-cookie") {
            self.keep(cookie);
        }
        answer
    }

    fn keep(&mut self, cookie: &str) {
        let pair = cookie.split(';').next().unwrap_or_default();
        let (name, value) = pair.split_once('=').unwrap_or_default();
        self.cookies.retain(|(known, _)| known != name);
        if !value.is_empty() {
            self.cookies.push((name.to_owned(), value.to_owned()));
        }
    }
}
