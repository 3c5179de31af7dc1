//! A webhook as the file describes it: everything about it that does not change.

use std::sync::Arc;
use std::time::Duration;

use super::Seen;
use super::challenge::{Challenges, Enrolment};
use super::kind::Kind;
use super::secrets::Secrets;

/// All that is to be known of one webhook.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) name: Arc<str>,
    pub(super) preset: Option<&'static str>,
    pub(super) kind: Kind,
    pub(super) secrets: Secrets,
    pub(super) challenges: Challenges,
    /// What a first request is like that brings the secret; nothing where senders bring none.
    pub(super) enrolment: Option<Enrolment>,
    pub(super) holding: Holding,
    /// What is remembered of deliveries; nothing if they may come again.
    pub(super) memory: Option<Memory>,
    pub(super) sender: Sender,
    /// How long before its end a secret that still matches is counted.
    pub(super) ending: Duration,
}

/// How bodies are held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Holding {
    /// The longest body, in bytes.
    pub(super) most_body: usize,
    /// How long a sender may take until the body is whole.
    pub(super) patience: Duration,
    /// Whether compressed bodies are refused.
    pub(super) refuses_encoded: bool,
}

/// How deliveries are remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Memory {
    /// How long, once they were accepted.
    pub(super) keep: Duration,
    /// How long an upstream may have one.
    pub(super) pending: Duration,
    /// What is answered to one that was accepted before.
    pub(super) seen: Seen,
}

/// Who a webhook speaks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sender {
    pub(super) subject: Box<str>,
    pub(super) tenant: Option<Box<str>>,
    pub(super) roles: Vec<Box<str>>,
    pub(super) scopes: Vec<Box<str>>,
}

impl Sender {
    /// A sender that is called like its webhook, and has no rights of its own.
    pub(super) fn named(name: &str) -> Self {
        Self {
            subject: name.into(),
            tenant: None,
            roles: Vec::new(),
            scopes: Vec::new(),
        }
    }
}
