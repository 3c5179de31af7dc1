//! What became of one request, as far as it can be seen from here.

use super::client::{Answer, Failed};
use super::place::ANSWERED;
use super::probe::{Exchange, Expected};

/// What can be seen of what comes to the app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Sight {
    /// Everything: what should have come has come.
    Clear,
    /// Nothing, and why.
    None(String),
}

/// What became of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fate {
    /// It ended before the app.
    Refused(String),
    /// It came to the app, or was answered as if.
    Passed(String),
    /// An answer that either may have given.
    Unclear(String),
}

/// Statuses that fronts give to what they do not take, and apps hardly ever.
const OF_FRONTS: [u16; 16] = [
    400, 401, 403, 405, 408, 411, 413, 414, 415, 417, 421, 426, 429, 431, 501, 505,
];

impl Fate {
    /// Of this exchange.
    pub(super) fn of(exchange: &Exchange, sight: &Sight, nonce: &str) -> Self {
        if let Some(arrival) = exchange.arrived.first() {
            return Self::Passed(format!("it came to the app as `{}`", arrival.line));
        }
        match &exchange.answer {
            Ok(answer) => Self::answered(answer, &exchange.probe.expected, sight, nonce),
            Err(Failed::Late) => Self::Unclear(Failed::Late.to_string()),
            Err(failed) => Self::Refused(failed.to_string()),
        }
    }

    fn answered(answer: &Answer, expected: &Expected, sight: &Sight, nonce: &str) -> Self {
        let shown = shown(answer);
        let status = answer.status.as_u16();
        let wanted = match expected {
            Expected::Refusal(statuses) => statuses.contains(&status),
            Expected::Passage(_) => false,
        };
        if answer.field(ANSWERED).as_deref() == Some(nonce) {
            return Self::Passed(format!("{shown}, from the app's place"));
        }
        if wanted || (status >= 400 && answer.code().is_some()) {
            return Self::Refused(shown);
        }
        if answer.status.is_success() {
            return Self::Passed(shown);
        }
        match *sight == Sight::Clear || OF_FRONTS.contains(&status) {
            true => Self::Refused(shown),
            false => Self::Unclear(format!("{shown}, which the app may have said")),
        }
    }

    /// What was seen.
    pub(super) fn seen(&self) -> &str {
        match self {
            Self::Refused(seen) | Self::Passed(seen) | Self::Unclear(seen) => seen,
        }
    }
}

/// An answer in a few words: `401 TOKEN_MISSING`.
pub(super) fn shown(answer: &Answer) -> String {
    let status = answer.status.as_u16();
    match (answer.code(), answer.field("location")) {
        (Some(code), _) => format!("{status} {code}"),
        (None, Some(location)) => format!("{status} to {location}"),
        (None, None) => status.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::doctor::probe::Probe;
    use crate::model::Fields;
    use bytes::Bytes;
    use http::StatusCode;

    fn fate(status: u16, body: &'static str, expected: &[u16], sight: &Sight) -> Fate {
        let answer = Answer {
            status: StatusCode::from_u16(status).unwrap(),
            headers: Fields::new(),
            body: Bytes::from(body),
        };
        let probe = Probe::new("GET", "a.test", "/");
        let exchange = Exchange {
            probe: probe.expecting(Expected::Refusal(expected.to_vec())),
            answer: Ok(answer),
            from: None,
            arrived: Vec::new(),
        };
        Fate::of(&exchange, sight, "nonce")
    }

    #[test]
    fn answer_says_what_became_of_a_request() {
        let blind = Sight::None(String::new());
        let ours = r#"{"type":"urn:sidegate:reason:ISSUER_UNAVAILABLE"}"#;
        assert!(matches!(fate(401, "", &[401], &blind), Fate::Refused(_)));
        assert!(matches!(fate(302, "", &[302], &blind), Fate::Refused(_)));
        assert!(matches!(fate(200, "", &[401], &blind), Fate::Passed(_)));
        assert!(matches!(fate(404, "", &[401], &blind), Fate::Unclear(_)));
        assert!(matches!(fate(302, "", &[401], &blind), Fate::Unclear(_)));
        assert!(matches!(
            fate(404, "", &[401], &Sight::Clear),
            Fate::Refused(_)
        ));
        assert_eq!(
            fate(503, ours, &[401], &blind),
            Fate::Refused("503 ISSUER_UNAVAILABLE".to_owned())
        );
    }
}
