//! base64url without padding (RFC 7515 section 2, RFC 4648 section 5), with one spelling for each value.

/// Set where a character has no value; the bits of four characters are 24.
const INVALID: u32 = 1 << 31;

/// What each character adds to the bytes of four, at each of its four places. The first byte is the
/// lowest.
static PLACES: [[u32; 256]; 4] = [table(18), table(12), table(6), table(0)];

const fn table(shift: u32) -> [u32; 256] {
    let mut table = [INVALID; 256];
    let mut rest: &mut [u32] = &mut table;
    let mut character = 0_u8;
    while let Some((entry, more)) = rest.split_first_mut() {
        if let Some(value) = value(character) {
            *entry = ((value as u32) << 8 << shift).swap_bytes();
        }
        character = character.wrapping_add(1);
        rest = more;
    }
    table
}

const fn value(character: u8) -> Option<u8> {
    match character {
        b'A'..=b'Z' => Some(character - b'A'),
        b'a'..=b'z' => Some(character - b'a' + 26),
        b'0'..=b'9' => Some(character - b'0' + 52),
        b'-' => Some(62),
        b'_' => Some(63),
        _ => None,
    }
}

/// Decodes a text to the start of `room`, which must have three bytes for each four characters; nothing
/// for any other text than the one that its bytes are encoded to.
pub(super) fn decode<'r>(text: &str, room: &'r mut [u8]) -> Option<&'r [u8]> {
    let (quads, rest) = text.as_bytes().as_chunks::<4>();
    let more = match rest.len() {
        0 => 0,
        1 => return None,
        characters => characters - 1,
    };
    let out = room.get_mut(..quads.len() * 3 + more)?;
    let (triples, tail) = out.as_chunks_mut::<3>();
    let mut all = 0;
    for (quad, triple) in quads.iter().zip(triples) {
        let bits = bits(*quad);
        all |= bits;
        let [bytes @ .., _] = bits.to_le_bytes();
        *triple = bytes;
    }
    let mut last = [b'A'; 4];
    last.iter_mut()
        .zip(rest)
        .for_each(|(at, character)| *at = *character);
    let bits = bits(last);
    all |= bits;
    let [bytes @ .., _] = bits.to_le_bytes();
    tail.iter_mut().zip(bytes).for_each(|(at, byte)| *at = byte);
    // Bits that belong to no byte would make a second spelling.
    let unused = bytes.iter().skip(more).any(|byte| *byte != 0);
    (all < INVALID && !unused).then_some(out)
}

fn bits(quad: [u8; 4]) -> u32 {
    let [a, b, c, d] = &PLACES;
    let at = |table: &[u32; 256], character: u8| {
        let entry = table.get(usize::from(character));
        entry.copied().unwrap_or(INVALID)
    };
    let [first, second, third, fourth] = quad;
    at(a, first) | at(b, second) | at(c, third) | at(d, fourth)
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;

    fn agrees(text: &str) {
        let mut room = vec![0; text.len()];
        let wanted = URL_SAFE_NO_PAD.decode(text).ok();
        assert_eq!(decode(text, &mut room), wanted.as_deref(), "{text}");
    }

    #[test]
    fn every_character_at_every_place_reads_as_elsewhere() {
        for length in 0..=9 {
            for at in 0..length {
                for character in (0..=127_u8).map(char::from).chain(['\u{e9}', '\u{ff}']) {
                    for fill in ['A', 'z', '_'] {
                        let text =
                            (0..length).map(|place| if place == at { character } else { fill });
                        agrees(&text.collect::<String>());
                    }
                }
            }
        }
    }

    #[test]
    fn padding_and_other_alphabets_are_refused() {
        for text in [
            "=", "AA==", "AAA=", "AA=", "AAAA=", "A=AA", "++++", "////", "AA AA", "AA\nAA", "AAAA ",
        ] {
            assert_eq!(decode(text, &mut [0; 16]), None, "{text}");
            agrees(text);
        }
    }

    #[test]
    fn room_that_is_too_small_is_not_written_beyond() {
        assert_eq!(decode("AAAAAA", &mut [0; 3]), None);
        assert_eq!(decode("AAAAAA", &mut [1; 4]), Some(&[0; 4][..]));
    }

    proptest::proptest! {
        #[test]
        fn any_text_reads_as_elsewhere(text in "[A-Za-z0-9_-]{0,80}[A-Za-z0-9_=+/.-]{0,4}") {
            agrees(&text);
        }

        #[test]
        fn any_bytes_come_back(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            agrees(&URL_SAFE_NO_PAD.encode(bytes));
        }
    }
}
