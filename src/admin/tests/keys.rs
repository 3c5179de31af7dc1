//! API keys on the admin listener.

use super::*;
use crate::keys::Service;
use crate::keys::house::{House, set};
use crate::secret::Secret;

const TOKEN: &str = "0123456789abcdef0123456789abcdef";
const JSON: &str = "Content-Type: application/json\r\n";

fn desk(service: Option<Service>) -> KeysDesk {
    KeysDesk {
        token: Secret::new(TOKEN.into()),
        service: Box::new(move || service.clone()),
        sets: Box::new(|| [set("partners", Some("cflo_"))].into()),
    }
}

async fn served() -> (House, std::net::SocketAddr, oneshot::Sender<()>) {
    let house = House::new().await;
    let service = Service::new(house.registry.clone());
    let (address, stop) = started_with(None, Some(desk(Some(service))));
    (house, address, stop)
}

/// Asks with the token; gives the status, the head and the document.
async fn asked(
    address: std::net::SocketAddr,
    line: &str,
    body: &str,
) -> (u16, String, serde_json::Value) {
    let length = body.len();
    let head = format!(
        "{line} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n{JSON}Content-Length: {length}"
    );
    let (status, text) = send(address, &format!("{head}\r\n\r\n{body}")).await;
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    (
        status,
        head.to_owned(),
        serde_json::from_str(body).unwrap_or_default(),
    )
}

#[tokio::test]
async fn what_curl_calls_a_form_is_json() {
    let (_house, address, _stop) = served().await;
    for (kind, wanted) in [
        ("application/x-www-form-urlencoded", 201),
        ("text/plain", 415),
    ] {
        let head =
            format!("Host: localhost\r\nAuthorization: Bearer {TOKEN}\r\nContent-Type: {kind}");
        let request = format!("POST /keys HTTP/1.1\r\n{head}\r\nContent-Length: 13\r\n\r\n");
        let (status, text) = send(address, &(request + r#"{"name":"ci"}"#)).await;
        assert_eq!(status, wanted, "{text}");
    }
}

#[tokio::test]
async fn key_is_made_shown_rotated_and_revoked_with_the_token() {
    let (_house, address, _stop) = served().await;
    let (status, head, made) =
        asked(address, "POST /keys", r#"{"name":"ci","expires_in":"90d"}"#).await;
    assert_eq!(status, 201, "{made}");
    let id = made["id"].as_str().unwrap();
    assert!(
        head.contains(&format!("location: /keys/{id}\r\n")),
        "{head}"
    );
    assert!(
        head.contains("cache-control: no-store") && head.contains("application/json"),
        "{head}"
    );
    assert!(
        made["key"]
            .as_str()
            .unwrap()
            .starts_with(&format!("cflo_{id}"))
    );
    let (status, _, shown) = asked(address, &format!("GET /keys/{id}"), "").await;
    assert_eq!(
        (status, &shown["status"], &shown["created_by"]),
        (200, &"active".into(), &"admin".into())
    );
    let (status, _, turned) = asked(
        address,
        &format!("POST /keys/{id}/rotate"),
        r#"{"grace":"0s"}"#,
    )
    .await;
    assert_eq!(
        (status, &turned["generations"][0]["number"]),
        (200, &2.into())
    );
    let (status, _, ended) = asked(address, &format!("DELETE /keys/{id}"), "").await;
    assert_eq!((status, &ended["status"]), (200, &"revoked".into()));
    let (status, _, page) = asked(address, "GET /keys?status=all", "").await;
    assert_eq!((status, &page["keys"][0]["id"]), (200, &id.into()));
    let (status, _, audit) = asked(address, &format!("GET /keys/{id}/audit"), "").await;
    assert_eq!(
        (status, audit["entries"].as_array().unwrap().len()),
        (200, 3)
    );
    let (status, _, document) = asked(address, "GET /keys/openapi.json", "").await;
    assert_eq!((status, &document["openapi"]), (200, &"3.1.0".into()));
    let (status, head, _) = asked(address, "HEAD /keys", "").await;
    assert_eq!(status, 200);
    assert!(head.contains("content-length"), "{head}");
}

#[tokio::test]
async fn nobody_without_the_token_learns_anything() {
    let (_house, address, _stop) = served().await;
    let longer = format!("Authorization: Bearer {TOKEN}x\r\n");
    let twice = format!("Authorization: Bearer {TOKEN}\r\n").repeat(2);
    let basic = format!("Authorization: Basic {TOKEN}\r\n");
    for header in [
        "",
        "Authorization: Bearer\r\n",
        "Authorization: Bearer \r\n",
        "Authorization: Bearer 0123456789abcdef0123456789abcdee\r\n",
        &longer,
        &twice,
        &basic,
    ] {
        for line in [
            "GET /keys",
            "POST /keys",
            "GET /keys/openapi.json",
            "PUT /keys/a/b/c",
        ] {
            let (status, text) = ask(address, line, header).await;
            assert_eq!(status, 401, "{header}: {text}");
            assert!(text.contains("www-authenticate: Bearer realm="), "{text}");
            assert!(text.contains("ADMIN_TOKEN_INVALID"), "{text}");
            assert!(text.contains("application/problem+json"), "{text}");
        }
    }
    let (status, _) = ask(
        address,
        "GET /keys",
        &format!("Authorization: bearer  {TOKEN}\r\n"),
    )
    .await;
    assert_eq!(status, 200);
    // Whatever else begins alike is not there.
    assert_eq!(ask(address, "GET /keysx", "").await.0, 404);
}

#[tokio::test]
async fn listener_without_a_token_or_a_store_says_so() {
    let (address, _stop) = started(None);
    let (status, text) = ask(address, "GET /keys", "").await;
    assert_eq!(status, 404);
    assert!(text.contains("set `admin.token`"), "{text}");
    let (address, _stop) = started_with(None, Some(desk(None)));
    assert_eq!(ask(address, "GET /keys", "").await.0, 401);
    let (status, _, body) = asked(address, "GET /keys", "").await;
    assert_eq!((status, &body["code"]), (503, &"STORE_UNAVAILABLE".into()));
}

#[tokio::test]
async fn page_in_a_browser_cannot_use_keys() {
    let (_house, address, _stop) = served().await;
    let header = format!("Authorization: Bearer {TOKEN}\r\nOrigin: http://localhost:1\r\n{JSON}");
    assert_eq!(ask(address, "POST /keys", &header).await.0, 403);
    let request = format!(
        "GET /keys HTTP/1.1\r\nHost: evil.example\r\nAuthorization: Bearer {TOKEN}\r\n\r\n"
    );
    assert_eq!(send(address, &request).await.0, 421);
}

#[tokio::test]
async fn bodies_about_keys_may_be_longer_than_others() {
    let (_house, address, _stop) = served().await;
    let name = "a".repeat(40_000);
    let (status, _, body) = asked(address, "POST /keys", &format!(r#"{{"name":"{name}"}}"#)).await;
    assert_eq!((status, &body["field"]), (422, &"name".into()));
    let name = "a".repeat(70_000);
    let (status, _, body) = asked(address, "POST /keys", &format!(r#"{{"name":"{name}"}}"#)).await;
    assert_eq!((status, &body["code"]), (413, &"BODY_TOO_LARGE".into()));
}
