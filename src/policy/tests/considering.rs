use super::super::{Ruling, Vocabulary};
use super::*;

const ROUTES: &str = "
routes:
  - { name: all, path: /**, public: true }
  - { name: reports, path: /reports/**, public: true }
  - { name: writing, path: /reports/**, methods: [POST, PUT], public: true }
  - { name: one, path: '/reports/{id}', public: true }
  - { name: named, path: '/reports/{id}', host: '*.example.com', methods: GET, public: true }
  - { name: elsewhere, path: /other, host: b.test, public: true }
";

/// The routes that were considered, each with what became of it.
fn considered(policy: &Policy, request: &Request) -> Vec<String> {
    let considered = policy.considered(request).into_iter();
    considered
        .map(|considered| {
            let name = considered.route.name();
            match considered.ruling {
                Ruling::Chosen => format!("{name}!"),
                Ruling::LessSpecific(other) => format!("{name} < {}", other.name()),
                Ruling::OtherMethod => format!("{name} method"),
                Ruling::OtherHost => format!("{name} host"),
            }
        })
        .collect()
}

#[test]
fn every_route_whose_path_fits_is_considered() {
    let policy = policy(ROUTES);
    for (method, host, path, wanted) in [
        (
            "GET",
            "a.example.com",
            "/reports/1",
            &[
                "named!",
                "all < named",
                "reports < named",
                "one < named",
                "writing method",
            ][..],
        ),
        (
            "POST",
            "b.test",
            "/reports/1",
            &[
                "one!",
                "all < one",
                "reports < one",
                "writing < one",
                "named host",
            ],
        ),
        (
            "PUT",
            "b.test",
            "/reports/1/2",
            &["writing!", "all < writing", "reports < writing"],
        ),
        ("TRACE", "b.test", "/x", &["all method"]),
        ("GET", "a.test", "/other", &["all!", "elsewhere host"]),
    ] {
        let request = request(method, host, path);
        assert_eq!(
            considered(&policy, &request),
            wanted,
            "{method} {host} {path}"
        );
    }
}

#[test]
fn first_considered_is_the_one_that_the_router_finds() {
    let policy = policy(ROUTES);
    for method in ["GET", "POST", "HEAD", "TRACE"] {
        for host in ["a.example.com", "b.test", "example.com"] {
            for path in [
                "/",
                "/reports",
                "/reports/1",
                "/reports/1/2",
                "/other",
                "/other/",
            ] {
                let request = request(method, host, path);
                let found = policy.find(&request).map(|matched| matched.route.index());
                let chosen = policy.considered(&request).into_iter();
                let mut chosen =
                    chosen.filter(|considered| matches!(considered.ruling, Ruling::Chosen));
                let first = chosen.next().map(|considered| considered.route.index());
                assert_eq!(first, found, "{method} {host} {path}");
                assert!(chosen.next().is_none());
            }
        }
    }
}

#[test]
fn routes_with_most_in_common_are_the_nearest() {
    let policy = policy(
        "routes:\n  - { path: '/api/users/{id}', public: true }\n  - { path: /api/reports/daily, public: true }\n  - { path: '/{x}/y', public: true }\n",
    );
    let nearest = |path: &str| -> Vec<String> {
        let request = get(path);
        let nearest = policy.nearest(&request, 2).into_iter();
        nearest.map(|route| route.path().to_owned()).collect()
    };
    assert_eq!(nearest("/api/reports/weekly"), ["/api/reports/daily"]);
    assert_eq!(nearest("/api/report"), ["/api/reports/daily"]);
    assert_eq!(nearest("/api"), ["/api/users/{id}", "/api/reports/daily"]);
    assert_eq!(nearest("/elsewhere"), Vec::<String>::new());
}

#[test]
fn vocabulary_holds_what_is_defined_and_what_is_asked_for() {
    let policy = policy(
        "roles:\n  admin: ['*']\n  guest: []\ndefault_role: guest\nscopes:\n  read: [a:read]\nroutes:\n  - { path: /a, roles: admin, scopes: [extra] }\n  - { path: /b, permission: { GET: a:read, POST: a:write } }\n",
    );
    let set = |names: &[&str]| names.iter().map(|name| (*name).into()).collect();
    let wanted = Vocabulary {
        webhooks: Box::default(),
        issuers: ["main".into(), "other".into()].into(),
        key_sets: Box::default(),
        roles: set(&["admin", "guest"]),
        scopes: set(&["extra", "read"]),
        permissions: set(&["a:read", "a:write"]),
    };
    assert_eq!(*policy.vocabulary(), wanted);
}
