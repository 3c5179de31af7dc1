use super::{said, warned};

fn found(routes: &[&str]) -> Vec<(&'static str, u32)> {
    let lines: Vec<String> = routes
        .iter()
        .map(|route| format!("  - {route}\n"))
        .collect();
    let wanted = [
        "unreachable-route",
        "shadowed-route",
        "public-under-protected",
        "protected-under-public",
    ];
    let mut found = warned(&format!("routes:\n{}", lines.concat()));
    found.retain(|(lint, _)| wanted.contains(lint));
    found
}

#[test]
fn route_is_unreachable_when_more_specific_ones_take_every_path() {
    let all = "{ path: /a/** }";
    let here = "{ path: /a }";
    let below = "{ path: '/a/{x}/**' }";
    assert_eq!(found(&[all, here, below]), [("unreachable-route", 3)]);
    assert_eq!(found(&[all, below]), []);
    assert_eq!(found(&[all, here, "{ path: '/a/{x}' }"]), []);
    assert_eq!(
        found(&[all, here, "{ path: /a/b/** }", "{ path: /a/c/** }"]),
        []
    );
    assert_eq!(
        found(&[all, here, "{ path: '/a/{x}/**', methods: [GET] }"]),
        []
    );
    let first = "{ path: '/a/{x}' }";
    let second = "{ path: '/a/{x}/{y}/**' }";
    assert_eq!(
        found(&[all, here, first, second]),
        [("unreachable-route", 3)]
    );
}

#[test]
fn named_hosts_take_nothing_from_any_host() {
    let below = "{ path: '/a/**', host: a.example.com }";
    assert_eq!(found(&["{ path: /a/** }", below]), []);
}

#[test]
fn methods_that_never_reach_a_route_are_named() {
    let routes = [
        "{ path: /a/**, methods: [GET, POST] }",
        "{ path: /a, methods: [GET] }",
        "{ path: '/a/{x}/**', methods: [GET] }",
    ];
    assert_eq!(found(&routes), [("shadowed-route", 3)]);
    let lines = routes.map(|route| format!("  - {route}\n")).concat();
    let said = said(&format!("routes:\n{lines}"));
    let wanted = "`routes[0].path`: no `GET` or `HEAD` request reaches this route: more specific ones \
                  take them all, at policy.yaml:4:5, policy.yaml:5:5";
    assert!(said.contains(wanted), "{said}");
}

#[test]
fn public_route_under_a_protected_one_is_named() {
    let protected = "{ path: /api/** }";
    let hole = "{ path: /api/health, public: true }";
    assert_eq!(found(&[protected, hole]), [("public-under-protected", 4)]);
    assert_eq!(
        found(&[
            "{ path: '/users/{id}' }",
            "{ path: /users/me, public: true }"
        ])
        .len(),
        1
    );
    for others in [
        ["{ path: /** }", hole],
        [
            "{ path: /api/**, methods: [POST] }",
            "{ path: /api/health, method: GET, public: true }",
        ],
        ["{ path: /api/**, upstream: other }", hole],
        ["{ path: /api/**, host: api.example.com }", hole],
        [
            "{ path: /api/health, method: POST }",
            "{ path: /api/health, method: GET, public: true }",
        ],
    ] {
        assert_eq!(found(&others), [], "{others:?}");
    }
}

#[test]
fn hole_in_a_hole_is_named_once() {
    let hole = "{ path: /api/open/**, public: true }";
    let inner = "{ path: /api/open/more, public: true }";
    assert_eq!(
        found(&["{ path: /api/** }", hole, inner]),
        [("public-under-protected", 4)]
    );
}

#[test]
fn public_rest_is_named_once_for_all_that_it_surrounds() {
    let rest = "{ path: /**, public: true }";
    let routes = [
        rest,
        "{ path: /a/** }",
        "{ path: /b/** }",
        "{ path: /c, public: true }",
    ];
    assert_eq!(found(&routes), [("protected-under-public", 3)]);
    assert_eq!(
        found(&["{ path: /open/**, public: true }", "{ path: /a/** }"]),
        []
    );
}
