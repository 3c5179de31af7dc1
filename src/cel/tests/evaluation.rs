//! Values of expressions over facts.

use super::super::EvalErrorKind::{
    BadConversion, DivisionByZero, IndexOutOfRange, MissingField, NoSuchKey, NoSuchOverload,
    Overflow, RepeatedKey,
};
use super::{One, failure, value};

#[test]
fn conditions_over_a_request_hold() {
    for text in [
        r#"request.method == "GET" && principal.tenant == path.org && "admin" in principal.roles"#,
        r#"path["tenant-id"] == "t-1""#,
        r#"path.`tenant-id` == "t-1""#,
        r#"request.headers["x-a"] == "1" && "accept" in request.headers"#,
        r#"!("x-b" in request.headers) && request.headers.size() == 2"#,
        r#"request.headers.exists(name, name.startsWith("acc"))"#,
        r#"request.headers.all(name, value, name != value)"#,
        r#""b" in request.query.tag && request.query["tag"][0] == "a""#,
        r#"request.time.getHours() >= 9 && request.time.getDayOfWeek("+02:00") == 2"#,
        r#"request.time < timestamp("2027-01-01T00:00:00Z") + duration("1h")"#,
        r#"cidr("10.0.0.0/8").containsIP(request.client_ip) && isIP(request.client_ip)"#,
        r#"ip(request.client_ip).family() == 4"#,
        r#"has(principal.tenant) && !has(principal.email)"#,
        r#"principal.roles.filter(r, r != "reader").size() == 1"#,
        r#"principal.roles.map(r, r.upperAscii()).join("+") == "ADMIN+READER""#,
        r#"request.method.matches("^(GET|HEAD)$")"#,
    ] {
        assert_eq!(value(text), "true", "{text}");
    }
}

#[test]
fn claims_are_values_of_json() {
    for text in [
        r#"principal.claims.plan == "gold" && principal.claims["custom:role"] == "owner""#,
        "principal.claims.level == 7 && principal.claims.level > 6.5 && principal.claims.level < 8u",
        "principal.claims.share == 0.5 && principal.claims.big > 1",
        r#""a" in principal.claims.groups && size(principal.claims.groups) == 2"#,
        "has(principal.claims.plan) && !has(principal.claims.missing)",
        "principal.claims.nested.deep.flag && has(principal.claims.nested.deep.none)",
        "principal.claims.nested.deep.none == null",
        "type(principal.claims.level) == int && type(principal.claims.huge) == double",
        r#"principal.claims.nested == {"deep": {"flag": true, "none": null}}"#,
    ] {
        assert_eq!(value(text), "true", "{text}");
    }
}

#[test]
fn a_missing_field_is_an_error_that_logic_may_absorb() {
    assert_eq!(failure(r#"principal.email == "a""#), MissingField);
    assert_eq!(failure(r#"principal.email == "a" || false"#), MissingField);
    assert_eq!(value(r#"principal.email == "a" || true"#), "true");
    assert_eq!(value(r#"principal.email == "a" && false"#), "false");
    assert_eq!(failure("principal.claims.nested.no.flag == 1"), NoSuchKey);
    assert_eq!(failure("has(principal.claims.no.flag)"), NoSuchKey);
    assert_eq!(failure(r#"request.headers["no"] == """#), NoSuchKey);
    assert_eq!(value("[1, 2].exists(x, x / (x - 1) == 2)"), "true");
}

#[test]
fn a_value_of_another_type_is_an_error() {
    assert_eq!(failure("principal.claims.plan > 3"), NoSuchOverload);
    assert_eq!(failure("principal.claims.plan && true"), NoSuchOverload);
    assert_eq!(failure("principal.claims.level.name == 1"), NoSuchOverload);
    assert_eq!(value("principal.claims.plan == 3"), "false");
}

#[test]
fn whole_numbers_overflow_with_an_error() {
    assert_eq!(
        failure("9223372036854775807 + principal.claims.level"),
        Overflow
    );
    assert_eq!(
        failure("-9223372036854775808 - principal.claims.level"),
        Overflow
    );
    assert_eq!(failure("1 / (principal.claims.level - 7)"), DivisionByZero);
    assert_eq!(failure("0u - 1u"), Overflow);
    assert_eq!(failure("-(-9223372036854775807 - 1)"), Overflow);
    assert_eq!(failure("int(principal.claims.big)"), Overflow);
    assert_eq!(failure("int(principal.claims.plan)"), BadConversion);
}

#[test]
fn literals_keep_their_values() {
    assert_eq!(
        value("[0x10, -0x10, 1u, 1.5e3, .5, -3]"),
        "[16, -16, 1u, 1500.0, 0.5, -3]"
    );
    assert_eq!(
        value(r#"["a\x41\u00e9\101", r"\d", '''it's''', b"\xff\101"]"#),
        r#"["aAéA", "\\d", "it's", b"\xffA"]"#
    );
    assert_eq!(value("{1: true, 'a': null,}"), r#"{1: true, "a": null}"#);
    assert_eq!(failure("{principal.tenant: 1, path.org: 2}"), RepeatedKey);
    assert_eq!(failure("principal.roles[2]"), IndexOutOfRange);
}

#[test]
fn macros_of_two_variables_and_bindings_work() {
    assert_eq!(value("[5, 6].transformList(i, v, v * 10 + i)"), "[50, 61]");
    assert_eq!(
        value("{'a': 1}.transformMap(k, v, k + string(v))"),
        r#"{"a": "a1"}"#
    );
    assert_eq!(value("cel.bind(x, principal.roles.size(), x * x)"), "4");
    assert_eq!(value("[1, 2, 3].map(x, x > 1, x * x)"), "[4, 9]");
    assert_eq!(value("[1, 2].map(x, [x].map(x, x + 1))"), "[[2], [3]]");
}

#[test]
fn a_variable_by_itself_is_a_value() {
    use super::super::{Declarations, Program, Type, Value};
    let declared = Declarations::new().variable("x", Type::Int, 0);
    let program = Program::compile("x + 1", &declared).unwrap();
    let facts = One(Value::Int(2));
    assert_eq!(format!("{:?}", program.evaluate(&facts).unwrap()), "3");
    assert_eq!(program.result_type(), &Type::Int);
}

#[test]
fn functions_of_texts_count_code_points() {
    for (text, wanted) in [
        ("'aéb'.substring(1, 2)", r#""é""#),
        ("'aéb'.charAt(3)", r#""""#),
        ("'ééé'.lastIndexOf('é', 1)", "1"),
        ("'a,b,c'.split(',', 2)", r#"["a", "b,c"]"#),
        ("'abc'.split('', 2)", r#"["a", "bc"]"#),
        ("'aaa'.replace('a', 'b', 2)", r#""bba""#),
        ("' x '.trim() + 'abc'.reverse()", r#""xcba""#),
        (
            "string(1e21) + ' ' + string(0.00001) + ' ' + string(123456789.5)",
            r#""1e+21 1e-05 123456789.5""#,
        ),
    ] {
        assert_eq!(value(text), wanted, "{text}");
    }
    assert_eq!(
        failure("'abc'.substring(2, 1)"),
        super::super::EvalErrorKind::InvalidArgument
    );
}

#[test]
fn facts_are_lent_not_copied() {
    use super::super::{Text, Value};
    let program = super::compile("request.headers['x-a'].trim()").unwrap();
    let request = super::Request::default();
    let value = program.evaluate(&request).unwrap();
    assert!(matches!(value, Value::String(Text::Borrowed("1"))));
}
