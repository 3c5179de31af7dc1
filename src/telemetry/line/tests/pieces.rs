//! The pieces of a line, one by one.

use super::*;

/// Every character of one byte and some of more, at every place around what is looked at together,
/// read back by a reader of JSON.
#[test]
fn every_byte_comes_back_from_every_place() {
    let characters = (0..0x100_u32).filter_map(char::from_u32);
    for character in characters.chain(['\u{2028}', '\u{feff}', '\u{10ffff}']) {
        for length in [0, 1, 3, 7, 8, 15, 16, 31] {
            let text = format!(
                "{}{character}{}",
                "x".repeat(length),
                "y".repeat(length % 5)
            );
            let mut json = Vec::new();
            Line::<true>(&mut json).text(name!("text"), &text);
            let json = String::from_utf8(json).unwrap();
            let read: Map<String, Value> =
                serde_json::from_str(&format!("{{{}}}", json.strip_prefix(',').unwrap())).unwrap();
            assert_eq!(read["text"], text);
        }
    }
}

#[test]
fn every_octet_is_written_as_ever() {
    for octet in 0..=u8::MAX {
        let address = IpAddr::from([octet, 0, !octet, octet]);
        let mut out = Vec::new();
        number::address(address, &mut out);
        assert_eq!(String::from_utf8(out).unwrap(), address.to_string());
    }
}

#[test]
fn time_goes_on_at_the_turn_of_a_second_a_day_and_a_year_and_back() {
    let mut stamp = Stamp::default();
    for (millis, written) in [
        (1_767_225_599_999, "2025-12-31T23:59:59.999Z"),
        (1_767_225_600_000, "2026-01-01T00:00:00.000Z"),
        (1_767_225_600_001, "2026-01-01T00:00:00.001Z"),
        (1_767_225_599_998, "2025-12-31T23:59:59.998Z"),
        (0, "1970-01-01T00:00:00.000Z"),
        (1_767_225_660_000, "2026-01-01T00:01:00.000Z"),
    ] {
        let mut out = Vec::new();
        stamp.write(UNIX_EPOCH + Duration::from_millis(millis), &mut out);
        assert_eq!(String::from_utf8(out).unwrap(), written);
    }
}

#[test]
fn request_that_was_not_read_has_an_empty_host_and_path() {
    let method = Method::from_bytes(b"-").unwrap();
    let mut fields = RequestFields::begin(plain(LogFormat::Text), Vec::new(), &method);
    fields.unread([192, 0, 2, 1].into());
    assert_eq!(
        fields.asked(),
        b" method=- host=\"\" path=\"\" client=192.0.2.1"
    );
    assert_eq!(fields.id(), b"");
}
