//! Errors in the operator's words, with the real binary.

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use serde_json::{Value, json};

use crate::support::gate::Setup;
use crate::support::{Answer, Gate, House, Issuer, Upstream, h2};

const RULES: &str = r#"
tokens: { from: [bearer, { query: access_token }] }
errors:
  TOKEN_MISSING:
    redirect: "https://login.example.com/?return_to={{ request.url }}"
  401: { json: { detail: Unauthorized } }
  403: { text: "Not for you, {{ principal.subject }} ({{ error.code }})." }
  PATH_AMBIGUOUS: { json: { path: "{{ request.path }}", url: "{{ request.url }}" } }
  NO_ROUTE: { html: "<p>Nothing at <b>{{ request.path }}</b></p>", status: 404 }
  5xx: { json: { oops: "{{ error.title }}", id: "{{ request.id }}" } }
routes:
  - path: /v1/**
    errors:
      401: { json: { detail: Unauthorized, id: "{{ request.id }}", at: "{{ request.url }}" } }
      TOKEN_MISSING: problem
  - { path: /admin/**, roles: [admin] }
  - { path: /html/**, roles: [admin], errors: { 403: { html: "<i title='{{ principal.subject }}'>{{ principal.subject }}</i>" } } }
  - { path: /json/**, roles: [admin], errors: { 403: { json: { who: "{{ principal.subject }}", n: [1, "{{ request.path }}"] } } } }
  - { path: /go/**, roles: [admin], errors: { 403: { redirect: "https://help.example.com/?who={{ principal.subject }}&at={{ request.path }}" } } }
  - { path: /scoped/**, scopes: [a, "x:b"], errors: { 403: { json: {} } } }
  - { path: /again/**, errors: { TOKEN_MISSING: problem, 401: { redirect: "https://login.example.com/?return_to={{ request.url }}" } } }
  - { path: /open/**, public: true }
  - path: /**
"#;

const HTML: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

fn house() -> House {
    House::with(RULES)
}

fn no_store(answer: &Answer) {
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}

#[test]
fn browser_goes_to_sign_in_and_a_program_reads_json() {
    let house = house();
    let browser = house.gate.get("/page?a=b&c=%20").header("Accept", HTML);
    let sent = browser.clone().header("Sec-Fetch-Mode", "navigate").send();
    assert_eq!(sent.status, 302);
    let url = format!(
        "http%3A%2F%2F127.0.0.1%3A{}%2Fpage%3Fa%3Db%26c%3D%2520",
        house.gate.address.port()
    );
    let wanted = format!("https://login.example.com/?return_to={url}");
    assert_eq!(sent.header("location"), Some(&*wanted));
    assert_eq!(sent.text(), "");
    no_store(&sent);
    for program in [
        house.gate.get("/page"),
        house.gate.get("/page").header("Accept", "application/json"),
        browser.clone().header("X-Requested-With", "XMLHttpRequest"),
        browser.header("Sec-Fetch-Mode", "cors"),
        house.gate.post("/page").header("Accept", HTML).body(""),
    ] {
        let told = program.send();
        assert_eq!(
            (told.status, &*told.text()),
            (401, r#"{"detail":"Unauthorized"}"#)
        );
        assert_eq!(told.header("content-type"), Some("application/json"));
        assert!(
            told.header("www-authenticate")
                .unwrap()
                .contains("TOKEN_MISSING")
        );
        no_store(&told);
    }
    assert_eq!(house.upstream.count(), 0);
}

#[test]
fn route_replaces_the_files_answers_key_by_key() {
    let house = house();
    let missing = house.gate.get("/v1/a").header("Accept", HTML).send();
    missing.assert_refused(401, "TOKEN_MISSING");
    let malformed = house.gate.get("/v1/a").bearer("x").send();
    let body = malformed.json();
    assert_eq!(body["detail"], "Unauthorized");
    assert!(
        body["id"].as_str().is_some_and(|id| !id.is_empty()),
        "{body}"
    );
    let other = house.ask("/admin/a", &json!({ "sub": "bob" }));
    assert_eq!(other.text(), "Not for you, bob (INSUFFICIENT_ROLE).");
}

/// RFC 6750 section 3: the challenge tells what the body does not.
#[test]
fn challenge_names_the_scopes_whatever_the_body_is() {
    let house = house();
    let told = house.ask("/scoped/a", &json!({ "scope": "a" }));
    assert_eq!((told.status, &*told.text()), (403, "{}"));
    let wanted = r#"Bearer realm="sidegate", error="insufficient_scope", scope="a x:b", code="INSUFFICIENT_SCOPE""#;
    assert_eq!(told.header("www-authenticate"), Some(wanted));
}

/// Neither in the address that a browser is sent to, nor in a body.
#[test]
fn token_in_the_query_is_not_repeated() {
    let house = house();
    let house_port = house.gate.address.port();
    let told = house
        .gate
        .get("/v1/a?x=1&access_token=SECRET&y&%61ccess_token=SECRET")
        .send();
    let wanted = format!("http://127.0.0.1:{house_port}/v1/a?x=1&y");
    assert_eq!((told.status, &told.json()["at"]), (401, &json!(wanted)));
    let told = house.gate.get("/odd//a?access_token=SECRET").send();
    assert_eq!(told.status, 400);
    assert!(!told.text().contains("SECRET"), "{}", told.text());
    let target = "/again/a?access_token=SECRET&z=1&Access_Token=2";
    let sent = house.gate.get(target).header("Accept", HTML).send();
    let wanted = format!(
        "https://login.example.com/?return_to=http%3A%2F%2F127.0.0.1%3A{house_port}%2Fagain%2Fa%3Fz%3D1%26Access_Token%3D2"
    );
    assert_eq!(sent.header("location"), Some(&*wanted));
}

#[test]
fn hostile_subject_and_path_stay_values_everywhere() {
    let house = house();
    let subject = "\"><script>alert(1)</script>\r\nSet-Cookie: a=b&c=%41#";
    let ask = |path: &str| {
        let token = house.issuer.token(&json!({ "sub": subject }));
        house
            .gate
            .get(path)
            .bearer(&token)
            .header("Accept", HTML)
            .send()
    };
    let json = ask("/json/%22%7D%5B%3Cb%3E");
    assert_eq!(json.status, 403);
    let wanted: Value = json!({ "who": subject, "n": [1, "/json/%22%7D%5B%3Cb%3E"] });
    assert_eq!(json.json(), wanted);
    let html = ask("/html/a").text();
    assert_eq!(html.matches('<').count(), 2, "{html}");
    assert_eq!(html.matches('\'').count(), 2, "{html}");
    let sent = ask("/go/a%26who=eve");
    assert_eq!(sent.status, 302);
    assert_eq!(sent.header("set-cookie"), None);
    assert_eq!(
        sent.header("location").unwrap(),
        "https://help.example.com/?who=%22%3E%3Cscript%3Ealert%281%29%3C%2Fscript%3E%0D%0ASet-Cookie%3A%20a%3Db%26c%3D%2541%23&at=%2Fgo%2Fa%26who%3Deve"
            .replace("%26who%3Deve", "%2526who%3Deve")
    );
    let text = ask("/admin/a").text();
    assert!(!text.contains(['\r', '\n']), "{text:?}");
    let lost = house.gate.get("/%3Cscript%3E").bearer("x").send();
    assert_eq!(lost.status, 401);
}

#[test]
fn what_no_route_is_for_and_what_cannot_be_read_are_the_files() {
    let issuer = Issuer::start();
    let rules = RULES.replace("  - path: /**\n", "");
    let gate = Gate::start(&format!("{}{rules}", issuer.section()), &Upstream::start());
    let lost = gate.get("/%3Cscript%3E?x").send();
    assert_eq!(
        (lost.status, &*lost.text()),
        (404, "<p>Nothing at <b>/%3Cscript%3E</b></p>")
    );
    assert_eq!(
        lost.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    assert_eq!(lost.header("x-content-type-options"), Some("nosniff"));
    let unread = gate.get("/v1/../a").send();
    assert_eq!(
        (unread.status, unread.json()),
        (400, json!({ "path": "", "url": "" }))
    );
    let head = gate.call("HEAD", "/nowhere").send();
    assert_eq!((head.status, &*head.text()), (404, ""));
}

#[test]
fn upstream_that_is_down_is_told_of_in_the_operators_words() {
    let issuer = Issuer::start();
    let policy = format!("{}{RULES}", issuer.section());
    let gate = Setup::policy(&policy)
        .upstream_url("http://127.0.0.1:9")
        .start();
    let told = gate.get("/open/a").send();
    let body = told.json();
    assert_eq!(
        (told.status, &body["oops"]),
        (502, &json!("Upstream unreachable"))
    );
    assert!(
        body["id"].as_str().is_some_and(|id| !id.is_empty()),
        "{body}"
    );
    no_store(&told);
}

#[test]
fn address_behind_a_trusted_proxy_has_the_callers_scheme() {
    let (issuer, upstream) = (Issuer::start(), Upstream::start());
    let gate = Setup::policy(&format!("{}{RULES}", issuer.section()))
        .upstream(&upstream)
        .process("trusted_proxies: { cidrs: [127.0.0.0/8] }\n")
        .start();
    let sent = gate
        .get("/page")
        .host("app.example.com")
        .header("X-Forwarded-Proto", "https")
        .header("X-Forwarded-Host", "evil.example")
        .header("Accept", HTML)
        .send();
    let wanted = "https://login.example.com/?return_to=https%3A%2F%2Fapp.example.com%2Fpage";
    assert_eq!(sent.header("location"), Some(wanted));
}

fn http2(gate: &Gate, method: &str, headers: &[(&str, &str)]) -> h2::Answer {
    let mut request = Request::builder()
        .method(method)
        .uri("http://app.example.com/page");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    h2::send(gate.address, request.body(Full::new(Bytes::new())).unwrap())
}

#[test]
fn http2_callers_are_told_the_same_and_grpc_callers_their_status() {
    let house = house();
    let sent = http2(&house.gate, "GET", &[("accept", HTML)]);
    assert_eq!(sent.status, 302);
    let wanted = "https://login.example.com/?return_to=http%3A%2F%2Fapp.example.com%2Fpage";
    assert_eq!(sent.headers["location"], wanted);
    let told = http2(&house.gate, "GET", &[("accept", "*/*")]);
    assert_eq!(
        (told.status, &*told.body),
        (401, &br#"{"detail":"Unauthorized"}"#[..])
    );
    assert!(told.headers.contains_key("www-authenticate"));
    let head = http2(&house.gate, "HEAD", &[("accept", "*/*")]);
    assert_eq!((head.status, &*head.body), (401, &b""[..]));
    let grpc = http2(
        &house.gate,
        "POST",
        &[("content-type", "application/grpc"), ("accept", HTML)],
    );
    assert_eq!(grpc.status, 200);
    assert_eq!(grpc.headers["grpc-status"], "16");
    assert_eq!(grpc.headers["grpc-message"], "TOKEN_MISSING");
}

#[test]
fn mistakes_are_named_with_their_places() {
    let (code, said) = Setup::policy(
        "issuers:\n  main: { url: https://idp.example.com, audience: a }\nerrors:\n  TOKEN_MISING: problem\n  200: problem\n  \
         403: { redirect: \"https://{{ request.host }}/\" }\nroutes: [{ path: /a }]\n",
    )
    .upstream(&Upstream::start())
    .refusal();
    assert_eq!(code, 3, "{said}");
    for words in [
        "policy.yaml:4:3: error: `errors.TOKEN_MISING`: `TOKEN_MISING` is no kind of refusal",
        "did you mean `TOKEN_MISSING`?",
        "policy.yaml:5:3: error: `errors.200`: no refusal has the status `200`",
        "policy.yaml:6:20: error: `errors.403.redirect`: a value can stand in the query of an address only",
    ] {
        assert!(said.contains(words), "{words}\n{said}");
    }
}
