//! Doors that only answer: what is asked, whom it is taken from, what is told.

use super::*;

/// A policy with everything that an answer may have to speak of.
const POLICY: &str = "
issuers:
  main: { url: 'https://idp.example', audience: api, secret: '${KEY}' }
webhooks:
  hook: { preset: github, secrets: '${KEY}', replay: off }
authenticate: main
identity_headers: { X-User: '{{ principal.subject }}' }
strip_headers: [X-Internal-*, X-Secret]
errors: { 503: { status: 503, json: { a: b } } }
routes:
  - { path: /open/**, public: true }
  - { path: /closed/**, methods: [GET, POST] }
  - { path: /hook, authenticate: [hook] }
";

fn door(kind: DoorKind) -> Door {
    Door {
        kind,
        unfit_routes: UnfitRoutes::Deny,
        ..Door::default()
    }
}

/// A gate with one door that only answers, and its log.
struct Asked {
    gate: Gate,
    sink: Sink,
    count: Cell<usize>,
}

impl Asked {
    async fn at(door: Door) -> Self {
        Self::trusting(door, &["127.0.0.1"]).await
    }

    async fn trusting(door: Door, trusted: &[&str]) -> Self {
        let mut setup = Setup::to("127.0.0.1:1".parse().unwrap());
        let networks = trusted.iter().map(|address| {
            let address: std::net::IpAddr = address.parse().unwrap();
            ipnet::IpNet::from(address)
        });
        setup.settings.trusted = TrustedProxies::Networks(networks.collect());
        setup.policy = POLICY.to_owned();
        setup.door = door;
        let sink = Sink::default();
        setup.sink = Some(sink.clone());
        let gate = setup.start().await;
        let count = Cell::new(0);
        Self { gate, sink, count }
    }

    /// Asks with these lines of a head; gives the answer in lower case up to its body, and the body.
    async fn ask(&self, lines: &[&str]) -> (String, String) {
        self.ask_with(lines, "").await
    }

    async fn ask_with(&self, lines: &[&str], body: &str) -> (String, String) {
        self.count.set(self.count.get() + 1);
        let length = format!("Content-Length: {}", body.len());
        let head = [lines, &[&length, "Connection: close", "", ""]]
            .concat()
            .join("\r\n");
        let answer = self.gate.ask(&format!("{head}{body}")).await;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.to_lowercase(), body.to_owned())
    }

    /// The record of the last question.
    async fn record(&self) -> serde_json::Value {
        eventually(|| self.sink.records().len() == self.count.get()).await;
        self.sink.records().pop().unwrap()
    }

    /// The code of the last refusal, and what the log says of it.
    async fn reason(&self) -> (String, String) {
        let record = self.record().await;
        let text = |name: &str| record[name].as_str().unwrap_or_default().to_owned();
        (text("reason"), text("detail"))
    }
}

/// A question in the words of nginx.
fn nginx<'l>(url: &'l str, more: &[&'l str]) -> Vec<&'l str> {
    let lines = [
        "GET /ask HTTP/1.1",
        "Host: sidegate",
        "X-Original-Method: GET",
        "X-Forwarded-For: 203.0.113.9",
        url,
    ];
    [&lines[..], more].concat()
}

#[test]
fn pass_tells_who_calls_and_what_is_sent_on() {
    run(async {
        let asked = Asked::at(door(DoorKind::Ask(Dialect::Nginx))).await;
        let bearer = format!("Authorization: Bearer {}", token());
        let lines = nginx(
            "X-Original-URL: https://a.test/closed/%7ex?q=%7e",
            &[&bearer, "X-User: root"],
        );
        let (head, body) = asked.ask(&lines).await;
        assert!(head.starts_with("http/1.1 200 "), "{head}");
        assert!(head.contains("\r\nx-user: ann\r\n"), "{head}");
        assert!(
            !head.contains("root") && !head.contains("authorization"),
            "{head}"
        );
        assert!(
            head.contains("\r\nx-sidegate-target: /closed/~x?q=%7e"),
            "{head}"
        );
        assert!(head.contains("\r\nx-request-id: "), "{head}");
        assert_eq!(body, "");
        let record = asked.record().await;
        for (name, wanted) in [
            ("decision", "allow"),
            ("door", "nginx"),
            ("client", "203.0.113.9"),
            ("host", "a.test"),
            ("path", "/closed/~x"),
            ("subject", "ann"),
        ] {
            assert_eq!(record[name], wanted, "{record}");
        }
        assert!(record.get("upstream").is_none(), "{record}");
    });
}

#[test]
fn nobody_but_a_named_proxy_may_ask() {
    run(async {
        let asked = Asked::trusting(door(DoorKind::Ask(Dialect::Nginx)), &["192.0.2.1"]).await;
        let (head, _) = asked
            .ask(&nginx("X-Original-URL: http://a.test/open/a", &[]))
            .await;
        assert!(head.starts_with("http/1.1 403 "), "{head}");
        assert_eq!(asked.reason().await.0, "FRONT_UNTRUSTED");
    });
}

#[test]
fn number_of_hops_names_no_proxy() {
    let door = door(DoorKind::Ask(Dialect::Nginx));
    assert!(!door.trusts(&TrustedProxies::Hops(3), "127.0.0.1".parse().unwrap()));
    assert!(!door.trusts(&TrustedProxies::Nobody, "127.0.0.1".parse().unwrap()));
}

#[test]
fn what_is_not_told_once_is_refused() {
    run(async {
        let asked = Asked::at(door(DoorKind::Ask(Dialect::Haproxy))).await;
        let open = "X-Original-URL: http://a.test/open/a";
        let method = "X-Original-Method: GET";
        let client = "X-Forwarded-For: 203.0.113.9";
        for lines in [
            &[open, client][..],
            &[method, client],
            &[open, method],
            &[open, method, method, client],
            &[open, open, method, client],
            &["X-Original-URL: /open/a", method, client],
            &["X-Original-URL: ftp://a.test/open/a", method, client],
            &[open, method, "X-Forwarded-For: nobody"],
            &[open, "X-Original-Method: G T", client],
        ] {
            let lines = [&["GET / HTTP/1.1", "Host: a"], lines].concat();
            let (head, _) = asked.ask(&lines).await;
            assert!(head.starts_with("http/1.1 400 "), "{lines:?} {head}");
            assert_eq!(asked.reason().await.0, "FORWARDED_INVALID", "{lines:?}");
        }
        for (url, code) in [
            ("http:///open/a", "HOST_INVALID"),
            ("http://u@a.test/open/a", "HOST_INVALID"),
            ("http://a.test/open/../closed/a", "PATH_AMBIGUOUS"),
            ("http://a.test/open/%2e%2e/closed/a", "PATH_AMBIGUOUS"),
            ("http://a.test//open/a", "PATH_AMBIGUOUS"),
        ] {
            let url = format!("X-Original-URL: {url}");
            let (head, _) = asked
                .ask(&["GET / HTTP/1.1", "Host: a", &url, method, client])
                .await;
            assert!(head.starts_with("http/1.1 400 "), "{url} {head}");
            assert_eq!(asked.reason().await.0, code, "{url}");
        }
    });
}

#[test]
fn what_was_asked_for_is_told_by_each_proxy_in_its_own_words() {
    run(async {
        let forwarded = [
            "GET /ask HTTP/1.1",
            "Host: sidegate",
            "X-Forwarded-Method: POST",
            "X-Forwarded-Proto: https",
            "X-Forwarded-Host: a.test",
            "X-Forwarded-Uri: /open/a?b",
            "X-Forwarded-For: 203.0.113.9",
            // Nobody's word here.
            "X-Original-URL: http://a.test/closed/a",
            "X-Original-Method: GET",
        ];
        let itself = [
            "POST /check/open/a?b HTTP/1.1",
            "Host: a.test",
            "X-Forwarded-Proto: https",
            "X-Forwarded-For: 203.0.113.9",
            "X-Forwarded-Uri: /closed/a",
            "X-Forwarded-Method: GET",
        ];
        let mut envoy = door(DoorKind::Ask(Dialect::EnvoyHttp));
        envoy.prefix = Some("/check".into());
        for (door, lines) in [
            (door(DoorKind::Ask(Dialect::Traefik)), &forwarded[..]),
            (door(DoorKind::Ask(Dialect::Caddy)), &forwarded[..]),
            (envoy, &itself[..]),
        ] {
            let asked = Asked::at(door).await;
            let (head, _) = asked.ask(lines).await;
            assert!(head.starts_with("http/1.1 200 "), "{head}");
            let record = asked.record().await;
            assert_eq!(
                (&record["method"], &record["path"]),
                (&"POST".into(), &"/open/a".into())
            );
            assert_eq!(
                (&record["scheme"], &record["host"]),
                (&"https".into(), &"a.test".into())
            );
        }
    });
}

#[test]
fn client_is_the_nearest_that_is_not_one_of_ours() {
    run(async {
        let asked = Asked::trusting(
            door(DoorKind::Ask(Dialect::Nginx)),
            &["127.0.0.1", "10.0.0.1"],
        )
        .await;
        let lines = [
            "GET / HTTP/1.1",
            "Host: a",
            "X-Original-Method: GET",
            "X-Original-URL: http://a.test/open/a",
            "X-Forwarded-For: 6.6.6.6, 203.0.113.9, 10.0.0.1",
            "Forwarded: for=7.7.7.7",
        ];
        let (head, _) = asked.ask(&lines).await;
        assert!(head.starts_with("http/1.1 200 "), "{head}");
        assert_eq!(asked.record().await["client"], "203.0.113.9");
    });
}

#[test]
fn nginx_is_told_refusals_in_the_two_statuses_that_it_knows() {
    run(async {
        let asked = Asked::at(door(DoorKind::Ask(Dialect::Nginx))).await;
        for (url, status, meant) in [
            ("http://a.test/closed/a", "401", "401"),
            ("http://a.test/nowhere", "403", "403"),
            ("http://a.test/open//a", "403", "400"),
        ] {
            let url = format!("X-Original-URL: {url}");
            let (head, body) = asked.ask(&nginx(&url, &[])).await;
            assert!(head.starts_with(&format!("http/1.1 {status} ")), "{head}");
            assert!(
                head.contains(&format!("\r\nx-sidegate-status: {meant}\r\n")),
                "{head}"
            );
            assert!(
                head.contains(&format!(
                    "\r\nx-sidegate-body: {}",
                    body.to_lowercase().trim()
                )),
                "{head}"
            );
        }
        let (head, _) = asked
            .ask(&nginx("X-Original-URL: http://a.test/closed/a", &[]))
            .await;
        assert!(head.contains("\r\nwww-authenticate: bearer "), "{head}");
    });
}

#[test]
fn header_that_nginx_cannot_take_out_ends_the_request() {
    run(async {
        let asked = Asked::at(door(DoorKind::Ask(Dialect::Nginx))).await;
        let url = "X-Original-URL: http://a.test/open/a";
        for spoofed in [
            "X_User: a",
            "X.User: a",
            "X-Internal-Role: a",
            "X-Sidegate-Target: /",
            "x_secret: a",
        ] {
            let (head, _) = asked.ask(&nginx(url, &[spoofed])).await;
            assert!(head.starts_with("http/1.1 403 "), "{spoofed} {head}");
            assert_eq!(asked.reason().await.0, "REQUEST_INVALID", "{spoofed}");
        }
        for listed in ["X-USER: a", "x-secret: a"] {
            let (head, _) = asked.ask(&nginx(url, &[listed])).await;
            assert!(head.starts_with("http/1.1 200 "), "{listed} {head}");
        }
    });
}

#[test]
fn envoy_is_told_what_to_take_out_and_never_hears_of_our_faults_as_of_its_own() {
    run(async {
        let mut with_bodies = door(DoorKind::Ask(Dialect::EnvoyHttp));
        with_bodies.max_body = Some(1 << 20);
        let asked = Asked::at(with_bodies).await;
        let envoy = [
            "Host: a.test",
            "X-Forwarded-Proto: http",
            "X-Forwarded-For: 203.0.113.9",
        ];
        let bearer = format!("Authorization: Bearer {}", token());
        let lines = [
            &["GET /closed/a HTTP/1.1"],
            &envoy[..],
            &[
                &bearer,
                "X_User: b",
                "X-User: c",
                "X-HTTP-Method-Override: DELETE",
            ],
        ]
        .concat();
        let (head, _) = asked.ask(&lines).await;
        assert!(head.contains("\r\nx-user: ann\r\n"), "{head}");
        let removed = head
            .split("x-envoy-auth-headers-to-remove: ")
            .nth(1)
            .unwrap();
        let removed = removed.split("\r\n").next().unwrap();
        assert_eq!(removed, "authorization,x_user,x-http-method-override");

        let lines = [&["GET /closed/%61 HTTP/1.1"], &envoy[..], &[&bearer]].concat();
        assert!(asked.ask(&lines).await.0.starts_with("http/1.1 400 "));
        let record = asked.record().await;
        assert_eq!(record["reason"], "PATH_AMBIGUOUS", "{record}");
        assert_eq!(record["decision"], "deny", "{record}");
    });
}

/// Traefik sends on what a parser drops, and sends `&` for `;`.
#[test]
fn query_that_would_be_sent_on_otherwise_is_refused() {
    run(async {
        let asked = Asked::at(door(DoorKind::Ask(Dialect::Traefik))).await;
        for (target, passes) in [
            ("/open/a?b&c=%3B%23", true),
            ("/open/a?b#&c", false),
            ("/open/a#b", false),
            ("/open/a?b;c", false),
        ] {
            let uri = format!("X-Forwarded-Uri: {target}");
            let lines = [
                "GET / HTTP/1.1",
                "Host: sidegate",
                "X-Forwarded-Method: GET",
                "X-Forwarded-Proto: https",
                "X-Forwarded-Host: a.test",
                "X-Forwarded-For: 203.0.113.9",
                &uri,
            ];
            let (head, _) = asked.ask(&lines).await;
            let status = if passes { "200" } else { "400" };
            assert!(
                head.starts_with(&format!("http/1.1 {status} ")),
                "{target}: {head}"
            );
            if !passes {
                assert_eq!(asked.reason().await.0, "PATH_AMBIGUOUS", "{target}");
            }
        }
    });
}

/// Those that no proxy knows: its own stay, which it made itself.
#[test]
fn envoy_takes_out_claims_of_proxies_in_disguise() {
    run(async {
        let asked = Asked::at(door(DoorKind::Ask(Dialect::EnvoyHttp))).await;
        let lines = [
            "GET /open/a HTTP/1.1",
            "Host: a.test",
            "X-Forwarded-Proto: http",
            "X-Forwarded-For: 203.0.113.9",
            "X-Forwarded-Port: 80",
            "X_Forwarded_For: 6.6.6.6",
            "X-Forwarded_Any: a",
            "X.Original.URL: /closed/a",
            "X_HTTP_Method_Override: DELETE",
            "X_Other: a",
        ];
        let (head, _) = asked.ask(&lines).await;
        assert!(head.starts_with("http/1.1 200 "), "{head}");
        let removed = head.split("x-envoy-auth-headers-to-remove: ").nth(1);
        let removed = removed.and_then(|rest| rest.split("\r\n").next());
        let wanted = "x_forwarded_for,x-forwarded_any,x.original.url,x_http_method_override";
        assert_eq!(removed, Some(wanted), "{head}");
    });
}

#[test]
fn signature_is_verified_where_bodies_come_and_only_there() {
    run(async {
        let body = "{\"a\":1}";
        let signed = {
            use hmac::{Hmac, KeyInit, Mac};
            let mut mac = Hmac::<sha2::Sha256>::new_from_slice(super::KEY.as_bytes()).unwrap();
            mac.update(body.as_bytes());
            let digits: String = mac
                .finalize()
                .into_bytes()
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect();
            format!("X-Hub-Signature-256: sha256={digits}")
        };
        let post = [
            "POST /ask HTTP/1.1",
            "Host: sidegate",
            "X-Forwarded-Method: POST",
            "X-Forwarded-Proto: https",
            "X-Forwarded-Host: a.test",
            "X-Forwarded-Uri: /hook",
            "X-Forwarded-For: 203.0.113.9",
            &signed,
        ];
        let mut traefik = door(DoorKind::Ask(Dialect::Traefik));
        let without = Asked::at(traefik.clone()).await;
        assert!(
            without
                .ask_with(&post, body)
                .await
                .0
                .starts_with("http/1.1 403 ")
        );
        assert_eq!(without.reason().await.0, "WRONG_DOOR");
        traefik.max_body = Some(1 << 20);
        let with = Asked::at(traefik).await;
        let (head, _) = with.ask_with(&post, body).await;
        assert!(head.starts_with("http/1.1 200 "), "{head}");
        assert!(
            with.ask_with(&post, "{\"a\":2}")
                .await
                .0
                .starts_with("http/1.1 401 ")
        );
        assert_eq!(with.reason().await.0, "SIGNATURE_INVALID");
    });
}

#[test]
fn part_of_a_body_is_too_much_of_it() {
    run(async {
        let mut envoy = door(DoorKind::Ask(Dialect::EnvoyHttp));
        envoy.max_body = Some(1 << 20);
        let asked = Asked::at(envoy).await;
        let lines = [
            "POST /hook HTTP/1.1",
            "Host: a.test",
            "X-Forwarded-Proto: http",
            "X-Forwarded-For: 203.0.113.9",
            "X-Hub-Signature-256: sha256=0000000000000000000000000000000000000000000000000000000000000000",
            "X-Envoy-Auth-Partial-Body: true",
        ];
        assert!(
            asked
                .ask_with(&lines, "{}")
                .await
                .0
                .starts_with("http/1.1 413 ")
        );
        assert_eq!(asked.reason().await.0, "BODY_TOO_LARGE");
    });
}
