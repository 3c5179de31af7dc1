//! Numbers, times and addresses in digits.

use std::io::Write;
use std::net::IpAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How a second is written: `2026-11-22T01:05:36`.
const SECOND: usize = 19;

/// Writes times as RFC 3339 does, in UTC, to the millisecond. It remembers the last second, which
/// thousands of records share.
#[derive(Debug, Default)]
pub(in crate::telemetry) struct Stamp {
    second: u64,
    /// That second, written. Nothing when none can be shared.
    text: Option<[u8; SECOND]>,
}

impl Stamp {
    /// A time beyond the calendar becomes 1970.
    pub(super) fn write(&mut self, time: SystemTime, out: &mut Vec<u8>) {
        if let Ok(since) = time.duration_since(UNIX_EPOCH)
            && let Some(text) = self.of(since.as_secs())
        {
            out.extend_from_slice(text);
            let [hundreds, tens, ones] = three(since.subsec_millis());
            out.extend_from_slice(&[b'.', hundreds, tens, ones, b'Z']);
            return;
        }
        let time = jiff::Timestamp::try_from(time).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        // Writing to memory does not fail.
        let _ = write!(out, "{time:.3}");
    }

    fn of(&mut self, second: u64) -> Option<&[u8; SECOND]> {
        if self.second != second || self.text.is_none() {
            self.second = second;
            self.text = spelled(second);
        }
        self.text.as_ref()
    }
}

#[cold]
fn spelled(second: u64) -> Option<[u8; SECOND]> {
    let time = jiff::Timestamp::from_second(i64::try_from(second).ok()?).ok()?;
    let text = time.to_string();
    text.strip_suffix('Z')?.as_bytes().try_into().ok()
}

/// Writes a duration in milliseconds to the microsecond.
pub(super) fn milliseconds(duration: Duration, out: &mut Vec<u8>) {
    let micros = duration.subsec_micros();
    let whole = duration.as_secs().saturating_mul(1000);
    decimal(whole.saturating_add(u64::from(micros / 1000)), out);
    let [hundreds, tens, ones] = three(micros % 1000);
    out.extend_from_slice(&[b'.', hundreds, tens, ones]);
}

/// Writes how many whole seconds lie between two moments; below zero where the first is the later.
pub(super) fn seconds_since(before: SystemTime, now: SystemTime, out: &mut Vec<u8>) {
    match now.duration_since(before) {
        Ok(age) => decimal(age.as_secs(), out),
        Err(ahead) => {
            if ahead.duration().as_secs() > 0 {
                out.push(b'-');
            }
            decimal(ahead.duration().as_secs(), out);
        }
    }
}

/// Writes a status: three digits, unless it is none of HTTP's.
pub(super) fn status(status: u16, out: &mut Vec<u8>) {
    match status {
        100..1000 => out.extend_from_slice(&three(status.into())),
        _ => decimal(status.into(), out),
    }
}

/// Writes a whole number.
pub(super) fn decimal(number: u64, out: &mut Vec<u8>) {
    if let Ok(number) = u8::try_from(number) {
        return small(number, out);
    }
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

/// Numbers of up to three digits, each followed by how many it has.
static SMALL: [[u8; 4]; 256] = {
    let mut all = [[0; 4]; 256];
    let mut rest = all.as_mut_slice();
    let mut number = 0;
    while let [place, behind @ ..] = rest {
        let [hundreds, tens, ones] = three(number);
        *place = match number {
            0..10 => [ones, 0, 0, 1],
            10..100 => [tens, ones, 0, 2],
            _ => [hundreds, tens, ones, 3],
        };
        number += 1;
        rest = behind;
    }
    all
};

#[inline]
fn small(number: u8, out: &mut Vec<u8>) {
    let written = SMALL.get(usize::from(number));
    let [first, second, third, length] = *written.unwrap_or(&[0; 4]);
    let before = out.len();
    // All three at once, because how many are copied is then known beforehand.
    out.extend_from_slice(&[first, second, third]);
    out.truncate(before + usize::from(length));
}

/// The last three digits of a number.
const fn three(number: u32) -> [u8; 3] {
    [
        b'0' + (number / 100 % 10) as u8,
        b'0' + (number / 10 % 10) as u8,
        b'0' + (number % 10) as u8,
    ]
}
