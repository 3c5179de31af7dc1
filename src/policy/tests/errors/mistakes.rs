//! Mistakes under `errors`.

use super::super::mistakes::mistakes;

const ROUTES: &str = "\nroutes:\n  - path: /a/{id}\n";

/// Each entry, on line 2, must have one problem that holds the words.
fn entries(table: &[(&str, &[&str])]) {
    for (entry, words) in table {
        mistakes(&[(&format!("errors:\n  {entry}{ROUTES}"), 2, words)]);
    }
}

#[test]
fn key_must_be_a_kind_of_refusal() {
    entries(&[
        (
            "TOKEN_MISING: problem",
            &[
                "`TOKEN_MISING` is no kind of refusal",
                "did you mean `TOKEN_MISSING`?",
            ],
        ),
        ("token_missing: problem", &["did you mean `TOKEN_MISSING`?"]),
        ("4XX: problem", &["did you mean `4xx`?"]),
        ("Any: problem", &["did you mean `any`?"]),
        ("200: problem", &["no refusal has the status `200`", "401"]),
        (
            "404: problem",
            &["no refusal has the status `404`", "NO_ROUTE"],
        ),
        ("2xx: problem", &["is no kind of refusal"]),
        (
            "default_answer: problem",
            &["is no kind of refusal", "`any`"],
        ),
        ("401:", &["`401` is written without a value"]),
    ]);
}

#[test]
fn entry_must_say_one_thing() {
    entries(&[
        ("401: nothing", &["problem"]),
        ("401: {}", &["does not say what is answered"]),
        (
            "401: { json: 1, text: a }",
            &["`json` and `text` are two answers"],
        ),
        (
            "401: { html: a, redirect: /a }",
            &["`html` and `redirect` are two answers"],
        ),
        ("401: { text: }", &["`text` is written without a value"]),
        ("401: { body: a }", &["unknown key `body` in error", "json"]),
        ("401: [problem]", &["expected a map of error keys"]),
        ("401: { text: 401 }", &["expected text"]),
        (
            "401: { text: a, allow_http: true }",
            &["`allow_http` is about the address"],
        ),
        (
            "401: { status: 404, content_type: text/plain }",
            &["without a body"],
        ),
        (
            "401: { redirect: /a, content_type: text/plain }",
            &["without a body"],
        ),
        (
            "401: { redirect: /a, status: 404 }",
            &["a redirect has a status of its own"],
        ),
    ]);
}

#[test]
fn status_must_stay_that_of_a_refusal() {
    for status in [200, 204, 302, 399, 600, 99] {
        let entry = format!("401: {{ text: a, status: {status} }}");
        entries(&[(&entry, &["is not the status of a refusal", "4xx or 5xx"])]);
    }
}

#[test]
fn content_type_must_fit_the_way_values_are_escaped() {
    entries(&[
        (
            "401: { text: a, content_type: text/html }",
            &["does not fit this body", "`html`"],
        ),
        ("401: { text: a, content_type: image/svg+xml }", &["`html`"]),
        (
            "401: { text: a, content_type: application/json }",
            &["`json`"],
        ),
        (
            "401: { text: a, content_type: text/javascript }",
            &["script"],
        ),
        (
            "401: { json: a, content_type: text/html }",
            &["does not fit"],
        ),
        ("401: { html: a, content_type: text/plain }", &["`text`"]),
        (
            "401: { text: a, content_type: plain }",
            &["is not a media type"],
        ),
        (
            "401: { text: a, content_type: \"a/b\\r\\nx: y\" }",
            &["is not a media type"],
        ),
    ]);
}

#[test]
fn value_must_be_known_and_may_not_be_a_header() {
    entries(&[
        (
            "401: { text: '{{ error.cod }}' }",
            &["`error.cod` is not a value", "did you mean `error.code`?"],
        ),
        (
            "401: { text: '{{ request.ur }}' }",
            &["did you mean `request.url`?"],
        ),
        (
            "401: { json: { a: ['{{ principal.sub }}'] } }",
            &["principal.sub"],
        ),
        (
            "401: { text: '{{ header.cookie }}' }",
            &["cannot be repeated"],
        ),
        ("401: { text: '{{ host.0 }}' }", &["cannot be repeated"]),
        ("401: { text: '{{ error.code' }", &["is not closed"]),
        (
            "401: { text: 'error.code }}' }",
            &["without `{{` before it"],
        ),
        (
            "401: { text: '{{ path.org }}' }",
            &["no route's path has a capture `org`"],
        ),
        (
            "401: { text: '${VALUE}' }",
            &["this value from the environment"],
        ),
    ]);
}

#[test]
fn value_must_not_stand_in_a_script() {
    entries(&[
        (
            "401: { html: '<script>var a = \"{{ request.path }}\"</script>' }",
            &["cannot be kept a value in a script", "data-code"],
        ),
        (
            "401: { html: '{{ error.code }}<a href=\"{{ request.url }}\">' }",
            &["at the beginning of an address"],
        ),
    ]);
}

#[test]
fn address_must_be_written_out_but_for_its_query() {
    let place = &["in the query of an address only"][..];
    let kind = &["not an address"][..];
    for (address, words) in [
        ("{{ request.url }}", place),
        ("https://{{ request.host }}/", place),
        ("https://a.example/{{ request.path }}", place),
        ("https://a.example{{ request.path }}?", place),
        ("/{{ request.path }}", place),
        ("https://a.example/#{{ request.path }}", place),
        ("https://a.example/#?{{ request.path }}", place),
        ("//a.example/", kind),
        ("HTTPS://a.example/", kind),
        ("javascript:alert(1)", kind),
        ("login", kind),
        ("ftp://a.example/", kind),
        ("https:///a", &["no host"]),
        ("https://u:p@a.example/", &["no host"]),
        ("https://a.example:x/", &["no host"]),
        (
            "http://a.example/",
            &["plain `http://` leads to loopback only", "allow_http"],
        ),
        ("https://a.example/a b", &["a character that no URL has"]),
        ("https://a.example/é", &["a character that no URL has"]),
        ("/a\\b", &["a character that no URL has"]),
        ("https://a.example/%zz", &["broken percent escape"]),
        ("/a/../b", &["dot segment"]),
    ] {
        let entry = format!("401: {{ redirect: '{address}' }}");
        entries(&[(&entry, words)]);
    }
}

#[test]
fn sound_addresses_are_taken() {
    for address in [
        "{ redirect: 'https://a.example' }",
        "{ redirect: 'https://a.example:8443/b?c=d&e={{ request.url }}#f' }",
        "{ redirect: 'http://127.0.0.1:9/' }",
        "{ redirect: 'http://[::1]/' }",
        "{ redirect: 'http://localhost/' }",
        "{ redirect: 'http://idp.internal/', allow_http: true }",
    ] {
        super::policy(&format!("errors: {{ 401: {address} }}{ROUTES}"));
    }
}

#[test]
fn answer_of_more_than_64_kib_is_refused() {
    let sound = format!(
        "errors: {{ 401: {{ text: {} }} }}{ROUTES}",
        "x".repeat(64 << 10)
    );
    super::policy(&sound);
    let long = "x".repeat((64 << 10) + 1);
    entries(&[(&format!("401: {{ text: {long} }}"), &["more than 64 KiB"])]);
    let lists = format!(
        "401: {{ json: [{}] }}",
        "aaaaaaaaaaaaaaaaaaaa, ".repeat(3000)
    );
    entries(&[(&lists, &["more than 64 KiB"])]);
}

#[test]
fn key_that_never_holds_is_a_mistake() {
    let never = |key: &str| format!("`{key}` never holds");
    for (line, text, key) in [
        (
            2,
            "{ 502: { text: a },\n  UPSTREAM_UNREACHABLE: { text: b } }",
            "502",
        ),
        (2, "{ 4xx: problem, 5xx: problem,\n any: problem }", "any"),
        (
            2,
            "{ TOKEN_MISSING: problem,\n 502: problem, UPSTREAM_UNREACHABLE: { redirect: /a } }",
            "",
        ),
    ] {
        let text = format!("errors: {text}{ROUTES}");
        match key {
            "" => assert!(super::compile(&text).0.is_some()),
            key => {
                let line = if key == "502" { 1 } else { line };
                mistakes(&[(&text, line, &[&never(key)])]);
            }
        }
    }
    let route = "errors: { TOKEN_MISSING: problem, 403: problem }\nroutes:\n  - path: /a\n    errors:\n      NO_ROUTE: problem\n";
    mistakes(&[(
        route,
        5,
        &[
            "`NO_ROUTE` is decided before there is a route",
            "top of the file",
        ],
    )]);
    let route = "errors: { UPSTREAM_TIMEOUT: problem }\nroutes:\n  - path: /a\n    errors:\n      504: { text: a }\n";
    mistakes(&[(route, 5, &[&never("504")])]);
    let route = "routes:\n  - path: /a\n    errors:\n      431: { text: a }\n";
    mistakes(&[(route, 4, &[&never("431")])]);
}

#[test]
fn route_must_have_what_its_answers_speak_of() {
    mistakes(&[
        (
            "routes:\n  - path: /a/{id}\n    errors:\n      401: { text: '{{ path.ids }}' }\n",
            4,
            &["the path has no capture `ids`", "did you mean `id`?"],
        ),
        (
            "routes:\n  - path: /a\n    public: true\n    errors:\n      502: { text: '{{ principal.subject }}' }\n",
            5,
            &["a public route has no principal"],
        ),
    ]);
}

#[test]
fn errors_without_a_value_are_a_mistake() {
    let words = &["`errors` is written without a value"][..];
    mistakes(&[
        ("errors:\nroutes: [{ path: /a }]\n", 1, words),
        ("routes:\n  - path: /a\n    errors:\n", 3, words),
    ]);
}
