//! Who is told of changes, and what was told so far.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime};

use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

use super::change::Position;
use super::{Error, Event, Listed};
use crate::model::ApiKey;

/// What a look at the table of changes brought.
#[derive(Debug)]
pub(super) struct Batch {
    /// The last change that is covered.
    pub(super) position: Position,
    /// What to tell.
    pub(super) news: News,
}

/// What there is to tell.
#[derive(Debug)]
pub(super) enum News {
    /// These keys are new or changed; none when nothing happened.
    Keys(Vec<ApiKey>),
    /// More than can be told.
    Gap,
}

impl News {
    /// Keys in the order of their changes. Those that are gone are not told: nothing here removes keys.
    pub(super) fn in_order(listed: Vec<Listed>, ids: &[Box<str>]) -> Self {
        let place = |key: &ApiKey| ids.iter().position(|id| *id == key.id);
        let mut keys: Vec<ApiKey> = listed.into_iter().map(|listed| listed.key).collect();
        keys.sort_by_cached_key(place);
        Self::Keys(keys)
    }
}

/// The followers of a store.
#[derive(Debug, Default)]
pub(super) struct Feed(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    followers: Vec<UnboundedSender<Event>>,
    known: Option<Position>,
    trouble: Option<(Instant, Error)>,
}

impl Feed {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new follower. It begins with a gap: at once when changes are followed, else when they are.
    pub(super) fn follow(&self) -> UnboundedReceiver<Event> {
        let (sender, receiver) = mpsc::unbounded_channel();
        let mut state = self.state();
        let first = match (&state.trouble, state.known) {
            (Some(_), _) => Some(Event::Lost),
            (None, Some(_)) => Some(Event::Gap),
            (None, None) => None,
        };
        if state.trouble.is_some() {
            // Whatever it knows from elsewhere, it has to be told of a gap once there is an answer.
            state.known = None;
        }
        if let Some(first) = first {
            // The receiver is still in our hands.
            let _ = sender.send(first);
        }
        state.followers.push(sender);
        receiver
    }

    /// The last change that followers know, if they follow.
    pub(super) fn position(&self) -> Option<Position> {
        self.state().known
    }

    /// When the last change was made that followers know.
    pub(super) fn until(&self) -> Option<SystemTime> {
        self.state().known?.at
    }

    /// Tells what a look at the table brought, and that it answered.
    pub(super) fn tell(&self, batch: Batch) {
        let mut state = self.state();
        let known = state.known.replace(batch.position).is_some();
        if let Some((since, _)) = state.trouble.take() {
            let seconds = since.elapsed().as_secs();
            tracing::info!(seconds, "the store of API keys answers again");
        }
        match batch.news {
            News::Keys(keys) if known => {
                for key in keys {
                    state.send(&Event::Changed(Box::new(key)));
                }
                state.send(&Event::Current);
            }
            News::Keys(_) | News::Gap => state.send(&Event::Gap),
        }
    }

    /// Says that the database does not answer; once.
    pub(super) fn lose(&self, error: &Error) {
        let mut state = self.state();
        match &mut state.trouble {
            Some((_, last)) => error.clone_into(last),
            None => {
                tracing::warn!(%error, "the store of API keys does not answer");
                state.trouble = Some((Instant::now(), error.clone()));
                state.send(&Event::Lost);
            }
        }
    }

    /// What is wrong, and for how long; nothing when the database answered the last time.
    pub(super) fn trouble(&self) -> Option<String> {
        let state = self.state();
        let (since, error) = state.trouble.as_ref()?;
        Some(format!("{error} (for {} s)", since.elapsed().as_secs()))
    }
}

impl State {
    /// Tells every follower that is still there.
    fn send(&mut self, event: &Event) {
        self.followers
            .retain(|follower| follower.send(event.clone()).is_ok());
    }
}
