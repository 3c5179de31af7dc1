//! Stands where Redis would, in a build without it: nothing of this can be made.

use std::convert::Infallible;
use std::path::PathBuf;
use std::time::Duration;

use super::{Delivery, Error};
use crate::secret::Secret;
use crate::telemetry::Registry;

/// The address of a Redis, of which there is none in this build.
#[derive(Debug, Clone)]
pub struct Address(Infallible);

impl Address {
    /// Refuses: this build knows no Redis.
    pub fn new(_url: Secret, _ca_file: Option<PathBuf>) -> Result<Self, String> {
        Err("this sidegate was built without Redis".into())
    }

    pub(super) fn has_password(&self) -> bool {
        match self.0 {}
    }
}

#[derive(Debug)]
pub(super) struct Shared(Infallible);

#[derive(Debug, Clone)]
pub(super) struct Ticket(Infallible);

#[expect(dead_code, reason = "nobody is there to tell")]
pub(super) enum Told {
    New,
    Pending,
    Seen,
}

impl Shared {
    pub(super) fn new(address: &Address, _: Duration, _: &Registry) -> Result<Self, Error> {
        match address.0 {}
    }

    pub(super) fn ticket(&self, _: &Delivery) -> Ticket {
        match self.0 {}
    }

    pub(super) async fn reserve(&self, ticket: &Ticket, _: Duration) -> Option<Told> {
        match ticket.0 {}
    }

    pub(super) fn commit(&self, ticket: Ticket, _: Duration) {
        match ticket.0 {}
    }

    pub(super) fn release(&self, ticket: Ticket) {
        match ticket.0 {}
    }

    pub(super) async fn run(&self) {
        match self.0 {}
    }

    pub(super) async fn settled(&self) {
        match self.0 {}
    }

    pub(super) fn reach(&self) -> (bool, Duration, Option<String>) {
        match self.0 {}
    }

    pub(super) fn waiting(&self) -> usize {
        match self.0 {}
    }
}
