//! An answer, in whichever HTTP it leaves.

use http::header::{CONNECTION, REFERRER_POLICY};
use http::{HeaderValue, Response, StatusCode};

use crate::model::Fields;

/// An answer's head and body.
#[derive(Debug)]
pub(in crate::frontend) struct Answer<B> {
    pub(in crate::frontend) status: StatusCode,
    pub(in crate::frontend) fields: Fields,
    pub(in crate::frontend) body: B,
}

impl<B> Answer<B> {
    pub(in crate::frontend) fn map<C>(self, change: impl FnOnce(B) -> C) -> Answer<C> {
        Answer {
            status: self.status,
            fields: self.fields,
            body: change(self.body),
        }
    }

    /// Has the connection closed after it, in HTTP/1.
    pub(in crate::frontend) fn close(&mut self) {
        self.fields
            .set(&CONNECTION, &HeaderValue::from_static("close"));
    }

    /// Has browsers tell nobody the address that this answers, whatever the upstream says of it (Referrer
    /// Policy, section 3.1).
    pub(in crate::frontend) fn keep_address(&mut self) {
        self.fields
            .set(&REFERRER_POLICY, &HeaderValue::from_static("no-referrer"));
    }

    /// As hyper sends it.
    pub(in crate::frontend) fn into_http2(self) -> Response<B> {
        let mut response = Response::new(self.body);
        *response.status_mut() = self.status;
        *response.headers_mut() = self.fields.to_map();
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_closes_for_two_reasons_says_so_once() {
        let mut answer = Answer {
            status: StatusCode::OK,
            fields: Fields::new(),
            body: (),
        };
        answer.close();
        answer.close();
        assert_eq!(answer.fields.len(), 1);
    }
}
