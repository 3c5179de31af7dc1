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
    let target = "/p%20q?b=2&a=%31";
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
    };
    let rendered = template.render(&parts, given);
    let rendered = rendered.map_err(|refusal| refusal.denied.detail.into_owned())?;
    Ok(String::from_utf8_lossy(&rendered.concat()).into_owned())
}

#[test]
fn placeholders_stand_for_the_message_as_it_is() {
    for (text, wanted) in [
        ("{id}.{timestamp}.{body}", "evt.12.b=2&a=1+1&b=2&b=1"),
        ("{method} {path} {query}", "POST /p%20q b=2&a=%31"),
        ("{url}", "https://a.example/base/p%20q?b=2&a=%31"),
        ("{form_sorted}", "a1 1b1b2"),
        ("{query_sorted}", "a=%31&b=2"),
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
