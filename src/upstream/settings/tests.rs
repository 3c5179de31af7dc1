use super::*;
use crate::document::parse;

fn read(text: &str) -> (Vec<Settings>, Vec<String>) {
    let problems = Problems::new();
    let node = parse("sidegate.yaml", text, &|_| None, &problems).unwrap();
    let all = Settings::read_all(&node, &problems);
    let problems = problems.into_sorted();
    (all, problems.iter().map(ToString::to_string).collect())
}

#[test]
fn url_alone_is_enough() {
    let (all, problems) = read("default: { url: http://127.0.0.1:9000 }");
    assert!(problems.is_empty(), "{problems:?}");
    let tcp = Address::Tcp {
        host: "127.0.0.1".into(),
        port: 9000,
    };
    assert_eq!(all[0].address, tcp);
    assert_eq!(all[0].keep_alive, Duration::from_secs(4));
}

#[test]
fn addresses_of_every_kind_are_read() {
    for (url, address, tls, authority) in [
        (
            "unix:/run/app.sock",
            Address::Unix("/run/app.sock".into()),
            false,
            "localhost",
        ),
        (
            "unix:///run/app.sock",
            Address::Unix("/run/app.sock".into()),
            false,
            "localhost",
        ),
        (
            "https://[::1]:8443/",
            Address::Tcp {
                host: "::1".into(),
                port: 8443,
            },
            true,
            "[::1]:8443",
        ),
        (
            "https://app.internal",
            Address::Tcp {
                host: "app.internal".into(),
                port: 443,
            },
            true,
            "app.internal",
        ),
    ] {
        let settings = Settings::of_url("default", url).unwrap();
        assert_eq!(settings.address, address, "{url}");
        assert_eq!(
            (settings.tls, &*settings.authority),
            (tls, authority),
            "{url}"
        );
    }
}

#[test]
fn every_mistake_is_named() {
    let (all, problems) = read(
        "a: { url: ftp://x }\nb: { url: http://x/path, keep_alive: soon }\nc: {}\n\
         d: { url: http://x, protocol: auto }\ne: { url: http://x, ca_file: ca.pem }\n\
         f: { url: https://x, client_key: k.pem, retries: 3 }\ng: { url: http://x, idle_timeout: 0s }\n",
    );
    assert_eq!(all.len(), 4);
    for wanted in [
        ":1:11: error: `a.url`: an upstream is reached by",
        ":2:11: error: `b.url`: only scheme, host and port",
        "`b.keep_alive`: expected a duration",
        "`c`: upstream needs the key `url`",
        "`d.protocol`: `auto` needs",
        "`e`: certificates without TLS",
        "`client_certificate` and `client_key` need each other",
        "unknown key `retries`",
        "`g.idle_timeout`: a time-out must be longer than nothing",
    ] {
        assert!(
            problems.iter().any(|p| p.contains(wanted)),
            "{wanted}: {problems:#?}"
        );
    }
}
