//! What records may be made of.

use proptest::collection::vec;
use proptest::option;

use super::*;

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-z0-9/._-]{0,40}",
        2 => "[ -~]{0,40}",
        2 => any::<String>(),
        1 => "[\u{0}-\u{a0}\u{2000}-\u{2070}\u{feff}]{0,20}",
        1 => (2030..2070_usize, "[a\"é\u{2028}]{0,9}").prop_map(|(length, end)| "x".repeat(length) + &end),
    ]
}

/// Every character that a method may have (RFC 9110 section 5.6.2), and methods that are too long.
fn method() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[!#$%&'*+.^_`|~0-9a-zA-Z-]{1,20}",
        1 => (2040..2060_usize).prop_map(|length| "X".repeat(length)),
    ]
}

fn time() -> impl Strategy<Value = SystemTime> {
    let nanos = 0..1_000_000_000_u32;
    let seconds = prop_oneof![
        1_700_000_000..1_700_000_003_u64,
        0..3_u64,
        253_402_207_190..253_402_207_210_u64,
        any::<u32>().prop_map(u64::from)
    ];
    (seconds, nanos, 0..10_u8).prop_map(|(seconds, nanos, before)| {
        let since = Duration::new(seconds, nanos);
        if before == 0 {
            UNIX_EPOCH.checked_sub(since).unwrap()
        } else {
            UNIX_EPOCH + since
        }
    })
}

/// What a record says besides its texts: the time, whether it allows, the reason's index, the status,
/// the client, the port, the duration.
pub(super) type Rest = (
    SystemTime,
    bool,
    Option<usize>,
    u16,
    IpAddr,
    Option<u16>,
    Duration,
);

/// The texts that every record has, those that it may have, and the rest.
pub(super) fn parts() -> impl Strategy<Value = (Vec<String>, Vec<Option<String>>, Rest)> {
    let rest = (
        time(),
        any::<bool>(),
        option::of(0..Reason::ALL.len()),
        any::<u16>(),
        any::<IpAddr>(),
        option::of(any::<u16>()),
        any::<(u32, u32)>().prop_map(|(seconds, nanos)| {
            Duration::new(seconds.into(), nanos % 1_000_000_000) / 1000
        }),
    );
    let texts = (method(), vec(text(), 6)).prop_map(|(method, mut texts)| {
        texts.insert(0, method);
        texts
    });
    (texts, vec(option::of(text()), 8), rest)
}
