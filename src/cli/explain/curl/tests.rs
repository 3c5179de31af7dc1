use super::*;
use std::time::UNIX_EPOCH;

fn call(line: &str) -> Call {
    read(line, UNIX_EPOCH).unwrap()
}

fn header<'c>(call: &'c Call, name: &str) -> Option<&'c str> {
    let mut headers = call.ask.headers.iter();
    let found = headers.find(|(known, _)| known.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.as_str())
}

#[test]
fn line_is_the_request_that_curl_would_send() {
    for (line, method, host, target) in [
        ("curl https://a.test/b", "GET", "a.test", "/b"),
        ("curl a.test", "GET", "a.test", "/"),
        (
            "curl -X DELETE 'https://a.test/b?c=d&e'",
            "DELETE",
            "a.test",
            "/b?c=d&e",
        ),
        (
            "curl -sSkXPUT --url https://a.test/b",
            "PUT",
            "a.test",
            "/b",
        ),
        (
            "curl https://a.test/b -d x=1 -d y=2",
            "POST",
            "a.test",
            "/b",
        ),
        (
            "curl -G https://a.test/b -d x=1 --data-urlencode 'y=a b'",
            "GET",
            "a.test",
            "/b?x=1&y=a+b",
        ),
        ("curl -I https://a.test/b", "HEAD", "a.test", "/b"),
        ("curl -T file https://a.test/b", "PUT", "a.test", "/b"),
        ("curl -F a=b https://a.test/b", "POST", "a.test", "/b"),
        (
            "/usr/bin/curl \\\n  --request=POST \\\n  https://a.test/b",
            "POST",
            "a.test",
            "/b",
        ),
        (
            "curl -o /dev/null -w '%{http_code}' https://a.test/b",
            "GET",
            "a.test",
            "/b",
        ),
        ("curl https://a.test/x/./../b/..", "GET", "a.test", "/"),
        (
            "curl --path-as-is https://a.test/x/../b",
            "GET",
            "a.test",
            "/x/../b",
        ),
    ] {
        let ask = call(line).ask;
        let found = (ask.method.as_str(), ask.host.as_str(), ask.target.as_str());
        assert_eq!(found, (method, host, target), "{line}");
    }
}

#[test]
fn headers_of_the_line_and_of_curl_are_there() {
    let call = call(
        "curl a.test -H 'X-A:  b' -H 'Accept:' -H 'X-Empty;' -u me:secret -b c=d -A me --json '{}'",
    );
    assert_eq!(header(&call, "x-a"), Some("b"));
    assert_eq!(header(&call, "accept"), None);
    assert_eq!(header(&call, "x-empty"), Some(""));
    assert_eq!(header(&call, "authorization"), Some("Basic bWU6c2VjcmV0"));
    assert_eq!(header(&call, "cookie"), Some("c=d"));
    assert_eq!(header(&call, "user-agent"), Some("me"));
    assert_eq!(header(&call, "content-type"), Some("application/json"));
    assert_eq!(call.ask.body, b"{}");
}

#[test]
fn unknown_options_are_noted_and_never_quoted() {
    let call = call("curl --strange -d @secret.txt a.test -H no-colon");
    let notes = call.notes.join("\n");
    assert!(
        notes.contains("`--strange`") && notes.contains("of a file"),
        "{notes}"
    );
    assert!(
        !notes.contains("secret") && !notes.contains("no-colon"),
        "{notes}"
    );
}

#[test]
fn what_is_no_curl_line_is_refused() {
    for line in ["", "wget a.test", "curl", "curl -X", "curl 'a.test"] {
        assert!(read(line, UNIX_EPOCH).is_err(), "{line}");
    }
}

#[test]
fn value_of_an_unknown_option_is_no_address() {
    for line in [
        "curl --brand-new value https://a.test/b",
        "curl --brand-new https://a.test/b",
        "curl --brand-new -s a.test/b",
        "curl --config value --pass value a.test/b",
    ] {
        let call = call(line);
        assert_eq!(
            (call.ask.host.as_str(), call.ask.target.as_str()),
            ("a.test", "/b"),
            "{line}"
        );
    }
}
