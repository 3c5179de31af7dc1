//! One worker: a thread with a runtime of its own, from its sockets to its upstream connections.

use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};

use tokio::runtime::LocalRuntime;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::frontend::{Doors, Shared};
use crate::listener::{Drain, Slots};

use super::sockets::Opening;

/// A runtime whose tasks stay on its thread.
pub fn runtime() -> io::Result<LocalRuntime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build_local(Default::default())
}

/// What a worker is made of.
pub(super) struct Worker {
    pub(super) number: usize,
    pub(super) openings: Vec<Opening>,
    pub(super) slots: Slots,
    pub(super) shared: Arc<Shared>,
    pub(super) drain: Drain,
    pub(super) news: mpsc::UnboundedSender<News>,
}

/// What the main thread hears of its workers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum News {
    /// One more accepts connections.
    Accepting,
    /// One has ended, in whatever way.
    Ended,
}

/// Tells of the end, also when the thread panics.
struct TellEnd(mpsc::UnboundedSender<News>);

impl Drop for TellEnd {
    fn drop(&mut self) {
        // Whoever is gone by now need not know.
        let _ = self.0.send(News::Ended);
    }
}

impl Worker {
    /// Starts the thread. It ends when the service has ended.
    pub(super) fn start(self) -> io::Result<JoinHandle<io::Result<()>>> {
        Builder::new()
            .name(format!("worker-{}", self.number))
            .spawn(move || {
                let _end = TellEnd(self.news.clone());
                runtime()?.block_on(self.run())
            })
    }

    async fn run(self) -> io::Result<()> {
        let mut drain = self.drain.clone();
        let doors = Doors::new(self.shared);
        let mut accepting = JoinSet::new();
        for Opening { listener, door } in self.openings {
            let (doors, drain) = (Rc::clone(&doors), self.drain.clone());
            let serve = move |connection| {
                let (doors, mut drain) = (Rc::clone(&doors), drain.clone());
                let door = Arc::clone(&door);
                async move {
                    let started = async move { drain.started().await };
                    doors.serve(connection, door, started).await;
                }
            };
            accepting.spawn_local(listener.run(self.drain.clone(), serve));
        }
        let _ = self.news.send(News::Accepting);
        let served = async {
            while let Some(ended) = accepting.join_next().await {
                ended.map_err(io::Error::other)??;
            }
            self.slots.all_closed().await;
            Ok(())
        };
        tokio::select! {
            served = served => served,
            () = drain.over() => Ok(()),
            never = doors.keep_up() => match never {},
        }
    }
}
