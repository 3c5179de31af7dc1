//! One worker: a thread with a runtime of its own, from its sockets to its upstream connections.

use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};

use tokio::runtime::LocalRuntime;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::frontend::{Proxy, Shared};
use crate::listener::{Drain, Listener, Slots};

/// A runtime whose tasks stay on its thread.
pub fn runtime() -> io::Result<LocalRuntime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build_local(Default::default())
}

/// What a worker is made of.
pub(super) struct Worker {
    pub(super) number: usize,
    pub(super) listeners: Vec<Listener>,
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
        let proxy = Proxy::new(self.shared);
        let mut accepting = JoinSet::new();
        for listener in self.listeners {
            let (proxy, drain) = (Rc::clone(&proxy), self.drain.clone());
            let serve = move |connection| {
                let (proxy, mut drain) = (Rc::clone(&proxy), drain.clone());
                async move {
                    let started = async move { drain.started().await };
                    proxy.serve(connection, started).await;
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
            never = proxy.keep_up() => match never {},
        }
    }
}
