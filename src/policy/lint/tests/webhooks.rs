use super::{said, warned};

const HOOKS: &str = "webhooks: { gh: , st: , lab: { covers: origin }, mail: { covers: part }, meta: { challenges: [GET] } }\n";

/// The lints that warn of these routes, whose first line is the fourth.
fn found(routes: &str) -> Vec<(&'static str, u32)> {
    warned(&format!("{HOOKS}routes:\n{routes}"))
}

#[test]
fn deliveries_by_any_method_are_named() {
    let lint = ("webhook-any-method", 4);
    for text in [
        "  - { path: /in, authenticate: gh }\n",
        "  - { path: /in, authenticate: [main, gh] }\n",
        "  - { path: /in, authenticate: { all: [main, gh] } }\n",
    ] {
        assert_eq!(found(text), [lint], "{text}");
    }
    for fine in [
        "  - { path: /in, authenticate: gh, method: POST }\n",
        "  - { path: /in, authenticate: main }\n",
        "  - { path: /in, authenticate: gh, ignore: { webhook-any-method: 'the sender chooses' } }\n",
    ] {
        assert_eq!(found(fine), [], "{fine}");
    }
    let said = said(&format!(
        "{HOOKS}routes:\n  - {{ path: /in, authenticate: meta }}\n"
    ));
    assert!(
        said.contains("write `methods: [POST, GET]`, as challenges are answered"),
        "{said}"
    );
}

#[test]
fn alternatives_are_named() {
    let route = |names: &str| format!("  - {{ path: /in, method: POST, authenticate: {names} }}\n");
    assert_eq!(found(&route("[gh, st]")), [("webhook-alternatives", 4)]);
    assert_eq!(
        found(&route("any")),
        found(&route("[gh, st, lab, mail, meta]"))
    );
    for fine in ["gh", "[main, gh]", "{ all: [main, gh] }"] {
        assert_eq!(found(&route(fine)), [], "{fine}");
    }
}

#[test]
fn what_a_signature_does_not_cover_is_said() {
    let route = |names: &str| format!("  - {{ path: /in, method: POST, authenticate: {names} }}\n");
    let lint = ("webhook-partial-coverage", 4);
    for names in ["lab", "mail", "{ all: [main, mail] }", "[main, lab]"] {
        assert_eq!(found(&route(names)), [lint], "{names}");
    }
    let said = |name: &str| said(&format!("{HOOKS}routes:\n{}", route(name)));
    let (mail, lab) = (said("mail"), said("lab"));
    assert!(mail.contains("covers a part of its body"), "{mail}");
    assert!(lab.contains("nothing of its body"), "{lab}");
}

#[test]
fn challenge_that_never_arrives_is_named() {
    let lint = ("webhook-challenge-method", 4);
    let post = "  - { path: '/in/{x}', method: POST, authenticate: meta }\n";
    assert_eq!(found(post), [lint]);
    for other in [
        "  - { path: '/in/{x}', method: GET, authenticate: main }\n",
        "  - { path: '/in/{x}/y', method: GET, authenticate: meta }\n",
    ] {
        assert!(found(&format!("{post}{other}")).contains(&lint), "{other}");
    }
    assert_eq!(
        found("  - { path: /in, methods: [GET, POST], authenticate: meta }\n"),
        []
    );
    let beside = format!("{post}  - {{ path: '/in/{{y}}', method: GET, authenticate: meta }}\n");
    assert_eq!(
        found(&beside),
        [("webhook-challenge-method", 5)].split_at(1).1
    );
}

#[test]
fn looser_route_beside_a_signed_one_is_named() {
    let strict = "  - { path: /in/gh, methods: [POST, PUT], authenticate: { all: [main, gh] } }\n";
    for loose in [
        "{ path: /in/**, authenticate: main }",
        "{ path: /in/**, authenticate: gh, methods: [POST, PATCH] }",
        "{ path: /in/**, authenticate: [main, gh], methods: [PATCH] }",
        "{ path: /in/**, methods: [PATCH], public: true }",
    ] {
        let found = found(&format!("{strict}  - {loose}\n"));
        assert!(found.contains(&("falls-through", 4)), "{loose}: {found:?}");
    }
    for fine in [
        "{ path: /in/**, authenticate: { all: [main, gh] }, methods: [POST, PATCH] }",
        "{ path: /in/**, authenticate: st, methods: [POST, PATCH] }",
    ] {
        assert_eq!(found(&format!("{strict}  - {fine}\n")), [], "{fine}");
    }
}

#[test]
fn public_route_around_a_signed_one_is_named() {
    let signed = "  - { path: /in/gh, method: POST, authenticate: gh }\n";
    let around = "  - { path: /in/**, public: true }\n";
    assert_eq!(
        found(&format!("{signed}{around}")),
        [("protected-under-public", 5)]
    );
    let below = "  - { path: /in/**, methods: [POST], authenticate: gh }\n  - { path: /in/open, public: true }\n";
    assert_eq!(found(below), [("public-under-protected", 5)]);
}

#[test]
fn kind_of_deliveries_is_a_kind() {
    let route = "  - { path: /in, method: POST, authenticate: gh, when: \"principal.kind == 'webhook'\" }\n";
    assert_eq!(found(route), []);
}
