//! What the crate `http` makes of the same lines.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

/// The crate `http` as the other opinion on what a field is.
fn by_the_crate(lines: &[Vec<u8>]) -> Option<HeaderMap> {
    let mut map = HeaderMap::new();
    for line in lines {
        let colon = line.iter().position(|byte| *byte == b':')?;
        let (name, rest) = line.split_at(colon);
        let value = field::trimmed(&rest[1..]);
        map.append(
            HeaderName::from_bytes(name).ok()?,
            HeaderValue::from_bytes(value).ok()?,
        );
    }
    Some(map)
}

#[test]
fn every_byte_means_what_it_means_to_the_crate_http() {
    for byte in 0..=u8::MAX {
        for line in [
            vec![byte, b':', b' ', b'v'],
            vec![b'n', byte, b':', b' ', b'v'],
            vec![b'n', byte, b'm', b':', b'v'],
            vec![b'n', b':', byte, b'v'],
            vec![b'n', b':', b' ', byte],
            vec![b'n', b':', b' ', b'v', byte, b'w'],
            vec![b'n', b':', b' ', b'v', byte],
        ] {
            let ours = read(&[&line]).ok();
            let theirs = by_the_crate(std::slice::from_ref(&line));
            assert_eq!(ours.map(|fields| fields.to_map()), theirs, "{line:?}");
        }
    }
}

fn line() -> impl Strategy<Value = Vec<u8>> {
    let any_line = vec(
        prop::sample::select(b"aA-_~ \t::\r\0\x7f\x80\xe9zZ9;,\"".to_vec()),
        0..12,
    );
    let good = (
        "[a-zA-Z0-9_-]{1,70}",
        ":[ \t]{0,2}",
        "[!-~]{0,200}[ \t]{0,2}",
    );
    let good = good.prop_map(|(name, colon, value)| [name, colon, value].concat().into_bytes());
    prop_oneof![1 => any_line, 9 => good]
}

proptest! {
    #[test]
    fn heads_mean_what_they_mean_to_the_crate_http(lines in vec(line(), 0..8)) {
        let parts: Vec<&[u8]> = lines.iter().map(Vec::as_slice).collect();
        let ours = read(&parts).ok();
        let theirs = by_the_crate(&lines);
        prop_assert_eq!(ours.is_some(), theirs.is_some());
        if let (Some(ours), Some(theirs)) = (ours, theirs) {
            for name in theirs.keys() {
                let wanted: Vec<&[u8]> = theirs.get_all(name).iter().map(HeaderValue::as_bytes).collect();
                prop_assert_eq!(ours.get_all(name).collect::<Vec<_>>(), wanted);
            }
            prop_assert_eq!(ours.len(), theirs.len());
            prop_assert_eq!(&Fields::from(&theirs), &ours);
            let mut left = ours.clone();
            for name in theirs.keys() {
                left.remove(name);
                prop_assert!(!left.contains(name));
            }
            prop_assert!(left.is_empty());
            let pieces: Vec<&[u8]> = ours.pieces().collect();
            let whole: Vec<&[u8]> = ours.iter().map(Field::line).collect();
            prop_assert_eq!(pieces.concat(), whole.concat());
            // What is written is read as it was.
            let written: Vec<&[u8]> = ours.iter().map(|field| &field.line()[..field.line().len() - 2]).collect();
            prop_assert_eq!(&read(&written).unwrap(), &ours);
        }
    }
}
