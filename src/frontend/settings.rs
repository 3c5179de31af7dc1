//! What the process file says about the way in.

use crate::document::Fields;

use super::TrustedProxies;
use crate::listener::Limits;

/// The settings of the front doors.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Whose forwarding headers are believed.
    pub trusted: TrustedProxies,
    /// Which forwarding headers the upstream gets.
    pub forwarded: ForwardedStyle,
    /// Bounds.
    pub limits: Limits,
}

impl Settings {
    /// Reads the keys `trusted_proxies` and `forwarded_headers` at the top of the process file. The
    /// limits come from the section `limits`, which the listener reads.
    pub fn read(fields: &mut Fields<'_>, limits: Limits) -> Self {
        let words = [
            ("x-forwarded", ForwardedStyle::XForwarded),
            ("forwarded", ForwardedStyle::Both),
        ];
        Self {
            trusted: fields.or("trusted_proxies", TrustedProxies::default()),
            forwarded: fields
                .choice("forwarded_headers", &words)
                .unwrap_or_default(),
            limits,
        }
    }
}

/// Which forwarding headers an upstream gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ForwardedStyle {
    /// `X-Forwarded-For`, `-Proto`, `-Host`, `-Port` and `X-Real-IP`.
    #[default]
    XForwarded,
    /// These, and `Forwarded` (RFC 7239).
    Both,
}
