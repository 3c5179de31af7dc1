use super::*;

fn host_of(
    authority: Option<&str>,
    version: Version,
    fields: &[&'static str],
) -> Result<(String, String), Reason> {
    let mut headers = Fields::new();
    for value in fields {
        headers.append(&HOST, &HeaderValue::from_static(value));
    }
    let host =
        host(authority, version, &mut headers, Host::parse).map_err(|denied| denied.reason)?;
    assert_eq!(headers.get_all(&HOST).count(), 1);
    let sent = ascii(headers.get(&HOST).unwrap()).unwrap().to_owned();
    Ok((host.to_string(), sent))
}

#[test]
fn host_that_was_judged_is_the_host_that_is_sent() {
    for (authority, version, field, wanted) in [
        (None, Version::HTTP_11, &["App.Example."][..], "app.example"),
        (
            None,
            Version::HTTP_11,
            &["app.example:8080"],
            "app.example:8080",
        ),
        (
            None,
            Version::HTTP_11,
            &["app.example:08080"],
            "app.example:8080",
        ),
        (None, Version::HTTP_10, &["a"], "a"),
        (Some("a:80"), Version::HTTP_11, &["b"], "a:80"),
        (Some("A"), Version::HTTP_2, &[], "a"),
        (Some("a"), Version::HTTP_2, &["A"], "a"),
        (None, Version::HTTP_2, &["a"], "a"),
    ] {
        let (judged, sent) = host_of(authority, version, field).unwrap();
        assert_eq!((&*judged, &*sent), (wanted, wanted), "{field:?}");
    }
}

#[test]
fn host_in_two_readings_is_refused() {
    for (authority, version, fields) in [
        (None, Version::HTTP_11, &[][..]),
        (None, Version::HTTP_11, &["a", "a"]),
        (None, Version::HTTP_11, &["a, b"]),
        (None, Version::HTTP_11, &["u@a"]),
        (None, Version::HTTP_11, &["a\";x"]),
        (None, Version::HTTP_10, &[]),
        (Some("a"), Version::HTTP_11, &[]),
        (Some("a"), Version::HTTP_2, &["b"]),
        (Some("a:80"), Version::HTTP_2, &["a"]),
        (Some("u:p@a"), Version::HTTP_2, &[]),
    ] {
        assert_eq!(
            host_of(authority, version, fields),
            Err(Reason::HostInvalid),
            "{fields:?}"
        );
    }
}
