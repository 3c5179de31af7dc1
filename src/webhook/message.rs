//! A request as a signature sees it.

use std::borrow::Cow;

use crate::model::Request;
use crate::secret::Secret;

/// The head of a request, with what the gate knows besides. The body is given apart, when it is here.
pub struct Message<'m> {
    /// The head as it was received.
    pub request: &'m Request,
    /// What the route's path captured, by the captures' names.
    pub capture: &'m (dyn Fn(&str) -> Option<Cow<'m, str>> + Sync),
    /// The API key that came with the request and was verified, where the route asks for one as well.
    pub key: Option<GivenKey<'m>>,
}

/// An API key that was verified.
#[derive(Debug, Clone, Copy)]
pub struct GivenKey<'m> {
    /// Its text, as it was presented.
    pub text: &'m [u8],
    /// The secret that is kept for it, if there is one.
    pub signing_secret: Option<&'m Secret>,
}

impl<'m> Message<'m> {
    /// Path and query exactly as they were received.
    pub(super) fn target(&self) -> &'m str {
        self.request.path.as_received()
    }
}

impl std::fmt::Debug for Message<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Message").finish_non_exhaustive()
    }
}
