//! The demo's API key: asked of the gate by one of the cast, as anybody would.

use std::net::SocketAddr;

use http::Request;
use serde_json::json;

use super::client;
use super::issuer::Tokens;

/// Where the demo's policy serves keys.
const PLACE: &str = "/keys";
/// Who makes the key.
const MAKER: &str = "alice";
/// What the key is called among the tokens, and what it is called with its last character changed.
pub(super) const NAMES: [&str; 2] = ["key", "mistyped"];

/// Has `alice` make a key, and adds its text to what can be presented; without one where the policy serves
/// none.
pub(super) async fn make(gate: SocketAddr, tokens: &mut Tokens) {
    let Some(text) = made(gate, tokens).await else {
        return;
    };
    let [key, mistyped] = NAMES;
    tokens.insert(mistyped, changed(&text));
    tokens.insert(key, text);
}

async fn made(gate: SocketAddr, tokens: &Tokens) -> Option<String> {
    let wish = json!({ "name": "the demo's robot", "scopes": ["reports:read"] });
    let request = Request::post(PLACE)
        .header("host", gate.to_string())
        .header("authorization", format!("Bearer {}", tokens.get(MAKER)?))
        .header("content-type", "application/json")
        .body(wish.to_string().into())
        .ok()?;
    let answer = client::send(gate, request).await.ok()?;
    let text = answer.body.get("key")?.as_str()?;
    Some(text.to_owned())
}

/// The same text but for its last character.
fn changed(text: &str) -> String {
    let mut text = text.to_owned();
    let last = text.pop();
    text.push(if last == Some('0') { '1' } else { '0' });
    text
}
