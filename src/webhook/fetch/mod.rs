//! What senders publish: certificates, fetched from the few addresses that may be asked.
//!
//! This part of the room knows which addresses a message may name, how one is asked without being misled or worn
//! out, and for how long an answer is believed. It refuses to know messages: it gives a certificate, and who
//! asked holds its dates against the time.
//!
//! Straight line: text of a message -> [`Address::of`] -> [`Fetcher::certificate`] -> what is remembered, or one
//! fetch on the control runtime ([`Fetcher::run`]) for all who wait.
//!
//! A certificate that is known is never waited for: when it is a day old it is looked for again aside.
//!
//! Always: an address that is not to the letter one of a sender's is never connected to; no redirect is followed
//! and no proxy is used; time, size and number of fetches are bounded, for each caller too; what is remembered is
//! found without a lock. That a certificate comes from its sender is shown by the TLS connection it came over.

mod address;
mod certificate;
mod client;
mod known;
#[cfg(test)]
pub(super) mod tests;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwap;
use tokio::sync::{Mutex as AsyncMutex, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use crate::model::Network;
use crate::telemetry::{CounterVec, Error, Registry};

pub(super) use address::{Address, Publisher};
pub(super) use certificate::Certificate;
use client::{Client, Failure};
use known::{Known, Looked};

/// The most addresses that are asked at one time.
const AT_A_TIME: usize = 16;
/// The most that are being asked or wait for it. Anybody can name addresses that nobody named before.
const MOST_FLIGHTS: usize = 64;
/// The most of them that callers of one network have named.
const MOST_OF_ONE: usize = 4;
/// What is kept of them for networks that have none: who names many does not keep out who names one.
const KEPT: usize = 16;
/// How long a message waits for a certificate: a little longer than a fetch may take.
const PATIENCE: Duration = Duration::from_millis(3_500);

/// Fetches and remembers; one for the process.
///
/// [`Fetcher::default`] is one that nobody runs, for commands that stay off the network: it has nothing.
pub struct Fetcher {
    client: Client,
    known: ArcSwap<Known>,
    flights: Mutex<HashMap<Address, Waiting>>,
    /// Those who verify ask here; one flight each.
    asked: mpsc::Sender<Flight>,
    asks: AsyncMutex<Option<mpsc::Receiver<Flight>>>,
    results: Option<CounterVec>,
    /// What stands at every address, for those who stay off the network.
    given: Option<Arc<Certificate>>,
}

/// A certificate is not to be had at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unobtainable;

type Outcome = Result<Arc<Certificate>, Unobtainable>;

/// A fetch that is under way, or waits to be.
struct Waiting {
    landing: watch::Receiver<Option<Outcome>>,
    /// Whose message asked first.
    network: Network,
}

/// One fetch for all who wait for it.
struct Flight {
    address: Address,
    /// When the message arrived that asked first.
    now: SystemTime,
    landed: watch::Sender<Option<Outcome>>,
}

impl Fetcher {
    /// One that knows nothing yet. Asks nobody before [`Fetcher::run`].
    pub fn new(registry: &Registry) -> Result<Arc<Self>, Error> {
        Ok(Self::with(Client::new(), Some(results(registry)?)))
    }

    fn with(client: Client, results: Option<CounterVec>) -> Arc<Self> {
        let (asked, asks) = mpsc::channel(MOST_FLIGHTS);
        Arc::new(Self {
            client,
            known: ArcSwap::default(),
            flights: Mutex::default(),
            asked,
            asks: AsyncMutex::new(Some(asks)),
            results,
            given: None,
        })
    }

    /// One that asks nobody and finds this certificate (PEM) at every address of a sender's: for commands and tests
    /// that stay off the network. Nothing if the text is no certificate of an RSA key.
    pub fn knowing(certificate: &[u8]) -> Option<Self> {
        let given = Certificate::read(certificate).map(Arc::new)?;
        Some(Self {
            given: Some(given),
            ..Self::default()
        })
    }

    /// Fetches what is asked for. Runs once per process, on the control runtime; never returns.
    pub async fn run(self: Arc<Self>) {
        let mut asks = self.asks.lock().await;
        let mut flights = JoinSet::new();
        loop {
            tokio::select! {
                flight = next(&mut asks), if flights.len() < AT_A_TIME => {
                    flights.spawn(Arc::clone(&self).fly(flight));
                }
                Some(ended) = flights.join_next() => {
                    if let Err(error) = ended {
                        tracing::error!(%error, "the fetch of a certificate broke off");
                    }
                }
            }
        }
    }

    /// The certificate at an address: the one that is remembered, or else the one that is there. `network` is whose
    /// message names it, and `now` when that arrived. Works from any runtime.
    pub(super) async fn certificate(
        &self,
        address: &Address,
        network: Network,
        now: SystemTime,
    ) -> Outcome {
        if let Some(given) = &self.given {
            return Ok(Arc::clone(given));
        }
        let mut landing = match self.known.load().look_up(address, Instant::now()) {
            Looked::Known(outcome) => return outcome,
            Looked::Aged(certificate) => {
                // Whether there is room for it or not.
                let _asked = self.join(address, network, now);
                return Ok(certificate);
            }
            Looked::Unknown => self.join(address, network, now)?,
        };
        let outcome = timeout(PATIENCE, landing.wait_for(Option::is_some)).await;
        match outcome {
            Ok(Ok(outcome)) => outcome.clone().unwrap_or(Err(Unobtainable)),
            // Too late, or the fetch broke off.
            _ => Err(Unobtainable),
        }
    }

    /// Joins the fetch of an address, or asks for one.
    fn join(
        &self,
        address: &Address,
        network: Network,
        now: SystemTime,
    ) -> Result<watch::Receiver<Option<Outcome>>, Unobtainable> {
        let mut flights = self.flights.lock().unwrap_or_else(PoisonError::into_inner);
        // One that broke off has nobody any more who could land it.
        flights.retain(|_, flight| flight.landing.has_changed().is_ok());
        let own = flights.values().filter(|flight| flight.network == network);
        let free = has_room(flights.len(), own.count());
        let entry = match flights.entry(address.clone()) {
            Entry::Occupied(flight) => return Ok(flight.get().landing.clone()),
            Entry::Vacant(entry) => entry,
        };
        // It may have landed between the look at what is known and the lock.
        if let Looked::Known(outcome) = self.known.load().look_up(address, Instant::now()) {
            return Ok(watch::channel(Some(outcome)).1);
        }
        let (landed, landing) = watch::channel(None);
        let flight = Flight {
            address: address.clone(),
            now,
            landed,
        };
        if !free || self.asked.try_send(flight).is_err() {
            self.count("busy");
            return Err(Unobtainable);
        }
        let waiting = Waiting { landing, network };
        Ok(entry.insert(waiting).landing.clone())
    }

    async fn fly(self: Arc<Self>, flight: Flight) {
        let fetched = self.client.get(&flight.address).await;
        let read = fetched.and_then(|text| Certificate::read(&text).ok_or(Failure::Content));
        self.count(read.as_ref().map_or_else(Failure::kind, |_| "ok"));
        if let Err(failure) = &read {
            let sender = flight.address.publisher().as_str();
            tracing::warn!(sender, %failure, "a sender's certificate cannot be had");
        }
        let outcome = read.map(Arc::new).map_err(|_| Unobtainable);
        let known = self.known.load();
        let known = known.with(&flight.address, &outcome, Instant::now(), flight.now);
        let mut flights = self.flights.lock().unwrap_or_else(PoisonError::into_inner);
        self.known.store(Arc::new(known));
        flights.remove(&flight.address);
        drop(flights);
        flight.landed.send_replace(Some(outcome));
    }

    fn count(&self, result: &str) {
        if let Some(results) = &self.results {
            results.with_label_values(&[result]).inc();
        }
    }
}

/// Whether there is room for one more among so many, of which so many are of the same network.
const fn has_room(all: usize, own: usize) -> bool {
    match own {
        0 => all < MOST_FLIGHTS,
        _ => own < MOST_OF_ONE && all < MOST_FLIGHTS - KEPT,
    }
}

fn results(registry: &Registry) -> Result<CounterVec, Error> {
    registry.counter_vec(
        "sidegate_webhook_fetches_total",
        "Fetches of certificates that senders of webhooks publish, by result.",
        &["result"],
    )
}

/// The next flight; nobody asks for one where the other end is gone.
async fn next(asks: &mut Option<mpsc::Receiver<Flight>>) -> Flight {
    match asks {
        Some(asks) => match asks.recv().await {
            Some(flight) => flight,
            None => std::future::pending().await,
        },
        None => std::future::pending().await,
    }
}

impl Default for Fetcher {
    fn default() -> Self {
        Self {
            client: Client::new(),
            known: ArcSwap::default(),
            flights: Mutex::default(),
            // The other end is gone: every ask fails at once.
            asked: mpsc::channel(1).0,
            asks: AsyncMutex::new(None),
            results: None,
            given: None,
        }
    }
}

impl std::fmt::Debug for Fetcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fetcher").finish_non_exhaustive()
    }
}
