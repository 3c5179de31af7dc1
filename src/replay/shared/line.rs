//! The connection, made anew whenever it is lost.

use std::sync::Arc;
use std::time::Duration;

use redis::RedisResult;
use redis::aio::MultiplexedConnection;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep, timeout};
use tracing::{info, warn};

use super::commands;
use super::dial::Dialer;
use super::metrics::RedisMetrics;
use super::pause::Pause;
use super::trouble::{Kind, Trouble};

/// How often a connection is asked whether it is still there.
const BEAT: Duration = Duration::from_secs(1);
/// The least time that it has to answer that. Somebody who was not answered in time makes it be asked at once.
const DOUBT: Duration = Duration::from_millis(250);

/// One connection, as those who use it see it.
#[derive(Debug)]
pub(super) struct Line {
    dialer: Dialer,
    /// How long it has to say that it is there.
    doubt: Duration,
    state: watch::Sender<State>,
    /// How things stand, for the log and for operators.
    reach: watch::Sender<Reach>,
    metrics: RedisMetrics,
}

#[derive(Debug)]
enum State {
    /// It is being made, and there is hope.
    Waiting,
    Ready(Arc<Session>),
    /// The last try failed.
    Down(Trouble),
}

struct Session {
    connection: MultiplexedConnection,
    doubted: Notify,
    given_up: Notify,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Session")
    }
}

#[derive(Debug, Clone)]
struct Reach {
    /// Nothing before the first try has ended.
    answers: Option<bool>,
    since: Instant,
    trouble: Option<Trouble>,
}

impl Line {
    pub(super) fn new(dialer: Dialer, patience: Duration, metrics: RedisMetrics) -> Self {
        Self {
            dialer,
            doubt: patience.max(DOUBT),
            state: watch::Sender::new(State::Waiting),
            reach: watch::Sender::new(Reach {
                answers: None,
                since: Instant::now(),
                trouble: None,
            }),
            metrics,
        }
    }

    /// Keeps the connection for ever.
    pub(super) async fn keep(&self) {
        let mut pause = Pause::new();
        loop {
            let started = Instant::now();
            let (state, trouble) = match self.session().await {
                Ended::Early(trouble) => (State::Down(trouble.clone()), trouble),
                // Somebody closed it: the next one is a moment away.
                Ended::Late(trouble) if trouble.kind == Kind::Lost => (State::Waiting, trouble),
                Ended::Late(trouble) => (State::Down(trouble.clone()), trouble),
            };
            self.metrics.up.set(0);
            let down = matches!(state, State::Down(_));
            self.state.send_replace(state);
            if down {
                self.note(false, Some(trouble));
            }
            if started.elapsed() > BEAT {
                pause = Pause::new();
            }
            sleep(pause.next()).await;
        }
    }

    /// One connection, from its making to its end.
    async fn session(&self) -> Ended {
        let (connection, mut wire) = match self.dialer.connect().await {
            Ok(connected) => connected,
            Err(trouble) => return Ended::Early(trouble),
        };
        let session = Arc::new(Session {
            connection,
            doubted: Notify::new(),
            given_up: Notify::new(),
        });
        let there = tokio::select! {
            there = self.is_answering(&session) => there,
            () = &mut wire => Err(closed()),
        };
        if let Err(trouble) = there {
            return Ended::Early(trouble);
        }
        self.state.send_replace(State::Ready(Arc::clone(&session)));
        self.metrics.up.set(1);
        self.note(true, None);
        tokio::select! {
            () = wire => Ended::Late(closed()),
            trouble = self.watch_over(&session) => Ended::Late(trouble),
        }
    }

    /// Asks again and again whether it is still there, until it is not, or another server should be asked.
    async fn watch_over(&self, session: &Session) -> Trouble {
        let beats = async {
            loop {
                // Either somebody was not answered, or it is time.
                let _ = timeout(BEAT, session.doubted.notified()).await;
                if let Err(trouble) = self.is_answering(session).await {
                    break trouble;
                }
            }
        };
        tokio::select! {
            trouble = beats => trouble,
            () = session.given_up.notified() => Trouble::elsewhere(),
        }
    }

    async fn is_answering(&self, session: &Session) -> Result<(), Trouble> {
        let mut connection = session.connection.clone();
        match timeout(self.doubt, commands::ping(&mut connection)).await {
            Ok(answer) => answer.map_err(|error| Trouble::of(&error)),
            Err(_) => Err(Trouble::silent()),
        }
    }

    /// Asks over the connection, from any thread, for at most so long. At once when there is none.
    pub(super) async fn ask<T>(
        &self,
        patience: Duration,
        work: impl AsyncFnOnce(MultiplexedConnection) -> RedisResult<T>,
    ) -> Result<T, Trouble> {
        let mut asked = None;
        let answer = timeout(patience, async {
            let session = asked.insert(self.ready().await?);
            let answer = work(session.connection.clone()).await;
            answer.map_err(|error| Trouble::of(&error))
        });
        let answer = answer.await.unwrap_or_else(|_| Err(Trouble::silent()));
        if let (Err(trouble), Some(session)) = (&answer, asked) {
            match trouble.kind {
                Kind::Silent | Kind::Lost => session.doubted.notify_one(),
                Kind::Elsewhere => session.given_up.notify_one(),
                Kind::Refused => {}
            }
        }
        answer
    }

    /// Waits until there is a connection, for however long that takes.
    pub(super) async fn is_there(&self) {
        let mut state = self.state.subscribe();
        // The sender is ours, and lives as long as we do.
        let _ = state
            .wait_for(|state| matches!(state, State::Ready(_)))
            .await;
    }

    async fn ready(&self) -> Result<Arc<Session>, Trouble> {
        let mut state = self.state.subscribe();
        let settled = state
            .wait_for(|state| !matches!(state, State::Waiting))
            .await;
        match settled.as_deref() {
            Ok(State::Ready(session)) => Ok(Arc::clone(session)),
            Ok(State::Down(trouble)) => Err(trouble.clone()),
            Ok(State::Waiting) | Err(_) => Err(Trouble::silent()),
        }
    }

    /// Whether it answers, for how long it has or has not, and why it does not or did not.
    pub(super) fn reach(&self) -> (bool, Duration, Option<String>) {
        let reach = self.reach.borrow().clone();
        (
            reach.answers == Some(true),
            reach.since.elapsed(),
            reach.trouble.map(|trouble| trouble.to_string()),
        )
    }

    /// Notes how things stand, and says so when that is new.
    fn note(&self, answers: bool, trouble: Option<Trouble>) {
        self.reach.send_modify(|reach| {
            if reach.answers != Some(answers) {
                reach.answers = Some(answers);
                reach.since = Instant::now();
                match &trouble {
                    None => info!("Redis answers: replicas share what deliveries they have seen"),
                    Some(trouble) => warn!(%trouble, "Redis does not answer about deliveries"),
                }
            }
            reach.trouble = trouble.or(reach.trouble.take());
        });
    }
}

/// How a connection ended.
enum Ended {
    /// Before it could be used.
    Early(Trouble),
    /// After it could.
    Late(Trouble),
}

fn closed() -> Trouble {
    Trouble::lost("it was closed")
}
