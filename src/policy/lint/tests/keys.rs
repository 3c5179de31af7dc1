use super::{said, warned};

const SETS: &str = "api_keys: { partners: , ci: }\nauthenticate: [main, partners]\n";

/// The lints that warn of these routes, whose first line is the fourth.
fn found(routes: &str) -> Vec<(&'static str, u32)> {
    warned(&format!("{SETS}routes:\n{routes}"))
}

#[test]
fn roles_alone_shut_out_keys_that_are_narrowed() {
    let lint = ("key-needs-everything", 5);
    assert_eq!(found("  - { path: /a, roles: [x] }\n"), [lint]);
    assert_eq!(
        found("  - { path: /a, roles: [x], when: request.method == 'GET' }\n"),
        [lint]
    );
    for fine in [
        "  - { path: /a, roles: [x], scopes: [y] }\n",
        "  - { path: /a, roles: [x], permission: 'y:z' }\n",
        "  - { path: /a, roles: [x], authenticate: main }\n",
        "  - { path: /a, roles: [x], authenticate: [partners, ci] }\n",
        "  - { path: /a }\n",
        "  - { path: /a, roles: [x], ignore: { key-needs-everything: 'keys come from the ops team' } }\n",
    ] {
        assert_eq!(found(fine), [], "{fine}");
    }
}

#[test]
fn place_where_everybody_may_make_keys_is_named() {
    let route = |more: &str| {
        format!("  - {{ path: /k/**, authenticate: main, api_keys: partners{more} }}\n")
    };
    assert_eq!(found(&route("")), [("open-key-service", 5)]);
    assert_eq!(found(&route(", scopes: [keys]")), [("open-key-service", 5)]);
    assert_eq!(found(&route(", roles: [admin]")), []);
    assert_eq!(found(&route(", permission: 'keys:write'")), []);
}

#[test]
fn key_for_some_sources_that_no_route_names_is_named() {
    let found = |routes: &str| {
        let set = "api_keys: { partners: { keys: [ { name: a, allowed_sources: [x] } ] } }";
        warned(&format!(
            "{set}\nauthenticate: [main, partners]\nroutes:\n{routes}"
        ))
    };
    let lint = ("unbound-source", 2);
    assert_eq!(found("  - { path: /a }\n"), [lint]);
    assert_eq!(
        found("  - { path: '/{source}', authenticate: main }\n"),
        [lint]
    );
    for fine in [
        "  - { path: '/{source}' }\n",
        "  - { path: /a, source: any }\n",
        "  - { path: /a }\n  - { path: /b, source: '{{ header.x-s }}' }\n",
    ] {
        assert_eq!(found(fine), [], "{fine}");
    }
}

#[test]
fn kind_that_is_none_is_named() {
    let route = |condition: &str| format!("  - path: /a\n    when: {condition}\n");
    for wrong in [
        "principal.kind != 'apikey'",
        "principal.kind=='key' || request.method == 'GET'",
        "\"principal.kind == 'User'\"",
    ] {
        assert_eq!(found(&route(wrong)), [("unknown-kind", 6)], "{wrong}");
    }
    for fine in [
        "principal.kind != 'api_key'",
        "principal.kind == 'user' || principal.kind == 'machine'",
        "principal.kind in ['x']",
    ] {
        assert_eq!(found(&route(fine)), [], "{fine}");
    }
    let said = said(&format!(
        "{SETS}routes:\n{}",
        route("principal.kind != 'apikey'")
    ));
    assert!(
        said.contains("no principal is of the kind `apikey`"),
        "{said}"
    );
}

#[test]
fn role_of_a_key_that_roles_does_not_have_is_named() {
    let text = "roles: { a: ['x:y'] }\napi_keys: { partners: { keys: [ { roles: [a, b] } ], defaults: { roles: c } } }\nauthenticate: partners\nroutes:\n  - { path: /a, permission: 'x:y' }\n";
    assert_eq!(warned(text), [("unknown-role", 3), ("unknown-role", 3)]);
}

#[test]
fn route_that_lifts_the_source_is_looser() {
    let strict = "  - { path: '/hooks/{source}', methods: [GET] }\n";
    let loose = "  - { path: '/hooks/{any}', source: any }\n";
    assert_eq!(found(&format!("{strict}{loose}")), [("falls-through", 5)]);
    assert_eq!(
        found(&format!("{strict}  - {{ path: '/hooks/{{any}}' }}\n")),
        []
    );
}
