//! A connection with a duty, made anew whenever it is lost.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::time::timeout;
use tokio_postgres::Client;

use super::dial::Dialer;
use super::error::unavailable;
use super::pause::Pause;
use crate::store::Error;

/// What a connection is for.
pub(super) trait Duty: Sized + Send + Sync {
    /// Makes a new connection ready. Statements may take `patience`; with none, as long as they need.
    fn set_up(
        client: Client,
        migrate: bool,
        patience: Duration,
    ) -> impl Future<Output = Result<Self, Error>> + Send;
}

/// One connection, as those who use it see it.
#[derive(Debug)]
pub(super) struct Line<D> {
    name: &'static str,
    state: watch::Sender<State<D>>,
    hope: Notify,
}

#[derive(Debug)]
enum State<D> {
    /// It is being made, and there is hope.
    Waiting,
    Ready(Arc<Session<D>>),
    /// The last try failed.
    Down(Error),
}

#[derive(Debug)]
struct Session<D> {
    duty: D,
    given_up: Notify,
}

impl<D: Duty> Line<D> {
    pub(super) fn new(name: &'static str) -> Self {
        Self {
            name,
            state: watch::Sender::new(State::Waiting),
            hope: Notify::new(),
        }
    }

    /// Says that the database answers again, so that nobody need wait for the end of a pause.
    pub(super) fn hope(&self) {
        let was_down = self.state.send_if_modified(|state| {
            let down = matches!(state, State::Down(_));
            if down {
                *state = State::Waiting;
            }
            down
        });
        if was_down {
            self.hope.notify_one();
        }
    }

    /// Keeps the connection for ever.
    pub(super) async fn keep(&self, dialer: &Dialer) {
        let mut pause = Pause::new();
        loop {
            match self.session(dialer).await {
                Ended::Late(error) => {
                    tracing::debug!(line = self.name, %error, "a connection to PostgreSQL ended");
                    pause = Pause::new();
                }
                Ended::Early(error) => {
                    tracing::debug!(line = self.name, %error, "no connection to PostgreSQL");
                    self.state.send_replace(State::Down(error));
                }
            }
            // Either it is time, or there is hope.
            let _ = timeout(pause.next(), self.hope.notified()).await;
        }
    }

    /// One connection, from its making to its end.
    async fn session(&self, dialer: &Dialer) -> Ended {
        let (client, mut wire) = match dialer.connect().await {
            Ok(connected) => connected,
            Err(error) => return Ended::Early(error),
        };
        let set_up = D::set_up(client, dialer.migrate, dialer.timeout);
        let duty = tokio::select! {
            duty = set_up => duty,
            result = &mut wire => Err(ended(result)),
        };
        let session = match duty {
            Ok(duty) => Arc::new(Session {
                duty,
                given_up: Notify::new(),
            }),
            Err(error) => return Ended::Early(error),
        };
        self.state.send_replace(State::Ready(Arc::clone(&session)));
        tokio::select! {
            result = wire => {
                self.state.send_replace(State::Waiting);
                Ended::Late(ended(result))
            }
            () = session.given_up.notified() => {
                // Whoever asks next need not wait as long.
                self.state.send_replace(State::Down(silent()));
                Ended::Late(silent())
            }
        }
    }

    /// Asks over the connection, and gives it up when there is no answer within `patience`.
    pub(super) async fn ask<T>(
        &self,
        patience: Duration,
        work: impl AsyncFnOnce(&D) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut session = None;
        let asked = async {
            let found = session.insert(self.ready().await?);
            work(&found.duty).await
        };
        let answer = timeout(patience, asked).await;
        answer.unwrap_or_else(|_| {
            if let Some(session) = session {
                session.given_up.notify_one();
            }
            Err(silent())
        })
    }

    async fn ready(&self) -> Result<Arc<Session<D>>, Error> {
        let mut watched = self.state.subscribe();
        let settled = watched
            .wait_for(|state| !matches!(state, State::Waiting))
            .await;
        match settled.as_deref() {
            Ok(State::Ready(session)) => Ok(Arc::clone(session)),
            Ok(State::Down(error)) => Err(error.clone()),
            Ok(State::Waiting) | Err(_) => Err(silent()),
        }
    }
}

/// How a connection ended.
enum Ended {
    /// Before it could be used.
    Early(Error),
    /// After it could.
    Late(Error),
}

fn silent() -> Error {
    Error::Unavailable("no answer in time".into())
}

/// Why a wire stopped.
pub(super) fn ended(result: Result<(), tokio_postgres::Error>) -> Error {
    match result {
        Ok(()) => Error::Unavailable("the connection to PostgreSQL was closed".into()),
        Err(error) => unavailable(&error),
    }
}
