//! Values in answers: where they come from, and that they stay values.

use super::*;

const ALL: &str = "{{ error.code }}|{{ error.status }}|{{ error.title }}|{{ request.id }}|\
                   {{ request.method }}|{{ request.host }}|{{ request.path }}|{{ request.url }}|\
                   {{ client.address }}|{{ principal.subject }}|{{ path.id }}";

fn texts(text: &str) -> Policy {
    with(
        &format!("{{ any: {{ text: \"{text}\" }} }}"),
        "{ any: problem }",
    )
}

#[test]
fn values_are_those_of_the_request() {
    let policy = texts(ALL);
    let request = request("PUT", "api.example.com:8443", "/a/%C3%A9%20x?q=1&r");
    assert_eq!(
        said(&tell(&policy, Reason::InsufficientRole, &request, false)),
        "403 INSUFFICIENT_ROLE|403|Insufficient role|r-1|PUT|api.example.com|/a/%C3%A9%20x|\
         https://api.example.com:8443/a/%C3%A9%20x?q=1&r|192.0.2.7||é x"
    );
}

#[test]
fn value_that_is_not_known_is_empty() {
    let policy = texts(ALL);
    assert_eq!(
        said(&answer(&policy, Reason::PathAmbiguous)),
        "400 PATH_AMBIGUOUS|400|Path ambiguous|r-1|||||||"
    );
    let told = tell(&policy, Reason::NoRoute, &get("/nowhere"), false);
    assert_eq!(
        said(&told),
        "403 NO_ROUTE|403|No route|r-1|GET|api.example.com|/nowhere|https://api.example.com/nowhere|192.0.2.7||"
    );
}

/// What a caller of this subject is told.
fn told_to(policy: &Policy, subject: &str, claim: &str) -> String {
    let mut caller = principal(&[], &[]);
    caller.subject = subject.into();
    let claims = serde_json::json!({ "org": { "name": claim } });
    caller.claims = Claims::new(claims.as_object().unwrap().clone());
    let request = get("/a/1");
    let matched = policy.find(&request).unwrap();
    let answer = policy.answer(&Refused {
        reason: Reason::InsufficientRole,
        route: Some(matched.route),
        principal: Some(&caller),
        request: Some(&request),
        request_id: "r-1",
        browser: false,
    });
    said(&answer)
}

const HOSTILE: &str = " \"},{\\</p><script>alert('1')&%41,%,é\u{1b}\r\n\0\u{2029} ";

#[test]
fn hostile_value_stays_one_string_of_json() {
    let policy = with(
        "{ 403: { json: { 'a{': ['for {{ principal.subject }}!', 1], b: '{{principal.subject}}{{principal.subject}}' } } }",
        "{ any: problem }",
    );
    let told = told_to(&policy, HOSTILE, "");
    let json = told.strip_prefix("403 ").unwrap();
    let read: serde_json::Value = serde_json::from_str(json).unwrap();
    let wanted = serde_json::json!({
        "a{": [format!("for {HOSTILE}!"), 1],
        "b": format!("{HOSTILE}{HOSTILE}"),
    });
    assert_eq!(read, wanted);
    assert!(!json.contains('<'), "{json}");
}

#[test]
fn hostile_value_stays_text_of_html() {
    let policy = with(
        "{ 403: { html: '<p title=\"{{ principal.subject }}\">{{ principal.subject }}</p><style>@media{a{b:c}}</style>' } }",
        "{ any: problem }",
    );
    let told = told_to(&policy, HOSTILE, "");
    assert_eq!(told.matches('<').count(), 4, "{told}");
    assert_eq!(told.matches('"').count(), 2, "{told}");
    assert!(!told.contains('\''), "{told}");
    assert!(
        told.contains("&lt;script&gt;") && told.contains("%41,%,é"),
        "{told}"
    );
}

#[test]
fn text_steers_no_terminal() {
    let told = told_to(&texts("{{ principal.subject }}"), HOSTILE, "");
    assert!(!told.chars().any(char::is_control), "{told:?}");
    assert!(told.contains("<script>") && told.contains("%41"), "{told}");
}

#[test]
fn claims_are_values_too() {
    let policy =
        texts("{{ principal.claims.org.name }}/{{ principal.roles }}/{{ principal.tenant }}");
    assert_eq!(told_to(&policy, "u", "A, B%"), "403 A, B%//");
}

#[test]
fn answer_that_would_get_too_long_is_a_problem_document() {
    let long = "x".repeat(8000);
    let policy = texts(&"{{ principal.subject }}".repeat(17));
    assert_eq!(told_to(&policy, &long, ""), "403 problem");
    let longer = "x".repeat(9000);
    // Longer than any value that is sent on: left out.
    assert_eq!(told_to(&policy, &longer, ""), "403 ");
}

proptest::proptest! {
    /// Whatever a caller is called, a reader of JSON, of HTML and of a query gets exactly that.
    #[test]
    fn every_subject_is_read_as_it_is(subject in "\\PC{0,40}|(?s).{0,40}") {
        let value = "{{ principal.subject }}";
        let file = format!(
            "{{ INSUFFICIENT_ROLE: {{ json: {{ who: '{value}' }} }}, \
             INSUFFICIENT_SCOPE: {{ html: '<p>{value}</p>' }}, \
             TENANT_MISMATCH: {{ redirect: 'https://a.example/?b=c&who={value}&d=e' }} }}"
        );
        let policy = with(&file, "{ 401: problem }");
        let request = get("/a/1");
        let caller = Principal { subject: subject.as_str().into(), ..principal(&[], &[]) };
        let tell = |reason| {
            let answer = policy.answer(&Refused {
                reason,
                route: policy.find(&request).map(|matched| matched.route),
                principal: Some(&caller),
                request: Some(&request),
                request_id: "",
                browser: true,
            });
            said(&answer).split_once(' ').unwrap().1.to_owned()
        };
        let json: serde_json::Value = serde_json::from_str(&tell(Reason::InsufficientRole)).unwrap();
        proptest::prop_assert_eq!(json, serde_json::json!({ "who": subject }));
        let html = tell(Reason::InsufficientScope);
        proptest::prop_assert_eq!(html.matches(['<', '>']).count(), 4);
        let sent = url::Url::parse(&tell(Reason::TenantMismatch)).unwrap();
        let wanted = [("b", "c"), ("who", &subject), ("d", "e")];
        let pairs = sent.query_pairs();
        proptest::prop_assert!(pairs.eq(wanted.map(|(name, value)| (name.into(), value.into()))));
        proptest::prop_assert_eq!(sent.host_str(), Some("a.example"));
    }
}

/// The same expressions as in headers, over the request and its route.
#[test]
fn values_can_be_expressions() {
    let policy = texts(
        "{{ path.id.upperAscii() + '!' }}|{{ request.method == 'GET' ? 'read' : 'write' }}|\
         {{ principal.subject + '' }}|{{ size(request.path) }}|{{ ['<a>', 'b'] }}",
    );
    let told = tell(&policy, Reason::InsufficientRole, &get("/a/x%2Cy"), false);
    assert_eq!(said(&told), "403 X,Y!|read||8|<a>,b");
    // Without a route there are no captures; what cannot be worked out is empty.
    let told = tell(&policy, Reason::NoRoute, &get("/nowhere"), false);
    assert!(said(&told).starts_with("403 |"), "{}", said(&told));
}

#[test]
fn expressions_of_answers_take_nothing_from_headers_and_ask_for_no_permission() {
    for (value, why) in [
        ("request.headers['x-a'] + ''", "headers"),
        ("request.query['a'][0]", "query"),
        ("'a:b' in principal.permissions ? 'a' : 'b'", "permission"),
        ("principal.claims.size()", "names each fact"),
        ("path[request.method]", "names each fact"),
        ("error.code + 'x'", "error"),
        ("1 +", "a value is missing here"),
    ] {
        let text = format!(
            "errors: {{ any: {{ text: \"{{{{ {value} }}}}\" }} }}\nroutes:\n  - path: /**\n"
        );
        let (found, problems) = super::super::compile(&text);
        assert!(found.is_none(), "{value}");
        assert!(problems[0].contains(why), "{value}: {problems:?}");
    }
}

#[test]
fn expressions_of_answers_name_captures_and_claims_that_are_kept() {
    let policy = texts("{{ principal.claims.plan + '' }}");
    assert_eq!(policy.claims_read(), ["plan"].into());
    let text = "errors: { any: { text: \"{{ path.ix + 'a' }}\" } }\nroutes:\n  - path: /{id}\n";
    let (found, problems) = super::super::compile(text);
    assert!(
        found.is_none() && problems[0].contains("capture `ix`"),
        "{problems:?}"
    );
}
