//! The grammar: what binds first, and where every node stands.

use super::super::Declarations;
use super::super::parse::{Kind, parse};
use super::value;

#[test]
fn operators_bind_as_the_specification_says() {
    for (text, wanted) in [
        ("1 + 2 * 3", "7"),
        ("(1 + 2) * 3", "9"),
        ("10 - 3 - 2", "5"),
        ("100 / 10 / 2 * 3", "15"),
        ("7 % 4 * 2", "6"),
        ("!true || true", "true"),
        ("true || false && false", "true"),
        ("1 + 1 == 2 && 2 < 3", "true"),
        ("true ? (false ? 1 : 2) : 3", "2"),
        ("false ? 1 : true ? 2 : 3", "2"),
        ("-1 - -1", "0"),
        ("- 9223372036854775808", "-9223372036854775808"),
        ("!!true", "true"),
        ("1 in [1] == true", "true"),
        ("[1, 2,][1]", "2"),
        ("1 // a remark\n + 1", "2"),
        ("{'in': 1}['in']", "1"),
        ("{'for': 1}.for", "1"),
    ] {
        assert_eq!(value(text), wanted, "{text}");
    }
}

#[test]
fn chains_of_logic_are_one_node() {
    let expr = parse("a && b && c && d").unwrap();
    assert!(matches!(expr.kind, Kind::And(operands) if operands.len() == 4));
}

#[test]
fn every_node_knows_its_place() {
    let text = "a.b(c)[ 1 ] == ( d + 2 )";
    let Kind::Binary(_, left, right) = parse(text).unwrap().kind else {
        panic!()
    };
    assert_eq!(text.get(left.extent.range()), Some("a.b(c)[ 1 ]"));
    assert_eq!(text.get(right.extent.range()), Some("( d + 2 )"));
    let Kind::Index(operand, key) = left.kind else {
        panic!()
    };
    assert_eq!(text.get(operand.extent.range()), Some("a.b(c)"));
    assert_eq!(text.get(key.extent.range()), Some("1"));
}

#[test]
fn constants_are_worked_out_at_load() {
    use super::super::program::Node;
    for text in [
        "1 + 2 * 3",
        "cidr('10.0.0.0/8')",
        "size([1, 'a'])",
        "timestamp('2026-01-01T00:00:00Z')",
    ] {
        let program = super::Program::compile(text, &Declarations::new()).unwrap();
        assert!(matches!(program.root.node, Node::Constant(_)), "{text}");
    }
    let program = super::Program::compile("1 / 0 == 1 || true", &Declarations::new()).unwrap();
    assert_eq!(program.holds(&()), Ok(true));
}
