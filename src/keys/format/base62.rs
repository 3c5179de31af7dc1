//! Digits `0-9A-Za-z`: which bytes they are, numbers in them, and random ones.

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// How many digits a checksum has: 62^6 is more than 2^32.
pub(super) const CHECKSUM: usize = 6;

/// The first random byte that would make some digits likelier than others: 4 * 62.
const UNEVEN: u8 = 248;

/// Whether every byte is a digit.
pub(super) fn is_all_digits(text: &[u8]) -> bool {
    text.iter().all(u8::is_ascii_alphanumeric)
}

/// A number in six digits, the most significant first.
pub(super) fn checksum(mut number: u32) -> [u8; CHECKSUM] {
    let mut digits = [b'0'; CHECKSUM];
    for place in digits.iter_mut().rev() {
        *place = digit(number % 62);
        number /= 62;
    }
    digits
}

/// Puts `count` random digits, each as likely as any other. Fails when the system has no randomness.
pub(super) fn put_random(
    text: &mut Vec<u8>,
    count: usize,
) -> Result<(), aws_lc_rs::error::Unspecified> {
    let end = text.len() + count;
    let mut random = zeroize::Zeroizing::new([0_u8; 64]);
    while text.len() < end {
        aws_lc_rs::rand::fill(random.as_mut_slice())?;
        // A byte beyond the last multiple of 62 is drawn anew.
        let even = random.iter().filter(|byte| **byte < UNEVEN);
        let wanted = end - text.len();
        text.extend(even.take(wanted).map(|byte| digit((*byte).into())));
    }
    Ok(())
}

/// The digit of a number, by its remainder.
fn digit(number: u32) -> u8 {
    DIGITS.get((number % 62) as usize).copied().unwrap_or(b'0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn number_has_six_digits_and_no_other_number_has_them() {
        assert_eq!(&checksum(0), b"000000");
        assert_eq!(&checksum(61), b"00000z");
        assert_eq!(&checksum(62), b"000010");
        assert_eq!(&checksum(u32::MAX), b"4gfFC3");
    }

    #[test]
    fn random_digits_are_equally_likely() {
        let mut text = Vec::new();
        put_random(&mut text, 62 * 2_000).unwrap();
        assert_eq!(text.len(), 62 * 2_000);
        for digit in DIGITS {
            let count = text.iter().filter(|byte| *byte == digit).count();
            // 2,000 with a standard deviation of 45: six of them.
            assert!((1_730..2_270).contains(&count), "{digit}: {count}");
        }
    }
}
