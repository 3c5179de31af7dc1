//! The connection that listens: what changed, as soon as it did.

use std::future::poll_fn;
use std::task::{Poll, ready};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{sleep, timeout};
use tokio_postgres::types::Type;
use tokio_postgres::{AsyncMessage, Client, Statement};

use super::dial::{Dialer, Wire};
use super::error::unavailable;
use super::line::ended;
use super::migrate::ensure;
use super::pause::Pause;
use super::read::{BY_IDS, keys};
use crate::store::change::{Bounds, Position, Step, TOLD, step};
use crate::store::feed::{Batch, Feed, News};
use crate::store::{Error, row};

/// How often the table is looked at without being told.
const LOOK: Duration = Duration::from_millis(500);

const ROWS: &str =
    "SELECT number, key_id, at FROM sidegate_changes WHERE number > $1 ORDER BY number LIMIT $2";

const BOUNDS: &str = "SELECT (SELECT min(number) FROM sidegate_changes), l.number, l.at,
            (SELECT at FROM sidegate_changes WHERE number = $1)
     FROM sidegate_changes l ORDER BY l.number DESC LIMIT 1";

/// Tells followers what changes, for ever. `found` is called when the database answers a new connection.
pub(super) async fn follow(dialer: &Dialer, feed: &Feed, found: &(dyn Fn() + Sync)) {
    let mut pause = Pause::new();
    loop {
        let mut answered = false;
        let error = session(dialer, feed, found, &mut answered).await;
        if answered {
            pause = Pause::new();
        } else {
            feed.lose(&error);
        }
        sleep(pause.next()).await;
    }
}

/// One connection, from its making to its end.
async fn session(
    dialer: &Dialer,
    feed: &Feed,
    found: &(dyn Fn() + Sync),
    answered: &mut bool,
) -> Error {
    let (mut client, mut wire) = match dialer.connect().await {
        Ok(connected) => connected,
        Err(error) => return error,
    };
    let changed = Notify::new();
    let listening = async {
        ensure(&mut client, dialer.migrate, dialer.timeout).await?;
        let listener = Listener::new(client).await?;
        loop {
            let looked = timeout(dialer.timeout, listener.changes(feed.position()));
            match looked.await {
                Ok(batch) => {
                    let batch = batch?;
                    if !*answered {
                        *answered = true;
                        found();
                    }
                    feed.tell(batch);
                }
                Err(_) => {
                    let error = Error::Unavailable("no answer in time".into());
                    // Another connection may take long to fail, too.
                    feed.lose(&error);
                    return Err(error);
                }
            }
            // Either something changed, or it is time.
            let _ = timeout(LOOK, changed.notified()).await;
        }
    };
    tokio::select! {
        result = listening => {
            let result: Result<(), Error> = result;
            result.err().unwrap_or_else(|| ended(Ok(())))
        }
        error = notice(&mut wire, &changed) => error,
    }
}

/// Moves the connection's bytes, and wakes whoever looks when there is a notification.
async fn notice(wire: &mut Wire, changed: &Notify) -> Error {
    poll_fn(|context| {
        loop {
            match ready!(wire.poll_message(context)) {
                Some(Ok(AsyncMessage::Notification(_))) => changed.notify_one(),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Poll::Ready(unavailable(&error)),
                None => return Poll::Ready(ended(Ok(()))),
            }
        }
    })
    .await
}

struct Listener {
    client: Client,
    rows: Statement,
    bounds: Statement,
}

impl Listener {
    async fn new(client: Client) -> Result<Self, Error> {
        let ready = async {
            client.batch_execute("LISTEN sidegate_changes").await?;
            let rows = client.prepare(ROWS).await?;
            let bounds = client.prepare(BOUNDS).await?;
            Ok((rows, bounds))
        };
        let (rows, bounds) = ready.await.map_err(|error| unavailable(&error))?;
        Ok(Self {
            client,
            rows,
            bounds,
        })
    }

    /// What changed after what is known.
    async fn changes(&self, known: Option<Position>) -> Result<Batch, Error> {
        let failed = |error: tokio_postgres::Error| unavailable(&error);
        let number = known.map(|known| known.number);
        let most = i64::from(TOLD) + 1;
        let rows = self.client.query(&self.rows, &[&number, &most]).await;
        let rows = rows.map_err(failed)?;
        let rows = rows
            .iter()
            .map(row::change)
            .collect::<Result<Vec<_>, _>>()?;
        let bounds = self.client.query_opt(&self.bounds, &[&number]).await;
        let bounds = bounds.map_err(failed)?;
        let bounds = bounds.as_ref().map_or(Ok(Bounds::default()), row::bounds)?;
        let (position, news) = match step(known, &rows, bounds) {
            Step::Gap(position) => (position, News::Gap),
            Step::Keys(position, ids) => (position, self.told(&ids).await?),
        };
        Ok(Batch { position, news })
    }

    /// The keys behind changes. One that cannot be read must not keep the others from being told.
    async fn told(&self, ids: &[Box<str>]) -> Result<News, Error> {
        if ids.is_empty() {
            return Ok(News::Keys(Vec::new()));
        }
        let rows = self
            .client
            .query_typed(BY_IDS, &[(&ids, Type::TEXT_ARRAY)])
            .await
            .map_err(|error| unavailable(&error))?;
        match keys(&rows) {
            Ok(listed) => Ok(News::in_order(listed, ids)),
            Err(Error::Unusable(_)) => Ok(News::Gap),
            Err(error) => Err(error),
        }
    }
}
