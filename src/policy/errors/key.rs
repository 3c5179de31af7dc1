//! For which refusals an entry of `errors` is meant.

use http::StatusCode;

use crate::document::{Placed, Problems, closest};
use crate::model::Reason;

use super::super::complaint::{complain, shown};

/// For which refusals an entry is meant; the more specific one is the greater one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    /// All of them.
    Any,
    /// Those whose status begins with this digit.
    Class(u16),
    /// Those with this status.
    Status(StatusCode),
    /// Those with this reason.
    Code(Reason),
}

/// Reasons that are found before any route is.
const BEFORE_ROUTES: [Reason; 5] = [
    Reason::PathAmbiguous,
    Reason::HostInvalid,
    Reason::ForwardedInvalid,
    Reason::HeadersTooLarge,
    Reason::NoRoute,
];

/// Whether a request with a route can be refused for this reason.
pub(super) fn happens_on_routes(reason: Reason) -> bool {
    !BEFORE_ROUTES.contains(&reason)
}

impl Key {
    /// Reads a key; reports what is none.
    pub(super) fn read(text: &Placed<String>, problems: &Problems) -> Option<Self> {
        let name = text.value.as_str();
        let found = match name {
            "any" => Some(Self::Any),
            "4xx" => Some(Self::Class(4)),
            "5xx" => Some(Self::Class(5)),
            _ => Self::of_code(name).or_else(|| Self::of_status(name)),
        };
        if found.is_none() {
            report(text, problems);
        }
        found
    }

    fn of_code(name: &str) -> Option<Self> {
        let mut all = Reason::ALL.iter();
        let reason = all.find(|reason| reason.code() == name)?;
        Some(Self::Code(*reason))
    }

    fn of_status(name: &str) -> Option<Self> {
        let reasons = Reason::ALL.iter().map(|reason| reason.status());
        let mut alike = reasons.filter(|status| status.as_str() == name);
        alike.next().map(Self::Status)
    }

    /// Whether the entry is meant for this reason.
    pub(super) fn covers(self, reason: Reason) -> bool {
        match self {
            Self::Any => true,
            Self::Class(digit) => reason.status().as_u16() / 100 == digit,
            Self::Status(status) => reason.status() == status,
            Self::Code(code) => reason == code,
        }
    }
}

fn report(text: &Placed<String>, problems: &Problems) {
    let name = text.value.as_str();
    if name.len() == 3 && name.bytes().all(|byte| byte.is_ascii_digit()) {
        let message = format!("no refusal has the status {}", shown(text));
        problems.error_with(&text.node, message, statuses());
        return;
    }
    let codes = Reason::ALL.iter().map(|reason| reason.code());
    let upper = name.to_ascii_uppercase();
    let help = match closest(&upper, codes.chain(["ANY", "4XX", "5XX"])) {
        Some(near @ ("ANY" | "4XX" | "5XX")) => {
            format!("did you mean `{}`?", near.to_ascii_lowercase())
        }
        Some(near) => format!("did you mean `{near}`?"),
        None => {
            "write a reason such as `TOKEN_MISSING`, a status such as `401`, `4xx`, `5xx` or `any`"
                .to_owned()
        }
    };
    complain(text, "is no kind of refusal", &help, problems);
}

/// The statuses that refusals have before an entry changes them.
fn statuses() -> String {
    let mut all: Vec<StatusCode> = Reason::ALL.iter().map(|reason| reason.status()).collect();
    all.sort_unstable();
    all.dedup();
    let all: Vec<&str> = all.iter().map(StatusCode::as_str).collect();
    let list = all.join(", ");
    format!(
        "refusals have: {list}; a request without a route is `NO_ROUTE`, and `status:` changes what is sent"
    )
}
