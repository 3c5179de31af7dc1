//! Whether a connection outlasts a message.

use http::header::CONNECTION;

use crate::model::Fields;

/// What `Connection` says about the time after this message (RFC 9112 section 9.3).
pub(super) fn is_persistent(fields: &Fields, http10: bool) -> bool {
    let mut persistent = !http10;
    for value in fields.get_all(&CONNECTION) {
        // What nearly all say that say something.
        if value.eq_ignore_ascii_case(b"keep-alive") {
            persistent = true;
            continue;
        }
        for option in value.split(|byte| *byte == b',') {
            let option = option.trim_ascii();
            if option.eq_ignore_ascii_case(b"close") {
                return false;
            }
            persistent |= option.eq_ignore_ascii_case(b"keep-alive");
        }
    }
    persistent
}
