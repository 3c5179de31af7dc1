//! A policy that is tried beside the one in force.

use super::*;
use crate::telemetry::{ShadowOutcome, Share};

/// Asks for a role of everybody on the closed route, and opens nothing.
const STRICT: &str = "
issuers:
  main: { url: 'https://idp.example', audience: api, secret: '${KEY}' }
roles: { admin: ['*'] }
routes:
  - { path: /closed/**, name: strict, roles: [admin] }
";

/// A gate whose parts are at hand.
struct House {
    shared: Arc<Shared>,
    targets: Arc<Targets>,
    sink: Sink,
    address: SocketAddr,
}

impl House {
    async fn open(policy: &str, upstream: &Upstream) -> Self {
        let registry = Registry::new();
        let url = format!("http://{}", upstream.address);
        let settings = upstream::Settings::of_url("default", &url).unwrap();
        let targets = Targets::load(vec![settings], &registry).unwrap();
        let first = engine(policy, &targets, &registry);
        let sink = Sink::default();
        let log = LogSettings {
            format: LogFormat::Json,
            ..LogSettings::default()
        };
        let log = DecisionLog::start(&log, Box::new(sink.clone()), &registry).unwrap();
        let all = Settings::default();
        let shared = Shared::new(all, Arc::clone(&targets), first, log, &registry).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let proxy = Doors::new(Arc::clone(&shared));
        tokio::task::spawn_local(async move {
            loop {
                let (stream, peer) = listener.accept().await.unwrap();
                let connection = Connection {
                    stream,
                    peer,
                    secure: false,
                    identified: false,
                    protocol: Protocol::Http1,
                };
                let proxy = Rc::clone(&proxy);
                tokio::task::spawn_local(async move {
                    proxy
                        .serve(connection, Arc::default(), std::future::pending())
                        .await;
                });
            }
        });
        Self {
            shared,
            targets,
            sink,
            address,
        }
    }

    fn try_out(&self, policy: &str, sample: f64) {
        let engine = engine(policy, &self.targets, &Registry::new());
        let sample = Share::of(sample).unwrap();
        self.shared.shadow(Some(Candidate::new(engine, sample)));
    }

    async fn ask(&self, path: &str, token: Option<&str>) -> String {
        let token = token.map(|token| format!("Authorization: Bearer {token}\r\n"));
        let token = token.unwrap_or_default();
        let mut caller = Caller(TcpStream::connect(self.address).await.unwrap());
        let head = format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{token}\r\n");
        caller.send(&head).await;
        caller.rest().await
    }

    fn counted(&self, route: &str, outcome: ShadowOutcome) -> u64 {
        let totals = self.shared.shadow_totals();
        let at = ShadowOutcome::ALL.iter().position(|one| *one == outcome);
        totals.get(route).map_or(0, |totals| totals[at.unwrap()])
    }

    async fn wait_for(&self, route: &str, outcome: ShadowOutcome, count: u64) {
        eventually(|| self.counted(route, outcome) >= count).await;
        assert_eq!(self.counted(route, outcome), count);
    }
}

#[test]
fn candidate_says_otherwise_and_changes_nothing() {
    run(async {
        let upstream = Upstream::answering(OK).await;
        let house = House::open(POLICY, &upstream).await;
        let token = token();
        let (open, closed) = ("/open/**", "GET,POST /closed/**");
        let without = [
            house.ask("/open/a", None).await,
            house.ask("/closed/a", Some(&token)).await,
            house.ask("/closed/a", None).await,
            house.ask("/nowhere", None).await,
        ];
        let seen: Vec<String> = upstream.seen.borrow().clone();
        assert!(house.shared.shadow_totals().is_empty());
        house.try_out(STRICT, 1.0);
        upstream.seen.borrow_mut().clear();
        for (before, (path, token)) in without.iter().zip([
            ("/open/a", None),
            ("/closed/a", Some(token.as_str())),
            ("/closed/a", None),
            ("/nowhere", None),
        ]) {
            let after = house.ask(path, token).await;
            assert_eq!(after.lines().next(), before.lines().next(), "{path}");
        }
        let plain = |seen: &[String]| seen.iter().map(|text| text.len()).collect::<Vec<_>>();
        assert_eq!(plain(&upstream.seen.borrow()), plain(&seen));
        house.wait_for(open, ShadowOutcome::WouldDeny, 1).await;
        house.wait_for(closed, ShadowOutcome::WouldDeny, 1).await;
        house.wait_for(closed, ShadowOutcome::Same, 1).await;
        house.wait_for("", ShadowOutcome::Same, 1).await;
        eventually(|| house.sink.records().len() >= 8).await;
        let records = house.sink.records();
        let open = &records[4];
        assert_eq!(open["decision"], "allow");
        assert_eq!(open["shadow"]["decision"], "deny", "{open}");
        assert_eq!(open["shadow"]["reason"], "NO_ROUTE");
        assert_eq!(open["shadow"]["policy"], "test");
        assert!(open["shadow"]["route"].is_null());
        assert!(records[6]["shadow"].is_null() && records[7]["shadow"].is_null());
        // Verified by now: the second opinion is there at once.
        house.ask("/closed/a", Some(&token)).await;
        eventually(|| house.sink.records().len() >= 9).await;
        let known = &house.sink.records()[8];
        assert_eq!(known["shadow"]["reason"], "INSUFFICIENT_ROLE", "{known}");
        assert_eq!(known["shadow"]["route"], "strict");
    });
}

#[test]
fn nothing_is_asked_once_the_candidate_is_gone() {
    run(async {
        let upstream = Upstream::answering(OK).await;
        let house = House::open(POLICY, &upstream).await;
        house.try_out(STRICT, 0.0);
        house.ask("/open/a", None).await;
        house
            .wait_for("/open/**", ShadowOutcome::WouldDeny, 1)
            .await;
        house.shared.shadow(None);
        house.ask("/open/a", None).await;
        eventually(|| house.sink.records().len() >= 2).await;
        assert_eq!(house.counted("/open/**", ShadowOutcome::WouldDeny), 1);
        // None of those that differ is to be told.
        let told = house.sink.records();
        assert!(told.iter().all(|record| record["shadow"].is_null()));
    });
}

#[test]
fn policy_in_force_is_swapped_under_a_candidate_that_stays() {
    run(async {
        let upstream = Upstream::answering(OK).await;
        let house = House::open(POLICY, &upstream).await;
        house.try_out(STRICT, 1.0);
        let other = "routes: [{ path: /**, public: true, name: all }]";
        let other = engine(other, &house.targets, &Registry::new());
        house.shared.swap(other).unwrap();
        house.ask("/closed/a", None).await;
        house.wait_for("all", ShadowOutcome::WouldDeny, 1).await;
    });
}

#[test]
fn observed_rule_is_counted_and_recorded() {
    run(async {
        let upstream = Upstream::answering(OK).await;
        let policy = STRICT.replace("[admin]", "[admin], observe: { until: 9000-01-01 }");
        let house = House::open(&policy, &upstream).await;
        let answer = house.ask("/closed/a", Some(&token())).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        let answer = house.ask("/closed/a", None).await;
        assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
        eventually(|| house.sink.records().len() >= 2).await;
        let records = house.sink.records();
        let wanted = serde_json::json!({ "rule": "roles", "reason": "INSUFFICIENT_ROLE" });
        assert_eq!(records[0]["observed"], wanted);
        assert!(records[0]["reason"].is_null() && records[1]["observed"].is_null());
    });
}
