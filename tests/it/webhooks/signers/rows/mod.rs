//! What is asked of the packages, and what must come of it, by families of senders.

mod body;
mod enrol;
mod others;
mod stamped;

/// Text that senders sign: not ASCII alone, with an escape, and a number at its end that can be another.
const BODY: &str =
    r#"{"id":"evt_1","type":"order.paid","name":"Zo\u00eb \ud83d\ude42 \/ Zoë","amount":1001}"#;

/// A text secret that is no secret of anybody's.
const TEXT: &str = "a-text-secret-of-32-bytes-length";
const HEX: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// What is asked of a signer, and what must come out.
pub(super) struct Row {
    pub(super) provider: &'static str,
    pub(super) preset: &'static str,
    pub(super) secret: &'static str,
    pub(super) body: fn(i64) -> String,
    /// Another secret of the same form.
    pub(super) wrong: &'static str,
    /// Seconds after which it is too old, and before which it lies too far in the future; 0 if no time is signed.
    pub(super) window: u64,
    /// What its keys are.
    pub(super) keys: Keys,
    /// Further keys of the webhook.
    pub(super) more: &'static str,
}

/// With what a line is verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keys {
    /// As the preset says: secrets, or public keys.
    OfPreset,
    /// Public keys, whatever the preset begins with.
    Public,
    /// A certificate that the sender publishes.
    Certificate,
}

const fn row(provider: &'static str, secret: &'static str, window: u64) -> Row {
    Row {
        provider,
        preset: provider,
        secret,
        body: |_| BODY.to_owned(),
        wrong: "another-text-secret-of-that-size",
        window,
        keys: Keys::OfPreset,
        more: "",
    }
}

/// A secret of 32 bytes in hexadecimal digits, and no time.
const fn hex(provider: &'static str) -> Row {
    Row {
        wrong: "10112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
        ..row(provider, HEX, 0)
    }
}

pub(super) fn rows_of_node() -> Vec<Row> {
    [body::node(), stamped::node(), others::node(), enrol::node()]
        .into_iter()
        .flatten()
        .collect()
}

pub(super) fn rows_of_python() -> Vec<Row> {
    [body::python(), stamped::python(), others::python()]
        .into_iter()
        .flatten()
        .collect()
}
