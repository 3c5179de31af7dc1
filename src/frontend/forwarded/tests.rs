use super::*;

fn networks() -> TrustedProxies {
    TrustedProxies::Networks(
        ["10.0.0.0/8", "2001:db8::/32"]
            .map(|network| network.parse().unwrap())
            .into(),
    )
}

fn read(
    trusted: &TrustedProxies,
    peer: &str,
    fields: &[(&'static str, &'static str)],
) -> Result<Origin, Reason> {
    let headers = Fields::of(fields);
    let peer = SocketAddr::new(peer.parse().unwrap(), 1234);
    Origin::read(trusted, peer, Scheme::Http, &headers).map_err(|denied| denied.reason)
}

fn client(
    trusted: &TrustedProxies,
    peer: &str,
    fields: &[(&'static str, &'static str)],
) -> Result<String, Reason> {
    read(trusted, peer, fields).map(|origin| origin.client.address.to_string())
}

#[test]
fn nobody_is_believed_by_default() {
    let fields = [
        ("x-forwarded-for", "127.0.0.1"),
        ("x-forwarded-proto", "https"),
        ("forwarded", "for=127.0.0.1"),
    ];
    let origin = read(&TrustedProxies::Nobody, "203.0.113.9", &fields).unwrap();
    assert_eq!(origin.client.address.to_string(), "203.0.113.9");
    assert_eq!(origin.scheme, Scheme::Http);
    assert!(!origin.is_proxied());
}

#[test]
fn chain_is_read_from_the_right_as_far_as_trust_reaches() {
    for (peer, chain, wanted) in [
        ("203.0.113.9", "127.0.0.1", "203.0.113.9"),
        ("10.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "127.0.0.1, 198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "198.51.100.7, 10.0.0.2", "198.51.100.7"),
        (
            "10.0.0.1",
            "<script>, 198.51.100.7, 10.0.0.2",
            "198.51.100.7",
        ),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("::ffff:10.0.0.1", "::ffff:198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "198.51.100.7:5555", "198.51.100.7"),
        ("10.0.0.1", "[2001:db9::1]:80", "2001:db9::1"),
        ("2001:db8::1", "[2001:db9::1]", "2001:db9::1"),
    ] {
        let fields = [("x-forwarded-for", chain)];
        assert_eq!(
            client(&networks(), peer, &fields).unwrap(),
            wanted,
            "{chain}"
        );
    }
}

#[test]
fn lines_of_one_field_are_one_list() {
    let fields = [
        ("x-forwarded-for", "127.0.0.1"),
        ("x-forwarded-for", "198.51.100.7, 10.0.0.2"),
    ];
    let origin = read(&networks(), "10.0.0.1", &fields).unwrap();
    assert_eq!(origin.client.address.to_string(), "198.51.100.7");
    let proxies: Vec<String> = origin.proxies.iter().map(ToString::to_string).collect();
    assert_eq!(proxies, ["10.0.0.2", "10.0.0.1"]);
}

#[test]
fn count_trusts_so_many_hops_and_no_more() {
    let chain = [("x-forwarded-for", "192.0.2.1, 192.0.2.2, 192.0.2.3")];
    for (count, wanted) in [
        (1, "192.0.2.3"),
        (2, "192.0.2.2"),
        (3, "192.0.2.1"),
        (9, "192.0.2.1"),
    ] {
        let trusted = TrustedProxies::Hops(count);
        assert_eq!(client(&trusted, "203.0.113.9", &chain).unwrap(), wanted);
    }
    let trusted = TrustedProxies::Hops(1);
    assert_eq!(client(&trusted, "203.0.113.9", &[]).unwrap(), "203.0.113.9");
}

/// A proxy that asks is the first hop; what it tells of is not.
#[test]
fn count_takes_the_proxy_that_asks_for_the_first_hop() {
    let chain = [("x-forwarded-for", "192.0.2.66, 198.51.100.7, 10.0.0.2")];
    let peer = "203.0.113.9:1".parse().unwrap();
    let fields = Fields::of(&chain);
    for (count, wanted) in [(1, "10.0.0.2"), (2, "198.51.100.7"), (3, "192.0.2.66")] {
        let trusted = TrustedProxies::Hops(count);
        let told = Origin::told(&trusted, peer, Scheme::Http, &fields).unwrap();
        assert_eq!(told.client.address.to_string(), wanted, "{count}");
    }
}

#[cfg(feature = "grpc")]
#[test]
fn count_takes_whoever_is_connected_to_the_proxy_that_asks_for_the_second_hop() {
    let chain = [("x-forwarded-for", "192.0.2.66, 198.51.100.7")];
    let source = "10.0.0.2:1".parse().unwrap();
    let fields = Fields::of(&chain);
    for (count, wanted) in [(1, "10.0.0.2"), (2, "198.51.100.7"), (3, "192.0.2.66")] {
        let trusted = TrustedProxies::Hops(count);
        let origin = Origin::behind(&trusted, source, Scheme::Http, &fields).unwrap();
        assert_eq!(origin.client.address.to_string(), wanted, "{count}");
    }
}

#[test]
fn what_a_trusted_proxy_garbles_is_refused() {
    for (name, value) in [
        ("x-forwarded-for", "unknown"),
        ("x-forwarded-for", ""),
        ("x-forwarded-for", "198.51.100.7,"),
        ("x-forwarded-for", "198.51.100.7 10.0.0.1"),
        ("x-forwarded-for", "\"198.51.100.7\""),
        ("forwarded", "for=_hidden"),
        ("forwarded", "for=198.51.100.7;for=127.0.0.1"),
        ("forwarded", "by=10.0.0.1"),
        ("forwarded", "for=\"198.51.100.7, 127.0.0.1\""),
        ("x-forwarded-proto", "gopher"),
        ("x-forwarded-host", "a b"),
        ("x-forwarded-port", "99999"),
    ] {
        let result = client(&networks(), "10.0.0.1", &[(name, value)]);
        assert_eq!(result, Err(Reason::ForwardedInvalid), "{name}: {value}");
    }
}

#[test]
fn forwarded_is_read_when_it_stands_alone_and_must_agree_when_not() {
    let standard = (
        "forwarded",
        "for=\"[2001:db9::1]:4711\";proto=https, For=10.0.0.2",
    );
    assert_eq!(
        client(&networks(), "10.0.0.1", &[standard]).unwrap(),
        "2001:db9::1"
    );
    let agreeing = [
        ("x-forwarded-for", "198.51.100.7"),
        ("forwarded", "for=198.51.100.7"),
    ];
    assert_eq!(
        client(&networks(), "10.0.0.1", &agreeing).unwrap(),
        "198.51.100.7"
    );
    let other = [
        ("x-forwarded-for", "198.51.100.7"),
        ("forwarded", "for=127.0.0.1"),
    ];
    assert_eq!(
        client(&networks(), "10.0.0.1", &other),
        Err(Reason::ForwardedInvalid)
    );
}

#[test]
fn scheme_host_and_port_come_from_the_nearest_proxy() {
    let fields = [
        ("x-forwarded-for", "198.51.100.7"),
        ("x-forwarded-proto", "http, https"),
        ("x-forwarded-host", "App.Example.com"),
        ("x-forwarded-port", "8443"),
    ];
    let origin = read(&networks(), "10.0.0.1", &fields).unwrap();
    assert_eq!(origin.scheme, Scheme::Https);
    assert_eq!(origin.host.unwrap(), "app.example.com");
    assert_eq!(origin.port, Some(8443));
}
