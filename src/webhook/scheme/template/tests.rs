//! Templates: what is read, and what is filled in.

use http::Method;

use crate::document::{Problems, Read as _, parse};
use crate::model::Fields;

use super::super::base::Base;
use super::super::json::Pointers;
use super::super::parameters::Parameters;
use super::super::place::Parts;
use super::{Given, Template, Terms};

/// Fills a template in for one and the same message.
fn filled(text: &str) -> Result<String, String> {
    filled_for(text, "/p%20q?b=2&a=%31&A2=X&a-b=%3aZ%2F%C3")
}

/// The same for a message to another target.
fn filled_for(text: &str, target: &str) -> Result<String, String> {
    let problems = Problems::new();
    let node = parse("policy.yaml", "{ a: 1AB }", &|_| None, &problems).unwrap();
    let parameters = Parameters::read(&node, &problems).unwrap();
    let mut pointers = Pointers::default();
    let mut terms = Terms {
        parameters: &parameters,
        pointers: &mut pointers,
        node: &node,
        problems: &problems,
    };
    let template = Template::parse(text, &mut terms).map_err(|mistake| mistake.0)?;
    let headers = Fields::of(&[
        ("x-a", "A"),
        ("x-b", "1"),
        ("x-b", "1"),
        (
            "content-type",
            "application/x-www-form-urlencoded; charset=utf-8",
        ),
    ]);
    let url = parse(
        "policy.yaml",
        "https://a.example/base/",
        &|_| None,
        &problems,
    )
    .unwrap();
    let base = Base::read(&url, &problems);
    let parts = Parts::new(
        &Method::POST,
        target,
        &headers,
        b"b=2&a=1+1&b=2&b=1",
        &pointers,
    );
    let given = Given {
        timestamp: Some("12"),
        id: Some("evt"),
        base: base.as_ref(),
        verbatim: false,
    };
    let rendered = template.render(&parts, given);
    let rendered = rendered.map_err(|refusal| refusal.denied.detail.into_owned())?;
    Ok(String::from_utf8_lossy(&rendered.concat()).into_owned())
}

#[test]
fn placeholders_stand_for_the_message_as_it_is() {
    for (text, wanted) in [
        ("{id}.{timestamp}.{body}", "evt.12.b=2&a=1+1&b=2&b=1"),
        (
            "{method} {path} {query}",
            "POST /p%20q b=2&a=%31&A2=X&a-b=%3aZ%2F%C3",
        ),
        (
            "{url}",
            "https://a.example/base/p%20q?b=2&a=%31&A2=X&a-b=%3aZ%2F%C3",
        ),
        // Some escapes and no others, whatever their case; what is no escape stays.
        (
            "{url_decoded}",
            "https://a.example/base/p%20q?b=2&a=%31&A2=X&a-b=:Z/%C3",
        ),
        ("{host}", "a.example"),
        ("{target}", "/base/p%20q?b=2&a=%31&A2=X&a-b=%3aZ%2F%C3"),
        ("[{query_lower:A2}][{query_lower:none}]", "x"),
        ("{form_sorted}", "a1 1b1b2"),
        // By names: `a` comes before `a-b`, although `-` comes before `=`.
        ("{query_sorted}", "A2=X&a=%31&a-b=%3aZ%2F%C3&b=2"),
        ("{query:a}{form:a}{header:X-A}", "11 1A"),
        ("{config:a}", "1AB"),
        ("{{x}}[[y]]\\n\\t\\\\", "{x}[y]\n\t\\"),
        ("[({header:x-c})][<{header:x-a}>]", "<A>"),
        ("{form:none}|", "|"),
    ] {
        assert_eq!(filled(text).as_deref(), Ok(wanted), "{text}");
    }
}

#[test]
fn no_escape_moves_the_ends_of_segments_and_of_the_path() {
    for (target, wanted) in [
        ("/a%3Ab?x=%2F%3F?%3F", "/a:b?x=/???"),
        ("/a%3Fx=1", "/a%3Fx=1"),
        ("/a%3fx=1?y=%3f", "/a%3fx=1?y=?"),
        ("/a%2Fb", "/a%2Fb"),
        ("/a%2fb?c", "/a%2fb?c"),
    ] {
        let found = filled_for("{url_decoded}", target);
        let wanted = format!("https://a.example/base{wanted}");
        assert_eq!(found, Ok(wanted), "{target}");
    }
}

#[test]
fn body_of_json_moves_not_over_into_the_address() {
    for target in ["/a[{\"x\":1}]", "/a{}", "/a\"b\"?c"] {
        for text in ["{url}{body}", "{url_decoded}{body}"] {
            let found = filled_for(text, target).unwrap_err();
            assert_eq!(found, "the address holds what senders escape", "{target}");
        }
    }
    assert!(filled_for("{url}{body}", "/a[]?b={c}").is_ok());
}

#[test]
fn values_that_are_signed_stand_there_once() {
    assert_eq!(
        filled("{header:x-c}").unwrap_err(),
        "a value that is signed is absent"
    );
    assert_eq!(
        filled("{query:none}").unwrap_err(),
        "a value that is signed is absent"
    );
    assert_eq!(
        filled("{header:x-b}").unwrap_err(),
        "a header field stands there twice"
    );
    assert_eq!(
        filled("[{header:x-b}]").unwrap_err(),
        "a header field stands there twice"
    );
    assert_eq!(
        filled("{form:b}").unwrap_err(),
        "a parameter stands there twice"
    );
}
