//! CauseFlow's API keys, row C6: no text of one is written or shown, whatever comes of it.

use serde_json::json;

use super::*;

impl House {
    /// Whatever the gate writes or shows by now.
    fn shown(&self) -> String {
        let mut all = vec![self.gate.output.text()];
        let log = self.folder.path().join("decisions.log");
        all.push(std::fs::read_to_string(log).unwrap_or_default());
        for page in ["/metrics", "/status", "/readyz", "/healthz", "/nothing"] {
            all.push(self.gate.ask_admin(page).text());
        }
        for page in ["/keys", "/keys/openapi.json"] {
            all.push(self.gate.as_admin("GET", page).send().text());
        }
        all.join("\n")
    }

    /// Sends a text wherever a credential can stand, on routes of every kind.
    fn present(&self, text: &str) -> Vec<Answer> {
        let targets = [
            WEBHOOK,
            "/v1/webhooks/globex/datadog",
            "/v1/incidents",
            "/v1/api-keys",
            "/health",
            "/auth/github/callback",
            "/v1//webhooks",
            "/v1/%2e%2e/health",
        ];
        let mut answers = Vec::new();
        for (target, method) in targets.iter().flat_map(|target| {
            let methods = ["GET", "POST", "HEAD", "TRACE"];
            methods.map(|method| (*target, method))
        }) {
            let referer = format!("https://dash.example.test{WEBHOOK}?x=1&apiKey={text}");
            let both = |target: &str| {
                let call = self.gate.call(method, target).header("Referer", &referer);
                call.header("User-Agent", "monitor/1").body("{}")
            };
            let query = format!("{target}?x=1&apiKey={text}");
            answers.push(both(target).bearer(text).send());
            answers.push(both(&query).send());
            answers.push(both(&query).bearer("cflo_another").send());
            answers.push(both(&format!("{query}&apiKey=cflo_other")).send());
        }
        answers
    }

    /// Requests that cannot be read, each with the key in it.
    fn babble(&self, text: &str) -> Vec<String> {
        let fields = "Host: a.test\r\nConnection: close\r\n";
        let pieces = [
            format!(
                "POST {WEBHOOK}?apiKey={text} HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n"
            ),
            format!("POST {WEBHOOK}?apiKey={text} HTTP/1.1\r\nConnection: close\r\n\r\n"),
            format!("POST {WEBHOOK}?apiKey={text} HTTP/9.9\r\n{fields}\r\n"),
            format!("POST {WEBHOOK}?apiKey={text} HTTP/1.1\r\n{fields}B\x01d: x\r\n\r\n"),
            format!("POST {WEBHOOK}?apiKey={text} x HTTP/1.1\r\n{fields}\r\n"),
            format!("POST {WEBHOOK}?apiKey={text}\r\n\r\n"),
            format!(
                "POST {WEBHOOK} HTTP/1.1\r\n{fields}Authorization: Bearer {text}\r\nContent-Length: x\r\n\r\n"
            ),
            format!("POST {WEBHOOK} HTTP/1.1\r\n{fields}Authorization: Bearer {text}\x02\r\n\r\n"),
            format!(
                "POST {WEBHOOK}?apiKey={text} HTTP/1.1\r\n{fields}Big: {}\r\n\r\n",
                "x".repeat(70_000)
            ),
        ];
        let address = self.gate.address;
        let ask = |piece: &String| crate::support::client::raw(address, piece.as_bytes());
        pieces.iter().map(ask).collect()
    }
}

/// Row C6: of a key no more than its start is ever written, in whatever way it is presented and whatever
/// becomes of the request; with a log that tells everything.
#[test]
fn key_is_in_nothing_that_the_gate_writes_or_shows() {
    for format in ["text", "json"] {
        let house = House::with(|setup| {
            setup
                .env("SIDEGATE_ADMIN__TOKEN", ADMIN_TOKEN)
                .env("SIDEGATE_LOG__LEVEL", "trace")
                .env("SIDEGATE_LOG__FORMAT", format)
        });
        let good = house.key("acme", &json!({}));
        let revoked = house.key("acme", &json!({}));
        let of_globex = house.key("globex", &json!({}));
        house.keys(
            "acme",
            "DELETE",
            &format!("/{}", id_of(&revoked, PREFIX)),
            None,
        );
        let mut mistyped = house.key("acme", &json!({}));
        let last = mistyped.pop().unwrap();
        mistyped.push(if last == '0' { '1' } else { '0' });
        let foreign = format!("{PREFIX}{}", "0a1b2c3d4e5f".repeat(4));
        let texts = [good, revoked, of_globex, mistyped, foreign];
        let mut told = String::new();
        for text in &texts {
            for answer in house.present(text) {
                told.push_str(&format!("{:?}{}\n", answer.message.headers, answer.text()));
            }
            told.extend(house.babble(text));
        }
        let reload = house.gate.as_admin("POST", "/reload").send();
        told.push_str(&reload.text());
        let known = |shown: &str| {
            let codes = [
                "KEY_UNKNOWN",
                "KEY_REVOKED",
                "TENANT_MISMATCH",
                "CREDENTIAL_AMBIGUOUS",
            ];
            let more = [
                "PATH_AMBIGUOUS",
                "HOST_INVALID",
                id_of(&texts[0], PREFIX),
                "allow",
            ];
            codes.iter().chain(&more).all(|word| shown.contains(word))
        };
        crate::support::eventually("everything is recorded", || known(&house.shown()));
        let forwarded = format!("{:?}", house.upstream.seen());
        for text in &texts {
            let secret = secret_of(text, PREFIX);
            for (what, said) in [
                ("gate", &house.shown()),
                ("caller", &told),
                ("app", &forwarded),
            ] {
                let line = said.lines().find(|line| line.contains(secret));
                assert_eq!(line, None, "to the {what}, in {format}");
            }
        }
    }
}

/// Row C6: the same over HTTP/2, where fields are packed another way.
#[test]
fn key_over_http2_is_written_no_more_than_over_http1() {
    use bytes::Bytes;
    use http::Request;
    use http_body_util::Full;

    let house = House::with(|setup| setup.env("SIDEGATE_LOG__LEVEL", "trace"));
    let key = house.key("acme", &json!({}));
    let address = house.gate.address;
    for (path, status) in [(WEBHOOK, 200), ("/v1/incidents", 401), ("/health", 401)] {
        for query in [format!("?apiKey={key}"), String::new()] {
            let mut request = Request::post(format!("http://{address}{path}{query}"));
            if query.is_empty() {
                request = request.header("Authorization", format!("Bearer {key}"));
            }
            let request = request.body(Full::new(Bytes::from("{}"))).unwrap();
            let answer = crate::support::h2::send(address, request);
            assert_eq!(answer.status, status, "{path}{query}");
        }
    }
    let shown = format!("{}{:?}", house.shown(), house.upstream.seen());
    assert!(shown.contains("KEY_UNKNOWN"));
    assert!(!shown.contains(secret_of(&key, PREFIX)));
}

/// Row C6: what was asked for shows a key's id, so that its owner can be found.
#[test]
fn record_names_the_key_by_its_id() {
    let house = house();
    let key = house.key("acme", &json!({}));
    house.report(&key, WEBHOOK).assert_passed();
    let id = id_of(&key, PREFIX);
    crate::support::eventually("the webhook is recorded", || {
        let lines = house.gate.output.all();
        let mut lines = lines.iter();
        lines.any(|line| line.contains(WEBHOOK) && line.contains(id))
    });
    let call = Call::new(house.gate.admin, "GET", "/keys");
    assert_eq!(call.send().status, 401, "nobody else sees the keys");
}
