//! Numbers, times and addresses in digits.

use std::io::Write;
use std::net::IpAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Writes times as RFC 3339 does, in UTC, to the millisecond. It remembers the last second, which
/// thousands of records share.
#[derive(Debug, Default)]
pub(in crate::telemetry) struct Stamp {
    second: u64,
    /// That second without its end: `2026-11-22T01:05:36`. Empty when none can be shared.
    text: String,
}

impl Stamp {
    /// A time beyond the calendar becomes 1970.
    pub(super) fn write(&mut self, time: SystemTime, out: &mut Vec<u8>) {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        if self.second != since.as_secs() || self.text.is_empty() {
            self.renew(since.as_secs());
        }
        if time < UNIX_EPOCH || self.text.is_empty() {
            let time = jiff::Timestamp::try_from(time).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
            // Writing to memory does not fail.
            let _ = write!(out, "{time:.3}");
            return;
        }
        out.extend_from_slice(self.text.as_bytes());
        let [hundreds, tens, ones] = three(since.subsec_millis());
        out.extend_from_slice(&[b'.', hundreds, tens, ones, b'Z']);
    }

    fn renew(&mut self, second: u64) {
        self.second = second;
        self.text.clear();
        let time = i64::try_from(second).map(jiff::Timestamp::from_second);
        if let Ok(Ok(time)) = time {
            self.text = time.to_string();
            // The `Z`.
            self.text.pop();
        }
    }
}

/// Writes a duration in milliseconds to the microsecond.
pub(super) fn milliseconds(duration: Duration, out: &mut Vec<u8>) {
    let micros = duration.subsec_micros();
    let whole = duration.as_secs().saturating_mul(1000);
    decimal(whole.saturating_add(u64::from(micros / 1000)), out);
    let [hundreds, tens, ones] = three(micros % 1000);
    out.extend_from_slice(&[b'.', hundreds, tens, ones]);
}

/// Writes a status: three digits, unless it is none of HTTP's.
pub(super) fn status(status: u16, out: &mut Vec<u8>) {
    match status {
        100..1000 => out.extend_from_slice(&three(status.into())),
        _ => decimal(status.into(), out),
    }
}

/// Writes a whole number.
fn decimal(number: u64, out: &mut Vec<u8>) {
    let mut digits = [0; 20];
    let (mut rest, mut unused) = (number, digits.len());
    for place in digits.iter_mut().rev() {
        *place = b'0' + (rest % 10) as u8;
        rest /= 10;
        unused -= 1;
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(digits.get(unused..).unwrap_or_default());
}

fn small(number: u8, out: &mut Vec<u8>) {
    if number < 10 {
        out.push(b'0' + number);
        return;
    }
    let [hundreds, tens, ones] = three(number.into());
    if number < 100 {
        out.extend_from_slice(&[tens, ones]);
    } else {
        out.extend_from_slice(&[hundreds, tens, ones]);
    }
}

/// Writes an address as it is usually written (RFC 5952 for IPv6).
pub(super) fn address(address: IpAddr, out: &mut Vec<u8>) {
    match address {
        IpAddr::V4(address) => {
            let [first, rest @ ..] = address.octets();
            small(first, out);
            for octet in rest {
                out.push(b'.');
                small(octet, out);
            }
        }
        IpAddr::V6(address) => {
            // Writing to memory does not fail.
            let _ = write!(out, "{address}");
        }
    }
}

/// The last three digits of a number.
fn three(number: u32) -> [u8; 3] {
    [number / 100, number / 10, number].map(|number| b'0' + (number % 10) as u8)
}
