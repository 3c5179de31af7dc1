//! Laws that hold for every policy and every value, tried on random ones.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::super::host::HostPattern;
use super::super::methods::Methods;
use super::super::pattern::{Pattern, Segment};
use super::super::router::Router;
use super::*;

type Written = (HostPattern, Pattern, Methods);

fn hosts() -> impl Strategy<Value = HostPattern> {
    select(vec![
        HostPattern::Any,
        HostPattern::Exact("a.b.c".into()),
        HostPattern::Below("b.c".into()),
        HostPattern::Below("c".into()),
    ])
}

fn patterns() -> impl Strategy<Value = Pattern> {
    let segments = vec(select(vec!["x", "y", "*", "{one}"]), 0..4);
    (segments, any::<bool>()).prop_map(|(mut segments, open)| {
        if open {
            segments.push("**");
        }
        let captures = segments.iter().filter(|s| **s == "{one}").count();
        let text = format!("/{}", segments.join("/"));
        let text = if captures > 1 {
            text.replace("{one}", "*")
        } else {
            text
        };
        Pattern::parse(&text, Oddity::default()).unwrap()
    })
}

fn methods() -> impl Strategy<Value = Methods> {
    select(vec![
        Methods::Any,
        Methods::Listed([Method::GET].into()),
        Methods::Listed([Method::GET, Method::PUT].into()),
        Methods::Listed([Method::PUT].into()),
    ])
}

fn host_rank(pattern: &HostPattern, host: &str) -> Option<usize> {
    match pattern {
        HostPattern::Any => Some(0),
        HostPattern::Below(suffix) => host
            .strip_suffix(&**suffix)
            .and_then(|rest| rest.strip_suffix('.'))
            .map(|_| suffix.len()),
        HostPattern::Exact(name) => (**name == *host).then_some(usize::MAX),
    }
}

/// A list that is greater the more specific the pattern is, if it matches at all.
fn path_rank(pattern: &Pattern, path: &[&str]) -> Option<Vec<u8>> {
    let fits = match pattern.open {
        true => pattern.segments.len() <= path.len(),
        false => pattern.segments.len() == path.len(),
    };
    let mut rank = Vec::new();
    for (segment, given) in pattern.segments.iter().zip(path) {
        match segment {
            Segment::Literal(text) if **text == **given => rank.push(3),
            Segment::Literal(_) => return None,
            Segment::Capture(_) => rank.push(2),
        }
    }
    rank.push(u8::from(!pattern.open));
    fits.then_some(rank)
}

fn shape(pattern: &Pattern) -> (Vec<Option<&str>>, bool) {
    let segments = pattern.segments.iter().map(|segment| match segment {
        Segment::Literal(text) => Some(text.as_ref()),
        Segment::Capture(_) => None,
    });
    (segments.collect(), pattern.open)
}

fn overlap(a: &Written, b: &Written) -> bool {
    let methods = match (&a.2, &b.2) {
        (Methods::Any, Methods::Any) => true,
        (Methods::Listed(a), Methods::Listed(b)) => a.iter().any(|method| b.contains(method)),
        _ => false,
    };
    methods && a.0 == b.0 && shape(&a.1) == shape(&b.1)
}

/// The rule of the contract, read word by word and asked of every route.
fn most_specific(routes: &[Written], host: &str, path: &[&str], method: &Method) -> Option<usize> {
    let candidates = routes.iter().enumerate().filter_map(|(index, route)| {
        let listed = matches!(route.2, Methods::Listed(_));
        let rank = (
            host_rank(&route.0, host)?,
            path_rank(&route.1, path)?,
            listed,
        );
        route.2.contains(method).then_some((rank, index))
    });
    candidates.max().map(|(_, index)| index)
}

proptest! {
    #[test]
    fn router_finds_what_a_search_of_all_routes_finds(
        written in vec((hosts(), patterns(), methods()), 1..12),
        asked in vec(
            (
                select(vec!["a.b.c", "b.c", "z.b.c", "c", "z.c", "other"]),
                vec(select(vec!["x", "y", "z"]), 0..5),
                select(vec![Method::GET, Method::PUT, Method::POST]),
            ),
            1..20,
        ),
    ) {
        let (mut router, mut routes) = (Router::default(), Vec::<Written>::new());
        for route in written {
            let added = router.insert(&route.0, &route.1, &route.2, routes.len());
            let first = routes.iter().any(|known| overlap(known, &route));
            prop_assert_eq!(added.is_err(), first);
            if added.is_ok() {
                routes.push(route);
            }
        }
        for (host, path, method) in asked {
            let target = CanonicalPath::parse(&format!("/{}", path.join("/"))).unwrap();
            prop_assert_eq!(
                router.find(host, &target, &method),
                most_specific(&routes, host, &path, &method)
            );
        }
    }

    #[test]
    fn list_in_a_header_is_read_back_as_it_was(roles in vec("\\PC{1,12}|[ -~\\x00-\\x1f]{1,12}", 1..5)) {
        let policy = policy(
            "identity_headers: { X-Roles: '{{ principal.roles }}' }\nroutes: [{ path: /** }]\n",
        );
        let given: Vec<&str> = roles.iter().map(String::as_str).collect();
        let granted = judge(&policy, &get("/"), &principal(&given, &[])).unwrap();
        let value = granted.headers().next().unwrap().1.to_str().unwrap();
        prop_assert!(value.bytes().all(|byte| matches!(byte, 0x20..=0x7e)));
        let read: Vec<String> = value.split(',').map(|role| decoded(role.trim())).collect();
        prop_assert_eq!(read, roles);
    }

    #[test]
    fn no_pattern_and_no_template_stops_the_program(text in "[/{}*%a-z.\\[\\]\"' :;?#é\\\\]{0,24}") {
        let allowed = OddityClass::ALL.iter().fold(Oddity::default(), |set, (_, class)| set.with(*class));
        let _ = Pattern::parse(&text, allowed);
        let _ = super::super::template::Template::parse(&text);
    }
}

fn decoded(text: &str) -> String {
    let mut bytes = text.bytes();
    let mut out = Vec::new();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'%' => {
                let digits = [bytes.next().unwrap(), bytes.next().unwrap()];
                u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
            }
            byte => byte,
        });
    }
    String::from_utf8(out).unwrap()
}
