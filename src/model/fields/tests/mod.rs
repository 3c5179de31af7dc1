mod opinion;

use bytes::BytesMut;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::*;

/// Reads lines, as a head has them.
fn read(lines: &[&[u8]]) -> Result<Fields, FieldError> {
    let mut head = BytesMut::from(&b"GET / HTTP/1.1\r\n"[..]);
    let mut ranges = Vec::new();
    for line in lines {
        let start = head.len();
        head.extend_from_slice(line);
        ranges.push(start..head.len());
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"\r\n");
    Fields::read(head, ranges.into_iter())
}

fn values<'f>(fields: &'f Fields, name: &str) -> Vec<&'f str> {
    let values = fields.get_all(name);
    values.map(|value| ascii(value).unwrap()).collect()
}

fn lines(fields: &Fields) -> String {
    let lines: Vec<&[u8]> = fields.iter().map(Field::line).collect();
    String::from_utf8_lossy(&lines.concat()).into_owned()
}

fn name(text: &'static str) -> HeaderName {
    HeaderName::from_static(text)
}

fn value(text: &'static str) -> HeaderValue {
    HeaderValue::from_static(text)
}

#[test]
fn value_is_what_stands_between_the_spaces() {
    for (line, expected) in [
        ("a:b", "b"),
        ("a: b", "b"),
        ("a: \t b c \t", "b c"),
        ("a:", ""),
        ("a: ", ""),
        ("a:  ", ""),
        ("a::", ":"),
        ("a: b ", "b"),
        ("a: \tb", "b"),
        ("A:\u{e9}", "\u{e9}"),
        ("A: b\tc", "b\tc"),
    ] {
        let fields = read(&[line.as_bytes()]).unwrap();
        assert_eq!(fields.get("a"), Some(expected.as_bytes()), "{line:?}");
        assert_eq!(lines(&fields), format!("a: {expected}\r\n"), "{line:?}");
    }
}

#[test]
fn what_is_no_field_is_refused() {
    for line in [
        "a",
        "",
        "a b: c",
        "a : b",
        " a: b",
        "\ta: b",
        ": b",
        "a\u{e9}: b",
        "a(: b",
        "a: b\rc",
        "a: b\r",
        "a: \r",
        "a: \0",
        "a: b\nc: d",
        "a: \u{7f}",
        "a: \u{1}",
        "a\0: b",
        "\"a\": b",
        "a\r: b",
    ] {
        for whole in [&[line.as_bytes()][..], &[b"x: 1", line.as_bytes(), b"y: 2"]] {
            assert!(read(whole).is_err(), "{line:?}");
        }
    }
}

#[test]
fn name_is_no_longer_than_a_map_can_hold() {
    let longest = "n".repeat(usize::from(u16::MAX));
    let fields = read(&[format!("{longest}: 1").as_bytes()]).unwrap();
    assert_eq!(fields.to_map().len(), 1);
    let longer = read(&[format!("{longest}n: 1").as_bytes()]);
    assert!(matches!(longer, Err(FieldError::Name)));
}

#[test]
fn what_stands_before_the_fields_is_none_of_theirs() {
    let mut head = BytesMut::from(&b"\0A B\r\nC: d\r\n\r\n"[..]);
    let fields = Fields::read(head.split(), std::iter::once(6..10)).unwrap();
    assert_eq!(lines(&fields), "c: d\r\n");
    assert_eq!(&fields.received()[..], b"\0A B\r\nc: d\r\n\r\n");
}

#[test]
fn fields_are_found_added_and_taken_out() {
    let mut fields = read(&[b"Host: x", b"A: 1", b"B:2", b"a: 3", b"Other-Name: o"]).unwrap();
    assert_eq!(fields.len(), 5);
    assert_eq!(values(&fields, "a"), ["1", "3"]);
    assert_eq!(fields.get_all("a").next_back(), Some(&b"3"[..]));
    assert_eq!(values(&fields, "A"), [""; 0]);
    assert!(fields.contains("b") && !fields.contains("c") && !fields.contains("other_name"));
    fields.append(&name("a"), &value("4"));
    fields.append(&name("c"), &value(" 5\t"));
    assert_eq!(values(&fields, "a"), ["1", "3", "4"]);
    fields.set(&name("b"), &value("six"));
    fields.remove("host");
    assert_eq!(
        lines(&fields),
        "a: 1\r\na: 3\r\nother-name: o\r\na: 4\r\nc: 5\r\nb: six\r\n"
    );
    fields.retain(|field| field.name() == b"b" || field.value() == b"3");
    assert_eq!(lines(&fields), "a: 3\r\nb: six\r\n");
    fields.remove("a");
    fields.remove("b");
    assert!(fields.is_empty() && fields.get("b").is_none());
}

#[test]
fn field_is_revised_in_its_place() {
    let mut fields = read(&[b"A: 1", b"B:2", b"C: 3", b"D: 4"]).unwrap();
    fields.revise(|field| match field.name() {
        b"a" => Rest::Part(b"one ".to_vec()),
        b"b" => Rest::Whole,
        b"c" => Rest::Part(b"x\r\nevil: 1".to_vec()),
        _ => Rest::Nothing,
    });
    assert_eq!(lines(&fields), "a: one\r\nb: 2\r\n");
}

#[test]
fn pieces_are_all_lines_in_order() {
    let mut fields = read(&[b"A: 1", b"B: 2", b"C:3", b"D: 4", b"E: 5", b"F: 6"]).unwrap();
    fields.remove("e");
    fields.extend(&Fields::of(&[("g", "7"), ("h", "8")]));
    let pieces: Vec<&[u8]> = fields.pieces().collect();
    let wanted = [
        &b"a: 1\r\nb: 2\r\n"[..],
        b"c: 3\r\n",
        b"d: 4\r\n",
        b"f: 6\r\n",
        b"g: 7\r\nh: 8\r\n",
    ];
    assert_eq!(pieces, wanted);
    assert_eq!(pieces.concat(), lines(&fields).into_bytes());
    assert_eq!(Fields::new().pieces().count(), 0);
}

#[test]
fn lines_that_only_seem_to_adjoin_are_two_pieces() {
    let mut fields = read(&[b"A: 1"]).unwrap();
    // As long as what was received up to the end of `a`, so that `y` begins where that ends.
    fields.append(&name("x"), &value("-----------------"));
    fields.append(&name("y"), &value("2"));
    fields.remove("x");
    let pieces: Vec<&[u8]> = fields.pieces().collect();
    assert_eq!(pieces, [&b"a: 1\r\n"[..], b"y: 2\r\n"]);
}

#[test]
fn values_that_are_kept_outlive_their_message() {
    let fields = read(&[b"A: 1", b"B:2", b"C:"]).unwrap();
    let kept = ["a", "b", "c"].map(|name| fields.value(name).unwrap());
    drop(fields);
    assert_eq!(kept, ["1", "2", ""]);
}

#[test]
fn next_message_finds_nothing_of_the_last() {
    let mut first = read(&[b"A: 1", b"B:2"]).unwrap();
    first.append(&name("secret"), &value("x"));
    drop(first);
    let second = read(&[b"C:3"]).unwrap();
    assert_eq!(lines(&second), "c: 3\r\n");
    let mut third = Fields::new();
    third.append(&name("d"), &value("4"));
    assert_eq!(lines(&third), "d: 4\r\n");
}

#[test]
fn what_no_table_may_keep_is_still_marked_when_sent_on() {
    let mut secret = value("x");
    secret.set_sensitive(true);
    let mut map = HeaderMap::new();
    map.insert("a", secret);
    map.insert("b", value("y"));
    let fields = Fields::from(&map);
    let mut revised = fields.clone();
    revised.revise(|_| Rest::Part(b"less".to_vec()));
    let mut extended = Fields::new();
    extended.extend(&fields);
    for fields in [fields, revised, extended] {
        let map = fields.to_map();
        assert!(map["a"].is_sensitive() && !map["b"].is_sensitive());
    }
}

#[test]
fn printing_shows_no_value() {
    let fields = read(&[b"Authorization: Bearer secret"]).unwrap();
    assert_eq!(format!("{fields:?}"), "[authorization]");
}

impl Fields {
    /// These fields, for tests of any room.
    pub(crate) fn of<V: AsRef<[u8]>>(pairs: &[(&str, V)]) -> Self {
        let mut fields = Self::new();
        for (name, value) in pairs {
            fields.append(
                &HeaderName::try_from(*name).unwrap(),
                &HeaderValue::from_bytes(value.as_ref()).unwrap(),
            );
        }
        fields
    }
}

/// Two heads are equal when they say the same of each name; the order across names means nothing.
impl PartialEq for Fields {
    fn eq(&self, other: &Self) -> bool {
        self.to_map() == other.to_map()
    }
}
