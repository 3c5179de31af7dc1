//! The known forms, for whoever wrote another.

/// What a sentence may look like.
pub(super) const FORMS: &str = "the known forms are:
    only role R reaches WHAT
    only roles R, S reach WHAT
    nobody reaches WHAT
    no public route under WHAT
    WHAT is never public
    every route under WHAT asks for a permission | role | scope | tenant | source | condition | credential
      | signature | key
    a principal of one tenant never reaches WHAT of another
    WHO reach nothing but WHAT
    WHO never reach WHAT
  WHAT is a path such as `/admin/**`, `DELETE /users/*`, `GET, POST api.example.com/v1/**`; several are
  joined by `and`. WHO is `users`, `machines`, `API keys`, `API keys of SET`, `tokens of ISSUER`, `webhooks`
  or `deliveries of WEBHOOK`.";
