//! StackFlow's API keys: the policy in `config/examples/stackflow`, row S7, with two gates on one real
//! PostgreSQL and a real Cognito emulator.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::stackflow::{TABLE, setup};
use crate::support::client::Connection;
use crate::support::moto::{Pool, moto};
use crate::support::operator::{ADMIN_TOKEN, Operator, id_of, secret_of};
use crate::support::postgres::postgres;
use crate::support::{Answer, Call, Gate, Stop, Upstream};

const PREFIX: &str = "sfk_prod_";
const INCIDENTS: &str = "/prod/api/incidents";
const API_KEYS: &str = "/prod/api/admin/api-keys";
/// How long a revocation may take to be known everywhere.
const A_SECOND: Duration = Duration::from_secs(1);

/// Two replicas, with one database, one app and one user pool.
struct Fleet {
    gates: [Gate; 2],
    pool: Pool,
    upstream: Upstream,
    operator: Operator,
    database: String,
}

fn fleet() -> Fleet {
    let (upstream, domain) = (Upstream::start(), Upstream::start());
    let (pool, database) = (moto().pool(), postgres().database());
    let gate = || {
        let setup = setup(&pool, &upstream, &domain, &database);
        // Other tests run beside, and a database that is slow for that is not what these are about.
        let setup = setup.env("SIDEGATE_STORE__URL", &database);
        let setup = setup.env("SIDEGATE_STORE__TIMEOUT", "20s");
        setup.env("SIDEGATE_ADMIN__TOKEN", ADMIN_TOKEN).start()
    };
    Fleet {
        gates: [gate(), gate()],
        pool,
        upstream,
        operator: Operator::of("stackflow", &database),
        database,
    }
}

impl Fleet {
    /// A token of a tenant's super admin.
    fn admin(&self, tenant: &str) -> String {
        let claims =
            json!({ "sub": "u-2", "custom:role": "super_admin", "custom:tenant_id": tenant });
        self.pool.id_token(&claims)
    }

    /// Asks a gate about its tenant's keys, as a super admin.
    fn keys(&self, gate: usize, method: &str, below: &str, body: Option<&Value>) -> Answer {
        let call = self.gates[gate].call(method, &format!("{API_KEYS}{below}"));
        with(call.bearer(&self.admin("t-42")), body)
    }

    /// Makes a key on the admin listener of the first gate.
    fn key(&self, role: Option<&str>, scopes: &[&str]) -> String {
        let mut body = json!({ "name": "n", "tenant": "t-42", "owner": "svc-1", "scopes": scopes });
        if let Some(role) = role {
            body["roles"] = json!([role]);
        }
        let made = with(self.gates[0].as_admin("POST", "/keys"), Some(&body));
        assert_eq!(made.status, 201, "{}", made.text());
        made.json()["key"].as_str().unwrap().to_owned()
    }

    fn ask(&self, gate: usize, key: &str, method: &str, path: &str) -> Answer {
        self.gates[gate]
            .call(method, path)
            .header("x-api-key", key)
            .send()
    }

    /// Waits until both gates refuse a key, which they must within a second.
    #[track_caller]
    fn assert_refused_everywhere(&self, key: &str) {
        let begin = Instant::now();
        for gate in 0..2 {
            loop {
                let asked_at = begin.elapsed();
                let outcome = self.ask(gate, key, "GET", INCIDENTS).outcome();
                if outcome == (401, "KEY_REVOKED".to_owned()) {
                    break;
                }
                assert_eq!(outcome.0, 200, "{outcome:?}");
                assert!(
                    asked_at < A_SECOND,
                    "gate {gate} does not know after {asked_at:?}"
                );
                std::thread::sleep(Duration::from_millis(5));
            }
        }
    }
}

fn with(call: Call, body: Option<&Value>) -> Answer {
    match body {
        Some(body) => call
            .header("Content-Type", "application/json")
            .body(body.to_string())
            .send(),
        None => call.send(),
    }
}

/// Row S7: Admin > API Keys at one replica; the key is good at the other at once, and goes no further.
#[test]
fn key_made_through_one_replica_is_good_at_the_other() {
    let fleet = fleet();
    let body = json!({ "name": "grafana", "scopes": ["read-only"] });
    let made = fleet.keys(0, "POST", "", Some(&body));
    assert_eq!(made.status, 201, "{}", made.text());
    let document = made.json();
    let key = document["key"].as_str().unwrap();
    assert!(key.starts_with(PREFIX));
    assert_eq!(document["tenant"], "t-42");
    assert_eq!(document["roles"], json!(["super_admin"]));
    assert_eq!(fleet.upstream.count(), 0, "the app saw the making of a key");
    for gate in [1, 0] {
        fleet
            .ask(gate, key, "GET", "/prod/api/incidents?limit=10")
            .assert_passed();
        let seen = fleet.upstream.last();
        assert_eq!(seen.target, "/prod/api/incidents?limit=10");
        assert_eq!(seen.header("x-stackflow-user"), Some("u-2"));
        assert_eq!(seen.header("x-stackflow-role"), Some("super_admin"));
        assert_eq!(seen.header("x-stackflow-tenant"), Some("t-42"));
        assert_eq!(seen.header("x-api-key"), None, "the key went on to the app");
        // The maker may do everything; the key was made to read.
        let write = fleet.ask(gate, key, "POST", INCIDENTS);
        write.assert_refused(403, "PERMISSION_DENIED");
    }
    let list = fleet.keys(1, "GET", "", None);
    assert!(list.text().contains(id_of(key, PREFIX)), "{}", list.text());
    assert!(!list.text().contains(secret_of(key, PREFIX)));
}

/// Row S7: through the command line, an admin listener, and the API of either gate.
#[test]
fn revocation_is_seen_by_every_replica_within_a_second() {
    let fleet = fleet();
    let ways: [&dyn Fn(&str); 4] = [
        &|id| {
            fleet.operator.run(&["keys", "revoke", id, "--yes"]);
        },
        &|id| {
            let answer = fleet.gates[0].as_admin("DELETE", &format!("/keys/{id}"));
            assert_eq!(answer.send().status, 200);
        },
        &|id| {
            let answer = fleet.keys(0, "DELETE", &format!("/{id}"), None);
            assert_eq!(answer.status, 200, "{}", answer.text());
        },
        &|id| {
            let answer = fleet.keys(1, "DELETE", &format!("/{id}"), None);
            assert_eq!(answer.status, 200, "{}", answer.text());
        },
    ];
    for revoke in ways {
        let key = fleet.key(Some("itsm_agent"), &["itsm-write"]);
        // Both know it well.
        for gate in [0, 1, 0, 1] {
            fleet.ask(gate, &key, "GET", INCIDENTS).assert_passed();
        }
        revoke(id_of(&key, PREFIX));
        fleet.assert_refused_everywhere(&key);
    }
}

/// What callers saw: when they asked, and what the answer was.
type Seen = Vec<(Instant, u16)>;

/// Asks on one connection until told to stop.
fn hammer(gate: &Gate, key: &str, stop: &Stop) -> Seen {
    let call = Call::new(gate.address, "GET", INCIDENTS).header("x-api-key", key);
    let mut connection = Connection::open(gate.address);
    let mut seen = Seen::new();
    while !stop.is_given() {
        let asked_at = Instant::now();
        seen.push((asked_at, connection.send(&call).status));
    }
    seen
}

/// Row S7: also while both are busy with this very key, and with another that stays.
#[test]
fn revocation_is_seen_within_a_second_under_traffic() {
    let fleet = fleet();
    let key = fleet.key(Some("service_account"), &["read-only"]);
    let other = fleet.key(Some("service_account"), &["read-only"]);
    let stop = Stop::default();
    std::thread::scope(|scope| {
        let end = stop.at_the_end();
        let callers = fleet
            .gates
            .iter()
            .flat_map(|gate| [(gate, &key), (gate, &other)]);
        let callers: Vec<_> = callers
            .map(|(gate, key)| (key, scope.spawn(|| hammer(gate, key, &stop))))
            .collect();
        std::thread::sleep(A_SECOND);
        fleet
            .operator
            .run(&["keys", "revoke", id_of(&key, PREFIX), "--yes"]);
        let revoked_at = Instant::now();
        std::thread::sleep(2 * A_SECOND);
        drop(end);
        for (used, caller) in callers {
            let seen = caller.join().unwrap();
            let late = |asked_at: &Instant| *asked_at > revoked_at + A_SECOND;
            let before = seen.iter().filter(|(asked_at, _)| *asked_at < revoked_at);
            let after: Vec<u16> = seen
                .iter()
                .filter(|it| late(&it.0))
                .map(|it| it.1)
                .collect();
            let passed = before.filter(|(_, status)| *status == 200).count();
            assert!(passed > 0 && !after.is_empty(), "there was no traffic");
            let wanted = if *used == key { 401 } else { 200 };
            assert!(after.iter().all(|status| *status == wanted), "{wanted}");
            // Once refused, it stays so; nothing else ever came.
            let statuses: Vec<u16> = seen.iter().map(|it| it.1).collect();
            let first = statuses.iter().position(|status| *status != 200);
            let rest = statuses.get(first.unwrap_or(statuses.len())..).unwrap();
            assert!(rest.iter().all(|status| *status == 401), "{rest:?}");
        }
    });
    fleet.assert_refused_everywhere(&key);
}

/// Whether a role may do what a column of the table stands for, and whether a scope may.
fn may(role: &str, scope: &str, method: &str, path: &str, allowed: &[&str]) -> (bool, bool) {
    let by_role = match role {
        "service_account" => !path.contains("/config/") && !path.contains("/admin/"),
        user => allowed.contains(&user),
    };
    let by_scope = match scope {
        "admin" => true,
        _ if method == "GET" => true,
        "itsm-write" => path.starts_with(INCIDENTS),
        _ => false,
    };
    (by_role, by_scope)
}

/// Row S7: scopes intersected with the rights of the owner's role, by every replica.
#[test]
fn every_cell_of_scopes_and_roles_holds() {
    let fleet = fleet();
    for scope in ["read-only", "itsm-write", "admin"] {
        for role in [
            "viewer",
            "itsm_agent",
            "itsm_manager",
            "cloud_admin",
            "super_admin",
            "service_account",
        ] {
            let key = fleet.key(Some(role), &[scope]);
            for (number, (method, path, allowed)) in TABLE.iter().enumerate() {
                fleet.upstream.forget();
                let answer = fleet.ask(number % 2, &key, method, path);
                let cell = format!("{scope}, {role}: {method} {path}: {}", answer.text());
                let wanted = match may(role, scope, method, path, allowed) {
                    (true, true) => (200, String::new()),
                    (false, _) => (403, "INSUFFICIENT_ROLE".to_owned()),
                    (true, false) => (403, "PERMISSION_DENIED".to_owned()),
                };
                assert_eq!(answer.outcome(), wanted, "{cell}");
                assert_eq!(
                    fleet.upstream.count(),
                    usize::from(wanted.0 == 200),
                    "{cell}"
                );
            }
        }
    }
}

/// Row S7: what is not said gives nothing.
#[test]
fn key_without_a_role_a_scope_or_a_tenant_opens_nothing_by_it() {
    let fleet = fleet();
    let key = fleet.key(None, &["admin"]);
    fleet
        .ask(1, &key, "GET", INCIDENTS)
        .assert_refused(403, "INSUFFICIENT_ROLE");
    let key = fleet.key(Some("super_admin"), &[]);
    fleet
        .ask(1, &key, "GET", INCIDENTS)
        .assert_refused(403, "PERMISSION_DENIED");
    let key = fleet.key(Some("super_admin"), &["admin"]);
    let ask = |key: &str, tenant: &str| {
        fleet.ask(1, key, "GET", &format!("/prod/api/tenants/{tenant}/assets"))
    };
    ask(&key, "t-42").assert_passed();
    ask(&key, "t-43").assert_refused(403, "TENANT_MISMATCH");
    let words = ["--name", "n", "--role", "super_admin", "--scope", "admin"];
    let key = fleet.operator.make(&words);
    ask(&key, "t-42").assert_refused(403, "TENANT_MISMATCH");
    assert_eq!(fleet.upstream.count(), 1);
}

/// Row S7: who makes keys, and for whom.
#[test]
fn keys_are_made_by_super_admins_for_their_own_tenant_and_by_no_key() {
    let fleet = fleet();
    let key = fleet.key(Some("super_admin"), &["admin"]);
    for (method, below) in [("GET", ""), ("POST", ""), ("DELETE", "/x")] {
        let path = format!("{API_KEYS}{below}");
        fleet
            .ask(0, &key, method, &path)
            .assert_refused(401, "KEY_UNKNOWN");
        let manager = fleet
            .pool
            .id_token(&json!({ "custom:role": "itsm_manager", "custom:tenant_id": "t-42" }));
        let call = fleet.gates[0].call(method, &path).bearer(&manager);
        call.send().assert_refused(403, "INSUFFICIENT_ROLE");
    }
    // The app's other admin pages are there for a key that may.
    fleet
        .ask(0, &key, "GET", "/prod/api/admin/users")
        .assert_passed();
    // Another tenant's, and another role's, are not handed out.
    for more in [
        json!({ "tenant": "t-43" }),
        json!({ "roles": ["cloud_admin"] }),
    ] {
        let mut body = json!({ "name": "n", "scopes": ["admin"] });
        let more = more.as_object().unwrap().clone();
        body.as_object_mut().unwrap().extend(more);
        let made = fleet.keys(0, "POST", "", Some(&body));
        let document = made.json();
        let own = document["tenant"] == "t-42" && document["roles"] == json!(["super_admin"]);
        assert!(made.status >= 400 || own, "{document}");
    }
    let stranger = fleet.gates[1].call("GET", API_KEYS);
    let list = stranger.bearer(&fleet.admin("t-43")).send();
    assert_eq!(list.json()["keys"], json!([]), "{}", list.text());
}

/// Row S7: the database has the hash, in its tables and in its files; the text is nowhere.
#[test]
fn key_is_stored_hashed_in_postgresql() {
    let fleet = fleet();
    let key = fleet.key(Some("viewer"), &["read-only"]);
    fleet.ask(1, &key, "GET", INCIDENTS).assert_passed();
    let query = |sql: &str| postgres().query(&fleet.database, sql);
    let tables = query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'");
    let rows = |table: &str| query(&format!("SELECT it::text FROM {table} it"));
    let all: String = tables.lines().map(rows).collect();
    let digits = Sha256::digest(key.as_bytes());
    let digits: String = digits.iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(all.contains(&digits), "{tables}: {all}");
    assert!(!all.contains(secret_of(&key, PREFIX)), "{all}");
    query("CHECKPOINT");
    let folder = query("SHOW data_directory");
    let digest = Sha256::digest(key.as_bytes());
    assert!(is_in_files(folder.as_ref(), &digest), "{folder}");
    assert!(!is_in_files(
        folder.as_ref(),
        secret_of(&key, PREFIX).as_bytes()
    ));
    // Nor do the gates say it.
    for gate in &fleet.gates {
        let shown = gate.output.text() + &gate.ask_admin("/status").text();
        let shown = shown + &gate.ask_admin("/metrics").text();
        assert!(!shown.contains(secret_of(&key, PREFIX)), "{shown}");
    }
}

/// Whether any file of the server, its log of writes included, holds these bytes.
fn is_in_files(folder: &std::path::Path, bytes: &[u8]) -> bool {
    std::fs::read_dir(folder).unwrap().flatten().any(|entry| {
        let path = entry.path();
        if path.is_dir() {
            return is_in_files(&path, bytes);
        }
        // The server takes files away while we look.
        let content = std::fs::read(&path).unwrap_or_default();
        memchr::memmem::find(&content, bytes).is_some()
    })
}
