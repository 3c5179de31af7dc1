//! What is read here is what serde_json reads, but for names that stand twice.

mod usual;

use super::*;
use usual::Usual;

/// Reads a text both ways.
fn read(text: &[u8]) -> Option<Value> {
    let usual = std::str::from_utf8(text).ok().and_then(|text| {
        let Usual(value) = serde_json::from_str(text).ok()?;
        value.is_object().then_some(value)
    });
    let ours = object(text).map(|object| Value::from(&Json::Object(object)));
    assert_eq!(ours, usual, "{}", String::from_utf8_lossy(text));
    usual
}

#[test]
fn strict_reading_agrees_with_the_usual_one() {
    let text = br#"{"a":[1,-2,1.5,1e3,18446744073709551615],"b":{"c":null,"d":"\u00e9"},"e":true}"#;
    let usual: Value = serde_json::from_slice(text).unwrap();
    assert_eq!(read(text), Some(usual));
}

#[test]
fn texts_are_copied_only_when_they_have_escapes() {
    let read = object(br#"{"a":"b\n","c\u0064":"e"}"#).unwrap();
    let [(a, b), (cd, e)] = read.0.as_slice() else {
        panic!("{read:?}")
    };
    assert!(matches!(a, Cow::Borrowed("a")) && matches!(e, Json::Text(Cow::Borrowed("e"))));
    assert!(matches!(cd, Cow::Owned(cd) if cd == "cd"));
    assert!(matches!(b, Json::Text(Cow::Owned(b)) if b == "b\n"));
}

#[test]
fn only_the_outermost_object_is_given_more_room_than_it_needs() {
    let text = format!("{{\"a\":[{}{{}}]}}", "{\"\":0},".repeat(1_000));
    let read = object(text.as_bytes()).unwrap();
    assert_eq!(read.0.capacity(), 16);
    let Some(Json::List(objects)) = read.get("a") else {
        panic!("{read:?}")
    };
    for one in objects {
        assert!(matches!(one, Json::Object(one) if one.0.capacity() <= 4));
    }
}

#[test]
fn what_has_two_readings_is_refused() {
    let deep = "[".repeat(100_000);
    let deep = format!("{{\"a\":{deep}");
    for text in [
        r#"{"a":1,"a":1}"#,
        r#"{"a":1,"\u0061":2}"#,
        r#"{"a":{"b":1,"b":2}}"#,
        r#"{"a":[{"b":1,"b":2}]}"#,
        r#"{} {}"#,
        r#"{"a":1e999}"#,
        r#"{"a":"\ud800"}"#,
        r#"{"a":NaN}"#,
        r#"{"a":1,}"#,
        "{/**/}",
        "\u{feff}{}",
        "[]",
        "\"text\"",
        "null",
        "",
        &deep,
    ] {
        assert_eq!(read(text.as_bytes()), None);
    }
    assert_eq!(read(b"{\"a\":\"\xff\"}"), None);
    assert_eq!(read(b"{\0\"\0a\0\"\0"), None);
}

#[test]
fn name_that_stands_twice_is_seen_among_any_number() {
    for number in 1..=40 {
        let members: Vec<String> = (0..number).map(|at| format!("\"n{at}\":{at}")).collect();
        let whole = format!("{{{}}}", members.join(","));
        assert!(read(whole.as_bytes()).is_some());
        for twin in 0..number {
            let text = whole.replacen('{', &format!("{{\"n{twin}\":true,"), 1);
            assert_eq!(read(text.as_bytes()), None);
        }
    }
}

#[test]
fn depth_ends_where_it_ends_for_everyone() {
    for depth in 1..=140 {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let inner = format!("{}1{}", open.repeat(depth), close.repeat(depth));
            let text = format!("{{\"a\":{inner}}}");
            assert_eq!(read(text.as_bytes()).is_some(), depth < 127, "{depth}");
        }
    }
}

#[test]
fn only_the_wanted_members_are_copied() {
    let read = object(br#"{"b":{"x":[1]},"a":"t","c":null}"#).unwrap();
    let all = read.to_claims(None);
    assert_eq!(all.members().keys().collect::<Vec<_>>(), ["a", "b", "c"]);
    let some = read.to_claims(Some(&["b".into(), "z".into()]));
    assert_eq!(
        Value::from(some.members().clone()),
        serde_json::json!({ "b": { "x": [1] } })
    );
    assert!(read.to_claims(Some(&[])).members().is_empty());
}

#[test]
fn paths_lead_where_they_lead_in_copied_claims() {
    let read = object(br#"{"a":{"b":{"c":[{"d":1}],"":2}},"a.b":3,"t":"x"}"#).unwrap();
    let claims = read.to_claims(None);
    for steps in [
        &["a"][..],
        &["a", "b"],
        &["a", "b", "c"],
        &["a", "b", "c", "d"],
        &["a", "b", "c", "0"],
        &["a", "b", ""],
        &["a", "x"],
        &["a.b"],
        &["t", "x"],
        &["z"],
        &[],
    ] {
        let path = ClaimPath::exact(steps);
        let ours = read.at(&path).map(Value::from);
        assert_eq!(ours.as_ref(), claims.at(&path), "{steps:?}");
    }
}

#[test]
fn text_ends_at_the_first_byte_that_ends_it() {
    for before in 0..20 {
        let plain = "\u{e9}".repeat(before / 2) + &"x".repeat(before % 2);
        for byte in (0..=0x7f_u8)
            .map(char::from)
            .chain(['\u{80}', '\u{2028}', '\u{1f600}'])
        {
            for after in 0..10 {
                let text = format!("{{\"{plain}{byte}{}\":\"{plain}{byte}", "y".repeat(after));
                for end in [
                    "",
                    "\"}",
                    "\\\"\"}",
                    "\\\\\"}",
                    "\\\\\"\"}",
                    "\"}   \t\r\n   ",
                ] {
                    read(format!("{text}{end}").as_bytes());
                }
            }
        }
    }
}

#[test]
fn numbers_of_any_length_are_the_same_numbers() {
    for digits in 1..=25 {
        for digit in ["0", "1", "9"] {
            for (start, end) in [
                ("", ""),
                ("-", ""),
                ("0", ""),
                ("", ".5"),
                ("", "e1"),
                ("", "-"),
                ("", "."),
                ("+", ""),
            ] {
                let number = format!("{start}{}{end}", digit.repeat(digits));
                read(format!("{{\"a\":{number}}}").as_bytes());
                read(format!("{{\"a\":[{number} ,{number}]}}").as_bytes());
            }
        }
    }
    for number in [
        "18446744073709551615",
        "18446744073709551616",
        "9999999999999999999",
        "-9223372036854775808",
    ] {
        assert!(read(format!("{{\"a\":{number}}}").as_bytes()).is_some());
    }
}

/// Pieces that make a reader stumble.
const PIECES: [&str; 40] = [
    "\"",
    "\\",
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    " ",
    "\n",
    "\t",
    "\r",
    "\0",
    "\u{c}",
    "0",
    "1",
    "-",
    "-0",
    "01",
    "1e5",
    "1e400",
    "1E-400",
    ".5",
    "0.5",
    "null",
    "true",
    "nul",
    "\"a\":1,",
    "\"b\":{},",
    "\\u0061",
    "\\ud800",
    "\\ud83d\\ude00",
    "\\u00",
    "\u{e9}",
    "\u{1f600}",
    "18446744073709551616",
    "-9223372036854775809",
    "\u{feff}",
    "\\/",
    "\u{7f}",
];

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(4_000))]

    #[test]
    fn damaged_documents_are_read_as_usual(
        edits in proptest::collection::vec((0_usize..400, 0_usize..6, 0_usize..PIECES.len()), 1..4),
    ) {
        let text = r#"{"iss":"https://idp.example.com","aud":["my-api","b"],"exp":1800000600,
            "iat":-1.5e3,"name":"U \u00e9 \"\\ One","a":{"b":[1,-2,{"c":null}],"d":true},"e":"","f":{},"g":[]}"#;
        let mut bytes = text.as_bytes().to_vec();
        for (at, cut, piece) in edits {
            let at = at % bytes.len();
            let end = bytes.len().min(at + cut);
            bytes.splice(at..end, PIECES[piece].bytes());
        }
        read(&bytes);
    }
}
