use super::*;

#[test]
fn identity_comes_from_the_gate_alone() {
    run(async {
        let upstream = Upstream::answering(OK).await;
        let gate = Setup::to(upstream.address).start().await;
        let request = format!(
            "GET /closed/a?q=1 HTTP/1.1\r\nHost: App.Example\r\nAuthorization: Bearer {}\r\n\
             X-User: eve\r\nx_user: eve\r\nX.User: eve\r\nX-Sidegate-Role: admin\r\n\
             X_Forwarded_For: 6.6.6.6\r\nX-Forwarded-For: 6.6.6.6\r\nX-Original-URL: /admin\r\n\
             X-Forwarded-Prefix: /p\r\nForwarded: for=6.6.6.6\r\nX-HTTP-Method-Override: DELETE\r\n\
             X-Real-IP: 6.6.6.6\r\nX-Request-Id: mine\r\nX_Request_Id: mine\r\nX-Keep: yes\r\nX-Secret: 1\r\nKeep-Alive: 5\r\n\
             Connection: close, X-User, X-Secret, Host, X-Forwarded-For\r\n\r\n",
            token()
        );
        let answer = gate.ask(&request).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
        let seen = upstream.only().to_lowercase();
        assert!(seen.starts_with("get /closed/a?q=1 http/1.1\r\n"), "{seen}");
        assert_eq!(seen.matches("x-user: ann\r\n").count(), 1, "{seen}");
        for gone in [
            "eve",
            "admin",
            "6.6.6.6",
            "prefix",
            "override",
            "original",
            "authorization",
            "mine",
            "x-secret",
            "keep-alive",
            "connection:",
        ] {
            assert!(!seen.contains(gone), "{gone} in {seen}");
        }
        for there in [
            "host: app.example\r\n",
            "x-keep: yes\r\n",
            "x-forwarded-for: 127.0.0.1\r\n",
            "x-real-ip: 127.0.0.1\r\n",
            "x-forwarded-proto: http\r\n",
            "x-forwarded-host: app.example\r\n",
            "x-forwarded-port: 80\r\n",
            "x-request-id: ",
        ] {
            assert!(seen.contains(there), "{there} not in {seen}");
        }
    });
}

#[test]
fn spoofed_identity_is_removed_on_public_routes_too() {
    run(async {
        let upstream = Upstream::answering(OK).await;
        let gate = Setup::to(upstream.address).start().await;
        let request = "GET /open/a HTTP/1.1\r\nHost: a\r\nX_USER: eve\r\nConnection: close\r\n\r\n";
        gate.ask(request).await;
        assert!(!upstream.only().to_lowercase().contains("eve"));
    });
}

#[test]
fn connections_on_both_sides_are_used_again() {
    run(async {
        let upstream = Upstream::answering(OK).await;
        let gate = Setup::to(upstream.address).start().await;
        let mut caller = gate.connect().await;
        for _ in 0..5 {
            caller.send("GET /open/a HTTP/1.1\r\nHost: a\r\n\r\n").await;
            assert!(caller.until("\r\n\r\nok").await.starts_with("HTTP/1.1 200"));
        }
        assert_eq!(upstream.seen.borrow().len(), 5);
        assert_eq!(upstream.connections.get(), 1);
        drop(caller);
        eventually(|| gate.ended.get() == 1).await;
        let metrics = gate.metrics();
        for line in [
            r#"sidegate_requests_total{decision="allow",reason="",route="/open/**"} 5"#,
            r#"sidegate_upstream_requests_total{result="2xx",upstream="default"} 5"#,
            r#"sidegate_upstream_connections_total{upstream="default"} 1"#,
            "sidegate_requests_in_flight 0",
        ] {
            assert!(metrics.contains(line), "{line}\n{metrics}");
        }
    });
}

#[test]
fn idle_connection_older_than_keep_alive_is_not_used() {
    run(async {
        let upstream = Upstream::answering(OK).await;
        let mut setup = Setup::to(upstream.address);
        setup.upstream.keep_alive = Duration::from_millis(50);
        let gate = setup.start().await;
        let request = "GET /open/a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
        gate.ask(request).await;
        eventually(|| upstream.closed.get() == 1).await;
        gate.ask(request).await;
        assert_eq!(upstream.connections.get(), 2);
    });
}

#[test]
fn answers_without_a_body_keep_what_they_say_about_it() {
    run(async {
        let upstream = Upstream::start(|before| {
            Reaction::Answer(
                [
                    "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n",
                    "HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\nETag: x\r\n\r\n",
                    "HTTP/1.1 204 No Content\r\n\r\n",
                ][before],
            )
        })
        .await;
        let gate = Setup::to(upstream.address).start().await;
        let mut caller = gate.connect().await;
        for (method, status, length) in [
            ("HEAD", "200", Some("content-length: 500")),
            ("GET", "304", Some("content-length: 500")),
            ("DELETE", "204", None),
        ] {
            let request = format!("{method} /open/a HTTP/1.1\r\nHost: a\r\n\r\n");
            caller.send(&request).await;
            let answer = caller.until("\r\n\r\n").await.to_lowercase();
            assert!(
                answer.starts_with(&format!("http/1.1 {status}")),
                "{answer}"
            );
            match length {
                Some(length) => assert!(answer.contains(length), "{answer}"),
                None => assert!(!answer.contains("content-length"), "{answer}"),
            }
        }
        assert_eq!(upstream.connections.get(), 1);
    });
}

#[test]
fn host_is_rewritten_when_asked() {
    run(async {
        let upstream = Upstream::answering(OK).await;
        let mut setup = Setup::to(upstream.address);
        setup.upstream.host = upstream::HostMode::Rewrite;
        let gate = setup.start().await;
        gate.ask("GET http://A.example/open/a HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n")
            .await;
        let seen = upstream.only().to_lowercase();
        assert!(seen.starts_with("get /open/a http/1.1\r\n"), "{seen}");
        assert!(
            seen.contains(&format!("\r\nhost: {}\r\n", upstream.address)),
            "{seen}"
        );
        assert!(seen.contains("x-forwarded-host: a.example\r\n"), "{seen}");
    });
}

#[test]
fn trusted_chain_is_passed_on_and_the_rest_is_not() {
    run(async {
        let upstream = Upstream::answering(OK).await;
        let mut setup = Setup::to(upstream.address);
        setup.settings.trusted = TrustedProxies::Hops(1);
        setup.settings.forwarded = super::super::ForwardedStyle::Both;
        let gate = setup.start().await;
        gate.ask(
            "GET /open/a HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 6.6.6.6, 198.51.100.7\r\n\
             X-Forwarded-Proto: https\r\nX-Request-Id: req-1\r\nConnection: close\r\n\r\n",
        )
        .await;
        let seen = upstream.only().to_lowercase();
        for there in [
            "x-forwarded-for: 198.51.100.7, 127.0.0.1\r\n",
            "x-real-ip: 198.51.100.7\r\n",
            "x-forwarded-proto: https\r\n",
            "x-forwarded-port: 443\r\n",
            "forwarded: for=198.51.100.7;host=\"a\";proto=https, for=127.0.0.1\r\n",
            "x-request-id: req-1\r\n",
        ] {
            assert!(seen.contains(there), "{there} not in {seen}");
        }
        assert!(!seen.contains("6.6.6.6"), "{seen}");
    });
}

#[test]
fn policy_is_swapped_for_requests_that_begin_later() {
    run(async {
        let upstream = Upstream::answering(OK).await;
        let registry = Registry::new();
        let settings =
            upstream::Settings::of_url("default", &format!("http://{}", upstream.address)).unwrap();
        let targets = Targets::load(vec![settings], &registry).unwrap();
        let first = engine("routes: [{ path: /a, public: true }]", &targets, &registry);
        let (log, settings) = (DecisionLog::off(), Settings::default());
        let shared = Shared::new(settings, Arc::clone(&targets), first, log, &registry).unwrap();
        let recorder = recorder::Recorder::new(&shared);
        let under_way = recorder.view();
        assert!(Rc::ptr_eq(&under_way, &recorder.view()));
        let empty = Registry::new();
        shared
            .swap(engine(
                "routes: [{ path: /a, public: true }, { path: /b, public: true }]",
                &targets,
                &empty,
            ))
            .unwrap();
        assert!(recorder.view().snapshot.upstream(1).is_some());
        assert!(under_way.snapshot.upstream(1).is_none());
        assert_eq!(&*shared.policy_version(), "test");
    });
}

#[test]
fn every_exchange_is_recorded_once_and_without_its_token() {
    run(async {
        let upstream = Upstream::start(|before| match before {
            0 => Reaction::Answer(OK),
            _ => Reaction::Silence,
        })
        .await;
        let mut setup = Setup::to(upstream.address);
        let sink = Sink::default();
        setup.sink = Some(sink.clone());
        let gate = setup.start().await;
        let token = token();
        let head = format!("HTTP/1.1\r\nHost: App\r\nAuthorization: Bearer {token}\r\n");
        gate.ask(&format!(
            "GET /closed/a?secret=1 {head}Connection: close\r\n\r\n"
        ))
        .await;
        gate.ask("GET /closed/b HTTP/1.1\r\nHost: app\r\nConnection: close\r\n\r\n")
            .await;
        gate.ask("GET /closed/c HTTP/1.1\r\nConnection: close\r\n\r\n")
            .await;
        let mut leaving = gate.connect().await;
        leaving.send(&format!("POST /closed/d {head}\r\n")).await;
        eventually(|| upstream.seen.borrow().len() == 2).await;
        drop(leaving);
        eventually(|| sink.records().len() >= 4).await;
        let records = sink.records();
        let facts: Vec<_> = records
            .iter()
            .map(|record| {
                let text = |name: &str| record[name].as_str().unwrap_or("-").to_owned();
                (
                    record["status"].clone(),
                    text("reason"),
                    text("subject"),
                    text("path"),
                )
            })
            .collect();
        let wanted = [
            (200, "-", "ann", "/closed/a"),
            (401, "TOKEN_MISSING", "-", "/closed/b"),
            (400, "HOST_INVALID", "-", ""),
            (499, "-", "ann", "/closed/d"),
        ];
        for (number, (status, reason, subject, path)) in wanted.into_iter().enumerate() {
            let wanted = (status.into(), reason.into(), subject.into(), path.into());
            assert_eq!(facts[number], wanted, "{records:#?}");
        }
        // Who was refused went to no upstream.
        let asked: Vec<bool> = records
            .iter()
            .map(|one| one["upstream"].is_string())
            .collect();
        assert_eq!(asked, [true, false, false, true]);
        let text = format!("{records:?}");
        assert!(!text.contains(&token) && !text.contains("secret"), "{text}");
    });
}
