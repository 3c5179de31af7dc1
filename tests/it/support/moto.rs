//! A Cognito user pool in moto, the AWS emulator: it signs RS256 and serves its key set.
//!
//! One server for the whole test process, because it takes seconds to start; each test makes a pool
//! of its own.

use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::{Value, json};

use super::client::Call;
use super::issuer::overlaid;
use super::keys::SigningKey;
use super::process::{Server, real_part};
use super::{eventually, free_port, now, repository};

/// The emulator.
pub(crate) struct Moto {
    pub(crate) address: SocketAddr,
    _server: Server,
}

/// A user pool with one app client.
pub(crate) struct Pool {
    pub(crate) id: String,
    pub(crate) client: String,
    address: SocketAddr,
}

/// The tokens of one sign-in.
pub(crate) struct Tokens {
    pub(crate) id: String,
    pub(crate) access: String,
}

/// The emulator of this test process.
pub(crate) fn moto() -> &'static Moto {
    static MOTO: OnceLock<Moto> = OnceLock::new();
    MOTO.get_or_init(Moto::start)
}

impl Moto {
    fn start() -> Self {
        let port = free_port();
        let mut command = Command::new(real_part("moto/bin/moto_server"));
        command.args(["-H", "127.0.0.1", "-p", &port.to_string()]);
        command.env("AWS_DEFAULT_REGION", "us-east-1");
        let server = Server::start(&command);
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        eventually("moto listens", || TcpStream::connect(address).is_ok());
        Self {
            address,
            _server: server,
        }
    }

    /// Makes a pool whose users have a role and a tenant.
    pub(crate) fn pool(&self) -> Pool {
        let attribute =
            |name| json!({ "Name": name, "AttributeDataType": "String", "Mutable": true });
        let schema = [attribute("role"), attribute("tenant_id")];
        let pool = self.ask(
            "CreateUserPool",
            &json!({ "PoolName": "p", "Schema": schema }),
        );
        let id = text(&pool["UserPool"]["Id"]);
        let client = self.ask(
            "CreateUserPoolClient",
            &json!({ "UserPoolId": id, "ClientName": "web", "ExplicitAuthFlows": ["ADMIN_NO_SRP_AUTH"], "ReadAttributes": ["email", "name"] }),
        );
        let client = text(&client["UserPoolClient"]["ClientId"]);
        Pool {
            id,
            client,
            address: self.address,
        }
    }

    fn ask(&self, action: &str, body: &Value) -> Value {
        ask(self.address, action, body)
    }
}

impl Pool {
    /// The issuer that its tokens name, which is never the emulator's own address.
    pub(crate) fn issuer(&self) -> String {
        format!("https://cognito-idp.us-east-1.amazonaws.com/{}", self.id)
    }

    /// The path of its key set.
    pub(crate) fn jwks_path(&self) -> String {
        format!("/{}/.well-known/jwks.json", self.id)
    }

    /// Where its key set is.
    pub(crate) fn jwks_url(&self) -> String {
        format!("http://{}{}", self.address, self.jwks_path())
    }

    /// Creates a user with these attributes and signs in.
    pub(crate) fn sign_in(&self, name: &str, attributes: &[(&str, &str)]) -> Tokens {
        let attribute = |(name, value): &(&str, &str)| json!({ "Name": name, "Value": value });
        let attributes: Vec<Value> = attributes.iter().map(attribute).collect();
        let (pool, password) = (&self.id, "Passw0rd!x");
        self.ask(
            "AdminCreateUser",
            &json!({ "UserPoolId": pool, "Username": name, "UserAttributes": attributes }),
        );
        self.ask("AdminSetUserPassword", &json!({ "UserPoolId": pool, "Username": name, "Password": password, "Permanent": true }));
        let answer = self.ask(
            "AdminInitiateAuth",
            &json!({
                "UserPoolId": pool, "ClientId": self.client, "AuthFlow": "ADMIN_NO_SRP_AUTH",
                "AuthParameters": { "USERNAME": name, "PASSWORD": password },
            }),
        );
        let result = &answer["AuthenticationResult"];
        Tokens {
            id: text(&result["IdToken"]),
            access: text(&result["AccessToken"]),
        }
    }

    /// An ID token as Cognito makes them, with `more` laid over its claims, signed with the
    /// emulator's own key. For what the emulator cannot be asked for, such as an expired one.
    pub(crate) fn id_token(&self, more: &Value) -> String {
        let claims = json!({
            "iss": self.issuer(), "aud": self.client, "token_use": "id", "sub": "7c1f",
            "cognito:username": "alice", "auth_time": now(), "iat": now(), "exp": now() + 3600,
        });
        signing_key().sign(&overlaid(claims, more))
    }

    /// An access token of the client-credentials grant, which the emulator does not offer, with the
    /// claims that Cognito documents for it.
    pub(crate) fn machine_token(&self, client: &str, scope: &str) -> String {
        signing_key().sign(&json!({
            "iss": self.issuer(), "token_use": "access", "sub": client, "client_id": client,
            "scope": scope, "version": 2, "auth_time": now(), "iat": now(), "exp": now() + 3600,
        }))
    }

    fn ask(&self, action: &str, body: &Value) -> Value {
        ask(self.address, action, body)
    }
}

/// The key that the emulator signs with, as its package ships it.
fn signing_key() -> SigningKey {
    static PEM: OnceLock<String> = OnceLock::new();
    let pem = PEM.get_or_init(|| {
        let script = repository("tests/it/support/moto_key.py");
        let output = Command::new(real_part("moto/bin/python"))
            .arg(script)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    });
    SigningKey::from_rsa_pem("dummy", pem)
}

fn ask(address: SocketAddr, action: &str, body: &Value) -> Value {
    let answer = Call::new(address, "POST", "/")
        .header("Content-Type", "application/x-amz-json-1.1")
        .header("X-Amz-Target", &format!("AWSCognitoIdentityProviderService.{action}"))
        .header(
            "Authorization",
            "AWS4-HMAC-SHA256 Credential=t/20260101/us-east-1/cognito-idp/aws4_request, SignedHeaders=host, Signature=0",
        )
        .body(body.to_string())
        .send();
    assert_eq!(answer.status, 200, "{action}: {}", answer.text());
    answer.json()
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("not a text: {value}"))
        .to_owned()
}
