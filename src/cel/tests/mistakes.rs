//! What is refused when it is loaded, where, and with which hint.

use super::super::ErrorKind::{Constant, Syntax, Types, Unknown, Unsupported};
use super::refused;

#[test]
fn a_name_that_is_not_known_gets_a_hint() {
    let error = refused("request.method == 'GET' && principl.tenant == 'a'");
    assert_eq!((error.kind, error.offset), (Unknown, 27));
    assert_eq!(error.message, "`principl` is not known here");
    assert_eq!(error.help, "did you mean `principal`?");
    let error = refused("request.metod == 'GET'");
    assert_eq!(error.message, "`request` has no `metod` here");
    assert_eq!(error.help, "did you mean `method`?");
    let error = refused("request.method.startWith('G')");
    assert_eq!(error.help, "did you mean `startsWith`?");
    assert_eq!(
        refused("path['nothing'] == 'a'").help,
        "known here: org, tenant-id"
    );
}

#[test]
fn a_mistake_has_line_and_column() {
    let error = refused("request.method == 'é' &&\n  request.metod == 'GET'");
    assert_eq!((error.line, error.column), (2, 3));
    assert_eq!(error.offset, 28);
    let error = refused("'é' == 1");
    assert_eq!((error.line, error.column), (1, 1));
    assert_eq!(refused("true &&").offset, 7);
}

#[test]
fn types_that_do_not_agree_are_refused() {
    for text in [
        "request.method == 1",
        "request.method > 1",
        "principal.tenant == null",
        "1 in principal.roles",
        "'a' in request.method",
        "request.method && true",
        "!request.method",
        "request.method.size() == '3'",
        "size(1) == 1",
        "request.method.contains(1)",
        "request.headers[1] == 'a'",
        "principal.roles['a'] == 'a'",
        "principal.roles.name == 'a'",
        "true ? 1 == 1 : 'a'",
        "principal.roles.all(r, r)",
        "request.time + 1 == request.time",
        "1 + 1u == 2",
        "1 == 1u",
        "[1] + ['a'] == []",
        "{1.5: 1} == {}",
        "-request.method == 'a'",
        "1.5 % 2.0 == 1.0",
        "has(request)",
        "has(request.headers['a'])",
        "request.method.all(x, true)",
        "principal.roles.all(a, a, true)",
    ] {
        assert_eq!(refused(text).kind, Types, "{text}");
    }
}

#[test]
fn a_record_is_not_a_value() {
    for text in [
        "request == request",
        "'a' in request",
        "size(path) == 1",
        "path.exists(x, true)",
    ] {
        let error = refused(text);
        assert_eq!(error.kind, Types, "{text}");
        assert!(
            error.message.contains("is not a value by itself"),
            "{error}"
        );
    }
    let error = refused("path[principal.tenant] == 'a'");
    assert!(error.message.contains("named by a constant"), "{error}");
}

#[test]
fn a_condition_that_is_no_condition_is_refused() {
    let error = refused("request.method");
    assert_eq!(
        error.message,
        "a condition is true or false, but this is a value of type string"
    );
    let error = refused("principal.claims.admin");
    assert!(error.help.contains("== true"), "{error}");
    assert!(super::compile("principal.claims.admin").is_ok());
    assert!(super::compile("principal.claims.admin && true").is_ok());
}

#[test]
fn what_is_left_out_is_named() {
    for (text, name) in [
        ("Message{a: 1} == 1", "message literals"),
        ("principal.claims.?a == 1", "optional field selection"),
        ("principal.claims[?'a'] == 1", "optional indexing"),
        ("[?1] == []", "optional elements"),
        ("{?'a': 1} == {}", "optional entries"),
        ("math.greatest(1, 2) == 2", "`math.greatest`"),
        ("'%s'.format(['a']) == 'a'", "`format`"),
        ("optional.none().hasValue()", "`hasValue`"),
        ("request.method.matches(path.org)", "not a constant"),
        (
            "request.time.getHours('Europe/Rome') == 1",
            "time zones by name",
        ),
    ] {
        let error = refused(text);
        assert_eq!(error.kind, Unsupported, "{text}: {error}");
        assert!(error.message.contains(name), "{error}");
        assert!(error.message.ends_with("not supported"), "{error}");
    }
}

#[test]
fn a_constant_that_can_never_be_right_is_refused() {
    for text in [
        "timestamp('yesterday') < request.time",
        "duration('1 hour') > duration('1s')",
        "cidr('10.0.0.0/33').containsIP('10.0.0.1')",
        "ip('10.0.0') == ip('10.0.0.1')",
        "request.method.matches('(')",
        "request.time.getHours('+25:00') == 1",
        "9223372036854775808 == 1",
        "0x1ffffffffffffffff == 1",
        "1e999 == 1.0",
    ] {
        assert_eq!(refused(text).kind, Constant, "{text}");
    }
}

#[test]
fn what_is_no_expression_is_refused() {
    for text in [
        "",
        " ",
        "1 +",
        "(1",
        "[1",
        "{1: 2",
        "{1}",
        "a.",
        "f(1,)",
        "1 2",
        "'a",
        "'a\n'",
        "'\\q'",
        "'\\ud800'",
        "0x",
        "1e",
        "1a",
        "a ? b",
        "&",
        "a & b",
        "= 1",
        "@",
        "for == 1",
        "``",
        "`a`",
        "b'\\u0041' == b'A'",
        "x.all(1, true)",
        "\"\"\"a\"\"",
        "rb'a' == b'a'",
        "🦀",
    ] {
        let kind = refused(text).kind;
        assert!(matches!(kind, Syntax | Unknown), "{text}: {kind:?}");
    }
}

#[test]
fn a_mismatch_says_what_there_is() {
    let error = refused("request.method.indexOf(1) == 1");
    assert_eq!(error.message, "`string.indexOf(int)` does not exist");
    assert_eq!(
        error.help,
        "there is `string.indexOf(string)`, `string.indexOf(string, int)`"
    );
}
