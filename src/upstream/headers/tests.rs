use super::*;

fn names(headers: &Fields) -> Vec<&str> {
    let names = headers.iter().map(|field| field.name());
    names
        .map(|name| std::str::from_utf8(name).unwrap())
        .collect()
}

#[test]
fn what_belongs_to_the_callers_connection_goes() {
    let mut fields = Fields::of(&[
        ("host", "a"),
        ("connection", "keep-alive, X-One"),
        ("connection", "x-two,, HOST, bad name"),
        ("x-one", "1"),
        ("x-two", "2"),
        ("x-three", "3"),
        ("keep-alive", "5"),
        ("proxy-connection", "x"),
        ("proxy-authorization", "x"),
        ("te", "gzip"),
        ("trailer", "x-sum"),
        ("transfer-encoding", "chunked"),
        ("content-length", "5"),
        ("upgrade", "h2c"),
        ("http2-settings", "x"),
        ("expect", "100-continue"),
        ("content-type", "text/plain"),
        ("cookie", "a=b"),
    ]);
    let kept = take_callers(&mut fields);
    let mut left = names(&fields);
    left.sort_unstable();
    assert_eq!(left, ["content-type", "cookie", "host", "x-three"]);
    assert!(!kept.trailers);
    assert_eq!(kept.trailer.unwrap(), "x-sum");
}

#[test]
fn naming_many_fields_takes_one_pass() {
    let names: Vec<String> = (0..10_000).map(|number| format!("x-{number:05}")).collect();
    let pairs: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "1")).collect();
    let mut fields = Fields::of(&pairs);
    let options = format!("{}, X-00007", "x-0000a,".repeat(100_000));
    let options = HeaderValue::try_from(options).unwrap();
    fields.append(&CONNECTION, &options);
    let begun = std::time::Instant::now();
    take_callers(&mut fields);
    assert_eq!(fields.len(), 9_999);
    // One pass takes milliseconds; one for each name, a minute.
    assert!(begun.elapsed() < std::time::Duration::from_secs(10));
}

#[test]
fn field_is_nominated_whatever_else_stands_in_the_list() {
    let mut fields = Fields::of(&[
        ("connection", &b"\xe9, x-a"[..]),
        ("x-a", b"1"),
        ("x-b", b"2"),
    ]);
    take_callers(&mut fields);
    assert_eq!(names(&fields), ["x-b"]);
}

#[test]
fn claims_go_in_any_spelling_and_their_neighbours_stay() {
    for name in [
        "x-forwarded-for",
        "x_forwarded_for",
        "x.forwarded~for",
        "x-forwarded-anything",
        "forwarded",
        "x-forwarded",
        "forwarded-for",
        "proxy",
        "x-real-ip",
        "x_real_ip",
        "x-original-url",
        "x-rewrite-url",
        "x_http_method_override",
        "true-client-ip",
        "content_length",
        "transfer_encoding",
    ] {
        let mut fields = Fields::of(&[(name, "x")]);
        take_callers(&mut fields);
        assert!(fields.is_empty(), "{name}");
    }
    let stay = [
        "x-forwards",
        "proxies",
        "xforwardedfor",
        "x-real-ip2",
        "x-custom",
        "content-md5",
        "test",
        "feature",
    ];
    for name in stay {
        let mut fields = Fields::of(&[(name, "x")]);
        take_callers(&mut fields);
        assert!(!fields.is_empty(), "{name}");
    }
}

#[test]
fn trailers_may_not_carry_what_decides() {
    for name in [
        "Authorization",
        "content-length",
        "Transfer-Encoding",
        "X-Forwarded-For",
        "host",
        "Cookie",
    ] {
        assert!(may_not_trail(name.as_bytes()), "{name}");
    }
    for name in ["grpc-status", "x-checksum", "server-timing"] {
        assert!(!may_not_trail(name.as_bytes()), "{name}");
    }
}

#[test]
fn answer_keeps_a_length_only_where_it_has_no_body() {
    for (method, status, fields, kept) in [
        (Method::GET, 200, &[("content-length", "5")][..], false),
        (Method::HEAD, 200, &[("content-length", "5")], true),
        (Method::GET, 304, &[("content-length", "5")], true),
        (
            Method::HEAD,
            200,
            &[("content-length", "5"), ("content-length", "6")],
            false,
        ),
        (Method::HEAD, 200, &[("content-length", "+5")], false),
    ] {
        let mut fields = Fields::of(fields);
        take_upstreams(&mut fields, &method, StatusCode::from_u16(status).unwrap());
        assert_eq!(fields.contains(&CONTENT_LENGTH), kept, "{method} {status}");
    }
}

#[test]
fn trailers_announced_on_several_lines_are_all_known() {
    let mut fields = Fields::of(&[("trailer", "X-One,, x-two"), ("trailer", "x-three")]);
    let kept = take_callers(&mut fields);
    assert_eq!(kept.trailer.unwrap(), "X-One, x-two, x-three");
}

#[test]
fn no_content_has_no_length_for_any_method() {
    for method in [Method::GET, Method::HEAD] {
        let mut fields = Fields::of(&[("content-length", "6")]);
        take_upstreams(&mut fields, &method, StatusCode::NO_CONTENT);
        assert_eq!(names(&fields), [""; 0], "{method}");
    }
}

#[test]
fn what_belongs_to_the_upstreams_connection_goes() {
    for own in &UPSTREAMS_OWN {
        let mut fields = Fields::of(&[("x-kept", "1"), ("age", "1")]);
        fields.append(own, &HeaderValue::from_static("close"));
        take_upstreams(&mut fields, &Method::GET, StatusCode::OK);
        assert_eq!(fields.len(), 2, "{own}");
    }
    let mut fields = Fields::of(&[
        ("connection", "Keep-Alive"),
        ("connection", "close, x-a"),
        ("x-a", "1"),
    ]);
    take_upstreams(&mut fields, &Method::GET, StatusCode::OK);
    assert!(fields.is_empty(), "{fields:?}");
}
