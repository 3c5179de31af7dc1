//! `Date`, written once a second.

use std::cell::RefCell;
use std::time::{SystemTime, UNIX_EPOCH};

use http::HeaderValue;

thread_local! {
    static WRITTEN: RefCell<(u64, HeaderValue)> = const { RefCell::new((0, HeaderValue::from_static("Thu, 01 Jan 1970 00:00:00 GMT"))) };
}

/// A moment as `Date` says it (RFC 9110 section 5.6.7), to the second.
pub fn date(now: SystemTime) -> HeaderValue {
    let second = now
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    WRITTEN.with_borrow_mut(|(at, text)| {
        if *at != second {
            *at = second;
            // A date is always a fit value.
            if let Ok(value) = HeaderValue::try_from(httpdate::fmt_http_date(now)) {
                *text = value;
            }
        }
        text.clone()
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn date_follows_the_moment() {
        for (second, text) in [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (784_111_776, "Sun, 06 Nov 1994 08:49:36 GMT"),
        ] {
            assert_eq!(date(UNIX_EPOCH + Duration::from_secs(second)), text);
        }
    }
}
