//! Points of edwards25519 that are no public keys.

/// The prime of the field, 2^255 - 19, with the least significant byte first.
const PRIME: [u8; 32] = {
    let mut prime = [0xff; 32];
    prime[0] = 0xed;
    prime[31] = 0x7f;
    prime
};

/// One of the two `y` of the points of order eight (least significant byte first); the other is its negative.
const OF_ORDER_EIGHT: [[u8; 32]; 2] = [
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98,
        0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53,
        0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67,
        0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac,
        0x03, 0x7a,
    ],
];

/// Whether a signature means something under this key: the encoding is the point's only one (RFC 8032 section
/// 5.1.3), and the point is not one of the eight with which a signature fits many messages.
pub(super) fn is_sound(key: &[u8; 32]) -> bool {
    let y = without_sign(key);
    is_canonical(&y) && !is_of_small_order(&y)
}

/// The top bit is the sign of `x`.
fn without_sign(key: &[u8; 32]) -> [u8; 32] {
    let mut y = *key;
    if let Some(last) = y.last_mut() {
        *last &= 0x7f;
    }
    y
}

fn is_canonical(y: &[u8; 32]) -> bool {
    y.iter().rev().lt(PRIME.iter().rev())
}

fn is_of_small_order(y: &[u8; 32]) -> bool {
    let small = |first: u8| y.first() == Some(&first) && y.iter().skip(1).all(|byte| *byte == 0);
    let mut minus_one = PRIME;
    if let Some(first) = minus_one.first_mut() {
        *first -= 1;
    }
    small(0) || small(1) || *y == minus_one || OF_ORDER_EIGHT.contains(y)
}
